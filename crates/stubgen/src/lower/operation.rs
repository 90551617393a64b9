//! One operation: its names, and its parts put together.

use crate::diagnostic::Kind;
use crate::feature::Feature;
use crate::ir::{Body, Method, Operation, TypeUse};
use crate::load::At;
use crate::lower::{Context, parameter, response, schema};
use crate::names;

pub(super) fn lower(
    path: &str,
    method: Method,
    item: &At<'_>,
    at: &At<'_>,
    context: &mut Context<'_>,
) -> Option<Operation> {
    if at.object().is_none() {
        at.report(
            context.diagnostics,
            Kind::WrongType,
            "an operation must be an object",
            "write `key: value` pairs",
        );
        return None;
    }
    let id = at.text_of("operationId").filter(|id| !id.is_empty());
    if id.is_none() {
        let what = format!("{} {path}", method.key().to_uppercase());
        at.unsupported(context.diagnostics, Feature::MissingOperationId, &what);
    }
    if let Some(callbacks) = at.get("callbacks") {
        callbacks.unsupported(context.diagnostics, Feature::Callbacks, "this operation");
    }
    let id = id.unwrap_or("unnamed");
    let pascal = names::pascal(id);
    let parameters = parameter::lower(path, item, at, &pascal, context);
    let body = body(at, &pascal, context);
    let responses = response::lower(at, &pascal, context);
    let security = context.security.of_operation(at, context.diagnostics);
    let (success, errors) = responses?;
    let text = |key| at.text_of(key).map(str::to_owned);
    Some(Operation {
        id: id.to_owned(),
        ident: names::snake(id),
        camel: names::camel(id),
        pascal,
        method,
        path: path.to_owned(),
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
        success,
        errors,
        security,
        samples: samples(at),
    })
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
    if !at.is_true("required") {
        at.unsupported(context.diagnostics, Feature::OptionalBody, "a request body without `required: true`");
    }
    let content = at.get("content");
    let media: Vec<_> = content.iter().flat_map(At::entries).collect();
    let ty = match media.as_slice() {
        [] => {
            let help = "add `content` with `application/json`";
            at.report(context.diagnostics, Kind::MissingField, "a request body needs `content`", help);
            return None;
        }
        [("application/json", media)] => json_type(media, &format!("{pascal}Body"), context)?,
        [(name, media)] => {
            let what = format!("a request body of `{name}`");
            media.unsupported(context.diagnostics, Feature::BodyMediaType, &what);
            return None;
        }
        [_, (_, second), ..] => {
            let what = format!("a request body in {} media types", media.len());
            second.unsupported(context.diagnostics, Feature::SeveralBodyMediaTypes, &what);
            return None;
        }
    };
    Some(Body { description: at.text_of("description").map(str::to_owned), ty })
}

/// The type of JSON content.
pub(super) fn json_type(media: &At<'_>, ident: &str, context: &mut Context<'_>) -> Option<TypeUse> {
    let Some(at) = media.get("schema") else {
        media.unsupported(context.diagnostics, Feature::SchemalessBody, "a JSON body");
        return None;
    };
    schema::check(&at, context.diagnostics);
    let ty = context.maker.make(at.value, ident);
    Some(TypeUse { schema: at.value.clone(), ty, ident: ident.to_owned() })
}
