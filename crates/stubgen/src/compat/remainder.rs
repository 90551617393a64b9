//! What no operation shows: webhooks, keywords that are not enforced, components that nothing uses, and documents that say the same in
//! other words. After this nothing is different without a difference that says so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::collect::{Collector, In};
use super::{Change, ChangeKind, Level, Side};
use crate::grammar::{self, Role};
use crate::load::{At, Document};
use crate::pointer::Pointer;

/// Keywords that normalisation takes away, since the terms of OpenAPI 3.0 cannot say them.
const LOST: [&str; 10] = [
    "$dynamicRef",
    "$recursiveRef",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "defaultMapping",
    "itemSchema",
    "itemEncoding",
    "prefixEncoding",
    "$dynamicAnchor",
];

/// Compares what stands at the top of the documents, and component schemas that are gone or new.
pub(super) fn document(collector: &mut Collector<'_>) {
    webhooks(collector);
    lost(collector);
    let (old, new) = (collector.old.at_root(), collector.new.at_root());
    collector.documentation(Role::Document, &old, &new, &[]);
    if let (Some(old), Some(new)) = (old.get("components"), new.get("components")) {
        collector.documentation(Role::Components, &old, &new, &[]);
    }
    let (renamed_from, renamed_to): (BTreeSet<String>, BTreeSet<String>) =
        collector.renamed.iter().cloned().unzip();
    let (before, after) = (schemas(&old), schemas(&new));
    for (name, at) in &before {
        if !after.contains_key(name) && !renamed_from.contains(*name) {
            let message = format!("the schema `{name}` is gone");
            collector.add(ChangeKind::SchemaRemoved, In::Old(at), message);
        }
    }
    for (name, at) in &after {
        if !before.contains_key(name) && !renamed_to.contains(*name) {
            collector.add(ChangeKind::SchemaAdded, In::New(at), format!("the schema `{name}` is new"));
        }
    }
}

/// Components that are different although no difference was found in them: nothing uses them. And if there is no difference at all,
/// whether the documents are the same.
pub(super) fn unused(old: &Document, new: &Document, changes: &mut Vec<Change>) {
    let (before, after) = (old.at_root(), new.at_root());
    let mut further = Vec::new();
    let is_renamed = changes.iter().any(|change| change.kind == ChangeKind::SchemeRenamed);
    let sections = [
        "parameters",
        "responses",
        "requestBodies",
        "headers",
        "securitySchemes",
        "examples",
        "links",
        "callbacks",
    ];
    for section in sections {
        let listed = |root: &At<'_>| -> Vec<String> {
            let all = root.get("components").and_then(|components| components.get(section));
            all.map(|all| all.entries().map(|(name, _)| name.to_owned()).collect()).unwrap_or_default()
        };
        let names: BTreeSet<String> = listed(&before).into_iter().chain(listed(&after)).collect();
        for name in names {
            let at = |root: &At<'_>| {
                root.get("components")?.get(section)?.get(&name).map(|at| (at.value.clone(), at.origin().1))
            };
            let (a, b) = (at(&before), at(&after));
            let is_of_renamed = is_renamed && section == "securitySchemes" && a.is_some() != b.is_some();
            if is_of_renamed || a.as_ref().map(|(value, _)| value) == b.as_ref().map(|(value, _)| value) {
                continue;
            }
            let is_inside = |change: &Change, place: &Option<(Value, Pointer)>| {
                place.as_ref().is_some_and(|(_, around)| change.pointer.rebased(around, around).is_some())
            };
            if changes.iter().any(|change| is_inside(change, &a) || is_inside(change, &b)) {
                continue;
            }
            let (root, side, word) = match (&a, &b) {
                (_, None) => (&before, Side::Old, "is gone"),
                (None, Some(_)) => (&after, Side::New, "is new"),
                _ => (&after, Side::New, "is another"),
            };
            let Some(at) =
                root.get("components").and_then(|all| all.get(section)).and_then(|all| all.get(&name))
            else {
                continue;
            };
            let message =
                format!("`{name}` of `{section}` {word}, and nothing that is called is different by it");
            further.push(change(ChangeKind::UnusedComponentChanged, side, &at, message));
        }
    }
    changes.append(&mut further);
    let (before, after) = (old.at_served(), new.at_served());
    if changes.is_empty()
        && let Some(pointer) = first_difference(before.value, after.value, &Pointer::root())
    {
        let at = nearest(&after, &pointer);
        let message = "the same is said in other words".to_owned();
        changes.push(change(ChangeKind::Rewritten, Side::New, &at, message));
    }
}

fn change(kind: ChangeKind, side: Side, at: &At<'_>, message: String) -> Change {
    let (file, pointer, position) = at.origin();
    Change {
        kind,
        level: Level::Patch,
        wire: Level::Patch,
        rust: Level::Patch,
        side,
        file: file.to_owned(),
        line: position.line,
        column: position.column,
        pointer,
        message,
        breaks: String::new(),
        operations: Vec::new(),
    }
}

fn schemas<'a>(root: &At<'a>) -> BTreeMap<&'a str, At<'a>> {
    let schemas = root.get("components").and_then(|components| components.get("schemas"));
    schemas.map(|all| all.entries().collect()).unwrap_or_default()
}

fn webhooks(collector: &mut Collector<'_>) {
    let listed = |document: &'_ Document| -> Vec<(String, Value)> {
        let all = document.served().get("webhooks").and_then(Value::as_object);
        all.map(|all| all.iter().map(|(name, hook)| (name.clone(), hook.clone())).collect())
            .unwrap_or_default()
    };
    let (before, after): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (listed(collector.old).into_iter().collect(), listed(collector.new).into_iter().collect());
    let (old, new) = (collector.old.at_served(), collector.new.at_served());
    let (old, new) = (old.get("webhooks"), new.get("webhooks"));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (a, b) = (before.get(name), after.get(name));
        let (kind, root, is_new, word) = match (a, b) {
            (a, b) if a == b => continue,
            (_, None) => (ChangeKind::WebhookRemoved, &old, false, "is gone"),
            (None, _) => (ChangeKind::WebhookAdded, &new, true, "is new"),
            _ => (ChangeKind::WebhookChanged, &new, true, "is another"),
        };
        let Some(at) = root.as_ref().and_then(|all| all.get(name)) else { continue };
        let at = if is_new { In::New(&at) } else { In::Old(&at) };
        collector.add(kind, at, format!("the webhook `{name}` {word}"));
    }
}

/// Keywords whose meaning is not judged, where both documents have what is around them.
fn lost(collector: &mut Collector<'_>) {
    let found = |document: &Document| -> BTreeMap<Pointer, Value> {
        let mut found = BTreeMap::new();
        let mut root = document.served().clone();
        grammar::walk(Role::Document, &mut root, &mut Pointer::root(), &mut |_, value, at| {
            for key in LOST {
                if let Some(value) = value.get(key) {
                    found.insert(at.key(key), value.clone());
                }
            }
        });
        found
    };
    let (before, after) = (found(collector.old), found(collector.new));
    let (old, new) = (collector.old.at_served(), collector.new.at_served());
    let pointers: BTreeSet<&Pointer> = before.keys().chain(after.keys()).collect();
    for pointer in pointers {
        let (a, b) = (before.get(pointer), after.get(pointer));
        let Some((around, _)) = pointer.split_last() else { continue };
        let is_there = |root: &At<'_>| root.value.pointer(around.as_str()).is_some();
        // Values are compared as they were written: a change of the format that stands for it is a difference by itself.
        if a == b || !is_there(&old) || !is_there(&new) {
            continue;
        }
        let key = pointer.split_last().map_or_else(String::new, |(_, last)| last.to_owned());
        let message = format!("`{key}` is another, and what that means is not judged");
        collector.add(ChangeKind::AssertionChanged, In::New(&nearest(&new, pointer)), message);
    }
}

/// The value at a place, or the nearest one around it.
fn nearest<'a>(root: &At<'a>, pointer: &Pointer) -> At<'a> {
    let mut at = root.clone();
    for part in pointer.parts() {
        let inner = at.get(&part).or_else(|| at.items().nth(part.parse().ok()?));
        match inner {
            Some(inner) => at = inner,
            None => break,
        }
    }
    at
}

/// The first place where two values are different.
fn first_difference(old: &Value, new: &Value, at: &Pointer) -> Option<Pointer> {
    match (old, new) {
        (a, b) if a == b => None,
        (Value::Object(a), Value::Object(b)) => {
            let inner = b.iter().find_map(|(key, value)| match a.get(key) {
                Some(other) => first_difference(other, value, &at.key(key)),
                None => Some(at.key(key)),
            });
            inner.or_else(|| Some(at.clone()))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(index, (a, b))| first_difference(a, b, &at.index(index)))
        }
        _ => Some(at.clone()),
    }
}
