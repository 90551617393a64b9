//! Which credential of a request decides. Nothing here is verified.
//!
//! The order is `X-Auth-Token`, `Authorization: Bearer`, `Macaroon`, `Authorization: Basic`. The first that is present
//! decides, even when it is empty or bad. `Bearer ` and `Basic ` count in exactly this spelling, with one blank; any
//! other scheme counts as absent. The runtime has picked among the documented three already; `Macaroon`, which old
//! clients send, is not in the document.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use onezone_api::Credentials;
use onezone_tokens::AuthError;
use stubgen_runtime::BasicCredentials;
use zeroize::Zeroizing;

/// The identity token of the Oneprovider service that relays a request.
pub(crate) const SERVICE_TOKEN: HeaderName = HeaderName::from_static("x-onedata-service-token");

/// The identity token of whoever uses somebody else's token.
pub(crate) const CONSUMER_TOKEN: HeaderName = HeaderName::from_static("x-onedata-consumer-token");

const MACAROON: HeaderName = HeaderName::from_static("macaroon");

/// The credential that decides.
pub(crate) enum Credential {
    Token(Zeroizing<String>),
    Basic(BasicCredentials),
    Nothing,
}

impl Credential {
    /// Picks it. A header that may decide and is there twice is refused, since two readers could take different ones;
    /// the runtime has done so for the documented ones.
    pub(crate) fn choose(headers: &HeaderMap, found: Option<Credentials>) -> Result<Self, AuthError> {
        let macaroon = token_header(headers, &MACAROON)?;
        match found {
            Some(Credentials::XAuthToken(key)) => return Ok(Self::Token(text(key.expose()))),
            Some(Credentials::Bearer(token)) if has_scheme(headers, b"Bearer ") => {
                return Ok(Self::Token(text(token.expose())));
            }
            _ => {}
        }
        if let Some(token) = macaroon {
            return Ok(Self::Token(token));
        }
        Ok(match found {
            Some(Credentials::Basic(basic)) if has_scheme(headers, b"Basic ") => Self::Basic(basic),
            _ => Self::Nothing,
        })
    }
}

/// The token in a header of its own, which must not be there twice.
pub(crate) fn token_header(
    headers: &HeaderMap,
    name: &HeaderName,
) -> Result<Option<Zeroizing<String>>, AuthError> {
    let mut values = headers.get_all(name).iter();
    let token = values.next().map(|value| text(value.as_bytes()));
    if values.next().is_some() { Err(AuthError::BadToken) } else { Ok(token) }
}

fn has_scheme(headers: &HeaderMap, scheme: &[u8]) -> bool {
    headers.get(AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(scheme))
}

/// Bytes that are not UTF-8 become characters that no token has.
fn text(bytes: &[u8]) -> Zeroizing<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    };
    Zeroizing::new(text)
}
