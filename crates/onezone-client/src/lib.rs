#![doc = include_str!("../README.md")]
//!
//! The generated part is in [`builder`] and [`types`]; this crate adds what a document cannot say: credentials, time-outs,
//! retries and errors.

mod client;
mod client_builder;
mod credentials;
mod error;
#[rustfmt::skip]
#[allow(
    missing_docs,
    unreachable_pub,
    unused_imports,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "written by the generator, whose output is checked where it is generated"
)]
mod generated;
mod path;
mod raw;
mod response;
mod retry;
mod send;
mod time;

pub use client_builder::{BASE_PATH, ClientBuilder};
pub use credentials::{Credentials, Secret};
pub use error::{ApiError, Error, UnexpectedResponse};
pub use generated::{Client, builder, types};
pub(crate) use path::encode_path;
pub use progenitor_client::{ClientInfo, ResponseValue};
pub use raw::{RawRequest, RawResponse};
pub use reqwest;
pub use retry::RetryPolicy;
pub use send::Shell;

/// What the `send` of an operation gives back when it fails. It converts into [`Error`], so that `?` does.
pub type OperationError = progenitor_client::Error<types::ErrorResponse>;
