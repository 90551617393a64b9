//! Systematic mutation of an emitted document: the test of the round-trip check itself.

use serde_json::{Value, json};

use super::pointer::{METHODS, escape, parent, remove, segments, set};
use super::{canonical, check};

/// What [`mutate_and_check`] found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MutationReport {
    /// How many mutations the check caught.
    pub caught: usize,
    /// Mutations that do not change the canonical form: the mutated document means the same.
    pub equivalent: Vec<String>,
    /// Mutations that change the meaning and that the check let through. Each is a defect of the check.
    pub missed: Vec<String>,
}

/// One systematic change.
#[derive(Clone)]
enum Mutation {
    Change,
    Remove,
    Rename,
    Duplicate,
    Insert(String, Value),
    Append(Value),
}

/// Every systematic change of a document, each with its name: every leaf changed, every member removed and renamed,
/// every element dropped and duplicated, and a parameter, a response, a path and a schema too many.
pub fn mutations(document: &Value) -> impl Iterator<Item = (String, Value)> {
    let mut plan = Vec::new();
    plan_for("", document, &mut plan);
    plan_additions(document, &mut plan);
    plan.into_iter().map(|(pointer, mutation)| {
        let mut mutated = document.clone();
        let verb = mutation.apply(&mut mutated, &pointer);
        (format!("{verb} {pointer}"), mutated)
    })
}

/// Runs the check on every mutation of a document that passes it.
pub fn mutate_and_check(specification: &Value, emitted: &Value) -> MutationReport {
    let original = canonical(emitted);
    let mut report = MutationReport::default();
    for (name, mutated) in mutations(emitted) {
        if check(specification, &mutated).is_err() {
            report.caught += 1;
        } else if canonical(&mutated) == original {
            report.equivalent.push(name);
        } else {
            report.missed.push(name);
        }
    }
    report
}

impl Mutation {
    /// Makes the change and says what it was.
    fn apply(self, document: &mut Value, pointer: &str) -> String {
        match self {
            Self::Change => {
                let changed = document.pointer(pointer).map_or(Value::Null, changed_leaf);
                set(document, pointer, changed);
                "change".to_owned()
            }
            Self::Remove => {
                remove(document, pointer);
                "remove".to_owned()
            }
            Self::Rename => {
                if let Some(value) = remove(document, pointer) {
                    set(document, &format!("{pointer}X"), value);
                }
                "rename".to_owned()
            }
            Self::Duplicate => {
                let index = segments(pointer).pop().and_then(|index| index.parse::<usize>().ok());
                if let (Some(Value::Array(items)), Some(index)) =
                    (document.pointer_mut(parent(pointer)), index)
                {
                    items.insert(index, items[index].clone());
                }
                "duplicate".to_owned()
            }
            Self::Insert(key, value) => {
                set(document, &format!("{pointer}/{}", escape(&key)), value);
                format!("add `{key}` to")
            }
            Self::Append(value) => {
                match document.pointer_mut(pointer) {
                    Some(Value::Array(items)) => items.push(value),
                    _ => set(document, pointer, json!([value])),
                }
                "append to".to_owned()
            }
        }
    }
}

fn plan_for(pointer: &str, value: &Value, plan: &mut Vec<(String, Mutation)>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let pointer = format!("{pointer}/{}", escape(key));
                plan.push((pointer.clone(), Mutation::Remove));
                plan.push((pointer.clone(), Mutation::Rename));
                plan_for(&pointer, value, plan);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                plan.push((pointer.clone(), Mutation::Remove));
                plan.push((pointer.clone(), Mutation::Duplicate));
                plan_for(&pointer, value, plan);
            }
        }
        _ => plan.push((pointer.to_owned(), Mutation::Change)),
    }
}

/// What removing and changing cannot show: that something too many is seen.
fn plan_additions(document: &Value, plan: &mut Vec<(String, Mutation)>) {
    let insert = |key: &str, value: Value| Mutation::Insert(key.to_owned(), value);
    plan.push(("/components/schemas".to_owned(), insert("Surplus", json!({ "type": "string" }))));
    plan.push(("/paths".to_owned(), insert("/surplus", json!({ "get": { "responses": {} } }))));
    plan.push((String::new(), insert("surplus", json!(true))));
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        let item_pointer = format!("/paths/{}", escape(path));
        for method in METHODS {
            let pointer = format!("{item_pointer}/{method}");
            if item.get(method).is_none() {
                plan.push((item_pointer.clone(), insert(method, json!({ "responses": {} }))));
                continue;
            }
            for location in ["query", "header", "cookie"] {
                let parameter = json!({ "in": location, "name": "surplus", "schema": { "type": "string" } });
                plan.push((format!("{pointer}/parameters"), Mutation::Append(parameter)));
            }
            for status in ["299", "418", "default"] {
                let response = json!({ "description": "surplus" });
                plan.push((format!("{pointer}/responses"), insert(status, response)));
            }
            let body = json!({ "required": true, "content": { "text/surplus": {} } });
            plan.push((pointer.clone(), insert("requestBody", body)));
            plan.push((pointer, insert("deprecated", json!(true))));
        }
    }
}

fn changed_leaf(value: &Value) -> Value {
    match value {
        Value::Bool(value) => json!(!value),
        Value::String(text) => json!(format!("{text}x")),
        Value::Number(number) => json!(number.as_f64().unwrap_or_default() + 1.0),
        _ => json!("changed"),
    }
}
