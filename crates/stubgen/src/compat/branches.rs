//! `oneOf`, `anyOf` and what is left of `allOf`: which branches of the two schemas are the same ones.

use serde_json::Value;

use super::ChangeKind;
use super::collect::{Collector, In, resolved};
use super::flat::{Flat, name_of};
use super::schema::flats;
use crate::load::At;

/// Compares the branches of two schemas.
pub(super) fn compare<'a>(collector: &mut Collector<'a>, pair: usize, old: &Flat<'a>, new: &Flat<'a>) {
    for key in ["oneOf", "anyOf"] {
        match (old.keywords.get(key), new.keywords.get(key)) {
            (Some(before), Some(after)) => {
                let (before, after): (Vec<_>, Vec<_>) = (before.items().collect(), after.items().collect());
                let (gone, come) = matched(collector, pair, before, after);
                report(
                    collector,
                    pair,
                    (&gone, &come),
                    [ChangeKind::BranchRemoved, ChangeKind::BranchAdded],
                    key,
                );
            }
            (None, Some(at)) => {
                collector.add_to(
                    pair,
                    ChangeKind::ConditionAdded,
                    In::New(at),
                    format!("`{key}` is new"),
                    None,
                );
            }
            (Some(at), None) => {
                let message = format!("`{key}` is gone");
                collector.add_to(pair, ChangeKind::ConditionRemoved, In::Old(at), message, None);
            }
            (None, None) => {}
        }
    }
    let (gone, come) = matched(collector, pair, old.conditions.clone(), new.conditions.clone());
    report(
        collector,
        pair,
        (&gone, &come),
        [ChangeKind::ConditionRemoved, ChangeKind::ConditionAdded],
        "allOf",
    );
    discriminator(collector, pair, old, new);
}

/// A schema that became one of several branches, or the other way round: the branch that it is is compared with it. False when
/// that is not what happened.
pub(super) fn of_one_side<'a>(
    collector: &mut Collector<'a>,
    pair: usize,
    old: &Flat<'a>,
    new: &Flat<'a>,
) -> bool {
    let union = |flat: &Flat<'a>| {
        let says_nothing_else =
            flat.text("type").is_none() && flat.properties.is_empty() && flat.conditions.is_empty();
        let list = flat.keywords.get("oneOf").or_else(|| flat.keywords.get("anyOf"))?;
        says_nothing_else.then(|| list.items().collect::<Vec<_>>())
    };
    let (branches, plain, is_new) = match (union(old), union(new)) {
        (None, Some(branches)) => (branches, old, true),
        (Some(branches), None) => (branches, new, false),
        _ => return false,
    };
    if plain.text("type").is_none()
        || plain.keywords.contains_key("oneOf")
        || plain.keywords.contains_key("anyOf")
    {
        return false;
    }
    let found = branches
        .iter()
        .position(|branch| resolved(branch).value == resolved(&plain.at).value)
        .or_else(|| branches.iter().position(|branch| Flat::of(branch).text("type") == plain.text("type")));
    let Some(found) = found else { return false };
    let branch = Flat::of(&branches[found]);
    // Nullable is said around the branches.
    let around = if is_new { new } else { old };
    if around.is_true("nullable") != plain.is_true("nullable") {
        let (kind, message) = if around.is_true("nullable") == is_new {
            (ChangeKind::NullAllowed, "null is valid now")
        } else {
            (ChangeKind::NullRefused, "null is not valid any more")
        };
        collector.add_to(pair, kind, In::New(&new.at), message, None);
    }
    let mut branch = branch;
    branch.keywords.remove("nullable");
    let mut plain = Flat::of(&plain.at);
    plain.keywords.remove("nullable");
    if is_new {
        flats(collector, pair, &plain, &branch);
    } else {
        flats(collector, pair, &branch, &plain);
    }
    for other in branches.iter().enumerate().filter(|(index, _)| *index != found).map(|(_, branch)| branch) {
        let (kind, at, word) = if is_new {
            (ChangeKind::BranchAdded, In::New(other), "valid, too")
        } else {
            (ChangeKind::BranchRemoved, In::Old(other), "not valid any more")
        };
        collector.add_to(pair, kind, at, format!("{} is {word}", shown(other)), None);
    }
    true
}

/// Compares the branches that are in both lists, and gives those that are in one of them.
fn matched<'a>(
    collector: &mut Collector<'a>,
    pair: usize,
    old: Vec<At<'a>>,
    mut new: Vec<At<'a>>,
) -> (Vec<At<'a>>, Vec<At<'a>>) {
    // From the surest sign to the least: the same name, the same schema, the same marks, the same place.
    type Sign<'s, 'a> = &'s dyn Fn(&At<'a>, &At<'a>) -> bool;
    let same_name = |a: &At<'a>, b: &At<'a>| name_of(a).is_some() && name_of(a) == name_of(b);
    let same_schema = |a: &At<'a>, b: &At<'a>| name_of(a) == name_of(b) && a.value == b.value;
    let same_mark = |a: &At<'a>, b: &At<'a>| mark(a) == mark(b) && mark(a).is_some();
    let same_content = |a: &At<'a>, b: &At<'a>| resolved(a).value == resolved(b).value;
    let signs: [Sign<'_, 'a>; 4] = [&same_name, &same_schema, &same_mark, &same_content];
    let mut left = old;
    for sign in signs {
        left.retain(|before| match new.iter().position(|after| sign(before, after)) {
            Some(index) => {
                collector.refer(pair, before, &new.remove(index), None);
                false
            }
            None => true,
        });
    }
    // Where as many are left on both sides, they were changed rather than replaced, unless their names say otherwise.
    let are_nameless = left.iter().chain(&new).all(|branch| name_of(branch).is_none());
    if left.len() == new.len() && are_nameless {
        for (before, after) in left.drain(..).zip(new.drain(..)) {
            collector.refer(pair, &before, &after, None);
        }
    }
    (left, new)
}

/// What tells a branch from others: its title, or the values of properties that can have only one.
fn mark(at: &At<'_>) -> Option<String> {
    let schema = resolved(at);
    if let Some(title) = schema.text_of("title") {
        return Some(title.to_owned());
    }
    let constants: Vec<String> = schema
        .get("properties")?
        .entries()
        .filter_map(|(name, property)| {
            let values = property.value.get("enum")?.as_array()?;
            (values.len() == 1).then(|| format!("{name}={}", values[0]))
        })
        .collect();
    (!constants.is_empty()).then(|| constants.join(","))
}

fn report<'a>(
    collector: &mut Collector<'a>,
    pair: usize,
    (gone, come): (&[At<'a>], &[At<'a>]),
    [removed, added]: [ChangeKind; 2],
    key: &str,
) {
    for branch in gone {
        let message = format!("{} is no longer in `{key}`", shown(branch));
        collector.add_to(pair, removed, In::Old(branch), message, None);
    }
    for branch in come {
        let message = format!("{} is in `{key}` now", shown(branch));
        collector.add_to(pair, added, In::New(branch), message, None);
    }
}

fn shown(branch: &At<'_>) -> String {
    let kind = || branch.text_of("type").map(|kind| format!("a schema of type `{kind}`"));
    name_of(branch)
        .map(|name| format!("`{name}`"))
        .or_else(|| branch.text_of("title").map(|title| format!("`{title}`")))
        .or_else(kind)
        .unwrap_or_else(|| "a schema".to_owned())
}

fn discriminator<'a>(collector: &mut Collector<'a>, pair: usize, old: &Flat<'a>, new: &Flat<'a>) {
    let (before, after) = (old.keywords.get("discriminator"), new.keywords.get("discriminator"));
    let (at, message) = match (before, after) {
        (Some(a), Some(b)) if is_same_discriminator(collector, a, b) => return,
        (Some(a), Some(b)) if a.text_of("propertyName") != b.text_of("propertyName") => {
            (In::New(b), "branches are told apart by another property")
        }
        (Some(_), Some(b)) => (In::New(b), "the values that tell branches apart are others"),
        (None, Some(b)) => (In::New(b), "branches are told apart by a property now"),
        (Some(a), None) => (In::Old(a), "branches are not told apart by a property any more"),
        (None, None) => return,
    };
    collector.add_to(pair, ChangeKind::DiscriminatorChanged, at, message, None);
}

/// Whether two discriminators mean the same: the names of components may differ where those were renamed.
fn is_same_discriminator(collector: &Collector<'_>, old: &At<'_>, new: &At<'_>) -> bool {
    if old.value == new.value {
        return true;
    }
    let name = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        text.rsplit('/').next().unwrap_or_default().to_owned()
    };
    let empty = serde_json::Map::new();
    let mapping = |at: &At<'_>| at.value.get("mapping").and_then(Value::as_object).unwrap_or(&empty).clone();
    let (before, after) = (mapping(old), mapping(new));
    old.text_of("propertyName") == new.text_of("propertyName")
        && before.len() == after.len()
        && before.iter().all(|(key, value)| {
            after.get(key).is_some_and(|other| {
                let (value, other) = (name(value), name(other));
                value == other || collector.renamed.contains(&(value, other))
            })
        })
}
