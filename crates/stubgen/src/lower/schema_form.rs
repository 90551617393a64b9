//! A schema of OpenAPI 3.0 in the two dialects it is handed on in: schemars' (for dropshot) and JSON Schema 2020-12 (for validators).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::normalise::ASSERTIONS;

/// As schemars 0.8 and so dropshot want it; dropshot turns it back into the very schema of the document.
pub(crate) fn for_dropshot(schema: &Value) -> Value {
    let Some(object) = schema.as_object() else { return schema.clone() };
    if !dropshot_keeps(object) {
        return json!({ "type": "string", VERBATIM: schema.to_string() });
    }
    if let Some(reference) = object.get("$ref") {
        return json!({ "$ref": reference });
    }
    let mut object = map_inner(object, &mut |_, inner| for_dropshot(inner));
    exclusive_bounds(&mut object);
    Value::Object(object)
}

/// The extension in which a schema travels through dropshot word for word.
const VERBATIM: &str = "x-stubgen-verbatim";

/// Whether dropshot's conversion keeps the keywords of a schema, apart from the schemas inside of it (`dropshot::schema_util`, 0.18).
fn dropshot_keeps(object: &Map<String, Value>) -> bool {
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
    if object.contains_key("$ref") {
        return object.len() == 1;
    }
    let has = |key: &str| object.contains_key(key);
    if ["discriminator", "xml", "externalDocs"].iter().any(|key| has(key)) {
        return false;
    }
    let compositions = ["allOf", "anyOf", "oneOf", "not"].iter().filter(|key| has(key)).count();
    let kind = object.get("type").map(Value::as_str);
    let exact = |key: &&str| {
        object.get(*key).is_none_or(|bound| bound.as_i64().is_some_and(|n| n.unsigned_abs() <= 1 << 53))
    };
    let bounds = ["minimum", "maximum", "multipleOf"];
    let sizes = ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"];
    let whole = sizes
        .iter()
        .all(|key| object.get(*key).is_none_or(|n| n.as_u64().is_some_and(|n| u32::try_from(n).is_ok())));
    let enumeration = object.get("enum").and_then(Value::as_array);
    let values_fit = enumeration.is_none_or(|values| {
        values.iter().all(|value| match kind.flatten() {
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            _ => false,
        })
    });
    // It keeps those of the type, and no others.
    let foreign = |kind: &str| ASSERTIONS.iter().any(|key| has(key) && !of_type(kind).contains(key));
    if kind.flatten().is_some_and(foreign) {
        return false;
    }
    match kind {
        None => {
            compositions <= 1
                && !has("enum")
                && !has("discriminator")
                && !ASSERTIONS.iter().any(|key| has(key))
                && !has("nullable")
        }
        Some(Some("array")) => {
            compositions == 0 && has("items") && values_fit && whole && object["items"].is_object()
        }
        Some(Some("integer")) => compositions == 0 && bounds.iter().all(exact) && values_fit,
        Some(Some("string" | "number" | "boolean" | "object")) => compositions == 0 && values_fit && whole,
        Some(_) => false,
    }
}

/// The keywords that say something about values of a type.
fn of_type(kind: &str) -> &'static [&'static str] {
    match kind {
        "string" => &["minLength", "maxLength", "pattern", "format"],
        "integer" | "number" => &["minimum", "maximum", "multipleOf", "format"],
        "array" => &["items", "minItems", "maxItems", "uniqueItems"],
        "object" => &["properties", "required", "additionalProperties", "minProperties", "maxProperties"],
        _ => &[],
    }
}

/// As a validator of JSON Schema 2020-12 wants it for values that a client sends; annotations are left out, and a property that only the
/// server sends is not required.
pub(crate) fn for_validation(schema: &Value, components: &Components<'_>) -> Value {
    validated(schema, None, components)
}

/// The component schemas of a document by their names.
pub(crate) type Components<'a> = BTreeMap<&'a str, &'a Value>;

/// `server_only` are the properties that only the server sends of what the schema is a part of, if it is a part of something that holds at once.
fn validated(schema: &Value, server_only: Option<&BTreeSet<String>>, components: &Components<'_>) -> Value {
    let Some(object) = schema.as_object() else { return schema.clone() };
    if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
        return json!({ "$ref": reference.replace("#/components/schemas/", "#/$defs/") });
    }
    let own;
    let server_only = if let Some(known) = server_only {
        known
    } else {
        own = server_only_properties(schema, components);
        &own
    };
    let mut object = map_inner(object, &mut |key, inner| {
        validated(inner, Some(server_only).filter(|_| key == "allOf"), components)
    });
    exclusive_bounds(&mut object);
    if let Some(required) = object.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| name.as_str().is_none_or(|name| !server_only.contains(name)));
    }
    if let Some(Value::Object(assertions)) = object.remove(ASSERTIONS) {
        object.extend(assertions.iter().map(|(key, value)| (key.clone(), assertion(key, value, components))));
        // It allows everything, and `unevaluatedItems` would find nothing left over.
        if object.get("items").is_some_and(|items| *items == json!({})) {
            object.remove("items");
        }
    }
    object.retain(|key, _| !ANNOTATIONS.contains(&key.as_str()) && !key.starts_with("x-"));
    if object.remove("nullable") != Some(Value::Bool(true)) {
        return Value::Object(object);
    }
    json!({ "anyOf": [Value::Object(object), { "type": "null" }] })
}

/// A keyword that OpenAPI 3.0 does not have, with the schemas in it.
fn assertion(key: &str, value: &Value, components: &Components<'_>) -> Value {
    match (key, value) {
        ("prefixItems", Value::Array(items)) => {
            items.iter().map(|item| for_validation(item, components)).collect()
        }
        ("patternProperties" | "dependentSchemas", Value::Object(members)) => {
            let members =
                members.iter().map(|(name, inner)| (name.clone(), for_validation(inner, components)));
            Value::Object(members.collect())
        }
        ("dependentRequired", value) => value.clone(),
        (_, value) => for_validation(value, components),
    }
}

/// The schemas of `allOf`, and of those in turn, that hold whenever one does, itself among them: at most so many, since references may lead
/// round and round.
fn at_once<'a>(schema: &'a Value, components: &Components<'a>) -> Vec<&'a Value> {
    const MOST: usize = 256;
    let mut found: Vec<&Value> = Vec::new();
    let mut pending = vec![schema];
    while let Some(schema) = pending.pop() {
        let Some(schema) = followed(schema, components) else { continue };
        if found.len() >= MOST || found.iter().any(|known| std::ptr::eq(*known, schema)) {
            continue;
        }
        found.push(schema);
        pending.extend(schema.get("allOf").and_then(Value::as_array).into_iter().flatten());
    }
    found
}

/// The properties that only the server sends, in any of the schemas that hold at once.
fn server_only_properties(schema: &Value, components: &Components<'_>) -> BTreeSet<String> {
    if schema.get("required").is_none() && schema.get("allOf").is_none() {
        return BTreeSet::new();
    }
    let parts = at_once(schema, components).into_iter();
    let declared = parts.filter_map(|part| part.get("properties")?.as_object()).flatten();
    declared
        .filter(|(_, property)| is_read_only(property, components))
        .map(|(name, _)| name.clone())
        .collect()
}

fn is_read_only(property: &Value, components: &Components<'_>) -> bool {
    at_once(property, components).iter().any(|part| part.get("readOnly") == Some(&Value::Bool(true)))
}

/// What a schema refers to, or itself.
fn followed<'a>(mut schema: &'a Value, components: &Components<'a>) -> Option<&'a Value> {
    for _ in 0..32 {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return Some(schema) };
        schema = components.get(reference.strip_prefix("#/components/schemas/")?)?;
    }
    None
}

/// Keywords that constrain nothing.
const ANNOTATIONS: [&str; 11] = [
    "example",
    "examples",
    "xml",
    "externalDocs",
    "discriminator",
    "description",
    "title",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
];

/// The same object with `change` applied to every schema directly inside of it. A property may be called `items`, and an example may look
/// like a schema, so only the places where OpenAPI puts schemas count.
fn map_inner(
    object: &Map<String, Value>,
    change: &mut dyn FnMut(&str, &Value) -> Value,
) -> Map<String, Value> {
    let mut mapped = Map::new();
    for (key, value) in object {
        let key = key.as_str();
        let value = match (key, value) {
            ("properties", Value::Object(inner)) => Value::Object(
                inner.iter().map(|(name, schema)| (name.clone(), change(key, schema))).collect(),
            ),
            ("items" | "not", schema) => change(key, schema),
            ("additionalProperties", schema) if schema.is_object() => change(key, schema),
            ("allOf" | "anyOf" | "oneOf", Value::Array(branches)) => {
                branches.iter().map(|branch| change(key, branch)).collect()
            }
            (_, value) => value.clone(),
        };
        mapped.insert(key.to_owned(), value);
    }
    mapped
}

/// OpenAPI 3.0 writes an exclusive bound as a flag beside the bound, draft 7 as a bound of its own.
fn exclusive_bounds(object: &mut Map<String, Value>) {
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match object.get(exclusive) {
            Some(Value::Bool(true)) => {
                object.remove(exclusive);
                if let Some(limit) = object.remove(bound) {
                    object.insert(exclusive.to_owned(), limit);
                }
            }
            Some(Value::Bool(false)) => {
                object.remove(exclusive);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validator_gets_constraints_and_nothing_else() {
        let schema = json!({
            "type": "object", "nullable": true, "description": "d", "x-y": 1, "required": ["id", "name"],
            "properties": {"id": {"type": "string", "readOnly": true}, "name": {"$ref": "#/components/schemas/Name"}}
        });
        let expected = json!({"anyOf": [
            {"type": "object", "required": ["name"],
             "properties": {"id": {"type": "string"}, "name": {"$ref": "#/$defs/Name"}}},
            {"type": "null"}
        ]});
        assert_eq!(for_validation(&schema, &Components::new()), expected);
    }

    #[test]
    fn what_only_the_server_sends_is_not_required_wherever_it_is_declared() {
        let id = json!({"type": "string", "readOnly": true});
        let base =
            json!({"type": "object", "properties": {"at": {"allOf": [{"$ref": "#/components/schemas/Id"}]}}});
        let components = Components::from([("Id", &id), ("Base", &base)]);
        let schema = json!({"allOf": [
            {"$ref": "#/components/schemas/Base"}, {"required": ["at", "id", "name"]},
            {"properties": {"id": {"$ref": "#/components/schemas/Id"}, "name": {}}}
        ]});
        assert_eq!(for_validation(&schema, &components)["allOf"][1], json!({"required": ["name"]}));
    }

    #[test]
    fn keywords_of_another_type_travel_word_for_word() {
        let foreign = [
            json!({"type": "string", "minimum": 1}),
            json!({"type": "array", "items": {}, "required": ["a"]}),
            json!({"type": "object", "format": "x"}),
        ];
        for schema in &foreign {
            assert_eq!(for_dropshot(schema)[VERBATIM], json!(schema.to_string()));
        }
        let own = json!({"type": "string", "minLength": 1, "format": "date", "description": "d"});
        assert_eq!(for_dropshot(&own), own);
    }

    #[test]
    fn an_exclusive_flag_becomes_a_bound() {
        let schema = json!({"type": "integer", "minimum": 3, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false});
        assert_eq!(for_dropshot(&schema), json!({"type": "integer", "exclusiveMinimum": 3, "maximum": 9}));
    }
}
