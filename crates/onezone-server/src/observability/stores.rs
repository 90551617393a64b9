//! Operations of the store, counted by kind and outcome.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use onezone_store::{OperationKind, Outcome, StoreObserver};

use super::histogram::{Histogram, Snapshot};

const KINDS: usize = OperationKind::ALL.len();
const OUTCOMES: usize = Outcome::ALL.len();

/// What is counted about the store.
#[derive(Default)]
pub(crate) struct StoreMetrics([OfKind; KINDS]);

#[derive(Default)]
struct OfKind {
    outcomes: [AtomicU64; OUTCOMES],
    durations: Histogram,
}

/// The figures of a kind of operation.
pub(super) struct Figures {
    pub(super) operation: &'static str,
    /// How many ended in which way; success in any case.
    pub(super) outcomes: Vec<(&'static str, u64)>,
    /// None while there was no such operation.
    pub(super) durations: Option<Snapshot>,
}

impl StoreMetrics {
    pub(super) fn figures(&self) -> impl Iterator<Item = Figures> {
        OperationKind::ALL.iter().zip(&self.0).map(|(kind, of_kind)| {
            let outcomes = Outcome::ALL.iter().zip(&of_kind.outcomes).filter_map(|(outcome, count)| {
                let count = count.load(Ordering::Relaxed);
                (count > 0 || *outcome == Outcome::Ok).then_some((outcome.as_str(), count))
            });
            let durations = of_kind.durations.snapshot();
            Figures {
                operation: kind.as_str(),
                outcomes: outcomes.collect(),
                durations: (durations.count > 0).then_some(durations),
            }
        })
    }

    /// How many operations ended as they should.
    pub(super) fn succeeded(&self) -> u64 {
        let good = [Outcome::Ok, Outcome::NotFound].map(|outcome| outcome as usize);
        let counts = self.0.iter().flat_map(|of_kind| good.map(|place| &of_kind.outcomes[place]));
        counts.map(|count| count.load(Ordering::Relaxed)).sum()
    }
}

impl StoreObserver for StoreMetrics {
    fn finished(&self, operation: OperationKind, outcome: Outcome, duration: Duration) {
        let of_kind = &self.0[operation as usize];
        of_kind.outcomes[outcome as usize].fetch_add(1, Ordering::Relaxed);
        of_kind.durations.observe(duration);
    }
}
