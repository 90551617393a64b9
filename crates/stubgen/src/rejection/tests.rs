//! What errors of the shapes that documents have come to look like, and what a mapping that does not fit is told.

use serde_json::{Value, json};

use super::*;
use crate::{Options, Source, generate};

/// An error of the schema, with the names of the parts in their places.
fn sketch(schema: &Value) -> Value {
    let root = json!({});
    let mut maker = Maker { schemas: Schemas(&root), known: Vec::new(), general: None };
    drawn(maker.json("application/json", schema))
}

fn drawn(form: ErrorForm) -> Value {
    let mut value = form.template;
    for place in form.places {
        let target = value.pointer_mut(&place.pointer);
        *target.unwrap_or_else(|| panic!("{} is not there", place.pointer)) = json!(place.part.pascal());
    }
    value
}

fn text() -> Value {
    json!({"type": "string"})
}

#[expect(clippy::needless_pass_by_value, reason = "the tables below are easier to read so")]
fn object(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties})
}

#[test]
fn errors_of_the_usual_shapes_are_understood() {
    let (text, int, free) = (text(), json!({"type": "integer"}), json!({"type": "object"}));
    let uri = json!({"type": "string", "format": "uri"});
    let inner = object(&["id", "description"], json!({"id": text, "description": text, "details": free}));
    let rows = [
        (text.clone(), json!("Message")),
        (object(&[], json!({"message": text})), json!({"message": "Message"})),
        (
            object(&["code", "message"], json!({"code": int, "message": text})),
            json!({"code": "Status", "message": "Message"}),
        ),
        (object(&[], json!({"code": text, "message": text})), json!({"code": "Id", "message": "Message"})),
        (object(&["error"], json!({"error": text})), json!({"error": "Message"})),
        (
            object(&["error"], json!({"error": text, "error_description": text})),
            json!({"error": "Id", "error_description": "Message"}),
        ),
        (
            object(&["error"], json!({"error": inner})),
            json!({"error": {"id": "Id", "description": "Message", "details": "Details"}}),
        ),
        (
            object(&[], json!({"type": uri, "title": text, "status": int, "detail": text, "instance": uri})),
            json!({"title": "Title", "status": "Status", "detail": "Message"}),
        ),
        (
            object(&["type", "title"], json!({"type": uri, "title": text})),
            json!({"type": "about:blank", "title": "Message"}),
        ),
        (
            object(
                &["errors"],
                json!({"errors": {"type": "array", "items": object(&["message"], json!({"message": text}))}}),
            ),
            json!({"errors": [{"message": "Message"}]}),
        ),
        (object(&[], json!({"errors": {"type": "array", "items": text}})), json!({"errors": ["Message"]})),
        (json!({}), json!({"message": "Message"})),
        (free.clone(), json!({"message": "Message"})),
        (
            json!({"allOf": [object(&["message"], json!({"message": text})), object(&["ok"], json!({"ok": {"type": "boolean"}}))]}),
            json!({"message": "Message", "ok": false}),
        ),
    ];
    for (schema, expected) in rows {
        assert_eq!(sketch(&schema), expected, "{schema}");
    }
}

#[test]
fn what_a_schema_asks_for_besides_has_a_value_that_it_allows() {
    let schema = object(
        &["message", "at", "kind", "level", "items", "request", "left"],
        json!({
            "message": text(),
            "at": {"type": "string", "format": "date-time"},
            "kind": {"type": "string", "enum": ["busy", "unknown"]},
            "level": {"type": "integer", "minimum": 3},
            "items": {"type": "array", "items": text()},
            "request": {"type": "string", "maxLength": 8, "minLength": 2},
            "left": {"type": "string", "nullable": true},
        }),
    );
    let expected = json!({"message": "Message", "at": "1970-01-01T00:00:00Z", "kind": "Id", "level": 3, "items": [],
        "request": "--", "left": null});
    assert_eq!(sketch(&schema), expected);
}

#[test]
fn a_schema_that_contains_itself_ends() {
    let root = json!({"components": {"schemas": {"Loop": object(&["error"], json!({"error": {"$ref": "#/components/schemas/Loop"}}))}}});
    let mut maker = Maker { schemas: Schemas(&root), known: Vec::new(), general: None };
    let form = maker.json("application/json", &json!({"$ref": "#/components/schemas/Loop"}));
    assert!(form.template.is_object());
}

/// A document with an operation whose errors are `Error`, which has the extension; `top` stands at its top.
fn document(extension: &str, top: &str) -> String {
    format!(
        "openapi: 3.0.3
info: {{title: A, version: 1.0.0}}
{top}
paths:
  /a:
    get:
      operationId: a
      responses:
        '204': {{description: Done.}}
        '400': {{description: Bad., content: {{application/problem+json: {{schema: {{$ref: '#/components/schemas/Error'}}}}}}}}
        '409': {{description: Taken., content: {{text/plain: {{schema: {{type: string}}}}}}}}
        default: {{description: Bad., content: {{application/json: {{schema: {{$ref: '#/components/schemas/Other'}}}}}}}}
components:
  schemas:
    Error:
      type: object
      required: [error, note]
      {extension}
      properties:
        note: {{type: string, default: none}}
        error:
          type: object
          required: [first]
          properties: {{first: {{type: string}}, second: {{type: string}}, number: {{type: integer}}, shape: {{type: string, format: uuid}}}}
    Other:
      type: object
      properties: {{message: {{type: string}}}}
"
    )
}

fn rejections(text: &str) -> Result<String, Vec<String>> {
    match generate(&Source { name: "a.yaml", text }, &Options::default()) {
        Ok(generated) => Ok(generated.api["rejection.rs"].clone()),
        Err(findings) => Err(findings
            .iter()
            .map(|finding| format!("{} {}", finding.kind.code(), finding.message))
            .collect()),
    }
}

#[test]
fn a_document_says_what_goes_where() {
    for text in [
        document("x-stubgen-error: {message: error.first, code: /error/number}", ""),
        document(
            "",
            "x-stubgen-error: {schema: '#/components/schemas/Error', message: error.first, code: /error/number}",
        ),
        document("", "x-stubgen-error: {schema: Error, message: /error/first, status: /error/number}"),
    ] {
        let code = rejections(&text).expect("generated");
        let first = code.split("others").next().unwrap_or_default();
        assert!(
            first.contains(r#"{\"note\":\"none\",\"error\":{\"first\":null,\"number\":null}}"#),
            "{first}"
        );
        assert!(first.contains("application/problem+json") && first.contains("/error/number"), "{first}");
    }
}

#[test]
fn each_status_of_an_operation_has_the_form_that_it_declares() {
    let code = rejections(&document("x-stubgen-error: {message: error.first}", "")).expect("generated");
    let code: String = code.split_whitespace().collect();
    assert!(
        code.contains("operations:&[&[(400u16,None),(409u16,Some(0usize)),(0u16,Some(1usize))]]"),
        "{code}"
    );
    assert!(code.contains("media_type:\"text/plain\""), "{code}");
}

#[test]
fn a_marked_schema_is_that_of_errors_even_where_others_are_used_more() {
    let code = rejections(&document("x-stubgen-error: true", "")).expect("generated");
    assert!(code.split("others").next().is_some_and(|first| first.contains("problem+json")), "{code}");
}

#[test]
fn a_mapping_that_does_not_fit_is_refused_with_its_reason() {
    let rows = [
        ("x-stubgen-error: message", "", "wrong-type `x-stubgen-error` is `true`"),
        (
            "x-stubgen-error: {message: /error/frist}",
            "",
            "invalid-value `x-stubgen-error` names `/error/frist`",
        ),
        ("x-stubgen-error: {text: error.first}", "", "invalid-value `text` is no part"),
        ("x-stubgen-error: {message: 7}", "", "wrong-type `message` names a property"),
        (
            "x-stubgen-error: {message: error.number}",
            "",
            "wrong-type `message` of an error cannot go to `error.number`",
        ),
        (
            "x-stubgen-error: {message: error.first, id: error.shape}",
            "",
            "wrong-type `id` of an error cannot go to",
        ),
        ("x-stubgen-error: {message: error.first, details: error}", "", "wrong-type `details` of an error"),
        (
            "x-stubgen-error: {message: error.second}",
            "",
            "missing-field `x-stubgen-error` leaves `/error/first`",
        ),
        (
            "",
            "x-stubgen-error: {schema: Errors}",
            "dangling-reference `x-stubgen-error` names the schema `Errors`",
        ),
    ];
    for (extension, top, expected) in rows {
        let findings = rejections(&document(extension, top)).expect_err("refused");
        assert!(findings.iter().any(|finding| finding.starts_with(expected)), "{expected}: {findings:?}");
    }
}
