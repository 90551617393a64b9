//! What the store answers to single questions. Whole states are [`Zone`](crate::Zone)s.

use crate::{NamedToken, PasswordHash, Secret, Subject, TokenType};

/// A user or provider as the checks of a request need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectState {
    /// Blocked users are refused whatever they present. Providers are never blocked.
    pub blocked: bool,
    /// What the subject's temporary tokens are signed with, once there is one.
    pub temporary: Option<TemporaryToken>,
    /// Rises whenever a token of the subject stops being valid through the store.
    pub token_epoch: i64,
}

/// The secret of a subject's temporary tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemporaryToken {
    /// The secret.
    pub secret: Secret,
    /// Rises by one when all temporary tokens of the subject are revoked.
    pub generation: i64,
}

/// A named token as its verification needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// The token's id.
    pub id: String,
    /// Whose token it is, as stored.
    pub subject: Subject,
    /// 2, or 1 for tokens whose identifier does not carry the subject.
    pub version: u8,
    /// What the token is signed with.
    pub secret: Secret,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Whether its subject is blocked.
    pub subject_blocked: bool,
}

/// A user as the check of a username and password needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCredentials {
    /// The user's id.
    pub id: String,
    /// Absent when no password was ever set.
    pub password_hash: Option<PasswordHash>,
    /// Whether the user may authenticate with a password.
    pub basic_auth: bool,
    /// Whether the user is blocked.
    pub blocked: bool,
}

/// One line of a list of tokens; never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSummary {
    /// The token's id.
    pub id: String,
    /// Its name, unique within the subject.
    pub name: String,
    /// Whose token it is.
    pub subject: Subject,
    /// What it is good for.
    pub token_type: TokenType,
    /// Whether it was revoked.
    pub revoked: bool,
    /// When it was stored, in seconds of the Unix epoch.
    pub created_at: i64,
}

/// A whole stored token, with its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredToken {
    /// The token; its `secret` is always there.
    pub token: NamedToken,
    /// When it was stored, in seconds of the Unix epoch.
    pub created_at: i64,
}
