//! Answers: each read as what its status says it is. What does not fit keeps its status and its body.

use std::fmt;

use progenitor_client::{ByteStream, Error, ResponseValue};
use reqwest::Response;
use serde::de::DeserializeOwned;

/// Why the body of an answer is not what the document says. It is among the extensions of the response in
/// [`Error::UnexpectedResponse`].
#[derive(Clone, Debug)]
pub struct Mismatch(String);

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

impl From<serde_json::Error> for Mismatch {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// What the sending of an operation comes to.
pub(crate) type Outcome<T, E> = Result<ResponseValue<T>, Error<E>>;

/// An answer whose body is not read yet.
pub(crate) struct Answer(pub(crate) Response);

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// Whether the body has a media type, which may be a range such as `image/*`.
    pub(crate) fn has(&self, media_type: &str) -> bool {
        let received = self.0.headers().get(reqwest::header::CONTENT_TYPE);
        let received = received.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let received = received.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media_type.split_once('*') {
            Some((start, end)) => received.starts_with(start) && received.ends_with(end.trim_start_matches('/')),
            None => received == media_type,
        }
    }

    /// A body in JSON.
    pub(crate) async fn json<T: DeserializeOwned, S, E>(self, wrap: fn(T) -> S) -> Outcome<S, E> {
        self.whole(|bytes| serde_json::from_slice(bytes).map(wrap)).await
    }

    /// A body of text, which is UTF-8.
    pub(crate) async fn text<S, E>(self, wrap: fn(String) -> S) -> Outcome<S, E> {
        let read = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).map_err(serde::de::Error::custom);
            text.map(|text| wrap(text.to_owned()))
        };
        self.whole(read).await
    }

    /// A body that is read by the caller, bit by bit.
    pub(crate) fn bytes<S, E>(self, wrap: fn(ByteStream) -> S) -> Outcome<S, E> {
        let (status, headers) = (self.0.status(), self.0.headers().clone());
        let stream = ResponseValue::stream(self.0).into_inner();
        Ok(ResponseValue::new(wrap(stream), status, headers))
    }

    /// No body, or one that says nothing.
    pub(crate) fn empty<S, E>(self, value: S) -> Outcome<S, E> {
        let headers = self.0.headers().clone();
        Ok(ResponseValue::new(value, self.0.status(), headers))
    }

    /// An answer that the document does not know.
    pub(crate) fn unexpected<E>(self) -> Error<E> {
        Error::UnexpectedResponse(self.0)
    }

    async fn whole<S, E>(
        self,
        read: impl FnOnce(&[u8]) -> Result<S, serde_json::Error>,
    ) -> Outcome<S, E> {
        let (status, headers) = (self.0.status(), self.0.headers().clone());
        #[cfg(not(target_arch = "wasm32"))]
        let (version, extensions) = (self.0.version(), self.0.extensions().clone());
        let bytes = self.0.bytes().await.map_err(Error::ResponseBodyError)?;
        match read(&bytes) {
            Ok(value) => Ok(ResponseValue::new(value, status, headers)),
            #[cfg(not(target_arch = "wasm32"))]
            Err(error) => {
                let mut response = http::Response::new(bytes);
                *response.status_mut() = status;
                *response.version_mut() = version;
                *response.headers_mut() = headers;
                *response.extensions_mut() = extensions;
                response.extensions_mut().insert(Mismatch::from(error));
                Err(Error::UnexpectedResponse(response.into()))
            }
            // A browser's response cannot be put together again.
            #[cfg(target_arch = "wasm32")]
            Err(error) => Err(Error::InvalidResponsePayload(bytes, error)),
        }
    }
}

/// For answers that are given to the caller as they are.
pub(crate) const fn same<T>(value: T) -> T {
    value
}

/// An answer that was read as an error is one.
pub(crate) fn failed<E>(outcome: Outcome<E, E>) -> Error<E> {
    match outcome {
        Ok(value) => Error::ErrorResponse(value),
        Err(error) => error,
    }
}
