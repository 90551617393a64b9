//! Two versions of an operation: its name, parameters and body. Answers and credentials have modules of their own.

use std::collections::BTreeMap;

use super::collect::{Collector, In, differing, resolved};
use super::kind::Direction;
use super::paths::Operation;
use super::{ChangeKind, responses, security, servers};
use crate::grammar::Role;
use crate::load::At;
use crate::names;

/// Members for people.
const DOCUMENTATION: [&str; 4] = ["tags", "summary", "description", "externalDocs"];

/// A parameter: where it stands, what it is called, and what is said of it.
struct Parameter<'a> {
    place: String,
    name: &'a str,
    at: At<'a>,
}

/// Compares two versions of an operation.
pub(super) fn compare<'a>(collector: &mut Collector<'a>, before: &Operation<'a>, after: &Operation<'a>) {
    let (old, new) = (&before.at, &after.at);
    collector.documentation(Role::Operation, old, new, &DOCUMENTATION);
    collector.deprecation(old, new, "the operation");
    identifier(collector, old, new);
    parameters(collector, before, after);
    body(collector, old, new);
    responses::compare(collector, old, new);
    callbacks(collector, old, new);
    security::compare(collector, old, new);
    servers::operation(collector, old, new);
}

fn identifier<'a>(collector: &mut Collector<'a>, old: &At<'a>, new: &At<'a>) {
    let (Some(before), Some(after)) = (old.text_of("operationId"), new.text_of("operationId")) else {
        if let Some((at, message)) = differing(old, new, "operationId") {
            collector.add(ChangeKind::OperationIdChanged, at.as_in(), message);
        }
        return;
    };
    let at = new.get("operationId").unwrap_or_else(|| new.clone());
    if names::snake(before) != names::snake(after) {
        let message = format!("`{before}` is called `{after}` now");
        collector.add(ChangeKind::OperationIdChanged, In::New(&at), message);
    } else if before != after {
        let message = format!("`{before}` is written `{after}` now, which is the same name to code");
        collector.add(ChangeKind::DocumentationChanged, In::New(&at), message);
    }
}

fn parameters<'a>(collector: &mut Collector<'a>, before: &Operation<'a>, after: &Operation<'a>) {
    // A variable of the path is known by its position: its name is nothing that is sent.
    let renamed: BTreeMap<&str, &str> =
        before.variables().into_iter().zip(after.variables()).filter(|(old, new)| old != new).collect();
    let mut later = listed(&after.at);
    let mut gone = Vec::new();
    for parameter in listed(&before.at) {
        let name = match renamed.get(parameter.name) {
            Some(name) if parameter.place == "path" => name,
            _ => parameter.name,
        };
        let is_it = |other: &Parameter<'a>| {
            other.place == parameter.place
                && (other.name == name || (other.place == "header" && other.name.eq_ignore_ascii_case(name)))
        };
        let Some(index) = later.iter().position(is_it) else {
            gone.push(parameter);
            continue;
        };
        let other = later.remove(index);
        if parameter.place == "path" && parameter.name != other.name {
            let message = format!("the variable `{}` is called `{}` now", parameter.name, other.name);
            collector.add(ChangeKind::PathVariableRenamed, In::New(&other.at), message);
        }
        parameter_of_both(collector, &parameter, &other);
    }
    for parameter in gone {
        if let Some(index) = later.iter().position(|other| other.name == parameter.name) {
            let other = later.remove(index);
            let message =
                format!("`{}` is in the {} now, and was in the {}", other.name, other.place, parameter.place);
            collector.add(ChangeKind::ParameterMoved, In::New(&other.at), message);
            parameter_of_both(collector, &parameter, &other);
            continue;
        }
        let message = format!("`{}` in the {} is gone", parameter.name, parameter.place);
        collector.add(ChangeKind::ParameterRemoved, In::Old(&parameter.at), message);
    }
    for parameter in later {
        let Parameter { place, name, at } = &parameter;
        if at.is_true("required") {
            let message = format!("`{name}` in the {place} is new, and required");
            collector.add(ChangeKind::ParameterAddedRequired, In::New(at), message);
        } else {
            let message = format!("`{name}` in the {place} is new");
            collector.add(ChangeKind::ParameterAdded, In::New(at), message);
        }
    }
}

fn listed<'a>(operation: &At<'a>) -> Vec<Parameter<'a>> {
    let parameters = operation.get("parameters").map(|list| list.items().collect::<Vec<_>>());
    parameters
        .unwrap_or_default()
        .iter()
        .map(resolved)
        .map(|at| Parameter {
            place: at.text_of("in").unwrap_or_default().to_owned(),
            name: at.text_of("name").unwrap_or_default(),
            at,
        })
        .collect()
}

fn parameter_of_both<'a>(collector: &mut Collector<'a>, before: &Parameter<'a>, after: &Parameter<'a>) {
    let (old, new, name) = (&before.at, &after.at, after.name);
    let at = |key: &str| new.get(key).unwrap_or_else(|| new.clone());
    collector.documentation(Role::Parameter, old, new, &["description", "example", "examples"]);
    collector.deprecation(old, new, &format!("`{name}`"));
    match (old.is_true("required"), new.is_true("required")) {
        (false, true) => {
            let message = format!("`{name}` is required now");
            collector.add(ChangeKind::ParameterBecameRequired, In::New(&at("required")), message);
        }
        (true, false) => {
            let message = format!("`{name}` may be left out now");
            collector.add(ChangeKind::ParameterBecameOptional, In::New(&at("required")), message);
        }
        _ => {}
    }
    match (old.is_true("allowEmptyValue"), new.is_true("allowEmptyValue")) {
        (false, true) => {
            let message = format!("`{name}` may be empty now");
            collector.add(ChangeKind::EmptyValueAllowed, In::New(&at("allowEmptyValue")), message);
        }
        (true, false) => {
            let message = format!("`{name}` may no longer be empty");
            collector.add(ChangeKind::EmptyValueRefused, In::New(new), message);
        }
        _ => {}
    }
    style(collector, before, after);
    if before.at.get("content").is_some() && after.at.get("content").is_some() {
        media_types(collector, old, new, Direction::Request);
    } else {
        schema(collector, old, new, Direction::Request);
    }
}

fn style<'a>(collector: &mut Collector<'a>, before: &Parameter<'a>, after: &Parameter<'a>) {
    let written = |parameter: &Parameter<'a>| {
        let at = &parameter.at;
        if at.get("content").is_some() {
            return "by `content`".to_owned();
        }
        let usual = if matches!(parameter.place.as_str(), "query" | "cookie") { "form" } else { "simple" };
        let style = at.text_of("style").unwrap_or(usual);
        let kind = at.get("schema").map(|schema| resolved(&schema));
        let is_scalar = kind
            .as_ref()
            .and_then(|schema| schema.text_of("type"))
            .is_some_and(|kind| matches!(kind, "string" | "integer" | "number" | "boolean"));
        let explode = at.value.get("explode").and_then(serde_json::Value::as_bool).unwrap_or(style == "form");
        let shape = match (is_scalar, explode) {
            (true, _) => "",
            (false, true) => ", exploded",
            (false, false) => ", not exploded",
        };
        let reserved = if at.is_true("allowReserved") { ", reserved characters as they are" } else { "" };
        format!("in style `{style}`{shape}{reserved}")
    };
    let (old, new) = (written(before), written(after));
    // Where only the type changed, the style follows it, and the type is a difference by itself.
    let is_scalar = |text: &str| !text.contains("exploded");
    let is_by_content = |text: &str| text.starts_with("by");
    let only_type = is_scalar(&old) != is_scalar(&new) && is_by_content(&old) == is_by_content(&new);
    if old != new && before.place == after.place && !only_type {
        let message = format!("`{}` is written {new}, and was {old}", after.name);
        collector.add(ChangeKind::ParameterStyleChanged, In::New(&after.at), message);
    }
}

fn body<'a>(collector: &mut Collector<'a>, old: &At<'a>, new: &At<'a>) {
    let body = |operation: &At<'a>| operation.get("requestBody").map(|body| resolved(&body));
    match (body(old), body(new)) {
        (None, Some(after)) if after.is_true("required") => {
            let message = "the operation takes a body now, and requires it";
            collector.add(ChangeKind::BodyAddedRequired, In::New(&after), message);
        }
        (None, Some(after)) => {
            collector.add(ChangeKind::BodyAdded, In::New(&after), "the operation takes a body now");
        }
        (Some(before), None) => {
            collector.add(ChangeKind::BodyRemoved, In::Old(&before), "the operation takes no body any more");
        }
        (Some(before), Some(after)) => {
            collector.documentation(Role::RequestBody, &before, &after, &["description"]);
            let at = after.get("required").unwrap_or_else(|| after.clone());
            match (before.is_true("required"), after.is_true("required")) {
                (false, true) => {
                    collector.add(ChangeKind::BodyBecameRequired, In::New(&at), "the body is required now");
                }
                (true, false) => {
                    let message = "the body may be left out now";
                    collector.add(ChangeKind::BodyBecameOptional, In::New(&at), message);
                }
                _ => {}
            }
            media_types(collector, &before, &after, Direction::Request);
        }
        (None, None) => {}
    }
}

/// Compares the media types of a body, an answer, or a parameter.
pub(super) fn media_types<'a>(
    collector: &mut Collector<'a>,
    old: &At<'a>,
    new: &At<'a>,
    direction: Direction,
) {
    let listed = |at: &At<'a>| -> BTreeMap<String, At<'a>> {
        let content = at.get("content").map(|content| content.entries().collect::<Vec<_>>());
        content.unwrap_or_default().into_iter().map(|(name, at)| (name.to_ascii_lowercase(), at)).collect()
    };
    let (before, mut after) = (listed(old), listed(new));
    let (added, removed) = match direction {
        Direction::Request => (ChangeKind::RequestMediaTypeAdded, ChangeKind::RequestMediaTypeRemoved),
        Direction::Answer => (ChangeKind::AnswerMediaTypeAdded, ChangeKind::AnswerMediaTypeRemoved),
    };
    for (name, media) in &before {
        let Some(other) = after.remove(name) else {
            collector.add(removed, In::Old(media), format!("`{name}` is gone"));
            continue;
        };
        collector.documentation(Role::MediaType, media, &other, &["example", "examples"]);
        if let Some((at, _)) = differing(media, &other, "encoding") {
            let message = "how parts of the body are written is another";
            collector.add(ChangeKind::EncodingChanged, at.as_in(), message);
        }
        schema(collector, media, &other, direction);
    }
    for (name, media) in &after {
        collector.add(added, In::New(media), format!("`{name}` is new"));
    }
}

/// Compares the schemas of what has one, if it has one.
pub(super) fn schema<'a>(collector: &mut Collector<'a>, old: &At<'a>, new: &At<'a>, direction: Direction) {
    if old.get("content").is_some() != new.get("content").is_some() {
        // It is written in another way, which is a difference by itself.
        return;
    }
    match (old.get("schema"), new.get("schema")) {
        (Some(before), Some(after)) => collector.schemas(&before, &after, Some(direction)),
        (Some(before), None) => {
            let message = "there is no schema any more, so any value is valid";
            collector.add_one_way(ChangeKind::TypeWidened, In::Old(&before), message, direction);
        }
        (None, Some(after)) => {
            let message = "there is a schema now, and any value was valid";
            collector.add_one_way(ChangeKind::TypeNarrowed, In::New(&after), message, direction);
        }
        (None, None) => {}
    }
}

fn callbacks<'a>(collector: &mut Collector<'a>, old: &At<'a>, new: &At<'a>) {
    let listed = |at: &At<'a>| -> BTreeMap<&'a str, At<'a>> {
        at.get("callbacks").map(|all| all.entries().collect()).unwrap_or_default()
    };
    let (before, mut after) = (listed(old), listed(new));
    for (name, callback) in before {
        match after.remove(name) {
            None => {
                let message = format!("the callback `{name}` is gone");
                collector.add(ChangeKind::CallbackRemoved, In::Old(&callback), message);
            }
            Some(other) if resolved(&other).value != resolved(&callback).value => {
                let message = format!("the callback `{name}` is another");
                collector.add(ChangeKind::CallbackChanged, In::New(&other), message);
            }
            Some(_) => {}
        }
    }
    for (name, callback) in after {
        let message = format!("the callback `{name}` is new");
        collector.add(ChangeKind::CallbackAdded, In::New(&callback), message);
    }
}
