//! The table of a small API, and everything that can be wrong with it.

use serde_json::json;

use super::*;
use crate::definition::{Method, RequestBody, Security, SecurityScheme};

const LIST: Operation = Operation {
    id: "list",
    method: Method::Get,
    path: "/lists/{id}.json",
    parameters: &[
        Parameter {
            name: "id",
            location: Location::Path,
            required: true,
            shape: Shape::String,
            style: Style::Simple,
            explode: false,
            default: None,
        },
        SORT,
        Parameter {
            name: "X-Filter",
            location: Location::Header,
            required: false,
            shape: Shape::Json,
            style: Style::Simple,
            explode: false,
            default: None,
        },
    ],
    body: None,
    produces: &["application/json", "text/csv"],
    statuses: &[200, 4, 0],
    security: Security { alternatives: &[0, 1], optional: true },
};

const SORT: Parameter = Parameter {
    name: "sort",
    location: Location::Query,
    required: false,
    shape: Shape::Array(&Shape::String),
    style: Style::PipeDelimited,
    explode: false,
    default: Some("[\"id\"]"),
};

const PUT: Operation = Operation {
    id: "put",
    method: Method::Put,
    path: "/lists/{name}.json",
    parameters: &[Parameter { name: "name", ..LIST.parameters[0] }],
    body: Some(RequestBody {
        media_types: &["text/csv", "application/json"],
        required: true,
        max_bytes: None,
        form: Shape::Any,
    }),
    produces: &[],
    statuses: &[204],
    security: Security { alternatives: &[], optional: false },
};

const DEFINITION: Definition = Definition {
    title: "Lists",
    version: "1",
    base_path: "/v2/api",
    schemes: &[
        SecurityScheme { name: "key", kind: SchemeKind::ApiKeyQuery("k") },
        SecurityScheme { name: "login", kind: SchemeKind::Bearer },
        SecurityScheme { name: "basic", kind: SchemeKind::Basic },
    ],
    alternatives: &[&[0, 1], &[2]],
    operations: &[LIST, PUT],
    validation: "{}",
    json: "{}",
    yaml: "{}",
};

fn specification() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Lists", "version": "1" },
        "servers": [{ "url": "https://{host}/{version}/api/", "variables": {
            "host": { "default": "example.com" }, "version": { "default": "v2" } } }],
        "security": [{ "login": [], "key": [] }, {}, { "basic": [] }],
        "paths": {
            "/lists/{id}.json": { "get": {
                "parameters": [
                    { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
                    { "name": "sort", "in": "query", "style": "pipeDelimited", "explode": false,
                      "schema": { "$ref": "#/components/schemas/Sort" } },
                    { "name": "x-filter", "in": "header", "content": { "application/json": { "schema": {} } } },
                    { "name": "Accept", "in": "header", "schema": { "type": "string" } },
                ],
                "responses": {
                    "200": { "description": "", "content": { "application/json": {}, "text/csv": {} } },
                    "4XX": { "description": "" },
                    "default": { "$ref": "#/components/responses/Error" },
                },
            } },
            "/lists/{name}.json": {
                "parameters": [{ "name": "name", "in": "path", "required": true, "schema": { "type": "string" } }],
                "put": {
                    "security": [],
                    "requestBody": { "required": true, "content": { "application/json": {}, "text/csv": {} } },
                    "responses": { "204": { "description": "" } },
                },
            },
        },
        "components": {
            "schemas": { "Sort": { "type": "array", "items": { "type": "string" }, "default": ["id"] } },
            "responses": { "Error": { "description": "", "content": { "application/json": {} } } },
            "securitySchemes": {
                "key": { "type": "apiKey", "in": "query", "name": "k" },
                "login": { "type": "oauth2", "flows": {} },
                "basic": { "type": "http", "scheme": "Basic" },
            },
        },
    })
}

fn lines(specification: &Value, definition: &Definition) -> Vec<String> {
    check_definition(specification, definition).err().unwrap_or_default()
}

#[test]
fn a_table_that_says_what_the_document_says_passes() {
    assert_eq!(lines(&specification(), &DEFINITION), Vec::<String>::new());
}

#[test]
fn every_change_of_the_document_is_a_line() {
    let list = "/paths/~1lists~1{id}.json/get";
    let rows = [
        ("/servers/0/url".to_owned(), json!("/v3"), "base path"),
        (format!("{list}/parameters/1/style"), json!("spaceDelimited"), "query:sort: style"),
        (format!("{list}/parameters/1/explode"), json!(true), "query:sort: explode"),
        (format!("{list}/parameters/1/required"), json!(true), "query:sort: required"),
        (format!("{list}/parameters/1/name"), json!("order"), "query:order is in the document, and not read"),
        (format!("{list}/parameters/1/in"), json!("cookie"), "query:sort is read, and not in the document"),
        (format!("{list}/parameters/1/schema"), json!({"default": ["name"]}), "query:sort: default"),
        (format!("{list}/parameters/1/content"), json!({"a/b": {}}), "query:sort: shape"),
        (format!("{list}/responses/201"), json!({}), "statuses"),
        (format!("{list}/responses/200/content/a~1b"), json!({}), "media types of responses"),
        (format!("{list}/requestBody"), json!({"content": {}}), "request body"),
        (format!("{list}/security"), json!([{"basic": []}, {}]), "security"),
        (format!("{list}/security"), json!([{"login": [], "key": []}, {"basic": []}]), "security"),
        ("/components/securitySchemes/key/name".to_owned(), json!("kk"), "security"),
        ("/components/securitySchemes/login/type".to_owned(), json!("mutualTLS"), "security"),
        ("/components/schemas/Sort/default".to_owned(), Value::Null, "query:sort: default"),
        ("/paths/~1lists~1{name}.json/put/requestBody/required".to_owned(), json!(false), "request body"),
        (
            "/paths/~1lists~1{name}.json/post".to_owned(),
            json!({}),
            "POST /lists/{name}.json: in the document",
        ),
        ("/paths/~1lists~1{id}.json".to_owned(), json!({}), "GET /lists/{id}.json: served, and not"),
    ];
    for (pointer, value, expected) in rows {
        let mut changed = specification();
        crate::roundtrip::pointer::set(&mut changed, &pointer, value);
        let lines = lines(&changed, &DEFINITION);
        assert!(lines.iter().any(|line| line.contains(expected)), "{pointer}: {lines:?}");
    }
}

#[test]
fn an_operation_that_no_request_reaches_is_a_line() {
    const HIDDEN: Operation = Operation { id: "hidden", path: "/lists/{other}.json", ..PUT };
    let definition = Definition { operations: &[LIST, PUT, HIDDEN, LIST], ..DEFINITION };
    let lines = lines(&specification(), &definition);
    let expected = [
        "PUT /lists/{other}.json: served, and not in the document",
        "GET /lists/{id}.json: served twice",
        "PUT /lists/{other}.json: a request for /v2/api/lists/stubgen.json leads to put",
        "GET /lists/{id}.json: a request for /v2/api/lists/stubgen.json leads to list",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn base_paths_of_every_kind_of_url_are_found() {
    let rows = [
        ("https://a.b/c/d/", "/c/d"),
        ("https://a.b", ""),
        ("//a.b/c", "/c"),
        ("/", ""),
        ("/c?d", "/c"),
        ("c/d", "/c/d"),
        ("./c", "/c"),
        ("", ""),
    ];
    for (url, path) in rows {
        assert_eq!(base_path(&json!({ "servers": [{ "url": url }] })), path, "{url}");
    }
    assert_eq!(base_path(&json!({})), "");
}
