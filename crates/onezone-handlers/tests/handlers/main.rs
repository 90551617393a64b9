//! What a client does not see of the handlers, or only when something fails: whole requests against a store, without
//! sockets. What each request is answered stands in the tables of the other test binary.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

mod audit;
mod basic;
mod documents;
mod failures;
mod passwords;
mod support;
mod watched;
