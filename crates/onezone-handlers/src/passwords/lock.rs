//! The soft lock: after some wrong passwords for a name from one network, further ones from there wait, one second at
//! first and twice as long each time, up to a limit. Nobody is locked out for good, and nobody from elsewhere at all.
//!
//! An attempt counts as wrong from its beginning until it is found right, so that many at once gain nothing. One that was
//! wrong a short while ago counts no second time: nobody learns from it, and the usual case is a program that has
//! not been told of a new password. Neither names nor passwords are kept, only keyed digests; whether a user
//! has the name is neither known here nor asked.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hashlink::LruCache;
use zeroize::Zeroizing;

use super::network::Network;
use crate::SoftLock;
use crate::digest::digest;

/// How many names and networks are kept, some 10 MiB; beyond, those whose last failure is the longest ago are forgotten.
/// One network cannot get there, since its failures are limited.
const MAX_ENTRIES: usize = 65_536;

/// The first wait.
const FIRST_DELAY: Duration = Duration::from_secs(1);

/// How many different wrong passwords are told from new ones.
const RECENT: usize = 8;

/// A name and a network.
pub(super) type Key = [u8; 16];

pub(super) struct SoftLocks {
    key: Zeroizing<[u8; 32]>,
    rules: SoftLock,
    entries: Mutex<LruCache<Key, Failures>>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Duration,
    /// Digests of the last wrong passwords, in a ring.
    recent: [u64; RECENT],
    next: usize,
}

/// An attempt that counts as wrong until it is found to be something else.
#[derive(Debug)]
pub(super) struct Charge {
    key: Key,
    /// What there was before it, unless nothing changed by it.
    before: Option<Failures>,
    at: Duration,
}

impl SoftLocks {
    pub(super) fn new(key: [u8; 32], rules: SoftLock) -> Self {
        Self { key: Zeroizing::new(key), rules, entries: Mutex::new(LruCache::new(MAX_ENTRIES)) }
    }

    pub(super) fn key(&self, username: &str, network: Network) -> Key {
        let digest = digest(&self.key, &[username.as_bytes(), &network.octets()]);
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        key
    }

    /// Counts an attempt as wrong, or says how long it has to wait. One that has to wait does not count. The digest
    /// stands for the name and password.
    pub(super) fn charge(&self, key: Key, digest: u64, now: Duration) -> Result<Charge, Duration> {
        let mut entries = self.entries();
        let before = entries.get(&key).copied().filter(|failures| !self.is_over(failures, now));
        let before = before.unwrap_or(Failures { count: 0, last: now, recent: [0; RECENT], next: 0 });
        let wait = before.last.saturating_add(self.delay(before.count)).saturating_sub(now);
        if !wait.is_zero() {
            return Err(wait);
        }
        if before.recent.contains(&digest) {
            return Ok(Charge { key, before: None, at: now });
        }
        let mut failures = before;
        (failures.count, failures.last) = (before.count.saturating_add(1), now);
        failures.recent[before.next] = digest;
        failures.next = (before.next + 1) % RECENT;
        entries.insert(key, failures);
        Ok(Charge { key, before: Some(before), at: now })
    }

    /// The attempt was right: whoever made it knows the password, and what was wrong before is forgotten.
    pub(super) fn forgive(&self, charge: &Charge) {
        self.entries().remove(&charge.key);
    }

    /// The attempt came to nothing, right or wrong.
    pub(super) fn refund(&self, charge: &Charge) {
        let mut entries = self.entries();
        let (Some(before), Some(failures)) = (charge.before, entries.peek_mut(&charge.key)) else { return };
        failures.count = failures.count.saturating_sub(1);
        // What it sent stands at the place that was the next.
        failures.recent[before.next] = before.recent[before.next];
        if failures.last == charge.at {
            failures.last = before.last;
        }
        if failures.count == 0 {
            entries.remove(&charge.key);
        }
    }

    /// How long to wait after so many failures.
    fn delay(&self, count: u32) -> Duration {
        match count.checked_sub(self.rules.free_failures.get()) {
            None => Duration::ZERO,
            Some(doublings) => {
                let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
                FIRST_DELAY.saturating_mul(factor).min(self.rules.longest)
            }
        }
    }

    /// A clock that was set back ends an entry, so that nobody waits for the time to come again.
    fn is_over(&self, failures: &Failures, now: Duration) -> bool {
        now.checked_sub(failures.last).is_none_or(|since| since >= self.rules.forgotten_after)
    }

    fn entries(&self) -> MutexGuard<'_, LruCache<Key, Failures>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;
    use std::sync::atomic::{AtomicU64, Ordering};

    use proptest::prelude::*;

    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn locks() -> SoftLocks {
        let free_failures = NonZero::new(3).unwrap();
        let rules = SoftLock { free_failures, longest: seconds(60), forgotten_after: seconds(600) };
        SoftLocks::new([7; 32], rules)
    }

    /// A charge for a password that was not tried before.
    fn charge(locks: &SoftLocks, key: Key, now: Duration) -> Result<Charge, Duration> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        locks.charge(key, NEXT.fetch_add(1, Ordering::Relaxed), now)
    }

    fn network(text: &str) -> Network {
        Network::of(text.parse().unwrap())
    }

    #[test]
    fn waits_double_up_to_a_minute_and_are_forgotten_ten_minutes_after_the_last_failure() {
        let locks = locks();
        let key = locks.key("alice", network("192.0.2.1"));
        let mut now = seconds(1000);
        for _ in 0..3 {
            charge(&locks, key, now).unwrap();
        }
        for wait in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            assert_eq!(charge(&locks, key, now).unwrap_err(), seconds(wait));
            now += Duration::from_millis(wait * 1000 - 1);
            assert_eq!(charge(&locks, key, now).unwrap_err(), Duration::from_millis(1));
            now += Duration::from_millis(1);
            charge(&locks, key, now).unwrap();
        }
        now += seconds(600);
        for _ in 0..3 {
            charge(&locks, key, now).unwrap();
        }
        assert_eq!(charge(&locks, key, now).unwrap_err(), seconds(1));
    }

    #[test]
    fn another_name_and_another_network_are_not_concerned() {
        let locks = locks();
        let try_it = |name, peer| charge(&locks, locks.key(name, network(peer)), seconds(5));
        while try_it("alice", "2001:db8::1").is_ok() {}
        assert!(try_it("alice", "2001:db8::2").is_err(), "the same /64");
        assert!(try_it("alice", "2001:db8:0:1::1").is_ok() && try_it("bob", "2001:db8::1").is_ok());
    }

    #[test]
    fn a_right_password_ends_the_wait_and_one_that_was_not_verified_leaves_it_as_it_was() {
        let locks = locks();
        let key = locks.key("alice", network("192.0.2.1"));
        for _ in 0..3 {
            charge(&locks, key, seconds(10)).unwrap();
        }
        let overloaded = charge(&locks, key, seconds(20)).unwrap();
        assert_eq!(charge(&locks, key, seconds(20)).unwrap_err(), seconds(2));
        locks.refund(&overloaded);
        let right = charge(&locks, key, seconds(20)).unwrap();
        locks.forgive(&right);
        locks.refund(&right);
        for _ in 0..3 {
            charge(&locks, key, seconds(20)).unwrap();
        }
        assert!(charge(&locks, key, seconds(20)).is_err());
    }

    #[test]
    fn the_same_wrong_password_counts_once_and_prolongs_nothing() {
        let locks = locks();
        let key = locks.key("alice", network("192.0.2.1"));
        for now in 0..100 {
            locks.charge(key, 7, seconds(now)).unwrap();
        }
        locks.charge(key, 8, seconds(100)).unwrap();
        let unverified = locks.charge(key, 9, seconds(100)).unwrap();
        assert_eq!(locks.charge(key, 7, seconds(100)).unwrap_err(), seconds(1), "nor is it an exception");
        locks.charge(key, 7, seconds(101)).unwrap();
        locks.refund(&unverified);
        locks.charge(key, 9, seconds(101)).unwrap();
        assert_eq!(locks.charge(key, 10, seconds(101)).unwrap_err(), seconds(1), "what was refunded is new");
        locks.charge(key, 7, seconds(102)).unwrap();
    }

    #[test]
    fn a_refunded_first_attempt_leaves_no_trace() {
        let locks = locks();
        let key = locks.key("alice", network("192.0.2.1"));
        let charge = charge(&locks, key, seconds(1)).unwrap();
        locks.refund(&charge);
        assert!(locks.entries().is_empty());
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody() {
        let locks = locks();
        let key = locks.key("alice", network("192.0.2.1"));
        while charge(&locks, key, seconds(1_000_000)).is_ok() {}
        assert!(charge(&locks, key, seconds(1000)).is_ok());
    }

    #[test]
    fn a_spray_of_names_takes_no_more_memory() {
        let locks = locks();
        let first = locks.key("0", network("192.0.2.1"));
        for name in 0..=MAX_ENTRIES {
            let key = locks.key(&name.to_string(), network("192.0.2.1"));
            charge(&locks, key, seconds(1)).unwrap();
        }
        assert_eq!(locks.entries().len(), MAX_ENTRIES);
        assert!(locks.entries().peek(&first).is_none(), "the oldest made room");
    }

    proptest! {
        /// Whatever is tried, in whatever time: of wrong passwords, no more get through than the free ones and one a wait.
        #[test]
        fn no_history_lets_more_through(pauses in prop::collection::vec(0..70_u64, 1..200)) {
            let locks = locks();
            let key = locks.key("alice", network("192.0.2.1"));
            let (mut now, mut wrong, mut last) = (seconds(1000), 0_u32, seconds(1000));
            for pause in pauses {
                now += seconds(pause);
                let wait = if wrong < 3 { 0 } else { (1_u64 << (wrong - 3).min(6)).min(60) };
                let may = wrong < 3 || now >= last + seconds(wait);
                prop_assert_eq!(charge(&locks, key, now).is_ok(), may);
                if may {
                    (wrong, last) = (wrong + 1, now);
                }
            }
        }
    }
}
