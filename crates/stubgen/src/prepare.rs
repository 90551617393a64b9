//! The stages before lowering in their order: what every generator, and whoever only wants to judge a document, begins with.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use crate::diagnostic::Diagnostics;
use crate::load::{self, Document};
use crate::{Options, Source, normalise, repair, validate};

/// The files that a document may refer to. A closure from path to text is one.
pub trait OtherFiles {
    /// The text of a file, or why it cannot be had. The path is relative to the folder of the document, has `/` between its parts, and
    /// starts with `../` when it leads out of that folder: an implementation decides whether it may.
    fn text(&self, path: &str) -> Result<String, String>;
}

impl<F: Fn(&str) -> Result<String, String>> OtherFiles for F {
    fn text(&self, path: &str) -> Result<String, String> {
        self(path)
    }
}

impl fmt::Debug for dyn OtherFiles + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OtherFiles")
    }
}

/// A document as generation sees it.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What a server publishes: the document as it was written, bundled if it has several files.
    pub served: Value,
    /// The document in terms of OpenAPI 3.0, repaired.
    pub normalised: Value,
    /// Repairs, reductions and whatever stands in the way.
    pub findings: Diagnostics,
}

/// Loads, repairs, normalises and validates a document; `Err` when its text cannot be read at all.
pub fn prepare(source: &Source<'_>, options: &Options<'_>) -> Result<Prepared, Diagnostics> {
    let mut findings = Diagnostics::default();
    let Some(document) = document(source, options, &mut findings) else { return Err(findings) };
    findings.sort();
    Ok(Prepared { served: document.served().clone(), normalised: document.root, findings })
}

/// The document that lowering reads; `None` when the text cannot be read.
pub(crate) fn document(
    source: &Source<'_>,
    options: &Options<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Document> {
    let mut document = load::load(source, options.files, diagnostics)?;
    if document.root.is_object() {
        normalise::swagger(&mut document, diagnostics);
        repair::repair(&mut document, diagnostics);
        normalise::normalise(&mut document, diagnostics);
    }
    validate::validate(&document, diagnostics);
    if options.strict {
        diagnostics.refuse_repairs();
    }
    Some(document)
}

/// What a server publishes as text: the document as it was written, or as JSON (which is YAML, too) when it has several files.
pub(crate) fn published_text<'a>(document: &Document, source: &Source<'a>) -> Cow<'a, str> {
    if document.is_bundled() {
        Cow::Owned(serde_json::to_string_pretty(document.served()).unwrap_or_default() + "\n")
    } else {
        Cow::Borrowed(source.text)
    }
}
