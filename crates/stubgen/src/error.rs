//! What can go wrong with files; what is wrong with a document is a [`Diagnostic`](crate::Diagnostic).

use std::io;

use crate::Diagnostics;

/// Why a workspace was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The document cannot be generated from.
    #[error("{document} cannot be generated from; nothing was written")]
    Document {
        /// Its name.
        document: String,
        /// How many operations it has, as far as that can be read.
        operations: usize,
        /// Everything that stands in the way.
        findings: Diagnostics,
    },
    /// Files that are not the generator's stand where it would write.
    #[error("not written by stubgen, and in the way: {}; move them away, or choose another folder", .files.join(", "))]
    Foreign {
        /// Their paths inside of the folder.
        files: Vec<String>,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {path}")]
    File {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: String,
        /// Why it failed.
        source: io::Error,
    },
    /// Files are not what would be generated.
    #[error("{files} files in {folder} are not current; generating again brings them up to date")]
    Stale {
        /// How many.
        files: usize,
        /// In which folder.
        folder: String,
    },
}
