//! The document as dropshot emits it, without what only dropshot's conversion put in and with what it could not carry: schemas
//! and whole operations travel through it as texts in extensions, and are unpacked here.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::declare::UNTITLED;

/// In a schema object: the JSON text of what it stands for.
const VERBATIM: &str = "x-stubgen-verbatim";
/// In the success schema of an operation: the JSON text of the operation that it stands for, with its place.
const OPERATION: &str = "x-stubgen-operation";
/// How many references may follow one another; more are a cycle.
const MAX_REFERENCES: usize = 20;

/// An operation that dropshot could not carry.
struct Moved {
    path: String,
    method: String,
    operation: Value,
}

/// The document as dropshot emits it, without what only dropshot's conversion put in. A schema with `x-stubgen-verbatim` is
/// replaced by the JSON in it. An operation whose success schema has `x-stubgen-operation` (`{"path", "method", "operation"}` as
/// JSON) is replaced by the one described there. Components that nothing but what was replaced led to are removed.
pub fn emitted(mut document: Value) -> Value {
    let before = reachable(&document);
    let moved = take_moved(&mut document);
    unpack(&mut document);
    for Moved { path, method, operation } in moved {
        document["paths"][path][method] = operation;
    }
    let after = reachable(&document);
    for (section, name) in before.difference(&after) {
        let components = document.get_mut("components").and_then(|all| all.get_mut(section));
        if let Some(Value::Object(components)) = components {
            components.shift_remove(name);
        }
    }
    document
}

/// Takes the operations out that stand for others, and with them the paths that have no other.
fn take_moved(document: &mut Value) -> Vec<Moved> {
    let Some(Value::Object(mut paths)) = document.get_mut("paths").map(Value::take) else {
        return Vec::new();
    };
    let mut moved = Vec::new();
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        item.retain(|_, operation| match stands_for(document, operation) {
            Some(found) => {
                moved.push(found);
                false
            }
            None => true,
        });
    }
    paths.retain(|_, item| item.as_object().is_none_or(|item| !item.is_empty()));
    document["paths"] = Value::Object(paths);
    moved
}

fn stands_for(document: &Value, operation: &Value) -> Option<Moved> {
    let responses = operation.get("responses")?.as_object()?;
    let contents = responses.values().filter_map(|response| follow(document, response).get("content"));
    let mut schemas = contents.filter_map(Value::as_object).flat_map(Map::values);
    let text = schemas
        .find_map(|media_type| follow(document, media_type.get("schema")?).get(OPERATION)?.as_str())?;
    let mut place: Value = serde_json::from_str(text).ok()?;
    Some(Moved {
        path: place.get("path")?.as_str()?.to_owned(),
        method: place.get("method")?.as_str()?.to_ascii_lowercase(),
        operation: place.get_mut("operation")?.take(),
    })
}

/// What is unpacked is the document's own word, and is not looked into.
fn unpack(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let verbatim = members.get(VERBATIM).and_then(Value::as_str);
            if let Some(verbatim) = verbatim.and_then(|text| serde_json::from_str(text).ok()) {
                *value = verbatim;
                return;
            }
            if members.get("title").and_then(Value::as_str) == Some(UNTITLED) {
                members.shift_remove("title");
            }
            members.values_mut().for_each(unpack);
        }
        Value::Array(elements) => elements.iter_mut().for_each(unpack),
        _ => {}
    }
}

fn follow<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut value = value;
    for _ in 0..MAX_REFERENCES {
        let reference = value.get("$ref").and_then(Value::as_str);
        let target = reference.and_then(|reference| document.pointer(reference.strip_prefix('#')?));
        let Some(target) = target else { break };
        value = target;
    }
    value
}

/// The section and name of every component to which the paths lead.
fn reachable(document: &Value) -> BTreeSet<(String, String)> {
    let mut reached = BTreeSet::new();
    let mut pending: Vec<&Value> = document.get("paths").into_iter().collect();
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(elements) => pending.extend(elements),
            Value::Object(members) => {
                let reference = members.get("$ref").and_then(Value::as_str).unwrap_or_default();
                let component = reference.strip_prefix("#/components/").and_then(|rest| rest.split_once('/'));
                if let Some((section, name)) = component
                    && let name = name.replace("~1", "/").replace("~0", "~")
                    && reached.insert((section.to_owned(), name))
                {
                    pending.extend(document.pointer(&reference[1..]));
                }
                pending.extend(members.values());
            }
            _ => {}
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answered_with(schema: &Value) -> Value {
        json!({ "operationId": "internal", "responses": {
            "200": { "description": "", "content": { "application/json": { "schema": schema } } },
            "4XX": { "$ref": "#/components/responses/Error" },
        } })
    }

    fn to(name: &str) -> Value {
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    #[test]
    fn dropshots_own_titles_are_removed_and_others_kept() {
        let document = json!({"a": [{"title": UNTITLED, "type": "string"}, {"title": "Mine"}]});
        assert_eq!(emitted(document), json!({"a": [{"type": "string"}, {"title": "Mine"}]}));
    }

    #[test]
    fn verbatim_schemas_are_unpacked_and_not_looked_into() {
        let inner = json!({ "title": UNTITLED, "items": { VERBATIM: "{}" }, "oneOf": [true, to("Used")] });
        let packed = json!({ "type": "object", VERBATIM: inner.to_string() });
        let document = json!({
            "paths": { "/a": { "get": answered_with(&to("Packed")) } },
            "components": { "schemas": { "Packed": packed, "Used": {}, "Unused": {}, "Broken": { VERBATIM: "{" } },
                "responses": { "Error": {} } },
        });
        let result = emitted(document.clone());
        assert_eq!(result["components"]["schemas"]["Packed"], inner);
        let broken = &result["components"]["schemas"]["Broken"];
        assert_eq!(broken, &json!({ VERBATIM: "{" }), "what cannot be unpacked stays to be seen");
        let names = result["components"]["schemas"].as_object().unwrap().keys().collect::<Vec<_>>();
        assert_eq!(names, ["Packed", "Used", "Unused", "Broken"], "nothing lost its last user");
        assert_eq!(result["paths"], document["paths"]);
    }

    #[test]
    fn operations_that_stand_for_others_are_moved_with_what_only_they_used() {
        let operation = json!({ "operationId": "trace_it", "responses": { "200": { "content": {
            "text/plain": { "schema": to("Text") } } } } });
        let place = json!({ "path": "/a/{b}.json", "method": "TRACE", "operation": operation });
        let stand_in =
            json!({ "type": "object", OPERATION: place.to_string(), "properties": { "x": to("Lost") } });
        let document = json!({
            "paths": {
                "/internal/0": { "get": answered_with(&to("StandIn")) },
                "/internal/1": { "put": answered_with(&stand_in), "get": { "responses": {} } },
                "/a/{b}.json": { "get": { "responses": { "200": { "content": { "a/b": { "schema": to("Kept") } } } } } },
            },
            "components": {
                "schemas": { "StandIn": stand_in, "Lost": to("Deep"), "Deep": {}, "Kept": {}, "Text": {}, "Extra": {} },
                "responses": { "Error": { "description": "e" } },
            },
        });
        let result = emitted(document);
        let paths = result["paths"].as_object().unwrap().keys().collect::<Vec<_>>();
        assert_eq!(paths, ["/internal/1", "/a/{b}.json"]);
        assert_eq!(result["paths"]["/a/{b}.json"]["trace"], operation);
        assert!(result["paths"]["/a/{b}.json"]["get"].is_object());
        assert!(result["paths"]["/internal/1"].get("put").is_none());
        let names = result["components"]["schemas"].as_object().unwrap().keys().collect::<Vec<_>>();
        assert_eq!(names, ["Kept", "Text", "Extra"]);
        assert_eq!(result["components"]["responses"], json!({}));
    }
}
