//! Keywords that OpenAPI 3.0 says otherwise, and those that it cannot say.

use serde_json::{Map, Value, json};

use super::{Reduction, Terms};
use crate::pointer::Pointer;

/// Keywords that identify or comment a schema. Definitions among them were moved to components where they are used.
pub(super) fn drop_annotations(schema: &mut Map<String, Value>) {
    for key in [
        "$schema",
        "$id",
        "$anchor",
        "$dynamicAnchor",
        "$recursiveAnchor",
        "$comment",
        "$vocabulary",
        "$defs",
        "definitions",
    ] {
        schema.shift_remove(key);
    }
    // An empty list requires nothing, and OpenAPI 3.0 does not allow one.
    if schema.get("required").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        schema.shift_remove("required");
    }
}

/// The extension for keywords of JSON Schema 2020-12 that OpenAPI 3.0 does not have: types know nothing of them, and they are enforced. Schemas
/// inside of it are in terms of OpenAPI 3.0.
pub(crate) const ASSERTIONS: &str = "x-stubgen-json-schema";

/// Keeps keywords for whoever checks values.
fn keep(schema: &mut Map<String, Value>, kept: impl IntoIterator<Item = (&'static str, Value)>) {
    if let Value::Object(assertions) = schema.entry(ASSERTIONS).or_insert_with(|| json!({})) {
        assertions.extend(kept.into_iter().map(|(key, value)| (key.to_owned(), value)));
    }
}

/// Keywords that only limit what is valid and have no counterpart.
pub(super) fn assertions(schema: &mut Map<String, Value>, at: &Pointer, terms: &mut Terms<'_>) {
    const KEPT: [&str; 10] = [
        "if",
        "then",
        "else",
        "propertyNames",
        "dependentRequired",
        "dependentSchemas",
        "contains",
        "minContains",
        "maxContains",
        "unevaluatedItems",
    ];
    let kept: Vec<_> = KEPT.into_iter().filter_map(|key| Some((key, schema.shift_remove(key)?))).collect();
    if !kept.is_empty() {
        keep(schema, kept);
    }
    if let Some(Value::Object(dependencies)) = schema.shift_remove("dependencies") {
        // What draft 7 says in one keyword is two since.
        let (names, schemas): (Map<_, _>, Map<_, _>) =
            dependencies.into_iter().partition(|(_, value)| value.is_array());
        keep(schema, [("dependentRequired", names.into()), ("dependentSchemas", schemas.into())]);
    }
    for key in ["$dynamicRef", "$recursiveRef"] {
        if schema.shift_remove(key).is_some() {
            let message = format!("`{key}` is published, and not enforced");
            terms.note(&at.key(key), Reduction::DynamicReference, &message, "use `$ref`");
        }
    }
}

/// `exclusiveMinimum: 3` to `minimum: 3, exclusiveMinimum: true`.
pub(super) fn bounds(schema: &mut Map<String, Value>, at: &Pointer, terms: &mut Terms<'_>) {
    for (exclusive, inclusive, lower) in
        [("exclusiveMinimum", "minimum", true), ("exclusiveMaximum", "maximum", false)]
    {
        let Some(bound) = schema.get(exclusive).filter(|bound| bound.is_number()).cloned() else { continue };
        let tighter = schema.get(inclusive).and_then(Value::as_f64).is_some_and(|other| {
            let bound = bound.as_f64().unwrap_or_default();
            if lower { other > bound } else { other < bound }
        });
        if tighter {
            schema.shift_remove(exclusive);
            continue;
        }
        terms.moved(&at.key(exclusive), &at.key(inclusive));
        schema.insert(inclusive.to_owned(), bound);
        schema.insert(exclusive.to_owned(), Value::Bool(true));
    }
}

/// `contentEncoding` and `contentMediaType` to the formats `byte` and `binary`.
pub(super) fn content(schema: &mut Map<String, Value>, at: &Pointer, terms: &mut Terms<'_>) {
    let encoding = schema.shift_remove("contentEncoding");
    let media = schema.shift_remove("contentMediaType");
    let inner = schema.shift_remove("contentSchema");
    let text = |value: &Option<Value>| {
        value.as_ref().and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase()
    };
    let format = match (text(&encoding).as_str(), text(&media).as_str()) {
        ("", "") if inner.is_none() => return,
        ("base64", _) if inner.is_none() => Some("byte"),
        ("binary", _) | ("", "application/octet-stream") if inner.is_none() => Some("binary"),
        _ => None,
    };
    let key = if encoding.is_some() { "contentEncoding" } else { "contentMediaType" };
    match format {
        Some(format) if schema.get("format").is_none_or(|known| known == format) => {
            terms.moved(&at.key(key), &at.key("format"));
            schema.insert("format".to_owned(), Value::from(format));
        }
        _ => {
            let message = "what the text contains is published, and not enforced";
            terms.note(&at.key(key), Reduction::Content, message, "check it in the handler");
        }
    }
}

/// `prefixItems`, and `items: false`.
pub(super) fn tuples(schema: &mut Map<String, Value>, at: &Pointer, terms: &mut Terms<'_>) {
    let prefix = match schema.shift_remove("prefixItems") {
        Some(Value::Array(prefix)) if !prefix.is_empty() => prefix,
        _ => {
            match schema.get("items") {
                Some(Value::Bool(true)) => schema.insert("items".to_owned(), json!({})),
                Some(Value::Bool(false)) => {
                    schema.insert("items".to_owned(), json!({}));
                    schema.insert("maxItems".to_owned(), Value::from(0))
                }
                _ => None,
            };
            if schema.get("type").is_some_and(|kind| kind == "array") {
                schema.entry("items").or_insert_with(|| json!({}));
            }
            return;
        }
    };
    let rest = schema.get("items").cloned().map(|items| ("items", items));
    keep(schema, [("prefixItems", Value::Array(prefix.clone()))].into_iter().chain(rest));
    let length = prefix.len();
    let mut branches: Vec<Value> = Vec::new();
    for (index, element) in prefix.into_iter().enumerate() {
        if !branches.contains(&element) {
            let place = at.key("items").key("anyOf").index(branches.len());
            terms.moved(&at.key("prefixItems").index(index), &place);
            branches.push(element);
        }
    }
    match schema.shift_remove("items") {
        Some(Value::Bool(false)) => {
            schema.entry("maxItems").or_insert_with(|| Value::from(length));
        }
        Some(Value::Object(rest)) => {
            let place = at.key("items").key("anyOf").index(branches.len());
            terms.moved(&at.key("items"), &place);
            branches.push(Value::Object(rest));
        }
        _ => {
            schema.insert("items".to_owned(), json!({}));
            return;
        }
    }
    let items = if branches.len() == 1 { branches.remove(0) } else { json!({ "anyOf": branches }) };
    schema.insert("items".to_owned(), items);
}

/// `patternProperties` and `unevaluatedProperties` to `additionalProperties`.
pub(super) fn properties(schema: &mut Map<String, Value>, at: &Pointer, terms: &mut Terms<'_>) {
    if let Some(Value::Object(patterns)) = schema.shift_remove("patternProperties")
        && !patterns.is_empty()
    {
        pattern_properties(patterns, schema, at, terms);
    }
    let Some(unevaluated) = schema.shift_remove("unevaluatedProperties") else { return };
    let composed = ["allOf", "anyOf", "oneOf", "$ref"].iter().any(|key| schema.contains_key(*key));
    if !composed && !schema.contains_key("additionalProperties") {
        terms.moved(&at.key("unevaluatedProperties"), &at.key("additionalProperties"));
        schema.insert("additionalProperties".to_owned(), unevaluated);
    } else if composed && unevaluated != Value::Bool(true) {
        keep(schema, [("unevaluatedProperties", unevaluated)]);
    }
}

fn pattern_properties(
    patterns: Map<String, Value>,
    schema: &mut Map<String, Value>,
    at: &Pointer,
    terms: &mut Terms<'_>,
) {
    let place = at.key("patternProperties");
    let others =
        schema.shift_remove("additionalProperties").or_else(|| schema.shift_remove("unevaluatedProperties"));
    let kept = others.clone().map(|others| ("additionalProperties", others));
    keep(schema, [("patternProperties", Value::Object(patterns.clone()))].into_iter().chain(kept));
    let mut branches = Vec::new();
    match others {
        Some(Value::Bool(false)) => {}
        Some(others @ Value::Object(_)) => branches.push(others),
        // Names that fit no pattern may hold anything, so nothing can be said about the values.
        _ => return,
    }
    let to = at.key("additionalProperties");
    let single = branches.is_empty() && patterns.len() == 1;
    for (pattern, value) in patterns {
        let to = if single { to.clone() } else { to.key("anyOf").index(branches.len()) };
        terms.moved(&place.key(&pattern), &to);
        branches.push(value);
    }
    let additional = if single { branches.remove(0) } else { json!({ "anyOf": branches }) };
    schema.insert("additionalProperties".to_owned(), additional);
}

/// `examples` to the one `example` that OpenAPI 3.0 has.
pub(super) fn examples(schema: &mut Map<String, Value>, at: &Pointer, terms: &mut Terms<'_>) {
    let Some(examples) = schema.shift_remove("examples") else { return };
    let first = match &examples {
        Value::Array(examples) => examples.first(),
        Value::Object(examples) => examples.values().next(),
        _ => None,
    };
    if let Some(first) = first
        && !schema.contains_key("example")
    {
        terms.moved(&at.key("examples").index(0), &at.key("example"));
        schema.insert("example".to_owned(), first.clone());
    }
}
