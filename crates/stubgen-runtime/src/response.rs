//! Responses: the body type of everything the runtime sends, and how typed responses become it.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body::{Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use serde::Serialize;

use crate::accept::essence;

const JSON: &str = "application/json";

/// A response as handlers and the service produce it.
pub type Response = http::Response<Body>;

/// Any error of a body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a response: nothing, bytes, or a stream.
pub struct Body(Kind);

enum Kind {
    Empty,
    Full(Bytes),
    // dropshot wants bodies to be `Sync`, which streams seldom are.
    Stream(Mutex<UnsyncBoxBody<Bytes, BoxError>>),
}

/// A body with the media type that the handler chose for it, where the document leaves that open (`image/*`).
#[derive(Debug, Default)]
pub struct Content {
    /// The media type, such as `image/png`.
    pub media_type: String,
    /// The body.
    pub body: Body,
}

/// What can be sent. The generator implements it for the response and error enum of every operation.
pub trait IntoResponse {
    /// The response.
    fn into_response(self) -> Response;
}

/// What can be declared to dropshot as the success response of an operation.
pub trait DeclareResponse {
    /// Status, description, schema and headers, as dropshot's document generator wants them.
    fn declare() -> dropshot::ApiEndpointResponse;
}

/// A response with a JSON body. A value that cannot be serialised is answered as an internal error.
pub fn json<T: Serialize + ?Sized>(status: u16, value: &T) -> Response {
    json_as(status, JSON, value)
}

/// The same with a media type of its own, such as `application/problem+json`.
pub fn json_as<T: Serialize + ?Sized>(status: u16, content_type: &str, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => raw(status, content_type, bytes),
        Err(error) => {
            let mut response = with_status(500, Body::empty());
            response
                .extensions_mut()
                .insert(Broken(format!("a response body cannot be serialised: {error}")));
            response
        }
    }
}

/// A response with a body of any media type; without one, when the media type is empty or no header can carry it.
pub fn raw(status: u16, content_type: &str, body: impl Into<Body>) -> Response {
    let mut response = with_status(status, body.into());
    let header = match content_type {
        "" => None,
        // What nearly everybody sends needs no copy.
        JSON => Some(HeaderValue::from_static(JSON)),
        other => HeaderValue::from_str(other).ok(),
    };
    if let Some(header) = header {
        response.headers_mut().insert(CONTENT_TYPE, header);
    }
    response
}

/// The response with one more header. `Content-Type` and `Location` replace the one that is there. A header that cannot be sent
/// is answered as an internal error.
pub fn with_header(mut response: Response, name: &str, value: impl std::fmt::Display) -> Response {
    let value = value.to_string();
    match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes())) {
        (Ok(name), Ok(value)) if [CONTENT_TYPE, LOCATION].contains(&name) => {
            response.headers_mut().insert(name, value);
        }
        (Ok(name), Ok(value)) => {
            response.headers_mut().append(name, value);
        }
        _ => {
            response.extensions_mut().insert(Broken(format!("the header `{name}` cannot carry its value")));
        }
    }
    response
}

/// A response of a media type that the handler chose; one outside of the range that the document has is answered as an internal error.
pub fn content(status: u16, range: &str, content: Content) -> Response {
    let mut response = raw(status, &content.media_type, content.body);
    let essence = essence(&content.media_type);
    let fits = match range.split_once('/') {
        Some(("*", _)) => {
            essence.split_once('/').is_some_and(|(kind, subtype)| !kind.is_empty() && !subtype.is_empty())
        }
        Some((kind, "*")) => essence.split_once('/').is_some_and(|(own, _)| own.eq_ignore_ascii_case(kind)),
        _ => true,
    };
    if !fits || !response.headers().contains_key(CONTENT_TYPE) {
        let cause = format!("the media type `{}` of a response is not within `{range}`", content.media_type);
        response.extensions_mut().insert(Broken(cause));
    }
    response
}

/// A response whose status a handler chose: one of the class, or any for 0, but none that the operation declares by itself. Otherwise it
/// is answered as an internal error.
pub fn within(mut response: Response, class: u16) -> Response {
    response.extensions_mut().insert(Chosen { class });
    response
}

/// Marks a response whose status a handler chose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen {
    class: u16,
}

impl Chosen {
    /// What is wrong with the status, if the operation declares these.
    pub(crate) fn fault(self, status: u16, declared: &[u16]) -> Option<Broken> {
        let class = status / 100;
        let is_other =
            if self.class == 0 { class < 2 || declared.contains(&class) } else { class != self.class };
        (is_other || declared.contains(&status)).then(|| {
            Broken(format!(
                "a handler chose the status {status}, which the document does not have for its answer"
            ))
        })
    }
}

/// A response without a body.
pub fn empty(status: u16) -> Response {
    with_status(status, Body::empty())
}

/// The response of a handler's result.
pub fn respond<R: IntoResponse, E: IntoResponse>(result: Result<R, E>) -> Response {
    match result {
        Ok(response) => response.into_response(),
        Err(error) => error.into_response(),
    }
}

/// Marks a response that could not be built; the service logs the cause and answers an internal error.
#[derive(Clone, Debug)]
pub(crate) struct Broken(pub(crate) String);

impl IntoResponse for Response {
    fn into_response(self) -> Response {
        self
    }
}

impl Body {
    /// No body.
    pub const fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// A body that is produced while it is sent.
    pub fn stream<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Kind::Stream(Mutex::new(body.map_err(Into::into).boxed_unsync())))
    }

    /// A body whose pieces come from a stream, such as the events of `text/event-stream` or the lines of `application/x-ndjson`.
    /// An error ends the connection, since the status is sent by then.
    pub fn from_stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        Self::stream(StreamBody::new(Pieces(Box::pin(stream))))
    }

    /// The whole body, when it is not a stream.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Kind::Empty => Some(&[]),
            Kind::Full(bytes) => Some(bytes),
            Kind::Stream(_) => None,
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::empty() } else { Self(Kind::Full(bytes)) }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::from(Bytes::from_static(text.as_bytes()))
    }
}

fn locked<T>(stream: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The content may be confidential; its length never is.
        match &self.0 {
            Kind::Empty => formatter.write_str("Body(empty)"),
            Kind::Full(bytes) => write!(formatter, "Body({} bytes)", bytes.len()),
            Kind::Stream(_) => formatter.write_str("Body(stream)"),
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Kind::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Kind::Stream(stream) => {
                Pin::new(stream.get_mut().unwrap_or_else(PoisonError::into_inner)).poll_frame(context)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Full(_) => false,
            Kind::Stream(stream) => locked(stream).is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream(stream) => locked(stream).size_hint(),
        }
    }
}

/// Pieces as the frames of a body.
struct Pieces<S>(Pin<Box<S>>);

impl<S, E> Stream for Pieces<S>
where
    S: Stream<Item = Result<Bytes, E>>,
{
    type Item = Result<Frame<Bytes>, E>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().0.as_mut().poll_next(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

fn with_status(status: u16, body: Body) -> Response {
    let mut response = http::Response::new(body);
    if let Ok(status) = StatusCode::from_u16(status) {
        *response.status_mut() = status;
    } else {
        response.extensions_mut().insert(Broken(format!("{status} is no status")));
    }
    response
}
