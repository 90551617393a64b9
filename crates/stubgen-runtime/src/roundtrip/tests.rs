//! Tests of the round trip as a whole, on documents of the form that dropshot emits.

use serde_json::{Value, json};

use super::*;

/// A specification that uses nothing but what dropshot can say, except for security, error statuses and servers.
fn specification() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Pets", "version": "01.2", "description": "All about pets.\n" },
        "servers": [{ "url": "https://example.com/api" }],
        "security": [{ "token": [] }],
        "tags": [{ "name": "Pet", "description": "Pets." }],
        "paths": {
            "/owners/{id}/pets": {
                "parameters": [{ "$ref": "#/components/parameters/OwnerId" }],
                "get": {
                    "operationId": "list_pets", "tags": ["Pet"], "summary": "List pets",
                    "description": "Lists the pets of\nan owner.\n\n* all of them\n",
                    "parameters": [
                        { "name": "limit", "in": "query", "required": false, "style": "form", "explode": true,
                          "schema": { "type": "integer", "minimum": 1.0 } },
                    ],
                    "responses": {
                        "200": { "description": "The pets.", "content": {
                            "application/json": { "schema": { "$ref": "#/components/schemas/Pets" } } } },
                        "404": { "$ref": "#/components/responses/NotFound" },
                        "500": { "$ref": "#/components/responses/Broken" },
                    },
                },
            },
        },
        "components": {
            "parameters": { "OwnerId": { "name": "id", "in": "path", "required": true, "description": "Owner.",
                "schema": { "type": "string", "minLength": 1 } } },
            "responses": {
                "NotFound": { "description": "No such owner.", "content": {
                    "application/json": { "schema": { "$ref": "#/components/schemas/Problem" } } } },
                "Broken": { "description": "Broken.", "content": {
                    "application/json": { "schema": { "$ref": "#/components/schemas/Problem" } } } },
            },
            "schemas": {
                "Pets": { "type": "object", "required": ["total", "names"], "properties": {
                    "names": { "type": "array", "items": { "type": "string" } },
                    "total": { "type": "integer", "nullable": false } }, "example": { "names": [], "total": 0 } },
                "Problem": { "type": "object", "required": ["title"], "additionalProperties": true,
                    "properties": { "title": { "type": "string", "description": "What happened." } } },
            },
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

/// What dropshot emits for it.
fn emitted() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Pets", "description": "All about pets.", "version": "1.2.0" },
        "paths": {
            "/owners/{id}/pets": {
                "get": {
                    "tags": ["Pet"], "summary": "List pets",
                    "description": "Lists the pets of\nan owner.\n\n* all of them\n", "operationId": "list_pets",
                    "parameters": [
                        { "in": "path", "name": "id", "description": "Owner.", "required": true,
                          "schema": { "type": "string", "minLength": 1 }, "style": "simple" },
                        { "in": "query", "name": "limit", "schema": { "type": "integer", "minimum": 1 },
                          "style": "form" },
                    ],
                    "responses": {
                        "200": { "description": "The pets.", "content": {
                            "application/json": { "schema": { "$ref": "#/components/schemas/Pets" } } } },
                        "4XX": { "$ref": "#/components/responses/Problem" },
                        "5XX": { "$ref": "#/components/responses/Problem" },
                    },
                },
            },
        },
        "components": {
            "responses": { "Problem": { "description": "Problem", "content": {
                "application/json": { "schema": { "$ref": "#/components/schemas/Problem" } } } } },
            "schemas": {
                "Pets": { "type": "object", "properties": {
                    "names": { "type": "array", "items": { "type": "string" } },
                    "total": { "type": "integer" } }, "required": ["names", "total"],
                    "example": { "names": [], "total": 0 } },
                "Problem": { "type": "object", "properties": {
                    "title": { "description": "What happened.", "type": "string" } }, "required": ["title"] },
            },
        },
        "tags": [{ "name": "Pet", "description": "Pets." }],
    })
}

const OPERATION: &str = "/paths/~1owners~1{id}~1pets/get";

fn at(document: &mut Value, pointer: &str, value: Value) {
    pointer::set(document, pointer, value);
}

#[test]
fn a_document_with_nothing_but_listed_differences_passes_and_equals_the_specification() {
    let round_trip = check(&specification(), &emitted()).unwrap();
    assert_eq!(round_trip.published, canonical(&specification()));
    let used: Vec<_> = round_trip.used().into_iter().collect();
    assert_eq!(used, ["error range", "error status", "security", "servers", "version"]);
}

#[test]
fn every_mutation_of_the_emitted_document_is_caught_or_means_the_same() {
    let report = mutate_and_check(&specification(), &emitted());
    assert_eq!(report.missed, Vec::<String>::new());
    assert!(report.caught > 150, "{report:#?}");
    // What OpenAPI assumes anyway.
    let parameters = format!("{OPERATION}/parameters");
    assert_eq!(
        report.equivalent,
        [format!("remove {parameters}/0/style"), format!("remove {parameters}/1/style")]
    );
}

#[test]
fn canonical_form_is_idempotent() {
    for document in [specification(), emitted(), rich_specification(), rich_emitted()] {
        let once = canonical(&document);
        assert_eq!(canonical(&once), once);
    }
}

#[test]
fn an_operation_that_declares_errors_must_have_them_emitted() {
    for range in ["4XX", "5XX"] {
        let mut emitted = emitted();
        pointer::remove(&mut emitted, &format!("{OPERATION}/responses/{range}"));
        let failure = check(&specification(), &emitted).unwrap_err();
        assert!(failure.to_string().contains("declares error responses"), "{failure}");
    }
}

#[test]
fn an_error_body_of_another_type_is_refused() {
    let mut specification = specification();
    let schema = "/components/responses/NotFound/content/application~1json/schema/$ref";
    at(&mut specification, schema, json!("#/components/schemas/Pets"));
    let failure = check(&specification, &emitted()).unwrap_err();
    assert_eq!(failure.error_responses.len(), 2);
    assert!(failure.to_string().contains("the emitted error body is not the declared one"), "{failure}");
}

#[test]
fn a_failure_names_the_place_and_both_sides() {
    let mut emitted = emitted();
    at(&mut emitted, "/components/schemas/Pets/properties/total/type", json!("string"));
    let failure = check(&specification(), &emitted).unwrap_err();
    assert_eq!(failure.differences, differences(&specification(), &emitted));
    assert_eq!(
        failure.to_string(),
        "the emitted document differs from the specification in 1 place:\n  \
         /components/schemas/Pets/properties/total/type: changed\n    \
         specification: \"integer\"\n    emitted:       \"string\"\n"
    );
}

#[test]
fn the_overlay_makes_no_edit_for_what_is_not_listed() {
    let mut emitted = emitted();
    pointer::remove(&mut emitted, &format!("{OPERATION}/operationId"));
    let overlay = overlay(&specification(), &emitted);
    assert!(overlay.edits.iter().all(|edit| !edit.pointer.ends_with("operationId")));
    assert_ne!(overlay.apply(&emitted), canonical(&specification()));
}

#[test]
fn the_overlay_removes_what_dropshot_adds() {
    let published = overlay(&specification(), &emitted()).apply(&emitted());
    let responses = published.pointer(&format!("{OPERATION}/responses")).unwrap().as_object().unwrap();
    assert_eq!(responses.keys().filter(|status| status.ends_with("XX")).count(), 0);
}

#[test]
fn a_property_that_is_called_like_a_lost_keyword_is_not_lost() {
    let mut specification = specification();
    at(&mut specification, "/components/schemas/Pets/properties/discriminator", json!({ "type": "string" }));
    assert!(check(&specification, &emitted()).is_err());
}

#[test]
fn a_referenced_schema_may_not_be_missing() {
    let mut emitted = emitted();
    pointer::remove(&mut emitted, "/components/schemas/Pets");
    assert!(check(&specification(), &emitted).is_err());
}

#[test]
fn a_parameter_that_stands_twice_is_seen() {
    let mut emitted = emitted();
    let parameters = emitted.pointer_mut(&format!("{OPERATION}/parameters")).unwrap().as_array_mut().unwrap();
    parameters.push(parameters[1].clone());
    assert!(check(&specification(), &emitted).is_err());
}

#[test]
fn a_parameter_of_the_operation_replaces_that_of_the_path() {
    let mut specification = specification();
    let parameters = "/paths/~1owners~1{id}~1pets/parameters";
    at(&mut specification, parameters, json!([{ "name": "limit", "in": "query", "schema": {} }]));
    let limit = canonical(&specification);
    let limit = limit.pointer(&format!("{OPERATION}/parameters/query:limit/schema/type"));
    assert_eq!(limit, Some(&json!("integer")));
}

#[test]
fn versions_become_the_nearest_semantic_version() {
    assert_eq!(nearest_semver("21.02.7"), "21.2.7");
    assert_eq!(nearest_semver("v1"), "1.0.0");
    assert_eq!(nearest_semver("2024-01-10.3"), "2024.1.10");
    assert_eq!(nearest_semver("draft"), "0.0.0");
}

#[test]
fn a_default_that_is_emitted_as_it_stands_needs_no_error_responses() {
    let operation = |responses: Value| {
        json!({ "openapi": "3.0.3", "info": {}, "components": {},
        "paths": { "/raw": { "get": { "operationId": "raw", "responses": responses } } } })
    };
    let default =
        operation(json!({ "default": { "description": "", "content": { "*/*": { "schema": {} } } } }));
    assert!(check(&default, &default).is_ok());
    assert!(check(&default, &operation(json!({}))).is_err());
}

/// A specification that needs every entry of the list.
fn rich_specification() -> Value {
    let error = json!({ "description": "Odd.", "x-note": 1, "headers": { "Retry-After": { "schema": {} } },
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/E" }, "example": {} } } });
    json!({
        "openapi": "3.0.0", "info": { "title": "All", "version": "v7", "x-audience": "all", "owner": "somebody" },
        "servers": [{ "url": "/" }], "externalDocs": { "url": "https://example.com" },
        "paths": {
            "/a": {
                "summary": "Everything about a.",
                "get": {
                    "operationId": "a", "summary": "One line\nand another.", "description": "Text.", "tags": ["t"],
                    "security": [], "callbacks": { "done": {} },
                    "parameters": [
                        { "in": "cookie", "name": "session", "schema": { "type": "string" } },
                        { "in": "query", "name": "q", "example": "x", "schema": { "type": "string", "default": "y" } },
                    ],
                    "requestBody": { "description": "A body.", "content": {
                        "application/json": { "schema": { "$ref": "#/components/schemas/E" } }, "text/plain": {} } },
                    "responses": {
                        "200": { "description": "Fine.", "links": { "next": {} } },
                        "202": { "description": "Later." }, "404": { "description": "Gone." },
                        "4XX": error, "5XX": error,
                    },
                },
                "put": { "operationId": "b", "description": "A first line.\nA second line.",
                    "responses": { "204": { "description": "Done." } } },
                "post": { "operationId": "c", "summary": "A summary,", "description": "and more.",
                    "responses": { "204": { "description": "Done." } } },
            },
        },
        "components": {
            "examples": { "one": {} },
            "schemas": { "E": { "type": "object", "xml": { "name": "e" } }, "Unused": { "type": "string" } },
        },
    })
}

fn rich_emitted() -> Value {
    let error = json!({ "$ref": "#/components/responses/E" });
    json!({
        "openapi": "3.0.3", "info": { "title": "All", "version": "7.0.0" }, "tags": [{ "name": "t" }],
        "paths": {
            "/a": {
                "get": {
                    "operationId": "a", "summary": "One line\nand another.", "description": "Text.", "tags": ["t"],
                    "parameters": [{ "in": "query", "name": "q", "schema": { "type": "string" } }],
                    "requestBody": { "required": true, "content": {
                        "application/json": { "schema": { "$ref": "#/components/schemas/E" } } } },
                    "responses": { "200": { "description": "Fine." }, "4XX": error, "5XX": error },
                },
                "put": { "operationId": "b", "description": "A first line.\nA second line.",
                    "responses": { "204": { "description": "Done." }, "4XX": error, "5XX": error } },
                "post": { "operationId": "c", "summary": "A summary,", "description": "and more.",
                    "responses": { "204": { "description": "Done." } } },
            },
        },
        "components": {
            "responses": { "E": { "description": "E", "content": {
                "application/json": { "schema": { "$ref": "#/components/schemas/E" } } } } },
            "schemas": { "E": { "type": "object" } },
        },
    })
}

#[test]
fn a_tag_that_an_operation_has_need_not_be_listed() {
    let document = |tags: Value| {
        json!({ "openapi": "3.0.3", "info": {}, "components": {}, "tags": tags,
            "paths": { "/a": { "get": { "operationId": "a", "tags": ["used"], "responses": {} } } } })
    };
    let rows = [
        (json!([{ "name": "used" }]), true),
        (json!([{ "name": "used", "description": " " }]), true),
        (json!([{ "name": "unused" }]), false),
        (json!([{ "name": "used", "description": "More." }]), false),
    ];
    for (emitted, same) in rows {
        let outcome = check(&document(json!([])), &document(emitted.clone()));
        assert_eq!(outcome.is_ok(), same, "{emitted}");
    }
}

#[test]
fn every_entry_of_the_list_is_needed_by_some_document() {
    let round_trip = check(&rich_specification(), &rich_emitted()).unwrap();
    let unused: Vec<_> = unused([&round_trip]).iter().map(|entry| entry.name).collect();
    assert_eq!(unused, Vec::<&str>::new());
}

#[test]
fn an_entry_allows_its_own_direction_only() {
    // Turned round, every one-directional difference is a failure.
    let failure = check(&rich_emitted(), &rich_specification()).unwrap_err();
    let allowed = overlay(&rich_emitted(), &rich_specification());
    let names: Vec<_> = allowed.edits.iter().map(|edit| edit.entry.name).collect();
    assert!(failure.differences.len() > 20, "{failure}");
    // The description of a range of errors is compared on its own.
    assert!(names.iter().all(|name| *name == "error range description"), "{names:?}");
    assert!(!failure.error_responses.is_empty());
}

#[test]
fn names_of_entries_are_distinct() {
    let mut names: Vec<_> = INEXPRESSIBLE.iter().map(|entry| entry.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), INEXPRESSIBLE.len());
}
