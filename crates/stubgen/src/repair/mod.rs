//! Mends what has one sensible meaning, so that documents as they are in the world can be generated from. Every repair is a warning with
//! its place, what was wrong and what it was taken for; whatever could mean two things stays for `validate` to refuse.
//!
//! Only the working copy changes: the document that a server publishes stays as it was written.

mod alternatives;
mod components;
mod default;
mod document;
mod enumeration;
mod fields;
mod kind;
mod operations;
mod parameters;
mod paths;
mod references;
mod schema;
mod security;
mod types;
mod variables;

pub(crate) use alternatives::MERGED;
pub use kind::Repair;
pub(crate) use security::oauth_flows;

use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostics, Kind};
use crate::grammar::Role;
use crate::load::{Document, Scope};
use crate::pointer::Pointer;

/// Repairs a document, whose root is an object.
pub(crate) fn repair(document: &mut Document, diagnostics: &mut Diagnostics) {
    let is_newer = is_newer(&document.root);
    let (root, scope) = document.edit(diagnostics);
    let mut mender = Mender { scope, is_newer };
    fields::repair(root, &mut mender);
    document::repair(root, &mut mender);
    components::repair(root, &mut mender);
    references::repair(root, &mut mender);
    paths::repair(root, &mut mender);
    variables::repair(root, &mut mender);
    operations::repair(root, &mut mender);
    parameters::repair(root, &mut mender);
    security::repair(root, &mut mender);
    schema::repair(root, &mut mender);
}

/// Whether the document follows OpenAPI 3.1 or later, whose schemas are those of JSON Schema.
pub(crate) fn is_newer(root: &Value) -> bool {
    match root.get("openapi") {
        Some(Value::String(version)) => !version.starts_with("3.0") && version.starts_with("3."),
        Some(Value::Number(version)) => version.as_f64().is_some_and(|version| version > 3.05),
        _ => false,
    }
}

/// What every repair has at hand.
struct Mender<'a> {
    scope: Scope<'a>,
    is_newer: bool,
}

impl Mender<'_> {
    /// Says what was wrong and what it was taken for.
    fn note(&mut self, at: &Pointer, repair: Repair, message: &str, help: &str) {
        self.scope.report(at, Kind::Repaired(repair), message, help);
    }
}

/// Calls `visit` for every operation of `paths` with its path, its path item without it, and its method.
fn each_operation(root: &mut Value, visit: &mut impl FnMut(&str, &str, &mut Map<String, Value>, &Pointer)) {
    let Some(Value::Object(paths)) = root.get_mut("paths") else { return };
    for (path, item) in paths {
        let Value::Object(item) = item else { continue };
        let pointer = Pointer::root().key("paths").key(path);
        for (key, operation) in item.iter_mut() {
            if Role::PathItem.member(key) != Some(crate::grammar::Form::One(Role::Operation)) {
                continue;
            }
            if let Value::Object(operation) = operation {
                visit(path, key, operation, &pointer.key(key));
            }
        }
    }
}

/// A short form of a value for a message.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 {
        return text;
    }
    let mut short: String = text.chars().take(57).collect();
    short.push_str("...");
    short
}

/// Gives the member `key` another name, in its place.
fn rename(members: &mut Map<String, Value>, key: &str, name: &str) {
    *members = std::mem::take(members)
        .into_iter()
        .map(|(known, value)| (if known == key { name.to_owned() } else { known }, value))
        .collect();
}
