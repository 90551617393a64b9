//! Differences between two JSON documents, each with its JSON pointer, and how they read.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::pointer::escape;

/// How many characters of a value a message shows.
const SHOWN: usize = 300;

/// On which side of a comparison something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DifferenceKind {
    /// The specification has it, the emitted document does not.
    OnlyInSpec,
    /// The emitted document has it, the specification does not.
    OnlyInEmitted,
    /// Both have it, with different values.
    Changed,
}

/// One place where two documents differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where, as a JSON pointer into the canonical form.
    pub pointer: String,
    /// On which side.
    pub kind: DifferenceKind,
    /// What the specification has there.
    pub spec: Option<Value>,
    /// What the emitted document has there.
    pub emitted: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            DifferenceKind::OnlyInSpec => "missing in the emitted document",
            DifferenceKind::OnlyInEmitted => "not in the specification",
            DifferenceKind::Changed => "changed",
        };
        write!(formatter, "  {}: {what}", self.pointer)?;
        if let Some(value) = &self.spec {
            write!(formatter, "\n    specification: {}", shown(value))?;
        }
        if let Some(value) = &self.emitted {
            write!(formatter, "\n    emitted:       {}", shown(value))?;
        }
        Ok(())
    }
}

/// Every difference between two documents. What is missing as a whole is one difference, not one for each leaf.
pub(super) fn between(specification: &Value, emitted: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", specification, emitted, &mut found);
    found
}

/// A value as a message shows it: on one line, cut where it gets long.
pub(super) fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

fn compare(pointer: &str, specification: &Value, emitted: &Value, found: &mut Vec<Difference>) {
    match (specification, emitted) {
        (Value::Object(left), Value::Object(right)) => {
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for key in keys {
                compare_member(format!("{pointer}/{}", escape(key)), left.get(key), right.get(key), found);
            }
        }
        // Elements have no identity of their own, so arrays of unlike length are one difference.
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                compare(&format!("{pointer}/{index}"), left, right, found);
            }
        }
        (left, right) if left == right => {}
        (left, right) => found.push(Difference {
            pointer: pointer.to_owned(),
            kind: DifferenceKind::Changed,
            spec: Some(left.clone()),
            emitted: Some(right.clone()),
        }),
    }
}

fn compare_member(
    pointer: String,
    specification: Option<&Value>,
    emitted: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    let kind = match (specification, emitted) {
        (Some(left), Some(right)) => return compare(&pointer, left, right, found),
        (Some(_), None) => DifferenceKind::OnlyInSpec,
        (None, Some(_)) => DifferenceKind::OnlyInEmitted,
        (None, None) => return,
    };
    found.push(Difference { pointer, kind, spec: specification.cloned(), emitted: emitted.cloned() });
}
