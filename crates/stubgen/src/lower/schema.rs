//! Schemas: refuses, with its place, what dropshot or typify would drop silently or die of.
//!
//! The rules are those of `dropshot::schema_util` 0.18 and typify 0.8, as far as they were seen to fail.

use serde_json::Value;

use crate::diagnostic::{Diagnostics, Kind};
use crate::feature::Feature;
use crate::load::At;

const TYPES: [&str; 6] = ["string", "number", "integer", "boolean", "array", "object"];
const COMPOSITIONS: [&str; 4] = ["allOf", "anyOf", "oneOf", "not"];

/// Keywords that say something about a value, and so mean nothing to dropshot without a `type`.
const ASSERTIONS: [&str; 16] = [
    "properties",
    "required",
    "items",
    "additionalProperties",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// Bounds of integers beyond this do not survive a 64-bit float.
const LARGEST_EXACT: u64 = 1 << 53;

/// The component that a `$ref` names.
pub(super) fn component(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/components/schemas/").filter(|name| !name.contains(['/', '%', '~']))
}

/// Checks a schema and all schemas inside of it.
pub(super) fn check(at: &At<'_>, diagnostics: &mut Diagnostics) {
    if at.object().is_none() {
        at.report(diagnostics, Kind::WrongType, "a schema must be an object", "write `type: string`, say");
        return;
    }
    if let Some(reference) = at.text_of("$ref") {
        if reference.starts_with('#') && component(reference).is_none() {
            let what = format!("a $ref to `{reference}`, which is no component schema");
            at.unsupported(diagnostics, Feature::SchemaKeyword, &what);
        }
        return;
    }
    kind(at, diagnostics);
    mix(at, diagnostics);
    numbers(at, diagnostics);
    enumeration(at, diagnostics);
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
        Some(text) if TYPES.contains(&text) => {
            if text == "array" && at.get("items").is_none() {
                let help = "add `items` with the schema of the elements (`items: {}` for anything)";
                at.report(diagnostics, Kind::MissingField, "an array needs `items`", help);
            }
        }
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

fn mix(at: &At<'_>, diagnostics: &mut Diagnostics) {
    let compositions = COMPOSITIONS.iter().filter(|key| at.get(key).is_some()).count();
    let typed = at.get("type").is_some();
    let asserts = ASSERTIONS.iter().any(|key| at.get(key).is_some());
    if at.get("not").is_some() {
        at.unsupported(diagnostics, Feature::SchemaKeyword, "a schema with `not`");
    }
    if compositions > 1 {
        at.unsupported(diagnostics, Feature::SchemaMix, "more than one of allOf, anyOf, oneOf and not");
    } else if !typed && asserts {
        at.unsupported(diagnostics, Feature::SchemaMix, "keywords about a value without a `type`");
    }
    if let Some(discriminator) = at.get("discriminator") {
        let what = "a discriminator";
        discriminator.unsupported(diagnostics, Feature::SchemaKeyword, what);
    }
}

fn numbers(at: &At<'_>, diagnostics: &mut Diagnostics) {
    if at.text_of("type") != Some("integer") {
        return;
    }
    for key in ["minimum", "maximum", "multipleOf"] {
        let Some(bound) = at.get(key) else { continue };
        let exact = bound.value.as_i64().is_some_and(|n| n.unsigned_abs() <= LARGEST_EXACT)
            || bound.value.as_f64().is_some_and(|n| n.fract() == 0.0 && n.abs() < 9.0e15);
        if !exact {
            bound.unsupported(diagnostics, Feature::LargeNumber, &format!("`{key}` of {}", bound.value));
        }
    }
}

fn enumeration(at: &At<'_>, diagnostics: &mut Diagnostics) {
    let Some(values) = at.get("enum") else { return };
    if at.get("type").is_none() {
        values.unsupported(diagnostics, Feature::SchemaMix, "an enum without a `type`");
    }
    let fits = |value: &Value| match at.text_of("type") {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        _ => true,
    };
    for value in values.items() {
        if !(fits(value.value) || value.value.is_null() && at.is_true("nullable")) {
            let message = format!("{} is not of the enum's type", value.value);
            let help = "quote it if it is text (YAML reads `no` and `1` as they look), or correct the type";
            value.report(diagnostics, Kind::InvalidValue, &message, help);
        }
    }
}
