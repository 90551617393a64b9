//! Samples of calls: those of the document, or a call by curl.

use maud::{Markup, html};

use crate::code;
use crate::document::{Document, Operation, is_true, text};
use crate::parameters;
use crate::security::{self, Demands, Scheme};

/// The samples of an operation, in the order of the document (`x-codeSamples`).
pub(crate) fn samples<'d>(document: &Document<'d>, operation: &Operation<'d>) -> Markup {
    let given =
        ["x-codeSamples", "x-code-samples"].iter().find_map(|key| operation.value.get(*key)?.as_array());
    let given: Vec<(String, &str)> = given
        .into_iter()
        .flatten()
        .filter_map(|sample| {
            let (language, label) = (text(sample, "lang").unwrap_or("Sample"), text(sample, "label"));
            let label = label.filter(|label| *label != language);
            let label = label.map_or_else(|| language.to_owned(), |label| format!("{language}: {label}"));
            Some((label, text(sample, "source")?))
        })
        .collect();
    html! {
        @for (label, source) in &given { (code::block(label, &code::text(source))) }
        @if given.is_empty() { (code::block("cURL", &code::text(&curl(document, operation)))) }
    }
}

/// A call by curl, with the examples of the document and variables of the shell for credentials.
fn curl<'d>(document: &Document<'d>, operation: &Operation<'d>) -> String {
    let mut path = operation.path.to_owned();
    let mut query = Vec::new();
    let mut words = vec![format!("curl -X {}", operation.method)];
    for parameter in &operation.parameters {
        let name = text(parameter, "name").unwrap_or_default();
        let required = is_true(parameter, "required");
        let value = parameters::example(document, parameter).unwrap_or_else(|| name.to_uppercase());
        match text(parameter, "in") {
            Some("path") => path = path.replace(&format!("{{{name}}}"), &value),
            Some("query") if required => query.push(format!("{name}={value}")),
            Some("header") if required => words.push(format!("-H {}", quoted(&format!("{name}: {value}")))),
            _ => {}
        }
    }
    let Demands { alternatives, .. } = security::demands(document, operation.value);
    for scheme in alternatives.first().into_iter().flatten() {
        words.extend(credential(scheme, &mut query));
    }
    let body = operation.value.get("requestBody").map(|body| document.resolve(body));
    let media_type = body.and_then(|body| body.get("content")?.as_object()?.keys().next());
    if let Some(media_type) = media_type {
        words.push(format!("-H {}", quoted(&format!("Content-Type: {media_type}"))));
        words.push("--data-binary @body".to_owned());
    }
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    words.push(quoted(&format!("{}{path}{query}", document.server())));
    words.join(" \\\n  ")
}

fn credential(scheme: &Scheme<'_>, query: &mut Vec<String>) -> Option<String> {
    Some(match scheme.kind {
        "basic" => "-u \"$USERNAME:$PASSWORD\"".to_owned(),
        "bearer" => "-H \"Authorization: Bearer $TOKEN\"".to_owned(),
        "header" if is_plain(scheme.name) => format!("-H \"{}: $TOKEN\"", scheme.name),
        "query" => {
            query.push(format!("{}=TOKEN", scheme.name));
            return None;
        }
        _ => return None,
    })
}

/// Whether a name needs no quotes.
fn is_plain(name: &str) -> bool {
    name.chars().all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character))
}

/// An argument that a shell takes as it is.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sample(operation: &Value) -> String {
        let root = json!({
            "servers": [{ "url": "https://a.example/v1" }],
            "components": { "securitySchemes": { "key": { "type": "apiKey", "in": "header", "name": "X-Key" } } },
            "paths": { "/a/{id}": { "put": operation } },
        });
        let document = Document::new(&root);
        samples(&document, &document.operations[0]).into_string()
    }

    #[test]
    fn a_call_by_curl_stands_in_for_samples_that_the_document_does_not_have() {
        let html = sample(&json!({
            "security": [{ "key": [] }],
            "parameters": [
                { "name": "id", "in": "path", "required": true, "example": "it's" },
                { "name": "q", "in": "query", "required": true, "schema": { "type": "integer", "example": 3 } },
                { "name": "o", "in": "query" },
            ],
            "requestBody": { "content": { "text/plain": {} } },
        }));
        let expected = "curl -X PUT \\\n  -H &quot;X-Key: $TOKEN&quot; \\\n  -H 'Content-Type: text/plain' \\\n  \
                        --data-binary @body \\\n  'https://a.example/v1/a/it'\\''s?q=3'";
        assert!(html.contains(expected), "{html}");
    }

    #[test]
    fn samples_of_the_document_are_shown_as_they_are() {
        let html = sample(
            &json!({ "x-codeSamples": [{ "lang": "Shell", "label": "a <b>", "source": "x </pre>\n" }] }),
        );
        assert!(
            html.contains("a &lt;b&gt;") && html.contains("x &lt;/pre&gt;") && !html.contains("curl"),
            "{html}"
        );
    }
}
