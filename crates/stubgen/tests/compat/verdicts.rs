//! Whom a difference breaks: what is sent breaks when less is accepted, what is received when more comes; and how it is reported.

use serde_json::{Value, json};
use stubgen::compat::{Level, Side, Version, compare};
use stubgen::{OtherFiles, Source};

use crate::cases::{base, compared};

/// A document whose one schema goes the ways that are asked for.
fn document(schema: &Value, is_sent: bool, is_received: bool) -> Value {
    let media = json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}});
    let mut operation = json!({"operationId": "a", "responses": {"200": {"description": "OK"}}});
    if is_sent {
        operation["requestBody"] = media.clone();
        operation["requestBody"]["required"] = json!(true);
    }
    if is_received {
        operation["responses"]["200"]["content"] = media["content"].clone();
    }
    json!({
        "openapi": "3.0.3", "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"put": operation}}, "components": {"schemas": {"A": schema}},
    })
}

/// The level on the wire where the schema is sent, received, and both.
fn levels(old: &Value, new: &Value) -> [Level; 3] {
    [(true, false), (false, true), (true, true)].map(|(is_sent, is_received)| {
        let comparison = compared(&document(old, is_sent, is_received), &document(new, is_sent, is_received));
        comparison.changes.iter().map(|change| change.wire).max().expect("a difference")
    })
}

#[test]
fn narrowing_breaks_requests_and_widening_breaks_answers() {
    use Level::{Major, Minor};
    let object = |required: Value, more: Value| {
        let mut properties = json!({"a": {"type": "string"}});
        properties.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!({"type": "object", "required": required, "properties": properties})
    };
    let rows = [
        (json!({"type": "string", "enum": ["a"]}), json!({"type": "string", "enum": ["a", "b"]})),
        (json!({"type": "string"}), json!({"type": "string", "nullable": true})),
        (json!({"type": "string", "maxLength": 3}), json!({"type": "string", "maxLength": 4})),
        (json!({"type": "string", "minLength": 3}), json!({"type": "string", "minLength": 2})),
        (json!({"type": "string", "pattern": "^a$"}), json!({"type": "string"})),
        (json!({"type": "integer"}), json!({"type": "number"})),
        (
            json!({"type": "integer", "minimum": 9_007_199_254_740_993_i64}),
            json!({"type": "integer", "minimum": 9_007_199_254_740_992_i64}),
        ),
        (
            json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true}),
            json!({"type": "integer", "minimum": 1}),
        ),
        (object(json!(["a"]), json!({})), object(json!([]), json!({}))),
        (json!({"oneOf": [{"type": "string"}]}), json!({"oneOf": [{"type": "string"}, {"type": "integer"}]})),
        (json!({"type": "object", "additionalProperties": false}), json!({"type": "object"})),
        (
            json!({"type": "array", "items": {"type": "string"}, "uniqueItems": true}),
            json!({"type": "array", "items": {"type": "string"}}),
        ),
    ];
    for (narrow, wide) in rows {
        assert_eq!(levels(&narrow, &wide), [Minor, Major, Major], "{narrow} to {wide}");
        assert_eq!(levels(&wide, &narrow), [Major, Minor, Major], "{wide} to {narrow}");
    }
    let (without, with) = (object(json!([]), json!({})), object(json!([]), json!({"b": {"type": "string"}})));
    assert_eq!(levels(&without, &with), [Minor; 3], "an optional property breaks nobody");
    assert_eq!(levels(&with, &without), [Major; 3]);
    let required = object(json!(["b"]), json!({"b": {"type": "string"}}));
    assert_eq!(levels(&without, &required), [Major, Minor, Major]);
}

#[test]
fn what_is_said_elsewhere_or_otherwise_is_no_difference() {
    let written = json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "nullable": true}, "b": {"type": "integer"}}});
    let composed = json!({"allOf": [{"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "nullable": true}}}, {"type": "object", "properties": {"b": {"type": "integer"}}}]});
    let comparison = compared(&document(&written, true, true), &document(&composed, true, true));
    assert_eq!(comparison.level(), Some(Level::Patch), "{comparison}");
    let mut newer = document(&written, true, true);
    newer["openapi"] = json!("3.1.0");
    newer["components"]["schemas"]["A"]["properties"]["a"] = json!({"type": ["string", "null"]});
    let comparison = compared(&document(&written, true, true), &newer);
    assert_eq!(comparison.level(), Some(Level::Patch), "{comparison}");
    assert_eq!(comparison.changes.len(), 1, "{comparison}");
}

#[test]
fn a_name_breaks_code_and_not_the_wire() {
    let mut new = base();
    new["paths"]["/pets/{id}"]["get"]["operationId"] = json!("fetch");
    let comparison = compared(&base(), &new);
    assert_eq!(comparison.level(), Some(Level::Major));
    assert!(comparison.changes[0].breaks.contains("scripts"), "{comparison}");
    let comparison = comparison.on_the_wire();
    assert_eq!(comparison.changes, [], "{comparison}");
    assert_eq!(comparison.level(), None);
}

#[test]
fn a_difference_has_the_line_of_the_document_that_has_it_and_the_operations_concerned() {
    let old = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get: &g\n      responses:\n        '200':\n          description: OK\n          content:\n            application/json:\n              schema:\n                $ref: '#/components/schemas/A'\n  /b:\n    get: *g\ncomponents:\n  schemas:\n    A:\n      type: object\n      properties:\n        gone: {type: string}\n";
    let new = old.replace("gone", "come");
    let version = |name, text| Version { source: Source { name, text }, files: None };
    let comparison = compare(&version("v1:a.yaml", old), &version("a.yaml", &new)).expect("two documents");
    let found: Vec<_> = comparison
        .changes
        .iter()
        .map(|c| (c.kind.code(), c.side, c.file.as_str(), c.line, c.column, c.operations.clone()))
        .collect();
    let both = vec!["get /a".to_owned(), "get /b".to_owned()];
    assert_eq!(
        found,
        [
            ("property-removed", Side::Old, "v1:a.yaml", 20, 9, both.clone()),
            ("property-added", Side::New, "a.yaml", 20, 9, both)
        ]
    );
    let json: Value = serde_json::from_str(&comparison.json()).expect("JSON");
    assert_eq!((&json["level"], &json["breaking"]), (&json!("major"), &json!(1)));
    let first = &json["changes"][0];
    assert_eq!(first["pointer"], "#/components/schemas/A/properties/gone");
    assert_eq!(
        (&first["kind"], &first["wire"], &first["line"]),
        (&json!("property-removed"), &json!("major"), &json!(20))
    );
}

#[test]
fn files_that_a_document_refers_to_are_compared() {
    let text = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get:\n      responses:\n        '200':\n          description: OK\n          content:\n            application/json: {schema: {$ref: 'b.yaml#/B'}}\n";
    let file = |kind: &'static str| move |_: &str| Ok::<_, String>(format!("B:\n  type: {kind}\n"));
    let (before, after) = (file("string"), file("integer"));
    let version = |files| Version { source: Source { name: "a.yaml", text }, files: Some(files) };
    let (before, after): (&dyn OtherFiles, &dyn OtherFiles) = (&before, &after);
    let comparison = compare(&version(before), &version(after)).expect("two documents");
    assert_eq!(comparison.changes.len(), 1, "{comparison}");
    assert_eq!((comparison.changes[0].file.as_str(), comparison.changes[0].line), ("b.yaml", 2));
}

#[test]
fn what_is_no_document_is_refused_with_its_name() {
    let version = |name, text| Version { source: Source { name, text }, files: None };
    let empty = version("empty.yaml", "");
    for text in ["", "hello", "[]", "{}", "a: [", "\u{0}", "null"] {
        let refused = compare(&version("new.yaml", text), &empty).expect_err("no document").to_string();
        assert!(refused.contains("new.yaml"), "{text:?}: {refused}");
    }
    let document = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {}\n";
    assert!(
        compare(&version("a.yaml", document), &empty)
            .expect_err("no document")
            .to_string()
            .contains("empty.yaml")
    );
    // Mistakes that leave a document readable do not matter.
    let dangling = document.replace("{}", "{/a: {get: {responses: {'200': {$ref: '#/nowhere'}}}}}");
    assert_eq!(
        compare(&version("a.yaml", document), &version("b.yaml", &dangling)).expect("both").changes.len(),
        1
    );
}
