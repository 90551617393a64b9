//! What can go wrong with a call, told apart by what the caller can do about it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::{Mismatch, OperationError, response, retry, types};

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The base URL given to the builder is none; `reason` says what is wrong and how to mend it.
    #[error("cannot use {url}: {reason}")]
    InvalidBaseUrl {
        /// What was given, or a word for it when it may contain a secret.
        url: String,
        /// What is wrong with it and what to write instead.
        reason: String,
    },
    /// The HTTP client could not be set up, for instance for want of TLS certificates.
    #[error("cannot set up the HTTP client")]
    HttpClient(#[source] reqwest::Error),
    /// The request was refused on this side; nothing was sent.
    #[error("request not sent: {reason}")]
    InvalidRequest {
        /// What is wrong with it.
        reason: String,
    },
    /// No connection to the server came about; the request cannot have had an effect.
    #[error("cannot connect to the server")]
    Connect(#[source] reqwest::Error),
    /// The answer did not come in time. The request may have had its effect.
    #[error("no answer in time")]
    Timeout(#[source] reqwest::Error),
    /// The connection failed while the request was sent or the answer read. The request may have had its effect.
    #[error("connection failed before the answer was complete")]
    Transport(#[source] reqwest::Error),
    /// The server answered with an error of its own.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The answer is none that the API describes; status and body are kept as they came.
    #[error(transparent)]
    Unexpected(Box<UnexpectedResponse>),
    /// The answer's body is longer than the limit of the client.
    #[error("answer with status {status} is longer than {limit} bytes")]
    ResponseTooLarge {
        /// The answer's status.
        status: StatusCode,
        /// The limit, as set with [`ClientBuilder::max_response_bytes`](crate::ClientBuilder::max_response_bytes).
        limit: usize,
    },
}

/// An error that the server reported, in the schema `ErrorResponse` of the API.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiError {
    /// The answer's status.
    pub status: StatusCode,
    /// Id, description and details of the error.
    pub error: types::Error,
    /// The server's name for this request, if it gave one: what its operators need to find it in their logs.
    pub request_id: Option<String>,
    /// How long the server asks to wait before the request is repeated.
    pub retry_after: Option<Duration>,
}

impl ApiError {
    /// The error that caused this one, such as the reason why credentials were refused, if the details hold one.
    pub fn cause(&self) -> Option<types::Error> {
        nested(&self.error)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "server answered {}, {}: {}",
            self.status.as_u16(),
            self.error.id,
            self.error.description
        )?;
        let mut cause = self.cause();
        while let Some(error) = cause {
            write!(formatter, " {}: {}", error.id, error.description)?;
            cause = nested(&error);
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

/// An answer that does not fit the description of the API, for instance of a proxy on the way.
#[derive(Debug)]
#[non_exhaustive]
pub struct UnexpectedResponse {
    /// The answer's status; in a browser it is not known when the body has the wrong shape.
    pub status: Option<StatusCode>,
    /// The body as it came.
    pub body: Bytes,
    /// The server's name for this request, if it gave one.
    pub request_id: Option<String>,
    /// Where the answer redirects to. Redirects are not followed, since that would hand the credentials on.
    pub location: Option<String>,
    /// Why the body does not fit, when that is the reason.
    pub source: Option<Mismatch>,
}

impl fmt::Display for UnexpectedResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, &self.location) {
            (Some(status), Some(location)) => write!(
                formatter,
                "server answered {}, a redirect to {location}; set the base URL to where the API really is",
                status.as_u16()
            ),
            (Some(status), None) => write!(
                formatter,
                "server answered {} with {} bytes that are not as the API describes",
                status.as_u16(),
                self.body.len()
            ),
            (None, _) => {
                write!(
                    formatter,
                    "server answered with {} bytes that are not as the API describes",
                    self.body.len()
                )
            }
        }
    }
}

impl std::error::Error for UnexpectedResponse {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

impl Error {
    /// The error that the server reported, if it did.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// The id of the error that the server reported: what to decide by.
    pub fn id(&self) -> Option<&str> {
        self.api().map(|api| api.error.id.as_str())
    }

    /// The answer's status, if there was an answer.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Unexpected(response) => response.status,
            Self::ResponseTooLarge { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The server's name for this request, if it gave one.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.request_id.as_deref(),
            Self::Unexpected(response) => response.request_id.as_deref(),
            _ => None,
        }
    }

    /// Sorts the failures of the HTTP client.
    pub(crate) fn transport(error: reqwest::Error) -> Self {
        if error.is_builder() {
            return Self::InvalidRequest { reason: error.to_string() };
        }
        #[cfg(not(target_arch = "wasm32"))]
        if error.is_connect() {
            return Self::Connect(error);
        }
        if error.is_timeout() { Self::Timeout(error) } else { Self::Transport(error) }
    }

    /// Makes an error of an answer that is no success.
    pub(crate) fn answer(
        status: StatusCode,
        headers: &HeaderMap,
        body: Bytes,
        mismatch: Option<Mismatch>,
    ) -> Self {
        match serde_json::from_slice::<types::ErrorResponse>(&body) {
            Ok(envelope) if !status.is_success() => Self::reported(status, headers, envelope),
            outcome => Self::Unexpected(Box::new(UnexpectedResponse {
                status: Some(status),
                request_id: response::request_id(headers),
                location: status.is_redirection().then(|| response::text(headers, "location")).flatten(),
                source: mismatch.or(outcome.err().filter(|_| !body.is_empty()).map(Mismatch::from)),
                body,
            })),
        }
    }

    fn reported(status: StatusCode, headers: &HeaderMap, envelope: types::ErrorResponse) -> Self {
        Self::Api(Box::new(ApiError {
            status,
            error: envelope.error,
            request_id: response::request_id(headers),
            retry_after: retry::retry_after(headers),
        }))
    }
}

impl From<OperationError> for Error {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::InvalidRequest(reason) | OperationError::Custom(reason) => {
                Self::InvalidRequest { reason }
            }
            OperationError::CommunicationError(error)
            | OperationError::InvalidUpgrade(error)
            | OperationError::ResponseBodyError(error) => Self::transport(error),
            OperationError::ErrorResponse(value) => {
                let (status, headers) = (value.status(), value.headers().clone());
                Self::reported(status, &headers, value.into_inner())
            }
            OperationError::InvalidResponsePayload(body, source) => {
                Self::Unexpected(Box::new(UnexpectedResponse {
                    status: None,
                    body,
                    request_id: None,
                    location: None,
                    source: Some(source.into()),
                }))
            }
            OperationError::UnexpectedResponse(response) => response::into_error(&response),
        }
    }
}

/// The error inside an error's details, under whichever of the catalogue's names it is.
fn nested(error: &types::Error) -> Option<types::Error> {
    ["authError", "tokenError"]
        .iter()
        .find_map(|name| error.details.as_ref()?.get(*name))
        .and_then(|value| serde_json::from_value(value.clone()).ok())
}
