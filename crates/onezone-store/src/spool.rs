//! The tokens of a document outside memory: checked against one another and against those that are stored, and given to
//! the store in its own order. They lie in a temporary file that has no name any more when it is written to, so that nobody
//! else can open it and nothing is left behind, whatever ends the process. Secrets in it are sealed all the same.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Row, Statement, params};

use crate::error::BoxError;
use crate::seal::Place;
use crate::sqlite::failure;
use crate::{Keyring, NamedToken, Result, Secret, StoreError, Subject, TokenSource};

/// One token of a document as it was written: what is left out is not known yet.
#[derive(Clone, Debug)]
pub struct SpooledToken {
    /// Where it is in the list, from 0.
    pub position: u64,
    /// Where in the document its parts are written.
    pub lines: TokenLines,
    /// Whether an id is written there; without one, `token.id` is empty until it is completed.
    pub has_id: bool,
    /// The token.
    pub token: NamedToken,
}

/// Lines of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenLines {
    /// Of the token's beginning.
    pub token: u64,
    /// Of its id; of its beginning where it has none.
    pub id: u64,
    /// Of its name.
    pub name: u64,
    /// Of its subject.
    pub subject: u64,
}

/// Something wrong with a token because of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// Where the token is in the list.
    pub position: u64,
    /// Where its parts are written.
    pub lines: TokenLines,
    /// Whether an id is written there.
    pub has_id: bool,
    /// What the two share: the subject, or the id.
    pub shared: String,
    /// The other one: its line, or its id when it is a stored one.
    pub other: String,
}

/// The tokens of a document.
pub struct Spool {
    connection: Mutex<Connection>,
    keys: Keyring,
}

const SCHEMA: &str = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16384; \
    PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=FILE; \
    CREATE TABLE spooled (position INTEGER PRIMARY KEY, line INTEGER, id_line INTEGER, name_line INTEGER, \
        subject_line INTEGER, has_id INTEGER, subject TEXT, id TEXT, name TEXT, version INTEGER, type TEXT, \
        caveats TEXT, sealed_secret BLOB, revoked INTEGER); \
    CREATE TABLE stored (subject TEXT, id TEXT, name TEXT); \
    BEGIN";

/// Made when all is there: sorting once is quicker than keeping sorted.
const INDEXES: &str = "CREATE INDEX spooled_by_id ON spooled (id, position); \
    CREATE INDEX spooled_by_owner ON spooled (subject, id)";

const NAME_INDEXES: &str = "CREATE INDEX spooled_by_name ON spooled (subject, name, position)";

const STORED_INDEXES: &str = "CREATE INDEX stored_by_name ON stored (subject, name, id); CREATE INDEX stored_by_id ON stored (id, subject)";

const TOKEN: &str = "position, line, id_line, name_line, subject_line, has_id, subject, id, name, version, type, caveats, \
     sealed_secret, revoked";

impl Spool {
    /// An empty one. The keys are for this file alone.
    pub fn new(keys: Keyring) -> Result<Self> {
        // The empty name is a file that the engine makes for itself and unlinks at once.
        let connection = Connection::open("").map_err(engine)?;
        connection.execute_batch(SCHEMA).map_err(engine)?;
        Ok(Self { connection: Mutex::new(connection), keys })
    }

    /// Adds a token.
    pub fn add(&self, spooled: &SpooledToken) -> Result<()> {
        let token = &spooled.token;
        let subject = token.subject.to_string();
        let sealed = self.sealed(spooled.position, token.secret.as_ref())?;
        let TokenLines { token: line, id: id_line, name: name_line, subject: subject_line } = spooled.lines;
        let id = spooled.has_id.then_some(&token.id);
        let connection = self.connection();
        let sql = "INSERT INTO spooled VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
        let mut insert = connection.prepare_cached(sql).map_err(engine)?;
        insert
            .execute(params![
                number(spooled.position),
                number(line),
                number(id_line),
                number(name_line),
                number(subject_line),
                spooled.has_id,
                subject,
                id,
                token.name,
                token.version,
                json(&token.token_type)?,
                json(&token.caveats)?,
                sealed,
                token.revoked,
            ])
            .map_err(engine)?;
        Ok(())
    }

    /// Adds what is stored, to be compared with.
    pub fn add_stored(&self, tokens: &[NamedToken]) -> Result<()> {
        let connection = self.connection();
        let mut insert =
            connection.prepare_cached("INSERT INTO stored VALUES (?1, ?2, ?3)").map_err(engine)?;
        for token in tokens {
            insert.execute((token.subject.to_string(), &token.id, &token.name)).map_err(engine)?;
        }
        Ok(())
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> Result<bool> {
        let any = self.connection().query_row("SELECT 1 FROM spooled LIMIT 1", [], |_| Ok(())).optional();
        Ok(any.map_err(engine)?.is_none())
    }

    /// How many tokens there are.
    pub fn len(&self) -> Result<u64> {
        let count =
            self.connection().query_row("SELECT count(*) FROM spooled", [], |row| row.get::<_, i64>(0));
        Ok(count.map_err(engine)?.unsigned_abs())
    }

    /// Completes ids from the stored tokens of the same subject and name, and has `complete` supply what is not stored
    /// either: an id where it is empty, a secret where there is none, and its opinion of every token whose id was
    /// completed. From here on nothing is added.
    pub fn complete<E: From<StoreError>>(
        &self,
        mut complete: impl FnMut(&mut SpooledToken, bool) -> Result<(), E>,
    ) -> Result<(), E> {
        {
            let connection = self.connection();
            for text in [STORED_INDEXES, NAME_INDEXES] {
                connection.execute_batch(text).map_err(engine)?;
            }
            let found = "UPDATE spooled SET id = (SELECT min(o.id) FROM stored o \
                WHERE o.subject = spooled.subject AND o.name = spooled.name) WHERE id IS NULL";
            connection.execute(found, []).map_err(engine)?;
        }
        let mut last = -1;
        loop {
            let page = self.incomplete(last)?;
            let Some((token, _)) = page.last() else { break };
            last = number(token.position);
            for (mut token, is_stored) in page {
                complete(&mut token, is_stored)?;
                self.put_completed(&token)?;
            }
        }
        self.connection().execute_batch(INDEXES).map_err(engine)?;
        Ok(())
    }

    /// Tokens after a position that lack something or did, each with whether it is stored under its subject.
    fn incomplete(&self, after: i64) -> Result<Vec<(SpooledToken, bool)>> {
        let connection = self.connection();
        let sql = format!(
            "SELECT {TOKEN}, EXISTS (SELECT 1 FROM stored o WHERE o.id = spooled.id AND o.subject = spooled.subject) \
             FROM spooled WHERE position > ?1 AND (NOT has_id OR sealed_secret IS NULL) ORDER BY position LIMIT 500"
        );
        let mut statement = connection.prepare_cached(&sql).map_err(engine)?;
        let mut rows = statement.query([after]).map_err(engine)?;
        let mut page = Vec::new();
        while let Some(row) = rows.next().map_err(engine)? {
            page.push((self.spooled(row)?, row.get(14).map_err(engine)?));
        }
        Ok(page)
    }

    fn put_completed(&self, spooled: &SpooledToken) -> Result<()> {
        let sealed = self.sealed(spooled.position, spooled.token.secret.as_ref())?;
        let connection = self.connection();
        let sql = "UPDATE spooled SET id = ?2, sealed_secret = ?3 WHERE position = ?1";
        let mut update = connection.prepare_cached(sql).map_err(engine)?;
        update.execute((number(spooled.position), &spooled.token.id, sealed)).map_err(engine)?;
        Ok(())
    }

    /// Whose tokens they are.
    pub fn subjects(&self) -> Result<Vec<Subject>> {
        let connection = self.connection();
        let mut statement = connection.prepare("SELECT DISTINCT subject FROM spooled").map_err(engine)?;
        let subjects = statement.query_map([], |row| row.get::<_, String>(0)).map_err(engine)?;
        subjects.map(|subject| subject.map_err(engine)?.parse()).collect()
    }

    /// Every token of a subject, as a clash with nobody.
    pub fn of_subject(&self, subject: &Subject, found: impl FnMut(Clash)) -> Result<()> {
        let sql = "SELECT position, line, id_line, name_line, subject_line, has_id, subject, '' FROM spooled \
            WHERE subject = ?1 ORDER BY position";
        self.clashes(sql, Some(&subject.to_string()), found)
    }

    /// Tokens that have the name of an earlier one of the same subject, each with the line of the first.
    pub fn namesakes(&self, found: impl FnMut(Clash)) -> Result<()> {
        let sql = "SELECT position, line, id_line, name_line, subject_line, has_id, subject, first FROM (\
            SELECT *, first_value(name_line) OVER w AS first, row_number() OVER w AS n FROM spooled \
            WINDOW w AS (PARTITION BY subject, name ORDER BY position)) WHERE n > 1";
        self.clashes(sql, None, found)
    }

    /// Tokens that have the id of an earlier one, each with that one's line.
    pub fn of_one_id(&self, found: impl FnMut(Clash)) -> Result<()> {
        let sql = "SELECT position, line, id_line, name_line, subject_line, has_id, id, previous FROM (\
            SELECT *, lag(id_line) OVER (PARTITION BY id ORDER BY position) AS previous FROM spooled) \
            WHERE previous IS NOT NULL";
        self.clashes(sql, None, found)
    }

    /// Tokens that have the name of a stored one of the same subject, which stays as it is; each with that one's id.
    pub fn name_holders(&self, found: impl FnMut(Clash)) -> Result<()> {
        let sql = "SELECT s.position, s.line, s.id_line, s.name_line, s.subject_line, s.has_id, s.subject, o.id \
            FROM spooled s CROSS JOIN stored o WHERE o.subject = s.subject AND o.name = s.name AND o.id <> s.id \
            AND NOT EXISTS (SELECT 1 FROM spooled n WHERE n.id = o.id)";
        self.clashes(sql, None, found)
    }

    fn clashes(&self, sql: &str, parameter: Option<&str>, mut found: impl FnMut(Clash)) -> Result<()> {
        let connection = self.connection();
        let mut statement = connection.prepare(sql).map_err(engine)?;
        let mut rows = statement.query(rusqlite::params_from_iter(parameter)).map_err(engine)?;
        while let Some(row) = rows.next().map_err(engine)? {
            let clash = || -> rusqlite::Result<Clash> {
                let other = match row.get_ref(7)? {
                    rusqlite::types::ValueRef::Integer(line) => line.to_string(),
                    other => other.as_str()?.to_owned(),
                };
                let (position, lines) = place(row)?;
                Ok(Clash { position, lines, has_id: row.get(5)?, shared: row.get(6)?, other })
            };
            found(clash().map_err(engine)?);
        }
        Ok(())
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sealed for its place in this file.
    fn sealed(&self, position: u64, secret: Option<&Secret>) -> Result<Option<Vec<u8>>> {
        let id = position.to_string();
        let seal = |secret: &Secret| {
            self.keys.seal(Place::TokenSecret { subject: "", id: &id }, secret.expose().as_bytes())
        };
        secret.map(seal).transpose()
    }

    fn spooled(&self, row: &Row<'_>) -> Result<SpooledToken> {
        let (position, lines) = place(row).map_err(engine)?;
        let text = |column: usize| row.get::<_, String>(column).map_err(engine);
        let place = position.to_string();
        let secret = match row.get::<_, Option<Vec<u8>>>(12).map_err(engine)? {
            Some(sealed) => {
                let opened = self.keys.open(Place::TokenSecret { subject: "", id: &place }, &sealed)?;
                Some(Secret::new(std::str::from_utf8(&opened).map_err(|error| other(error.into()))?))
            }
            None => None,
        };
        let token = NamedToken {
            subject: text(6)?.parse()?,
            id: row.get::<_, Option<String>>(7).map_err(engine)?.unwrap_or_default(),
            name: text(8)?,
            version: row.get(9).map_err(engine)?,
            token_type: from_json(&text(10)?)?,
            caveats: from_json(&text(11)?)?,
            secret,
            revoked: row.get(13).map_err(engine)?,
        };
        Ok(SpooledToken { position, lines, has_id: row.get(5).map_err(engine)?, token })
    }

    fn tokens(
        &self,
        statement: &mut Statement<'_>,
        after: (&str, &str),
        limit: usize,
    ) -> Result<Vec<NamedToken>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query((after.0, after.1, limit)).map_err(engine)?;
        let mut tokens = Vec::new();
        while let Some(row) = rows.next().map_err(engine)? {
            tokens.push(self.spooled(row)?.token);
        }
        Ok(tokens)
    }
}

impl TokenSource for Spool {
    fn page(&self, after: Option<(&str, &str)>, limit: usize) -> Result<Vec<NamedToken>> {
        let connection = self.connection();
        let sql = format!(
            "SELECT {TOKEN} FROM spooled WHERE (subject, id) > (?1, ?2) ORDER BY subject, id LIMIT ?3"
        );
        let mut statement = connection.prepare_cached(&sql).map_err(engine)?;
        self.tokens(&mut statement, after.unwrap_or_default(), limit)
    }

    fn owner_of(&self, id: &str) -> Result<Option<Subject>> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT subject FROM spooled WHERE id = ?1").map_err(engine)?;
        let subject = statement.query_row([id], |row| row.get::<_, String>(0)).optional().map_err(engine)?;
        subject.map(|subject| subject.parse()).transpose()
    }
}

fn place(row: &Row<'_>) -> rusqlite::Result<(u64, TokenLines)> {
    let cell = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
    let lines = TokenLines { token: cell(1)?, id: cell(2)?, name: cell(3)?, subject: cell(4)? };
    Ok((cell(0)?, lines))
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| other(error.into()))
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| other(error.into()))
}

/// The file has no name; this is what stands for it in a message.
fn engine(error: rusqlite::Error) -> StoreError {
    failure(error, Path::new("a temporary file"))
}

fn other(error: BoxError) -> StoreError {
    StoreError::Database(error)
}
