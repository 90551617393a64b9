//! What keeps a store in order besides serving from it: rotation of keys, verification, the audit log as a whole, and
//! revoking everything after an old state has come back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::timeout;

use crate::backend::Backend;
use crate::error::BoxError;
use crate::operations::{
    AuditPage, ChangeToken, CheckReferences, EditRecords, Ping, ReadKeyUsage, Record, Reseal,
    RevokeEverything, RotateKey, Touch, VerifyPage,
};
use crate::{
    AuditEntry, AuditQuery, AuditRow, Checkup, Edit, Edited, Result, Secret, Store, StoreError,
    StoreObserver, TokenChange, Vitals,
};

/// Where new secrets come from.
pub type Secrets = Arc<dyn Fn() -> Result<Secret, BoxError> + Send + Sync>;

/// The upkeep of a store. All of it can be done while others serve from the same database.
#[async_trait]
pub trait Upkeep: Store {
    /// Makes the newest key the one that seals, for everybody who writes to this database and at once. Does nothing when
    /// it is already. What others sealed stays as it is until [`Self::reseal`] has come by.
    async fn rotate_key(&self, audit: &AuditEntry) -> Result<KeyChange>;

    /// Seals some hundreds of secrets with the key that seals, in one short transaction. Begun at the start and repeated
    /// from each [`Resealed::next`] until there is none, it leaves nothing to another key but what does not open.
    async fn reseal(&self, from: &Position) -> Result<Resealed>;

    /// Which key seals, and how many secrets each one has sealed, as of one moment.
    async fn key_usage(&self) -> Result<KeyUsage>;

    /// Reads some hundreds of records as a request would, secrets included, and says what is wrong with them.
    async fn verify(&self, from: &Position) -> Result<Verified>;

    /// What the database's own checks find, and records that belong to nobody; nothing when all is well.
    async fn inspect(&self) -> Result<Vec<String>>;

    /// Revokes every named token and every temporary token, which gives subjects that had one a new secret.
    async fn revoke_everything(&self, fresh: &Secrets, audit: &AuditEntry) -> Result<Revoked>;

    /// Changes records in one transaction with its audit row. The whole zone but its tokens is read for it.
    async fn edit(&self, edit: Edit, audit: &AuditEntry) -> Result<Edited>;

    /// Changes one named token; whether there was anything to do.
    async fn change_token(&self, id: &str, change: &TokenChange, audit: &AuditEntry) -> Result<bool>;

    /// Notes in the audit log what was done to the store from outside.
    async fn record(&self, action: &str, target: &str, audit: &AuditEntry) -> Result<()>;

    /// Rows of the audit log, in the order of their ids, whatever they are about.
    async fn audit_page(&self, query: &AuditQuery) -> Result<Vec<AuditRow>>;

    /// Whether the store can be used: what [`Store::ping`] asks, with an answer for each part of it that comes in time.
    async fn check_up(&self, patience: Duration) -> Checkup;

    /// How the store is, found out without waiting for it.
    fn vitals(&self) -> Vitals;

    /// Tells an observer, the first that is named, of every operation from now on.
    fn watch(&self, observer: Arc<dyn StoreObserver>);
}

/// Which key seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// The number of the key that sealed before.
    pub from: u32,
    /// The number of the one that seals now.
    pub to: u32,
}

/// What each key is used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUsage {
    /// The number of the key that seals.
    pub sealing: u32,
    /// All keys that are at hand, and those that sealed something and are not.
    pub keys: BTreeMap<u32, KeyUses>,
}

/// How many secrets one key has sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyUses {
    /// Whether the key is at hand.
    pub available: bool,
    /// Secrets of named tokens.
    pub tokens: u64,
    /// Secrets of temporary tokens.
    pub temporary_tokens: u64,
    /// Hashes of passwords.
    pub passwords: u64,
}

impl KeyUses {
    /// How many secrets in all.
    pub fn total(&self) -> u64 {
        self.tokens + self.temporary_tokens + self.passwords
    }
}

/// How far a walk through all records has come; the default is the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub(crate) stage: Stage,
    pub(crate) after: (String, String),
}

/// The tables that a walk goes through, one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    #[default]
    Tokens,
    Subjects,
    Users,
    Audit,
}

impl Position {
    /// Behind this row, or at the start of the next stage when there was none.
    pub(crate) fn behind(&self, last: Option<(String, String)>, next_stage: Option<Stage>) -> Option<Self> {
        match last {
            Some(after) => Some(Self { stage: self.stage, after }),
            None => next_stage.map(|stage| Self { stage, after: Default::default() }),
        }
    }
}

/// What a step of sealing anew did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// How many secrets were looked at.
    pub seen: u64,
    /// How many of them were sealed anew.
    pub resealed: u64,
    /// Those that do not open, and were left as they are.
    pub unreadable: Vec<String>,
    /// Where to go on; nowhere when everything was seen.
    pub next: Option<Position>,
}

/// What a step of verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many records were read.
    pub records: u64,
    /// What is wrong with them.
    pub problems: Vec<String>,
    /// Where to go on; nowhere when everything was read.
    pub next: Option<Position>,
}

/// What was revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revoked {
    /// How many named tokens; those that were revoked already do not count.
    pub tokens: u64,
    /// How many subjects had temporary tokens.
    pub temporary_tokens: u64,
}

#[async_trait]
impl<B: Backend> Upkeep for B {
    async fn rotate_key(&self, audit: &AuditEntry) -> Result<KeyChange> {
        self.change(RotateKey { audit: audit.clone() }).await
    }

    async fn reseal(&self, from: &Position) -> Result<Resealed> {
        self.change(Reseal { from: from.clone() }).await
    }

    async fn key_usage(&self) -> Result<KeyUsage> {
        self.read_one_moment(ReadKeyUsage {}).await
    }

    async fn verify(&self, from: &Position) -> Result<Verified> {
        match self.read(VerifyPage { from: from.clone(), strict: true }).await {
            // The keys were read again, and it is missing all the same: that is something to report.
            Err(StoreError::KeyMissing { .. }) => {
                self.read(VerifyPage { from: from.clone(), strict: false }).await
            }
            other => other,
        }
    }

    async fn inspect(&self) -> Result<Vec<String>> {
        let mut problems = self.check_files().await?;
        problems.extend(self.read_one_moment(CheckReferences {}).await?);
        Ok(problems)
    }

    async fn revoke_everything(&self, fresh: &Secrets, audit: &AuditEntry) -> Result<Revoked> {
        self.change(RevokeEverything { fresh: Arc::clone(fresh), audit: audit.clone() }).await
    }

    async fn edit(&self, edit: Edit, audit: &AuditEntry) -> Result<Edited> {
        self.change(EditRecords { edit, audit: audit.clone() }).await
    }

    async fn change_token(&self, id: &str, change: &TokenChange, audit: &AuditEntry) -> Result<bool> {
        let (id, change) = (id.to_owned(), change.clone());
        self.change(ChangeToken { id, change, audit: audit.clone() }).await
    }

    async fn record(&self, action: &str, target: &str, audit: &AuditEntry) -> Result<()> {
        let (action, target) = (action.to_owned(), target.to_owned());
        self.change(Record { action, target, audit: audit.clone() }).await
    }

    async fn audit_page(&self, query: &AuditQuery) -> Result<Vec<AuditRow>> {
        self.read(AuditPage { query: query.clone() }).await
    }

    async fn check_up(&self, patience: Duration) -> Checkup {
        let (read, write, state) = futures::join!(
            timeout(patience, self.read(Ping {})),
            timeout(patience, self.change(Touch {})),
            timeout(patience, self.ready()),
        );
        Checkup::new(read.ok(), write.ok(), state.ok())
    }

    fn vitals(&self) -> Vitals {
        Backend::vitals(self)
    }

    fn watch(&self, observer: Arc<dyn StoreObserver>) {
        Backend::watch(self).begin(observer);
    }
}
