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

/// Keywords that only limit what is valid and have no counterpart.
pub(super) fn unenforced(schema: &mut Map<String, Value>, at: &Pointer, terms: &mut Terms<'_>) {
    const ROWS: [(&[&str], Reduction, &str); 7] = [
        (&["if", "then", "else"], Reduction::Conditional, "use `oneOf` with a discriminator"),
        (&["propertyNames"], Reduction::PropertyNames, "check the names in the handler"),
        (
            &["dependentRequired", "dependencies"],
            Reduction::DependentRequired,
            "use `oneOf`, or check it in the handler",
        ),
        (&["dependentSchemas"], Reduction::DependentSchemas, "use `oneOf`, or check it in the handler"),
        (
            &["contains", "minContains", "maxContains"],
            Reduction::Contains,
            "check the elements in the handler",
        ),
        (&["unevaluatedItems"], Reduction::UnevaluatedItems, "use `maxItems`"),
        (&["$dynamicRef", "$recursiveRef"], Reduction::DynamicReference, "use `$ref`"),
    ];
    for (keys, reduction, help) in ROWS {
        let present: Vec<_> = keys.iter().filter(|key| schema.contains_key(**key)).copied().collect();
        let Some(first) = present.first() else { continue };
        let message = format!("`{}` is published, and not enforced", present.join("`, `"));
        terms.note(&at.key(first), reduction, &message, help);
        for key in present {
            schema.shift_remove(key);
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
    let message = "which element stands at which position is published, and not enforced";
    terms.note(&at.key("prefixItems"), Reduction::PrefixItems, message, "use an object");
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
        let message = "`unevaluatedProperties` beside other schemas is published, and not enforced";
        let help = "write one schema with all properties and `additionalProperties`";
        terms.note(&at.key("unevaluatedProperties"), Reduction::UnevaluatedProperties, message, help);
    }
}

fn pattern_properties(
    patterns: Map<String, Value>,
    schema: &mut Map<String, Value>,
    at: &Pointer,
    terms: &mut Terms<'_>,
) {
    let place = at.key("patternProperties");
    let message = "the patterns of names are published, and not enforced";
    terms.note(&place, Reduction::PatternProperties, message, "use `additionalProperties`");
    let closed = [schema.get("additionalProperties"), schema.get("unevaluatedProperties")]
        .into_iter()
        .flatten()
        .any(|additional| *additional == Value::Bool(false));
    if !closed {
        // Names that fit no pattern may hold anything, so nothing can be said about the values.
        return;
    }
    schema.shift_remove("unevaluatedProperties");
    let to = at.key("additionalProperties");
    let single = patterns.len() == 1;
    let mut branches = Vec::new();
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
