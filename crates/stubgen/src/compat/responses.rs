//! What an operation answers: statuses, headers, bodies.

use std::collections::BTreeMap;

use super::ChangeKind;
use super::collect::{Collector, In, differing, resolved};
use super::kind::Direction;
use super::operation::{media_types, schema};
use crate::grammar::Role;
use crate::load::At;

/// Compares the answers of two versions of an operation.
pub(super) fn compare<'a>(collector: &mut Collector<'a>, old: &At<'a>, new: &At<'a>) {
    let listed = |at: &At<'a>| -> BTreeMap<String, At<'a>> {
        let responses = at.get("responses").map(|all| all.entries().collect::<Vec<_>>());
        let statuses = responses.unwrap_or_default().into_iter().filter(|(key, _)| !key.starts_with("x-"));
        statuses.map(|(status, at)| (status.to_ascii_uppercase(), resolved(&at))).collect()
    };
    let (before, mut after) = (listed(old), listed(new));
    let is_success = |status: &str, among: &[&str]| match status.as_bytes() {
        [b'1'..=b'3', ..] => true,
        // It stands for success only where nothing else does.
        b"DEFAULT" => !among.iter().any(|other| other.starts_with('2')),
        _ => false,
    };
    let statuses: Vec<String> = before.keys().chain(after.keys()).cloned().collect();
    let statuses: Vec<&str> = statuses.iter().map(String::as_str).collect();
    for (status, response) in &before {
        let Some(other) = after.remove(status) else {
            let (kind, what) = if is_success(status, &statuses) {
                (ChangeKind::SuccessRemoved, "success")
            } else {
                (ChangeKind::ErrorRemoved, "error")
            };
            let message = format!("{} is no {what} of it any more", status.to_lowercase());
            collector.add(kind, In::Old(response), message);
            continue;
        };
        response_of_both(collector, response, &other);
    }
    for (status, response) in &after {
        let (kind, what) = if is_success(status, &statuses) {
            (ChangeKind::SuccessAdded, "success")
        } else {
            (ChangeKind::ErrorAdded, "error")
        };
        let message = format!("{} is a further {what} of it", status.to_lowercase());
        collector.add(kind, In::New(response), message);
    }
}

fn response_of_both<'a>(collector: &mut Collector<'a>, old: &At<'a>, new: &At<'a>) {
    collector.documentation(Role::Response, old, new, &["description", "links"]);
    let has_body = |at: &At<'a>| at.get("content").is_some_and(|content| content.entries().next().is_some());
    match (has_body(old), has_body(new)) {
        (false, true) => {
            collector.add(ChangeKind::AnswerBodyAdded, In::New(new), "the answer has a body now");
        }
        (true, false) => {
            collector.add(ChangeKind::AnswerBodyRemoved, In::Old(old), "the answer has no body any more");
        }
        (true, true) => media_types(collector, old, new, Direction::Answer),
        (false, false) => {}
    }
    headers(collector, old, new);
}

fn headers<'a>(collector: &mut Collector<'a>, old: &At<'a>, new: &At<'a>) {
    let listed = |at: &At<'a>| -> BTreeMap<String, At<'a>> {
        let headers = at.get("headers").map(|all| all.entries().collect::<Vec<_>>());
        let headers = headers.unwrap_or_default().into_iter();
        // OpenAPI describes this one by the media types.
        let described = headers.filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        described.map(|(name, at)| (name.to_ascii_lowercase(), resolved(&at))).collect()
    };
    let (before, mut after) = (listed(old), listed(new));
    for (name, header) in &before {
        let Some(other) = after.remove(name) else {
            let message = format!("the header `{name}` is gone");
            collector.add(ChangeKind::HeaderRemoved, In::Old(header), message);
            continue;
        };
        collector.documentation(Role::Header, header, &other, &["description", "example", "examples"]);
        collector.deprecation(header, &other, &format!("the header `{name}`"));
        match (header.is_true("required"), other.is_true("required")) {
            (false, true) => {
                let message = format!("the header `{name}` is always there now");
                collector.add(ChangeKind::HeaderBecameRequired, In::New(&other), message);
            }
            (true, false) => {
                let message = format!("the header `{name}` may be absent now");
                collector.add(ChangeKind::HeaderBecameOptional, In::New(&other), message);
            }
            _ => {}
        }
        for key in ["style", "explode", "content"] {
            if let Some((at, _)) = differing(header, &other, key) {
                let message = format!("the header `{name}` is written in another way (`{key}`)");
                collector.add(ChangeKind::ParameterStyleChanged, at.as_in(), message);
            }
        }
        schema(collector, header, &other, Direction::Answer);
    }
    for (name, header) in &after {
        let message = format!("the header `{name}` is new");
        collector.add(ChangeKind::HeaderAdded, In::New(header), message);
    }
}
