//! Responses: every status with what is sent in it.

use serde_json::Value;

use crate::diagnostic::{Diagnostics, Kind};
use crate::ir::{Payload, Response, Status};
use crate::load::At;
use crate::lower::{Context, operation};
use crate::repair::Repair;

/// The responses of an operation, sorted by status.
pub(super) fn lower(operation: &At<'_>, pascal: &str, context: &mut Context<'_>) -> Option<Vec<Response>> {
    let Some(responses) = operation.get("responses") else {
        let help = "add `responses` with at least one success";
        operation.report(context.diagnostics, Kind::MissingField, "`responses` is missing", help);
        return None;
    };
    let mut lowered = Vec::new();
    for (key, at) in responses.entries() {
        if key.starts_with("x-") {
            continue;
        }
        let Some(resolved) = at.resolve(context.diagnostics) else { continue };
        let Some(status) = status(key, &at, context.diagnostics) else { continue };
        let Some(description) = resolved.text_of("description") else {
            let help = "say in a sentence when it is given";
            resolved.report(
                context.diagnostics,
                Kind::MissingField,
                "a response needs a `description`",
                help,
            );
            continue;
        };
        let name =
            if status.is_error() { format!("{pascal}_{key}_error") } else { format!("{pascal}_response") };
        let mut content = content(&resolved, &crate::names::pascal(&name), context);
        if matches!(status, Status::Code(204 | 304)) && content.take().is_some() {
            let help = "use 200, or remove the content (RFC 9110, section 15.3.5)";
            let message = format!("an answer of {key} has no body; its content is left out");
            let kind = Kind::Repaired(Repair::BodyOfEmptyResponse);
            at.report(context.diagnostics, kind, &message, help);
        }
        lowered.push(Response { status, description: description.trim().to_owned(), content });
    }
    lowered.sort_by_key(|response| response.status);
    if lowered.is_empty() {
        let message = "an operation needs a response";
        responses.report(context.diagnostics, Kind::MissingField, message, "add one, such as `'204'`");
        return None;
    }
    Some(lowered)
}

fn status(key: &str, at: &At<'_>, diagnostics: &mut Diagnostics) -> Option<Status> {
    if key == "default" {
        return Some(Status::Default);
    }
    let class =
        key.strip_suffix("XX").or_else(|| key.strip_suffix("xx")).and_then(|class| class.parse::<u16>().ok());
    match (key.parse::<u16>(), class) {
        (Ok(code), _) if (100..600).contains(&code) => Some(Status::Code(code)),
        (_, Some(class)) if (1..6).contains(&class) => Some(Status::Range(class)),
        _ => {
            let help = "statuses have three digits, such as `'404'`";
            at.report(diagnostics, Kind::InvalidValue, &format!("`{key}` is no status"), help);
            None
        }
    }
}

/// What a response carries: JSON if it is offered, else text, else bytes.
fn content(response: &At<'_>, ident: &str, context: &mut Context<'_>) -> Option<(String, Payload)> {
    let content = response.get("content")?;
    let media: Vec<_> = content.entries().collect();
    let json = media.iter().find(|(name, _)| operation::is_json(name));
    if let Some((name, media)) = json {
        return operation::json_type(media, ident, context)
            .map(|ty| (operation::essence(name), Payload::Json(ty)));
    }
    let (name, _) = media.iter().find(|(name, _)| name.starts_with("text/")).or(media.first())?;
    let name = operation::essence(name);
    let streams = name == "text/event-stream";
    Some(if name.starts_with("text/") && !streams { (name, Payload::Text) } else { (name, Payload::Bytes) })
}

/// Whether dropshot can say the responses of an operation: one success in JSON or without a body, and errors that have the one body.
pub(super) fn dropshot_can_say(responses: &[Response], operation: &At<'_>) -> bool {
    let (errors, successes): (Vec<_>, Vec<_>) =
        responses.iter().partition(|response| response.status.is_error());
    let sayable = |response: &Response| match &response.content {
        None => true,
        Some((name, Payload::Json(_))) => name == "application/json",
        Some(_) => false,
    };
    let one_media_type = operation.get("responses").iter().flat_map(At::entries).all(|(_, at)| {
        at.get("content").is_none_or(|content| content.entries().count() <= 1) && at.get("headers").is_none()
    });
    let bodies: Vec<Option<&Value>> = errors
        .iter()
        .map(|error| match &error.content {
            Some((name, Payload::Json(ty))) if name == "application/json" => Some(&ty.schema),
            _ => None,
        })
        .collect();
    let same = bodies.windows(2).all(|pair| pair[0] == pair[1]) && bodies.iter().all(Option::is_some);
    let code = |response: &Response| matches!(response.status, Status::Code(200 | 201 | 202 | 204));
    successes.len() == 1 && successes.iter().all(|r| code(r) && sayable(r)) && same && one_media_type
}
