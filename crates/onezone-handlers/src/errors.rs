//! What can go wrong, and the one place that chooses what it looks like on the wire: status, id, details and
//! description. A status that an operation does not document does not compile here.

use std::error::Error as _;
use std::fmt;

use onezone_api::types::{self, ErrorResponse};
use onezone_api::{
    AuthenticateError, DeleteNamedTokensOfUserServiceUnavailableHeaders,
    DeleteNamedTokensOfUserUnauthorizedHeaders,
};
use onezone_store::{MAX_ID_BYTES, StoreError};
use onezone_tokens::{AuthError, InputError, OnedataError};
use serde_json::{Value, json};
use stubgen_runtime::{Problem, Rejection, Request};

use crate::cookie::Unreadable;

/// Why a request is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The credentials, or what they are confined to, do not allow the request.
    #[error("the credentials are refused")]
    Credentials(#[from] AuthError),
    /// Nobody said who they are.
    #[error("the caller is anonymous")]
    Anonymous,
    /// The caller has no right to it.
    #[error("the caller lacks the right")]
    Forbidden,
    /// An id with few enough characters and too many bytes.
    #[error("`{parameter}` is longer than an id")]
    IdTooLong {
        /// The parameter.
        parameter: &'static str,
    },
    /// More passwords wait to be verified than can be in time.
    #[error("too many passwords wait to be verified")]
    Overloaded,
    /// A stored password hash does not read as one.
    #[error("the password hash of user {user:?} is damaged; set a new password")]
    PasswordHash {
        /// Whose.
        user: String,
        /// What is wrong with it.
        source: InputError,
    },
    /// The verification of a password did not come to an end.
    #[error("the verification of a password broke off")]
    PasswordTask(#[source] tokio::task::JoinError),
    /// The store could not do what it was asked.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Onezone fails at them, and says so.
impl From<Unreadable> for Error {
    fn from(Unreadable: Unreadable) -> Self {
        Self::Credentials(AuthError::InternalServerError)
    }
}

impl Error {
    /// Whether the same request may well succeed in a moment.
    const fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Overloaded
                | Self::Store(
                    StoreError::Overloaded | StoreError::Busy { .. } | StoreError::Unreachable { .. }
                )
        )
    }

    /// The same, when it was about a service token. What Onezone fails at is no fault of the token.
    pub(crate) fn in_service_token(self) -> Self {
        match self {
            Self::Credentials(cause) if cause != AuthError::InternalServerError => {
                Self::Credentials(cause.in_service_token())
            }
            other => other,
        }
    }

    /// The same, when it was about a consumer token.
    pub(crate) fn in_consumer_token(self) -> Self {
        match self {
            Self::Credentials(cause) if cause != AuthError::InternalServerError => {
                Self::Credentials(cause.in_consumer_token())
            }
            other => other,
        }
    }
}

/// Every status that a refusal can have, with its body.
#[derive(Debug)]
pub(crate) enum Refusal {
    BadRequest(ErrorResponse),
    Unauthorized(ErrorResponse),
    Forbidden(ErrorResponse),
    NotFound(ErrorResponse),
    InternalServerError(ErrorResponse),
    ServiceUnavailable(ErrorResponse),
}

impl Refusal {
    /// What the client is told. The cause of an internal error is logged, and the client gets the reference to it.
    /// What is over in a moment is logged, too, since the client is not told what it was.
    pub(crate) fn of(error: Error, request: &Request) -> Self {
        if error.is_temporary() {
            let (request_id, operation) = (request.id(), request.operation().id);
            tracing::warn!(request_id, operation, cause = %Chain(&error), "temporary failure");
        }
        Self::logged_by(error, |cause| request.internal_error(cause))
    }

    fn logged_by(error: Error, log: impl FnOnce(Chain<'_>) -> Rejection) -> Self {
        match error {
            Error::Credentials(cause) => Self::Unauthorized(body(OnedataError::unauthorized(Some(&cause)))),
            Error::Anonymous => Self::Unauthorized(body(OnedataError::unauthorized(None))),
            Error::Forbidden => Self::Forbidden(body(OnedataError::forbidden())),
            Error::IdTooLong { parameter } => {
                Self::BadRequest(body(OnedataError::bad_value_text_too_large(parameter, MAX_ID_BYTES)))
            }
            Error::Store(StoreError::NotFound { .. }) => Self::NotFound(body(OnedataError::not_found())),
            Error::Overloaded | Error::Store(StoreError::Overloaded) => {
                Self::ServiceUnavailable(body(OnedataError::service_unavailable()))
            }
            Error::Store(StoreError::Busy { .. } | StoreError::Unreachable { .. }) => {
                Self::ServiceUnavailable(body(OnedataError::temporary_failure()))
            }
            error @ (Error::PasswordHash { .. } | Error::PasswordTask(_) | Error::Store(_)) => {
                Self::InternalServerError(rejection(&log(Chain(&error))))
            }
        }
    }
}

/// All operations have the same errors, and so one type for them: each must document every status of [`Refusal`]. Which challenges go
/// with a 401 and when to come back after a 503 is the runtime's to say.
impl From<Refusal> for AuthenticateError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::BadRequest(body) => Self::BadRequest(body),
            Refusal::Unauthorized(body) => {
                Self::Unauthorized(body, DeleteNamedTokensOfUserUnauthorizedHeaders::default())
            }
            Refusal::Forbidden(body) => Self::Forbidden(body),
            Refusal::NotFound(body) => Self::NotFound(body),
            Refusal::InternalServerError(body) => Self::InternalServerError(body),
            Refusal::ServiceUnavailable(body) => {
                Self::ServiceUnavailable(body, DeleteNamedTokensOfUserServiceUnavailableHeaders::default())
            }
        }
    }
}

/// The body of what the runtime refuses by itself; the status is the rejection's own.
pub(crate) fn rejection(rejection: &Rejection) -> ErrorResponse {
    body(match rejection {
        Rejection::NotFound => OnedataError::not_found(),
        Rejection::MethodNotAllowed { allow } => OnedataError {
            description: format!("This operation is not supported. Use one of the methods {allow}."),
            ..OnedataError::not_supported()
        },
        Rejection::AmbiguousHost => OnedataError {
            description: "Provided data could not be understood by the server. Send exactly one Host header."
                .to_owned(),
            ..OnedataError::malformed_data()
        },
        Rejection::MalformedPath { parameter, reason } => malformed_path(*parameter, reason),
        Rejection::InvalidParameter { name, problem, .. } => invalid_parameter(name, problem),
        Rejection::MissingBody => OnedataError::missing_required_value("body"),
        Rejection::InvalidBody { pointer, reason } => {
            OnedataError::bad_data_with_hint(if pointer.is_empty() { "body" } else { pointer }, reason)
        }
        Rejection::UnsupportedMediaType { supported, .. } => OnedataError {
            description: format!(
                "Provided data could not be understood by the server. Send it as {}.",
                supported.join(" or ")
            ),
            ..OnedataError::malformed_data()
        },
        Rejection::PayloadTooLarge { limit } => too_large("body", *limit),
        Rejection::UriTooLong { limit } => too_large("path", *limit),
        Rejection::HeadersTooLarge { limit } => too_large("headers", *limit),
        Rejection::NotAcceptable { produces } => OnedataError {
            description: format!(
                "The response can only be {}. Allow it in the Accept header, or leave the header out.",
                produces.join(" or ")
            ),
            ..OnedataError::not_supported()
        },
        Rejection::DuplicateCredential { scheme, .. } => {
            let basic = scheme.as_deref().is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic"));
            let cause = if basic { AuthError::BadBasicCredentials } else { AuthError::BadToken };
            OnedataError::unauthorized(Some(&cause))
        }
        Rejection::BodyTimeout | Rejection::Timeout => OnedataError::timeout(),
        Rejection::Overloaded => OnedataError::service_unavailable(),
        Rejection::Internal { reference } => OnedataError::internal_server_error(Some(reference)),
        // The runtime may learn new reasons; the status still says whose fault it is.
        _ if rejection.status() < 500 => OnedataError::malformed_data(),
        _ => OnedataError::internal_server_error(None),
    })
}

fn malformed_path(parameter: Option<&str>, reason: &str) -> OnedataError {
    let key = parameter.unwrap_or("path");
    // A dot segment is text that could be read, the others are not even that.
    if reason.starts_with("is a dot segment") {
        OnedataError::bad_value_identifier(key)
    } else if reason == "is empty" {
        OnedataError::bad_value_empty(key)
    } else {
        OnedataError::bad_value_string(key)
    }
}

fn invalid_parameter(name: &str, problem: &Problem) -> OnedataError {
    match problem {
        Problem::Missing => OnedataError::missing_required_value(name),
        Problem::Empty => OnedataError::bad_value_empty(name),
        Problem::Duplicate => OnedataError::bad_data_with_hint(name, "it is given more than once"),
        // The generated types say in words which rule of the document was broken.
        Problem::Malformed(complaint) => match complaint.strip_prefix("longer than ").map(leading_number) {
            Some(Some(limit)) => OnedataError::bad_value_text_too_large(name, limit),
            _ if complaint.starts_with("shorter than 1 ") => OnedataError::bad_value_empty(name),
            _ => OnedataError::bad_value_identifier(name),
        },
        _ => OnedataError::bad_value_string(name),
    }
}

fn leading_number(text: &str) -> Option<usize> {
    text.split(' ').next()?.parse().ok()
}

/// The catalogue has no error of its own for requests that are too large; this one carries the limit.
fn too_large(part: &str, limit: u64) -> OnedataError {
    OnedataError::new(
        400,
        "badValueTextTooLarge",
        Some(json!({ "key": part, "limit": limit })),
        format!("Bad value: the {part} of the request cannot be larger than {limit} bytes. Send less."),
    )
}

fn body(error: OnedataError) -> ErrorResponse {
    let details = match error.details {
        Some(Value::Object(details)) => Some(details),
        _ => None,
    };
    ErrorResponse {
        error: types::Error { id: error.id.into_owned(), details, description: error.description },
    }
}

/// An error with everything that caused it, for the log.
struct Chain<'a>(&'a Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(formatter, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
