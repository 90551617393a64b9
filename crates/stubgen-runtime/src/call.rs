//! A call of an operation: the request's parameters and body, read when generated code asks for them.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::body::{self, IncomingBody, Strict};
use crate::definition::Shape;
use crate::media_type;
use crate::multipart::Multipart;
use crate::parameters::{self, FromParameters, ParameterSource};
use crate::rejection::{Problem, Rejection};
use crate::request::Request;
use crate::response::Response;
use crate::validation::Violation;

/// A body that may come in several media types. The generator implements it for the enum of each such body.
pub trait FromBody: Sized {
    /// Reads it as its media type says; none when there is no body.
    fn from_body(call: &Call) -> impl Future<Output = Result<Option<Self>, Rejection>> + Send;
}

/// What the generated `dispatch` gives: the answer of an operation on its way.
pub type Dispatched<'a> = Pin<Box<dyn Future<Output = Result<Response, Rejection>> + Send + 'a>>;

/// One call of an operation: the request, with its parameters and body still to be read.
///
/// Each of the functions that read the body checks that it is of a media type that the operation reads, within the limit and in
/// time. The body is there for the first of them only. A body that is empty and has no media type is none.
pub struct Call {
    request: Arc<Request>,
    body: Mutex<Option<IncomingBody>>,
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

    /// Which of the operation's media types the body has, in the operation's spelling; the first one when the request does not
    /// say. None when it is none of them, which the functions that read the body refuse.
    pub fn media_type(&self) -> Option<&'static str> {
        let supported = self.request.operation().body?.media_types;
        self.media_type_position().map(|position| supported[position])
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
                self.check(&value)?;
                body::typed(value).map(Some)
            }
        }
    }

    /// The text of an operation that needs one.
    pub async fn text_body(&self) -> Result<String, Rejection> {
        self.optional_text_body().await?.ok_or(Rejection::MissingBody)
    }

    /// The text of an operation that can do without: UTF-8, or ISO 8859-1 when the request says so.
    pub async fn optional_text_body(&self) -> Result<Option<String>, Rejection> {
        let Some(bytes) = self.optional_bytes_body().await? else { return Ok(None) };
        let content_type = self.content_type().unwrap_or_default();
        let charset = media_type::parameter(&content_type, "charset").unwrap_or("utf-8").to_ascii_lowercase();
        let text = match charset.as_str() {
            "utf-8" | "utf8" | "us-ascii" => String::from_utf8(bytes.into())
                .map_err(|_| Self::invalid(String::new(), &Problem::NotUtf8))?,
            "iso-8859-1" | "latin1" => bytes.iter().copied().map(char::from).collect(),
            _ => {
                let supported = self.request.operation().body.map_or(&[][..], |body| body.media_types);
                return Err(Rejection::UnsupportedMediaType { received: content_type, supported });
            }
        };
        let value = Value::String(text);
        self.check(&value)?;
        body::typed(value).map(Some)
    }

    /// The whole body; empty when there is none.
    pub async fn bytes_body(&self) -> Result<Bytes, Rejection> {
        let body = self.body.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (body, self.request.operation().body) {
            (Some(body), Some(declared)) => {
                let options = self.request.shared().options();
                let limit = declared.max_bytes.unwrap_or(options.max_body_bytes);
                body::check_media_type(&body, self.content_type().as_deref(), declared.media_types)?;
                body::read(body, limit, options.body_timeout).await
            }
            _ => Ok(Bytes::new()),
        }
    }

    /// The whole body of an operation that can do without.
    pub async fn optional_bytes_body(&self) -> Result<Option<Bytes>, Rejection> {
        let bytes = self.bytes_body().await?;
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty() || self.content_type().is_some()))
    }

    /// The `application/x-www-form-urlencoded` body of an operation that needs one. Each property stands under its own name, an
    /// array repeats it, and what is inside of a property has its names in brackets (`a[b]`, `a[]`, `a[0]`).
    pub async fn form_body<T: DeserializeOwned>(&self) -> Result<T, Rejection> {
        self.optional_form_body().await?.ok_or(Rejection::MissingBody)
    }

    /// The same of an operation that can do without.
    pub async fn optional_form_body<T: DeserializeOwned>(&self) -> Result<Option<T>, Rejection> {
        let Some(bytes) = self.optional_bytes_body().await? else { return Ok(None) };
        let shape = self.request.operation().body.map_or(Shape::Any, |body| body.form);
        let value =
            parameters::form(&shape, &bytes).map_err(|fault| Self::invalid(fault.pointer, &fault.problem))?;
        self.check(&value)?;
        body::typed(value).map(Some)
    }

    /// The `multipart/form-data` body of an operation that needs one. Its parts are held against no schema: they have none
    /// before they are taken apart.
    pub async fn multipart_body(&self) -> Result<Multipart, Rejection> {
        self.optional_multipart_body().await?.ok_or(Rejection::MissingBody)
    }

    /// The same of an operation that can do without.
    pub async fn optional_multipart_body(&self) -> Result<Option<Multipart>, Rejection> {
        let Some(bytes) = self.optional_bytes_body().await? else { return Ok(None) };
        let content_type = self.content_type().unwrap_or_default();
        Multipart::parse(&content_type, bytes).await.map(Some)
    }

    /// The body of an operation that needs one, in one of several media types.
    pub async fn any_body<T: FromBody>(&self) -> Result<T, Rejection> {
        self.optional_any_body().await?.ok_or(Rejection::MissingBody)
    }

    /// The same of an operation that can do without.
    pub async fn optional_any_body<T: FromBody>(&self) -> Result<Option<T>, Rejection> {
        T::from_body(self).await
    }

    fn content_type(&self) -> Option<String> {
        media_type::content_type(self.request.headers())
    }

    fn media_type_position(&self) -> Option<usize> {
        let declared = self.request.operation().body?;
        media_type::position(self.content_type().as_deref(), declared.media_types)
    }

    fn check(&self, value: &Value) -> Result<(), Rejection> {
        let position = self.media_type_position().unwrap_or_default();
        let checked = self.request.shared().validation.body(self.request.operation_index(), position, value);
        checked.map_err(|Violation { pointer, reason }| Rejection::InvalidBody { pointer, reason })
    }

    fn invalid(pointer: String, problem: &Problem) -> Rejection {
        let reason = match problem {
            Problem::Malformed(reason) => reason.clone(),
            problem => problem.to_string(),
        };
        Rejection::InvalidBody { pointer, reason }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Call").field(&self.request).finish()
    }
}
