//! A schema of OpenAPI 3.0 in the two dialects it is handed on in: schemars' (for dropshot) and JSON Schema draft 7 (for typify).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// As schemars 0.8 and so dropshot want it; dropshot turns it back into the very schema of the document.
pub(crate) fn for_dropshot(schema: &Value) -> Value {
    let Some(object) = schema.as_object() else { return schema.clone() };
    if let Some(reference) = object.get("$ref") {
        return json!({ "$ref": reference });
    }
    let mut object = map_inner(object, &mut for_dropshot);
    exclusive_bounds(&mut object);
    Value::Object(object)
}

/// As typify wants it.
pub(crate) fn for_typify(schema: &Value) -> Value {
    let Some(object) = schema.as_object() else { return schema.clone() };
    if let Some(reference) = object.get("$ref") {
        return json!({ "$ref": reference });
    }
    let mut object = map_inner(object, &mut for_typify);
    exclusive_bounds(&mut object);
    object.retain(|key, _| {
        !matches!(key.as_str(), "example" | "xml" | "externalDocs") && !key.starts_with("x-")
    });
    if object.remove("nullable") != Some(Value::Bool(true)) {
        return Value::Object(object);
    }
    if let Some(kind) = object.get("type").cloned() {
        object.insert("type".into(), json!([kind, "null"]));
        return Value::Object(object);
    }
    let description = object.remove("description");
    let mut outer = Map::new();
    outer.insert("oneOf".into(), json!([Value::Object(object), { "type": "null" }]));
    if let Some(description) = description {
        outer.insert("description".into(), description);
    }
    Value::Object(outer)
}

/// The components that a schema names.
pub(crate) fn components_of(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(schema, &mut found);
    found
}

fn collect(schema: &Value, found: &mut BTreeSet<String>) {
    let Some(object) = schema.as_object() else { return };
    let reference = object.get("$ref").and_then(Value::as_str);
    if let Some(name) = reference.and_then(|text| text.strip_prefix("#/components/schemas/")) {
        found.insert(name.to_owned());
        return;
    }
    map_inner(object, &mut |inner| {
        collect(inner, found);
        Value::Null
    });
}

/// The same object with `change` applied to every schema directly inside of it. A property may be called `items`, and an example may look
/// like a schema, so only the places where OpenAPI puts schemas count.
fn map_inner(object: &Map<String, Value>, change: &mut dyn FnMut(&Value) -> Value) -> Map<String, Value> {
    let mut mapped = Map::new();
    for (key, value) in object {
        let value = match (key.as_str(), value) {
            ("properties", Value::Object(inner)) => {
                Value::Object(inner.iter().map(|(name, schema)| (name.clone(), change(schema))).collect())
            }
            ("items" | "not", schema) => change(schema),
            ("additionalProperties", schema) if schema.is_object() => change(schema),
            ("allOf" | "anyOf" | "oneOf", Value::Array(branches)) => {
                branches.iter().map(&mut *change).collect()
            }
            (_, value) => value.clone(),
        };
        mapped.insert(key.clone(), value);
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
    fn a_nullable_reference_becomes_a_choice_with_null() {
        let schema =
            json!({"allOf": [{"$ref": "#/components/schemas/A"}], "nullable": true, "description": "d"});
        let expected = json!({
            "oneOf": [{"allOf": [{"$ref": "#/components/schemas/A"}]}, {"type": "null"}],
            "description": "d"
        });
        assert_eq!(for_typify(&schema), expected);
    }

    #[test]
    fn an_exclusive_flag_becomes_a_bound() {
        let schema = json!({"type": "integer", "minimum": 3, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false});
        assert_eq!(for_dropshot(&schema), json!({"type": "integer", "exclusiveMinimum": 3, "maximum": 9}));
    }

    #[test]
    fn examples_are_no_schemas() {
        let schema = json!({
            "type": "object",
            "properties": {"items": {"$ref": "#/components/schemas/B"}},
            "example": {"items": {"$ref": "#/components/schemas/NotOne"}}
        });
        assert_eq!(components_of(&schema).into_iter().collect::<Vec<_>>(), ["B"]);
    }
}
