//! A zone file as it was written: nothing is completed yet, and everything that others refer to knows its place.

use onezone_store::{PasswordHash, Privileges, Secret, Subject, TokenType};
use zeroize::Zeroizing;

use super::problems::{Located, Place};

/// All of a file but its tokens.
#[derive(Default)]
pub(crate) struct Document {
    pub(crate) users: Vec<DocumentUser>,
    pub(crate) groups: Vec<DocumentGroup>,
    pub(crate) providers: Vec<DocumentProvider>,
    pub(crate) spaces: Vec<DocumentSpace>,
    pub(crate) temporary_tokens: Vec<DocumentTemporaryToken>,
}

/// One of `users`.
pub(crate) struct DocumentUser {
    pub(crate) place: Place,
    pub(crate) id: Option<Located<String>>,
    pub(crate) username: Option<Located<String>>,
    pub(crate) full_name: Option<String>,
    pub(crate) password: Option<Password>,
    pub(crate) basic_auth: bool,
    pub(crate) blocked: bool,
    pub(crate) privileges: Privileges,
}

/// What `password` or `passwordHash` says.
pub(crate) enum Password {
    Plain(Zeroizing<String>),
    Hashed(PasswordHash),
}

/// One of `groups`.
pub(crate) struct DocumentGroup {
    pub(crate) id: Located<String>,
    pub(crate) name: Option<String>,
    pub(crate) privileges: Privileges,
    pub(crate) users: Vec<Located<String>>,
    pub(crate) groups: Vec<Located<String>>,
}

/// One of `providers`.
pub(crate) struct DocumentProvider {
    pub(crate) id: Located<String>,
    pub(crate) name: Option<String>,
    pub(crate) users: Vec<(Located<String>, Privileges)>,
    pub(crate) groups: Vec<(Located<String>, Privileges)>,
}

/// One of `spaces`.
pub(crate) struct DocumentSpace {
    pub(crate) place: Place,
    pub(crate) id: Option<Located<String>>,
    pub(crate) name: Option<Located<String>>,
    pub(crate) users: Vec<Located<String>>,
    pub(crate) groups: Vec<Located<String>>,
    pub(crate) providers: Vec<Located<String>>,
}

/// One of `tokens`.
pub(crate) struct DocumentToken {
    pub(crate) place: Place,
    pub(crate) id: Option<Located<String>>,
    pub(crate) name: Located<String>,
    pub(crate) subject: Located<Subject>,
    pub(crate) token_type: TokenType,
    pub(crate) secret: Option<Secret>,
    pub(crate) caveats: Vec<String>,
    pub(crate) revoked: bool,
    pub(crate) version: u8,
}

/// One of `temporaryTokens`.
pub(crate) struct DocumentTemporaryToken {
    pub(crate) subject: Located<Subject>,
    pub(crate) secret: Secret,
    pub(crate) generation: i64,
}
