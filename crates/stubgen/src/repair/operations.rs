//! Operations: their names, and the responses that every one must have.

use std::collections::HashMap;

use heck::ToSnakeCase;
use serde_json::{Map, Value, json};

use super::{Mender, Repair, each_operation, rename};
use crate::names;
use crate::pointer::Pointer;

pub(super) fn repair(root: &mut Value, mender: &mut Mender<'_>) {
    ids(root, mender);
    each_operation(root, &mut |_, _, operation, at| responses(operation, at, mender));
    for section in ["responses"] {
        let Some(Value::Object(shared)) = root.get_mut("components").and_then(|c| c.get_mut(section)) else {
            continue;
        };
        for (name, response) in shared {
            let at = Pointer::root().key("components").key(section).key(name);
            description(response, name, &at, mender);
        }
    }
}

/// Names every operation: what the document says where that is unique, and else the method with the path.
fn ids(root: &mut Value, mender: &mut Mender<'_>) {
    let mut taken: HashMap<String, String> = HashMap::new();
    // Operations that need a name, with what is wrong with the one they have.
    let mut unnamed: HashMap<Pointer, Option<(Repair, String)>> = HashMap::new();
    each_operation(root, &mut |_, _, operation, at| {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
        let (ident, _) = names::operation(id);
        if ident.trim_matches('_').is_empty() {
            unnamed.insert(at.clone(), None);
            return;
        }
        if let Some(other) = taken.get(&ident) {
            let reason = if other == id {
                (Repair::DuplicateOperationId, format!("the operation id `{id}` is used twice"))
            } else {
                let message = format!("the operation ids `{other}` and `{id}` both become `{ident}`");
                (Repair::OperationIdCollision, message)
            };
            unnamed.insert(at.clone(), Some(reason));
            return;
        }
        taken.insert(ident, id.to_owned());
    });
    each_operation(root, &mut |path, method, operation, at| {
        let Some(reason) = unnamed.remove(at) else { return };
        let stem = derived(method, path);
        let mut id = stem.clone();
        let mut n = 2;
        while taken.contains_key(&names::operation(&id).0) {
            id = format!("{stem}_{n}");
            n += 1;
        }
        taken.insert(names::operation(&id).0, id.clone());
        match reason {
            Some((repair, message)) => {
                let message = format!("{message}, this one is taken for `{id}`");
                let help = "give every operation an id of its own";
                mender.note(&at.key("operationId"), repair, &message, help);
            }
            None => {
                let method = method.to_uppercase();
                let message = format!("{method} {path} has no usable `operationId`, taken for `{id}`");
                let help = format!("add `operationId: {id}`");
                mender.note(at, Repair::MissingOperationId, &message, &help);
            }
        }
        operation.insert("operationId".to_owned(), Value::String(id));
    });
}

/// `GET /users/{id}/tokens` to `get_users_by_id_tokens`.
fn derived(method: &str, path: &str) -> String {
    let mut words = vec![method.to_owned()];
    for segment in path.split(['/', '#', '?']).filter(|segment| !segment.is_empty()) {
        let mut rest = segment;
        while let Some((literal, tail)) = rest.split_once('{') {
            let (name, tail) = tail.split_once('}').unwrap_or((tail, ""));
            words.push(literal.to_owned());
            words.push(format!("by_{name}"));
            rest = tail;
        }
        words.push(rest.to_owned());
    }
    let ascii = words.join("_").replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    ascii.to_snake_case()
}

fn responses(operation: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    let empty = match operation.get("responses") {
        None => true,
        Some(Value::Object(responses)) => responses.keys().all(|key| key.starts_with("x-")),
        Some(_) => false,
    };
    if empty {
        let message = "the operation has no `responses`, taken for a 200 without a body";
        mender.note(at, Repair::MissingField, message, "add `responses` with at least one success");
        let responses = operation.entry("responses").or_insert_with(|| json!({}));
        responses["200"] = json!({"description": reason("200")});
        return;
    }
    let Some(Value::Object(responses)) = operation.get_mut("responses") else { return };
    let at = at.key("responses");
    let keys: Vec<_> = responses.keys().filter(|key| !key.starts_with("x-")).cloned().collect();
    for key in keys {
        let status = status(&key);
        if status != key && !responses.contains_key(&status) {
            let message = format!("the status `{key}` is taken for `{status}`");
            mender.note(&at.key(&key), Repair::Status, &message, &format!("write `'{status}'`"));
            mender.scope.origins.moved(&at.key(&key), &at.key(&status));
            rename(responses, &key, &status);
        }
    }
    for (status, response) in responses {
        if !status.starts_with("x-") {
            description(response, status, &at.key(status), mender);
        }
    }
}

/// `2xx` to `2XX`, and without spaces around.
fn status(key: &str) -> String {
    let trimmed = key.trim();
    if trimmed.eq_ignore_ascii_case("default") {
        return "default".to_owned();
    }
    let bytes = trimmed.as_bytes();
    if bytes.len() == 3
        && bytes[0].is_ascii_digit()
        && bytes[1..].iter().all(|b| b.eq_ignore_ascii_case(&b'x'))
    {
        return trimmed.to_ascii_uppercase();
    }
    trimmed.to_owned()
}

fn description(response: &mut Value, status: &str, at: &Pointer, mender: &mut Mender<'_>) {
    let Value::Object(response) = response else { return };
    if response.contains_key("$ref") || response.contains_key("description") {
        return;
    }
    let text = response.get("summary").and_then(Value::as_str).map_or_else(|| reason(status), str::to_owned);
    let message = format!("the response has no `description`, taken for `{text}`");
    mender.note(at, Repair::MissingField, &message, "add it: OpenAPI requires it");
    response.insert("description".to_owned(), Value::String(text));
}

/// What a status is called.
fn reason(status: &str) -> String {
    let code = status.parse::<u16>().ok().and_then(|code| http::StatusCode::from_u16(code).ok());
    code.and_then(|code| code.canonical_reason()).unwrap_or("Response").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_named_by_its_method_and_path() {
        let rows = [
            ("get", "/users/{id}/tokens", "get_users_by_id_tokens"),
            ("post", "/", "post"),
            ("get", "/a/{b}.json", "get_a_by_b_json"),
            ("get", "/a-b/{c}-{d}", "get_a_b_by_c_by_d"),
            ("put", "/a#add", "put_a_add"),
            ("get", "/żółw", "get_w"),
        ];
        for (method, path, expected) in rows {
            assert_eq!(derived(method, path), expected, "{path}");
        }
    }

    #[test]
    fn statuses_are_written_as_openapi_writes_them() {
        for (key, expected) in
            [("2xx", "2XX"), (" 200 ", "200"), ("Default", "default"), ("404", "404"), ("abc", "abc")]
        {
            assert_eq!(status(key), expected);
        }
    }
}
