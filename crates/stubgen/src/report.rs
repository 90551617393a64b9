//! What became of a document, as data for programs and as lines for people.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::workspace::Workspace;
use crate::{Diagnostic, Diagnostics, Severity};

/// What became of a document.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The document, as the caller named it.
    pub document: String,
    /// How many operations it has; 0 if its text cannot be read.
    pub operations: usize,
    /// How many of them were generated.
    pub generated: usize,
    /// The operations that were left out, by reason; one with several reasons stands at each.
    pub left_out: BTreeMap<String, Vec<LeftOut>>,
    /// What was mended in the document before it was generated from.
    pub repairs: Vec<Finding>,
    /// Everything else that was found.
    pub diagnostics: Vec<Finding>,
    /// How long it took.
    pub seconds: f64,
    /// Lines of generated Rust.
    pub lines: usize,
}

/// An operation that was left out, at the place that is the reason.
#[derive(Clone, Debug, Serialize)]
pub struct LeftOut {
    /// Its id, or its method and path.
    pub operation: String,
    /// The reason.
    #[serde(flatten)]
    pub finding: Finding,
}

/// A finding with its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Its stable name.
    pub code: String,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, from 1.
    pub column: Option<usize>,
    /// The JSON pointer.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl From<&Diagnostic> for Finding {
    fn from(diagnostic: &Diagnostic) -> Self {
        Self {
            code: diagnostic.kind.code(),
            severity: match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            file: diagnostic.file.clone(),
            line: diagnostic.position.map(|position| position.line),
            column: diagnostic.position.map(|position| position.column),
            pointer: diagnostic.pointer.to_string(),
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
        }
    }
}

impl Report {
    /// The report of a document that was generated from.
    pub fn of(document: &str, workspace: &Workspace, duration: Duration) -> Self {
        let generated = &workspace.generated;
        let mut report = Self {
            document: document.to_owned(),
            operations: generated.operations,
            generated: generated.operations.saturating_sub(generated.left_out.len()),
            seconds: duration.as_secs_f64(),
            lines: lines(workspace),
            ..Self::default()
        };
        report.add(&generated.warnings);
        for left_out in &generated.left_out {
            for reason in left_out.reasons.iter() {
                report
                    .left_out
                    .entry(reason.kind.code())
                    .or_default()
                    .push(LeftOut { operation: left_out.operation.clone(), finding: reason.into() });
            }
        }
        report
    }

    /// The report of a document that was refused.
    pub fn refused(document: &str, operations: usize, findings: &Diagnostics, duration: Duration) -> Self {
        let mut report = Self {
            document: document.to_owned(),
            operations,
            seconds: duration.as_secs_f64(),
            ..Self::default()
        };
        report.add(findings);
        report
    }

    /// How many operations were left out.
    pub fn missing(&self) -> usize {
        self.operations - self.generated
    }

    /// The report as JSON, with a line end.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    fn add(&mut self, findings: &Diagnostics) {
        for diagnostic in findings.iter() {
            let finding = Finding::from(diagnostic);
            let is_repair = finding.code.starts_with("repaired");
            let list = if is_repair { &mut self.repairs } else { &mut self.diagnostics };
            list.push(finding);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} of {} operations", self.document, self.generated, self.operations)?;
        if self.lines > 0 {
            write!(formatter, ", {} lines", self.lines)?;
        }
        if !self.repairs.is_empty() {
            write!(formatter, ", {} repairs", self.repairs.len())?;
        }
        write!(formatter, ", {:.2} s", self.seconds)?;
        for (reason, operations) in &self.left_out {
            write!(formatter, "\n  left out for {reason}: {}", operations.len())?;
            for left_out in operations {
                let Finding { file, line, column, message, .. } = &left_out.finding;
                let place =
                    [line, column].into_iter().flatten().fold(String::new(), |text, n| format!("{text}:{n}"));
                write!(formatter, "\n    {} ({file}{place}): {message}", left_out.operation)?;
            }
        }
        Ok(())
    }
}

/// How many operations a document has.
#[cfg(feature = "cli")]
pub(crate) fn operations(document: &serde_json::Value) -> usize {
    let items = document["paths"].as_object().into_iter().flatten();
    let of = |item: &serde_json::Value| {
        let additional = item["additionalOperations"].as_object().map_or(0, serde_json::Map::len);
        crate::grammar::METHODS.iter().filter(|method| item.get(**method).is_some()).count() + additional
    };
    items.map(|(_, item)| of(item)).sum()
}

/// Lines of the Rust files that are generated each time.
fn lines(workspace: &Workspace) -> usize {
    let generated = [&workspace.generated.api, &workspace.generated.client];
    generated.into_iter().flat_map(crate::workspace::rust).map(|text| text.lines().count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Generated, Kind, LeftOut as Left, Pointer, Position};

    fn diagnostic(kind: Kind) -> Diagnostic {
        Diagnostic {
            kind,
            severity: kind.severity(),
            file: "a.yaml".into(),
            position: Some(Position { line: 3, column: 5 }),
            pointer: Pointer::default(),
            message: "m".into(),
            help: "h".into(),
        }
    }

    #[test]
    fn operations_left_out_are_listed_by_reason_with_their_place() {
        let mut reasons = Diagnostics::default();
        reasons.push(diagnostic(Kind::Backend));
        reasons.push(diagnostic(Kind::Syntax));
        let left = Left { operation: "list".into(), method: "GET".into(), path: "/a".into(), reasons };
        let generated = Generated { operations: 3, left_out: vec![left], ..Generated::default() };
        let workspace = Workspace { files: std::collections::BTreeMap::new(), generated };
        let report = Report::of("a.yaml", &workspace, Duration::from_millis(1500));
        let json: serde_json::Value = serde_json::from_str(&report.json()).expect("JSON");
        assert_eq!(
            (&json["operations"], &json["generated"], &json["seconds"]),
            (&3.into(), &2.into(), &1.5.into())
        );
        assert_eq!(json["left_out"]["backend"][0]["operation"], "list");
        assert_eq!(json["left_out"]["syntax"][0]["line"], 3);
        for key in ["repairs", "diagnostics", "lines"] {
            assert!(json.get(key).is_some(), "{key}");
        }
        assert!(report.to_string().contains("left out for backend: 1\n    list (a.yaml:3:5): m"), "{report}");
    }
}
