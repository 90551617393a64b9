//! The clock and the source of randomness, in the one place that may reach for them.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use onezone_store::{AuditEntry, Keyring, Nonces, Secret};
use onezone_tokens::ids;
use zeroize::Zeroizing;

/// Letters and digits that are not mistaken for one another.
const PASSWORD_ALPHABET: &[u8; 56] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ2345678";
const PASSWORD_LENGTH: usize = 24;

/// What the program takes from the world around it.
#[derive(Clone)]
pub(crate) struct Environment {
    since_epoch: fn() -> Duration,
    fill_random: fn(&mut [u8]) -> anyhow::Result<()>,
}

impl Environment {
    /// The machine's clock and the operating system's random numbers.
    pub(crate) fn system() -> Self {
        Self { since_epoch: system_time, fill_random: system_random }
    }

    /// Seconds since the Unix epoch.
    pub(crate) fn now(&self) -> i64 {
        i64::try_from((self.since_epoch)().as_secs()).unwrap_or(i64::MAX)
    }

    /// The same in thousandths.
    pub(crate) fn now_milliseconds(&self) -> u64 {
        u64::try_from((self.since_epoch)().as_millis()).unwrap_or(u64::MAX)
    }

    /// The same as precisely as the machine has it.
    #[cfg(feature = "otlp")]
    pub(crate) fn since_epoch(&self) -> Duration {
        (self.since_epoch)()
    }

    /// A new id of a record.
    pub(crate) fn new_id(&self) -> anyhow::Result<String> {
        Ok(ids::generate_id(self.random()?))
    }

    /// A new secret of a token.
    pub(crate) fn new_secret(&self) -> anyhow::Result<Secret> {
        Ok(Secret::new(ids::generate_secret(self.random()?).expose()))
    }

    /// A new password that can be typed.
    pub(crate) fn new_password(&self) -> anyhow::Result<Zeroizing<String>> {
        let mut password = Zeroizing::new(String::with_capacity(PASSWORD_LENGTH));
        while password.len() < PASSWORD_LENGTH {
            let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(self.random()?);
            // Bytes beyond a multiple of the alphabet's length would favour its first letters.
            let fair = bytes
                .iter()
                .filter(|byte| **byte < 224)
                .map(|byte| PASSWORD_ALPHABET[usize::from(byte % 56)]);
            let missing = PASSWORD_LENGTH - password.len();
            password.extend(fair.take(missing).map(char::from));
        }
        Ok(password)
    }

    /// Random bytes.
    pub(crate) fn random<const N: usize>(&self) -> anyhow::Result<[u8; N]> {
        let mut bytes = [0; N];
        (self.fill_random)(&mut bytes)?;
        Ok(bytes)
    }

    /// Where the sealing of secrets takes its nonces from.
    pub(crate) fn nonces(&self) -> Nonces {
        let fill = self.fill_random;
        Arc::new(move || {
            let mut nonce = [0; 24];
            fill(&mut nonce)?;
            Ok(nonce)
        })
    }

    /// A keyring with a fresh key, for what does not outlive the process.
    pub(crate) fn new_keyring(&self) -> anyhow::Result<Keyring> {
        Ok(Keyring::new(self.random()?, self.nonces()))
    }

    /// The audit entry of a command that somebody runs on this machine.
    pub(crate) fn audit(&self, command: &str) -> anyhow::Result<AuditEntry> {
        let random: [u8; 10] = self.random()?;
        let id = uuid::Builder::from_unix_timestamp_millis(self.now_milliseconds(), &random).into_uuid();
        Ok(AuditEntry {
            id: id.to_string(),
            at: self.now(),
            actor: format!("onezone-server {command}"),
            authentication: "local".to_owned(),
            token_id: None,
            request_id: None,
            peer: None,
        })
    }
}

/// No id of an audit entry made in this second or later is smaller.
pub(crate) fn first_audit_id(seconds: i64) -> String {
    let Ok(seconds) = u64::try_from(seconds) else { return String::new() };
    uuid::Builder::from_unix_timestamp_millis(seconds.saturating_mul(1000), &[0; 10]).into_uuid().to_string()
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
fn system_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn system_random(bytes: &mut [u8]) -> anyhow::Result<()> {
    getrandom::fill(bytes).context("the operating system gives no random numbers")
}

#[cfg(test)]
impl Environment {
    /// A clock that stands still and bytes that count up from one call to the next.
    pub(crate) fn fixed() -> Self {
        use std::sync::atomic::{AtomicU8, Ordering};
        static NEXT: AtomicU8 = AtomicU8::new(0);
        Self {
            since_epoch: || Duration::from_secs(1_700_000_000),
            fill_random: |bytes| {
                bytes.fill_with(|| NEXT.fetch_add(1, Ordering::Relaxed));
                Ok(())
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_differ() {
        let environment = Environment::system();
        let (one, other) = (environment.new_password().unwrap(), environment.new_password().unwrap());
        assert_eq!(one.len(), PASSWORD_LENGTH);
        assert!(one.bytes().all(|byte| PASSWORD_ALPHABET.contains(&byte)));
        assert_ne!(one, other);
    }

    #[test]
    fn audit_entries_made_later_sort_later() {
        let mut environment = Environment::fixed();
        let first = environment.audit("test").unwrap();
        environment.since_epoch = || Duration::from_millis(1_700_000_000_001);
        assert!(first.id < environment.audit("test").unwrap().id);
        assert_eq!(first.at, 1_700_000_000);
        assert!(first_audit_id(first.at) <= first.id && first.id < first_audit_id(first.at + 1));
        assert_eq!(first_audit_id(i64::MIN), "");
    }
}
