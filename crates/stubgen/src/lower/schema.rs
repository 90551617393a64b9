//! Schemas: what is no schema at all. Everything else has a type and is enforced as it stands.

use crate::diagnostic::{Diagnostics, Kind};
use crate::load::At;

const TYPES: [&str; 6] = ["string", "number", "integer", "boolean", "array", "object"];

/// The component that a `$ref` names.
pub(super) fn component(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/components/schemas/").filter(|name| !name.contains(['/', '%', '~']))
}

/// Checks a schema and all schemas inside of it.
pub(super) fn check(at: &At<'_>, diagnostics: &mut Diagnostics) {
    if at.value.is_boolean() {
        return;
    }
    if at.object().is_none() {
        at.report(diagnostics, Kind::WrongType, "a schema must be an object", "write `type: string`, say");
        return;
    }
    if let Some(reference) = at.text_of("$ref") {
        if reference.starts_with('#') && component(reference).is_none() {
            let message =
                format!("the $ref `{reference}` names a part of a schema, which has no type of its own");
            let help = "move the part to `components.schemas` and refer to it there";
            at.report(diagnostics, Kind::InvalidValue, &message, help);
        }
        return;
    }
    kind(at, diagnostics);
    for (_, property) in at.get("properties").iter().flat_map(At::entries) {
        check(&property, diagnostics);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        at.get(key).iter().flat_map(At::items).for_each(|branch| check(&branch, diagnostics));
    }
    for key in ["items", "not"] {
        at.get(key).iter().for_each(|inner| check(inner, diagnostics));
    }
    if let Some(additional) = at.get("additionalProperties").filter(|a| !a.value.is_boolean()) {
        check(&additional, diagnostics);
    }
}

fn kind(at: &At<'_>, diagnostics: &mut Diagnostics) {
    let Some(kind) = at.get("type") else { return };
    match kind.text() {
        Some(text) if TYPES.contains(&text) => {}
        Some(text) => {
            let help = "types are string, number, integer, boolean, array and object";
            kind.report(diagnostics, Kind::InvalidValue, &format!("`{text}` is no type"), help);
        }
        None => {
            let help = "name one type, and say `nullable: true` if null is allowed";
            kind.report(diagnostics, Kind::WrongType, "in OpenAPI 3.0 `type` is one word", help);
        }
    }
}
