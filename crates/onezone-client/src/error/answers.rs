//! Answers that are errors: those that the server reports in the form of the API, and those that nobody described.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;

use crate::{Mismatch, types};

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

/// The error inside an error's details, under whichever of the catalogue's names it is.
fn nested(error: &types::Error) -> Option<types::Error> {
    ["authError", "tokenError"]
        .iter()
        .find_map(|name| error.details.as_ref()?.get(*name))
        .and_then(|value| serde_json::from_value(value.clone()).ok())
}
