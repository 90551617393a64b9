//! The runtime as a client meets it: a sample API, written as generated code would be, served on a socket.

#![allow(
    clippy::unwrap_used,
    reason = "helpers fail as the tests do; clippy's allowance covers test functions only"
)]

mod adversaries;
mod bodies;
mod connections;
mod contents;
mod credentials;
mod documents;
mod errors;
mod frames;
mod guard;
mod http2;
mod load;
mod logs;
mod mounted;
mod observers;
mod parameters;
mod paths;
mod proxies;
mod sample;
mod shutdown;
mod tls;
mod traces;
mod wire;
