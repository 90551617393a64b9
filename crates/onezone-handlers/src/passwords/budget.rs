//! The budget of a network: so many wrong passwords a minute, whatever the names. It keeps somebody who tries one password
//! on many names from trying fast, and leaves the others' passwords room in the pool.
//!
//! A generic cell rate algorithm (ITU-T I.371): all that is kept of a network is when its budget will be whole again. A
//! library for it (`governor`) can give nothing back for passwords that were right, and keeps every network for ever.

use std::num::NonZero;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hashlink::LruCache;

use super::network::Network;

/// How many networks are kept; beyond, those that failed last the longest ago are forgotten.
const MAX_ENTRIES: usize = 65_536;

const MINUTE: Duration = Duration::from_secs(60);

pub(super) struct Budgets {
    /// What one attempt takes.
    price: Duration,
    /// When each network's budget is whole again.
    whole_at: Mutex<LruCache<Network, Duration>>,
}

impl Budgets {
    /// So many at once, and as many a minute.
    pub(super) fn new(a_minute: NonZero<u32>) -> Self {
        Self { price: MINUTE / a_minute.get(), whole_at: Mutex::new(LruCache::new(MAX_ENTRIES)) }
    }

    /// Takes an attempt out of the budget, or says how long there is none.
    pub(super) fn charge(&self, network: Network, now: Duration) -> Result<(), Duration> {
        let mut whole_at = self.whole_at();
        let limit = now.saturating_add(MINUTE);
        // Later than the limit it can be only because the clock was set back.
        let whole = whole_at.get(&network).copied().filter(|whole| *whole <= limit).unwrap_or(now);
        let after = whole.max(now).saturating_add(self.price);
        match after.checked_sub(limit) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                whole_at.insert(network, after);
                Ok(())
            }
        }
    }

    /// Gives back what an attempt took that was not wrong.
    pub(super) fn refund(&self, network: Network) {
        if let Some(whole) = self.whole_at().peek_mut(&network) {
            *whole = whole.saturating_sub(self.price);
        }
    }

    fn whole_at(&self) -> MutexGuard<'_, LruCache<Network, Duration>> {
        self.whole_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn budgets(a_minute: u32) -> Budgets {
        Budgets::new(NonZero::new(a_minute).unwrap())
    }

    fn network(number: u32) -> Network {
        Network::of(Ipv4Addr::from_bits(number).into())
    }

    #[test]
    fn a_budget_is_spent_at_once_and_comes_back_in_a_minute() {
        let budgets = budgets(6);
        let spend = |now| (0..10).filter(|_| budgets.charge(network(1), seconds(now)).is_ok()).count();
        assert_eq!(spend(100), 6);
        assert_eq!(budgets.charge(network(1), seconds(103)), Err(seconds(7)));
        assert_eq!((spend(110), spend(111), spend(131), spend(191)), (1, 0, 2, 6));
        assert!(budgets.charge(network(2), seconds(191)).is_ok(), "another network has its own");
    }

    #[test]
    fn what_was_right_costs_nothing() {
        let budgets = budgets(2);
        for _ in 0..100 {
            budgets.charge(network(1), seconds(5)).unwrap();
            budgets.refund(network(1));
        }
        assert!(budgets.charge(network(1), seconds(5)).is_ok());
    }

    #[test]
    fn a_clock_that_was_set_back_costs_nothing() {
        let budgets = budgets(2);
        while budgets.charge(network(1), seconds(1_000_000)).is_ok() {}
        assert!(budgets.charge(network(1), seconds(10)).is_ok());
    }

    #[test]
    fn a_flood_of_networks_takes_no_more_memory() {
        let budgets = budgets(2);
        for number in 0..=u32::try_from(MAX_ENTRIES).unwrap() {
            budgets.charge(network(number), seconds(1)).unwrap();
        }
        assert_eq!(budgets.whole_at().len(), MAX_ENTRIES);
    }

    proptest! {
        /// In no stretch of time more than the budget and what comes back meanwhile.
        #[test]
        fn no_history_lets_more_through(pauses in prop::collection::vec(0..20_000_u64, 1..200), a_minute in 1..50_u32) {
            let budgets = budgets(a_minute);
            let (mut now, mut taken) = (seconds(1000), Vec::new());
            for pause in pauses {
                now += Duration::from_millis(pause);
                if budgets.charge(network(1), now).is_ok() {
                    taken.push(now);
                }
            }
            for (index, from) in taken.iter().enumerate() {
                for (count, to) in (1_u32..).zip(&taken[index..]) {
                    let back = to.saturating_sub(*from).as_secs_f64() / MINUTE.as_secs_f64() * f64::from(a_minute);
                    prop_assert!(f64::from(count) <= f64::from(a_minute) + back + 0.001);
                }
            }
        }
    }
}
