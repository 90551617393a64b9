//! Passwords as Onezone stores them: a salt of 32 bytes, a dot, and 32 bytes of PBKDF2-HMAC-SHA512 with 2048
//! rounds.
//!
//! The rounds are those of the stored hashes, which have to stay readable by Onezone; they are few by today's
//! measure.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pbkdf2::pbkdf2_hmac;
use sha2::Sha512;
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::InputError;

const ROUNDS: u32 = 2048;
const SALT: usize = 32;
const DIGEST: usize = 32;
const LENGTH: usize = SALT + 1 + DIGEST;
const MIN_CHARACTERS: usize = 8;

/// A stored password. Its text form is the base64 of its 65 bytes; `Debug` shows nothing of it, and it is wiped when
/// dropped.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct StoredPasswordHash([u8; LENGTH]);

impl StoredPasswordHash {
    /// Hashes a password with a fresh random salt.
    pub fn create(password: &str, salt: [u8; SALT]) -> Self {
        let mut bytes = [b'.'; LENGTH];
        bytes[..SALT].copy_from_slice(&salt);
        bytes[SALT + 1..].copy_from_slice(derive(password, &salt).as_slice());
        Self(bytes)
    }

    /// A hash that no password has, to verify against for users that do not exist or have no password: it takes as
    /// long as any other.
    pub fn of_nobody() -> Self {
        let mut bytes = [0; LENGTH];
        bytes[SALT] = b'.';
        Self(bytes)
    }

    /// Takes over the bytes of a stored hash.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InputError> {
        match <[u8; LENGTH]>::try_from(bytes) {
            Ok(bytes) if bytes[SALT] == b'.' => Ok(Self(bytes)),
            _ => Err(InputError::PasswordHash),
        }
    }

    /// Reads the text form.
    pub fn from_base64(text: &str) -> Result<Self, InputError> {
        let bytes = STANDARD.decode(text).map(Zeroizing::new).map_err(|_| InputError::PasswordHash)?;
        Self::from_bytes(&bytes)
    }

    /// The bytes, for storage and for cache keys.
    pub fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// The text form, for an export that the operator asked for.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Whether this is the hash of the password. The salt is found by position, since it may contain dots.
    pub fn verify(&self, password: &str) -> bool {
        derive(password, &self.0[..SALT]).as_slice().ct_eq(&self.0[SALT + 1..]).into()
    }
}

impl fmt::Debug for StoredPasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StoredPasswordHash(redacted)")
    }
}

/// Whether a password may be set.
pub fn check_new_password(password: &str) -> Result<(), InputError> {
    let length = password.chars().count();
    if length < MIN_CHARACTERS { Err(InputError::PasswordTooShort { length }) } else { Ok(()) }
}

fn derive(password: &str, salt: &[u8]) -> Zeroizing<[u8; DIGEST]> {
    let mut digest = Zeroizing::new([0; DIGEST]);
    pbkdf2_hmac::<Sha512>(password.as_bytes(), salt, ROUNDS, digest.as_mut());
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_verifies_its_own_password_only() {
        let hash = StoredPasswordHash::create("correct horse", [b'.'; 32]);
        assert!(hash.verify("correct horse"));
        for password in ["", "correct horse ", "Correct horse", "correct\0horse"] {
            assert!(!hash.verify(password), "{password:?}");
        }
    }

    #[test]
    fn a_hash_is_read_back_from_its_text() {
        let hash = StoredPasswordHash::create("p", [7; 32]);
        let text = hash.to_base64();
        assert_eq!(StoredPasswordHash::from_base64(&text), Ok(hash));
        assert_eq!(text.len(), 88);
    }

    #[test]
    fn what_is_not_a_hash_is_refused() {
        let mut bytes = *StoredPasswordHash::create("p", [7; 32]).as_bytes();
        assert_eq!(StoredPasswordHash::from_bytes(&bytes[..64]), Err(InputError::PasswordHash));
        bytes[32] = b',';
        assert_eq!(StoredPasswordHash::from_bytes(&bytes), Err(InputError::PasswordHash));
        assert_eq!(StoredPasswordHash::from_base64("not base64"), Err(InputError::PasswordHash));
    }

    #[test]
    fn debug_shows_nothing_of_a_hash() {
        assert_eq!(format!("{:?}", StoredPasswordHash::create("p", [7; 32])), "StoredPasswordHash(redacted)");
    }

    #[test]
    fn the_dummy_is_never_right() {
        assert!(!StoredPasswordHash::of_nobody().verify("password"));
    }

    #[test]
    fn new_passwords_have_eight_characters_at_least() {
        assert_eq!(check_new_password("1234567"), Err(InputError::PasswordTooShort { length: 7 }));
        assert_eq!(check_new_password("ąąąąąąą"), Err(InputError::PasswordTooShort { length: 7 }));
        assert_eq!(check_new_password("12345678"), Ok(()));
    }
}
