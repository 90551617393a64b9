#![doc = include_str!("../README.md")]
//!
//! The generated part is in [`builder`] and [`types`]; this crate adds what a document cannot say: credentials, time-outs,
//! retries and errors.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[rustfmt::skip]
#[path = "generated/call.rs"]
#[allow(
    clippy::pedantic,
    reason = "written by the generator, whose output is checked where it is generated"
)]
mod call;
mod client;
mod client_builder;
mod credentials;
mod error;
pub mod error_ids;
mod extras;
#[rustfmt::skip]
#[allow(
    unreachable_pub,
    unused_imports,
    clippy::pedantic,
    reason = "written by the generator, whose output is checked where it is generated; not all that it offers is passed on"
)]
mod generated;
#[cfg(all(feature = "mock", not(target_arch = "wasm32")))]
#[cfg_attr(docsrs, doc(cfg(feature = "mock")))]
#[rustfmt::skip]
#[path = "generated/mock/mod.rs"]
#[allow(
    clippy::pedantic,
    reason = "written by the generator, whose output is checked where it is generated"
)]
#[doc = include_str!("../MOCK.md")]
pub mod mock;
#[cfg(all(feature = "mock", not(target_arch = "wasm32")))]
#[rustfmt::skip]
#[path = "generated/mock_server.rs"]
#[allow(
    clippy::pedantic,
    reason = "written by the generator, whose output is checked where it is generated"
)]
mod mock_server;
mod raw;
mod response;
mod retry;
mod send;
mod time;
#[cfg(feature = "tracing")]
#[rustfmt::skip]
#[path = "generated/trace.rs"]
mod trace;
#[cfg(not(feature = "tracing"))]
#[path = "untraced.rs"]
mod trace;

pub use call::{HeaderMismatch, Mismatch};
pub use client_builder::{BASE_PATH, ClientBuilder};
pub use credentials::{Credentials, Secret};
pub use error::{ApiError, Error, UnexpectedResponse};
use generated::paths;
pub use generated::{Client, builder, headers, prelude, types};
pub use progenitor_client::{ClientInfo, ResponseValue};
pub use raw::{ParameterStyle, RawRequest, RawResponse, form_body};
pub use reqwest;
pub use retry::RetryPolicy;
pub use send::Shell;

/// What the `send` of an operation gives back when it fails. It converts into [`Error`], so that `?` does.
pub type OperationError = progenitor_client::Error<types::ErrorResponse>;
