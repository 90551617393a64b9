//! A variable that stands twice in a path: each position has a value of its own, so the later ones get names of their own, with what is
//! declared for the first.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::alternatives::Shared;
use super::paths::is_method;
use super::{Mender, Repair};
use crate::pointer::Pointer;

pub(super) fn repair(root: &mut Value, mender: &mut Mender<'_>) {
    let shared = Shared::of(root);
    let Some(Value::Object(paths)) = root.get_mut("paths") else { return };
    let keys: Vec<_> = paths.keys().filter(|key| key.starts_with('/')).cloned().collect();
    for key in keys {
        let (path, renamed) = numbered(&key);
        if renamed.is_empty() || paths.contains_key(&path) {
            continue;
        }
        let at = Pointer::root().key("paths").key(&key);
        for (name, new) in &renamed {
            let message =
                format!("the path `{key}` has `{{{name}}}` twice, the second is taken for `{{{new}}}`");
            mender.note(&at, Repair::RepeatedVariable, &message, &format!("write `{path}`"));
        }
        mender.scope.origins.moved(&at, &Pointer::root().key("paths").key(&path));
        super::rename(paths, &key, &path);
        let Some(Value::Object(item)) = paths.get_mut(&path) else { continue };
        declare(item, &renamed, &shared);
        for (_, operation) in item.iter_mut().filter(|(method, _)| is_method(method)) {
            if let Value::Object(operation) = operation {
                declare(operation, &renamed, &shared);
            }
        }
    }
}

/// The path with a name for each variable, and the names that are new: `/a/{id}/b/{id}` to `/a/{id}/b/{id_2}`.
fn numbered(path: &str) -> (String, Vec<(String, String)>) {
    let names: BTreeSet<&str> =
        path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(n, _)| n).collect();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut renamed = Vec::new();
    let mut parts = path.split('{');
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        written.push('{');
        match part.split_once('}') {
            Some((name, rest)) if !taken.insert(name.to_owned()) => {
                let is_taken = |new: &str| taken.contains(new) || names.contains(new);
                let new = crate::names::numbered(name, &format!("{name}_"), |new| is_taken(new));
                taken.insert(new.clone());
                written.push_str(&new);
                written.push('}');
                written.push_str(rest);
                renamed.push((name.to_owned(), new));
            }
            _ => written.push_str(part),
        }
    }
    (written, renamed)
}

/// Declares the new names where the old ones are.
fn declare(holder: &mut Map<String, Value>, renamed: &[(String, String)], shared: &Shared) {
    let Some(Value::Array(parameters)) = holder.get_mut("parameters") else { return };
    for (name, new) in renamed {
        let declared = parameters.iter().map(|parameter| shared.resolved(parameter));
        let copy = declared
            .clone()
            .find(|p| p.get("in").is_some_and(|place| place == "path") && p["name"] == **name);
        if let Some(mut copy) = copy.cloned() {
            copy["name"] = Value::from(new.as_str());
            parameters.push(copy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_equal_variables_gets_a_number() {
        assert_eq!(numbered("/a/{b}/{c}"), ("/a/{b}/{c}".to_owned(), vec![]));
        assert_eq!(
            numbered("/{b}/{b_2}/{b}-{b}"),
            (
                "/{b}/{b_2}/{b_3}-{b_4}".to_owned(),
                vec![("b".to_owned(), "b_3".to_owned()), ("b".to_owned(), "b_4".to_owned())]
            )
        );
    }
}
