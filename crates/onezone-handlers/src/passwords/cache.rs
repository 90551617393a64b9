//! Passwords that were found right a short while ago, so that a client with a password does not cost a hash each time.
//!
//! The user is read from the store for every request all the same. What is remembered is a keyed digest of the user's id,
//! the *stored hash* and the password: once the stored hash changes, nothing that was remembered fits any more. Neither
//! passwords nor failures are kept.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::digest::digest;

const LIFETIME_SECONDS: i64 = 600;
const MAX_ENTRIES: usize = 10_000;

/// What stands for a user with a password.
pub(super) type Tag = [u8; 32];

pub(super) struct VerifiedPasswords {
    key: Zeroizing<[u8; 32]>,
    entries: Mutex<Entries>,
}

/// When each tag was found right, and the tags in the order in which they were.
#[derive(Default)]
struct Entries {
    verified_at: HashMap<Tag, i64>,
    order: VecDeque<(Tag, i64)>,
}

impl VerifiedPasswords {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self { key: Zeroizing::new(key), entries: Mutex::default() }
    }

    pub(super) fn tag(&self, user: &str, stored_hash: &[u8], password: &str) -> Tag {
        digest(&self.key, &[user.as_bytes(), stored_hash, password.as_bytes()])
    }

    /// Whether the password was found right within the last ten minutes. A clock that was set back ends an entry.
    pub(super) fn contains(&self, tag: &Tag, now: i64) -> bool {
        let entries = self.entries();
        entries.verified_at.get(tag).is_some_and(|then| is_fresh(*then, now))
    }

    pub(super) fn insert(&self, tag: Tag, now: i64) {
        let mut entries = self.entries();
        entries.verified_at.insert(tag, now);
        entries.order.push_back((tag, now));
        entries.forget(now);
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    /// Drops what is over age, and then the oldest until the bound is kept.
    fn forget(&mut self, now: i64) {
        while let Some((tag, then)) = self.order.front().copied() {
            if is_fresh(then, now) && self.order.len() <= MAX_ENTRIES {
                break;
            }
            self.order.pop_front();
            // A tag that was found right again since has a later place.
            if self.verified_at.get(&tag) == Some(&then) {
                self.verified_at.remove(&tag);
            }
        }
    }
}

fn is_fresh(then: i64, now: i64) -> bool {
    (then..then.saturating_add(LIFETIME_SECONDS)).contains(&now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(number: usize) -> Tag {
        digest(&[0; 32], &[&number.to_le_bytes()])
    }

    #[test]
    fn a_tag_changes_with_user_stored_hash_and_password() {
        let cache = VerifiedPasswords::new([7; 32]);
        let tag = cache.tag("u", b"hash", "password");
        assert_eq!(tag, cache.tag("u", b"hash", "password"));
        for other in [
            cache.tag("v", b"hash", "password"),
            cache.tag("u", b"hush", "password"),
            cache.tag("u", b"hash", "Password"),
            VerifiedPasswords::new([8; 32]).tag("u", b"hash", "password"),
        ] {
            assert_ne!(tag, other);
        }
    }

    #[test]
    fn an_entry_ends_after_ten_minutes_and_when_the_clock_is_set_back() {
        let cache = VerifiedPasswords::new([7; 32]);
        cache.insert(tag(1), 1000);
        for (now, remembered) in [(999, false), (1000, true), (1599, true), (1600, false)] {
            assert_eq!(cache.contains(&tag(1), now), remembered, "{now}");
        }
        assert!(!cache.contains(&tag(2), 1000));
    }

    #[test]
    fn the_oldest_entries_make_room() {
        let cache = VerifiedPasswords::new([7; 32]);
        for number in 0..=MAX_ENTRIES {
            cache.insert(tag(number), 1000);
        }
        assert!(!cache.contains(&tag(0), 1000));
        assert!(cache.contains(&tag(1), 1000) && cache.contains(&tag(MAX_ENTRIES), 1000));
        assert_eq!(cache.entries().verified_at.len(), MAX_ENTRIES);
    }

    #[test]
    fn what_is_over_age_is_dropped_and_what_was_renewed_is_not() {
        let cache = VerifiedPasswords::new([7; 32]);
        cache.insert(tag(1), 1000);
        cache.insert(tag(2), 1001);
        cache.insert(tag(1), 1650);
        assert!(cache.contains(&tag(1), 1650));
        assert_eq!(cache.entries().verified_at.len(), 1);
        assert_eq!(cache.entries().order.len(), 1);
    }
}
