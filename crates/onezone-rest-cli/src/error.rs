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
    /// The runtime that drives the connection could not be started.
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
    /// The client failed, or the server answered with an error.
    #[error(transparent)]
    Call(#[from] onezone_client::Error),
}

impl Error {
    /// 2 when the caller has to write something else, 1 for everything else.
    pub(crate) fn exit_status(&self) -> u8 {
        use onezone_client::Error::{InvalidBaseUrl, InvalidRequest};
        match self {
            Self::Usage(_)
            | Self::Read { .. }
            | Self::Call(InvalidBaseUrl { .. } | InvalidRequest { .. }) => 2,
            Self::Runtime(_) | Self::Call(_) => 1,
        }
    }
}
