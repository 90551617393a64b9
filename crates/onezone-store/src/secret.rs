//! Text and bytes that must not leak: redacted in `Debug`, wiped from memory when dropped, and never serialized
//! by accident (a field says so explicitly with `#[serde(with = ...)]`).

use std::fmt;

use zeroize::Zeroizing;

/// The secret a token is signed with. It is used as text, whatever it looks like.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

/// A stored password hash; its bytes mean something only to whoever made them.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself; named so that every use is easy to find.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PasswordHash {
    /// Takes the bytes over.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// The bytes themselves; named so that every use is easy to find.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash(..)")
    }
}

/// For fields of a zone document, which is the one place where secrets are written out.
pub(crate) mod exposed {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Secret;

    pub(crate) fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }

    /// The same for a field that may be absent.
    #[expect(clippy::ref_option, reason = "serde passes a reference")]
    pub(crate) mod optional {
        use serde::{Deserialize, Deserializer, Serializer};

        use super::super::Secret;

        pub(crate) fn serialize<S: Serializer>(
            secret: &Option<Secret>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match secret {
                Some(secret) => serializer.serialize_some(secret.expose()),
                None => serializer.serialize_none(),
            }
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Secret>, D::Error> {
            Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
        }
    }
}

/// Password hashes in a zone document: standard base64.
#[expect(clippy::ref_option, reason = "serde passes a reference")]
pub(crate) mod base64_optional {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};
    use zeroize::Zeroizing;

    use super::PasswordHash;

    pub(crate) fn serialize<S: Serializer>(
        hash: &Option<PasswordHash>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match hash {
            Some(hash) => serializer.serialize_some(Zeroizing::new(STANDARD.encode(hash.expose())).as_str()),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<PasswordHash>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)?.map(Zeroizing::new) else {
            return Ok(None);
        };
        // The decoder's own message quotes a byte of the input, hence this one.
        let bytes = STANDARD
            .decode(text.as_bytes())
            .map_err(|_| serde::de::Error::custom("a password hash is written in standard base64"))?;
        Ok(Some(PasswordHash::new(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?} {:?}", Secret::new("hunter2"), PasswordHash::new(*b"hunter2"));
        assert_eq!(shown, "Secret(..) PasswordHash(..)");
    }
}
