//! Durations counted in buckets without a lock: whoever observes adds to two numbers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds in microseconds: from what a memory takes to what a deadline allows.
const BOUNDS: [u64; 15] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000, 30_000_000,
];

/// How many durations there were of which length. A scrape may see a duration in one of the two and not yet in the other.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    /// The last is for what is longer than all bounds.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

/// A histogram as it was at a moment.
pub(super) struct Snapshot {
    pub(super) count: u64,
    /// In seconds.
    pub(super) sum: f64,
    /// Upper bounds in seconds, and how many durations are in each bucket alone.
    pub(super) buckets: Vec<(f64, u64)>,
}

impl Histogram {
    pub(super) fn observe(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|bound| nanoseconds <= bound * 1000).unwrap_or(BOUNDS.len());
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let bounds = BOUNDS.iter().map(|bound| Duration::from_micros(*bound).as_secs_f64());
        let counts = self.buckets.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = bounds.chain([f64::INFINITY]).zip(counts).collect();
        let sum = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)).as_secs_f64();
        Snapshot { count: buckets.iter().map(|(_, count)| count).sum(), sum, buckets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_first_bucket_that_is_long_enough() {
        let histogram = Histogram::default();
        for micros in [0, 500, 501, 30_000_000, 30_000_001] {
            histogram.observe(Duration::from_micros(micros));
        }
        let Snapshot { count, sum, buckets } = histogram.snapshot();
        assert_eq!((count, (sum * 1e6).round()), (5, 60_001_002.0));
        let filled: Vec<_> = buckets.into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled, [(0.0005, 2), (0.001, 1), (30.0, 1), (f64::INFINITY, 1)]);
    }
}
