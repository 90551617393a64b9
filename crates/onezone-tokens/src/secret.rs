//! Texts that grant access. They are wiped from memory when dropped, and `Debug` never shows them.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// The secret that tokens are signed with, used as text (64 lower-case hex digits when generated; not
/// decoded).
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, for storage and for an export that the operator asked for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Compares in a time that does not depend on where two secrets of equal length differ.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(redacted)")
    }
}

/// A token as text, ready for an `X-Auth-Token` header.
#[derive(Clone)]
pub struct SerializedToken(Zeroizing<String>);

impl SerializedToken {
    pub(crate) fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The text, to hand it to the token's owner.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl ZeroizeOnDrop for Secret {}

impl ZeroizeOnDrop for SerializedToken {}

impl fmt::Debug for SerializedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SerializedToken(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_a_secret_nor_a_token() {
        assert_eq!(format!("{:?}", Secret::new("hush")), "Secret(redacted)");
        assert_eq!(
            format!("{:?}", SerializedToken::new(Zeroizing::new("hush".to_owned()))),
            "SerializedToken(redacted)"
        );
    }

    #[test]
    fn whatever_grants_access_is_wiped_when_dropped() {
        fn wiped<T: ZeroizeOnDrop>(_: &T) {}
        wiped(&Secret::new("s").0);
        wiped(&SerializedToken::new(Zeroizing::new(String::new())).0);
        wiped(&crate::base62::encode(b"t"));
        wiped(&crate::base62::decode("").unwrap());
        wiped(&crate::password::StoredPasswordHash::create("p", [0; 32]));
    }

    #[test]
    fn secrets_are_equal_when_their_texts_are() {
        assert_eq!(Secret::new("a"), Secret::new("a"));
        assert_ne!(Secret::new("a"), Secret::new("b"));
        assert_ne!(Secret::new("a"), Secret::new("aa"));
    }
}
