//! What the times say: percentiles of each class, and whether it can be told from the first of its group.
//!
//! The test is that of dudect (Reparaz, Balasch, Verbauwhede: "Dude, is my code constant time?", 2017): Welch's t on
//! samples whose upper tail, which belongs to the scheduler, is cut off at a time that is the same for both classes.

#![allow(clippy::cast_precision_loss, reason = "times of answers are far below 2^52 nanoseconds")]

use std::fmt::Write as _;

use crate::classes::Group;
use crate::measure::Way;

/// Above this two classes differ, beyond doubt and beyond chance.
const THRESHOLD: f64 = 4.5;

/// How much of both classes together is kept.
const KEPT: f64 = 0.9;

const PERCENTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// A table for one group.
pub(crate) fn table(way: Way, group: &Group, times: &[Vec<u64>]) -> String {
    let title = match way {
        Way::Service => "in the service",
        Way::Loopback => "over loopback HTTP",
    };
    let mut text = format!(
        "{} {title}, {} answers each\n{:<40}{:>9}{:>9}{:>9}{:>9}{:>9}{:>10}{:>9}{:>8}",
        group.name,
        times.first().map_or(0, Vec::len),
        "",
        "p5",
        "p25",
        "p50",
        "p75",
        "p95",
        "median +-",
        "of IQR",
        "t"
    );
    let sorted: Vec<Vec<u64>> = times.iter().map(|times| sorted(times)).collect();
    let base = &sorted[0];
    let spread = (at(base, 0.75) - at(base, 0.25)).max(1.0);
    for (class, times) in group.classes.iter().zip(&sorted) {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{:<40}", class.name);
        for percentile in PERCENTILES {
            let _ = write!(text, "{:>9.2}", at(times, percentile) / 1000.0);
        }
        if !std::ptr::eq(times, base) {
            let difference = at(times, 0.5) - at(base, 0.5);
            let t = welch(&cropped(base, times), &cropped(times, base));
            let verdict = if t.abs() < THRESHOLD { "same" } else { "differs" };
            let _ = write!(
                text,
                "{:>+10.2}{:>+8.1}%{t:>+8.1}  {verdict}",
                difference / 1000.0,
                100.0 * difference / spread
            );
        }
    }
    text
}

fn sorted(times: &[u64]) -> Vec<u64> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted
}

/// The time below which this part of the sorted times lies.
fn at(sorted: &[u64], part: f64) -> f64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a length")]
    let index = (part * sorted.len() as f64) as usize;
    sorted.get(index.min(sorted.len().saturating_sub(1))).map_or(0.0, |time| *time as f64)
}

/// The times up to the one that cuts the tail off both.
fn cropped(times: &[u64], other: &[u64]) -> Vec<f64> {
    let both = sorted(&[times, other].concat());
    let limit = at(&both, KEPT);
    times.iter().map(|time| *time as f64).filter(|time| *time <= limit).collect()
}

/// Welch's t of the second against the first.
fn welch(first: &[f64], second: &[f64]) -> f64 {
    let (first_mean, first_error) = mean(first);
    let (second_mean, second_error) = mean(second);
    (second_mean - first_mean) / (first_error + second_error).sqrt().max(f64::MIN_POSITIVE)
}

/// The mean and the square of its standard error.
fn mean(samples: &[f64]) -> (f64, f64) {
    let count = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / count;
    let variance = samples.iter().map(|sample| (sample - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, variance / count)
}
