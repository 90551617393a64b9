//! The hook for whoever makes distributed traces: one span for each request, told of when it is finished. Without a
//! tracer nothing is made, looked at or measured for it.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use http::{Method, Version};

use crate::trace_context::{TraceContext, TraceId};

/// Takes the spans of a service. It is called on the way of every request: it should decide, hand on, and return.
pub trait Tracer: fmt::Debug + Send + Sync {
    /// A request is finished: its answer is ready to be sent, or its client went away before.
    fn finished(&self, span: &Span<'_>);
}

/// What a trace has to know of a request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Span<'a> {
    /// The trace: the caller's, or a new one. The log has the same.
    pub trace_id: TraceId,
    /// What the caller said about the trace.
    pub parent: Option<TraceContext>,
    /// What vendors noted about it, checked and on one line.
    pub trace_state: Option<&'a str>,
    /// The index of the operation in [`Definition::operations`](crate::Definition::operations), if it got as far as one.
    pub operation: Option<usize>,
    /// The method.
    pub method: &'a Method,
    /// The version of HTTP.
    pub version: Version,
    /// The client's address.
    pub client: SocketAddr,
    /// What the client calls itself, as far as it can be shown.
    pub user_agent: Option<&'a str>,
    /// The id that the answer carries.
    pub request_id: &'a str,
    /// The status of the answer; none when the client went away before there was one.
    pub status: Option<u16>,
    /// From the moment that the header was read until now.
    pub duration: Duration,
    /// When credentials were looked at, from that same moment on; none when they were not, or did not come to an end.
    pub authentication: Option<Range<Duration>>,
}
