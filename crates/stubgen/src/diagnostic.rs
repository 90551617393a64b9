//! What the generator says about a document: typed findings with their place, collected and never thrown one by one.
//!
//! A finding names what is wrong, why it matters and what to write instead. [`Kind`] is the stable part that tools match on;
//! the sentences may change.

use std::fmt;

use crate::feature::Feature;
use crate::pointer::Pointer;

/// A place in the text of a document; both numbers start at 1, columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// What sort of finding it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// The text is not YAML or JSON.
    Syntax,
    /// A mapping has the same key twice.
    DuplicateKey,
    /// The text exceeds a bound that keeps generation finite (nesting, aliases).
    TooLarge,
    /// A field that OpenAPI requires is absent.
    MissingField,
    /// A value has another JSON type than OpenAPI requires.
    WrongType,
    /// A value is of the right type, and yet not one OpenAPI allows there.
    InvalidValue,
    /// A `$ref` points to nothing.
    DanglingReference,
    /// A chain of `$ref`s leads back to itself.
    ReferenceCycle,
    /// Two things of the document become the same Rust name.
    NameCollision,
    /// Two operations answer the same requests.
    RouteCollision,
    /// Valid OpenAPI that this version cannot generate yet.
    Unsupported(Feature),
    /// A generator that stubgen builds upon refused or failed on the document.
    Backend,
}

impl Kind {
    /// A stable, greppable name, such as `unsupported/cookie-parameter`.
    pub fn code(self) -> String {
        match self {
            Self::Syntax => "syntax".into(),
            Self::DuplicateKey => "duplicate-key".into(),
            Self::TooLarge => "too-large".into(),
            Self::MissingField => "missing-field".into(),
            Self::WrongType => "wrong-type".into(),
            Self::InvalidValue => "invalid-value".into(),
            Self::DanglingReference => "dangling-reference".into(),
            Self::ReferenceCycle => "reference-cycle".into(),
            Self::NameCollision => "name-collision".into(),
            Self::RouteCollision => "route-collision".into(),
            Self::Unsupported(feature) => format!("unsupported/{}", feature.code()),
            Self::Backend => "backend".into(),
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What sort of finding it is.
    pub kind: Kind,
    /// The document, as the caller named it.
    pub file: String,
    /// Where in the text, when the place has one.
    pub position: Option<Position>,
    /// Where in the document.
    pub pointer: Pointer,
    /// What is wrong and why it matters: a sentence without a full stop.
    pub message: String,
    /// What to write instead: a sentence without a full stop.
    pub help: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        writeln!(f, ": error[{}]: {}", self.kind.code(), self.message)?;
        writeln!(f, "  at:  {}", self.pointer)?;
        write!(f, "  fix: {}", self.help)
    }
}

/// All findings of a run, in the order of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a finding, unless the very same was made before: two readers of one place see it once.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if !self.0.contains(&diagnostic) {
            self.0.push(diagnostic);
        }
    }

    /// The findings, in the order of the document.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sorts by place, so that a reader walks through the document once.
    pub(crate) fn sort(&mut self) {
        self.0.sort_by(|a, b| {
            (a.file.as_str(), a.position, &a.pointer).cmp(&(b.file.as_str(), b.position, &b.pointer))
        });
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.0 {
            writeln!(f, "{diagnostic}")?;
        }
        match self.len() {
            0 => write!(f, "no findings"),
            1 => write!(f, "1 finding"),
            n => write!(f, "{n} findings"),
        }
    }
}

impl std::error::Error for Diagnostics {}
