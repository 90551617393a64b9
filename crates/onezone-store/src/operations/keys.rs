//! Which key seals, and sealing anew with another one.
//!
//! The key that seals is the one that sealed the check value in the database, whatever other keys a process may know.
//! Whoever seals reads it in the transaction that stores what was sealed, and keeps it from being changed until then;
//! so that once it was changed, nothing more comes from the key before, and one walk through all secrets is enough.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::seal::{Place, key_number};
use crate::session::{Session, Value};
use crate::statement::{Script, Statement};
use crate::upkeep::{KeyChange, KeyUsage, KeyUses, Position, Resealed, Stage};
use crate::{AuditEntry, Keyring, Result, StoreError, Subject, sql};

/// How many secrets are looked at in one transaction: some milliseconds of work.
const BATCH: i64 = 500;

/// The keys to seal with in this transaction.
pub(crate) async fn sealing_keys(session: &mut dyn Session) -> Result<Arc<Keyring>> {
    session.lock_keys(false).await?;
    let number = sealing_number(session).await?;
    if session.keys().current() == number {
        return Ok(Arc::clone(session.keys()));
    }
    Ok(Arc::new(session.keys().sealing_with(number)?))
}

async fn sealing_number(session: &mut dyn Session) -> Result<u32> {
    let missing = || StoreError::Unreadable { place: Place::Check.to_string() };
    let mut row = session.row(sql::KEY_CHECK, &[]).await?.ok_or_else(missing)?;
    Keyring::sealing_number(&row.text(0)?)
}

pub(crate) async fn rotate_key(session: &mut dyn Session, audit: &AuditEntry) -> Result<KeyChange> {
    session.lock_keys(true).await?;
    let from = sealing_number(session).await?;
    let to = session.keys().newest();
    if to <= from {
        return if session.keys().numbers().contains(&from) {
            Ok(KeyChange { from, to: from })
        } else {
            Err(StoreError::KeyMissing { number: from })
        };
    }
    let keys = Arc::new(session.keys().sealing_with(to)?);
    let mut script = Script::new(&keys);
    script.push(sql::PUT_KEY_CHECK, [keys.check_value()?.into()]);
    script.audit(audit, "key.rotate", &format!("key-{to}"), vec![]);
    session.execute(&script.into_statements()).await?;
    Ok(KeyChange { from, to })
}

pub(crate) async fn key_usage(session: &mut dyn Session) -> Result<KeyUsage> {
    session.take_time().await?;
    let sealing = sealing_number(session).await?;
    let known = session.keys().numbers().into_iter();
    let mut keys: BTreeMap<u32, KeyUses> =
        known.map(|number| (number, KeyUses { available: true, ..KeyUses::default() })).collect();
    for (statement, count) in [
        (sql::COUNT_TOKENS_BY_KEY, (|uses| &mut uses.tokens) as fn(&mut KeyUses) -> &mut u64),
        (sql::COUNT_TEMPORARY_BY_KEY, |uses| &mut uses.temporary_tokens),
        (sql::COUNT_PASSWORDS_BY_KEY, |uses| &mut uses.passwords),
    ] {
        for mut row in session.rows(statement, &[]).await? {
            // What is too short to be sealed has no key; verification tells of it.
            let number = row.bytes(0)?.try_into().map_or(0, u32::from_be_bytes);
            *count(keys.entry(number).or_default()) += u64::try_from(row.integer(1)?).unwrap_or_default();
        }
    }
    Ok(KeyUsage { sealing, keys })
}

/// A sealed secret and the row it lies in.
struct Sealed {
    key: (String, String),
    bytes: Vec<u8>,
}

impl Stage {
    fn is_last_with_secrets(self) -> bool {
        matches!(self, Self::Users | Self::Audit)
    }

    pub(crate) fn next(self) -> Option<Self> {
        match self {
            Self::Tokens => Some(Self::Subjects),
            Self::Subjects => Some(Self::Users),
            Self::Users => Some(Self::Audit),
            Self::Audit => None,
        }
    }

    fn place(self, key: &(String, String)) -> Place<'_> {
        match self {
            Self::Tokens => Place::TokenSecret { subject: &key.0, id: &key.1 },
            Self::Subjects => Place::TemporarySecret { subject: &key.0 },
            Self::Users | Self::Audit => Place::PasswordHash { user: &key.0 },
        }
    }

    /// The subject whose row keeps others from changing this one.
    fn subject(self, key: &(String, String)) -> String {
        match self {
            Self::Tokens | Self::Subjects => key.0.clone(),
            Self::Users | Self::Audit => Subject::User(key.0.clone()).to_string(),
        }
    }

    /// Replaces a secret unless somebody else was faster.
    fn put(self, key: &(String, String), fresh: Vec<u8>, old: Vec<u8>) -> Statement {
        let (fresh, old) = (Value::Bytes(fresh), Value::Bytes(old));
        let row = Value::from(key.0.as_str());
        match self {
            Self::Tokens => {
                Statement { sql: sql::RESEAL_TOKEN, parameters: vec![fresh, row, key.1.as_str().into(), old] }
            }
            Self::Subjects => Statement { sql: sql::RESEAL_TEMPORARY, parameters: vec![fresh, row, old] },
            Self::Users | Self::Audit => {
                Statement { sql: sql::RESEAL_PASSWORD, parameters: vec![fresh, row, old] }
            }
        }
    }
}

pub(crate) async fn reseal(session: &mut dyn Session, from: &Position) -> Result<Resealed> {
    let keys = sealing_keys(session).await?;
    let stage = from.stage;
    let page = sealed(session, from).await?;
    let mut done = Resealed { seen: page.len() as u64, ..Resealed::default() };
    let last = page.last().map(|sealed| sealed.key.clone());
    let next_stage = stage.next().filter(|_| !stage.is_last_with_secrets());
    done.next = from.behind(last, next_stage);
    let (mut statements, mut locked) = (Vec::new(), None);
    for Sealed { key, bytes } in page {
        if key_number(&bytes) == Some(keys.current()) {
            continue;
        }
        let place = stage.place(&key);
        let secret = match keys.open(place, &bytes) {
            Ok(secret) => secret,
            Err(error @ StoreError::Unreadable { .. }) => {
                done.unreadable.push(error.to_string());
                continue;
            }
            Err(error) => return Err(error),
        };
        // In the order of subjects, and before any of their rows: so nobody waits in a circle.
        let subject = stage.subject(&key);
        if locked.as_ref() != Some(&subject) {
            session.lock_subject(&subject).await?;
            locked = Some(subject);
        }
        statements.push(stage.put(&key, keys.seal(place, &secret)?, bytes));
        done.resealed += 1;
    }
    session.execute(&statements).await?;
    Ok(done)
}

async fn sealed(session: &mut dyn Session, from: &Position) -> Result<Vec<Sealed>> {
    let first: Value = from.after.0.as_str().into();
    let rows = match from.stage {
        Stage::Tokens => {
            let second = from.after.1.as_str().into();
            session.rows(sql::SEALED_TOKENS, &[first, second, BATCH.into()]).await?
        }
        Stage::Subjects => session.rows(sql::SEALED_TEMPORARY, &[first, BATCH.into()]).await?,
        Stage::Users | Stage::Audit => session.rows(sql::SEALED_PASSWORDS, &[first, BATCH.into()]).await?,
    };
    rows.into_iter()
        .map(|mut row| Ok(Sealed { key: (row.text(0)?, row.text(1)?), bytes: row.bytes(2)? }))
        .collect()
}
