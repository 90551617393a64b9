//! Whether a password may be tried at all: the soft lock of its name and network, and the network's budget.

use std::net::IpAddr;
use std::time::Duration;

use zeroize::Zeroizing;

use super::budget::Budgets;
use super::lock::{Charge, SoftLocks};
use super::network::{Network, is_shared};
use crate::PasswordLimits;
use crate::digest::digest;

pub(super) struct Guard {
    locks: Option<SoftLocks>,
    budgets: Option<Budgets>,
}

/// An attempt that may go on. It counts as wrong unless it is said to be something else.
#[derive(Debug)]
pub(super) struct Admission {
    lock: Option<Charge>,
    network: Option<Network>,
}

/// Why an attempt may not go on, and for how long not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Too many wrong passwords for the name from the network.
    Locked(Duration),
    /// Too many wrong passwords from the network.
    Limited(Duration),
}

impl Guard {
    pub(super) fn new(seed: &Zeroizing<[u8; 32]>, limits: &PasswordLimits) -> Self {
        let key = digest(seed, &[b"soft locks"]);
        Self {
            locks: limits.lock.clone().map(|rules| SoftLocks::new(key, rules)),
            budgets: limits.network_failures.map(Budgets::new),
        }
    }

    /// The budget is for networks of clients; a proxy on this machine stands for too many of them.
    /// The digest stands for the name and password.
    pub(super) fn admit(
        &self,
        username: &str,
        digest: u64,
        peer: IpAddr,
        now: Duration,
    ) -> Result<Admission, Refused> {
        let network = Network::of(peer);
        let lock = match &self.locks {
            Some(locks) => {
                Some(locks.charge(locks.key(username, network), digest, now).map_err(Refused::Locked)?)
            }
            None => None,
        };
        let mut admission = Admission { lock, network: None };
        if let Some(budgets) = self.budgets.as_ref().filter(|_| !is_shared(peer)) {
            if let Err(wait) = budgets.charge(network, now) {
                self.undo(&admission);
                return Err(Refused::Limited(wait));
            }
            admission.network = Some(network);
        }
        Ok(admission)
    }

    /// The password was right.
    pub(super) fn forgive(&self, admission: &Admission) {
        if let (Some(locks), Some(charge)) = (&self.locks, &admission.lock) {
            locks.forgive(charge);
        }
        self.give_back(admission);
    }

    /// The password was not verified.
    pub(super) fn undo(&self, admission: &Admission) {
        if let (Some(locks), Some(charge)) = (&self.locks, &admission.lock) {
            locks.refund(charge);
        }
        self.give_back(admission);
    }

    fn give_back(&self, admission: &Admission) {
        if let (Some(budgets), Some(network)) = (&self.budgets, admission.network) {
            budgets.refund(network);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use super::*;

    fn guard(budget: u32) -> Guard {
        let network_failures = NonZero::new(budget);
        Guard::new(
            &Zeroizing::new([7; 32]),
            &PasswordLimits { network_failures, ..PasswordLimits::default() },
        )
    }

    fn peer(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_attempt_that_the_budget_refuses_does_not_count_for_the_lock() {
        let guard = guard(1);
        let now = Duration::from_secs(5);
        guard.admit("bob", 1, peer("192.0.2.1"), now).unwrap();
        for guess in 0..100 {
            let refused = guard.admit("alice", guess, peer("192.0.2.1"), now).unwrap_err();
            assert_eq!(refused, Refused::Limited(Duration::from_secs(60)));
        }
    }

    #[test]
    fn clients_of_a_proxy_on_this_machine_share_no_budget() {
        let guard = guard(1);
        for name in 0..100 {
            guard.admit(&name.to_string(), 1, peer("127.0.0.1"), Duration::ZERO).unwrap();
        }
    }

    #[test]
    fn right_passwords_are_no_attempts_to_guess() {
        let guard = guard(3);
        for _ in 0..100 {
            let admission = guard.admit("alice", 1, peer("192.0.2.1"), Duration::ZERO).unwrap();
            guard.forgive(&admission);
        }
    }
}
