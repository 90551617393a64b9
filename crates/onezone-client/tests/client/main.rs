//! The client against local servers.
#![allow(clippy::unwrap_used, reason = "a panic fails the test, which is what it is for")]

mod operations;
mod raw;
mod retries;
mod support;
mod surface;
