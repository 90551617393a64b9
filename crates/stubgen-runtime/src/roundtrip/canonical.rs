//! The canonical form of an API document: two documents that mean the same have equal canonical forms.
//!
//! References to parameters, responses, request bodies, headers and path items are followed, and what is shared by
//! the operations of a path is moved into each. References to *schemas* are kept: their names are part of the
//! contract, since both generators name types after them. Values that say what is assumed anyway are left out,
//! lists without order are sorted, texts are trimmed, and numbers in limits are compared by value.

use serde_json::{Map, Value, json};

use super::pointer::{METHODS, escape};

/// How many references may be followed one after the other; more are a cycle.
const MAX_REFERENCES: usize = 20;

/// The parts of `components` that are followed to where they are used.
const FOLLOWED: [&str; 4] = ["parameters", "responses", "requestBodies", "headers"];

/// The canonical form of a document. It is idempotent, and a value that is no document is returned as it is.
pub fn canonical(document: &Value) -> Value {
    let Some(members) = document.as_object() else { return document.clone() };
    let mut result = Map::new();
    let no_tags = Value::Array(Vec::new());
    let unlisted = (!members.contains_key("tags")).then_some(("tags", &no_tags));
    for (key, value) in members.iter().map(|(key, value)| (key.as_str(), value)).chain(unlisted) {
        let value = match key {
            "paths" => paths(document, value),
            "components" => components(value),
            "tags" => tags(document, value),
            "info" => trimmed(value.clone()),
            _ => value.clone(),
        };
        let superfluous = match key {
            "tags" | "security" | "servers" => is_empty(&value),
            _ => false,
        };
        if !superfluous {
            result.insert(key.to_owned(), value);
        }
    }
    // Whether there are no components or none of a kind is the same, and so with schemas, so that a difference is always one of a kind.
    let components = result.entry("components").or_insert_with(|| json!({}));
    if let Some(components) = components.as_object_mut() {
        components.entry("schemas").or_insert_with(|| json!({}));
    }
    Value::Object(result)
}

/// A path without operations promises nothing.
fn paths(document: &Value, paths: &Value) -> Value {
    let mut paths = items(document, paths);
    if let Some(paths) = paths.as_object_mut() {
        let has_operation = |item: &Value| METHODS.iter().any(|method| item.get(*method).is_some());
        paths.retain(|path, item| path.starts_with("x-") || has_operation(item));
    }
    paths
}

fn items(document: &Value, paths: &Value) -> Value {
    map(paths, |_, item| {
        let item = follow(document, item);
        let shared = item.get("parameters");
        let mut result = Map::new();
        for (key, value) in item.as_object().into_iter().flatten() {
            if METHODS.contains(&key.as_str()) {
                result.insert(key.clone(), operation(document, value, shared));
            } else if key != "parameters" {
                result.insert(key.clone(), value.clone());
            }
        }
        Value::Object(result)
    })
}

fn operation(document: &Value, operation: &Value, shared: Option<&Value>) -> Value {
    let Some(members) = operation.as_object() else { return operation.clone() };
    let mut result = Map::new();
    for (key, value) in members {
        let value = match key.as_str() {
            "parameters" => continue,
            "deprecated" if value == &Value::Bool(false) => continue,
            "tags" if is_empty(value) => continue,
            "tags" => sorted(value),
            "requestBody" => request_body(document, value),
            "responses" => map(value, |_, response| self::response(document, response)),
            _ => value.clone(),
        };
        result.insert(key.clone(), value);
    }
    let parameters = parameters(document, shared, operation.get("parameters"));
    if !is_empty(&parameters) {
        result.insert("parameters".to_owned(), parameters);
    }
    trimmed(Value::Object(result))
}

/// The parameters of an operation by place and name; its own replace those of the path.
fn parameters(document: &Value, shared: Option<&Value>, own: Option<&Value>) -> Value {
    let shared = list(document, shared);
    let mut result = list(document, own);
    for (key, value) in shared {
        result.entry(key).or_insert(value);
    }
    Value::Object(result)
}

fn list(document: &Value, parameters: Option<&Value>) -> Map<String, Value> {
    // Already canonical: the list has become a map.
    if let Some(Value::Object(parameters)) = parameters {
        return parameters.clone();
    }
    let mut result = Map::new();
    for value in parameters.and_then(Value::as_array).into_iter().flatten() {
        let value = parameter(document, value);
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = if text("in") == "header" { text("name").to_lowercase() } else { text("name").to_owned() };
        insert_unique(&mut result, &format!("{}:{name}", text("in")), value.clone());
    }
    result
}

fn parameter(document: &Value, value: &Value) -> Value {
    let value = follow(document, value);
    let Some(members) = value.as_object() else { return value.clone() };
    let location = members.get("in").and_then(Value::as_str).unwrap_or_default();
    let default_style = if matches!(location, "query" | "cookie") { "form" } else { "simple" };
    let style = members.get("style").and_then(Value::as_str).unwrap_or(default_style);
    let mut result = Map::new();
    for (key, value) in members {
        let assumed = match key.as_str() {
            "required" | "deprecated" | "allowReserved" | "allowEmptyValue" => value == &Value::Bool(false),
            "style" => value == default_style,
            "explode" => value == &Value::Bool(style == "form"),
            _ => false,
        };
        if assumed {
            continue;
        }
        let value = match key.as_str() {
            "schema" => schema(value),
            "content" => content(value),
            // Names of header fields have no case.
            "name" if location == "header" => Value::from(value.as_str().unwrap_or_default().to_lowercase()),
            _ => value.clone(),
        };
        result.insert(key.clone(), value);
    }
    trimmed(Value::Object(result))
}

fn request_body(document: &Value, body: &Value) -> Value {
    let mut body = follow(document, body).clone();
    if let Some(members) = body.as_object_mut() {
        if let Some(media_types) = members.get_mut("content") {
            *media_types = content(media_types);
        }
        // dropshot always says it, so it is said here too.
        members.entry("required").or_insert(Value::Bool(false));
    }
    trimmed(body)
}

fn response(document: &Value, response: &Value) -> Value {
    let mut response = follow(document, response).clone();
    if let Some(members) = response.as_object_mut() {
        if let Some(media_types) = members.get_mut("content") {
            *media_types = content(media_types);
        }
        if let Some(headers) = members.get_mut("headers") {
            let mut result = Map::new();
            for (name, value) in headers.as_object().into_iter().flatten() {
                insert_unique(&mut result, &name.to_lowercase(), parameter(document, value));
            }
            *headers = Value::Object(result);
        }
        for key in ["content", "headers", "links"] {
            if members.get(key).is_some_and(is_empty) {
                members.shift_remove(key);
            }
        }
    }
    trimmed(response)
}

/// A schema that allows everything says as much as none.
fn content(media_types: &Value) -> Value {
    map(media_types, |_, media_type| {
        let mut media_type =
            map(media_type, |key, value| if key == "schema" { schema(value) } else { value.clone() });
        if media_type.get("schema").is_some_and(is_empty)
            && let Some(members) = media_type.as_object_mut()
        {
            members.shift_remove("schema");
        }
        media_type
    })
}

/// The tags by name, those included that operations have without a word about them in the list.
fn tags(document: &Value, listed: &Value) -> Value {
    let mut tags = match listed {
        // Already canonical.
        Value::Object(_) => listed.clone(),
        _ => by_name(&each(listed, tag), |tag| tag.get("name")?.as_str().map(str::to_owned)),
    };
    let items = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let operations = items.filter_map(|(_, item)| item.as_object()).flatten();
    let used = operations.filter(|(key, _)| METHODS.contains(&key.as_str()));
    for name in used.filter_map(|(_, operation)| operation.get("tags")?.as_array()).flatten() {
        if let (Some(tags), Some(name)) = (tags.as_object_mut(), name.as_str()) {
            tags.entry(name).or_insert_with(|| json!({ "name": name }));
        }
    }
    tags
}

/// An empty description describes nothing.
fn tag(value: &Value) -> Value {
    let mut tag = trimmed(value.clone());
    if tag.get("description").and_then(Value::as_str) == Some("")
        && let Some(members) = tag.as_object_mut()
    {
        members.shift_remove("description");
    }
    tag
}

fn components(components: &Value) -> Value {
    let mut result = Map::new();
    for (key, value) in components.as_object().into_iter().flatten() {
        let value = if key == "schemas" { map(value, |_, value| schema(value)) } else { value.clone() };
        if !FOLLOWED.contains(&key.as_str()) && !is_empty(&value) {
            result.insert(key.clone(), value);
        }
    }
    Value::Object(result)
}

fn schema(value: &Value) -> Value {
    let Some(members) = value.as_object() else { return value.clone() };
    // OpenAPI 3.0 ignores whatever stands beside a reference.
    if let Some(reference) = members.get("$ref") {
        return Value::Object(Map::from_iter([("$ref".to_owned(), reference.clone())]));
    }
    let mut result = Map::new();
    for (key, value) in members {
        let value = match key.as_str() {
            "properties" | "patternProperties" => map(value, |_, value| schema(value)),
            "items" | "not" | "additionalProperties" => schema(value),
            "allOf" | "anyOf" | "oneOf" => each(value, schema),
            "required" => sorted(value),
            "minimum" | "maximum" | "multipleOf" => number(value),
            "enum" => each(value, number),
            _ => value.clone(),
        };
        let assumed = match key.as_str() {
            "nullable" | "uniqueItems" | "exclusiveMinimum" | "exclusiveMaximum" | "deprecated"
            | "readOnly" | "writeOnly" => value == Value::Bool(false),
            "additionalProperties" => value == Value::Bool(true) || value.is_object() && is_empty(&value),
            "required" | "properties" => is_empty(&value),
            _ => false,
        };
        if !assumed {
            result.insert(key.clone(), value);
        }
    }
    trimmed(Value::Object(result))
}

/// Follows a reference to anything but a schema; one that leads nowhere stays as it is, and so is seen.
pub(super) fn follow<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut value = value;
    for _ in 0..MAX_REFERENCES {
        let target = value
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| reference.strip_prefix('#'))
            .and_then(|pointer| document.pointer(pointer));
        match target {
            Some(target) => value = target,
            None => break,
        }
    }
    value
}

/// Inserts under a key of its own even when the key is taken: what stands twice must not look like standing once.
fn insert_unique(result: &mut Map<String, Value>, key: &str, value: Value) {
    let mut unique = key.to_owned();
    let mut count = 1;
    while result.contains_key(&unique) {
        count += 1;
        unique = format!("{key} ({count})");
    }
    result.insert(unique, value);
}

fn by_name(items: &Value, name: impl Fn(&Value) -> Option<String>) -> Value {
    let Some(items) = items.as_array() else { return items.clone() };
    let mut result = Map::new();
    for item in items {
        insert_unique(&mut result, &name(item).unwrap_or_else(|| escape(&item.to_string())), item.clone());
    }
    Value::Object(result)
}

fn map(value: &Value, change: impl Fn(&str, &Value) -> Value) -> Value {
    match value.as_object() {
        Some(members) => {
            Value::Object(members.iter().map(|(key, value)| (key.clone(), change(key, value))).collect())
        }
        None => value.clone(),
    }
}

fn each(value: &Value, change: impl Fn(&Value) -> Value) -> Value {
    value.as_array().map_or_else(|| value.clone(), |items| items.iter().map(change).collect())
}

fn sorted(value: &Value) -> Value {
    let Some(items) = value.as_array() else { return value.clone() };
    let mut items = items.clone();
    items.sort_by_key(ToString::to_string);
    Value::Array(items)
}

/// A number without a fraction as an integer: `1` and `1.0` are the same limit.
fn number(value: &Value) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked, and there is no fraction")]
        Some(number) if value.is_f64() && number.fract() == 0.0 && number.abs() <= EXACT => {
            Value::from(number as i64)
        }
        _ => value.clone(),
    }
}

fn trimmed(mut value: Value) -> Value {
    for key in ["summary", "description", "title"] {
        if let Some(Value::String(text)) = value.get_mut(key) {
            *text = text.trim().to_owned();
        }
    }
    value
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Null => true,
        _ => false,
    }
}
