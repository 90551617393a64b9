//! What changed between two versions of a document, and whom it breaks.
//!
//! Both documents go through the stages of generation up to `normalise`, so that the same thing said in another way, in another version of
//! OpenAPI or in another file, is no difference. Whether more or fewer values are valid is judged by the way that they go: to accept
//! less in a request breaks callers, and so does sending more in an answer. A schema that goes both ways is judged for both.
//!
//! Nothing is passed over: whatever is not one of the judged members is a difference of its own, and taken for a break where it could be one.

mod branches;
mod collect;
mod flat;
mod kind;
mod limits;
mod operation;
mod paths;
mod remainder;
mod report;
mod responses;
mod schema;
mod security;
mod servers;

pub use kind::{ChangeKind, Level};

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Diagnostics, Kind, Severity};
use crate::load::Document;
use crate::pointer::Pointer;
use crate::{Options, OtherFiles, Source, guard, prepare};
use collect::Collector;

/// One version of a document.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// The document.
    pub source: Source<'a>,
    /// The files that it may refer to.
    pub files: Option<&'a dyn OtherFiles>,
}

/// What is different between two versions of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// What the earlier version is called.
    pub old: String,
    /// What the later version is called.
    pub new: String,
    /// The differences: those that break first, then in the order of the documents.
    pub changes: Vec<Change>,
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What sort of difference it is.
    pub kind: ChangeKind,
    /// What it asks of the version: the higher one of the next two.
    pub level: Level,
    /// What it means for whoever calls the API.
    pub wire: Level,
    /// What it means for code that is written against the generated Rust client.
    pub rust: Level,
    /// In which of the two documents its place is: the earlier one for what is gone.
    pub side: Side,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The place in the file.
    #[serde(serialize_with = "report::text")]
    pub pointer: Pointer,
    /// What is different.
    pub message: String,
    /// Whom it breaks; empty for nobody.
    pub breaks: String,
    /// The operations concerned, as `get /pets/{id}`; none for what concerns no particular one.
    pub operations: Vec<String>,
}

/// One of the two documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The earlier one.
    Old,
    /// The later one.
    New,
}

impl Comparison {
    /// What the differences ask of the version number; `None` where there are none.
    pub fn level(&self) -> Option<Level> {
        self.changes.iter().map(|change| change.level).max()
    }

    /// The same without what only concerns code that is written against the generated Rust client.
    #[must_use]
    pub fn on_the_wire(mut self) -> Self {
        self.changes.retain(|change| change.wire > Level::Patch || change.rust == Level::Patch);
        for change in &mut self.changes {
            change.level = change.wire;
            // Callers stand before code.
            let callers = change.breaks.split(';').next().filter(|_| change.wire == Level::Major);
            change.breaks = callers.unwrap_or_default().to_owned();
        }
        self.changes.sort_by_key(|change| std::cmp::Reverse(change.level));
        self
    }
}

/// Compares two versions of a document. `Err` when one of them cannot be read as a document, with what is wrong with it; mistakes
/// that leave it readable do not matter.
pub fn compare(old: &Version<'_>, new: &Version<'_>) -> Result<Comparison, Diagnostics> {
    guard::run(|| unguarded(old, new)).unwrap_or_else(|panic| {
        Err(Diagnostics::defect(new.source.name, format!("the comparison failed: {panic}")))
    })
}

fn unguarded(old: &Version<'_>, new: &Version<'_>) -> Result<Comparison, Diagnostics> {
    let (before, after) = (read(old)?, read(new)?);
    let mut collector = Collector::new(&before, &after);
    servers::document(&mut collector);
    paths::compare(&mut collector);
    schema::components(&mut collector);
    collector.run();
    remainder::document(&mut collector);
    let mut changes = collector.finish();
    remainder::unused(&before, &after, &mut changes);
    report::sort(&mut changes);
    Ok(Comparison { old: old.source.name.to_owned(), new: new.source.name.to_owned(), changes })
}

fn read(version: &Version<'_>) -> Result<Document, Diagnostics> {
    let options = Options { files: version.files, ..Options::default() };
    let mut findings = Diagnostics::default();
    let document = prepare::document(&version.source, &options, &mut findings);
    let is_one =
        |document: &Document| ["openapi", "swagger"].iter().any(|key| document.served().get(key).is_some());
    match document {
        Some(document) if is_one(&document) => Ok(document),
        Some(_) => {
            let mut refused = Diagnostics::default();
            refused.push(Diagnostic {
                severity: Severity::Error,
                kind: Kind::MissingField,
                file: version.source.name.to_owned(),
                position: None,
                pointer: Pointer::root(),
                message: "this is no OpenAPI document: it has neither `openapi` nor `swagger`".to_owned(),
                help: "give a document of OpenAPI 3 or Swagger 2.0".to_owned(),
            });
            Err(refused)
        }
        None => Err(findings),
    }
}
