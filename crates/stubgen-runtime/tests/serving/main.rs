//! The runtime as a client meets it: a sample API, written as generated code would be, served on a socket.

#![allow(
    clippy::unwrap_used,
    reason = "helpers fail as the tests do; clippy's allowance covers test functions only"
)]

mod bodies;
mod connections;
mod contents;
mod credentials;
mod documents;
mod errors;
mod logs;
mod mounted;
mod parameters;
mod paths;
mod sample;
mod shutdown;
mod wire;
