//! Who a request comes from, as far as it was proved.

use std::fmt;
use std::net::IpAddr;

use onezone_store::Subject;
use onezone_tokens::Caveat;

/// Who a request comes from. `Display` is for the access log: the subject. How it was proved, the log has in fields of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Nobody said who they are. No operation is for them, and it is the operation that says so.
    Anonymous,
    /// Somebody whose credentials were found valid.
    Authenticated(Caller),
}

/// Somebody whose credentials were found valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user or provider. Whoever uses somebody else's token acts as that token's subject.
    pub subject: Subject,
    /// What confines the token: those caveats that depend on the operation are still to be held against it.
    pub caveats: Vec<Caveat>,
    /// How the subject was proved.
    pub authentication: Authentication,
    /// The other end of the connection.
    pub peer: IpAddr,
}

/// How a subject was proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// By an access token.
    Token {
        /// The token's id; absent when it is none that could be written down.
        id: Option<String>,
    },
    /// By user name and password.
    Basic,
}

impl Authentication {
    /// The word for an access token.
    pub(crate) const TOKEN: &'static str = "token";
    /// The word for a user name and password.
    pub(crate) const BASIC: &'static str = "basic";

    /// The word for it in logs and audit entries.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Token { .. } => Self::TOKEN,
            Self::Basic => Self::BASIC,
        }
    }

    /// The id of the token that was used.
    pub fn token_id(&self) -> Option<&str> {
        match self {
            Self::Token { id } => id.as_deref(),
            Self::Basic => None,
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Authenticated(caller) = self else { return formatter.write_str("anonymous") };
        caller.subject.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn display_says_who_and_nothing_else() {
        let subject = Subject::User("u".to_owned());
        let authentication = Authentication::Token { id: Some("t".to_owned()) };
        let caller = Caller { subject, caveats: vec![], authentication, peer: Ipv4Addr::LOCALHOST.into() };
        assert_eq!(Principal::Authenticated(caller).to_string(), "usr-u");
        assert_eq!(Principal::Anonymous.to_string(), "anonymous");
    }
}
