//! Text to values with positions: YAML 1.2 (of which JSON is a subset) read into `serde_json` values, keeping where each one stood.
//!
//! Bounds keep hostile text finite: aliases count as what they expand to, and nesting has a limit, because everything after this walks
//! values recursively.

mod builder;
mod document;
mod scalar;

pub(crate) use document::{At, Document};

use crate::Source;
use crate::diagnostic::{Diagnostic, Diagnostics, Kind};

/// Values nest at most this deep; real documents stay below 60.
pub(crate) const MAX_DEPTH: usize = 128;

/// An expanded document has at most this many values: aliases of aliases grow exponentially.
pub(crate) const MAX_VALUES: usize = 4_000_000;

/// Reads a document; `None` when its text cannot be read as one.
pub(crate) fn load(source: &Source<'_>, diagnostics: &mut Diagnostics) -> Option<Document> {
    let (document, findings) = match builder::build(source) {
        Ok((document, findings)) => (Some(document), findings),
        Err(findings) => (None, findings),
    };
    for (kind, position, pointer, message, help) in findings {
        let (file, help) = (source.name.to_owned(), help.to_owned());
        diagnostics.push(Diagnostic { kind, file, position: Some(position), pointer, message, help });
    }
    document
}

/// A finding made while the document does not exist yet.
type Finding = (Kind, crate::Position, crate::Pointer, String, &'static str);
