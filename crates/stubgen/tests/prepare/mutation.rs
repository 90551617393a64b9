//! Documents changed at random: whatever is wrong with a document, it is refused or generated from, without a panic and in time.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use stubgen::{Options, Source};

/// Far more than a small document takes, on a machine that does much else.
const IN_TIME: Duration = Duration::from_secs(20);

fn document() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1.0.0", "license": {"name": "MIT"}},
        "servers": [{"url": "https://{host}/v1", "variables": {"host": {"default": "a", "enum": ["a", "b"]}}}],
        "tags": [{"name": "t"}],
        "security": [{"key": []}],
        "paths": {
            "/a/{id}": {
                "parameters": [{"$ref": "#/components/parameters/Id"}],
                "get": {
                    "operationId": "getA", "tags": ["t"],
                    "parameters": [{"name": "q", "in": "query", "schema": {"type": "array", "items": {"type": "integer", "default": 1}}}],
                    "responses": {
                        "200": {"description": "OK", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
                        "default": {"description": "Error", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/E"}}}},
                    },
                },
                "put": {
                    "operationId": "putA",
                    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/U"}}}},
                    "responses": {"204": {"description": "Done"}},
                    "callbacks": {"c": {"{$request.body#/url}": {"post": {"responses": {"200": {"description": "OK"}}}}}},
                },
            },
            "/b": {"$ref": "#/components/pathItems/B"},
        },
        "components": {
            "parameters": {"Id": {"name": "id", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[a-z]+$"}}},
            "pathItems": {"B": {"get": {"responses": {"200": {"$ref": "#/components/responses/R"}}}}},
            "responses": {"R": {"description": "R", "headers": {"X": {"schema": {"type": "string"}}}}},
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
            "schemas": {
                "A": {"type": "object", "required": ["id"], "properties": {
                    "id": {"type": "integer", "minimum": 1, "exclusiveMinimum": true, "default": 2},
                    "kind": {"type": "string", "enum": ["x", "y"], "default": "x"},
                    "next": {"$ref": "#/components/schemas/A"},
                    "tuple": {"type": ["array", "null"], "prefixItems": [{"const": 1}, true], "items": false},
                }, "additionalProperties": {"type": "string"}},
                "E": {"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"e": {"not": {}}}}]},
                "U": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}],
                    "discriminator": {"propertyName": "kind", "mapping": {"x": "#/components/schemas/A"}}},
            },
        },
    })
}

fn swagger() -> Value {
    json!({
        "swagger": "2.0",
        "info": {"title": "T", "version": "1.0.0"},
        "host": "a.example", "basePath": "/v1", "schemes": ["https"],
        "consumes": ["application/json"], "produces": ["application/json"],
        "paths": {"/a/{id}": {
            "parameters": [{"$ref": "#/parameters/Id"}],
            "post": {
                "parameters": [
                    {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/A"}},
                    {"name": "q", "in": "query", "type": "array", "items": {"type": "string"}, "collectionFormat": "multi"},
                ],
                "responses": {"200": {"description": "OK", "schema": {"$ref": "#/definitions/A"}}, "default": {"$ref": "#/responses/E"}},
            },
            "put": {"parameters": [{"name": "f", "in": "formData", "type": "file"}], "responses": {"200": {"description": "OK"}}},
        }},
        "parameters": {"Id": {"name": "id", "in": "path", "required": true, "type": "string"}},
        "responses": {"E": {"description": "E", "headers": {"X": {"type": "integer"}}}},
        "definitions": {"A": {"type": "object", "discriminator": "k", "properties": {"k": {"type": "string"}}}},
        "securityDefinitions": {"b": {"type": "basic"}, "o": {"type": "oauth2", "flow": "implicit", "authorizationUrl": "https://a"}},
    })
}

/// All places of a document.
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

#[derive(Clone, Debug)]
enum Change {
    Replace(Value),
    Remove,
    Rename(String),
    Duplicate,
    CopyFrom(prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let values = prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!(-1)),
        Just(json!(1e300)),
        Just(json!(u64::MAX)),
        Just(json!("")),
        Just(json!("{}")),
        Just(json!("object")),
        Just(json!("#/components/schemas/A")),
        Just(json!("#/paths/~1a~1{id}")),
        Just(json!("other.yaml#/x")),
        Just(json!("żółw \u{202e} */ \"#")),
        Just(json!([])),
        Just(json!({})),
        Just(json!(["string", "null", "object"])),
        Just(json!({"$ref": "#/components/schemas/U"})),
        Just(json!({"$ref": "#"})),
        Just(json!([[], {}, null, 1, "x", "X", true])),
    ];
    let names = prop_oneof![
        Just("$ref"),
        Just("type"),
        Just("enum"),
        Just("items"),
        Just("const"),
        Just("x-a"),
        Just(""),
        Just("/a/{id}"),
        Just("/a/{id}?x={y}#z"),
        Just("{}{"),
        Just("2xx"),
        Just("patternProperties"),
        Just("additionalProperties"),
        Just("swagger"),
        Just("prefixItems"),
        Just("required"),
        Just("ą b"),
    ];
    prop_oneof![
        3 => values.prop_map(Change::Replace),
        2 => Just(Change::Remove),
        2 => names.prop_map(|name| Change::Rename(name.to_owned())),
        1 => Just(Change::Duplicate),
        2 => any::<prop::sample::Index>().prop_map(Change::CopyFrom),
    ]
}

fn apply(document: &mut Value, at: prop::sample::Index, change: &Change) {
    let mut found = Vec::new();
    places(document, "", &mut found);
    let place = at.get(&found).clone();
    let copied = match change {
        Change::CopyFrom(from) => document.pointer(from.get::<String>(&found)).cloned(),
        _ => None,
    };
    let Some((around, last)) = place.rsplit_once('/') else { return };
    let key = last.replace("~1", "/").replace("~0", "~");
    match (document.pointer_mut(around), change) {
        (Some(Value::Object(members)), Change::Remove) => {
            members.shift_remove(&key);
        }
        (Some(Value::Array(elements)), Change::Remove) => {
            elements.remove(key.parse().expect("an index"));
        }
        (Some(Value::Object(members)), Change::Rename(name)) => {
            let renamed: Map<String, Value> = std::mem::take(members)
                .into_iter()
                .map(|(known, value)| (if known == key { name.clone() } else { known }, value))
                .collect();
            *members = renamed;
        }
        (Some(Value::Object(members)), Change::Duplicate) => {
            let value = members.get(&key).cloned().unwrap_or_default();
            members.insert(format!("{key}2"), value);
        }
        (Some(Value::Array(elements)), Change::Duplicate) => {
            let value = elements[key.parse::<usize>().expect("an index")].clone();
            elements.push(value);
        }
        _ => {
            let value = if let Change::Replace(value) = change { Some(value.clone()) } else { copied };
            if let (Some(place), Some(value)) = (document.pointer_mut(&place), value) {
                *place = value;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_document_is_prepared_or_refused_in_time(
        version in prop_oneof![Just("2.0"), Just("3.0.3"), Just("3.1.0"), Just("3.2.0")],
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 0..6),
    ) {
        let mut document = if version == "2.0" { swagger() } else { document() };
        if version != "2.0" {
            document["openapi"] = json!(version);
        }
        for (at, change) in &changes {
            apply(&mut document, *at, change);
        }
        let text = document.to_string();
        let start = Instant::now();
        let _ = stubgen::prepare(&Source { name: "spec.json", text: &text }, &Options::default());
        prop_assert!(start.elapsed() < IN_TIME);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_document_is_generated_from_or_refused_in_time(
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 0..4),
    ) {
        let mut document = document();
        for (at, change) in &changes {
            apply(&mut document, *at, change);
        }
        let text = document.to_string();
        let start = Instant::now();
        let _ = stubgen::generate(&Source { name: "spec.json", text: &text }, &Options::default());
        prop_assert!(start.elapsed() < IN_TIME);
    }
}
