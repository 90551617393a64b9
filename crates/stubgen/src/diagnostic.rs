//! What the generator says about a document: typed findings with their place, collected and never thrown one by one.
//!
//! A finding names what is wrong, why it matters and what to write instead. [`Kind`] is the stable part that tools match on;
//! the sentences may change.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::feature::Feature;
use crate::normalise::Reduction;
use crate::pointer::Pointer;
use crate::repair::Repair;

/// A place in the text of a document; both numbers start at 1, columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// Whether a finding stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing can be generated from the place it names.
    Error,
    /// Something was understood in one sensible way, or is not enforced.
    Warning,
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
    /// A `$ref` names an address on the network, from which nothing is fetched.
    RemoteReference,
    /// A `$ref` names a file that cannot be had.
    MissingFile,
    /// Two operations answer the same requests.
    RouteCollision,
    /// Valid OpenAPI that this version cannot generate yet.
    Unsupported(Feature),
    /// A mistake with one sensible meaning, which was taken.
    Repaired(Repair),
    /// Valid, and not all of it can be said in the terms that are generated from.
    Reduced(Reduction),
    /// A stage of the generator did not do its part: a defect of stubgen, and not of the document.
    Backend,
}

impl Kind {
    /// Every one there is, those of features, repairs and reductions among them.
    pub fn all() -> impl Iterator<Item = Self> {
        let plain = [
            Self::Syntax,
            Self::DuplicateKey,
            Self::TooLarge,
            Self::MissingField,
            Self::WrongType,
            Self::InvalidValue,
            Self::DanglingReference,
            Self::ReferenceCycle,
            Self::RemoteReference,
            Self::MissingFile,
            Self::RouteCollision,
            Self::Backend,
        ];
        let features = Feature::ALL.iter().copied().map(Self::Unsupported);
        let repairs = Repair::ALL.iter().copied().map(Self::Repaired);
        let reductions = Reduction::ALL.iter().copied().map(Self::Reduced);
        plain.into_iter().chain(features).chain(repairs).chain(reductions)
    }

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
            Self::RemoteReference => "remote-reference".into(),
            Self::MissingFile => "missing-file".into(),
            Self::RouteCollision => "route-collision".into(),
            Self::Unsupported(feature) => format!("unsupported/{}", feature.code()),
            Self::Repaired(repair) => format!("repaired/{}", repair.code()),
            Self::Reduced(reduction) => format!("reduced/{}", reduction.code()),
            Self::Backend => "backend".into(),
        }
    }

    /// Repairs and reductions are warnings, all else stands in the way.
    pub fn severity(self) -> Severity {
        match self {
            Self::Repaired(_) | Self::Reduced(_) => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stands in the way.
    pub severity: Severity,
    /// What sort of finding it is.
    pub kind: Kind,
    /// The file it is in, as the caller named it.
    pub file: String,
    /// Where in the text, when the place has one.
    pub position: Option<Position>,
    /// Where in the file.
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
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(f, ": {severity}[{}]: {}", self.kind.code(), self.message)?;
        writeln!(f, "  at:  {}", self.pointer)?;
        write!(f, "  fix: {}", self.help)
    }
}

/// All findings of a run, in the order of the document.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    findings: Vec<Diagnostic>,
    /// Hashes of the findings: documents of real size have thousands.
    known: HashSet<u64>,
}

impl Diagnostics {
    /// Adds a finding, unless the very same was made before: two readers of one place see it once.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let mut hasher = DefaultHasher::new();
        (&diagnostic.file, &diagnostic.pointer, diagnostic.position, &diagnostic.message).hash(&mut hasher);
        if self.known.insert(hasher.finish()) || !self.findings.contains(&diagnostic) {
            self.findings.push(diagnostic);
        }
    }

    /// The one finding that the generator itself has a defect, which no place in the document is to blame for.
    pub(crate) fn defect(file: &str, message: String) -> Self {
        let mut diagnostics = Self::default();
        diagnostics.push(Diagnostic {
            kind: Kind::Backend,
            severity: Severity::Error,
            file: file.to_owned(),
            position: None,
            pointer: Pointer::root(),
            message,
            help: "report this as a defect of stubgen".to_owned(),
        });
        diagnostics
    }

    /// Adds what a later stage found, unless an earlier one said the same of the same place in other words.
    pub(crate) fn add_later(&mut self, later: Self) {
        let known: HashSet<_> = self.findings.iter().map(|d| (d.kind.code(), d.pointer.clone())).collect();
        for diagnostic in later {
            if !known.contains(&(diagnostic.kind.code(), diagnostic.pointer.clone())) {
                self.push(diagnostic);
            }
        }
    }

    /// The findings, in the order of the document.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.findings.iter()
    }

    /// The findings that stand in the way.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.findings.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether a finding stands in the way.
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Lets repairs stand in the way, as a caller who wants none asks for.
    pub(crate) fn refuse_repairs(&mut self) {
        for diagnostic in &mut self.findings {
            if matches!(diagnostic.kind, Kind::Repaired(_)) {
                diagnostic.severity = Severity::Error;
            }
        }
    }

    /// Sorts by place, so that a reader walks through the document once.
    pub(crate) fn sort(&mut self) {
        self.findings.sort_by(|a, b| {
            (a.file.as_str(), a.position, &a.pointer).cmp(&(b.file.as_str(), b.position, &b.pointer))
        });
    }
}

impl PartialEq for Diagnostics {
    fn eq(&self, other: &Self) -> bool {
        self.findings == other.findings
    }
}

impl Eq for Diagnostics {}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.findings.into_iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.findings {
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
