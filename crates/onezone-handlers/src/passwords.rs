//! Authentication by user name and password. The order of outcomes is Onezone's: malformed, switched off, unknown,
//! blocked, disabled, wrong.

mod cache;
mod pool;

use std::time::Duration;

use onezone_store::{Store, Subject};
use onezone_tokens::AuthError;
use onezone_tokens::password::StoredPasswordHash;
use stubgen_runtime::{BasicCredentials, Malformed, UserPassword};
use zeroize::Zeroizing;

use crate::digest::digest;
use crate::errors::Error;
use cache::VerifiedPasswords;
use pool::Pool;

/// Longer names are nobody's.
const MAX_USERNAME_BYTES: usize = 255;

/// How long a password waits to be verified.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// Verifies passwords.
pub(crate) struct Passwords {
    enabled: bool,
    pool: Pool,
    cache: VerifiedPasswords,
}

impl Passwords {
    pub(crate) fn new(enabled: bool, concurrency: usize, seed: &[u8; 32]) -> Self {
        let cache = VerifiedPasswords::new(digest(seed, &[b"verified passwords"]));
        Self { enabled, pool: Pool::new(concurrency, MAX_WAIT), cache }
    }

    /// The user whose name and password these are.
    pub(crate) async fn authenticate(
        &self,
        store: &dyn Store,
        now: i64,
        credentials: &BasicCredentials,
    ) -> Result<Subject, Error> {
        let decoded = decode(credentials).map_err(|Malformed| AuthError::BadBasicCredentials)?;
        if !self.enabled {
            return Err(AuthError::BasicAuthNotSupported.into());
        }
        let (Ok(username), Ok(password)) = (decoded.username_str(), decoded.expose_password_str()) else {
            return Err(AuthError::BadBasicCredentials.into());
        };
        let user = if can_be_username(username) { store.user_by_username(username).await? } else { None };
        let Some(user) = user else {
            // As slow as a wrong password, so that the time does not tell which names exist.
            self.is_right(StoredPasswordHash::of_nobody(), password).await?;
            return Err(AuthError::BadBasicCredentials.into());
        };
        if user.blocked {
            return Err(AuthError::UserBlocked.into());
        }
        let Some(hash) = user.password_hash.filter(|_| user.basic_auth) else {
            return Err(AuthError::BasicAuthDisabled.into());
        };
        let tag = self.cache.tag(&user.id, hash.expose(), password);
        if !self.cache.contains(&tag, now) {
            let stored = StoredPasswordHash::from_bytes(hash.expose())
                .map_err(|source| Error::PasswordHash { user: user.id.clone(), source })?;
            if !self.is_right(stored, password).await? {
                return Err(AuthError::BadBasicCredentials.into());
            }
            self.cache.insert(tag, now);
        }
        Ok(Subject::User(user.id))
    }

    /// Whether the password is that of the hash. One way for all, down to the machine code: the compiler makes another
    /// of every further one, and they differ by some per cent in the time they take.
    async fn is_right(&self, stored: StoredPasswordHash, password: &str) -> Result<bool, Error> {
        let password = Zeroizing::new(password.to_owned());
        self.pool.run(move || stored.verify(&password)).await
    }
}

/// Splits credentials at their first colon. Blanks anywhere in the base64 count for nothing, as in Onezone.
pub(crate) fn decode(credentials: &BasicCredentials) -> Result<UserPassword, Malformed> {
    let encoded = credentials.expose_encoded();
    if encoded.iter().any(u8::is_ascii_whitespace) {
        let dense = encoded.iter().filter(|byte| !byte.is_ascii_whitespace());
        let dense: Zeroizing<String> = Zeroizing::new(dense.copied().map(char::from).collect());
        return BasicCredentials::new(&dense).decode();
    }
    credentials.decode()
}

/// Whether a store has to be asked for the name; some engines refuse the characters that no name has.
fn can_be_username(name: &str) -> bool {
    name.len() <= MAX_USERNAME_BYTES && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(encoded: &str) -> Option<(String, Vec<u8>)> {
        let decoded = decode(&BasicCredentials::new(encoded)).ok()?;
        Some((decoded.username_str().unwrap().to_owned(), decoded.expose_password().to_vec()))
    }

    #[test]
    fn blanks_inside_the_base64_count_for_nothing() {
        let expected = Some(("alice".to_owned(), b"pa:ss".to_vec()));
        for encoded in ["YWxpY2U6cGE6c3M=", " YWxpY2U6 cGE6\tc3M= ", "  YWxpY2U6cGE6c3M="] {
            assert_eq!(decoded(encoded), expected, "{encoded:?}");
        }
    }
}
