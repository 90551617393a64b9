//! Which credential of a request decides, and the session that its cookie names. Nothing here is verified.
//!
//! The order is `X-Auth-Token`, `Authorization: Bearer`, `Macaroon`, `Authorization: Basic`. The first that is present
//! decides, even when it is empty or bad. `Bearer ` and `Basic ` count in exactly this spelling, with one blank; any
//! other scheme counts as absent. The runtime has picked among the documented three already; `Macaroon`, which old
//! clients send, is not in the document.

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE};
use onezone_api::Credentials;
use onezone_tokens::AuthError;
use stubgen_runtime::BasicCredentials;
use zeroize::Zeroizing;

/// The identity token of the Oneprovider service that relays a request.
pub(crate) const SERVICE_TOKEN: &str = "x-onedata-service-token";

/// The identity token of whoever uses somebody else's token.
pub(crate) const CONSUMER_TOKEN: &str = "x-onedata-consumer-token";

const MACAROON: &str = "macaroon";

/// The credential that decides.
pub(crate) enum Credential {
    Token(Zeroizing<String>),
    Basic(BasicCredentials),
    Nothing,
}

impl Credential {
    /// Picks it. Headers of tokens that are there twice are refused, since two readers could take different ones.
    pub(crate) fn choose(headers: &HeaderMap, found: Option<Credentials>) -> Result<Self, AuthError> {
        refuse_duplicates(headers)?;
        match found {
            Some(Credentials::XAuthToken(key)) => return Ok(Self::Token(text(key.expose()))),
            Some(Credentials::Bearer(token)) if has_scheme(headers, b"Bearer ") => {
                return Ok(Self::Token(text(token.expose())));
            }
            _ => {}
        }
        if let Some(token) = token_header(headers, MACAROON) {
            return Ok(Self::Token(token));
        }
        Ok(match found {
            Some(Credentials::Basic(basic)) if has_scheme(headers, b"Basic ") => Self::Basic(basic),
            _ => Self::Nothing,
        })
    }
}

/// The token in a header of its own.
pub(crate) fn token_header(headers: &HeaderMap, name: &str) -> Option<Zeroizing<String>> {
    headers.get(name).map(|value| text(value.as_bytes()))
}

/// The session of the request: what follows the first `|` in the first cookie named `SID`. Pairs that are no cookies
/// are passed over.
pub(crate) fn session(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == "SID")?;
    value.trim().split_once('|').map(|(_, session)| session)
}

fn refuse_duplicates(headers: &HeaderMap) -> Result<(), AuthError> {
    let is_there_twice = |name: &str| headers.get_all(name).iter().nth(1).is_some();
    if is_there_twice(MACAROON) {
        return Err(AuthError::BadToken);
    }
    if is_there_twice(SERVICE_TOKEN) {
        return Err(AuthError::BadToken.in_service_token());
    }
    if is_there_twice(CONSUMER_TOKEN) {
        return Err(AuthError::BadToken.in_consumer_token());
    }
    Ok(())
}

fn has_scheme(headers: &HeaderMap, scheme: &[u8]) -> bool {
    headers.get(AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(scheme))
}

/// Bytes that are not UTF-8 become characters that no token has.
fn text(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_session_is_what_follows_the_first_bar_of_the_first_sid_cookie() {
        let rows: &[(&[&str], Option<&str>)] = &[
            (&[], None),
            (&["SID=nonce|s"], Some("s")),
            (&["SID=nonce|s|t"], Some("s|t")),
            (&["SID=|s"], Some("s")),
            (&["a=b; SID=n|s; SID=n|t"], Some("s")),
            (&["a=b", "SID=n|s"], Some("s")),
            (&["SID=n; SID=n|s"], None),
            (&["SID=undefined"], None),
            (&["SID=n|"], Some("")),
            (&["sid=n|s; XSID=n|s; SID"], None),
            (&["=x; ;; SID = n|s "], Some("s")),
        ];
        for (cookies, expected) in rows {
            let mut headers = HeaderMap::new();
            for cookie in *cookies {
                headers.append(COOKIE, HeaderValue::from_str(cookie).unwrap());
            }
            assert_eq!(session(&headers), *expected, "{cookies:?}");
        }
    }
}
