//! The run time of servers that `stubgen` generates. It routes, finds credentials, reads parameters and bodies, keeps the limits and
//! deadlines, and gives every answer one shape. It knows no particular API.
//!
#![doc = include_str!("../README.md")]
//!
//! # What is answered how
//!
//! In this order; the first that applies decides. Everything but the last three rows has the body that
//! [`Api::reject`] makes, in generated code from [`ErrorForms`]: the schema that the document has for errors of the status.
//!
//! | Request | Answer |
//! | --- | --- |
//! | target longer than [`Options::max_uri_bytes`] | 414 |
//! | HTTP/1.1 without exactly one `Host` header | 400 |
//! | headers more than [`Options::max_headers`] or longer than [`Options::max_header_bytes`] | 431 |
//! | `OPTIONS *` | 204 |
//! | path outside of the base path, or of no operation | 404; 400 when a segment is badly encoded or a dot segment |
//! | path variable that is empty, badly encoded, not UTF-8, or a dot segment however encoded | 400 naming the parameter |
//! | `GET` or `HEAD` of `{base}/openapi.json` or `openapi.yaml` | 200, the document ([`Options::serve_document`]) |
//! | `GET` or `HEAD` of `{base}/docs` | 200, the reference page ([`Options::serve_page`]), or 304; with a slash at the end 308 to it without |
//! | CORS preflight (`OPTIONS` with `Origin` and `Access-Control-Request-Method`), with [`Options::cors`] | 204 with `Allow` and the preflight headers, also where the document declares `OPTIONS`: browsers send it without credentials |
//! | `OPTIONS` that the document does not declare | 204 with `Allow` |
//! | `HEAD` that the document does not declare | as `GET`, without the body |
//! | any other method that the path does not have, of any spelling | 405 with `Allow` |
//! | more than [`Options::max_in_flight`] requests being handled | 503 with `Retry-After` |
//! | credential sent twice | 401 |
//! | credentials | [`Api::authenticate`] says: principal or response |
//! | `Accept` that excludes everything the operation sends | 406 |
//! | parameter missing, twice, not UTF-8, or not of its type | 400 naming it |
//! | body missing, not JSON, not of its type, or with more after it | 400 with a JSON pointer where one is known |
//! | body of another media type | 415 |
//! | body longer than the limit, declared or while it is read | 413 |
//! | body slower than [`Options::body_timeout`] | 408 |
//! | operation slower than [`Options::handler_timeout`] | 503 with `Retry-After`; the handler is dropped |
//! | operation that ends with [`not_written`] | 501 |
//! | panic anywhere in the API, response that cannot be serialised, header that cannot be sent, status that the operation does not have | 500 with a reference; the cause is logged under it |
//! | header or target so large that hyper refuses it first (about twice the limits) | 431, 414 without a body |
//! | not HTTP at all | 400 without a body |
//! | TLS on a port of plain HTTP, or the other way round | 400 |
//! | client address from a trusted proxy that cannot be read | 400 |
//! | nothing sent, header or handshake not complete in time, answer not taken | the connection is closed |
//! | too many connections of one network | the connection is closed at once |
//!
//! A trailing slash is ignored, unless the document has a path with it and the same without. `%2F` stays inside its segment. `%00` is an ordinary character to the runtime: an API
//! that does not want it says so in its schema. A body sent to an operation that takes none is ignored. A body
//! without a content type is taken for the first one the operation reads.
//!
//! Every answer has `x-request-id`; a 401 has `WWW-Authenticate` with each scheme of the operation (without Basic for
//! a page's own fetch, so that no log-in window opens); a 503 has `Retry-After`; a 204 has neither body nor content type.
//!
//! A handler runs to its end: a client that goes away does not cancel it, a panic in it does not close the
//! connection. It is dropped at its deadline only. It must not block its thread, on which its connection's deadlines are kept as well.
//!
//! # Connections
//!
//! [`serve`] keeps the limits and deadlines of [`ServeOptions`]: no connection lives for ever, whatever it does, and
//! [`ConnectionCounters`] say why connections ended. When there are as many as there may be, the one that has waited
//! longest for a request makes room, but none that was just let in. The client's address is the other end's, unless
//! that is a trusted proxy which names somebody else, in the header of the PROXY protocol, in `X-Forwarded-For` or in
//! `Forwarded`. [`Tls`] is read anew without a restart.
//!
//! # Logs
//!
//! One line a request at level `INFO` on the target `access`, and one line at level `ERROR` for each internal error,
//! with the reference that the client was given. Neither has credentials, paths, query strings or bodies. [`Options::observer`]
//! is told of every request as well, for counts and durations.
//!
//! | Field of an access line | Value | Missing |
//! | --- | --- | --- |
//! | `request_id` | what the answer has in `x-request-id` | never |
//! | `client_request_id` | of the request's own `x-request-id` at most 64 letters, digits and `-_.:` | without one |
//! | `trace_id`, `parent_id` | 32 and 16 hexadecimal digits of `traceparent` ([`TraceContext`]) | without one; `trace_id` only without [`Options::tracer`] as well |
//! | `method`, `http` | the method, and the version of HTTP: `1.0`, `1.1`, `2` | never |
//! | `operation` | the operation's id | when the request got to none |
//! | `principal` | the principal's `Display` | when nobody was found to be one |
//! | `auth_method`, `credential_id` | what the API told [`Request::log_authentication`] and [`Request::log_credential`] | when it told nothing |
//! | `status`, `bytes` | the answer's status and the length of its body | when the client went away first; `bytes` of a stream |
//! | `error_id` | [`Api::error_id`] of an answer from 400 on | when there is none |
//! | `ms` | milliseconds from the header to the answer | never |
//! | `peer` | the client's address and port | never |
//! | `user_agent` | at most 128 characters of the header, when it is ASCII | without one |
//!
//! [`Options::tracer`] is given a span of every request, in the trace of its caller or one of its own.

mod accept;
mod access_log;
mod api;
mod body;
mod call;
#[cfg(feature = "conformance")]
pub mod conformance;
mod constructors;
mod cors;
mod credentials;
mod declare;
mod definition;
mod emission;
mod error_form;
pub mod header;
mod in_flight;
mod macros;
mod media_type;
pub mod mount;
mod multipart;
mod not_written;
mod observer;
mod options;
mod page;
mod parameters;
#[doc(hidden)]
pub mod parsers;
mod rejection;
mod request;
mod response;
#[cfg(feature = "roundtrip")]
pub mod roundtrip;
mod route;
mod security;
mod serve;
mod service;
mod shared;
mod to_the_end;
mod trace_context;
mod tracer;
mod validation;

pub use bytes::Bytes;
// What the macros name; generated crates need not depend on them for that.
#[doc(hidden)]
pub use {dropshot, schemars, serde};

pub use crate::api::Api;
pub use crate::call::{Call, Dispatched, FromBody};
pub use crate::credentials::{
    ApiKey, BasicCredentials, BearerToken, Malformed, PeerCertificate, Presented, UserPassword,
};
pub use crate::declare::{UNTITLED, declare_empty, declare_json, emitted_version, nearest_semver};
pub use crate::definition::{
    Definition, Location, Method, Operation, Parameter, RequestBody, SchemeKind, Security, SecurityScheme,
    Shape, Style,
};
pub use crate::emission::{Carried, Carries, Emission};
pub use crate::error_form::{ErrorForm, ErrorForms, ErrorPart, ErrorPlace, ErrorValue};
pub use crate::header::ResponseHeaders;
pub use crate::multipart::{Multipart, Part};
pub use crate::not_written::{not_authenticated, not_written};
pub use crate::observer::{Finished, Observer};
pub use crate::options::{Cors, Identifiers, Options, ProcessIdentifiers};
pub use crate::parameters::{DeclareParameters, FromParameters, ParameterSource};
pub use crate::rejection::{Problem, Rejection};
pub use crate::request::Request;
pub use crate::response::{
    Body, BoxError, Content, DeclareResponse, IntoResponse, Response, content, empty, json, json_as, raw,
    respond, with_header, within,
};
pub use crate::serve::{
    ClientAddressHeader, ConnectionCounters, Ending, ServeOptions, ServeReport, Tls, TlsError, TlsVersion,
    Validity, serve, shutdown_signal,
};
pub use crate::service::Service;
pub use crate::trace_context::{TraceContext, TraceId};
pub use crate::tracer::{Span, Tracer};
