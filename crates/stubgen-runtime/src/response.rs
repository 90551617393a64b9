//! Responses: the body type of everything the runtime sends, and how typed responses become it.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use serde::Serialize;

/// A response as handlers and the service produce it.
pub type Response = http::Response<Body>;

/// Any error of a body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a response: nothing, bytes, or a stream.
pub struct Body(Content);

enum Content {
    Empty,
    Full(Bytes),
    Stream(BoxBody<Bytes, BoxError>),
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
    json_as(status, "application/json", value)
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
    if !content_type.is_empty()
        && let Ok(content_type) = HeaderValue::from_str(content_type)
    {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
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
        Self(Content::Empty)
    }

    /// A body that is produced while it is sent.
    pub fn stream<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Content::Stream(body.map_err(Into::into).boxed()))
    }

    /// The whole body, when it is not a stream.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Content::Empty => Some(&[]),
            Content::Full(bytes) => Some(bytes),
            Content::Stream(_) => None,
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::empty() } else { Self(Content::Full(bytes)) }
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

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The content may be confidential; its length never is.
        match &self.0 {
            Content::Empty => formatter.write_str("Body(empty)"),
            Content::Full(bytes) => write!(formatter, "Body({} bytes)", bytes.len()),
            Content::Stream(_) => formatter.write_str("Body(stream)"),
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
            Content::Empty => Poll::Ready(None),
            Content::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Content::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Content::Stream(stream) => Pin::new(stream).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Empty => true,
            Content::Full(_) => false,
            Content::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Empty => SizeHint::with_exact(0),
            Content::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Stream(stream) => stream.size_hint(),
        }
    }
}

fn with_status(status: u16, body: Body) -> Response {
    let mut response = http::Response::new(body);
    // A document cannot have a status outside of 100 to 599, so that only a hand-written caller gets here.
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}
