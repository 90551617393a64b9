//! Keys of `paths`: a request's path starts with a slash and has neither query nor fragment.
//!
//! A suffix is dropped when nothing else answers at the path without it. Where something does, the key stays, because it is all that tells
//! the operations apart: lowering decides whether a server can serve both. The query of a key becomes required parameters with one value
//! each, so that a client sends what the key says and a server insists on it.

use serde_json::{Map, Value, json};

use super::{Mender, Repair};
use crate::grammar::{Form, Role};
use crate::pointer::Pointer;

pub(super) fn repair(root: &mut Value, mender: &mut Mender<'_>) {
    let Some(Value::Object(paths)) = root.get_mut("paths") else { return };
    let keys: Vec<_> = paths.keys().filter(|key| !key.starts_with("x-")).cloned().collect();
    for key in &keys {
        leading_slash(key, paths, mender);
    }
    let keys: Vec<_> = paths.keys().filter(|key| key.starts_with('/')).cloned().collect();
    for key in &keys {
        if let Some(at) = key.find(['?', '#']) {
            suffix(key, at, paths, mender);
        }
    }
}

fn leading_slash(key: &str, paths: &mut Map<String, Value>, mender: &mut Mender<'_>) {
    let trimmed = key.trim();
    let path = if trimmed.starts_with('/') { trimmed.to_owned() } else { format!("/{trimmed}") };
    if path == key || trimmed.contains("://") || paths.contains_key(&path) {
        return;
    }
    let message = format!("the path `{key}` is taken for `{path}`");
    mender.note(&place(key), Repair::PathSlash, &message, &format!("write `{path}`"));
    move_item(key, &path, paths, mender);
}

fn suffix(key: &str, at: usize, paths: &mut Map<String, Value>, mender: &mut Mender<'_>) {
    let (path, suffix) = key.split_at(at);
    let is_query = suffix.starts_with('?');
    if is_query {
        let query = suffix[1..].split('#').next().unwrap_or_default();
        query_parameters(query, key, paths, mender);
    }
    let repair = if is_query { Repair::PathQuery } else { Repair::PathFragment };
    let what = if is_query { "query" } else { "fragment" };
    let methods = |item: &Value| -> Vec<String> {
        item.as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key)
            .filter(|key| is_method(key))
            .cloned()
            .collect()
    };
    let own = paths.get(key).map(methods).unwrap_or_default();
    let taken = paths.get(path).map(methods).unwrap_or_default();
    let help = if is_query {
        "declare query parameters as parameters, and keep the path alone as key"
    } else {
        "remove the fragment: no request carries one"
    };
    if own.iter().any(|method| taken.contains(method)) {
        let message = format!(
            "the path `{key}` differs from another only in its {what}, taken for an operation of its own at `{path}`"
        );
        return mender.note(&place(key), repair, &message, help);
    }
    let message = format!("the path `{key}` is taken for `{path}`");
    mender.note(&place(key), repair, &message, help);
    if paths.contains_key(path) {
        merge(key, path, paths, mender);
    } else {
        move_item(key, path, paths, mender);
    }
}

fn is_method(key: &str) -> bool {
    Role::PathItem.member(key) == Some(Form::One(Role::Operation))
}

fn place(path: &str) -> Pointer {
    Pointer::root().key("paths").key(path)
}

fn move_item(key: &str, path: &str, paths: &mut Map<String, Value>, mender: &mut Mender<'_>) {
    mender.scope.origins.moved(&place(key), &place(path));
    super::rename(paths, key, path);
}

/// Puts the operations of one path item into another, each with the parameters and servers that all of them had.
fn merge(key: &str, path: &str, paths: &mut Map<String, Value>, mender: &mut Mender<'_>) {
    let Some(Value::Object(item)) = paths.shift_remove(key) else { return };
    let Some(Value::Object(target)) = paths.get_mut(path) else { return };
    let shared = item.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    for (method, mut operation) in item {
        if !is_method(&method) {
            continue;
        }
        if let Value::Object(operation) = &mut operation
            && !shared.is_empty()
        {
            let own = operation.entry("parameters").or_insert_with(|| json!([]));
            if let Value::Array(own) = own {
                own.extend(shared.iter().cloned());
            }
        }
        mender.scope.origins.moved(&place(key).key(&method), &place(path).key(&method));
        target.insert(method, operation);
    }
}

/// Declares what the query of a path's key says as parameters of its operations.
fn query_parameters(query: &str, key: &str, paths: &mut Map<String, Value>, mender: &mut Mender<'_>) {
    let Some(Value::Object(item)) = paths.get_mut(key) else { return };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let is_template = value.starts_with('{');
        let name = name.trim_matches(['{', '}']);
        let schema =
            if is_template { json!({"type": "string"}) } else { json!({"type": "string", "enum": [value]}) };
        for (method, operation) in item.iter_mut().filter(|(method, _)| is_method(method)) {
            let Value::Object(operation) = operation else { continue };
            let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
            let Value::Array(parameters) = parameters else { continue };
            let declared = parameters
                .iter_mut()
                .find(|p| p["name"] == *name && (p["in"] == "query" || (is_template && p["in"] == "path")));
            if let Some(declared) = declared {
                declared["in"] = Value::from("query");
                continue;
            }
            let message = format!("the path `{key}` says `{pair}`, taken for a required query parameter");
            let help = "declare it as a parameter, and keep the path alone as key";
            mender.note(&place(key).key(method), Repair::PathQuery, &message, help);
            parameters.push(json!({"name": name, "in": "query", "required": true, "schema": schema}));
        }
    }
}
