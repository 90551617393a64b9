//! Onedata tokens as pure functions: decoding, issuing, confining and verifying them, their caveats, password
//! hashes, ids and the error catalogue. Nothing here does I/O, reads a clock or draws random numbers; all
//! three come in as arguments.
//!
//! # The format, outermost first
//!
//! | Layer | Form | Module |
//! | --- | --- | --- |
//! | service indication | `opw-` or `opp-`, on tokens that a Oneprovider sends | [`Token`] |
//! | text | base64url without padding, `0` `_` `-` escaped as `00` `01` `02` ("base62") | `base62` |
//! | packets | libmacaroons version 1: four hex digits of length, key, blank, value, line feed | `macaroon` |
//! | identifier | `2/<nmd or tmp-N>/<usr- or prv-ID>/<type>/<token id>`, or an id of old | [`Identifier`] |
//! | caveats | one text each, such as `time < 1571147494` | [`Caveat`] |
//! | signature | a chain of HMAC-SHA256 over identifier and caveats; the secret is text | `macaroon` |
//!
//! The format, the order of checks and the texts of errors are those of Onezone 21.02 and its library `ctool`;
//! this is an independent implementation.
//!
//! # From a header to a verdict
//!
//! 1. [`Token::decode`] with [`Limits`].
//! 2. [`verify::check_access_type`], before anything is looked up.
//! 3. Fetch the record that [`Token::lookup`] names.
//! 4. [`verify::verify_access`], which keeps the order of errors and takes the same time without a record.
//! 5. Ask the store about the subject, and [`verify::service_access`] about the service.
//! 6. [`verify::authorize_api`], before the caller's rights are looked at.
//!
//! A refusal is an [`AuthError`]; [`OnedataError::unauthorized`] gives it its wire form.

pub mod api;
mod base62;
mod caveat;
mod error;
mod identifier;
pub mod ids;
mod integer;
mod macaroon;
pub mod password;
pub mod privileges;
mod secret;
mod service;
mod subject;
#[cfg(test)]
mod tampering;
mod text;
mod token;
mod token_type;
pub mod verify;

pub use caveat::{Caveat, FilterKind, GeoFilter, Interface, IpMask};
pub use error::{AuthError, InputError, OnedataError};
pub use identifier::{Identifier, Persistence};
pub use integer::Integer;
pub use secret::{Secret, SerializedToken};
pub use service::{Service, ServiceType};
pub use subject::Subject;
pub use token::{Limits, Lookup, Token};
pub use token_type::{InviteType, TokenType};
