//! Passwords that were found right a short while ago, so that a client with a password does not cost a hash each time.
//!
//! The user is read from the store for every request all the same. What is remembered is a keyed digest of the user's id,
//! the *stored hash* and the password: once the stored hash changes, nothing that was remembered fits any more. Neither
//! passwords nor failures are kept.
//!
//! An entry that is over age grants nothing, but is still known for a day: whoever presents it has had the right
//! password, so that it is verified anew without regard to what others got wrong from the same network.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hashlink::LruCache;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::digest::digest;

/// For how long it is known that a password was right once.
const KNOWN_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// What stands for a user with a password.
pub(super) type Tag = [u8; 32];

/// What is remembered of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Memory {
    /// It was found right so recently that this still counts.
    Fresh,
    /// It was found right within the last day.
    Known,
    /// Nothing.
    Nothing,
}

pub(super) struct VerifiedPasswords {
    key: Zeroizing<[u8; 32]>,
    lifetime: Duration,
    entries: Mutex<LruCache<u64, Entry>>,
}

struct Entry {
    tag: Tag,
    verified_at: Duration,
}

impl VerifiedPasswords {
    pub(super) fn new(key: [u8; 32], lifetime: Duration, max_entries: usize) -> Self {
        Self { key: Zeroizing::new(key), lifetime, entries: Mutex::new(LruCache::new(max_entries)) }
    }

    /// `kind` tells users from names that nobody has.
    pub(super) fn tag(&self, kind: &str, owner: &str, stored_hash: &[u8], password: &str) -> Tag {
        digest(&self.key, &[kind.as_bytes(), owner.as_bytes(), stored_hash, password.as_bytes()])
    }

    /// A clock that was set back ends an entry.
    pub(super) fn recall(&self, tag: &Tag, now: Duration) -> Memory {
        let mut entries = self.entries();
        let Some(entry) = entries.get(&place(tag)).filter(|entry| entry.tag.ct_eq(tag).into()) else {
            return Memory::Nothing;
        };
        match now.checked_sub(entry.verified_at) {
            Some(age) if age < self.lifetime => Memory::Fresh,
            Some(age) if age < KNOWN_FOR => Memory::Known,
            _ => Memory::Nothing,
        }
    }

    /// What was not asked about for the longest time makes room.
    pub(super) fn insert(&self, tag: Tag, now: Duration) {
        self.entries().insert(place(&tag), Entry { tag, verified_at: now });
    }

    fn entries(&self) -> MutexGuard<'_, LruCache<u64, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a tag is looked for. The whole is compared in a time that tells nothing about it.
pub(super) fn place(tag: &Tag) -> u64 {
    tag.first_chunk().map_or(0, |start| u64::from_le_bytes(*start))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 10;

    fn tag(number: usize) -> Tag {
        digest(&[0; 32], &[&number.to_le_bytes()])
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn cache() -> VerifiedPasswords {
        VerifiedPasswords::new([7; 32], seconds(600), MAX)
    }

    #[test]
    fn a_tag_changes_with_kind_user_stored_hash_and_password() {
        let cache = cache();
        let tag = cache.tag("user", "u", b"hash", "password");
        assert_eq!(tag, cache.tag("user", "u", b"hash", "password"));
        let other_key = VerifiedPasswords::new([8; 32], seconds(600), MAX);
        for other in [
            cache.tag("name", "u", b"hash", "password"),
            cache.tag("user", "v", b"hash", "password"),
            cache.tag("user", "u", b"hush", "password"),
            cache.tag("user", "u", b"hash", "Password"),
            other_key.tag("user", "u", b"hash", "password"),
        ] {
            assert_ne!(tag, other);
        }
    }

    #[test]
    fn an_entry_counts_for_ten_minutes_is_known_for_a_day_and_ends_when_the_clock_is_set_back() {
        let cache = cache();
        cache.insert(tag(1), seconds(1000));
        for (now, memory) in [
            (999, Memory::Nothing),
            (1000, Memory::Fresh),
            (1599, Memory::Fresh),
            (1600, Memory::Known),
            (87_399, Memory::Known),
            (87_400, Memory::Nothing),
        ] {
            assert_eq!(cache.recall(&tag(1), seconds(now)), memory, "{now}");
        }
        assert_eq!(cache.recall(&tag(2), seconds(1000)), Memory::Nothing);
        cache.insert(tag(1), seconds(1700));
        assert_eq!(cache.recall(&tag(1), seconds(1700)), Memory::Fresh, "it is renewed");
    }

    #[test]
    fn what_was_not_asked_about_for_the_longest_time_makes_room() {
        let cache = cache();
        for number in 0..MAX {
            cache.insert(tag(number), seconds(1000));
        }
        assert_eq!(cache.recall(&tag(0), seconds(1000)), Memory::Fresh);
        cache.insert(tag(MAX), seconds(1000));
        assert_eq!(cache.recall(&tag(1), seconds(1000)), Memory::Nothing);
        assert_eq!(cache.recall(&tag(0), seconds(1000)), Memory::Fresh);
        assert_eq!(cache.entries().len(), MAX);
    }

    #[test]
    fn a_tag_that_shares_the_place_of_another_is_another() {
        let cache = cache();
        let mut alike = tag(1);
        alike[31] ^= 1;
        cache.insert(tag(1), seconds(1000));
        assert_eq!(cache.recall(&alike, seconds(1000)), Memory::Nothing);
    }

    #[test]
    fn without_room_or_time_nothing_counts() {
        for (lifetime, room) in [(0, MAX), (600, 0)] {
            let cache = VerifiedPasswords::new([7; 32], seconds(lifetime), room);
            cache.insert(tag(1), seconds(1000));
            assert_ne!(cache.recall(&tag(1), seconds(1000)), Memory::Fresh);
            assert!(cache.entries().len() <= room);
        }
    }
}
