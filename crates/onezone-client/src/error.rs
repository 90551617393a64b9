//! What can go wrong with a call, told apart by what the caller can do about it.

mod answers;

use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

pub use answers::{ApiError, UnexpectedResponse};

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

    /// How long the server asks to wait before the request is repeated (`Retry-After`).
    pub fn retry_after(&self) -> Option<Duration> {
        self.api()?.retry_after
    }

    /// The body of an answer that the API does not describe, as it came.
    pub fn body(&self) -> Option<&Bytes> {
        match self {
            Self::Unexpected(response) => Some(&response.body),
            _ => None,
        }
    }

    /// Whether the same request may succeed a little later: no connection, no complete answer, or 429, 502, 503 or 504. The client has
    /// repeated it by then as often as its [`RetryPolicy`](crate::RetryPolicy) allows.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Timeout(_) | Self::Transport(_) => true,
            Self::Api(_) | Self::Unexpected(_) | Self::ResponseTooLarge { .. } => {
                self.status().is_some_and(retry::is_transient)
            }
            Self::InvalidBaseUrl { .. } | Self::HttpClient(_) | Self::InvalidRequest { .. } => false,
        }
    }

    /// Whether no connection came about, so that the request cannot have had an effect. (A browser does not tell.)
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::Connect(_))
    }

    /// Whether the answer did not come in time; the request may have had its effect.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout(_))
    }

    /// Sorts the failures of the HTTP client.
    pub(crate) fn transport(error: reqwest::Error) -> Self {
        // The URL may have a secret in its query.
        let error = error.without_url();
        if error.is_builder() {
            let reason =
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            return Self::InvalidRequest { reason };
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

impl From<types::Error> for types::ErrorResponse {
    /// The body that the server sends an error in.
    fn from(error: types::Error) -> Self {
        Self { error }
    }
}
