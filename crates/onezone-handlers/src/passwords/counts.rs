//! What became of the passwords that were presented, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

/// What became of the passwords that were presented since the start. Those of blocked users and of users without
/// a password are not among them, nor is what cannot be read: nothing is verified for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PasswordCounts {
    /// How many were presented: the sum of those that follow, but for what is being verified.
    pub presented: u64,
    /// Known from a short while ago to be right, without a verification.
    pub remembered: u64,
    /// Answered by the verification of an equal one that was going on.
    pub joined: u64,
    /// Verified and right.
    pub right: u64,
    /// Verified and wrong.
    pub wrong: u64,
    /// Refused because there were too many to be verified in time.
    pub overloaded: u64,
    /// Refused because of wrong ones before, for the same name from the same network.
    pub locked: u64,
    /// Refused because of wrong ones before, from the same network.
    pub limited: u64,
    /// Broken off by a defect.
    pub broken: u64,
    /// Being verified or waiting for it at this moment.
    pub in_progress: u64,
    /// Being verified at this moment.
    pub verifying: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) presented: Counter,
    pub(super) remembered: Counter,
    pub(super) joined: Counter,
    pub(super) right: Counter,
    pub(super) wrong: Counter,
    pub(super) overloaded: Counter,
    pub(super) locked: Counter,
    pub(super) limited: Counter,
    pub(super) broken: Counter,
}

#[derive(Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(super) fn snapshot(&self, in_progress: usize, verifying: usize) -> PasswordCounts {
        PasswordCounts {
            presented: self.presented.get(),
            remembered: self.remembered.get(),
            joined: self.joined.get(),
            right: self.right.get(),
            wrong: self.wrong.get(),
            overloaded: self.overloaded.get(),
            locked: self.locked.get(),
            limited: self.limited.get(),
            broken: self.broken.get(),
            in_progress: u64::try_from(in_progress).unwrap_or(u64::MAX),
            verifying: u64::try_from(verifying).unwrap_or(u64::MAX),
        }
    }

    /// How many were refused.
    pub(super) fn refused(&self) -> u64 {
        self.overloaded.get() + self.locked.get() + self.limited.get()
    }
}
