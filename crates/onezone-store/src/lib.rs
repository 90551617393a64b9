//! The records of a zone (users, groups, providers, spaces, tokens) and their storage behind one trait, [`Store`].
//! Knows neither HTTP nor how a token is verified: it answers what is stored, and changes it atomically.
//!
//! # The contract
//!
//! 1. A change that returned `Ok` is on disk; one that returned an error was not made, with one exception:
//!    after [`StoreError::OutcomeUnknown`] either may be true, so the caller repeats it.
//! 2. Every change is one transaction and carries its own audit row: a record says what happened, and nothing
//!    happens without one.
//! 3. Nothing is cached. A read that starts after a change returned sees the change.
//! 4. Queues are bounded: a store that cannot keep up says [`StoreError::Overloaded`], at once when its queue is full, and
//!    after a second (a change: six) when what was asked has not begun by then; it never will.
//!    What another process holds locked is [`StoreError::Busy`] after some seconds; later changes are tried anew.
//! 5. Reading never writes. In particular no temporary-token secret comes into being by looking for one.
//!
//! Stores run on tokio, with timers.
//!
//! `conformance` (a feature) states the contract as functions that every backend's tests run.

mod audit;
mod backend;
#[cfg(feature = "conformance")]
pub mod conformance;
mod edit;
mod error;
mod examination;
mod keys;
mod operations;
mod plan;
pub mod postgres;
mod records;
mod report;
mod seal;
mod secret;
mod session;
mod spool;
mod sql;
pub mod sqlite;
mod statement;
mod store;
mod stream;
mod subject;
mod upkeep;
mod watch;
mod zone;

pub use audit::{AuditEntry, AuditQuery, AuditRecord, AuditRow};
pub use edit::{Edit, Edited, Note, TokenChange};
pub use error::{RecordKind, StoreError};
pub use examination::Examination;
pub use keys::Keys;
pub use postgres::{Durability, PostgresOptions, PostgresStore};
pub use records::{StoredToken, SubjectState, TemporaryToken, TokenRecord, TokenSummary, UserCredentials};
pub use report::{Counts, Report};
pub use seal::{Keyring, Nonces};
pub use secret::{PasswordHash, Secret};
pub use spool::{Clash, Spool, SpooledToken, TokenLines};
pub use sqlite::{OpenMode, SqliteStore};
pub use store::{Lookup, Store, Unnamed};
pub use stream::{SortedTokens, TokenSource, ZoneSink};
pub use subject::{MAX_ID_BYTES, Member, Subject, check_id};
pub use upkeep::{KeyChange, KeyUsage, KeyUses, Position, Resealed, Revoked, Secrets, Upkeep, Verified};
pub use watch::{Checkup, OperationKind, Outcome, PoolVitals, SqliteVitals, StoreObserver, Vitals};
pub use zone::{
    CURRENT_TOKEN_VERSION, Cluster, Group, LEGACY_TOKEN_VERSION, NamedToken, Privileges, Provider, Space,
    TemporaryTokenSecret, TokenType, User, Zone,
};

/// What every operation of a store gives back.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
