//! Why a command did not succeed, and what a shell gets to know of it.

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The words on the command line or in the environment are not what they should be; nothing was sent.
    #[error("{0}")]
    Usage(String),
    /// A file could not be read; nothing was sent.
    #[error("cannot read {what}")]
    Read {
        /// What was to be read.
        what: String,
        /// Why it could not be.
        source: std::io::Error,
    },
    /// The answer could not be written where it belongs.
    #[error("cannot write {what}")]
    Write {
        /// What was to be written.
        what: String,
        /// Why it could not be.
        source: std::io::Error,
    },
    /// The answer cannot be shown as it was asked for.
    #[error("{0}")]
    Form(String),
    /// The runtime that drives the connection could not be started.
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
    /// The client failed before anything could be sent.
    #[error(transparent)]
    Client(#[from] onezone_client::Error),
    /// The call failed, or the server answered with an error.
    #[error(transparent)]
    Call(Box<Failure>),
}

/// A call that failed.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(crate) struct Failure {
    /// Why.
    #[source]
    pub(crate) error: onezone_client::Error,
    /// How it may be mended.
    pub(crate) hint: Option<String>,
    /// What the shell gets to know.
    pub(crate) exit_status: u8,
}

/// Exit statuses that are those of curl.
pub(crate) mod status {
    /// Wrong usage, also with curl.
    pub(crate) const USAGE: u8 = 2;
    /// The name of the host is unknown.
    pub(crate) const UNKNOWN_HOST: u8 = 6;
    /// No connection came about.
    pub(crate) const NO_CONNECTION: u8 = 7;
    /// The server answered with an error, and `--fail` was given.
    pub(crate) const FAIL: u8 = 22;
    /// The answer could not be written.
    pub(crate) const WRITE: u8 = 23;
    /// There was no answer in time.
    pub(crate) const TIMEOUT: u8 = 28;
    /// TLS could not be agreed on.
    pub(crate) const TLS: u8 = 35;
    /// The connection was lost.
    pub(crate) const LOST: u8 = 56;
    /// The certificate of the server is not to be trusted.
    pub(crate) const CERTIFICATE: u8 = 60;
    /// The answer is too long.
    pub(crate) const TOO_LONG: u8 = 63;
}

impl Error {
    /// What the shell gets to know; see [`status`]. 1 stands for an error of the server and for everything else.
    pub(crate) fn exit_status(&self) -> u8 {
        use onezone_client::Error::{InvalidBaseUrl, InvalidRequest};
        match self {
            Self::Usage(_)
            | Self::Read { .. }
            | Self::Client(InvalidBaseUrl { .. } | InvalidRequest { .. }) => status::USAGE,
            Self::Write { .. } => status::WRITE,
            Self::Call(failure) => failure.exit_status,
            Self::Form(_) | Self::Runtime(_) | Self::Client(_) => 1,
        }
    }
}
