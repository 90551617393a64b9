//! Documents to start from: those of the goldens, and two with something of everything.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use stubgen::{Options, Source};

/// The documents of all goldens that can be read.
pub(crate) fn goldens() -> Vec<Value> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut folders: Vec<_> = ["golden", "prepare/golden"]
        .iter()
        .flat_map(|folder| fs::read_dir(tests.join(folder)).expect("the folder of the goldens"))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.sort();
    let texts = folders.iter().filter_map(|folder| {
        ["spec.yaml", "spec.json"].iter().find_map(|name| fs::read_to_string(folder.join(name)).ok())
    });
    texts
        .filter_map(|text| {
            let source = Source { name: "spec.yaml", text: &text };
            stubgen::prepare(&source, &Options::default()).ok().map(|prepared| prepared.served)
        })
        .collect()
}

/// A document of OpenAPI 3 with something of everything.
pub(crate) fn modern() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1.0.0", "description": "D", "termsOfService": "https://a.example/t",
            "contact": {"name": "C", "url": "https://a.example/c", "email": "c@a.example"}, "license": {"name": "MIT", "url": "https://a.example/l"}},
        "externalDocs": {"url": "https://a.example/d", "description": "More"},
        "x-extension": {"text": "free", "list": ["a", 1]},
        "servers": [{"url": "https://{host}/v1", "description": "First", "variables": {"host": {"default": "a", "enum": ["a", "b"]}}}],
        "tags": [{"name": "t", "description": "Tagged"}],
        "security": [{"key": []}, {"login": []}, {"flow": ["read"]}],
        "paths": {
            "/a/{id}": {
                "parameters": [{"$ref": "#/components/parameters/Id"}],
                "get": {
                    "operationId": "getA", "tags": ["t"], "summary": "Gets", "description": "Gets one.\n\n    indented\n\n```\ncode\n```",
                    "parameters": [
                        {"name": "q", "in": "query", "description": "Q", "schema": {"type": "array", "items": {"type": "integer", "default": 1}}},
                        {"name": "o", "in": "query", "style": "deepObject", "explode": true, "schema": {"type": "object", "properties": {"p": {"type": "string", "default": "d"}}}},
                        {"name": "X-H", "in": "header", "schema": {"type": "string", "enum": ["one", "two"], "default": "one"}, "example": "one"},
                        {"name": "c", "in": "cookie", "schema": {"type": "string", "format": "uuid"}},
                        {"name": "j", "in": "query", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
                    ],
                    "responses": {
                        "200": {"description": "OK", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
                        "default": {"description": "Error", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/E"}}}},
                    },
                },
                "put": {
                    "operationId": "putA",
                    "requestBody": {"required": true, "description": "B", "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/U"}, "examples": {"first": {"summary": "F", "value": {"kind": "x"}}}},
                        "multipart/form-data": {"schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}, "note": {"type": "string"}}}},
                        "application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"a": {"type": "integer"}}}},
                        "text/plain": {"schema": {"type": "string"}},
                    }},
                    "responses": {"204": {"description": "Done"}, "4XX": {"description": "Wrong", "content": {"application/problem+json": {"schema": {"type": "object", "properties": {"title": {"type": "string"}}}}}}},
                    "deprecated": true, "externalDocs": {"url": "https://a.example/p"},
                    "callbacks": {"c": {"{$request.body#/url}": {"post": {"responses": {"200": {"description": "OK"}}}}}},
                },
            },
            "/b": {"$ref": "#/components/pathItems/B"},
        },
        "components": {
            "parameters": {"Id": {"name": "id", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[a-z]+$"}}},
            "pathItems": {"B": {"get": {"responses": {"200": {"$ref": "#/components/responses/R"}}}}},
            "responses": {"R": {"description": "R", "headers": {"X": {"description": "H", "schema": {"type": "string"}}}, "content": {"text/plain": {"schema": {"type": "string"}}, "application/octet-stream": {}}, "links": {"l": {"operationId": "getA", "description": "L"}}}},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-Key", "description": "K"},
                "login": {"type": "http", "scheme": "basic"},
                "flow": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://a.example/token", "scopes": {"read": "Reads"}}}},
            },
            "schemas": {
                "Plain": {"type": "string", "title": "Titled", "description": "*Plain*", "minLength": 1, "maxLength": 9, "example": "e"},
                "Level": {"type": "string", "enum": ["low", "high", "LOW-ER"], "x-enum-varnames": ["Low", "High", "Lower"]},
                "When": {"type": "string", "format": "date-time"},
                "Many": {"type": "array", "items": {"$ref": "#/components/schemas/Plain"}, "minItems": 1, "uniqueItems": true},
                "Map": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/When"}},
                "Any": {},
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

/// The same for Swagger 2.0.
pub(crate) fn swagger() -> Value {
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
