//! What a generated server holds values against is true to the document: schemas of every sort with values that they allow and refuse.

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};
use stubgen::{Options, Source};

/// Builds the validator of a body as the runtime does.
fn validator(version: &str, schema: &Value, components: &Value) -> Validator {
    let document = json!({
        "openapi": version, "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"post": {
            "operationId": "a", "requestBody": {"required": true, "content": {"application/json": {"schema": schema}}},
            "responses": {"204": {"description": "Done."}}
        }}},
        "components": {"schemas": components}
    });
    let text = document.to_string();
    let generated = stubgen::generate(&Source { name: "spec.json", text: &text }, &Options::default());
    let generated = generated.unwrap_or_else(|findings| panic!("{schema}: {findings}"));
    let (_, text) =
        generated.api.iter().find(|(path, _)| path.as_str() == "validation.json").expect("schemas");
    let validation: Value = serde_json::from_str(text).expect("JSON");
    let whole = json!({"allOf": [validation["operations"][0]["body"]], "$defs": validation["components"]});
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    options.build(&whole).unwrap_or_else(|error| panic!("{whole}: {error}"))
}

fn check(version: &str, schema: &Value, allowed: &[Value], refused: &[Value]) {
    check_with(version, schema, &json!({}), allowed, refused);
}

fn check_with(version: &str, schema: &Value, components: &Value, allowed: &[Value], refused: &[Value]) {
    let validator = validator(version, schema, components);
    for value in allowed {
        assert!(validator.is_valid(value), "{schema} refuses {value}");
    }
    for value in refused {
        assert!(!validator.is_valid(value), "{schema} allows {value}");
    }
}

#[test]
fn keywords_of_openapi_3_0_are_enforced() {
    let rows = [
        (
            json!({"type": "string", "minLength": 2, "maxLength": 3, "pattern": "^a"}),
            json!(["ab", "abc"]),
            json!(["a", "abcd", "bb", 1]),
        ),
        (
            json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true, "maximum": 5}),
            json!([2, 5]),
            json!([1, 6, 1.5]),
        ),
        (json!({"type": "number", "multipleOf": 0.5}), json!([1, 1.5]), json!([1.3])),
        (
            json!({"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2, "uniqueItems": true}),
            json!([[1], [1, 2]]),
            json!([[], [1, 1], [1, 2, 3], ["a"]]),
        ),
        (
            json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "nullable": true}}, "additionalProperties": false}),
            json!([{"a": null}, {"a": "b"}]),
            json!([{}, {"a": 1}, {"a": "b", "c": 1}]),
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1, "maxProperties": 2}),
            json!([{"a": 1}]),
            json!([{}, {"a": "b"}, {"a": 1, "b": 2, "c": 3}]),
        ),
        (
            json!({"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 5}]}),
            json!([1, 5.5]),
            json!([6, 1.5]),
        ),
        (
            json!({"anyOf": [{"type": "integer"}, {"type": "string"}], "nullable": true}),
            json!([1, "a", null]),
            json!([true]),
        ),
        (
            json!({"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "integer"}}}]}),
            json!([{"a": 1}]),
            json!([{}, {"a": "b"}]),
        ),
        (json!({"not": {"type": "string"}}), json!([1]), json!(["a"])),
        (json!({"type": "string", "enum": ["a", "b"]}), json!(["a"]), json!(["c", null])),
        (json!({"type": "string", "enum": ["a", null], "nullable": true}), json!(["a", null]), json!(["c"])),
        (
            json!({"type": "string", "format": "date-time"}),
            json!(["2020-01-02T03:04:05Z"]),
            json!(["2020-01-02"]),
        ),
        (
            json!({"type": "string", "format": "uuid"}),
            json!(["123e4567-e89b-12d3-a456-426614174000"]),
            json!(["123"]),
        ),
        (json!({"type": "string", "format": "ipv4"}), json!(["127.0.0.1"]), json!(["127.0.0"])),
        (json!({"type": "string", "format": "email"}), json!(["a@example.com"]), json!(["a"])),
        (json!({"type": "string", "format": "password"}), json!(["anything"]), json!([1])),
        (
            json!({"type": "object", "required": ["id", "key"], "properties": {"id": {"type": "integer", "readOnly": true}, "key": {"type": "string", "writeOnly": true}}}),
            json!([{"key": "k"}, {"id": 1, "key": "k"}]),
            json!([{"id": 1}]),
        ),
        (json!({}), json!([1, "a", null, {}]), json!([])),
    ];
    for (schema, allowed, refused) in &rows {
        check("3.0.3", schema, allowed.as_array().expect("a list"), refused.as_array().expect("a list"));
    }
}

#[test]
fn terms_of_json_schema_are_enforced() {
    let rows = [
        (json!({"type": ["string", "null"], "minLength": 2}), json!(["ab", null]), json!(["a", 1])),
        (json!({"type": ["integer", "string"], "maximum": 3}), json!([3, "abc"]), json!([4, true])),
        (json!({"const": 3}), json!([3]), json!([4, "3"])),
        (json!({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 3}), json!([2]), json!([1, 3])),
    ];
    newer(&rows);
}

#[test]
fn keywords_of_json_schema_are_enforced() {
    let rows = [
        (
            json!({"type": "object", "if": {"properties": {"a": {"const": 1}}, "required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}),
            json!([{"a": 1, "b": 2}, {"c": 1}]),
            json!([{"a": 1}, {"a": 2}]),
        ),
        (
            json!({"type": "object", "propertyNames": {"pattern": "^a"}}),
            json!([{"ab": 1}]),
            json!([{"b": 1}]),
        ),
        (
            json!({"type": "object", "dependentRequired": {"a": ["b"]}}),
            json!([{"a": 1, "b": 2}, {"b": 1}]),
            json!([{"a": 1}]),
        ),
        (
            json!({"type": "object", "dependentSchemas": {"a": {"properties": {"b": {"type": ["integer", "null"]}}}}}),
            json!([{"a": 1, "b": null}]),
            json!([{"a": 1, "b": "c"}]),
        ),
        (
            json!({"type": "array", "contains": {"type": "integer"}, "minContains": 2, "maxContains": 3}),
            json!([[1, 2, "a"]]),
            json!([[1], [1, 2, 3, 4]]),
        ),
        (
            json!({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": false}),
            json!([[1, "a"], [1], []]),
            json!([["a", 1], [1, "a", 2]]),
        ),
        (
            json!({"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "string"}}),
            json!([[1, "a"]]),
            json!([[1, 2], ["a"]]),
        ),
        (
            json!({"type": "object", "patternProperties": {"^x-": {"type": "integer"}}}),
            json!([{"x-a": 1, "b": "c"}]),
            json!([{"x-a": "b"}]),
        ),
        (
            json!({"type": "object", "patternProperties": {"^x-": {"type": "integer"}}, "additionalProperties": false}),
            json!([{"x-a": 1}]),
            json!([{"b": 1}]),
        ),
        (
            json!({"type": "object", "patternProperties": {"^x-": {"type": "integer"}}, "additionalProperties": {"type": "string"}}),
            json!([{"x-a": 1, "b": "c"}]),
            json!([{"b": 1}, {"x-a": "c"}]),
        ),
        (
            json!({"allOf": [{"properties": {"a": {}}}], "properties": {"b": {}}, "unevaluatedProperties": false}),
            json!([{"a": 1, "b": 2}]),
            json!([{"c": 1}]),
        ),
        (
            json!({"$ref": "#/components/schemas/Base", "unevaluatedProperties": false}),
            json!([{"base": 1}]),
            json!([{"c": 1}]),
        ),
        (
            json!({"type": "array", "prefixItems": [{}], "unevaluatedItems": false}),
            json!([[1]]),
            json!([[1, 2]]),
        ),
        (
            json!({"$ref": "#/components/schemas/Base", "required": ["base"]}),
            json!([{"base": 1}]),
            json!([{}]),
        ),
        (
            json!({"anyOf": [{"$ref": "#/components/schemas/Base"}, {"type": "null"}]}),
            json!([{"base": 1}, null]),
            json!([{"base": "a"}, 1]),
        ),
        (
            json!({"type": "object", "properties": {"a": true, "b": false}}),
            json!([{"a": 1}]),
            json!([{"b": 1}]),
        ),
        (json!(true), json!([1, null]), json!([])),
        (json!(false), json!([]), json!([1, null])),
        (
            json!({"$defs": {"n": {"type": "integer"}}, "type": "array", "items": {"$ref": "#/components/schemas/Base/$defs/n"}}),
            json!([[1]]),
            json!([["a"]]),
        ),
        (
            json!({"type": "object", "dependencies": {"a": ["b"], "c": {"required": ["d"]}}}),
            json!([{"a": 1, "b": 1}]),
            json!([{"a": 1}, {"c": 1}]),
        ),
    ];
    newer(&rows);
}

/// Checks rows of a schema of OpenAPI 3.1, values that it allows, and values that it refuses.
fn newer(rows: &[(Value, Value, Value)]) {
    let components = json!({"Base": {
        "type": "object", "properties": {"base": {"type": "integer"}}, "$defs": {"n": {"type": "integer"}}
    }});
    for (schema, allowed, refused) in rows {
        let (allowed, refused) = (allowed.as_array().expect("a list"), refused.as_array().expect("a list"));
        check_with("3.1.0", schema, &components, allowed, refused);
    }
}

#[test]
fn recursion_ends_where_values_do() {
    let components = json!({"Node": {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"},
        "next": {"$ref": "#/components/schemas/Node"},
        "all": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
        "by": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Node"}},
        "one": {"oneOf": [{"$ref": "#/components/schemas/Node"}, {"type": "string"}]}
    }}});
    let allowed = [
        json!({"name": "a", "next": {"name": "b", "all": [{"name": "c"}], "by": {"d": {"name": "e"}}, "one": "f"}}),
    ];
    let refused = [
        json!({"name": "a", "next": {}}),
        json!({"name": "a", "by": {"d": {}}}),
        json!({"name": "a", "one": {}}),
    ];
    check_with("3.0.3", &json!({"$ref": "#/components/schemas/Node"}), &components, &allowed, &refused);
}
