//! Credentials as they were sent: kept secret, wiped after use, never judged.
//! What they are worth is the API's to say, in [`Api::authenticate`](crate::Api::authenticate).

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Padding is required; bits that no byte needs may have any value (RFC 4648, 3.5, leaves it to the reader).
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// The credentials of the first alternative of an operation whose schemes are all present.
#[derive(Clone, Debug)]
pub struct Presented {
    alternative: usize,
    credentials: Vec<Credential>,
}

/// The value of an API key.
#[derive(Clone)]
pub struct ApiKey(Secret);

/// What stood in `Authorization: Bearer`.
#[derive(Clone)]
pub struct BearerToken(Authorization);

/// What stood in `Authorization: Basic`, not decoded yet.
#[derive(Clone)]
pub struct BasicCredentials(Authorization);

/// The certificate that the other end of a TLS connection proved to have, DER as X.509 has it. The runtime cannot know it by itself: whoever
/// ends TLS puts it into the extensions of the [`http::Request`] that [`Service::handle`](crate::Service::handle) gets, checked against
/// whatever authorities the service trusts.
#[derive(Clone)]
pub struct PeerCertificate(Arc<[u8]>);

/// A user name and a password.
pub struct UserPassword {
    decoded: Zeroizing<Vec<u8>>,
    colon: usize,
}

/// A credential is not what its scheme prescribes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the credential is malformed")]
pub struct Malformed;

#[derive(Clone)]
pub(crate) enum Credential {
    ApiKey(ApiKey),
    Bearer(BearerToken),
    Basic(BasicCredentials),
    Certificate(PeerCertificate),
}

/// Bytes that are wiped when the last copy goes; cloning shares them.
#[derive(Clone)]
struct Secret(Arc<Zeroizing<Vec<u8>>>);

/// An `Authorization` header, split at its first blank.
#[derive(Clone)]
pub(crate) struct Authorization {
    value: Secret,
    blank: usize,
}

impl Presented {
    pub(crate) const fn new(alternative: usize, credentials: Vec<Credential>) -> Self {
        Self { alternative, credentials }
    }

    /// Which alternative it is, as an index into [`Definition::alternatives`](crate::Definition::alternatives).
    pub const fn alternative(&self) -> usize {
        self.alternative
    }

    /// The credential of the scheme at `index` of the alternative, which must be an API key.
    pub fn api_key(&self, index: usize) -> ApiKey {
        match self.credentials.get(index) {
            Some(Credential::ApiKey(key)) => key.clone(),
            _ => panic!("scheme {index} of alternative {} is not an API key", self.alternative),
        }
    }

    /// The credential of the scheme at `index` of the alternative, which must be a bearer token.
    pub fn bearer(&self, index: usize) -> BearerToken {
        match self.credentials.get(index) {
            Some(Credential::Bearer(token)) => token.clone(),
            _ => panic!("scheme {index} of alternative {} is not a bearer token", self.alternative),
        }
    }

    /// The credential of the scheme at `index` of the alternative, which must be the certificate of the connection.
    pub fn peer_certificate(&self, index: usize) -> PeerCertificate {
        match self.credentials.get(index) {
            Some(Credential::Certificate(certificate)) => certificate.clone(),
            _ => panic!("scheme {index} of alternative {} is not a certificate", self.alternative),
        }
    }

    /// The credential of the scheme at `index` of the alternative, which must be Basic.
    pub fn basic(&self, index: usize) -> BasicCredentials {
        match self.credentials.get(index) {
            Some(Credential::Basic(basic)) => basic.clone(),
            _ => panic!("scheme {index} of alternative {} is not Basic", self.alternative),
        }
    }
}

impl ApiKey {
    /// A key from its bytes.
    pub fn new(key: impl Into<Vec<u8>>) -> Self {
        Self(Secret::new(key.into()))
    }

    /// The key. It may be empty.
    pub fn expose(&self) -> &[u8] {
        self.0.bytes()
    }

    /// The key as text.
    pub fn expose_str(&self) -> Result<&str, Malformed> {
        std::str::from_utf8(self.expose()).map_err(|_| Malformed)
    }
}

impl BearerToken {
    /// A token as the header `Bearer <token>` carries it.
    pub fn new(token: &str) -> Self {
        Self(Authorization::new(format!("Bearer {token}").into_bytes()))
    }

    /// The word before the first blank, in the spelling of the request.
    pub fn scheme_as_sent(&self) -> &str {
        self.0.scheme()
    }

    /// Everything after the first blank, untrimmed. It may be empty.
    pub fn expose(&self) -> &[u8] {
        self.0.rest()
    }

    /// The token as text.
    pub fn expose_str(&self) -> Result<&str, Malformed> {
        std::str::from_utf8(self.expose()).map_err(|_| Malformed)
    }
}

impl BasicCredentials {
    /// Credentials as the header `Basic <encoded>` carries them.
    pub fn new(encoded: &str) -> Self {
        Self(Authorization::new(format!("Basic {encoded}").into_bytes()))
    }

    /// The word before the first blank, in the spelling of the request.
    pub fn scheme_as_sent(&self) -> &str {
        self.0.scheme()
    }

    /// Everything after the first blank, as sent.
    pub fn expose_encoded(&self) -> &[u8] {
        self.0.rest()
    }

    /// Decodes them (RFC 7617): padded base64 of a name without a colon, a colon, and a password.
    pub fn decode(&self) -> Result<UserPassword, Malformed> {
        let encoded = self.expose_encoded().trim_ascii();
        // Room for everything, so that no partial copy of the password is left behind by growing.
        let mut decoded = Zeroizing::new(Vec::with_capacity(encoded.len()));
        BASE64.decode_vec(encoded, &mut decoded).map_err(|_| Malformed)?;
        let colon = decoded.iter().position(|byte| *byte == b':').ok_or(Malformed)?;
        Ok(UserPassword { decoded, colon })
    }
}

impl PeerCertificate {
    /// A certificate from its DER bytes.
    pub fn new(der: impl Into<Arc<[u8]>>) -> Self {
        Self(der.into())
    }

    /// The DER bytes.
    pub fn der(&self) -> &[u8] {
        &self.0
    }
}

impl UserPassword {
    /// The bytes of the user name.
    pub fn username(&self) -> &[u8] {
        &self.decoded[..self.colon]
    }

    /// The user name as text.
    pub fn username_str(&self) -> Result<&str, Malformed> {
        std::str::from_utf8(self.username()).map_err(|_| Malformed)
    }

    /// The bytes of the password.
    pub fn expose_password(&self) -> &[u8] {
        &self.decoded[self.colon + 1..]
    }

    /// The password as text.
    pub fn expose_password_str(&self) -> Result<&str, Malformed> {
        std::str::from_utf8(self.expose_password()).map_err(|_| Malformed)
    }
}

impl Secret {
    fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Zeroizing::new(bytes)))
    }

    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Authorization> for BearerToken {
    fn from(sent: Authorization) -> Self {
        Self(sent)
    }
}

impl From<Authorization> for BasicCredentials {
    fn from(sent: Authorization) -> Self {
        Self(sent)
    }
}

impl Authorization {
    pub(crate) fn new(value: Vec<u8>) -> Self {
        let blank = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
        Self { value: Secret::new(value), blank }
    }

    fn scheme(&self) -> &str {
        std::str::from_utf8(&self.value.bytes()[..self.blank]).unwrap_or_default()
    }

    fn rest(&self) -> &[u8] {
        self.value.bytes().get(self.blank + 1..).unwrap_or_default()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiKey(key) => key.fmt(formatter),
            Self::Bearer(token) => token.fmt(formatter),
            Self::Basic(basic) => basic.fmt(formatter),
            Self::Certificate(certificate) => certificate.fmt(formatter),
        }
    }
}

impl fmt::Debug for PeerCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PeerCertificate({} bytes)", self.0.len())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(redacted)")
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BearerToken(redacted)")
    }
}

impl fmt::Debug for BasicCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BasicCredentials(redacted)")
    }
}

impl fmt::Debug for UserPassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("UserPassword(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_decode_at_the_first_colon() {
        let decoded = BasicCredentials::new("YWxpY2U6cGE6c3M=").decode().unwrap();
        assert_eq!((decoded.username_str(), decoded.expose_password()), (Ok("alice"), &b"pa:ss"[..]));
    }

    #[test]
    fn bits_that_no_byte_needs_may_have_any_value() {
        for encoded in ["YTo=", "YTp=", "YTr="] {
            let decoded = BasicCredentials::new(encoded).decode().unwrap();
            assert_eq!((decoded.username_str(), decoded.expose_password()), (Ok("a"), &b""[..]), "{encoded}");
        }
    }

    #[test]
    fn basic_credentials_without_colon_padding_or_alphabet_are_malformed() {
        for encoded in ["YWxpY2U=", "YWxpY2U6cGE6c3M", "!!!", ""] {
            assert_eq!(BasicCredentials::new(encoded).decode().err(), Some(Malformed), "{encoded}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!(
            "{:?} {:?} {:?} {:?}",
            ApiKey::new("s3cret"),
            BearerToken::new("s3cret"),
            BasicCredentials::new("czNjcmV0OnMzY3JldA=="),
            BasicCredentials::new("czNjcmV0OnMzY3JldA==").decode().unwrap(),
        );
        assert!(!shown.contains("s3cret") && !shown.contains("czNj"), "{shown}");
    }
}
