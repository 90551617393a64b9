//! The whole product as people meet it: the server's own process, and against it `curl`, the client crate and the
//! process of `onezone-rest-cli`. A module is a journey; `processes`, `curl` and `fixture` are what they share.

#![allow(clippy::unwrap_used, reason = "a panic fails the test, which is what it is for")]
#![allow(clippy::print_stderr, reason = "figures are told to whoever asks for them")]

mod canary;
mod curl;
mod documents;
mod edge;
#[cfg(target_os = "linux")]
mod faults;
mod first_start;
mod fixture;
mod geo;
#[path = "../../src/geo/fixture.rs"]
mod geo_fixture;
mod hostile;
mod independent;
mod limits;
mod logging;
mod mounted;
mod neighbours;
mod observability;
mod observed;
mod operations;
mod probes;
mod processes;
mod proxies;
mod random_tokens;
mod refusals;
mod replicas;
mod sealed;
mod secrecy;
#[cfg(target_os = "linux")]
mod soak;
mod starting;
mod stopping;
#[cfg(feature = "otlp")]
mod traces;
mod waiting;
