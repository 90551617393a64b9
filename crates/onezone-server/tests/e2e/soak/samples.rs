//! What the process of the server takes of the machine, over time: memory, file descriptors, threads.

use std::time::Instant;

/// One look at a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Which life of the server.
    pub(crate) life: usize,
    /// Seconds since the soak began.
    pub(crate) at: f64,
    pub(crate) resident_kib: f64,
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
}

impl Sample {
    /// None when the process has just ended.
    pub(crate) fn take(process: u32, life: usize, began: Instant) -> Option<Self> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let number = |name: &str| -> Option<usize> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_start_matches(':').split_whitespace().next()?.parse().ok()
        };
        let descriptors = std::fs::read_dir(format!("/proc/{process}/fd")).ok()?.count();
        #[expect(clippy::cast_precision_loss, reason = "a process has less than 2^52 KiB")]
        let resident_kib = number("VmRSS")? as f64;
        Some(Self {
            life,
            at: began.elapsed().as_secs_f64(),
            resident_kib,
            descriptors,
            threads: number("Threads")?,
        })
    }
}

/// What a line through samples says about them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trend {
    /// Over this many seconds,
    pub(crate) seconds: f64,
    /// this grew, by the line,
    pub(crate) first: f64,
    /// to that.
    pub(crate) last: f64,
}

impl Trend {
    /// The line with the least squares; none of less than three samples.
    pub(crate) fn of(points: &[(f64, f64)]) -> Option<Self> {
        let (Some(begin), Some(end)) = (points.first(), points.last()) else { return None };
        if points.len() < 3 || end.0 <= begin.0 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "there are some thousands")]
        let count = points.len() as f64;
        let mean = |value: fn(&(f64, f64)) -> f64| points.iter().map(value).sum::<f64>() / count;
        let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
        let covariance: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
        let variance: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
        let slope = covariance / variance;
        let at = |x: f64| mean_y + slope * (x - mean_x);
        Some(Self { seconds: end.0 - begin.0, first: at(begin.0), last: at(end.0) })
    }

    pub(crate) fn growth(&self) -> f64 {
        self.last - self.first
    }
}

/// The samples of the last life, without the first part of it, in which caches fill.
pub(crate) fn settled(samples: &[Sample]) -> Vec<Sample> {
    let Some(last) = samples.last() else { return Vec::new() };
    let life: Vec<Sample> = samples.iter().copied().filter(|sample| sample.life == last.life).collect();
    let Some(first) = life.first() else { return Vec::new() };
    let warm = first.at + (last.at - first.at) * 0.3;
    life.into_iter().filter(|sample| sample.at >= warm).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_samples_tells_growth_from_noise() {
        let points: Vec<(f64, f64)> = (0..100_i32).map(|x| (f64::from(x), f64::from(x % 7))).collect();
        assert!(Trend::of(&points).unwrap().growth().abs() < 1.0);
        let growing: Vec<(f64, f64)> = points.iter().map(|(x, y)| (*x, y + 2.0 * x)).collect();
        let growth = Trend::of(&growing).unwrap().growth();
        assert!((growth - 198.0).abs() < 1.0, "{growth}");
        assert!(Trend::of(&points[..2]).is_none());
    }

    #[test]
    fn only_the_last_life_counts_once_it_is_warm() {
        let sample = |life, at| Sample { life, at, resident_kib: 1.0, descriptors: 1, threads: 1 };
        let samples: Vec<Sample> = (0..20).map(|at| sample(usize::from(at >= 10), f64::from(at))).collect();
        let settled = settled(&samples);
        assert!((settled[0].at - 13.0).abs() < 0.1 && settled.len() == 7, "{settled:?}");
    }

    #[test]
    fn a_process_can_be_looked_at() {
        let sample = Sample::take(std::process::id(), 0, Instant::now()).unwrap();
        assert!(sample.resident_kib > 100.0 && sample.descriptors > 2 && sample.threads > 0, "{sample:?}");
    }
}
