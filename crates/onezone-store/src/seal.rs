//! Sealing of what grants access before it is stored, so that a copy of the database alone is good for nothing.
//!
//! A secret is encrypted and authenticated with XChaCha20-Poly1305, together with the place it is stored at: moved to
//! another row or column it no longer opens. The sealed form is a byte for the format, the number of the key (four
//! bytes, big-endian), the nonce (24 bytes), and the ciphertext with its tag (16 bytes more than the secret has).

use std::collections::BTreeMap;
use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::error::BoxError;
use crate::{Result, StoreError};

const FORMAT: u8 = 1;
const NONCE: usize = 24;
const CHECKED: &[u8] = b"the keys of this zone";
const HEAD: usize = 1 + 4 + NONCE;

/// Where nonces come from. They are drawn at random: 24 bytes are enough never to meet the same twice.
pub type Nonces = Arc<dyn Fn() -> Result<[u8; NONCE], BoxError> + Send + Sync>;

/// The keys that seal and open secrets. One seals: in a new database that with the highest number, in another the one that
/// the database names, until a rotation. `Debug` shows the numbers only.
#[derive(Clone)]
pub struct Keyring {
    keys: BTreeMap<u32, Zeroizing<[u8; 32]>>,
    sealing: u32,
    nonces: Nonces,
}

/// The column and row that a sealed secret belongs to.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// The secret of a named token.
    TokenSecret { subject: &'a str, id: &'a str },
    /// The secret of a subject's temporary tokens.
    TemporarySecret { subject: &'a str },
    /// The hash of a user's password.
    PasswordHash { user: &'a str },
    /// What tells whether a keyring fits a database.
    Check,
}

impl Keyring {
    /// A keyring with one key, of number 1.
    pub fn new(key: [u8; 32], nonces: Nonces) -> Self {
        Self { keys: BTreeMap::from([(1, Zeroizing::new(key))]), sealing: 1, nonces }
    }

    /// Reads the text form: a line a key, with its number, a blank and its 32 bytes in base64. Empty lines and lines
    /// that start with `#` count for nothing. What is wrong is told without repeating any of the text.
    pub fn parse(text: &str, nonces: Nonces) -> Result<Self> {
        let mut keys = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (number, key) = parse_line(line).ok_or(StoreError::KeyLine { line: index + 1 })?;
            if keys.insert(number, key).is_some() {
                return Err(StoreError::KeyTwice { line: index + 1, number });
            }
        }
        let sealing = keys.last_key_value().map(|(number, _)| *number).ok_or(StoreError::NoKey)?;
        Ok(Self { keys, sealing, nonces })
    }

    /// The text form, for the key file and nothing else.
    pub fn expose(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(self.keys.len() * 64));
        for (number, key) in &self.keys {
            let encoded = Zeroizing::new(STANDARD.encode(key.as_slice()));
            for part in [number.to_string().as_str(), " ", encoded.as_str(), "\n"] {
                text.push_str(part);
            }
        }
        text
    }

    /// The same keys and a new one, which seals from now on.
    #[must_use]
    pub fn rotated(&self, key: [u8; 32]) -> Self {
        let mut rotated = self.clone();
        rotated.sealing = self.newest().saturating_add(1);
        rotated.keys.insert(rotated.sealing, Zeroizing::new(key));
        rotated
    }

    /// The key that seals, and of the others those that are to be kept.
    #[must_use]
    pub fn retaining(&self, keep: impl Fn(u32) -> bool) -> Self {
        let mut retained = self.clone();
        retained.keys.retain(|number, _| *number == self.sealing || keep(*number));
        retained
    }

    /// The number of the key that seals.
    pub fn current(&self) -> u32 {
        self.sealing
    }

    /// The highest number of a key.
    pub fn newest(&self) -> u32 {
        self.keys.last_key_value().map_or(0, |(number, _)| *number)
    }

    /// The numbers of all keys.
    pub fn numbers(&self) -> Vec<u32> {
        self.keys.keys().copied().collect()
    }

    /// The same keys, of which this one seals.
    pub(crate) fn sealing_with(&self, number: u32) -> Result<Self> {
        if !self.keys.contains_key(&number) {
            return Err(StoreError::KeyMissing { number });
        }
        Ok(Self { sealing: number, ..self.clone() })
    }

    pub(crate) fn seal(&self, place: Place<'_>, secret: &[u8]) -> Result<Vec<u8>> {
        let number = self.sealing;
        let key = self.keys.get(&number).ok_or(StoreError::KeyMissing { number })?;
        let nonce = (self.nonces)().map_err(StoreError::Randomness)?;
        let aad = place.aad();
        let payload = Payload { msg: secret, aad: &aad };
        let ciphertext = cipher(key).encrypt(&XNonce::from(nonce), payload);
        // Fails only for secrets of hundreds of gigabytes.
        let ciphertext = ciphertext.map_err(|_| StoreError::Sealing)?;
        let mut sealed = Vec::with_capacity(HEAD + ciphertext.len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(&number.to_be_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let unreadable = || StoreError::Unreadable { place: place.to_string() };
        let (head, ciphertext) = sealed.split_at_checked(HEAD).ok_or_else(unreadable)?;
        let number = key_number(sealed).ok_or_else(unreadable)?;
        let key = self.keys.get(&number).ok_or(StoreError::KeyMissing { number })?;
        let nonce = head[HEAD - NONCE..].try_into().map(|nonce: [u8; NONCE]| XNonce::from(nonce));
        let nonce = nonce.map_err(|_| unreadable())?;
        let aad = place.aad();
        let secret = cipher(key).decrypt(&nonce, Payload { msg: ciphertext, aad: &aad });
        secret.map(Zeroizing::new).map_err(|_| unreadable())
    }

    /// Takes as long as [`Self::open`] takes for a secret of this length, where there is none to be opened.
    pub(crate) fn pretend_to_open(&self, place: Place<'_>, length: usize) {
        let Some(key) = self.keys.get(&self.sealing) else { return };
        // The cipher does the same in both directions. What comes of it is sent nowhere, so that the nonce may be any.
        let aad = place.aad();
        let payload = Payload { msg: &vec![0; length], aad: &aad };
        let sealed = cipher(key).encrypt(&XNonce::from([0; NONCE]), payload);
        drop(black_box(sealed.map(Zeroizing::new)));
    }

    /// What a database keeps to tell by whether keys are its own.
    pub(crate) fn check_value(&self) -> Result<String> {
        Ok(STANDARD.encode(self.seal(Place::Check, CHECKED)?))
    }

    /// Whether a database that keeps this value was sealed with these keys.
    pub(crate) fn fits(&self, check_value: &str) -> Result<()> {
        let unreadable = || StoreError::Unreadable { place: Place::Check.to_string() };
        let sealed = STANDARD.decode(check_value).map_err(|_| unreadable())?;
        if self.open(Place::Check, &sealed)?.as_slice() == CHECKED { Ok(()) } else { Err(unreadable()) }
    }

    /// The number of the key that sealed this value, which is the one that seals in its database.
    pub(crate) fn sealing_number(check_value: &str) -> Result<u32> {
        let unreadable = || StoreError::Unreadable { place: Place::Check.to_string() };
        let sealed = STANDARD.decode(check_value).map_err(|_| unreadable())?;
        key_number(&sealed).ok_or_else(unreadable)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keyring").field("keys", &self.keys.keys()).finish_non_exhaustive()
    }
}

impl Place<'_> {
    /// Parts with their lengths, so that no two places read the same.
    fn aad(self) -> Vec<u8> {
        let parts = match self {
            Self::TokenSecret { subject, id } => ["named_tokens.secret", subject, id],
            Self::TemporarySecret { subject } => ["subjects.tmp_secret", subject, ""],
            Self::PasswordHash { user } => ["users.password_hash", user, ""],
            Self::Check => ["meta.key_check", "", ""],
        };
        let mut aad = vec![FORMAT];
        for part in parts {
            aad.extend_from_slice(&(part.len() as u64).to_be_bytes());
            aad.extend_from_slice(part.as_bytes());
        }
        aad
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TokenSecret { subject, id } => write!(formatter, "the secret of token {id:?} of {subject}"),
            Self::TemporarySecret { subject } => {
                write!(formatter, "the secret of temporary tokens of {subject}")
            }
            Self::PasswordHash { user } => write!(formatter, "the password hash of user {user:?}"),
            Self::Check => formatter.write_str("the check value of the keys"),
        }
    }
}

/// What it means that keys do not open a database's check value. That a key is missing is worth telling by its number.
pub(crate) fn wrong_keys(error: &StoreError, database: String) -> StoreError {
    match error {
        StoreError::KeyMissing { number } => StoreError::KeyMissing { number: *number },
        _ => StoreError::WrongKeys { database },
    }
}

fn parse_line(line: &str) -> Option<(u32, Zeroizing<[u8; 32]>)> {
    let (number, key) = line.split_once(char::is_whitespace)?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    let bytes = Zeroizing::new(STANDARD.decode(key.trim()).ok()?);
    Some((number, Zeroizing::new(bytes.as_slice().try_into().ok()?)))
}

/// The number of the key that something was sealed with.
pub(crate) fn key_number(sealed: &[u8]) -> Option<u32> {
    let (format, rest) = sealed.split_first()?;
    let number = rest.first_chunk::<4>()?;
    (*format == FORMAT).then(|| u32::from_be_bytes(*number))
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.into())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use proptest::prelude::*;

    use super::*;

    fn nonces() -> Nonces {
        let count = AtomicU64::new(0);
        Arc::new(move || {
            let mut nonce = [0; NONCE];
            nonce[..8].copy_from_slice(&count.fetch_add(1, Ordering::Relaxed).to_le_bytes());
            Ok(nonce)
        })
    }

    fn keyring() -> Keyring {
        Keyring::new([7; 32], nonces())
    }

    const TOKEN: Place<'_> = Place::TokenSecret { subject: "usr-a", id: "t" };

    #[test]
    fn what_is_sealed_opens_in_its_place_and_nowhere_else() {
        let keyring = keyring();
        let sealed = keyring.seal(TOKEN, b"hush").unwrap();
        assert_eq!(keyring.open(TOKEN, &sealed).unwrap().as_slice(), b"hush");
        for elsewhere in [
            Place::TokenSecret { subject: "usr-a", id: "u" },
            Place::TokenSecret { subject: "usr-b", id: "t" },
            Place::TokenSecret { subject: "usr-", id: "at" },
            Place::TemporarySecret { subject: "usr-a" },
            Place::PasswordHash { user: "usr-a" },
            Place::Check,
        ] {
            assert!(
                matches!(keyring.open(elsewhere, &sealed), Err(StoreError::Unreadable { .. })),
                "{elsewhere}"
            );
        }
    }

    #[test]
    fn neither_the_secret_nor_its_repetition_shows_in_what_is_sealed() {
        let keyring = keyring();
        let sealed = [keyring.seal(TOKEN, b"hush hush").unwrap(), keyring.seal(TOKEN, b"hush hush").unwrap()];
        assert_ne!(sealed[0], sealed[1]);
        assert!(!sealed[0].windows(4).any(|window| window == b"hush"));
        assert_eq!(sealed[0].len(), HEAD + 9 + 16);
    }

    #[test]
    fn a_changed_bit_anywhere_is_noticed() {
        let keyring = keyring();
        let sealed = keyring.seal(TOKEN, b"hush").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(keyring.open(TOKEN, &changed).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(keyring.open(TOKEN, &sealed[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_rotated_keyring_opens_what_was_sealed_before_and_seals_with_the_new_key() {
        let old = keyring();
        let before = old.seal(TOKEN, b"hush").unwrap();
        let rotated = old.rotated([8; 32]);
        assert_eq!(rotated.open(TOKEN, &before).unwrap().as_slice(), b"hush");
        let after = rotated.seal(TOKEN, b"hush").unwrap();
        assert!(matches!(old.open(TOKEN, &after), Err(StoreError::KeyMissing { number: 2 })));
        let retired = rotated.retaining(|_| false);
        assert_eq!(retired.open(TOKEN, &after).unwrap().as_slice(), b"hush");
        assert!(matches!(retired.open(TOKEN, &before), Err(StoreError::KeyMissing { number: 1 })));
    }

    #[test]
    fn the_key_that_a_database_names_seals_until_a_rotation() {
        let both = keyring().rotated([8; 32]);
        let first = both.sealing_with(1).unwrap();
        let sealed = first.seal(TOKEN, b"hush").unwrap();
        assert_eq!((key_number(&sealed), first.current(), first.newest()), (Some(1), 1, 2));
        assert_eq!(Keyring::sealing_number(&first.check_value().unwrap()).unwrap(), 1);
        assert!(matches!(both.sealing_with(3), Err(StoreError::KeyMissing { number: 3 })));
        assert_eq!(both.rotated([9; 32]).retaining(|number| number == 1).numbers(), [1, 3]);
        assert!(Keyring::sealing_number("rubbish").is_err());
    }

    #[test]
    fn the_text_form_is_read_back() {
        let keyring = keyring().rotated([9; 32]);
        let text = format!("# keys\n\n{}", &*keyring.expose());
        let read = Keyring::parse(&text, nonces()).unwrap();
        assert_eq!((read.keys == keyring.keys, read.current()), (true, 2));
    }

    #[test]
    fn a_mistake_in_the_text_form_is_told_by_its_line_and_without_the_text() {
        let key = STANDARD.encode([3; 32]);
        for (text, said) in [
            (String::new(), "no key"),
            ("# nothing\n".to_owned(), "no key"),
            (format!("1 {key}\nx {key}"), "line 2"),
            (format!("0 {key}"), "line 1"),
            (format!("1 {}", &key[4..]), "line 1"),
            (format!("1{key}"), "line 1"),
            (format!("1 {key}\n1 {key}"), "line 2"),
        ] {
            let error = Keyring::parse(&text, nonces()).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
            assert!(!error.contains(&key[4..20]), "{error}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", keyring()), "Keyring { keys: [1], .. }");
    }

    #[test]
    fn nothing_is_sealed_when_no_nonce_can_be_drawn() {
        let broken = Keyring::new([1; 32], Arc::new(|| Err("the source of randomness is gone".into())));
        assert!(matches!(broken.seal(TOKEN, b"hush"), Err(StoreError::Randomness(_))));
    }

    proptest! {
        #[test]
        fn anything_can_be_sealed_and_rubbish_never_opens(secret in any::<Vec<u8>>(), rubbish in any::<Vec<u8>>()) {
            let keyring = keyring();
            let sealed = keyring.seal(Place::Check, &secret).unwrap();
            let opened = keyring.open(Place::Check, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), secret.as_slice());
            prop_assert!(keyring.open(Place::Check, &rubbish).is_err());
        }
    }
}
