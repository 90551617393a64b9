//! One operation: its names, and its parts put together.

use serde_json::Value;

use crate::diagnostic::{Diagnostics, Kind};
use crate::grammar::Role;
use crate::ir::{Body, BodyKind, Method, Operation, Payload, Shape, TypeUse};
use crate::load::At;
use crate::lower::{Context, parameter, response};
use crate::names;

pub(super) fn lower(path: &str, method: Method, at: &At<'_>, context: &mut Context<'_>) -> Operation {
    // Every operation has an id since it was repaired.
    let id = at.text_of("operationId").unwrap_or_default();
    let (ident, pascal) = names::operation(id);
    let parameters = parameter::lower(at, &pascal, context);
    let body = body(at, &pascal, context);
    let responses = response::lower(at, &pascal, context);
    let security = context.security.of_operation(at, context.diagnostics);
    let sayable = !matches!(method, Method::Head | Method::Options | Method::Trace)
        && response::dropshot_can_say(&responses, at)
        && parameter::dropshot_can_say(&parameters)
        && body.as_ref().is_none_or(dropshot_can_say_body)
        && is_plain(at)
        && names::snake(id).chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let text = |key| at.text_of(key).map(str::to_owned);
    Operation {
        id: id.to_owned(),
        ident,
        camel: names::camel(id),
        pascal,
        method,
        path: path.to_owned(),
        route: path.to_owned(),
        summary: text("summary"),
        description: text("description"),
        tags: at
            .get("tags")
            .iter()
            .flat_map(At::items)
            .filter_map(|tag| tag.text().map(str::to_owned))
            .collect(),
        deprecated: at.is_true("deprecated"),
        parameters,
        body,
        responses,
        security,
        samples: samples(at),
        verbatim: (!sayable).then(|| verbatim(at)),
        is_mountable: false,
    }
}

/// The operation as the document has it, with references to other than schemas followed: those components are not emitted.
pub(super) fn verbatim(at: &At<'_>) -> Value {
    let mut whole = at.value.clone();
    if let Some(parameters) = at.get("parameters") {
        whole["parameters"] = parameters.items().map(|parameter| followed(&parameter)).collect();
    }
    if let Some(body) = at.get("requestBody") {
        whole["requestBody"] = followed(&body);
    }
    for (status, response) in at.get("responses").iter().flat_map(At::entries) {
        let mut resolved = followed(&response);
        let target = response.resolve(&mut Diagnostics::default());
        for (name, header) in
            target.iter().filter_map(|at| at.get("headers")).flat_map(|at| at.entries().collect::<Vec<_>>())
        {
            resolved["headers"][name] = followed(&header);
        }
        whole["responses"][status] = resolved;
    }
    whole
}

fn followed(at: &At<'_>) -> Value {
    at.resolve(&mut Diagnostics::default()).map_or_else(|| at.value.clone(), |target| target.value.clone())
}

fn samples(at: &At<'_>) -> Vec<String> {
    at.get("x-codeSamples")
        .iter()
        .flat_map(At::items)
        .filter(|sample| sample.text_of("lang").is_some_and(|lang| lang.eq_ignore_ascii_case("shell")))
        .filter_map(|sample| sample.text_of("source").map(|source| source.trim_end().to_owned()))
        .collect()
}

fn body(operation: &At<'_>, pascal: &str, context: &mut Context<'_>) -> Option<Body> {
    let at = operation.get("requestBody")?.resolve(context.diagnostics)?;
    let content = at.get("content");
    let media: Vec<_> = content.iter().flat_map(At::entries).collect();
    if media.is_empty() {
        let help = "add `content` with `application/json`";
        at.report(context.diagnostics, Kind::MissingField, "a request body needs `content`", help);
        return None;
    }
    let mut kinds: Vec<BodyKind> = Vec::new();
    for (name, media) in media {
        let media_type = essence(name);
        let ident = if kinds.is_empty() {
            format!("{pascal}Body")
        } else {
            format!("{pascal}Body{}", kinds.len() + 1)
        };
        let payload = match media_type.as_str() {
            name if is_json(name) => Payload::Json(json_type(&media, &ident, context)),
            "application/x-www-form-urlencoded" => {
                let ty = json_type(&media, &ident, context);
                let shape = parameter::shape(&ty.schema, context);
                Payload::Form(ty, shape)
            }
            name if name.starts_with("multipart/") => Payload::Multipart,
            name if name.starts_with("text/") => Payload::Text,
            _ => Payload::Bytes,
        };
        // Types with parameters, such as a version, are one type to a server that ignores parameters.
        if kinds.iter().all(|kind| kind.media_type != media_type) {
            let is_text = |schema: &Value| {
                payload == Payload::Text && parameter::shape(schema, context) == Shape::String
            };
            let text = media.get("schema").map(|at| at.value).filter(|schema| is_text(schema)).cloned();
            kinds.push(BodyKind { media_type, payload, text });
        }
    }
    Some(Body {
        required: at.is_true("required"),
        description: at.text_of("description").map(str::to_owned),
        kinds,
    })
}

fn dropshot_can_say_body(body: &Body) -> bool {
    let json = |kind: &BodyKind| kind.media_type == "application/json";
    body.required && body.kinds.len() == 1 && body.kinds.iter().all(json)
}

/// Whether an operation has nothing but what OpenAPI knows, and media types without parameters: dropshot has no words for anything else.
fn is_plain(operation: &At<'_>) -> bool {
    let knows = |role: Role, at: &At<'_>| at.entries().all(|(key, _)| role.member(key).is_some());
    let plain = |role: Role, at: &At<'_>| {
        let Some(at) = at.resolve(&mut Diagnostics::default()) else { return true };
        let content = at.get("content");
        let mut media = content.iter().flat_map(At::entries);
        knows(role, &at) && media.all(|(name, at)| name == essence(name) && knows(Role::MediaType, &at))
    };
    let (body, responses) = (operation.get("requestBody"), operation.get("responses"));
    let mut responses =
        responses.iter().flat_map(At::entries).filter(|(status, _)| !status.starts_with("x-"));
    knows(Role::Operation, operation)
        && body.is_none_or(|body| plain(Role::RequestBody, &body))
        && responses.all(|(_, response)| plain(Role::Response, &response))
}

/// A media type without its parameters, in lower case.
pub(super) fn essence(name: &str) -> String {
    name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a media type is JSON.
pub(super) fn is_json(name: &str) -> bool {
    let name = essence(name);
    name == "application/json" || name.ends_with("+json") || name == "text/json" || name == "*/*"
}

/// The type of content that has a schema; any value if it has none.
pub(super) fn json_type(media: &At<'_>, ident: &str, context: &mut Context<'_>) -> TypeUse {
    let Some(at) = media.get("schema") else {
        return any(ident);
    };
    let ty = context.maker.make(at.value, ident);
    TypeUse { schema: at.value.clone(), ty, ident: ident.to_owned() }
}

fn any(ident: &str) -> TypeUse {
    TypeUse {
        schema: Value::Object(serde_json::Map::new()),
        ty: crate::ir::types::TypeRef::Any,
        ident: ident.to_owned(),
    }
}
