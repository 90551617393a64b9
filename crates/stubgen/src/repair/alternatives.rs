//! Operations that no request tells apart, as one operation: whatever one of them takes or gives, it may take or give.

use serde_json::{Map, Value, json};

use crate::pointer::Pointer;

/// The member that names the operations which became one, in their order.
pub(crate) const MERGED: &str = "x-stubgen-operations";

/// The components that parts of operations refer to.
pub(super) struct Shared(Value);

/// Where a parameter stands, its name, and the one value that it can have.
type Fixed = (String, String, String);

impl Shared {
    pub(super) fn of(root: &Value) -> Self {
        let sections = ["parameters", "requestBodies", "responses"];
        let all = root.get("components").and_then(Value::as_object).into_iter().flatten();
        let kept = all.filter(|(section, _)| sections.contains(&section.as_str()));
        let kept: Map<String, Value> = kept.map(|(section, all)| (section.clone(), all.clone())).collect();
        Self(json!({ "components": kept }))
    }

    /// What a value refers to; itself, if it is no reference or leads nowhere.
    pub(super) fn resolved<'a>(&'a self, mut value: &'a Value) -> &'a Value {
        for _ in 0..32 {
            let target = value.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
            let target = target.and_then(Pointer::from_fragment);
            match target.and_then(|pointer| self.0.pointer(pointer.as_str())) {
                Some(target) => value = target,
                None => break,
            }
        }
        value
    }

    /// The query parameters and headers of an operation that are required and have one value.
    pub(super) fn fixed_parameters(&self, operation: &Map<String, Value>) -> Vec<Fixed> {
        let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let fixed = parameters.map(|parameter| self.resolved(parameter)).filter_map(|parameter| {
            let text = |key: &str| parameter.get(key).and_then(Value::as_str);
            let location = text("in").filter(|place| matches!(*place, "query" | "header"))?;
            let required = parameter.get("required") == Some(&Value::Bool(true));
            let schema = parameter.get("schema")?;
            let value = match (
                schema.get("enum").and_then(Value::as_array).map(Vec::as_slice),
                schema.get("const"),
            ) {
                (Some([only]), _) | (None, Some(only)) => only.as_str()?,
                _ => return None,
            };
            required.then_some((location.to_owned(), text("name")?.to_owned(), value.to_owned()))
        });
        fixed.collect()
    }
}

/// One operation for several; `None` when they ask for different credentials, since the alternatives could not be told apart before these
/// are checked.
pub(super) fn merge(operations: &[(&str, &Map<String, Value>)], shared: &Shared) -> Option<Value> {
    let (_, first) = operations.first()?;
    let same = |key: &str| operations.iter().all(|(_, operation)| operation.get(key) == first.get(key));
    if !same("security") || !same("servers") {
        return None;
    }
    let mut merged = (*first).clone();
    let all = |key: &'static str| operations.iter().map(move |(_, operation)| operation.get(key));
    let ids: Vec<_> = operations
        .iter()
        .map(|(key, operation)| operation.get("operationId").cloned().unwrap_or_else(|| Value::from(*key)))
        .collect();
    let parameters = parameters(operations, shared);
    if !parameters.is_empty() {
        merged.insert("parameters".to_owned(), Value::Array(parameters));
    }
    if let Some(body) = body(all("requestBody"), shared) {
        merged.insert("requestBody".to_owned(), body);
    }
    merged.insert("responses".to_owned(), responses(all("responses"), shared));
    let mut tags: Vec<Value> = Vec::new();
    for tag in all("tags").flatten().filter_map(Value::as_array).flatten() {
        if !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    if !tags.is_empty() {
        merged.insert("tags".to_owned(), Value::Array(tags));
    }
    let texts: Vec<&str> = operations
        .iter()
        .flat_map(|(_, operation)| ["summary", "description"].map(|key| operation.get(key)))
        .filter_map(|text| text?.as_str())
        .skip(usize::from(first.contains_key("summary")))
        .collect();
    if !texts.is_empty() {
        merged.insert("description".to_owned(), Value::from(texts.join("\n\n")));
    }
    if !all("deprecated").all(|flag| flag == Some(&Value::Bool(true))) {
        merged.shift_remove("deprecated");
    }
    merged.insert(MERGED.to_owned(), Value::Array(ids));
    Some(Value::Object(merged))
}

/// The parameters of all; one is required if every operation requires it.
fn parameters(operations: &[(&str, &Map<String, Value>)], shared: &Shared) -> Vec<Value> {
    let key = |parameter: &Value| (parameter.get("in").cloned(), parameter.get("name").cloned());
    let lists: Vec<Vec<&Value>> = operations
        .iter()
        .map(|(_, operation)| {
            let mut own: Vec<&Value> = Vec::new();
            for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
                let parameter = shared.resolved(parameter);
                if own.iter().all(|known| key(known) != key(parameter)) {
                    own.push(parameter);
                }
            }
            own
        })
        .collect();
    let mut merged: Vec<Value> = Vec::new();
    for parameter in lists.iter().flatten() {
        if let Some(known) = merged.iter_mut().find(|known| key(known) == key(parameter)) {
            if let (Some(schema), Some(other)) = (known.get_mut("schema"), parameter.get("schema")) {
                add(schema, other);
            }
            continue;
        }
        let everywhere = lists.iter().all(|list| {
            let own = list.iter().find(|own| key(own) == key(parameter));
            own.is_some_and(|own| own.get("required") == Some(&Value::Bool(true)))
        });
        let mut parameter = (*parameter).clone();
        if let Value::Object(members) = &mut parameter
            && !everywhere
        {
            members.shift_remove("required");
        }
        merged.push(parameter);
    }
    merged
}

fn body<'a>(bodies: impl Iterator<Item = Option<&'a Value>>, shared: &'a Shared) -> Option<Value> {
    let bodies: Vec<_> = bodies.map(|body| body.map(|body| shared.resolved(body))).collect();
    let mut merged = (*bodies.iter().flatten().next()?).clone();
    for other in bodies.iter().flatten().skip(1) {
        content(&mut merged, other);
    }
    let required =
        |body: Option<&Value>| body.is_some_and(|body| body.get("required") == Some(&Value::Bool(true)));
    if let Value::Object(members) = &mut merged
        && !bodies.iter().copied().all(required)
    {
        members.shift_remove("required");
    }
    Some(merged)
}

fn responses<'a>(all: impl Iterator<Item = Option<&'a Value>>, shared: &'a Shared) -> Value {
    let mut merged: Map<String, Value> = Map::new();
    for (status, response) in all.flatten().filter_map(Value::as_object).flatten() {
        match merged.get_mut(status) {
            None => {
                merged.insert(status.clone(), response.clone());
            }
            Some(known) if known == response => {}
            Some(known) => {
                let (mut both, other) = (shared.resolved(known).clone(), shared.resolved(response));
                content(&mut both, other);
                for key in ["headers", "links"] {
                    if let (Some(Value::Object(known)), Some(Value::Object(more))) =
                        (both.get_mut(key), other.get(key))
                    {
                        more.iter().for_each(|(name, value)| {
                            known.entry(name.clone()).or_insert_with(|| value.clone());
                        });
                    } else if let (None, Some(more)) = (both.get(key), other.get(key)) {
                        both[key] = more.clone();
                    }
                }
                *known = both;
            }
        }
    }
    Value::Object(merged)
}

/// Adds the media types of one body to another; where both have one, either schema is allowed.
fn content(into: &mut Value, other: &Value) {
    let Some(more) = other.get("content").and_then(Value::as_object) else { return };
    let Value::Object(into) = into else { return };
    let Value::Object(known) = into.entry("content").or_insert_with(|| json!({})) else { return };
    for (name, media) in more {
        match known.get_mut(name) {
            None => {
                known.insert(name.clone(), media.clone());
            }
            Some(known) => match (known.get_mut("schema"), media.get("schema")) {
                (Some(schema), Some(other)) => add(schema, other),
                // Without a schema anything is allowed already.
                (Some(schema), None) => *schema = json!({}),
                _ => {}
            },
        }
    }
}

/// Allows what another schema allows, too.
fn add(schema: &mut Value, other: &Value) {
    if schema == other {
        return;
    }
    let is_choice = schema.as_object().is_some_and(|members| members.len() == 1);
    if let Some(Value::Array(branches)) = schema.get_mut("anyOf").filter(|_| is_choice) {
        if !branches.contains(other) {
            branches.push(other.clone());
        }
        return;
    }
    *schema = json!({ "anyOf": [schema.take(), other] });
}
