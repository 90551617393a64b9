//! Keys of `paths`: a request's path starts with a slash and has neither query nor fragment.
//!
//! A suffix is dropped when nothing else answers at the path without it. Where something does, a required query parameter or header that has
//! one value in each operation tells them apart, as the one named `Action` does in documents that have a single path: it stays in the key as
//! `?NAME=VALUE` (a query parameter) or `#NAME=VALUE` (a header), and servers choose by it. Operations that no request tells apart are one
//! operation with alternatives. The query of a key becomes required parameters with one value each, so that a client sends what the key says.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::alternatives::{self, Shared};
use super::{Mender, Repair};
use crate::grammar::{Form, Role};
use crate::pointer::Pointer;

pub(super) fn repair(root: &mut Value, mender: &mut Mender<'_>) {
    let shared = Shared::of(root);
    let Some(Value::Object(paths)) = root.get_mut("paths") else { return };
    let keys: Vec<_> = paths.keys().filter(|key| !key.starts_with("x-")).cloned().collect();
    for key in &keys {
        leading_slash(key, paths, mender);
    }
    let keys: Vec<_> = paths.keys().filter(|key| key.starts_with('/')).cloned().collect();
    let mut groups: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for key in &keys {
        groups.entry(base(key)).or_default().push(key);
        if let (_, Some(query)) = parts(key) {
            query_parameters(query, key, paths, mender);
        }
    }
    groups.retain(|base, keys| keys.iter().any(|key| key.as_str() != *base));
    let mut targets = Targets::default();
    for (base, keys) in &groups {
        Group { base, keys, shared: &shared }.place(paths, &mut targets, mender);
    }
    if !targets.is_empty() {
        move_operations(paths, targets, mender);
    }
}

/// A key without its query and fragment.
fn base(key: &str) -> &str {
    parts(key).0
}

/// The path of a key, and its query.
fn parts(key: &str) -> (&str, Option<&str>) {
    let at = key.find(['?', '#']).unwrap_or(key.len());
    let (path, suffix) = key.split_at(at);
    (path, suffix.strip_prefix('?').map(|query| query.split('#').next().unwrap_or_default()))
}

fn leading_slash(key: &str, paths: &mut Map<String, Value>, mender: &mut Mender<'_>) {
    let trimmed = key.trim();
    let path = if trimmed.starts_with('/') { trimmed.to_owned() } else { format!("/{trimmed}") };
    if path == key || trimmed.contains("://") || paths.contains_key(&path) {
        return;
    }
    let message = format!("the path `{key}` is taken for `{path}`");
    mender.note(&place(key), Repair::PathSlash, &message, &format!("write `{path}`"));
    mender.scope.origins.moved(&place(key), &place(&path));
    super::rename(paths, key, &path);
}

pub(super) fn is_method(key: &str) -> bool {
    Role::PathItem.member(key) == Some(Form::One(Role::Operation))
}

fn place(path: &str) -> Pointer {
    Pointer::root().key("paths").key(path)
}

/// Where operations go: for each key and method another key, or nowhere for those that became part of another one.
#[derive(Default)]
struct Targets {
    moves: BTreeMap<(String, String), Option<String>>,
    /// Operations that took others in, by the key that they go to.
    merged: BTreeMap<(String, String), Value>,
}

impl Targets {
    fn is_empty(&self) -> bool {
        self.moves.is_empty()
    }
}

/// The keys of one path, of which at least one has a query or a fragment.
struct Group<'a> {
    base: &'a str,
    keys: &'a [&'a String],
    shared: &'a Shared,
}

impl Group<'_> {
    fn place(&self, paths: &mut Map<String, Value>, targets: &mut Targets, mender: &mut Mender<'_>) {
        let mut by_method: BTreeMap<String, Vec<&String>> = BTreeMap::new();
        for key in self.keys {
            let Some(Value::Object(item)) = paths.get_mut(key.as_str()) else { continue };
            push_down(item);
            for method in item.keys().filter(|method| is_method(method)) {
                by_method.entry(method.clone()).or_default().push(key);
            }
        }
        for (method, keys) in by_method {
            let operations: Vec<(&str, &Map<String, Value>)> = keys
                .iter()
                .filter_map(|key| Some((key.as_str(), paths[*key][&method].as_object()?)))
                .collect();
            if operations.len() < 2 {
                for key in keys.iter().filter(|key| key.as_str() != self.base) {
                    self.note(key, &format!("the path `{key}` is taken for `{}`", self.base), mender);
                    go(key, &method, Some(self.base), targets);
                }
            } else if let Some(names) = self.told_apart(&operations) {
                for ((key, _), name) in operations.iter().zip(names).filter(|((key, _), name)| key != name) {
                    let message =
                        format!("the path `{key}` is told from others by a parameter, taken for `{name}`");
                    self.note(key, &message, mender);
                    go(key, &method, Some(&name), targets);
                }
            } else if let Some(merged) = alternatives::merge(&operations, self.shared) {
                let merged_key = (self.base.to_owned(), method.clone());
                targets.merged.insert(merged_key, merged);
                for (index, (key, _)) in operations.iter().enumerate() {
                    if *key != self.base {
                        let message = format!(
                            "no request tells {} `{key}` from `{}`, taken for alternatives of one operation",
                            method.to_uppercase(),
                            operations[usize::from(index == 0)].0
                        );
                        self.note(key, &message, mender);
                    }
                    go(key, &method, Some(self.base).filter(|_| index == 0), targets);
                }
            }
        }
    }

    fn note(&self, key: &str, message: &str, mender: &mut Mender<'_>) {
        let is_query = key[self.base.len()..].starts_with('?');
        let (repair, help) = if is_query {
            (Repair::PathQuery, "declare query parameters as parameters, and keep the path alone as key")
        } else {
            (Repair::PathFragment, "remove the fragment: no request carries one")
        };
        mender.note(&place(key), repair, message, help);
    }

    /// The keys of operations that one parameter tells apart; one operation may be without it.
    fn told_apart(&self, operations: &[(&str, &Map<String, Value>)]) -> Option<Vec<String>> {
        let fixed: Vec<_> =
            operations.iter().map(|(_, operation)| self.shared.fixed_parameters(operation)).collect();
        let names = fixed.iter().flatten().map(|(place, name, _)| (place, name));
        for (location, name) in names {
            let values: Vec<_> = fixed
                .iter()
                .map(|all| all.iter().find(|(l, n, _)| (l, n) == (location, name)).map(|(_, _, value)| value))
                .collect();
            let distinct = values.iter().enumerate().all(|(index, value)| !values[..index].contains(value));
            if distinct {
                let mark = if location == "query" { '?' } else { '#' };
                let key = |value: Option<&String>| match value {
                    Some(value) => format!("{}{mark}{}={}", self.base, encoded(name), encoded(value)),
                    None => self.base.to_owned(),
                };
                return Some(values.into_iter().map(key).collect());
            }
        }
        None
    }
}

fn go(key: &str, method: &str, to: Option<&str>, targets: &mut Targets) {
    targets.moves.insert((key.to_owned(), method.to_owned()), to.map(str::to_owned));
}

/// Percent-encoded, so that a name or value cannot be mistaken for what stands around it.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Gives every operation the parameters and servers of its path item, so that it can leave that.
fn push_down(item: &mut Map<String, Value>) {
    let parameters = match item.shift_remove("parameters") {
        Some(Value::Array(parameters)) => parameters,
        _ => Vec::new(),
    };
    let servers = item.shift_remove("servers");
    for (_, operation) in item.iter_mut().filter(|(method, _)| is_method(method)) {
        let Value::Object(operation) = operation else { continue };
        if let Some(servers) = &servers {
            operation.entry("servers").or_insert_with(|| servers.clone());
        }
        if parameters.is_empty() {
            continue;
        }
        if let Value::Array(own) = operation.entry("parameters").or_insert_with(|| json!([])) {
            // What an operation declares stands first, so that it is what counts.
            own.extend(parameters.iter().cloned());
        }
    }
}

fn move_operations(paths: &mut Map<String, Value>, mut targets: Targets, mender: &mut Mender<'_>) {
    let mut moved = Map::new();
    for (key, item) in std::mem::take(paths) {
        let Value::Object(item) = item else {
            moved.insert(key, item);
            continue;
        };
        let mut stays = item.is_empty();
        let mut rest = Map::new();
        for (method, operation) in item {
            let target = targets.moves.get(&(key.clone(), method.clone())).cloned();
            match target {
                None => {
                    stays |= is_method(&method);
                    rest.insert(method, operation);
                }
                Some(None) => {}
                Some(Some(to)) => {
                    mender.scope.origins.moved(&place(&key).key(&method), &place(&to).key(&method));
                    let operation = targets.merged.remove(&(to.clone(), method.clone())).unwrap_or(operation);
                    if let Value::Object(item) = moved.entry(to).or_insert_with(|| json!({})) {
                        item.insert(method, operation);
                    }
                }
            }
        }
        if (stays || base(&key) == key)
            && let Value::Object(item) = moved.entry(key).or_insert_with(|| json!({}))
        {
            item.extend(rest);
        }
    }
    *paths = moved;
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
