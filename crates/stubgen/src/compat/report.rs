//! A comparison for people and for programs.

use std::cmp::Reverse;
use std::fmt;

use serde::Serializer;

use super::kind::Direction;
use super::{Change, ChangeKind, Comparison, Level, Side};

/// How many operations are listed for a change.
const SHOWN: usize = 4;

pub(super) fn text<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Breaks first, then as the documents are read.
pub(super) fn sort(changes: &mut [Change]) {
    changes.sort_by(|a, b| {
        let key = |change: &Change| (Reverse(change.level), Reverse(change.side), change.line, change.column);
        key(a).cmp(&key(b)).then_with(|| {
            (&a.file, a.pointer.as_str(), a.kind, &a.message).cmp(&(
                &b.file,
                b.pointer.as_str(),
                b.kind,
                &b.message,
            ))
        })
    });
}

/// Whom a change breaks that goes these ways.
pub(super) fn breaks(kind: ChangeKind, directions: &[Direction], rust: Level) -> String {
    let is_broken = |way| directions.contains(&way) && kind.on_the_wire(way) == Level::Major;
    let callers = match kind {
        ChangeKind::PathRemoved | ChangeKind::OperationRemoved | ChangeKind::OperationMoved => {
            "everybody who calls it"
        }
        ChangeKind::ServerRemoved | ChangeKind::BasePathChanged | ChangeKind::ServerVariableChanged => {
            "callers that use the address as it was"
        }
        ChangeKind::SecurityAlternativeRemoved
        | ChangeKind::SecurityAdded
        | ChangeKind::ScopeAdded
        | ChangeKind::SchemeChanged => "callers whose credentials were enough before",
        ChangeKind::ParameterAddedRequired
        | ChangeKind::ParameterBecameRequired
        | ChangeKind::BodyAddedRequired
        | ChangeKind::BodyBecameRequired => "callers that do not send it",
        ChangeKind::DefaultChanged => "callers that leave it out and rely on what that meant",
        ChangeKind::CallbackRemoved
        | ChangeKind::CallbackChanged
        | ChangeKind::WebhookRemoved
        | ChangeKind::WebhookChanged => "whoever receives these requests of the server",
        ChangeKind::SuccessAdded
        | ChangeKind::SuccessRemoved
        | ChangeKind::AnswerBodyRemoved
        | ChangeKind::AnswerMediaTypeRemoved
        | ChangeKind::HeaderRemoved
        | ChangeKind::HeaderBecameOptional => "callers that read the answer as it was",
        ChangeKind::ParameterRemoved | ChangeKind::BodyRemoved | ChangeKind::RequestMediaTypeRemoved => {
            "callers that send it"
        }
        _ => match (is_broken(Direction::Request), is_broken(Direction::Answer)) {
            (true, true) => "callers that send what was right, and those that read the answer as it was",
            (true, false) => "callers that send what was right",
            (false, _) => "callers that read the answer as it was",
        },
    };
    let code = match kind {
        ChangeKind::OperationIdChanged => {
            "code that calls the method of this name, and scripts that call the operation by it"
        }
        ChangeKind::SchemeRenamed => "code that makes the credentials by this name",
        _ => "code written against the generated Rust client",
    };
    let on_the_wire = is_broken(Direction::Request) || is_broken(Direction::Answer);
    match (on_the_wire, rust == Level::Major) {
        (true, true) => format!("{callers}; {code}"),
        (true, false) => callers.to_owned(),
        (false, true) => code.to_owned(),
        (false, false) => String::new(),
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, level, kind, message, .. } = self;
        writeln!(f, "{file}:{line}:{column}: {}[{}]: {message}", level.name(), kind.code())?;
        write!(f, "  at:     {}", self.pointer)?;
        if !self.breaks.is_empty() {
            write!(f, "\n  breaks: {}", self.breaks)?;
        }
        if !self.operations.is_empty() {
            write!(
                f,
                "\n  in:     {}",
                self.operations.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ")
            )?;
            let rest = self.operations.len().saturating_sub(SHOWN);
            if rest > 0 {
                write!(f, " and {rest} more")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            writeln!(f, "{change}")?;
        }
        let count = |level| self.changes.iter().filter(|change| change.level == level).count();
        let (major, minor, patch) = (count(Level::Major), count(Level::Minor), count(Level::Patch));
        match self.level() {
            None => write!(f, "no change from {} to {}", self.old, self.new),
            Some(level) => write!(
                f,
                "from {} to {}: {major} breaking, {minor} additions, {patch} without effect; that is a {} version",
                self.old,
                self.new,
                level.name()
            ),
        }
    }
}

impl Comparison {
    /// The comparison as JSON: `old`, `new`, `level` (absent changes have none), `breaking` (how many) and `changes`.
    pub fn json(&self) -> String {
        let breaking = self.changes.iter().filter(|change| change.level == Level::Major).count();
        let value = serde_json::json!({
            "old": self.old,
            "new": self.new,
            "level": self.level(),
            "breaking": breaking,
            "changes": self.changes,
        });
        serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
    }
}

impl Side {
    /// Its name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
        }
    }
}
