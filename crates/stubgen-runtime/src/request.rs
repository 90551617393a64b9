//! A request as handlers see it.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use http::{HeaderMap, HeaderValue, Method, Uri};
use tokio::time::Instant;

use crate::accept::preferred;
use crate::credentials::PeerCertificate;
use crate::definition::{Definition, Operation};
use crate::rejection::Rejection;
use crate::security::is_secret_header;
use crate::serve::Running;
use crate::shared::Shared;
use crate::trace_context::{TraceContext, TraceId};

/// A request that was routed to an operation.
pub struct Request {
    shared: Arc<Shared>,
    operation: usize,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    peer: SocketAddr,
    id: RequestId,
    captures: Vec<Range<usize>>,
    principal: OnceLock<String>,
    auth_method: OnceLock<&'static str>,
    credential_id: OnceLock<String>,
    authentication_time: OnceLock<(Instant, Instant)>,
    /// Whether the access log gets a line of it.
    pub(crate) is_logged: bool,
    certificate: Option<PeerCertificate>,
    /// Counts this request among those of its connection for as long as somebody works on it.
    pub(crate) running: Option<Running>,
}

/// The id of a request.
#[derive(Clone)]
pub(crate) enum RequestId {
    /// Sixteen lower-case hexadecimal digits.
    Own([u8; 16]),
    /// What somebody else chose.
    Given(HeaderValue),
}

impl Request {
    pub(crate) fn new(
        shared: Arc<Shared>,
        operation: usize,
        head: http::request::Parts,
        peer: SocketAddr,
        id: RequestId,
        captures: Vec<Range<usize>>,
    ) -> Self {
        let http::request::Parts { method, uri, headers, mut extensions, .. } = head;
        let certificate = extensions.remove::<PeerCertificate>();
        Self {
            shared,
            operation,
            method,
            uri,
            headers,
            peer,
            id,
            captures,
            principal: OnceLock::new(),
            auth_method: OnceLock::new(),
            credential_id: OnceLock::new(),
            authentication_time: OnceLock::new(),
            is_logged: false,
            certificate,
            running: None,
        }
    }

    /// The operation it was routed to.
    pub fn operation(&self) -> &'static Operation {
        &self.shared.definition().operations[self.operation]
    }

    /// The index of that operation.
    pub const fn operation_index(&self) -> usize {
        self.operation
    }

    /// The API's description.
    pub fn definition(&self) -> &'static Definition {
        self.shared.definition()
    }

    /// The method as sent: `HEAD` also where the operation is a `GET`.
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The target as sent, with the base path.
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The headers. Those of the API's credentials are among them.
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The other end of the connection.
    pub const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The certificate of the other end, if whoever ended TLS gave it.
    pub const fn peer_certificate(&self) -> Option<&PeerCertificate> {
        self.certificate.as_ref()
    }

    /// The id that the response carries in `x-request-id`.
    pub fn id(&self) -> &str {
        self.id.as_str()
    }

    /// The segments of the path, still percent-encoded.
    pub fn raw_segments(&self) -> impl Iterator<Item = &str> {
        self.uri.path().split('/').skip(1)
    }

    /// Which of the media types the client likes best by its `Accept`, for a handler that can answer in several. None when it takes none of
    /// them; when it does not say, the first.
    pub fn preferred<'m>(&self, media_types: &[&'m str]) -> Option<&'m str> {
        preferred(&self.headers, media_types)
    }

    /// Logs the cause of an internal error once, under a new reference, and gives the rejection that names it.
    pub fn internal_error(&self, cause: impl fmt::Display) -> Rejection {
        self.shared.internal_error(self.operation().id, self.id(), self.trace_id(), &cause)
    }

    /// What the caller said about the distributed trace that the request belongs to.
    pub fn trace_context(&self) -> Option<TraceContext> {
        TraceContext::from_headers(&self.headers)
    }

    /// The trace that the request belongs to, for lines of the log: the caller's, or a new one where traces are made.
    pub fn trace_id(&self) -> Option<TraceId> {
        self.shared.trace_id(self.trace_context(), &self.id)
    }

    /// Lets the access log say by what kind of credentials the caller means to prove who they are, also when they fail.
    pub fn log_authentication(&self, method: &'static str) {
        // Authentication happens once a request, here and below.
        let _ = self.auth_method.set(method);
    }

    /// Lets the access log say which credential it was. It must be no secret, and found good: others are any client's invention.
    pub fn log_credential(&self, id: &str) {
        if self.is_logged {
            let _ = self.credential_id.set(id.to_owned());
        }
    }

    /// The raw text of the path parameter of that index.
    pub(crate) fn capture(&self, parameter: usize) -> Option<&str> {
        let position = self.shared.routes().capture(self.operation, parameter)?;
        self.uri.path().get(self.captures.get(position)?.clone())
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn set_principal(&self, principal: String) {
        // Authentication happens once a request, so that the cell is always empty here.
        let _ = self.principal.set(principal);
    }

    pub(crate) fn auth_method(&self) -> Option<&'static str> {
        self.auth_method.get().copied()
    }

    pub(crate) fn credential_id(&self) -> Option<&str> {
        self.credential_id.get().map(String::as_str)
    }

    pub(crate) fn set_authentication_time(&self, from: Instant, to: Instant) {
        let _ = self.authentication_time.set((from, to));
    }

    pub(crate) fn authentication_time(&self) -> Option<(Instant, Instant)> {
        self.authentication_time.get().copied()
    }

    pub(crate) fn principal(&self) -> Option<&str> {
        self.principal.get().map(String::as_str)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = self.headers.iter().map(|(name, value)| {
            let secret = is_secret_header(self.definition(), name);
            (name.as_str(), if secret { HeaderValue::from_static("redacted") } else { value.clone() })
        });
        // The query is left out: an API key may stand in it.
        formatter
            .debug_struct("Request")
            .field("id", &self.id())
            .field("operation", &self.operation().id)
            .field("method", &self.method)
            .field("path", &self.uri.path())
            .field("peer", &self.peer)
            .field("headers", &headers.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl RequestId {
    /// The digits of a number.
    pub(crate) fn from_number(number: u64) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0_u8; 16];
        for (position, digit) in text.iter_mut().rev().enumerate() {
            *digit = DIGITS[((number >> (4 * position)) & 0xf) as usize];
        }
        Self::Own(text)
    }

    /// An id that somebody else gave, if a header can carry it.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        HeaderValue::from_str(text).ok().map(Self::Given)
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Own(digits) => std::str::from_utf8(digits).unwrap_or_default(),
            Self::Given(text) => text.to_str().unwrap_or_default(),
        }
    }

    pub(crate) fn header(&self) -> HeaderValue {
        match self {
            Self::Own(digits) => {
                HeaderValue::from_bytes(digits).unwrap_or_else(|_| HeaderValue::from_static("0"))
            }
            Self::Given(text) => text.clone(),
        }
    }
}
