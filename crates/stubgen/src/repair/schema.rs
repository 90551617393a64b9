//! Schemas: one keyword that contradicts, or needs, another.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Mender, Repair, default, enumeration, shown, types};
use crate::grammar::{self, Role};
use crate::pointer::Pointer;

/// Fields beside a `$ref` that describe its use and not the value.
const DESCRIBING: [&str; 10] = [
    "description",
    "summary",
    "title",
    "example",
    "default",
    "deprecated",
    "nullable",
    "readOnly",
    "writeOnly",
    "externalDocs",
];

pub(super) fn repair(root: &mut Value, mender: &mut Mender<'_>) {
    let names: Vec<String> = root
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .map(|schemas| schemas.keys().cloned().collect())
        .unwrap_or_default();
    let mut patterns = Patterns::default();
    grammar::walk(Role::Document, root, &mut Pointer::root(), &mut |role, value, at| {
        if role != Role::Schema {
            if let Value::Object(members) = value
                && !mender.is_newer
            {
                reference_siblings(role, members, at, mender);
            }
            return;
        }
        let Value::Object(schema) = value else { return };
        boolean_required(schema, at, mender);
        if schema.get("$ref").is_some_and(Value::is_string) {
            if !mender.is_newer {
                reference_siblings(role, schema, at, mender);
            }
            return;
        }
        empty_lists(schema, at, mender);
        newer_keywords(schema, at, mender);
        types::unknown(schema, &names, at, mender);
        enumeration::repair(schema, at, mender);
        types::items(schema, at, mender);
        types::missing(schema, at, mender);
        large_numbers(schema, at, mender);
        default::repair(schema, at, mender);
        patterns.repair(schema, at, mender);
    });
}

fn reference_siblings(role: Role, members: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    if !members.get("$ref").is_some_and(Value::is_string) || role == Role::PathItem {
        return;
    }
    let siblings: Vec<_> =
        members.keys().filter(|key| *key != "$ref" && !key.starts_with("x-")).cloned().collect();
    if siblings.is_empty() {
        return;
    }
    let mut dropped = Vec::new();
    let mut kept = Vec::new();
    for key in siblings {
        if role == Role::Schema && DESCRIBING.contains(&key.as_str()) {
            kept.push(key);
        } else {
            members.shift_remove(&key);
            dropped.push(key);
        }
    }
    let help = "put the $ref into `allOf`, or remove what stands beside it";
    if !kept.is_empty() {
        let message = format!(
            "OpenAPI 3.0 ignores `{}` beside a $ref, taken for a description of this use",
            kept.join("`, `")
        );
        mender.note(at, Repair::ReferenceSiblings, &message, help);
    }
    if !dropped.is_empty() {
        let message =
            format!("OpenAPI 3.0 ignores `{}` beside a $ref, taken as absent", dropped.join("`, `"));
        mender.note(at, Repair::ReferenceSiblings, &message, help);
    }
}

/// `required: true` inside of a property, which belongs to the object around it.
fn boolean_required(schema: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    let mut names = Vec::new();
    for (name, property) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten()
    {
        let Value::Object(property) = property else { continue };
        let Some(Value::Bool(required)) = property.get("required") else { continue };
        let required = *required;
        property.shift_remove("required");
        let place = at.key("properties").key(name).key("required");
        let message = if required {
            names.push(Value::String(name.clone()));
            format!(
                "`required: true` stands inside of a property, taken for `required: [{name}]` of the object"
            )
        } else {
            "`required: false` stands inside of a property, taken as absent".to_owned()
        };
        mender.note(
            &place,
            Repair::BooleanRequired,
            &message,
            "name the property in `required` of the object",
        );
    }
    if let Some(Value::Bool(_)) = schema.get("required") {
        schema.shift_remove("required");
        let message = "`required` is a list of names, taken as absent";
        mender.note(&at.key("required"), Repair::BooleanRequired, message, "name the properties");
    }
    if names.is_empty() {
        return;
    }
    if let Value::Array(required) = schema.entry("required").or_insert_with(|| json!([])) {
        for name in names {
            if !required.contains(&name) {
                required.push(name);
            }
        }
    }
}

fn empty_lists(schema: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    for key in ["allOf", "anyOf", "oneOf", "enum"] {
        if schema.get(key).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            schema.shift_remove(key);
            let message = format!("`{key}` is empty, taken as absent");
            mender.note(&at.key(key), Repair::EmptyList, &message, "remove it");
        }
    }
}

/// Says which keywords of JSON Schema a document of OpenAPI 3.0 has; what they mean is plain.
fn newer_keywords(schema: &Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    if mender.is_newer {
        return;
    }
    for (key, value) in schema {
        let newer = match key.as_str() {
            "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
            "type" => value.is_array() || value == "null",
            key => grammar::is_newer_keyword(key),
        };
        if newer {
            let message = format!("`{key}: {}` is OpenAPI 3.1, taken as that has it", shown(value));
            let help = "say it in the terms of OpenAPI 3.0, or write `openapi: 3.1.0`";
            mender.note(&at.key(key), Repair::NewerKeyword, &message, help);
        }
    }
}

/// Bounds that no 64-bit integer reaches.
fn large_numbers(schema: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    if schema.get("type").is_none_or(|kind| kind != "integer") {
        return;
    }
    for key in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "default"] {
        let Some(value) = schema.get(key) else { continue };
        let beyond = value.is_f64() && value.as_f64().is_some_and(|n| n.abs() >= 9_223_372_036_854_775_808.0);
        if beyond {
            let message = format!("`{key}: {value}` is beyond 64 bits, taken as absent");
            schema.shift_remove(key);
            mender.note(&at.key(key), Repair::LargeNumber, &message, "write a number that fits 64 bits");
        }
    }
}

/// Patterns as they were judged before: documents repeat them.
#[derive(Default)]
struct Patterns(HashMap<String, Option<String>>);

impl Patterns {
    fn repair(&mut self, schema: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
        let Some(pattern) = schema.get("pattern").and_then(Value::as_str) else { return };
        if !self.0.contains_key(pattern) {
            self.0.insert(pattern.to_owned(), usable(pattern));
        }
        let usable = &self.0[pattern];
        if usable.as_deref() == Some(pattern) {
            return;
        }
        let help = "write a regular expression of ECMAScript (ECMA-262), without delimiters or flags";
        if let Some(usable) = usable {
            let message = format!("the pattern `{pattern}` is taken for `{usable}`");
            mender.note(&at.key("pattern"), Repair::Pattern, &message, help);
            schema.insert("pattern".to_owned(), Value::String(usable.clone()));
        } else {
            let message = format!("the pattern `{pattern}` is no regular expression, taken as absent");
            mender.note(&at.key("pattern"), Repair::Pattern, &message, help);
            schema.shift_remove("pattern");
        }
    }
}

/// The expression that a pattern means; `None` for one that cannot be compiled.
fn usable(pattern: &str) -> Option<String> {
    let delimited = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    if let Some(inner) = delimited.filter(|inner| inner.starts_with('^') && compiles(inner)) {
        return Some(inner.to_owned());
    }
    compiles(pattern).then(|| pattern.to_owned())
}

fn compiles(pattern: &str) -> bool {
    // The parser of the expressions calls itself for every group: more than people write would overflow the stack.
    let groups = pattern.bytes().filter(|b| matches!(b, b'(' | b'[')).count();
    pattern.len() <= 20_000 && groups <= 200 && regress::Regex::new(pattern).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_lose_their_delimiters_and_hostile_ones_are_not_tried() {
        let deep = "(".repeat(50_000);
        let rows = [
            ("^[a-z]+$", Some("^[a-z]+$")),
            ("/^[a-z]+$/", Some("^[a-z]+$")),
            ("/", Some("/")),
            ("(?<a>", None),
            ("[", None),
            ("(((a{1000}){1000}){1000}){1000}", Some("(((a{1000}){1000}){1000}){1000}")),
            (deep.as_str(), None),
        ];
        for (pattern, expected) in rows {
            assert_eq!(usable(pattern).as_deref(), expected);
        }
    }
}
