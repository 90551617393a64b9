//! The second part of the round trip: error responses. dropshot knows one error type an operation and documents it
//! as `4XX` and `5XX`, so the statuses of the specification cannot be compared one by one; their bodies can.

use std::fmt;

use serde_json::{Value, json};

use super::difference::shown;
use super::pointer::{METHODS, escape, is_error_status};
use crate::declare::UNTITLED;

const RANGES: [&str; 2] = ["4XX", "5XX"];

/// One emitted error response that is not what the specification declares.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorResponseProblem {
    /// The response, as a JSON pointer into the canonical form.
    pub pointer: String,
    /// What is wrong with it.
    pub problem: &'static str,
    /// What it should be.
    pub expected: Value,
    /// What it is.
    pub found: Value,
}

impl fmt::Display for ErrorResponseProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "  {}: {}", self.pointer, self.problem)?;
        write!(formatter, "\n    expected: {}", shown(&self.expected))?;
        write!(formatter, "\n    found:    {}", shown(&self.found))
    }
}

/// Everything wrong with the emitted error responses. Both documents are in canonical form.
pub(super) fn problems(specification: &Value, emitted: &Value) -> Vec<ErrorResponseProblem> {
    let mut found = Vec::new();
    let Some(paths) = emitted.get("paths").and_then(Value::as_object) else { return found };
    for (path, item) in paths {
        for method in METHODS {
            let Some(responses) = item.pointer(&format!("/{method}/responses")) else { continue };
            let pointer = format!("/paths/{}/{method}/responses", escape(path));
            let declared = specification.pointer(&pointer).unwrap_or(&Value::Null);
            // An operation that dropshot carries as a whole has the very responses of the specification.
            if declared == responses {
                continue;
            }
            check_operation(&pointer, declared, responses, &mut found);
        }
    }
    found
}

fn check_operation(pointer: &str, declared: &Value, emitted: &Value, found: &mut Vec<ErrorResponseProblem>) {
    // What is emitted under the status of the specification needs no range: it is compared like any other response.
    let needs_range =
        |status: &str| is_error_status(status) && (RANGES.contains(&status) || emitted.get(status).is_none());
    let declared: Vec<(&String, &Value)> = declared
        .as_object()
        .map(|responses| responses.iter().filter(|(status, _)| needs_range(status)).collect())
        .unwrap_or_default();
    for range in RANGES {
        let pointer = format!("{pointer}/{range}");
        let Some(response) = emitted.get(range) else {
            if !declared.is_empty() {
                found.push(ErrorResponseProblem {
                    pointer,
                    problem: "the specification declares error responses, and none is emitted for them",
                    expected: declared.iter().map(|(status, _)| status.as_str()).collect(),
                    found: Value::Null,
                });
            }
            continue;
        };
        check_form(&pointer, response, found);
        let emitted_body = body(response);
        for (_, response) in &declared {
            let declared_body = body(response);
            if declared_body.is_some() && declared_body != emitted_body {
                found.push(ErrorResponseProblem {
                    pointer: pointer.clone(),
                    problem: "the emitted error body is not the declared one",
                    expected: declared_body.cloned().unwrap_or_default(),
                    found: emitted_body.cloned().unwrap_or_default(),
                });
                break;
            }
        }
    }
}

/// What dropshot emits for an error type has one form; anything beyond it would be lost unseen, because the
/// response as a whole is on the list.
fn check_form(pointer: &str, response: &Value, found: &mut Vec<ErrorResponseProblem>) {
    let schema = body(response).cloned().unwrap_or_default();
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next());
    // A schema without a name is described by its title, or by what stands for one, and a number.
    let title = schema.get("title").and_then(Value::as_str).unwrap_or(UNTITLED);
    let numbered = |text: &&str| {
        text.strip_prefix(title).is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
    };
    let written = response["description"].as_str().filter(numbered);
    let description = name.or(written).map_or_else(|| json!(title), |name| json!(name));
    // A schema that allows everything is left out of the canonical form.
    let media_type = if schema.is_null() { json!({}) } else { json!({ "schema": schema }) };
    let expected = json!({ "description": description, "content": { "application/json": media_type } });
    if *response != expected {
        found.push(ErrorResponseProblem {
            pointer: pointer.to_owned(),
            problem: "the emitted error response is not of the form that dropshot gives it",
            expected,
            found: response.clone(),
        });
    }
}

fn body(response: &Value) -> Option<&Value> {
    response.pointer("/content/application~1json/schema")
}
