//! Everything that the runtime itself can answer instead of a handler, with its status and headers.
//! The body is the API's to choose, through [`Api::reject`](crate::Api::reject).

use http::header::{ALLOW, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};

use crate::definition::Location;

/// Why a request was answered without, or in spite of, a handler.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// No operation has this path.
    #[error("no such resource")]
    NotFound,
    /// The path exists, with other methods.
    #[error("the method is not allowed here; allowed are {allow}")]
    MethodNotAllowed {
        /// The value of the `Allow` header.
        allow: String,
    },
    /// An HTTP/1.1 request names no host or several, so that whoever passed it on may have meant another one (RFC 9112,
    /// section 3.2).
    #[error("a request needs exactly one Host header")]
    AmbiguousHost,
    /// The connection speaks TLS where plain HTTP is served, or the other way round.
    #[error("this port speaks {speaks}")]
    WrongProtocol {
        /// What is served here.
        speaks: &'static str,
    },
    /// A trusted proxy names a client whose address cannot be read.
    #[error("the header `{header}` does not name the client's address")]
    UnreadableClient {
        /// The header.
        header: &'static str,
    },
    /// A segment of the path is no value at all.
    #[error("{} {reason}", .parameter.map_or_else(|| "a segment of the path".to_owned(), |name| format!("path parameter `{name}`")))]
    MalformedPath {
        /// The path parameter the segment stands for, when an operation's path matches.
        parameter: Option<&'static str>,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A parameter is missing or has a value that the document does not allow.
    #[error("{location} parameter `{name}` {problem}")]
    InvalidParameter {
        /// Its name in the document.
        name: &'static str,
        /// Where it should stand.
        location: Location,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The operation needs a body and there is none.
    #[error("a request body is required")]
    MissingBody,
    /// The body is not what the document describes.
    #[error("the request body is not valid{}: {reason}", Pointed(.pointer))]
    InvalidBody {
        /// JSON pointer of the offending value; empty for the whole body.
        pointer: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The body has a media type that the operation does not read.
    #[error("media type `{received}` is not supported; send {}", .supported.join(" or "))]
    UnsupportedMediaType {
        /// What the request said.
        received: String,
        /// What the operation reads.
        supported: &'static [&'static str],
    },
    /// The body is longer than allowed.
    #[error("the request body exceeds {limit} bytes")]
    PayloadTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The path and query are longer than allowed.
    #[error("the request target exceeds {limit} bytes")]
    UriTooLong {
        /// The limit in bytes.
        limit: u64,
    },
    /// The headers are more or longer than allowed.
    #[error("the request headers exceed {limit} bytes in total or are too many")]
    HeadersTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// `Accept` excludes everything that the operation can send.
    #[error("the response could only be {}, which the Accept header excludes", .produces.join(" or "))]
    NotAcceptable {
        /// The media types of the operation's responses.
        produces: &'static [&'static str],
    },
    /// A credential was sent twice, so that two readers could take different ones.
    #[error("credential `{header}` was sent more than once")]
    DuplicateCredential {
        /// The header, query parameter or cookie.
        header: &'static str,
        /// The scheme of the first one, as sent, when it is an `Authorization` with a scheme of the operation.
        scheme: Option<String>,
    },
    /// The request has no credentials that the API takes, and the document does not say how that is answered.
    #[error("authentication is required")]
    Unauthenticated,
    /// The client did not send its body in time.
    #[error("the request body did not arrive in time")]
    BodyTimeout,
    /// The handler did not answer in time.
    #[error("the operation timed out")]
    Timeout,
    /// Too many requests are being handled.
    #[error("the server is handling too many requests")]
    Overloaded,
    /// Nobody has written the operation yet.
    #[error("the operation `{operation}` is not written yet")]
    NotImplemented {
        /// Its id.
        operation: &'static str,
    },
    /// Something broke; the cause is in the log, under the reference.
    #[error("internal error, reference {reference}")]
    Internal {
        /// Ten lower-case hexadecimal digits.
        reference: String,
    },
}

/// What is wrong with a parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It is required and not there.
    #[error("is required")]
    Missing,
    /// It is there more than once.
    #[error("is given more than once")]
    Duplicate,
    /// It is the empty text where that cannot be a value (a path parameter).
    #[error("must not be empty")]
    Empty,
    /// Its bytes are not UTF-8.
    #[error("is not UTF-8")]
    NotUtf8,
    /// Its value does not fit.
    #[error("is not valid: {0}")]
    Malformed(String),
}

impl Rejection {
    /// The status of the answer.
    pub const fn status(&self) -> u16 {
        match self {
            Self::AmbiguousHost
            | Self::WrongProtocol { .. }
            | Self::UnreadableClient { .. }
            | Self::MalformedPath { .. }
            | Self::InvalidParameter { .. }
            | Self::MissingBody
            | Self::InvalidBody { .. } => 400,
            Self::DuplicateCredential { .. } | Self::Unauthenticated => 401,
            Self::NotFound => 404,
            Self::MethodNotAllowed { .. } => 405,
            Self::NotAcceptable { .. } => 406,
            Self::BodyTimeout => 408,
            Self::PayloadTooLarge { .. } => 413,
            Self::UriTooLong { .. } => 414,
            Self::UnsupportedMediaType { .. } => 415,
            Self::HeadersTooLarge { .. } => 431,
            Self::Internal { .. } => 500,
            Self::NotImplemented { .. } => 501,
            Self::Timeout | Self::Overloaded => 503,
        }
    }

    /// Every word of [`Self::word`].
    pub const WORDS: [&'static str; 21] = [
        "not_found",
        "method_not_allowed",
        "ambiguous_host",
        "wrong_protocol",
        "unreadable_client",
        "malformed_path",
        "invalid_parameter",
        "missing_body",
        "invalid_body",
        "unsupported_media_type",
        "payload_too_large",
        "uri_too_long",
        "headers_too_large",
        "not_acceptable",
        "duplicate_credential",
        "unauthenticated",
        "body_timeout",
        "timeout",
        "overloaded",
        "not_implemented",
        "internal",
    ];

    /// A word for the labels of metrics.
    pub const fn word(&self) -> &'static str {
        Self::WORDS[self.word_index()]
    }

    /// Which of [`Self::WORDS`] that is.
    pub const fn word_index(&self) -> usize {
        match self {
            Self::NotFound => 0,
            Self::MethodNotAllowed { .. } => 1,
            Self::AmbiguousHost => 2,
            Self::WrongProtocol { .. } => 3,
            Self::UnreadableClient { .. } => 4,
            Self::MalformedPath { .. } => 5,
            Self::InvalidParameter { .. } => 6,
            Self::MissingBody => 7,
            Self::InvalidBody { .. } => 8,
            Self::UnsupportedMediaType { .. } => 9,
            Self::PayloadTooLarge { .. } => 10,
            Self::UriTooLong { .. } => 11,
            Self::HeadersTooLarge { .. } => 12,
            Self::NotAcceptable { .. } => 13,
            Self::DuplicateCredential { .. } => 14,
            Self::Unauthenticated => 15,
            Self::BodyTimeout => 16,
            Self::Timeout => 17,
            Self::Overloaded => 18,
            Self::NotImplemented { .. } => 19,
            Self::Internal { .. } => 20,
        }
    }

    /// The headers that belong to the status: `Allow`, `Retry-After`. `WWW-Authenticate` depends on the
    /// operation and is added by the service.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        match self {
            Self::MethodNotAllowed { allow } => {
                if let Ok(value) = HeaderValue::from_str(allow) {
                    headers.insert(ALLOW, value);
                }
            }
            Self::Timeout | Self::Overloaded => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        headers
    }
}

/// " at `/pointer`", or nothing for the whole body.
struct Pointed<'a>(&'a str);

impl std::fmt::Display for Pointed<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(formatter, " at `{}`", self.0) }
    }
}
