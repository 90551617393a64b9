//! Responses: every status with what is sent in it.

use serde_json::Value;

use crate::diagnostic::{Diagnostics, Kind};
use crate::ir::types::{Scalar, TypeRef};
use crate::ir::{HeaderForm, Payload, Response, ResponseHeader, Status};
use crate::load::At;
use crate::lower::{Context, operation};
use crate::names;
use crate::repair::Repair;

/// The responses of an operation, sorted by status.
pub(super) fn lower(operation: &At<'_>, pascal: &str, context: &mut Context<'_>) -> Vec<Response> {
    let mut lowered = Vec::new();
    for (key, at) in operation.get("responses").iter().flat_map(At::entries) {
        if key.starts_with("x-") {
            continue;
        }
        let Some(resolved) = at.resolve(context.diagnostics) else { continue };
        let Some(status) = status(key, &at, context.diagnostics) else { continue };
        let name =
            if status.is_error() { format!("{pascal}_{key}_error") } else { format!("{pascal}_response") };
        let mut contents = contents(&resolved, &names::pascal(&name), context);
        if matches!(status, Status::Code(204 | 304)) && !contents.is_empty() {
            contents.clear();
            let help = "use 200, or remove the content (RFC 9110, section 15.3.5)";
            let message = format!("an answer of {key} has no body; its content is left out");
            let kind = Kind::Repaired(Repair::BodyOfEmptyResponse);
            at.report(context.diagnostics, kind, &message, help);
        }
        let headers = headers(&resolved, status, &format!("{pascal}_{key}"), context);
        let description = resolved.text_of("description").unwrap_or_default().trim().to_owned();
        let mut contents = contents.into_iter();
        let content = contents.next();
        lowered.push(Response { status, description, content, further: contents.collect(), headers });
    }
    lowered.sort_by_key(|response| response.status);
    lowered
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

/// What a response carries: JSON first if it is offered, else text, and then the others as they stand.
fn contents(response: &At<'_>, ident: &str, context: &mut Context<'_>) -> Vec<(String, Payload)> {
    let content = response.get("content");
    let mut media: Vec<_> = content.iter().flat_map(At::entries).collect();
    let rank = |name: &str| match operation::essence(name) {
        name if operation::is_json(&name) => 0,
        name if name.starts_with("text/") => 1,
        _ => 2,
    };
    media.sort_by_key(|(name, _)| rank(name));
    let mut found: Vec<(String, Payload)> = Vec::new();
    for (name, media) in media {
        let name = operation::essence(name);
        if found.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let ident = if found.is_empty() { ident.to_owned() } else { format!("{ident}{}", found.len() + 1) };
        let is_stream = ["text/event-stream", "text/*"].contains(&name.as_str());
        let payload = if operation::is_json(&name) && !is_any_binary(&name, &media) {
            Payload::Json(operation::json_type(&media, &ident, context))
        } else if name.starts_with("text/") && !is_stream {
            Payload::Text
        } else {
            Payload::Bytes
        };
        found.push((name, payload));
    }
    found
}

/// Whether any media type is said of bytes, which are no JSON then.
fn is_any_binary(name: &str, media: &At<'_>) -> bool {
    name == "*/*" && media.get("schema").is_some_and(|schema| schema.text_of("format") == Some("binary"))
}

/// The statuses that lead elsewhere (RFC 9110, section 15.4), by `Location`.
const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

/// The headers of a response. A redirect has `Location` whether or not the document says so: without it, it leads nowhere.
fn headers(response: &At<'_>, status: Status, ident: &str, context: &mut Context<'_>) -> Vec<ResponseHeader> {
    let mut lowered: Vec<ResponseHeader> = Vec::new();
    for (name, at) in response.get("headers").iter().flat_map(At::entries) {
        // The media type says it already, so that OpenAPI has it ignored here.
        let is_repeated = lowered.iter().any(|known| known.name.eq_ignore_ascii_case(name));
        if name.eq_ignore_ascii_case("content-type") || is_repeated {
            continue;
        }
        if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            let message = format!("`{name}` cannot name a header");
            let help = "use letters, digits and `-` (RFC 9110, section 5.1)";
            at.report(context.diagnostics, Kind::InvalidValue, &message, help);
            continue;
        }
        let Some(resolved) = at.resolve(context.diagnostics) else { continue };
        let mut header = header(name, &resolved, &names::pascal(&format!("{ident}_{name}")), context);
        let taken = |ident: &str| lowered.iter().any(|known| known.ident == ident);
        header.ident = names::numbered(&header.ident, &format!("{}_", header.ident), taken);
        lowered.push(header);
    }
    let has_location = lowered.iter().any(|header| header.name.eq_ignore_ascii_case("location"));
    let is_redirect = matches!(status, Status::Code(code) if REDIRECTS.contains(&code));
    if is_redirect && !has_location {
        let taken = lowered.iter().any(|header| header.ident == "location");
        lowered.push(ResponseHeader {
            name: "Location".to_owned(),
            ident: if taken { "redirect_location" } else { "location" }.to_owned(),
            required: false,
            description: Some("Where it leads.".to_owned()),
            ty: TypeRef::Scalar(Scalar::String),
            form: HeaderForm::Simple,
        });
    }
    lowered
}

fn header(name: &str, at: &At<'_>, ident: &str, context: &mut Context<'_>) -> ResponseHeader {
    let media = at.get("content").and_then(|content| content.entries().next().map(|(_, media)| media));
    let is_json = at.get("schema").is_none() && media.is_some();
    let schema = at.get("schema").or_else(|| media.and_then(|media| media.get("schema")));
    let mut ty = TypeRef::Scalar(Scalar::String);
    if let Some(at) = schema {
        ty = context.maker.make(at.value, ident);
    }
    let form = match (is_json, at.is_true("explode")) {
        (true, _) => HeaderForm::Json,
        _ if name.eq_ignore_ascii_case("set-cookie") => {
            if !matches!(ty, TypeRef::List(_)) {
                ty = TypeRef::List(Box::new(ty));
            }
            HeaderForm::Each
        }
        (_, true) => HeaderForm::Exploded,
        _ => HeaderForm::Simple,
    };
    ResponseHeader {
        name: name.to_owned(),
        ident: names::snake(name),
        required: at.is_true("required"),
        description: at.text_of("description").map(str::to_owned),
        ty,
        form,
    }
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
    let one_media_type = responses.iter().all(|response| response.further.is_empty());
    // Those of errors are lost with the statuses of errors, and the round trip knows that.
    let has_headers = operation.get("responses").iter().flat_map(At::entries).any(|(key, at)| {
        key.starts_with(['1', '2', '3'])
            && at.resolve(&mut Diagnostics::default()).is_none_or(|at| at.get("headers").is_some())
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
    successes.len() == 1
        && successes.iter().all(|r| code(r) && sayable(r))
        && same
        && one_media_type
        && !has_headers
}
