//! Text to values with positions: YAML 1.2 (of which JSON is a subset) read into `serde_json` values, keeping where each one stood.
//!
//! Bounds keep hostile text finite: aliases count as what they expand to, and nesting has a limit, because everything after this walks
//! values recursively.

mod builder;
mod document;
mod scalar;

pub(crate) use document::{At, Document};

use crate::Source;
use crate::diagnostic::{Diagnostics, Kind};

/// Values nest at most this deep; real documents stay below 60.
pub(crate) const MAX_DEPTH: usize = 128;

/// An expanded document has at most this many values: aliases of aliases grow exponentially.
pub(crate) const MAX_VALUES: usize = 4_000_000;

/// Reads a document.
pub(crate) fn load(source: &Source<'_>) -> Result<Document, Diagnostics> {
    builder::build(source).map_err(|failure| {
        let mut diagnostics = Diagnostics::default();
        for (kind, position, pointer, message, help) in failure {
            diagnostics.push(crate::Diagnostic {
                kind,
                file: source.name.to_owned(),
                position: Some(position),
                pointer,
                message,
                help: help.to_owned(),
            });
        }
        diagnostics
    })
}

/// A finding made while the document does not exist yet.
type Finding = (Kind, crate::Position, crate::Pointer, String, &'static str);
