//! `type` as a list: null becomes `nullable`, and several types become `anyOf`, each with the keywords that speak of it.

use serde_json::{Map, Value, json};

use super::Terms;
use crate::pointer::Pointer;

/// A schema that allows null and nothing else.
fn null() -> Value {
    json!({"nullable": true, "enum": [null]})
}

/// Whether a schema, normalised, allows null and nothing else.
pub(super) fn is_null(schema: &Value) -> bool {
    let telling = |schema: &Map<String, Value>| {
        schema.keys().all(|key| matches!(key.as_str(), "nullable" | "enum" | "description" | "title"))
    };
    schema.as_object().is_some_and(telling)
        && schema.get("nullable") == Some(&Value::Bool(true))
        && schema.get("enum") == Some(&json!([null]))
}

pub(super) fn normalise(schema: &mut Map<String, Value>, at: &Pointer, terms: &mut Terms<'_>) {
    let mut kinds: Vec<String> = match schema.get("type") {
        Some(Value::Array(kinds)) if kinds.iter().all(Value::is_string) => {
            kinds.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        Some(Value::String(kind)) if kind == "null" => vec![kind.clone()],
        _ => return,
    };
    let with_null = kinds.iter().any(|kind| kind == "null");
    kinds.retain(|kind| kind != "null");
    if kinds.iter().any(|kind| kind == "number") {
        kinds.retain(|kind| kind != "integer");
    }
    let mut unique: Vec<String> = Vec::new();
    for kind in kinds {
        if !unique.contains(&kind) {
            unique.push(kind);
        }
    }
    let null_listed = match schema.get("enum") {
        Some(Value::Array(values)) => values.iter().any(Value::is_null),
        _ => true,
    };
    schema.shift_remove("type");
    match unique.as_slice() {
        [] => {
            if let Value::Object(null) = null() {
                schema.extend(null);
            }
            return;
        }
        [kind] => {
            // `type` stands first in what people write, and so in what is made of it.
            let rest = std::mem::take(schema);
            schema.insert("type".to_owned(), Value::from(kind.as_str()));
            schema.extend(rest);
        }
        kinds if kinds.len() == 5 => {}
        kinds => branches(schema, kinds, at, terms),
    }
    if with_null && null_listed {
        schema.insert("nullable".to_owned(), Value::Bool(true));
    }
}

fn branches(schema: &mut Map<String, Value>, kinds: &[String], at: &Pointer, terms: &mut Terms<'_>) {
    if let Some(written) = schema.shift_remove("anyOf") {
        let all = schema.entry("allOf").or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            terms.moved(&at.key("anyOf"), &at.key("allOf").index(all.len()).key("anyOf"));
            all.push(json!({ "anyOf": written }));
        }
    }
    let values = match schema.shift_remove("enum") {
        Some(Value::Array(values)) => Some(values),
        Some(other) => {
            schema.insert("enum".to_owned(), other);
            None
        }
        None => None,
    };
    let mut taken: Vec<String> = Vec::new();
    let mut made = Vec::new();
    for kind in kinds {
        let mut branch = Map::new();
        branch.insert("type".to_owned(), Value::from(kind.as_str()));
        let place = at.key("anyOf").index(made.len());
        for (key, value) in schema.iter() {
            if speaks_of(key, value, kind) {
                terms.moved(&at.key(key), &place.key(key));
                branch.insert(key.clone(), value.clone());
                taken.push(key.clone());
            }
        }
        if let Some(values) = &values {
            let own: Vec<_> = values.iter().filter(|value| is_of(value, kind)).cloned().collect();
            if own.is_empty() {
                continue;
            }
            branch.insert("enum".to_owned(), Value::Array(own));
        }
        if kind == "array" {
            branch.entry("items").or_insert_with(|| json!({}));
        }
        made.push(Value::Object(branch));
    }
    for key in taken {
        schema.shift_remove(&key);
    }
    schema.insert("anyOf".to_owned(), Value::Array(made));
}

/// Whether a keyword says something about values of the type.
fn speaks_of(key: &str, value: &Value, kind: &str) -> bool {
    match key {
        "minLength" | "maxLength" | "pattern" => kind == "string",
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
            matches!(kind, "number" | "integer")
        }
        "items" | "minItems" | "maxItems" | "uniqueItems" => kind == "array",
        "properties" | "additionalProperties" | "required" | "minProperties" | "maxProperties" => {
            kind == "object"
        }
        "format" => {
            let numeric = matches!(value.as_str(), Some("int32" | "int64" | "float" | "double"));
            if numeric { matches!(kind, "number" | "integer") } else { kind == "string" }
        }
        _ => false,
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}
