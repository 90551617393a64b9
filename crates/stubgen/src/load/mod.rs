//! Text to values with positions: JSON and YAML 1.2 read into `serde_json` values, keeping where each one stood, and documents of several
//! files bundled into one.
//!
//! Bounds keep hostile text finite: aliases count as what they expand to, and nesting has a limit, because everything after this walks
//! values recursively.

mod bundle;
mod document;
mod json;
mod origins;
mod places;
pub(crate) mod reference;
mod scalar;
mod yaml;

pub(crate) use document::{At, Document, Scope};

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Diagnostics, Kind, Position};
use crate::pointer::Pointer;
use crate::repair::Repair;
use crate::{OtherFiles, Source};
use places::{Places, Spot};

/// Values nest at most this deep; real documents stay below 60.
pub(crate) const MAX_DEPTH: usize = 128;

/// A file has at most this many values, those that aliases repeat counted: aliases of aliases grow exponentially.
pub(crate) const MAX_VALUES: usize = 2_000_000;

/// Reads a document and the files that it refers to; `None` when its text cannot be read as one.
pub(crate) fn load(
    source: &Source<'_>,
    files: Option<&dyn OtherFiles>,
    diagnostics: &mut Diagnostics,
) -> Option<Document> {
    let file = read(source.name, source.text, diagnostics)?;
    Some(bundle::bundle(file, files, diagnostics))
}

/// A file as values.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// What findings call it; for other files also their path, relative to the folder of the document.
    pub(crate) name: String,
    /// As it was read; the positions belong to this.
    pub(crate) root: Value,
    pub(crate) places: Places,
}

/// What a reader made of a text.
struct Read {
    root: Value,
    spots: Vec<Spot>,
    findings: Vec<Finding>,
}

/// A finding made while the document does not exist yet.
type Finding = (Kind, Position, Pointer, String, &'static str);

fn read(name: &str, text: &str, diagnostics: &mut Diagnostics) -> Option<File> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let outcome = match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => json_or_yaml(name, text),
        _ => yaml::read(text),
    };
    let (read, findings) = match outcome {
        Ok(mut read) => {
            let findings = std::mem::take(&mut read.findings);
            (Some(read), findings)
        }
        Err(findings) => (None, findings),
    };
    for (kind, position, pointer, message, help) in findings {
        diagnostics.push(Diagnostic {
            severity: kind.severity(),
            kind,
            file: name.to_owned(),
            position: Some(position),
            pointer,
            message,
            help: help.to_owned(),
        });
    }
    read.map(|read| File { name: name.to_owned(), root: read.root, places: Places::new(read.spots) })
}

/// Text that starts like JSON may still be YAML in its flow style.
fn json_or_yaml(name: &str, text: &str) -> Result<Read, Vec<Finding>> {
    match json::read(text) {
        Ok(read) => Ok(read),
        Err(json::Failure::Bound(finding)) => Err(vec![finding]),
        Err(json::Failure::NotJson(finding)) => yaml::read(text).map_err(|findings| {
            let is_json =
                std::path::Path::new(name).extension().is_some_and(|ext| ext.eq_ignore_ascii_case("json"));
            if is_json { vec![finding] } else { findings }
        }),
    }
}

fn repeated_key(key: &str, same: bool, at: Position, pointer: Pointer) -> Finding {
    let help = "remove or rename one of them";
    if same {
        let message = format!("the key `{key}` stands twice in this object with the same value, taken once");
        (Kind::Repaired(Repair::RepeatedKey), at, pointer, message, help)
    } else {
        let message =
            format!("the key `{key}` stands twice in this object, and the second would replace the first");
        (Kind::DuplicateKey, at, pointer, message, help)
    }
}

fn too_deep(at: Position, pointer: Pointer) -> Finding {
    let message = format!("values nest deeper than {MAX_DEPTH} levels");
    (Kind::TooLarge, at, pointer, message, "move inner schemas to components and refer to them")
}

fn too_many(at: Position, pointer: Pointer) -> Finding {
    (Kind::TooLarge, at, pointer, format!("more than {MAX_VALUES} values"), "split the document")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flow_yaml_is_not_mistaken_for_json() {
        let mut diagnostics = Diagnostics::default();
        let file = read("a.yaml", "{a: 1, 'b': [2]}", &mut diagnostics).expect("YAML");
        assert_eq!(file.root, serde_json::json!({"a": 1, "b": [2]}));
        assert!(diagnostics.is_empty());
    }

    #[test]
    fn broken_json_is_explained_as_json() {
        let mut diagnostics = Diagnostics::default();
        assert!(read("a.json", "{\"a\": [1, 2}", &mut diagnostics).is_none());
        assert!(diagnostics.iter().next().is_some_and(|d| d.message == "a `,` or a `]` is expected here"));
    }
}
