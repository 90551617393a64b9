//! Many documents, changed at every place: a change that reaches the terms of OpenAPI 3.0 is never passed over, a document is always the
//! same as itself, and nothing panics or takes long.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stubgen::compat::{ChangeKind, Version, compare};
use stubgen::{Options, Source};

use crate::cases::{base, compared};

/// Documents of the goldens; and those of others, where a collection of them lies beside the workspace.
fn documents() -> Vec<(PathBuf, String)> {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pending = vec![
        crate_folder.join("tests/golden"),
        crate_folder.join("tests/prepare/golden"),
        crate_folder.join("../../../shared/corpus/features"),
    ];
    let mut found = Vec::new();
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "json")
                && let Ok(text) = fs::read_to_string(&path)
            {
                found.push((path, text));
            }
        }
    }
    found.sort();
    assert!(found.len() > 50, "only {} documents", found.len());
    found
}

fn prepared(text: &str) -> Option<stubgen::Prepared> {
    stubgen::prepare(&Source { name: "a.yaml", text }, &Options::default()).ok()
}

/// All places of a document, as pointers.
fn places(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                places(member, &format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                places(element, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// A document that is different at one place: gone, or another value of the same kind or of another.
fn mutants(document: &Value, place: &str) -> Vec<Value> {
    let Some((around, key)) = place.rsplit_once('/') else { return Vec::new() };
    let key = key.replace("~1", "/").replace("~0", "~");
    let mut mutants = Vec::new();
    let mut without = document.clone();
    match without.pointer_mut(around) {
        Some(Value::Object(members)) => {
            members.shift_remove(&key);
        }
        Some(Value::Array(elements)) => {
            elements.remove(key.parse().expect("an index"));
        }
        _ => return Vec::new(),
    }
    mutants.push(without);
    let other = match document.pointer(place) {
        Some(Value::String(text)) => vec![json!(format!("{text}2"))],
        Some(Value::Number(number)) => vec![json!(number.as_f64().unwrap_or_default() + 1.0), json!("1")],
        Some(Value::Bool(truth)) => vec![json!(!truth)],
        Some(Value::Null) => vec![json!(1)],
        _ => vec![json!(null)],
    };
    mutants.extend(other.into_iter().map(|value| {
        let mut mutant = document.clone();
        if let Some(place) = mutant.pointer_mut(place) {
            *place = value;
        }
        mutant
    }));
    mutants
}

/// The order of these lists means nothing.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, member)| {
                let mut member = canonical(member);
                if let (Value::Array(elements), "required" | "enum" | "parameters" | "security") =
                    (&mut member, key.as_str())
                {
                    elements.sort_by_key(ToString::to_string);
                    elements.dedup();
                }
                (key.clone(), member)
            })
            .collect(),
        Value::Array(elements) => elements.iter().map(canonical).collect(),
        Value::Number(number) => json!(number.as_f64()),
        other => other.clone(),
    }
}

#[test]
fn every_document_is_the_same_as_itself() {
    for (path, text) in documents() {
        let version = Version { source: Source { name: "a.yaml", text: &text }, files: None };
        if let Ok(comparison) = compare(&version, &version) {
            assert_eq!(comparison.changes, [], "{}", path.display());
        }
    }
}

#[test]
fn no_change_at_any_place_of_any_document_is_passed_over() {
    let (mut tried, mut passed_over) = (0, Vec::new());
    let goldens = documents().into_iter().filter_map(|(path, text)| {
        let is_own = !path.to_string_lossy().contains("shared/corpus");
        (is_own && text.len() < 20_000).then(|| prepared(&text).map(|p| (path, p.served))).flatten()
    });
    for (path, document) in goldens.chain([(PathBuf::from("base.yaml"), base())]) {
        if document.get("openapi").is_none() && document.get("swagger").is_none() {
            continue;
        }
        let mut found = Vec::new();
        places(&document, "", &mut found);
        // Large documents would take long in a debug build: every so many places of them.
        let step = found.len().div_ceil(12);
        for place in found.iter().skip(found.len() % step.max(1)).step_by(step.max(1)) {
            // Which version of OpenAPI says it is no matter of what is said.
            for mutant in mutants(&document, place).into_iter().filter(|_| place != "/openapi") {
                let (before, after) = (document.to_string(), mutant.to_string());
                let (Some(before), Some(after)) = (prepared(&before), prepared(&after)) else { continue };
                if mutant.get("openapi").is_none() && mutant.get("swagger").is_none() {
                    continue;
                }
                tried += 1;
                let comparison = compared(&document, &mutant);
                let is_different = canonical(&before.normalised) != canonical(&after.normalised);
                let says_same = comparison.changes.iter().all(|change| change.kind == ChangeKind::Rewritten);
                // What OpenAPI ignores, and documents that are not understood at all.
                let is_nothing = place.contains("/headers/Content-Type")
                    || place.ends_with("/$ref")
                    || path.ends_with("refused_version/spec.yaml");
                if is_different && says_same && !is_nothing {
                    passed_over.push(format!("{} {place}: {comparison}", path.display()));
                }
            }
        }
    }
    assert!(tried > 500, "only {tried} changes were tried");
    assert!(passed_over.is_empty(), "{} of {tried}:\n{}", passed_over.len(), passed_over.join("\n"));
}

#[test]
fn any_two_documents_can_be_compared() {
    let all = documents();
    for (pair, index) in all.windows(2).zip(0..) {
        let version = |text| Version { source: Source { name: "a.yaml", text }, files: None };
        let (old, new) = (version(&pair[0].1), version(&pair[1].1));
        match (compare(&old, &new), compare(&new, &old)) {
            (Ok(there), Ok(back)) => {
                assert_eq!(there.changes.is_empty(), back.changes.is_empty(), "pair {index}");
            }
            (Err(there), Err(_)) => {
                assert!(!there.to_string().contains("comparison failed"), "{}: {there}", pair[1].0.display());
            }
            (one, other) => panic!("pair {index} only one way: {one:?} {other:?}"),
        }
    }
}

#[test]
fn a_long_chain_and_a_wide_circle_of_references_are_compared_in_time() {
    let chain = |length: usize, last: &str| {
        let mut schemas = serde_json::Map::new();
        for index in 0..length {
            let next = format!("#/components/schemas/S{}", (index + 1) % length);
            let far = format!("#/components/schemas/S{}", (index * 7 + 3) % length);
            schemas.insert(
                format!("S{index}"),
                json!({"type": "object", "properties": {"next": {"$ref": next}, "far": {"$ref": far}}}),
            );
        }
        schemas[&format!("S{}", length - 1)]["properties"]["last"] = json!({"type": last});
        json!({
            "openapi": "3.0.3", "info": {"title": "T", "version": "1"},
            "paths": {"/a": {"get": {"responses": {"200": {"description": "OK", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}}}}},
            "components": {"schemas": schemas},
        })
    };
    let started = std::time::Instant::now();
    let comparison = compared(&chain(2000, "string"), &chain(2000, "integer"));
    assert_eq!(comparison.changes.len(), 1, "{comparison}");
    assert_eq!(comparison.changes[0].operations, ["get /a"]);
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}
