//! Large, deep and circular documents: generated from or refused with a reason, on the small stack of a test's thread.
//!
//! How long real sizes take is measured by `cargo xtask bench`; here they are as large as an unoptimised build can take.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use stubgen::{Kind, Options, Source, generate};

use crate::entry;

/// A document with these schemas, and an operation that takes and gives the one called `A`.
fn with_schemas(schemas: &Value) -> Value {
    let content = json!({"application/json": {"schema": {"$ref": "#/components/schemas/A"}}});
    json!({
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/a": {"post": {
            "operationId": "a",
            "requestBody": {"content": content},
            "responses": {"200": {"description": "OK", "content": content}},
        }}},
        "components": {"schemas": schemas},
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Generates from a document, which has to have all of its operations.
fn whole(document: &Value) {
    let made = entry::check(&document.to_string()).expect("generated");
    assert!(made.generated.left_out.is_empty(), "{:?}", made.generated.left_out);
}

fn refused_as(text: &str, kind: Kind) {
    let findings = generate(&Source { name: "a.yaml", text }, &Options::default()).expect_err("a refusal");
    assert!(
        findings.errors().any(|finding| finding.kind == kind && finding.position.is_some()),
        "{findings}"
    );
}

#[test]
fn aliases_that_grow_exponentially_are_refused_and_others_expanded() {
    let mut laughs = "openapi: 3.0.3\ninfo: {title: T, version: 1.0.0}\npaths: {}\nx-a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha]\n".to_owned();
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 8].join(", ");
        writeln!(laughs, "x-a{level}: &a{level} [{aliases}]").expect("written");
    }
    refused_as(&laughs, Kind::TooLarge);
    let mut shared =
        "openapi: 3.0.3\ninfo: {title: T, version: 1.0.0}\nx-all: &all\n  '200': {description: OK}\npaths:\n"
            .to_owned();
    for index in 0..100 {
        writeln!(shared, "  /p{index}: {{get: {{operationId: o{index}, responses: {{<<: *all}}}}}}")
            .expect("written");
    }
    let made = entry::check(&shared).expect("generated");
    assert_eq!((made.generated.operations, made.generated.left_out.len()), (100, 0));
}

#[test]
fn text_that_nests_without_end_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let deep = open.repeat(50_000) + "1" + &close.repeat(50_000);
        refused_as(&deep, Kind::TooLarge);
        refused_as(&open.repeat(50_000), Kind::TooLarge);
    }
    let mut block = String::new();
    for level in 0..2_000 {
        writeln!(block, "{}a:", " ".repeat(level)).expect("written");
    }
    refused_as(&block, Kind::TooLarge);
}

#[test]
fn schemas_as_deep_as_text_may_nest_are_generated_from() {
    for wrap in [
        |inner: Value| json!({"type": "array", "items": inner}),
        |inner: Value| json!({"type": "object", "properties": {"p": inner}}),
        |inner: Value| json!({"type": "object", "additionalProperties": inner}),
        |inner: Value| json!({"oneOf": [inner, {"type": "integer"}]}),
        |inner: Value| json!({"allOf": [inner]}),
        |inner: Value| json!({"not": inner}),
    ] {
        let depth = |levels: usize| (0..levels).fold(json!({"type": "string"}), |inner, _| wrap(inner));
        entry::check(&with_schemas(&json!({"A": depth(28)})).to_string()).expect("generated");
        // Whether it is too deep is the reader's to say, and that is all.
        entry::check(&with_schemas(&json!({"A": depth(60)})).to_string());
    }
}

#[test]
fn long_chains_of_references_are_followed_to_their_end() {
    const LENGTH: usize = 600;
    for link in [
        |next: Value| json!({"type": "array", "items": next}),
        |next: Value| json!({"type": "object", "properties": {"next": next}}),
        |next: Value| json!({"allOf": [next]}),
        |next: Value| json!({"oneOf": [next, {"type": "integer"}]}),
        |next: Value| json!({"type": "object", "additionalProperties": next}),
    ] {
        let name = |index: usize| if index == 0 { "A".to_owned() } else { format!("A{index}") };
        let mut schemas = Map::new();
        for index in 0..LENGTH {
            schemas.insert(name(index), link(reference(&name(index + 1))));
        }
        schemas.insert(name(LENGTH), json!({"type": "string"}));
        entry::check(&with_schemas(&Value::Object(schemas)).to_string());
    }
}

#[test]
fn circles_of_every_kind_are_generated_from_or_refused() {
    let a = || reference("A");
    let circles = [
        json!({"A": {"type": "object", "properties": {"a": a()}}}),
        json!({"A": {"type": "object", "required": ["a"], "properties": {"a": a()}}}),
        json!({"A": {"type": "array", "items": a()}}),
        json!({"A": {"type": "object", "additionalProperties": a()}}),
        json!({"A": {"allOf": [a()]}}),
        json!({"A": {"allOf": [reference("B")]}, "B": {"allOf": [a(), {"type": "object"}]}}),
        json!({"A": {"oneOf": [a(), {"type": "string"}]}}),
        json!({"A": {"anyOf": [reference("B")]}, "B": {"oneOf": [a()]}}),
        json!({"A": {"not": a()}}),
        json!({"A": a()}),
        json!({"A": reference("B"), "B": a()}),
        json!({"A": {"type": "object", "properties": {"b": reference("B")}}, "B": {"type": "object", "required": ["c"], "properties": {"c": reference("C")}}, "C": {"type": "object", "required": ["a"], "properties": {"a": a()}}}),
        json!({"A": {"oneOf": [reference("B"), reference("C")], "discriminator": {"propertyName": "k"}}, "B": {"allOf": [a(), {"type": "object", "properties": {"k": {"type": "string"}}}]}, "C": {"type": "object", "properties": {"k": {"type": "string"}, "next": a()}}}),
        json!({"A": {"type": "object", "properties": {"b": {"$ref": "#/components/schemas/A/properties/b"}}}}),
        json!({"A": {"type": "object", "properties": {"b": {"$ref": "#/components/schemas/A/properties/c"}, "c": {"$ref": "#/components/schemas/A/properties/b"}}}}),
        json!({"A": {"$ref": "#/paths/~1a/post/requestBody/content/application~1json/schema"}}),
        json!({"A": {"$ref": "#"}}),
    ];
    for circle in &circles {
        entry::check(&with_schemas(circle).to_string());
    }
    for section in
        ["parameters", "responses", "requestBodies", "headers", "pathItems", "examples", "securitySchemes"]
    {
        let mut document = with_schemas(&json!({"A": {}}));
        let target = format!("#/components/{section}/B");
        document["components"][section] =
            json!({"A": {"$ref": target}, "B": {"$ref": format!("#/components/{section}/A")}});
        document["paths"]["/a"]["post"]["parameters"] = json!([{"$ref": target}]);
        document["paths"]["/a"]["post"]["responses"]["400"] = json!({"$ref": target});
        document["paths"]["/b"] = json!({"$ref": target});
        entry::check(&document.to_string());
    }
}

#[test]
fn wide_schemas_are_generated_from() {
    let properties: Map<String, Value> =
        (0..1_000).map(|index| (format!("property {index}"), json!({"type": "string"}))).collect();
    whole(&with_schemas(&json!({"A": {"type": "object", "properties": properties}})));
    let values: Vec<_> = (0..3_000).map(|index| format!("value-{index}")).collect();
    whole(&with_schemas(&json!({"A": {"type": "string", "enum": values}})));
    let mut schemas: Map<String, Value> = (0..500)
        .map(|index| {
            (format!("S{index}"), json!({"type": "object", "properties": {"i": {"type": "integer"}}}))
        })
        .collect();
    let variants: Vec<_> = schemas.keys().map(|name| reference(name)).collect();
    schemas.insert("A".to_owned(), json!({"oneOf": variants}));
    whole(&with_schemas(&Value::Object(schemas)));
}

#[test]
fn long_texts_are_generated_from() {
    let long = "word \"quoted\" */ ".repeat(20_000);
    let mut document = with_schemas(
        &json!({"A": {"type": "string", "description": long, "example": long, "default": long, "enum": [long]}}),
    );
    document["info"]["description"] = json!(long);
    document["paths"]["/a"]["post"]["summary"] = json!(long);
    whole(&document);
    let name = "a".repeat(5_000);
    let mut document =
        with_schemas(&json!({"A": {"type": "object", "properties": {&name: {"type": "string"}}}}));
    document["paths"]["/a"]["post"]["operationId"] = json!(name);
    entry::check(&document.to_string());
}
