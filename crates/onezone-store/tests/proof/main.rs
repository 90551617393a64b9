//! What is promised of the stores, tried: that they answer as a model does, that they do one thing after the other, and
//! that what they acknowledged outlives killed processes, power cuts, full disks and disks that fail.
//!
//! Each test is short. `cargo xtask prove` repeats them for as long as it takes to be convinced, and prints the figures.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::explicit_write,
    clippy::print_stderr,
    reason = "helpers of tests fail their test, and tell figures to whoever asks for them"
)]

mod deletions;
mod failover;
#[cfg(target_os = "linux")]
mod faults;
mod histories;
mod kill;
mod model;
#[cfg(target_os = "linux")]
mod power;
#[cfg(target_os = "linux")]
mod tracing;

use std::time::{Duration, Instant};

/// How many times longer than usual.
const FACTOR: &str = "ONEZONE_PROOF_FACTOR";

/// So many, or as many times more as was asked for.
fn times(few: usize) -> usize {
    let factor = std::env::var(FACTOR).map_or(1, |text| text.parse().unwrap());
    few * factor
}

/// Tells what was counted.
fn figure(text: &str) {
    eprintln!("figure: {text}");
}

/// Waits until something becomes true, for as long as a busy machine may take.
async fn eventually(mut is_true: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !is_true().await {
        assert!(started.elapsed() < Duration::from_secs(60), "it does not become true");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
