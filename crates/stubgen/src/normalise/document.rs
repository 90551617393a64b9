//! What is not a schema: the head of the document, `$ref`s with siblings, and what path items share.

use serde_json::{Map, Value, json};

use super::{Reduction, Terms};
use crate::grammar::{self, Form, Role};
use crate::pointer::Pointer;

/// `info`, `webhooks` and what else stands at the top in OpenAPI 3.1 and 3.2 only.
pub(super) fn head(root: &mut Value, is_newer: bool, terms: &mut Terms<'_>) {
    let Value::Object(root) = root else { return };
    if is_newer {
        root.insert("openapi".to_owned(), Value::from("3.0.3"));
    }
    root.shift_remove("jsonSchemaDialect");
    root.shift_remove("$self");
    if root
        .shift_remove("webhooks")
        .is_some_and(|webhooks| webhooks.as_object().is_some_and(|w| !w.is_empty()))
    {
        let at = Pointer::root().key("webhooks");
        let message = "webhooks are requests that the server sends: they are published, and not generated";
        terms.note(&at, Reduction::Webhooks, message, "nothing needs to be done");
    }
    if let Some(Value::Object(components)) = root.get_mut("components") {
        // Path items were resolved where they are used.
        components.shift_remove("pathItems");
    }
    let Some(Value::Object(info)) = root.get_mut("info") else { return };
    if let Some(summary) = info.shift_remove("summary") {
        info.entry("description").or_insert(summary);
    }
    if let Some(Value::Object(license)) = info.get_mut("license")
        && let Some(Value::String(identifier)) = license.shift_remove("identifier")
    {
        license
            .entry("url")
            .or_insert_with(|| Value::String(format!("https://spdx.org/licenses/{identifier}.html")));
    }
}

/// `summary` and `description` beside a `$ref` of anything but a schema replace those of what it names: it is written in place. So are media
/// types that are referred to, as OpenAPI 3.2 allows.
pub(super) fn references(root: &mut Value) {
    let mut places = Vec::new();
    grammar::walk(Role::Document, root, &mut Pointer::root(), &mut |role, value, at| {
        if role == Role::Schema {
            return;
        }
        let Value::Object(members) = value else { return };
        if members.get("$ref").is_some_and(Value::is_string)
            && (role == Role::MediaType
                || members.keys().any(|key| matches!(key.as_str(), "summary" | "description")))
        {
            places.push(at.clone());
        }
    });
    for place in places {
        let Some(value) = root.pointer(place.as_str()) else { continue };
        let mut siblings = value.as_object().cloned().unwrap_or_default();
        let Some(mut target) = target(root, value) else { continue };
        siblings.shift_remove("$ref");
        target.extend(siblings);
        if let Some(value) = root.pointer_mut(place.as_str()) {
            *value = Value::Object(target);
        }
    }
}

/// What OpenAPI 3.2 adds to parts that are older. Their summaries are texts for people: the description stands for both.
pub(super) fn newer_members(root: &mut Value, terms: &mut Terms<'_>) {
    grammar::walk(Role::Document, root, &mut Pointer::root(), &mut |role, value, at| {
        let Value::Object(members) = value else { return };
        match role {
            Role::Parameter | Role::Header | Role::RequestBody | Role::Response | Role::SecurityScheme => {
                if let Some(summary) = members.shift_remove("summary") {
                    members.entry("description").or_insert(summary);
                }
            }
            Role::MediaType => {
                for key in ["itemSchema", "itemEncoding", "prefixEncoding"] {
                    if members.shift_remove(key).is_some() {
                        let message = format!("`{key}` is published, and not enforced");
                        let help = "check each item in the handler";
                        terms.note(&at.key(key), Reduction::ItemSchema, &message, help);
                    }
                }
            }
            _ => {}
        }
    });
    if let Some(Value::Object(components)) = root.get_mut("components") {
        // They were written in place.
        components.shift_remove("mediaTypes");
    }
}

fn target<'a>(root: &'a Value, mut value: &'a Value) -> Option<Map<String, Value>> {
    for _ in 0..32 {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
            return value.as_object().cloned();
        };
        value = root.pointer(Pointer::from_fragment(reference.strip_prefix('#')?)?.as_str())?;
    }
    None
}

/// Gives every operation what its path item says for all of them, unless it says so itself.
pub(super) fn push_down(root: &mut Value, terms: &mut Terms<'_>) {
    let shared = root.get("components").and_then(|components| components.get("parameters")).cloned();
    let Some(Value::Object(paths)) = root.get_mut("paths") else { return };
    for (path, item) in paths {
        let Value::Object(item) = item else { continue };
        if path.starts_with("x-") {
            continue;
        }
        let at = Pointer::root().key("paths").key(path);
        let mut common = Map::new();
        for key in ["parameters", "servers", "summary", "description"] {
            common.extend(item.shift_remove_entry(key));
        }
        for (key, operation) in item.iter_mut() {
            if Role::PathItem.member(key) != Some(Form::One(Role::Operation)) {
                continue;
            }
            let Value::Object(operation) = operation else { continue };
            let to = at.key(key);
            for key in ["servers", "summary", "description"] {
                if let Some(value) = common.get(key)
                    && !operation.contains_key(key)
                {
                    terms.moved(&at.key(key), &to.key(key));
                    operation.insert(key.to_owned(), value.clone());
                }
            }
            if let Some(Value::Array(inherited)) = common.get("parameters") {
                parameters(inherited, operation, shared.as_ref(), (&at, &to), terms);
            }
        }
    }
}

fn parameters(
    inherited: &[Value],
    operation: &mut Map<String, Value>,
    shared: Option<&Value>,
    (from, to): (&Pointer, &Pointer),
    terms: &mut Terms<'_>,
) {
    let Value::Array(own) = operation.entry("parameters").or_insert_with(|| json!([])) else { return };
    let key = |parameter: &Value| key(parameter, shared);
    let stays: Vec<(usize, &Value)> = inherited
        .iter()
        .enumerate()
        .filter(|(_, parameter)| {
            let name = key(parameter);
            name.is_none() || !own.iter().any(|known| key(known) == name)
        })
        .collect();
    let (from, to) = (from.key("parameters"), to.key("parameters"));
    for index in (0..own.len()).rev() {
        terms.moved(&to.index(index), &to.index(index + stays.len()));
    }
    let mut all = Vec::with_capacity(stays.len() + own.len());
    for (index, parameter) in stays {
        terms.moved(&from.index(index), &to.index(all.len()));
        all.push(parameter.clone());
    }
    all.append(own);
    *own = all;
}

/// Where a parameter stands and its name, through references among the components.
fn key(parameter: &Value, shared: Option<&Value>) -> Option<(String, String)> {
    let mut parameter = parameter;
    for _ in 0..32 {
        let Some(reference) = parameter.get("$ref").and_then(Value::as_str) else {
            let text = |key| parameter.get(key).and_then(Value::as_str).map(str::to_owned);
            return Some((text("in")?, text("name")?));
        };
        let name =
            Pointer::from_fragment(reference.strip_prefix("#/components/parameters")?)?.parts().next()?;
        parameter = shared?.get(&name)?;
    }
    None
}
