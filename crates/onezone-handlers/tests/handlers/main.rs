//! The handlers as a client meets them: whole requests against a store, without sockets. One module a table of rules.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

mod authorization;
mod basic;
mod bodies;
mod differences;
mod failures;
mod other_tokens;
mod precedence;
mod support;
mod vectors;
mod verification;
mod watched;
