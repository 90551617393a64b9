//! `$ref`s that lead nowhere as they are written: most name exactly one component all the same, and what is not there limits nothing.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::{Mender, Repair};
use crate::grammar::{self, Role};
use crate::pointer::Pointer;

pub(super) fn repair(root: &mut Value, mender: &mut Mender<'_>) {
    let names = Names::of(root);
    grammar::walk(Role::Document, root, &mut Pointer::root(), &mut |role, value, pointer| {
        if role == Role::Discriminator {
            return;
        }
        let (Some(section), Some(text)) = (role.section(), value.get("$ref").and_then(Value::as_str)) else {
            return;
        };
        if names.has(text) {
            return;
        }
        let meant = names.meant(section, text).map(|name| section_of(section).key(&name));
        if let Some(meant) = meant.filter(|meant| meant != pointer) {
            let reference = meant.to_string();
            let message = format!("$ref `{text}` points to nothing, taken for `{reference}`");
            let help = format!("write `{reference}`");
            mender.note(pointer, Repair::Reference, &message, &help);
            value["$ref"] = Value::String(reference);
        } else if let Some((taken, replacement)) = nothing(role).filter(|_| is_local(text)) {
            let message = format!("$ref `{text}` points to nothing, taken for {taken}");
            mender.note(pointer, Repair::Reference, &message, "define what it names, or remove it");
            *value = replacement;
        }
    });
}

/// Whether a `$ref` stays in the document: what names a file was read, or refused with its reason.
fn is_local(text: &str) -> bool {
    text.starts_with('#') || !text.contains(['#', '/', '.'])
}

/// What a part is taken for that is not there, in words and as a value: it says nothing, so that it limits nothing.
fn nothing(role: Role) -> Option<(&'static str, Value)> {
    let any = json!({ "application/json": { "schema": {} } });
    Some(match role {
        Role::Example | Role::Link | Role::Callback => ("nothing", json!({})),
        Role::Schema => ("any value", json!({})),
        Role::Header => ("any text", json!({ "schema": { "type": "string" } })),
        Role::Response => ("any JSON", json!({ "description": "Response", "content": any })),
        Role::RequestBody => ("any JSON", json!({ "content": any })),
        _ => return None,
    })
}

fn section_of(section: &str) -> Pointer {
    Pointer::root().key("components").key(section)
}

/// The names of all components.
struct Names {
    by_section: HashMap<String, Vec<String>>,
    places: HashSet<Pointer>,
}

impl Names {
    fn of(root: &Value) -> Self {
        let mut by_section = HashMap::new();
        let mut places = HashSet::new();
        for (section, members) in root.get("components").and_then(Value::as_object).into_iter().flatten() {
            let Value::Object(members) = members else { continue };
            let at = section_of(section);
            places.extend(members.keys().map(|name| at.key(name)));
            by_section.insert(section.clone(), members.keys().cloned().collect());
        }
        Self { by_section, places }
    }

    fn has(&self, text: &str) -> bool {
        let pointer = text.strip_prefix('#').and_then(Pointer::from_fragment);
        pointer.is_some_and(|pointer| self.places.contains(&pointer))
    }

    /// The one component that the last part of a `$ref` names, if need be in another case.
    fn meant(&self, section: &str, text: &str) -> Option<String> {
        let fragment = match text.strip_prefix('#') {
            Some(fragment) => fragment,
            // What names a file was read, or refused with its reason.
            None if text.contains(['#', '/', '.']) => return None,
            None => text,
        };
        let last = fragment.rsplit('/').next().unwrap_or_default();
        let last = Pointer::from_fragment(&format!("/{last}"))?.parts().last()?;
        let names = self.by_section.get(section)?;
        if names.contains(&last) {
            return Some(last);
        }
        let mut near = names.iter().filter(|name| name.eq_ignore_ascii_case(&last));
        match (near.next(), near.next()) {
            (Some(name), None) => Some(name.clone()),
            _ => None,
        }
    }
}
