//! The one error of this crate. Messages name the record, or the file and the way out.

use std::fmt;
use std::path::PathBuf;

/// Why a store could not be opened, or could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The record an operation names does not exist.
    #[error("{kind} {id:?} does not exist")]
    NotFound {
        /// What kind of record was looked for.
        kind: RecordKind,
        /// Its id (of a subject: the `usr-`/`prv-` form).
        id: String,
    },
    /// A record of this id is there already.
    #[error("{kind} {id:?} exists already; choose another id")]
    AlreadyExists {
        /// The kind of the record.
        kind: RecordKind,
        /// Its id.
        id: String,
    },
    /// Two records of one zone carry the same id.
    #[error("{kind} {id:?} is named twice; keep one of the two")]
    Duplicate {
        /// The kind of the records.
        kind: RecordKind,
        /// The id they share.
        id: String,
    },
    /// Token names are unique within a subject.
    #[error("{subject} has a token named {name:?} already; choose another name")]
    TokenNameTaken {
        /// Whose token.
        subject: String,
        /// The name in question.
        name: String,
    },
    /// Usernames are unique within a zone.
    #[error("the username {0:?} belongs to another user; choose another one")]
    UsernameTaken(String),
    /// A record refers to one that does not exist.
    #[error("{referrer} refers to the {kind} {id:?}, which does not exist; add it or correct the id")]
    DanglingReference {
        /// Who refers.
        referrer: String,
        /// The kind of the missing record.
        kind: RecordKind,
        /// Its id.
        id: String,
    },
    /// A token that is not stored yet came without a secret.
    #[error("token {0:?} is not stored yet and has no secret to be created with")]
    SecretMissing(String),
    /// Not an id that can be stored.
    #[error("{0:?} is not an id: 1 to 255 bytes of text without control characters are")]
    InvalidId(String),
    /// Neither `usr-ID` nor `prv-ID`.
    #[error("{0:?} is not a subject: write usr-ID for a user or prv-ID for a provider")]
    InvalidSubject(String),

    /// More work is waiting than the store can keep up with; repeat later.
    #[error("the database is busy and its queue is full; repeat in a moment")]
    Overloaded,
    /// Another process kept the database locked for longer than a change waits. Nothing was changed.
    #[error(
        "the database {} stays locked by another process; repeat in a moment, or stop what holds it",
        path.display()
    )]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// Reading or writing a whole zone was given up half way; nothing was changed.
    #[error("the work was ended half way")]
    Interrupted(#[source] BoxError),
    /// Whoever asked for the change did not want it after all, once the present state was seen. Nothing was changed.
    #[error(transparent)]
    Refused(BoxError),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The transaction's end could not be confirmed: it may or may not have happened.
    #[error("the outcome of a change to the database is unknown; repeat the operation")]
    OutcomeUnknown(#[source] BoxError),
    /// The same, and the change may be made again; never leaves this crate.
    #[doc(hidden)]
    #[error(transparent)]
    Repeat(Box<StoreError>),
    /// A statement was sent and nothing came back; never leaves this crate.
    #[doc(hidden)]
    #[error("the database server does not answer")]
    Silent,
    /// The database refused or failed.
    #[error("the database failed")]
    Database(#[source] BoxError),
    /// A stored record does not read as one.
    #[error(
        "the stored {kind} {id:?} is damaged; restore a backup, or remove the record and create it again"
    )]
    DamagedRecord {
        /// The kind of the record.
        kind: RecordKind,
        /// Its id.
        id: String,
    },

    /// A file or directory of the database could not be created, read or written.
    #[error("cannot {doing} {}; check that the path exists and belongs to the user running this", path.display())]
    File {
        /// What was attempted: `create`, `open`, ...
        doing: &'static str,
        /// The path it was attempted on.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Nothing is replaced unless somebody says so.
    #[error("{} exists already; name another file, or replace it with --force", path.display())]
    FileExists {
        /// The file.
        path: PathBuf,
    },
    /// The file is there and is something else.
    #[error("{} is not a database of this program; name another file, or move this one away", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database with broken contents.
    #[error(
        "the database {} is damaged ({found}); stop every process using it and restore a backup",
        path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was found, in one line.
        found: String,
    },
    /// A later version of this program wrote the database.
    #[error(
        "the database {} has schema version {found}, this program knows versions up to {supported}; \
         run the newer program",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The version it has.
        found: i64,
        /// The latest version this program knows.
        supported: i64,
    },
    /// Another server is serving this database.
    #[error("another server is serving {}; stop it, or name another database", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file has several names. Each would have a lock and a log of its own, which destroys the file.
    #[error(
        "the database {} has {links} names (hard links) and could be served under each at once; remove the \
         others, which `find -samefile` shows, or copy it",
        path.display()
    )]
    HardLinked {
        /// The file, by the name it was asked for.
        path: PathBuf,
        /// How many names it has.
        links: u64,
    },
    /// A line of the key file is not a key.
    #[error("line {line} of the keys is not a key: write a number, a blank and 32 bytes in base64")]
    KeyLine {
        /// The line, counted from 1.
        line: usize,
    },
    /// Two keys have one number.
    #[error("line {line} of the keys has the number {number} again; keep one of the two")]
    KeyTwice {
        /// The second line, counted from 1.
        line: usize,
        /// The number.
        number: u32,
    },
    /// There is no key to seal with.
    #[error("the keys are empty: there is no key to seal secrets with")]
    NoKey,
    /// Something was sealed with a key that is not at hand.
    #[error(
        "a secret is sealed with key {number}, which is not among the keys; add it to the key file again"
    )]
    KeyMissing {
        /// The number of the key.
        number: u32,
    },
    /// A sealed secret does not open: it was changed, moved, or sealed with another key of the same number.
    #[error(
        "{place} does not open with the keys at hand: it was changed, moved from another row, or sealed with other keys"
    )]
    Unreadable {
        /// What it is.
        place: String,
    },
    /// The keys belong to another database.
    #[error(
        "the keys do not fit the database {database}: it was sealed with others; name the key file that belongs to it"
    )]
    WrongKeys {
        /// The database.
        database: String,
    },
    /// Not a connection string.
    #[error("the connection string cannot be used: {reason}")]
    Address {
        /// What to write.
        reason: &'static str,
    },
    /// The database server does not answer, or takes no connection.
    #[error("the database {database} cannot be reached; check that it runs and takes connections from here")]
    Unreachable {
        /// Its hosts and name.
        database: String,
        /// What happened.
        source: BoxError,
    },
    /// The schema is older than this program needs.
    #[error(
        "the database {database} has schema {found} and this program needs {required}; run `onezone-server migrate`"
    )]
    OlderSchema {
        /// The database.
        database: String,
        /// The version of its schema; 0 when it has none.
        found: i64,
        /// The version needed.
        required: i64,
    },
    /// The server does not keep what was promised for its commits.
    #[error(
        "the database {database} has {setting} = {value:?}, so that a crash can undo what was acknowledged; change the setting"
    )]
    NotDurable {
        /// The database.
        database: String,
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: String,
    },
    /// No nonce could be drawn.
    #[error("no random bytes can be drawn to seal a secret with")]
    Randomness(#[source] BoxError),
    /// A secret is too long to be sealed.
    #[error("a secret is too long to be sealed")]
    Sealing,
    /// The database library linked into this program has a known defect.
    #[error("SQLite {found} can corrupt its files; link {required} or later")]
    UnsafeEngine {
        /// The version linked.
        found: String,
        /// The earliest version without the defect.
        required: &'static str,
    },
}

/// The kinds of records an error can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordKind {
    /// A user or a provider, as the owner of tokens.
    Subject,
    /// A user.
    User,
    /// A group.
    Group,
    /// A provider.
    Provider,
    /// A space.
    Space,
    /// A named token.
    Token,
    /// The secret of a subject's temporary tokens.
    TemporaryToken,
    /// An audit row.
    Audit,
}

/// A backend's own error, whatever its type.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl fmt::Display for RecordKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Subject => "subject",
            Self::User => "user",
            Self::Group => "group",
            Self::Provider => "provider",
            Self::Space => "space",
            Self::Token => "token",
            Self::TemporaryToken => "temporary-token secret of",
            Self::Audit => "audit row",
        })
    }
}
