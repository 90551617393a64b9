//! Two schemas that stand for each other: every keyword is judged, and what they contain are pairs of their own.

use std::collections::BTreeSet;

use serde_json::Value;

use super::collect::{Collector, In, differing, resolved};
use super::flat::{Flat, name_of};
use super::kind::Direction;
use super::{ChangeKind, branches, limits};
use crate::load::At;
use crate::normalise::ASSERTIONS;

/// Keywords for people.
const DOCUMENTATION: [&str; 4] = ["title", "description", "example", "externalDocs"];

/// Keywords that are judged one by one; any other that is different is a difference of what is valid.
const JUDGED: [&str; 15] = [
    "$ref",
    "type",
    "format",
    "enum",
    "nullable",
    "pattern",
    "default",
    "additionalProperties",
    "items",
    "oneOf",
    "anyOf",
    "discriminator",
    "deprecated",
    "xml",
    ASSERTIONS,
];

/// Compares the component schemas, whether operations use them or not: each is a type of the generated client.
pub(super) fn components(collector: &mut Collector<'_>) {
    let (old, new) = (collector.old.at_root(), collector.new.at_root());
    let sections = (old.get("components"), new.get("components"));
    let (Some(old), Some(new)) =
        (sections.0.and_then(|all| all.get("schemas")), sections.1.and_then(|all| all.get("schemas")))
    else {
        return;
    };
    for (name, before) in old.entries() {
        if let Some(after) = new.get(name) {
            collector.schemas(&before, &after, None);
        }
    }
}

/// Compares a pair of schemas.
pub(super) fn compare<'a>(collector: &mut Collector<'a>, pair: usize, old: &At<'a>, new: &At<'a>) {
    let (before, after) = (name_of(old), name_of(new));
    if before != after {
        renamed(collector, pair, new, before.as_deref(), after.as_deref());
    }
    if old.text_of("$ref").is_some() && new.text_of("$ref").is_some() {
        let (old_target, new_target) = (resolved(old), resolved(new));
        if old_target.pointer != old.pointer || new_target.pointer != new.pointer {
            collector.refer(pair, &old_target, &new_target, None);
        }
        return;
    }
    let (before, after) = (Flat::of(old), Flat::of(new));
    if !branches::of_one_side(collector, pair, &before, &after) {
        flats(collector, pair, &before, &after);
    }
}

/// Compares all that two schemas say.
pub(super) fn flats<'a>(collector: &mut Collector<'a>, pair: usize, old: &Flat<'a>, new: &Flat<'a>) {
    for key in DOCUMENTATION {
        keyword(collector, pair, old, new, key, |_, _| ChangeKind::DocumentationChanged);
    }
    if !types(collector, pair, old, new) {
        return;
    }
    keyword(collector, pair, old, new, "format", |old, new| match (old, new) {
        (None, _) => ChangeKind::FormatAdded,
        (_, None) => ChangeKind::FormatRemoved,
        _ => ChangeKind::FormatChanged,
    });
    keyword(collector, pair, old, new, "pattern", |old, new| match (old, new) {
        (None, _) => ChangeKind::PatternAdded,
        (_, None) => ChangeKind::PatternRemoved,
        _ => ChangeKind::PatternChanged,
    });
    keyword(collector, pair, old, new, "default", |_, _| ChangeKind::DefaultChanged);
    keyword(collector, pair, old, new, "xml", |_, _| ChangeKind::XmlChanged);
    flags(collector, pair, old, new);
    values(collector, pair, old, new);
    limits::compare(collector, pair, old, new);
    properties(collector, pair, old, new);
    additional_properties(collector, pair, old, new);
    match (old.keywords.get("items"), new.keywords.get("items")) {
        (Some(before), Some(after)) => collector.refer(pair, before, after, None),
        _ => keyword(collector, pair, old, new, "items", assertion),
    }
    branches::compare(collector, pair, old, new);
    assertions(collector, pair, old, new);
    let rest: BTreeSet<&str> = old
        .keywords
        .keys()
        .chain(new.keywords.keys())
        .copied()
        .filter(|key| {
            !JUDGED.contains(key) && !DOCUMENTATION.contains(key) && !limits::KEYWORDS.contains(key)
        })
        .filter(|key| !matches!(*key, "readOnly" | "writeOnly"))
        .collect();
    for key in rest {
        keyword(collector, pair, old, new, key, |old, new| {
            if key.starts_with("x-") { ChangeKind::ExtensionChanged } else { assertion(old, new) }
        });
    }
}

fn renamed<'a>(
    collector: &mut Collector<'a>,
    pair: usize,
    new: &At<'a>,
    before: Option<&str>,
    after: Option<&str>,
) {
    let schema = |at: At<'a>, name: &str| at.get("components")?.get("schemas")?.get(name);
    let message = match (before, after) {
        (Some(before), Some(after)) => {
            let is_kept = schema(collector.new.at_root(), before).is_some();
            let was_there = schema(collector.old.at_root(), after).is_some();
            if let Some(at) = schema(collector.new.at_root(), after).filter(|_| !is_kept && !was_there) {
                collector.renamed.insert((before.to_owned(), after.to_owned()));
                let message = format!("the schema `{before}` is called `{after}` now");
                return collector.add_to(pair, ChangeKind::TypeRenamed, In::New(&at), message, None);
            }
            format!("this is the schema `{after}` now, and was `{before}`")
        }
        (Some(before), None) => format!("what was the schema `{before}` is written in place now"),
        (None, Some(after)) => format!("this is the schema `{after}` now, and was written in place"),
        (None, None) => return,
    };
    collector.add_to(pair, ChangeKind::TypeRenamed, In::New(new), message, None);
}

/// Adds a difference where a keyword has another value; `kind` is told which of the two are there.
pub(super) fn keyword<'a>(
    collector: &mut Collector<'a>,
    pair: usize,
    old: &Flat<'a>,
    new: &Flat<'a>,
    key: &str,
    kind: impl Fn(Option<&Value>, Option<&Value>) -> ChangeKind,
) {
    let (before, after) = (old.keywords.get(key), new.keywords.get(key));
    let (at, message) = match (before, after) {
        (Some(a), Some(b)) if a.value != b.value => {
            let message = match (a.value, b.value) {
                (Value::String(_), Value::String(_)) if DOCUMENTATION.contains(&key) => {
                    format!("`{key}` is another")
                }
                (a, b) if is_short(a) && is_short(b) => format!("`{key}` is {b} now, and was {a}"),
                _ => format!("`{key}` is another"),
            };
            (In::New(b), message)
        }
        (None, Some(b)) if is_short(b.value) && !DOCUMENTATION.contains(&key) => {
            (In::New(b), format!("`{key}` is {} now, and was absent", b.value))
        }
        (None, Some(b)) => (In::New(b), format!("`{key}` is new")),
        (Some(a), None) => (In::Old(a), format!("`{key}` is gone")),
        _ => return,
    };
    collector.add_to(pair, kind(before.map(|at| at.value), after.map(|at| at.value)), at, message, None);
}

/// Whether a value fits into a message.
fn is_short(value: &Value) -> bool {
    match value {
        Value::Array(_) | Value::Object(_) => false,
        Value::String(text) => text.len() <= 60 && !text.chars().any(char::is_control),
        _ => true,
    }
}

/// A keyword that only limits.
pub(super) fn assertion(old: Option<&Value>, new: Option<&Value>) -> ChangeKind {
    match (old, new) {
        (None, _) => ChangeKind::AssertionAdded,
        (_, None) => ChangeKind::AssertionRemoved,
        _ => ChangeKind::AssertionChanged,
    }
}

/// Whether the types have anything in common: then the rest can be compared.
fn types<'a>(collector: &mut Collector<'a>, pair: usize, old: &Flat<'a>, new: &Flat<'a>) -> bool {
    let (before, after) = (old.text("type"), new.text("type"));
    let (kind, message) = match (before, after) {
        (a, b) if a == b => return true,
        (Some("integer"), Some("number")) => {
            (ChangeKind::TypeWidened, "any number is valid now, and only integers were".to_owned())
        }
        (Some("number"), Some("integer")) => {
            (ChangeKind::TypeNarrowed, "only integers are valid now, and any number was".to_owned())
        }
        (None, Some(b)) => (ChangeKind::TypeNarrowed, format!("the type is `{b}` now, and could be any")),
        (Some(a), None) => (ChangeKind::TypeWidened, format!("the type can be any now, and was `{a}`")),
        (Some(a), Some(b)) => (ChangeKind::TypeChanged, format!("the type is `{b}` now, and was `{a}`")),
        (None, None) => return true,
    };
    let at = if after.is_some() { In::New(new.place("type")) } else { In::New(&new.at) };
    collector.add_to(pair, kind, at, message, None);
    kind != ChangeKind::TypeChanged
}

fn flags<'a>(collector: &mut Collector<'a>, pair: usize, old: &Flat<'a>, new: &Flat<'a>) {
    let rows = [
        (
            "nullable",
            ChangeKind::NullAllowed,
            "null is valid now",
            ChangeKind::NullRefused,
            "null is not valid any more",
        ),
        (
            "deprecated",
            ChangeKind::Deprecated,
            "it is deprecated",
            ChangeKind::Undeprecated,
            "it is no longer deprecated",
        ),
        (
            "readOnly",
            ChangeKind::AccessChanged,
            "only the server sends it now",
            ChangeKind::AccessChanged,
            "callers send it, too",
        ),
        (
            "writeOnly",
            ChangeKind::AccessChanged,
            "only callers send it now",
            ChangeKind::AccessChanged,
            "the server sends it, too",
        ),
    ];
    for (key, allowed, now, refused, no_more) in rows {
        match (old.is_true(key), new.is_true(key)) {
            (false, true) => collector.add_to(pair, allowed, In::New(new.place(key)), now, None),
            (true, false) => collector.add_to(pair, refused, In::New(new.place(key)), no_more, None),
            _ => {}
        }
    }
}

/// Compares the values of an enum; null among them is the matter of `nullable`.
fn values<'a>(collector: &mut Collector<'a>, pair: usize, old: &Flat<'a>, new: &Flat<'a>) {
    let (before, after) = match (old.keywords.get("enum"), new.keywords.get("enum")) {
        (Some(before), Some(after)) => (before, after),
        (None, Some(at)) => {
            let message = "only values of a list are valid now, and any was";
            return collector.add_to(pair, ChangeKind::EnumAdded, In::New(at), message, None);
        }
        (Some(at), None) => {
            let message = "any value is valid now, and only those of a list were";
            return collector.add_to(pair, ChangeKind::EnumRemoved, In::Old(at), message, None);
        }
        (None, None) => return,
    };
    let is_in = |value: &Value, list: &At<'a>| {
        list.value.as_array().is_some_and(|all| all.iter().any(|other| is_same(value, other)))
    };
    for value in before.items().filter(|at| !at.value.is_null() && !is_in(at.value, after)) {
        let message = format!("the value {} is gone", value.value);
        collector.add_to(pair, ChangeKind::EnumValueRemoved, In::Old(&value), message, None);
    }
    for value in after.items().filter(|at| !at.value.is_null() && !is_in(at.value, before)) {
        let message = format!("the value {} is new", value.value);
        collector.add_to(pair, ChangeKind::EnumValueAdded, In::New(&value), message, None);
    }
}

/// Whether JSON Schema takes two values for the same: 1 and 1.0 are.
fn is_same(a: &Value, b: &Value) -> bool {
    a == b || (a.is_number() && b.is_number() && a.as_f64() == b.as_f64())
}

fn properties<'a>(collector: &mut Collector<'a>, pair: usize, old: &Flat<'a>, new: &Flat<'a>) {
    let names: BTreeSet<&str> =
        [&old.properties, &new.properties].iter().flat_map(|all| all.keys().copied()).collect();
    let is_closed =
        old.keywords.get("additionalProperties").is_some_and(|at| at.value == &Value::Bool(false));
    for name in &names {
        match (old.properties.get(name), new.properties.get(name)) {
            (Some(before), Some(after)) => {
                let only = only_way(before).filter(|way| only_way(after) == Some(*way));
                for (before, after) in before.iter().zip(after) {
                    collector.refer(pair, before, after, only);
                }
                if let (Some(at), true) = (after.first(), before.len() != after.len()) {
                    let message = format!("`{name}` has to be valid against other schemas");
                    collector.add_to(pair, ChangeKind::AssertionChanged, In::New(at), message, only);
                }
            }
            (None, Some(after)) => {
                let Some(at) = after.first() else { continue };
                let only = only_way(after);
                if is_closed {
                    let message = format!("`{name}` is new where no further property was valid");
                    collector.add_to(pair, ChangeKind::PropertyAddedToClosed, In::New(at), message, only);
                }
                if new.required.contains_key(name) && !old.required.contains_key(name) {
                    let message = format!("`{name}` is new, and required");
                    collector.add_to(pair, ChangeKind::PropertyAddedRequired, In::New(at), message, only);
                } else if !is_closed {
                    let message = format!("`{name}` is new");
                    collector.add_to(pair, ChangeKind::PropertyAdded, In::New(at), message, only);
                }
            }
            (Some(before), None) => {
                let Some(at) = before.first() else { continue };
                let message = format!("`{name}` is gone");
                collector.add_to(pair, ChangeKind::PropertyRemoved, In::Old(at), message, only_way(before));
            }
            (None, None) => {}
        }
    }
    required(collector, pair, old, new);
}

fn required<'a>(collector: &mut Collector<'a>, pair: usize, old: &Flat<'a>, new: &Flat<'a>) {
    let is_new = |name: &str| new.properties.contains_key(name) && !old.properties.contains_key(name);
    for (name, at) in
        new.required.iter().filter(|(name, _)| !old.required.contains_key(*name) && !is_new(name))
    {
        let only = new.properties.get(name).and_then(|all| only_way(all));
        let message = format!("`{name}` is required now");
        collector.add_to(pair, ChangeKind::PropertyBecameRequired, In::New(at), message, only);
    }
    let is_gone = |name: &str| old.properties.contains_key(name) && !new.properties.contains_key(name);
    for (name, at) in
        old.required.iter().filter(|(name, _)| !new.required.contains_key(*name) && !is_gone(name))
    {
        let only = old.properties.get(name).and_then(|all| only_way(all));
        let message = format!("`{name}` may be left out now");
        collector.add_to(pair, ChangeKind::PropertyBecameOptional, In::Old(at), message, only);
    }
}

/// The only way that a property goes, if it says so.
fn only_way(schemas: &[At<'_>]) -> Option<Direction> {
    let says = |key: &str| schemas.iter().any(|at| resolved(at).is_true(key));
    match (says("readOnly"), says("writeOnly")) {
        (true, false) => Some(Direction::Answer),
        (false, true) => Some(Direction::Request),
        _ => None,
    }
}

fn additional_properties<'a>(collector: &mut Collector<'a>, pair: usize, old: &Flat<'a>, new: &Flat<'a>) {
    #[derive(Clone, Copy)]
    enum Others {
        Unsaid,
        Any,
        None,
        Of,
    }
    fn others(flat: &Flat<'_>) -> Others {
        match flat.keywords.get("additionalProperties").map(|at| at.value) {
            None => Others::Unsaid,
            Some(Value::Bool(false)) => Others::None,
            Some(Value::Object(schema)) if !schema.is_empty() => Others::Of,
            Some(_) => Others::Any,
        }
    }
    let key = "additionalProperties";
    let place =
        if new.keywords.contains_key(key) { In::New(new.place(key)) } else { In::Old(old.place(key)) };
    let (before, after) = (others(old), others(new));
    let has_map = |others: Others| matches!(others, Others::Any | Others::Of);
    if has_map(before) != has_map(after) {
        let word = if has_map(after) { "are mentioned now" } else { "are not mentioned any more" };
        let message = format!("further properties {word}");
        collector.add_to(pair, ChangeKind::AdditionalPropertiesStated, place, message, None);
    }
    let (kind, message) = match (before, after) {
        (Others::Of, Others::Of) => {
            return collector.refer(pair, old.place(key), new.place(key), None);
        }
        (Others::Unsaid | Others::Any, Others::Unsaid | Others::Any) | (Others::None, Others::None) => return,
        (Others::None, _) => (ChangeKind::AdditionalPropertiesAllowed, "further properties are valid now"),
        (_, Others::None) => {
            (ChangeKind::AdditionalPropertiesRefused, "further properties are not valid any more")
        }
        (_, Others::Of) => {
            (ChangeKind::TypeNarrowed, "further properties have a schema now, and could be any")
        }
        (Others::Of, _) => (ChangeKind::TypeWidened, "further properties can be any now, and had a schema"),
    };
    collector.add_to(pair, kind, place, message, None);
}

/// Keywords of JSON Schema that only limit. What they refer to is compared where it stands.
fn assertions<'a>(collector: &mut Collector<'a>, pair: usize, old: &Flat<'a>, new: &Flat<'a>) {
    let (before, after) = match (old.keywords.get(ASSERTIONS), new.keywords.get(ASSERTIONS)) {
        (Some(before), Some(after)) => (before, after),
        (None, None) => return,
        (one, other) => {
            for (at, is_new) in [(one, false), (other, true)] {
                for (key, _) in at.map(|at| at.entries().collect::<Vec<_>>()).unwrap_or_default() {
                    let (kind, place, word) = if is_new {
                        (ChangeKind::AssertionAdded, In::New(&new.at), "new")
                    } else {
                        (ChangeKind::AssertionRemoved, In::Old(&old.at), "gone")
                    };
                    collector.add_to(pair, kind, place, format!("`{key}` is {word}"), None);
                }
            }
            return;
        }
    };
    let keys: BTreeSet<&str> = before.entries().chain(after.entries()).map(|(key, _)| key).collect();
    for key in keys {
        let Some((_, message)) = differing(before, after, key) else { continue };
        let kind = assertion(before.value.get(key), after.value.get(key));
        collector.add_to(pair, kind, In::New(&new.at), message, None);
    }
}
