//! Requests counted by operation and status. Every counter is there from the start: a request adds to four numbers and looks
//! nothing up.

use std::sync::atomic::{AtomicU64, Ordering};

use stubgen_runtime::{Definition, Finished, Observer, Rejection};

use super::histogram::{Histogram, Snapshot};

/// The least status there is.
const FIRST_STATUS: u16 = 100;
/// A place for each, and one for requests whose client went away.
const STATUSES: usize = 501;
const NO_STATUS: usize = STATUSES - 1;

/// What is counted about the requests of an API.
#[derive(Debug)]
pub(crate) struct RequestMetrics {
    definition: &'static Definition,
    /// The last is for what is of no operation.
    operations: Vec<OfOperation>,
    rejections: [AtomicU64; Rejection::WORDS.len()],
    panics: AtomicU64,
}

#[derive(Debug)]
struct OfOperation {
    statuses: Box<[AtomicU64]>,
    durations: Histogram,
    bytes: AtomicU64,
}

/// The figures of an operation.
pub(super) struct Figures {
    /// Its id, or `none`.
    pub(super) operation: &'static str,
    /// How many requests were answered with which status, those that it documents in any case.
    pub(super) statuses: Vec<(Option<u16>, u64)>,
    pub(super) durations: Snapshot,
    pub(super) bytes: u64,
}

impl RequestMetrics {
    pub(crate) fn new(definition: &'static Definition) -> Self {
        let of_operation = |_| OfOperation {
            statuses: (0..STATUSES).map(|_| AtomicU64::new(0)).collect(),
            durations: Histogram::default(),
            bytes: AtomicU64::new(0),
        };
        Self {
            definition,
            operations: (0..=definition.operations.len()).map(of_operation).collect(),
            rejections: std::array::from_fn(|_| AtomicU64::new(0)),
            panics: AtomicU64::new(0),
        }
    }

    pub(super) fn figures(&self) -> impl Iterator<Item = Figures> {
        self.operations.iter().enumerate().map(|(index, of_operation)| {
            let operation = self.definition.operations.get(index);
            let documented = operation.map_or(&[][..], |operation| operation.statuses);
            let statuses = of_operation.statuses.iter().enumerate().filter_map(|(place, count)| {
                let status = (place != NO_STATUS).then(|| FIRST_STATUS + u16::try_from(place).unwrap_or(0));
                let count = count.load(Ordering::Relaxed);
                let is_usual = status.is_some_and(|status| documented.contains(&status));
                (count > 0 || is_usual).then_some((status, count))
            });
            Figures {
                operation: operation.map_or("none", |operation| operation.id),
                statuses: statuses.collect(),
                durations: of_operation.durations.snapshot(),
                bytes: of_operation.bytes.load(Ordering::Relaxed),
            }
        })
    }

    /// What the runtime answered by itself.
    pub(super) fn rejections(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.rejections.iter().map(|count| count.load(Ordering::Relaxed));
        Rejection::WORDS.into_iter().zip(counts)
    }

    pub(super) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }
}

impl Observer for RequestMetrics {
    fn finished(&self, request: &Finished<'_>) {
        let last = self.operations.len() - 1;
        let of_operation = &self.operations[request.operation.unwrap_or(last).min(last)];
        let place = request
            .status
            .map_or(NO_STATUS, |status| usize::from(status.saturating_sub(FIRST_STATUS)).min(NO_STATUS - 1));
        of_operation.statuses[place].fetch_add(1, Ordering::Relaxed);
        of_operation.durations.observe(request.duration);
        of_operation.bytes.fetch_add(request.bytes.unwrap_or(0), Ordering::Relaxed);
    }

    fn rejected(&self, _: Option<usize>, rejection: &Rejection) {
        self.rejections[rejection.word_index()].fetch_add(1, Ordering::Relaxed);
    }

    fn panicked(&self, _: usize) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }
}
