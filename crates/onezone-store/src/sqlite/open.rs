//! Opening a database file: what it must be, who may read it, its settings and its schema.

use std::fs::{DirBuilder, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs4::{FileExt, TryLockError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior};
use zeroize::Zeroizing;

use super::OpenMode;
use super::threads::{Failure, one_line};
use crate::seal::{Place, wrong_keys};
use crate::{Keyring, Result, StoreError};

/// The connections of a store, ready to work.
pub(super) struct Opened {
    pub(super) writer: Connection,
    pub(super) readers: Vec<Connection>,
    pub(super) lock: Option<File>,
    /// The file's true path, whichever way led to it.
    pub(super) path: PathBuf,
}

/// Earlier versions can corrupt a file that two connections write and checkpoint at once.
const EARLIEST_SAFE_ENGINE: (i32, &str) = (3_051_003, "3.51.3");

/// Tells our files from those of other programs: "1zon".
const APPLICATION_ID: i64 = 0x317a_6f6e;

/// The schema, one file a version; a file is never changed once it has been released.
const MIGRATIONS: &[Migration] = &[
    Migration::Text(include_str!("migrations/0001_initial.sql")),
    Migration::Text(include_str!("migrations/0002_spaces.sql")),
    Migration::Sealing {
        before: include_str!("migrations/0003_sealed_columns.sql"),
        after: include_str!("migrations/0003_sealed.sql"),
    },
    Migration::Text(include_str!("migrations/0004_audit_by_id.sql")),
];

/// The version of the schema from which on secrets are sealed.
const SEALED_SINCE: i64 = 3;

/// A step from one version of the schema to the next.
enum Migration {
    Text(&'static str),
    /// From secrets in the clear to sealed ones.
    Sealing {
        before: &'static str,
        after: &'static str,
    },
}

/// How long to wait for another process to finish its change.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Every text of this crate and some to spare.
const STATEMENT_CACHE: usize = 128;

/// Databases up to this size are checked as a whole before they are served: about a second of work at most.
pub(super) const CHECKED_SIZE: u64 = 256 * 1024 * 1024;

const SETTINGS: &str = "PRAGMA foreign_keys=ON; PRAGMA cache_size=-65536; PRAGMA mmap_size=0; \
    PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;";
const WRITER_SETTINGS: &str = "PRAGMA synchronous=FULL; PRAGMA secure_delete=FAST; \
    PRAGMA wal_autocheckpoint=1000; PRAGMA journal_size_limit=67108864;";

pub(super) fn open(path: &Path, mode: OpenMode, reader_count: usize, keys: &Keyring) -> Result<Opened> {
    if rusqlite::version_number() < EARLIEST_SAFE_ENGINE.0 {
        let found = rusqlite::version().to_owned();
        return Err(StoreError::UnsafeEngine { found, required: EARLIEST_SAFE_ENGINE.1 });
    }
    create_directory(path)?;
    let size = create_file(path)?;
    let true_path = path.canonicalize().map_err(|source| file_error("resolve", path, source))?;
    let path = true_path.as_path();
    let lock = match mode {
        OpenMode::Serve => Some(lock(path)?),
        OpenMode::Admin => None,
    };
    let writer = open_writer(path, keys)?;
    if mode == OpenMode::Serve && size <= CHECKED_SIZE {
        check(&writer, path)?;
    }
    let readers = (0..reader_count)
        .map(|_| open_reader(path).map_err(|error| Failure::from(error).into_error(path)))
        .collect::<Result<_>>()?;
    Ok(Opened { writer, readers, lock, path: true_path })
}

/// Anything that is no database of ours has no keys; opening it says what it is.
pub(super) fn has_keys(path: &Path) -> Result<bool> {
    if !path.is_file() {
        return Ok(false);
    }
    let asked = || -> rusqlite::Result<bool> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        if !is_ours(&connection)? || schema_version(&connection)? < SEALED_SINCE {
            return Ok(false);
        }
        connection.prepare("SELECT 1 FROM meta WHERE key = 'key_check'")?.exists([])
    };
    match asked() {
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
            Err(Failure::from(error).into_error(path))
        }
        other => Ok(other.unwrap_or(false)),
    }
}

pub(super) fn create_directory(path: &Path) -> Result<()> {
    let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) else {
        return Ok(());
    };
    if directory.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|source| file_error("create the directory", directory, source))
}

/// Creates the file before `SQLite` does, so that it is never readable by others, not even for a moment; the
/// write-ahead log and its index inherit the mode. Returns the size of what is there.
pub(super) fn create_file(path: &Path) -> Result<u64> {
    let file = open_private(path).map_err(|source| file_error("open", path, source))?;
    let metadata = file.metadata().map_err(|source| file_error("open", path, source))?;
    // A device or a pipe belongs to others, and its mode with it.
    if !metadata.is_file() {
        return Err(StoreError::NotADatabase { path: path.to_owned() });
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        if metadata.nlink() > 1 {
            return Err(StoreError::HardLinked { path: path.to_owned(), links: metadata.nlink() });
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            let private = std::fs::Permissions::from_mode(0o600);
            file.set_permissions(private).map_err(|source| file_error("protect", path, source))?;
        }
    }
    Ok(metadata.len())
}

fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

pub(super) fn lock(path: &Path) -> Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let file = open_private(&lock_path).map_err(|source| file_error("open", &lock_path, source))?;
    // Not the standard library's method of that name, which is younger than the oldest compiler supported.
    match FileExt::try_lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(file_error("lock", &lock_path, source)),
    }
}

fn open_writer(path: &Path, keys: &Keyring) -> Result<Connection> {
    let in_file = |error: rusqlite::Error| Failure::from(error).into_error(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(in_file)?;
    prepare(&connection).map_err(in_file)?;
    // A file of another program must be recognised before any setting is written into it.
    if !is_ours(&connection).map_err(in_file)? {
        return Err(StoreError::NotADatabase { path: path.to_owned() });
    }
    let mode: String =
        connection.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0)).map_err(in_file)?;
    if mode != "wal" {
        let reason = "the file system cannot keep a write-ahead log; keep the database on a local disk";
        return Err(StoreError::Database(reason.into()));
    }
    connection.execute_batch(WRITER_SETTINGS).map_err(in_file)?;
    make_log_durable(&mut connection, path)?;
    migrate(&mut connection, path, keys)?;
    check_keys(&connection, path, keys)?;
    Ok(connection)
}

/// Writes what is in the log once more, and flushes it. When a flush fails, systems such as Linux count what was not flushed
/// as flushed: it can be read until the power goes, is not on disk, and no later flush will put it there. The commit that
/// it belonged to was refused, but whoever opens the file next finds it in the log, and would append to it what
/// would be lost together with it.
fn make_log_durable(connection: &mut Connection, path: &Path) -> Result<()> {
    let in_file = |error: rusqlite::Error| Failure::from(error).into_error(path);
    // Nobody else writes to the log meanwhile; whoever reads finds the same bytes.
    let guard = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(in_file)?;
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    let log = PathBuf::from(name);
    let rewritten = std::fs::read(&log).and_then(|bytes| {
        let file = OpenOptions::new().write(true).open(&log)?;
        // In place and at its offset, as the engine writes.
        #[cfg(unix)]
        std::os::unix::fs::FileExt::write_all_at(&file, &bytes, 0)?;
        #[cfg(not(unix))]
        std::io::Write::write_all(&mut &file, &bytes)?;
        file.sync_all()
    });
    guard.rollback().map_err(in_file)?;
    match rewritten {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(|source| file_error("write", &log, source)),
    }
}

pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection)?;
    connection.execute_batch("PRAGMA query_only=ON")?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // Plans do not depend on parameters. Without this guarantee the engine plans a statement anew for every execution
    // that the cache has it for, which takes longer than the execution.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(SETTINGS)
}

/// An empty file is ours to fill; anything else has to say that it is one of ours.
pub(super) fn is_ours(connection: &Connection) -> rusqlite::Result<bool> {
    let application: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(application == APPLICATION_ID || (application == 0 && tables == 0))
}

/// The version of the schema that this program works with.
pub(super) fn supported() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Brings the schema to the present version, all of it in one transaction. Forward only.
fn migrate(connection: &mut Connection, path: &Path, keys: &Keyring) -> Result<()> {
    let in_file = |error: rusqlite::Error| Failure::from(error).into_error(path);
    let supported = supported();
    if schema_version(connection).map_err(in_file)? == supported {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(in_file)?;
    // Read again: another process may have been faster.
    let found = schema_version(&transaction).map_err(in_file)?;
    let Some(missing) = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found..)) else {
        return Err(StoreError::NewerSchema { path: path.to_owned(), found, supported });
    };
    for migration in missing {
        match migration {
            Migration::Text(text) => transaction.execute_batch(text).map_err(in_file)?,
            Migration::Sealing { before, after } => {
                transaction.execute_batch(before).map_err(in_file)?;
                seal_all(&transaction, keys).map_err(|failure| failure.into_error(path))?;
                transaction.execute_batch(after).map_err(in_file)?;
            }
        }
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(in_file)?;
    transaction.pragma_update(None, "user_version", supported).map_err(in_file)?;
    transaction.commit().map_err(in_file)?;
    if found > 0 && missing.iter().any(|migration| matches!(migration, Migration::Sealing { .. })) {
        // What was in the clear must not stay behind in free pages or in the log.
        connection.execute_batch("VACUUM").map_err(in_file)?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(in_file)?;
    }
    Ok(())
}

/// Seals what earlier versions kept in the clear.
fn seal_all(connection: &Connection, keys: &Keyring) -> Result<(), Failure> {
    let mut tokens = connection.prepare("SELECT subject, id, secret FROM named_tokens")?;
    let mut put =
        connection.prepare("UPDATE named_tokens SET sealed_secret = ?3 WHERE subject = ?1 AND id = ?2")?;
    let mut rows = tokens.query([])?;
    while let Some(row) = rows.next()? {
        let (subject, id) = (row.get::<_, String>(0)?, row.get::<_, String>(1)?);
        let secret = Zeroizing::new(row.get::<_, String>(2)?);
        let sealed = keys.seal(Place::TokenSecret { subject: &subject, id: &id }, secret.as_bytes())?;
        put.execute((&subject, &id, sealed))?;
    }
    let mut subjects =
        connection.prepare("SELECT subject, tmp_secret FROM subjects WHERE tmp_secret IS NOT NULL")?;
    let mut put = connection.prepare("UPDATE subjects SET tmp_sealed_secret = ?2 WHERE subject = ?1")?;
    let mut rows = subjects.query([])?;
    while let Some(row) = rows.next()? {
        let subject: String = row.get(0)?;
        let secret = Zeroizing::new(row.get::<_, String>(1)?);
        let sealed = keys.seal(Place::TemporarySecret { subject: &subject }, secret.as_bytes())?;
        put.execute((&subject, sealed))?;
    }
    let mut users =
        connection.prepare("SELECT id, password_hash FROM users WHERE password_hash IS NOT NULL")?;
    let mut put = connection.prepare("UPDATE users SET password_hash = ?2 WHERE id = ?1")?;
    let mut rows = users.query([])?;
    while let Some(row) = rows.next()? {
        let user: String = row.get(0)?;
        let hash = Zeroizing::new(row.get::<_, Vec<u8>>(1)?);
        put.execute((&user, keys.seal(Place::PasswordHash { user: &user }, &hash)?))?;
    }
    Ok(())
}

/// Whether the keys are those that this database was sealed with. A new database takes them as its own.
fn check_keys(connection: &Connection, path: &Path, keys: &Keyring) -> Result<()> {
    let in_file = |error: rusqlite::Error| Failure::from(error).into_error(path);
    let known: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE key = 'key_check'", [], |row| row.get(0))
        .optional()
        .map_err(in_file)?;
    let Some(known) = known else {
        let insert = "INSERT INTO meta (key, value) VALUES ('key_check', ?1) ON CONFLICT DO NOTHING";
        return connection.execute(insert, [keys.check_value()?]).map(|_| ()).map_err(in_file);
    };
    keys.fits(&known).map_err(|error| wrong_keys(&error, path.display().to_string()))
}

pub(super) fn schema_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn check(connection: &Connection, path: &Path) -> Result<()> {
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| Failure::from(error).into_error(path))?;
    if found == "ok" {
        // The whole database is in the cache by now, and whoever changes it needs little of it.
        let given_back = connection.execute_batch("PRAGMA shrink_memory");
        return given_back.map_err(|error| Failure::from(error).into_error(path));
    }
    // Its first line is a heading that names the file within the connection.
    let finding = found.lines().filter(|line| !line.starts_with("***"));
    Err(StoreError::Corrupt { path: path.to_owned(), found: one_line(finding) })
}

/// What is wrong with a database, a line each: pages, indexes and what they say of each other, then rows that refer to
/// missing ones.
pub(super) fn problems(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA integrity_check(100)")?;
    let found =
        statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let lines = found.iter().flat_map(|text| text.lines()).map(str::trim);
    let mut problems: Vec<String> =
        lines.filter(|line| *line != "ok" && !line.starts_with("***")).map(str::to_owned).collect();
    let mut statement = connection
        .prepare("SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (table, parent, count) =
            (row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?);
        problems.push(format!("{count} rows of {table} refer to rows of {parent} that do not exist"));
    }
    Ok(problems)
}

pub(super) fn file_error(doing: &'static str, path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File { doing, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        let keys = Keyring::new([7; 32], std::sync::Arc::new(|| Ok([0; 24])));
        migrate(&mut connection, Path::new("memory"), &keys).unwrap();
        connection
    }

    #[test]
    fn every_statement_prepares_and_numbers_its_parameters_in_order() {
        let connection = database();
        for (name, text) in crate::sql::ALL {
            let statement = connection.prepare(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            for index in 1..=statement.parameter_count() {
                let expected = format!("${index}");
                assert_eq!(statement.parameter_name(index), Some(expected.as_str()), "{name}");
            }
        }
    }

    #[test]
    fn the_list_of_token_ids_is_read_from_one_index_without_sorting() {
        let connection = database();
        let explain = format!("EXPLAIN QUERY PLAN {}", crate::sql::LIST_TOKEN_IDS);
        let plan: Vec<String> = connection
            .prepare(&explain)
            .unwrap()
            .query_map(["usr-a"], |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(plan.len(), 1, "{plan:?}");
        assert!(plan[0].contains("USING COVERING INDEX named_tokens_by_name"), "{plan:?}");
    }

    #[test]
    fn the_spaces_of_a_user_are_found_without_scanning_tables() {
        let connection = database();
        let explain = format!("EXPLAIN QUERY PLAN {}", crate::sql::IS_USER_OF_PROVIDER);
        let plan: Vec<String> = connection
            .prepare(&explain)
            .unwrap()
            .query_map(["usr-a", "p"], |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert!(plan.iter().any(|step| step.starts_with("SEARCH p USING")), "{plan:?}");
        // What may be walked from end to end is the set of one user's groups.
        let scans: Vec<_> =
            plan.iter().filter(|step| step.starts_with("SCAN") && *step != "SCAN g").collect();
        assert!(scans.is_empty(), "{plan:?}");
    }

    #[test]
    fn the_linked_engine_is_free_of_the_log_reset_defect() {
        assert!(rusqlite::version_number() >= EARLIEST_SAFE_ENGINE.0);
    }

    #[test]
    fn a_statement_is_planned_once_however_often_it_runs() {
        let connection = database();
        super::prepare(&connection).unwrap();
        let sql = crate::sql::TOKEN_FOR_AUTHENTICATION;
        for key in ["a", "b", "c"] {
            assert!(!connection.prepare_cached(sql).unwrap().exists([key, key]).unwrap());
        }
        let statement = connection.prepare_cached(sql).unwrap();
        assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
    }
}
