//! What a request authenticates with. Secrets are wiped when dropped, and never shown.

use std::fmt;

use base64::Engine as _;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use zeroize::ZeroizeOnDrop;

use crate::Error;

/// The header for access tokens; it has precedence over `Authorization` in a Onezone.
pub(crate) const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// A password or token. `Debug` shows none of it, and the memory is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct Secret(String);

impl Secret {
    /// Takes over a text as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for whoever has to send it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<redacted>")
    }
}

/// Credentials of a request: exactly one of the schemes of the API is sent, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// Nothing is sent; every operation of this API answers 401.
    #[default]
    None,
    /// User name and password, by HTTP Basic.
    Basic {
        /// Name of the user; it cannot contain a colon.
        username: String,
        /// The user's password.
        password: Secret,
    },
    /// An access token, in the header `X-Auth-Token`.
    XAuthToken(Secret),
    /// An access token, as `Authorization: Bearer`.
    Bearer(Secret),
}

impl Credentials {
    /// User name and password, by HTTP Basic.
    pub fn basic(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::Basic { username: username.into(), password: password.into() }
    }

    /// An access token, in the header `X-Auth-Token`.
    pub fn x_auth_token(token: impl Into<Secret>) -> Self {
        Self::XAuthToken(token.into())
    }

    /// An access token, as `Authorization: Bearer`.
    pub fn bearer(token: impl Into<Secret>) -> Self {
        Self::Bearer(token.into())
    }

    /// Puts these credentials into the headers, unless the caller has put some there already.
    pub(crate) fn apply(&self, headers: &mut HeaderMap) -> Result<(), Error> {
        if headers.contains_key(AUTHORIZATION) || headers.contains_key(X_AUTH_TOKEN) {
            return Ok(());
        }
        let (name, text) = match self {
            Self::None => return Ok(()),
            Self::Basic { username, .. } if username.contains(':') => {
                return Err(Error::InvalidRequest {
                    reason: "the user name contains a colon, which HTTP Basic cannot carry".to_owned(),
                });
            }
            Self::Basic { username, password } => {
                let pair = Secret::from(format!("{username}:{}", password.expose()));
                let encoded = Secret::from(base64::engine::general_purpose::STANDARD.encode(pair.expose()));
                (AUTHORIZATION, Secret::from(format!("Basic {}", encoded.expose())))
            }
            Self::XAuthToken(token) => (X_AUTH_TOKEN, token.clone()),
            Self::Bearer(token) => (AUTHORIZATION, Secret::from(format!("Bearer {}", token.expose()))),
        };
        // The error of the conversion is not passed on: it must not get a chance to quote the value.
        let mut value = HeaderValue::from_str(text.expose()).map_err(|_| Error::InvalidRequest {
            reason: format!("the credentials contain a character that the header `{name}` cannot carry"),
        })?;
        value.set_sensitive(true);
        headers.insert(name, value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(credentials: &Credentials) -> HeaderMap {
        let mut headers = HeaderMap::new();
        credentials.apply(&mut headers).unwrap();
        headers
    }

    #[test]
    fn each_scheme_sends_only_its_own_header() {
        let basic = applied(&Credentials::basic("alice", "pa:ss"));
        assert_eq!(
            (basic.len(), &basic[AUTHORIZATION]),
            (1, &HeaderValue::from_static("Basic YWxpY2U6cGE6c3M="))
        );
        let token = applied(&Credentials::x_auth_token("T"));
        assert_eq!((token.len(), &token[X_AUTH_TOKEN]), (1, &HeaderValue::from_static("T")));
        let bearer = applied(&Credentials::bearer("T"));
        assert_eq!((bearer.len(), &bearer[AUTHORIZATION]), (1, &HeaderValue::from_static("Bearer T")));
        assert!(applied(&Credentials::None).is_empty());
    }

    #[test]
    fn header_values_are_sensitive() {
        for credentials in
            [Credentials::basic("a", "b"), Credentials::x_auth_token("T"), Credentials::bearer("T")]
        {
            assert!(applied(&credentials).values().all(HeaderValue::is_sensitive));
        }
    }

    #[test]
    fn headers_of_the_caller_win() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer own"));
        Credentials::x_auth_token("T").apply(&mut headers).unwrap();
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn unsendable_credentials_are_refused_without_being_quoted() {
        for credentials in [
            Credentials::basic("a:b", "canary"),
            Credentials::x_auth_token("canary\n"),
            Credentials::bearer("canary\u{0}"),
        ] {
            let error = credentials.apply(&mut HeaderMap::new()).unwrap_err();
            assert!(matches!(error, Error::InvalidRequest { .. }));
            assert!(!format!("{error:?} {error}").contains("canary"));
        }
    }

    #[test]
    fn debug_output_shows_no_secret() {
        for credentials in [
            Credentials::basic("alice", "canary"),
            Credentials::x_auth_token("canary"),
            Credentials::bearer("canary"),
        ] {
            let shown = format!("{credentials:?} {credentials:#?}");
            assert!(shown.contains("<redacted>") && !shown.contains("canary"), "{shown}");
        }
    }
}
