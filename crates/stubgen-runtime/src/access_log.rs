//! The end of a request: one line in the access log, without secrets, and word to the observer and the tracer. A request whose
//! client went away before the answer has all of them as well, without a status.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue, Method, Version};
use http_body::Body as _;
use tokio::time::Instant;

use crate::observer::Finished;
use crate::request::{Request, RequestId};
use crate::response::Response;
use crate::shared::Shared;
use crate::trace_context::{TraceContext, TraceId, trace_state};
use crate::tracer::Span;

const MAX_CLIENT_ID: usize = 64;
const MAX_USER_AGENT: usize = 128;

/// What is known of a request while it is answered.
pub(crate) struct Entry<'a> {
    shared: &'a Shared,
    /// Whether there is a line.
    pub(crate) enabled: bool,
    is_finished: bool,
    started: Instant,
    pub(crate) id: RequestId,
    pub(crate) method: Method,
    version: Version,
    peer: SocketAddr,
    said: Option<Said>,
    pub(crate) operation: Option<usize>,
    pub(crate) request: Option<Arc<Request>>,
}

/// What the headers say for the log and the trace, which somebody reads.
struct Said {
    client_request_id: Option<String>,
    user_agent: Option<HeaderValue>,
    parent: Option<TraceContext>,
    trace_id: Option<TraceId>,
    trace_state: Option<String>,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(
        shared: &'a Shared,
        id: RequestId,
        head: &http::request::Parts,
        peer: SocketAddr,
    ) -> Self {
        let options = shared.options();
        let enabled = options.access_log && tracing::enabled!(target: "access", tracing::Level::INFO);
        let is_read = enabled || options.tracer.is_some();
        Self {
            shared,
            enabled,
            is_finished: false,
            started: Instant::now(),
            said: is_read.then(|| Said::new(shared, &id, &head.headers)),
            id,
            method: head.method.clone(),
            version: head.version,
            peer,
            operation: None,
            request: None,
        }
    }

    /// The trace that it belongs to, if somebody has to know.
    pub(crate) fn trace_id(&self) -> Option<TraceId> {
        let said = self.said.as_ref().and_then(|said| said.trace_id);
        said.or_else(|| self.request.as_deref()?.trace_id())
    }

    /// Tells of an answered request. The error id is looked for only when somebody reads it.
    pub(crate) fn finish<'r>(
        mut self,
        response: &'r Response,
        error_id: impl FnOnce(&'r Response) -> Option<Cow<'r, str>>,
    ) {
        self.is_finished = true;
        let status = response.status().as_u16();
        let bytes = response.body().size_hint().exact();
        self.tell(Some(status), bytes);
        if self.enabled {
            let error_id = if status >= 400 { error_id(response) } else { None };
            self.write(Some(status), error_id.as_deref(), bytes);
        }
    }

    fn tell(&self, status: Option<u16>, bytes: Option<u64>) {
        let options = self.shared.options();
        if let Some(observer) = &options.observer {
            observer.finished(&Finished {
                operation: self.operation,
                method: &self.method,
                status,
                duration: self.started.elapsed(),
                bytes,
            });
        }
        if let Some((tracer, said)) = options.tracer.as_deref().zip(self.said.as_ref())
            && let Some(trace_id) = said.trace_id
        {
            let authentication = self.request.as_deref().and_then(Request::authentication_time);
            tracer.finished(&Span {
                trace_id,
                parent: said.parent,
                trace_state: said.trace_state.as_deref(),
                operation: self.operation,
                method: &self.method,
                version: self.version,
                client: self.peer,
                user_agent: said.user_agent(),
                request_id: self.id.as_str(),
                status,
                duration: self.started.elapsed(),
                authentication: authentication.map(|(from, to)| {
                    from.saturating_duration_since(self.started)..to.saturating_duration_since(self.started)
                }),
            });
        }
    }

    fn write(&self, status: Option<u16>, error_id: Option<&str>, bytes: Option<u64>) {
        let Some(said) = &self.said else { return };
        let request = self.request.as_deref();
        tracing::info!(
            target: "access",
            request_id = self.id.as_str(),
            client_request_id = said.client_request_id.as_deref(),
            trace_id = said.trace_id.map(display),
            parent_id = said.parent.map(|parent| display(ParentId(parent.parent_id()))),
            method = self.method.as_str(),
            http = version(self.version),
            operation = self.operation.map(|index| self.shared.definition().operations[index].id),
            principal = request.and_then(Request::principal),
            auth_method = request.and_then(Request::auth_method),
            credential_id = request.and_then(Request::credential_id),
            status,
            error_id,
            ms = self.started.elapsed().as_secs_f64() * 1000.0,
            bytes,
            peer = %self.peer,
            user_agent = said.user_agent(),
            "{}",
            if status.is_some() { "request answered" } else { "client went away" },
        );
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        self.tell(None, None);
        if self.enabled {
            self.write(None, None, None);
        }
    }
}

/// Sixteen digits.
struct ParentId(u64);

impl fmt::Display for ParentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl Said {
    fn new(shared: &Shared, id: &RequestId, headers: &HeaderMap) -> Self {
        let parent = TraceContext::from_headers(headers);
        let is_traced = shared.options().tracer.is_some();
        Self {
            client_request_id: client_request_id(headers),
            user_agent: headers.get(USER_AGENT).cloned(),
            parent,
            trace_id: shared.trace_id(parent, id),
            trace_state: parent.filter(|_| is_traced).and_then(|_| trace_state(headers)),
        }
    }

    fn user_agent(&self) -> Option<&str> {
        // ASCII without control characters, so that any byte is a character.
        let text = self.user_agent.as_ref()?.to_str().ok()?;
        Some(&text[..text.len().min(MAX_USER_AGENT)]).filter(|text| !text.is_empty())
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        _ => "other",
    }
}

/// The client's own id for the request, cut to what is safe in any log.
fn client_request_id(headers: &HeaderMap) -> Option<String> {
    let safe = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    let bytes = headers.get("x-request-id")?.as_bytes().iter().copied().filter(safe);
    let text: String = bytes.take(MAX_CLIENT_ID).map(char::from).collect();
    (!text.is_empty()).then_some(text)
}
