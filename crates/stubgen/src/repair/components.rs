//! Names of components: letters, digits, `.`, `_` and `-` (OpenAPI 3.0, components object), with every reference to them.

use std::collections::HashMap;

use serde_json::Value;

use super::{Mender, Repair, rename};
use crate::grammar::{self, Form, Role};
use crate::load::reference::valid_name;
use crate::pointer::Pointer;

pub(super) fn repair(root: &mut Value, mender: &mut Mender<'_>) {
    let renamed = rename_all(root, mender);
    if renamed.is_empty() {
        return;
    }
    let new = |text: &str| {
        let pointer = Pointer::from_fragment(text.strip_prefix('#')?)?;
        renamed.get(&pointer).map(|pointer| Value::String(pointer.to_string()))
    };
    grammar::walk(Role::Document, root, &mut Pointer::root(), &mut |role, value, _| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str).and_then(new) {
            value["$ref"] = reference;
        }
        if role == Role::Discriminator {
            for target in value.get_mut("mapping").and_then(Value::as_object_mut).into_iter().flatten() {
                let text = target.1.as_str().unwrap_or_default();
                let named = new(text).or_else(|| new(&format!("#/components/schemas/{text}")));
                if let Some(named) = named {
                    *target.1 = named;
                }
            }
        }
    });
    let schemes: HashMap<String, String> = renamed
        .iter()
        .filter(|(old, _)| old.as_str().starts_with("/components/securitySchemes/"))
        .filter_map(|(old, new)| Some((old.parts().last()?, new.parts().last()?)))
        .collect();
    grammar::walk(Role::Document, root, &mut Pointer::root(), &mut |role, value, _| {
        if role != Role::Requirement {
            return;
        }
        let Value::Object(members) = value else { return };
        let known: Vec<_> = members.keys().filter(|key| schemes.contains_key(*key)).cloned().collect();
        for key in known {
            rename(members, &key, &schemes[&key]);
        }
    });
}

/// Old places to new ones.
fn rename_all(root: &mut Value, mender: &mut Mender<'_>) -> HashMap<Pointer, Pointer> {
    let mut renamed = HashMap::new();
    let Some(Value::Object(components)) = root.get_mut("components") else { return renamed };
    for (section, members) in components {
        if !matches!(Role::Components.member(section), Some(Form::Map(_))) {
            continue;
        }
        let Value::Object(members) = members else { continue };
        let at = Pointer::root().key("components").key(section);
        let invalid: Vec<_> = members.keys().filter(|name| !is_valid(name)).cloned().collect();
        for name in invalid {
            let stem = valid_name(&name);
            let mut new = stem.clone();
            let mut n = 2;
            while members.contains_key(&new) {
                new = format!("{stem}_{n}");
                n += 1;
            }
            let message = format!("`{name}` cannot name a component, taken for `{new}`");
            let help = "use letters, digits, `.`, `_` and `-` (OpenAPI 3.0, components object)";
            mender.note(&at.key(&name), Repair::ComponentName, &message, help);
            mender.scope.origins.moved(&at.key(&name), &at.key(&new));
            rename(members, &name, &new);
            renamed.insert(at.key(&name), at.key(&new));
        }
    }
    renamed
}

fn is_valid(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}
