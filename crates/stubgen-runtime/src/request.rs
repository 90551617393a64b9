//! A request as handlers see it, and the call that hands its parts to generated code.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde::de::DeserializeOwned;

use crate::body::{self, IncomingBody, Strict};
use crate::definition::{Definition, Operation};
use crate::parameters::{FromParameters, ParameterSource};
use crate::rejection::Rejection;
use crate::security::is_secret_header;
use crate::shared::Shared;
use crate::validation::Violation;

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
}

/// One call of an operation: the request, with its parameters and body still to be read.
pub struct Call {
    request: Arc<Request>,
    body: Mutex<Option<IncomingBody>>,
}

/// The id of a request, in the form of the header that carries it.
#[derive(Clone)]
pub(crate) struct RequestId(HeaderValue);

impl Request {
    pub(crate) fn new(
        shared: Arc<Shared>,
        operation: usize,
        head: http::request::Parts,
        peer: SocketAddr,
        id: RequestId,
        captures: Vec<Range<usize>>,
    ) -> Self {
        let http::request::Parts { method, uri, headers, .. } = head;
        Self { shared, operation, method, uri, headers, peer, id, captures, principal: OnceLock::new() }
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

    /// The id that the response carries in `x-request-id`.
    pub fn id(&self) -> &str {
        self.id.as_str()
    }

    /// The segments of the path, still percent-encoded.
    pub fn raw_segments(&self) -> impl Iterator<Item = &str> {
        self.uri.path().split('/').skip(1)
    }

    /// Logs the cause of an internal error once, under a new reference, and gives the rejection that names it.
    pub fn internal_error(&self, cause: impl fmt::Display) -> Rejection {
        self.shared.internal_error(self.operation().id, self.id(), &cause)
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

    pub(crate) fn principal(&self) -> Option<&str> {
        self.principal.get().map(String::as_str)
    }
}

impl Call {
    pub(crate) const fn new(request: Arc<Request>, body: Option<IncomingBody>) -> Self {
        Self { request, body: Mutex::new(body) }
    }

    /// The request.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The operation's parameters.
    pub fn parameters<P: FromParameters>(&self) -> Result<P, Rejection> {
        P::from_parameters(&ParameterSource::new(&self.request))
    }

    /// The principal, for an operation that has security. There is one whenever the service made the call.
    pub fn principal<P>(&self, principal: Option<P>) -> Result<P, Rejection> {
        principal.ok_or_else(|| self.request.internal_error("the operation was called without a principal"))
    }

    /// The JSON body of an operation that needs one.
    pub async fn json_body<T: DeserializeOwned>(&self) -> Result<T, Rejection> {
        self.optional_json_body().await?.ok_or(Rejection::MissingBody)
    }

    /// The JSON body of an operation that can do without.
    pub async fn optional_json_body<T: DeserializeOwned>(&self) -> Result<Option<T>, Rejection> {
        match self.bytes_body().await? {
            bytes if bytes.is_empty() => Ok(None),
            bytes => {
                let Strict(value) = body::parse_json(&bytes)?;
                let validation = &self.request.shared().validation;
                let checked = validation.body(self.request.operation_index(), &value);
                checked
                    .map_err(|Violation { pointer, reason }| Rejection::InvalidBody { pointer, reason })?;
                body::typed(value).map(Some)
            }
        }
    }

    /// The whole body, of a media type that the operation reads, within the limit; empty when there is none, and
    /// after the first call.
    pub async fn bytes_body(&self) -> Result<Bytes, Rejection> {
        let body = self.body.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (body, self.request.operation().body) {
            (Some(body), Some(declared)) => {
                let options = self.request.shared().options();
                let limit = declared.max_bytes.unwrap_or(options.max_body_bytes);
                body::check_media_type(&body, self.request.headers(), declared.media_types)?;
                body::read(body, limit, options.body_timeout).await
            }
            _ => Ok(Bytes::new()),
        }
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

impl fmt::Debug for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Call").field(&self.request).finish()
    }
}

impl RequestId {
    /// Sixteen lower-case hexadecimal digits.
    pub(crate) fn from_number(number: u64) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0_u8; 16];
        for (position, digit) in text.iter_mut().rev().enumerate() {
            *digit = DIGITS[((number >> (4 * position)) & 0xf) as usize];
        }
        Self(HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("0")))
    }

    /// An id that somebody else gave, if a header can carry it.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        HeaderValue::from_str(text).ok().map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}
