//! What can go wrong, and the one place that chooses what it looks like on the wire: status, id, details and
//! description. A status that an operation does not document does not compile here.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

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
    /// After too many wrong passwords, the next has to wait.
    #[error("too many wrong passwords were tried {}; the next waits {} s", .0.whence(), .1.as_secs_f32())]
    Wait(Wait, Duration),
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
    PasswordTask,
    /// The store could not do what it was asked.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// What wrong passwords have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// The user name and the client network.
    Username,
    /// The client network.
    Network,
}

impl Wait {
    const fn whence(self) -> &'static str {
        match self {
            Self::Username => "for this username from your network",
            Self::Network => "from your network",
        }
    }
}

/// Onezone fails at them, and says so.
impl From<Unreadable> for Error {
    fn from(Unreadable: Unreadable) -> Self {
        Self::Credentials(AuthError::InternalServerError)
    }
}

impl Error {
    /// Whether the store may well be able to do it in a moment.
    const fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Store(StoreError::Overloaded | StoreError::Busy { .. } | StoreError::Unreachable { .. })
        )
    }

    /// Whether it was about a password that could not be verified now. There can be thousands a second, so that the log
    /// sums them up elsewhere.
    const fn is_password_refused(&self) -> bool {
        matches!(self, Self::Overloaded | Self::Wait(..))
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
    /// With the seconds to wait.
    ServiceUnavailable(ErrorResponse, i64),
}

/// How long to wait when it may be over in a moment.
const A_MOMENT: i64 = 1;

impl Refusal {
    /// What the client is told. The cause of an internal error is logged, and the client gets the reference to it.
    /// What is over in a moment is logged, too, since the client is not told what it was.
    pub(crate) fn of(error: Error, request: &Request) -> Self {
        let (request_id, operation) = (request.id(), request.operation().id);
        if error.is_temporary() {
            let trace_id = request.trace_id().map(tracing::field::display);
            tracing::warn!(request_id, trace_id, operation, cause = %Chain(&error), "temporary failure");
        } else if error.is_password_refused() {
            tracing::debug!(request_id, operation, cause = %error, "password refused unverified");
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
                Self::ServiceUnavailable(body(OnedataError::service_unavailable()), A_MOMENT)
            }
            Error::Wait(wait, time) => {
                let seconds = whole_seconds(time);
                Self::ServiceUnavailable(body(too_many_failures(wait, seconds)), seconds)
            }
            Error::Store(StoreError::Busy { .. } | StoreError::Unreachable { .. }) => {
                Self::ServiceUnavailable(body(OnedataError::temporary_failure()), A_MOMENT)
            }
            error @ (Error::PasswordHash { .. } | Error::PasswordTask | Error::Store(_)) => {
                Self::InternalServerError(rejection(&log(Chain(&error))))
            }
        }
    }
}

/// All operations have the same errors, and so one type for them: each must document every status of [`Refusal`]. Which challenges go
/// with a 401 is the runtime's to say.
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
            Refusal::ServiceUnavailable(body, seconds) => {
                let headers = DeleteNamedTokensOfUserServiceUnavailableHeaders { retry_after: Some(seconds) };
                Self::ServiceUnavailable(body, headers)
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
        Rejection::WrongProtocol { .. } | Rejection::UnreadableClient { .. } => OnedataError {
            description: format!("Provided data could not be understood by the server: {rejection}."),
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

/// The catalogue has no error for it; the id is that of a service that cannot be used now, and the description says why.
fn too_many_failures(wait: Wait, seconds: i64) -> OnedataError {
    let (whence, unit) = (wait.whence(), if seconds == 1 { "second" } else { "seconds" });
    OnedataError {
        description: format!(
            "Too many wrong passwords were tried {whence}. Try again in {seconds} {unit}, or use a token."
        ),
        ..OnedataError::service_unavailable()
    }
}

/// Nobody who waits that long comes too early.
fn whole_seconds(time: Duration) -> i64 {
    let started = u64::from(time.subsec_nanos() > 0);
    i64::try_from(time.as_secs().saturating_add(started)).unwrap_or(i64::MAX).max(A_MOMENT)
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
