//! What requests with a token wait while strangers flood the server with passwords, against the same server at rest.
//! `cargo bench -p onezone-handlers --bench flood -- 10`, where the number is that of the rounds of two seconds.

#![allow(clippy::print_stdout, reason = "it prints a table")]
#![allow(clippy::unwrap_used, reason = "a measurement that fails has no result")]

mod flood;
#[path = "../refusals/zone.rs"]
#[allow(dead_code, reason = "some of it is for the other benchmark")]
mod zone;

use std::time::Duration;

fn main() {
    let rounds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(10);
    println!("{}", flood::measure(rounds, Duration::from_secs(1)));
}
