//! Which credentials an operation accepts. Schemes are told apart by how credentials are sent, and not by what the document calls them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::ChangeKind;
use super::collect::{Collector, In, resolved};
use crate::grammar::Role;
use crate::load::{At, Document};

/// One way to be let in: the schemes that are needed together, by their names, with what they are and their scopes.
struct Alternative<'a> {
    at: At<'a>,
    schemes: BTreeMap<&'a str, (Option<At<'a>>, BTreeSet<String>)>,
}

impl Alternative<'_> {
    /// How its credentials are sent, whatever the schemes are called.
    fn meaning(&self) -> Vec<Value> {
        let mut all: Vec<Value> = self.schemes.values().map(|(scheme, _)| meaning(scheme.as_ref())).collect();
        all.sort_by_key(ToString::to_string);
        all
    }

    fn shown(&self) -> String {
        if self.schemes.is_empty() {
            return "a request without credentials".to_owned();
        }
        self.schemes.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" with ")
    }
}

/// Compares what an operation accepts.
pub(super) fn compare<'a>(collector: &mut Collector<'a>, old: &At<'a>, new: &At<'a>) {
    let (before, mut after) = (alternatives(collector.old, old), alternatives(collector.new, new));
    match (before.is_empty(), after.is_empty()) {
        (true, true) => return,
        (true, false) => {
            let shown: Vec<_> = after.iter().map(Alternative::shown).collect();
            if after.iter().all(|alternative| !alternative.schemes.is_empty()) {
                let message = format!("credentials are needed now: {}", shown.join(" or "));
                return collector.add(ChangeKind::SecurityAdded, In::New(&after[0].at), message);
            }
            let message = format!("credentials are accepted now, and not needed: {}", shown.join(" or "));
            return collector.add(ChangeKind::SecurityAlternativeAdded, In::New(&after[0].at), message);
        }
        (false, true) => {
            let message = "no credentials are needed any more";
            return collector.add(ChangeKind::SecurityRemoved, In::Old(&before[0].at), message);
        }
        (false, false) => {}
    }
    let mut unmatched = Vec::new();
    for alternative in before {
        let same_names = |other: &Alternative<'a>| other.schemes.keys().eq(alternative.schemes.keys());
        match after.iter().position(same_names) {
            Some(index) => alternative_of_both(collector, &alternative, &after.remove(index)),
            None => unmatched.push(alternative),
        }
    }
    for alternative in unmatched {
        let meaning = alternative.meaning();
        let Some(index) = after.iter().position(|other| other.meaning() == meaning) else {
            let message = format!("{} is not accepted any more", alternative.shown());
            collector.add(ChangeKind::SecurityAlternativeRemoved, In::Old(&alternative.at), message);
            continue;
        };
        let other = after.remove(index);
        let message = format!("{} is called {} now", alternative.shown(), other.shown());
        collector.add(ChangeKind::SchemeRenamed, In::New(&other.at), message);
        let all = |alternative: &Alternative<'a>| -> BTreeSet<String> {
            alternative.schemes.values().flat_map(|(_, scopes)| scopes.clone()).collect()
        };
        scopes(collector, &alternative.at, &other.at, &all(&alternative), &all(&other));
    }
    for alternative in after {
        let message = format!("{} is accepted, too", alternative.shown());
        collector.add(ChangeKind::SecurityAlternativeAdded, In::New(&alternative.at), message);
    }
}

fn alternative_of_both<'a>(collector: &mut Collector<'a>, old: &Alternative<'a>, new: &Alternative<'a>) {
    for (name, (before, old_scopes)) in &old.schemes {
        let Some((after, new_scopes)) = new.schemes.get(name) else { continue };
        scopes(collector, &old.at, &new.at, old_scopes, new_scopes);
        if meaning(before.as_ref()) != meaning(after.as_ref()) {
            let at = after
                .as_ref()
                .or(before.as_ref())
                .map_or(In::New(&new.at), |at| if after.is_some() { In::New(at) } else { In::Old(at) });
            let message = format!("credentials of `{name}` are sent or obtained in another way");
            collector.add(ChangeKind::SchemeChanged, at, message);
        }
        if let (Some(before), Some(after)) = (before, after) {
            collector.documentation(Role::SecurityScheme, before, after, &["description", "bearerFormat"]);
        }
    }
}

fn scopes<'a>(
    collector: &mut Collector<'a>,
    old: &At<'a>,
    new: &At<'a>,
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
) {
    for scope in after.difference(before) {
        let message = format!("the scope `{scope}` is needed, too");
        collector.add(ChangeKind::ScopeAdded, In::New(new), message);
    }
    for scope in before.difference(after) {
        let message = format!("the scope `{scope}` is not needed any more");
        collector.add(ChangeKind::ScopeRemoved, In::Old(old), message);
    }
}

fn alternatives<'a>(document: &'a Document, operation: &At<'a>) -> Vec<Alternative<'a>> {
    let root = document.at_root();
    let defined = root.get("components").and_then(|components| components.get("securitySchemes"));
    let Some(security) = operation.get("security").or_else(|| root.get("security")) else {
        return Vec::new();
    };
    let scheme = |name: &str| defined.as_ref().and_then(|all| all.get(name)).map(|at| resolved(&at));
    let alternative = |at: At<'a>| Alternative {
        schemes: at
            .entries()
            .map(|(name, scopes)| {
                let scopes = scopes.items().filter_map(|scope| scope.text().map(str::to_owned)).collect();
                (name, (scheme(name), scopes))
            })
            .collect(),
        at,
    };
    security.items().map(alternative).collect()
}

/// How credentials are sent and obtained: a scheme without what is for people.
fn meaning(scheme: Option<&At<'_>>) -> Value {
    let Some(Value::Object(members)) = scheme.map(|at| at.value) else { return Value::Null };
    let mut members = members.clone();
    members
        .retain(|key, _| !key.starts_with("x-") && !matches!(key.as_str(), "description" | "bearerFormat"));
    for key in ["scheme", "name"] {
        // Neither the names of schemes nor those of headers depend on their case.
        if key == "name" && members.get("in").is_none_or(|place| place != "header") {
            continue;
        }
        if let Some(Value::String(text)) = members.get_mut(key) {
            *text = text.to_ascii_lowercase();
        }
    }
    if let Some(Value::Object(flows)) = members.get_mut("flows") {
        for flow in flows.values_mut() {
            if let Some(Value::Object(scopes)) = flow.get_mut("scopes") {
                scopes.values_mut().for_each(|text| *text = Value::Null);
            }
        }
    }
    Value::Object(members)
}
