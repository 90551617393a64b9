//! Authentication by user name and password. The order of outcomes is Onezone's: malformed, switched off, unknown,
//! blocked, disabled, wrong.
//!
//! # What a password costs
//!
//! A hash takes a processor for a millisecond, and strangers may ask for as many as they like. So there is a bounded pool
//! for hashes, with a bounded queue; equal attempts share one; a password that was right is remembered for some minutes;
//! and wrong ones make the next wait, by name and network and by network alone. Whoever finds no room, or has to wait,
//! gets 503 with the time to wait.
//!
//! # No oracle
//!
//! A name that nobody has goes the same way as any other, through the same memory, queue, lock and hash, so that neither
//! the answer nor its time tells whether there is such a user. The lock is by what was sent, not by who was found.
//!
//! # No lock-out
//!
//! What others get wrong keeps nobody out from another network. From the same network (the same address of a translator)
//! a password that was right within the last day passes lock, budget and a full queue; any other waits a minute at most.

mod budget;
mod cache;
mod counts;
mod flight;
mod guard;
mod lock;
mod network;
mod pool;

use std::net::IpAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use onezone_store::{Lookup, Store, Subject, UserCredentials};
use onezone_tokens::AuthError;
use onezone_tokens::password::StoredPasswordHash;
use stubgen_runtime::{BasicCredentials, Malformed, UserPassword};
use zeroize::Zeroizing;

use crate::PasswordLimits;
use crate::digest::digest;
use crate::errors::{Error, Wait};
use cache::{Memory, Tag, VerifiedPasswords};
use counts::Counters;
use flight::{Flights, Landing, Verdict};
use guard::{Admission, Guard, Refused};
use pool::{Pool, Queue};

pub use counts::PasswordCounts;

/// Longer names are nobody's.
const MAX_USERNAME_BYTES: usize = 255;

/// How often the log says that passwords are refused unverified.
const NOTICE_SECONDS: u64 = 10;

/// Verifies passwords.
pub(crate) struct Passwords {
    enabled: bool,
    flights: Flights,
    shared: Arc<Shared>,
    next_notice: AtomicU64,
}

/// What a verification needs that goes on without its request.
struct Shared {
    pool: Pool,
    cache: VerifiedPasswords,
    guard: Guard,
    counters: Counters,
}

/// A password to be verified.
struct Attempt<'a> {
    tag: Tag,
    stored: StoredPasswordHash,
    username: &'a str,
    password: &'a str,
    peer: IpAddr,
    now: Duration,
}

impl Passwords {
    pub(crate) fn new(
        enabled: bool,
        concurrency: NonZero<usize>,
        limits: &PasswordLimits,
        seed: &Zeroizing<[u8; 32]>,
    ) -> Self {
        let key = digest(seed, &[b"verified passwords"]);
        let shared = Shared {
            pool: Pool::new(concurrency.get(), limits.max_waiting, limits.max_wait),
            cache: VerifiedPasswords::new(key, limits.remembered_for, limits.max_remembered),
            guard: Guard::new(seed, limits),
            counters: Counters::default(),
        };
        let flights = Flights::default();
        Self { enabled, flights, shared: Arc::new(shared), next_notice: AtomicU64::new(0) }
    }

    /// What became of the passwords so far.
    pub(crate) fn counts(&self) -> PasswordCounts {
        let pool = &self.shared.pool;
        self.shared.counters.snapshot(pool.in_progress(), pool.verifying())
    }

    /// The user whose name and password these are. `now` is the time of a clock that is not set.
    pub(crate) async fn authenticate(
        &self,
        store: &dyn Store,
        peer: IpAddr,
        now: Duration,
        credentials: &BasicCredentials,
    ) -> Result<Subject, Error> {
        let decoded = decode(credentials).map_err(|Malformed| AuthError::BadBasicCredentials)?;
        if !self.enabled {
            return Err(AuthError::BasicAuthNotSupported.into());
        }
        let (Ok(username), Ok(password)) = (decoded.username_str(), decoded.expose_password_str()) else {
            return Err(AuthError::BadBasicCredentials.into());
        };
        let is_asked = can_be_username(username);
        let user = if is_asked { store.user_by_username(username).await? } else { None };
        let (kind, owner, stored) = match &user {
            // As slow as a wrong password, so that the time does not tell which names exist.
            None => ("name", username, StoredPasswordHash::of_nobody()),
            Some(user) => ("user", user.id.as_str(), stored_hash(user)?),
        };
        let tag = self.shared.cache.tag(kind, owner, stored.as_bytes(), password);
        let verified = self.is_right(Attempt { tag, stored, username, password, peer, now }).await;
        let was_found = user.is_some();
        match user {
            Some(user) if matches!(verified, Ok(true)) => Ok(Subject::User(user.id)),
            _ => {
                if is_asked {
                    store.even_out(Lookup::User, was_found).await;
                }
                Err(verified.err().unwrap_or_else(|| AuthError::BadBasicCredentials.into()))
            }
        }
    }

    async fn is_right(&self, attempt: Attempt<'_>) -> Result<bool, Error> {
        let now = attempt.now;
        let verdict = self.verdict(attempt).await;
        if matches!(verdict, Err(_) | Ok(Verdict::Overloaded)) {
            self.notice(now);
        }
        match verdict {
            Ok(Verdict::Right) => Ok(true),
            Ok(Verdict::Wrong) => Ok(false),
            Ok(Verdict::Overloaded) => Err(Error::Overloaded),
            Ok(Verdict::Broken) => Err(Error::PasswordTask),
            Err(Refused::Locked(time)) => Err(Error::Wait(Wait::Username, time)),
            Err(Refused::Limited(time)) => Err(Error::Wait(Wait::Network, time)),
        }
    }

    async fn verdict(&self, attempt: Attempt<'_>) -> Result<Verdict, Refused> {
        let Shared { cache, guard, counters, .. } = &*self.shared;
        let Attempt { tag, stored, username, password, peer, now } = attempt;
        counters.presented.add();
        let memory = cache.recall(&tag, now);
        if memory == Memory::Fresh {
            counters.remembered.add();
            return Ok(Verdict::Right);
        }
        let is_known = memory == Memory::Known;
        let admit = || {
            if is_known { Ok(None) } else { guard.admit(username, cache::place(&tag), peer, now).map(Some) }
        };
        let (flight, began) = self.flights.join(tag, admit).inspect_err(|refused| {
            let counter = match refused {
                Refused::Locked(_) => &counters.locked,
                Refused::Limited(_) => &counters.limited,
            };
            counter.add();
        })?;
        match began {
            None => counters.joined.add(),
            Some((admission, landing)) => {
                let queue = if is_known { Queue::Known } else { Queue::Ordinary };
                let password = Zeroizing::new(password.to_owned());
                let work = move || verify(&stored, &password);
                let verification = Arc::clone(&self.shared).verify(queue, work, tag, now, admission, landing);
                tokio::spawn(verification);
            }
        }
        Ok(flight.verdict().await)
    }

    /// Says in the log that passwords are refused unverified, now and then: under a flood, a line for each would be
    /// a flood as well.
    fn notice(&self, now: Duration) {
        let (now, next) = (now.as_secs(), self.next_notice.load(Ordering::Relaxed));
        // A clock that was set back must not silence it.
        if now < next && next - now <= NOTICE_SECONDS {
            return;
        }
        let after = now.saturating_add(NOTICE_SECONDS);
        if self.next_notice.compare_exchange(next, after, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let PasswordCounts { overloaded, locked, limited, .. } = self.counts();
            let refused = self.shared.counters.refused();
            tracing::warn!(
                refused,
                overloaded,
                locked,
                limited,
                "passwords are refused unverified; counted since the start"
            );
        }
    }
}

impl Shared {
    /// A verification from its place in the queue to its outcome.
    async fn verify(
        self: Arc<Self>,
        queue: Queue,
        work: impl FnOnce() -> bool + Send + 'static,
        tag: Tag,
        now: Duration,
        admission: Option<Admission>,
        landing: Landing,
    ) {
        let verdict = self.pool.run(queue, work).await;
        let counter = match verdict {
            Verdict::Right => &self.counters.right,
            Verdict::Wrong => &self.counters.wrong,
            Verdict::Overloaded => &self.counters.overloaded,
            Verdict::Broken => &self.counters.broken,
        };
        counter.add();
        if verdict == Verdict::Right {
            self.cache.insert(tag, now);
        }
        if let Some(admission) = &admission {
            match verdict {
                Verdict::Right => self.guard.forgive(admission),
                Verdict::Wrong => {}
                Verdict::Overloaded | Verdict::Broken => self.guard.undo(admission),
            }
        }
        // Last: whoever comes after this finds it in the memory.
        landing.land(verdict);
    }
}

/// Whether the password is that of the hash. One way for all, down to the machine code: the compiler makes another
/// of every further one, and they differ by some per cent in the time they take.
fn verify(stored: &StoredPasswordHash, password: &str) -> bool {
    stored.verify(password)
}

/// The hash to verify the user's password against, if the user may use one.
fn stored_hash(user: &UserCredentials) -> Result<StoredPasswordHash, Error> {
    if user.blocked {
        return Err(AuthError::UserBlocked.into());
    }
    let Some(hash) = user.password_hash.as_ref().filter(|_| user.basic_auth) else {
        return Err(AuthError::BasicAuthDisabled.into());
    };
    StoredPasswordHash::from_bytes(hash.expose())
        .map_err(|source| Error::PasswordHash { user: user.id.clone(), source })
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
