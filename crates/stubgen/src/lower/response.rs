//! Responses: one success, and errors that share the document's one error body.

use crate::diagnostic::{Diagnostics, Kind};
use crate::feature::Feature;
use crate::ir::{ErrorResponse, Success, TypeUse};
use crate::load::At;
use crate::lower::{Context, operation};

/// Success statuses that dropshot's handlers can give.
const SUCCESSES: [u16; 4] = [200, 201, 202, 204];

pub(super) fn lower(
    operation: &At<'_>,
    pascal: &str,
    context: &mut Context<'_>,
) -> Option<(Success, Vec<ErrorResponse>)> {
    let Some(responses) = operation.get("responses") else {
        let help = "add `responses` with at least one success";
        operation.report(context.diagnostics, Kind::MissingField, "`responses` is missing", help);
        return None;
    };
    let mut successes = Vec::new();
    let mut errors = Vec::new();
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
        let description = description.trim().to_owned();
        if status >= 400 {
            error(&resolved, context);
            errors.push(ErrorResponse { status, description });
        } else {
            if let Some(headers) = resolved.get("headers") {
                headers.unsupported(
                    context.diagnostics,
                    Feature::SuccessHeaders,
                    &format!("the response {key}"),
                );
            }
            let ty = body(&resolved, &format!("{pascal}Response"), context);
            successes.push((Success { status, description, ty }, at));
        }
    }
    errors.sort_by_key(|error| error.status);
    if let [_, (_, second), ..] = successes.as_slice() {
        let what = format!("an operation with {} success statuses", successes.len());
        second.unsupported(context.diagnostics, Feature::SeveralSuccesses, &what);
    }
    let Some((success, at)) = successes.into_iter().next() else {
        let message = "an operation needs a success response";
        responses.report(context.diagnostics, Kind::MissingField, message, "add one, such as `'204'`");
        return None;
    };
    empty_204(&success, &at, context.diagnostics);
    Some((success, errors))
}

fn status(key: &str, at: &At<'_>, diagnostics: &mut Diagnostics) -> Option<u16> {
    match key.parse::<u16>() {
        Ok(status) if SUCCESSES.contains(&status) || (400..600).contains(&status) => Some(status),
        Ok(status) if (100..600).contains(&status) => {
            at.unsupported(diagnostics, Feature::SeveralSuccesses, &format!("the status {status}"));
            None
        }
        _ if key == "default" || (key.len() == 3 && key.ends_with("XX")) => {
            at.unsupported(diagnostics, Feature::ResponseRange, &format!("the response `{key}`"));
            None
        }
        _ => {
            let help = "statuses have three digits, such as `'404'`";
            at.report(diagnostics, Kind::InvalidValue, &format!("`{key}` is no status"), help);
            None
        }
    }
}

fn empty_204(success: &Success, at: &At<'_>, diagnostics: &mut Diagnostics) {
    if success.status == 204 && success.ty.is_some() {
        let help = "use 200, or remove the content (RFC 9110, section 15.3.5)";
        at.report(diagnostics, Kind::InvalidValue, "an answer of 204 has no body", help);
    }
}

/// The type of a JSON body, if there is one.
fn body(response: &At<'_>, ident: &str, context: &mut Context<'_>) -> Option<TypeUse> {
    let content = response.get("content")?;
    let media: Vec<_> = content.entries().collect();
    match media.as_slice() {
        [] => None,
        [("application/json", media)] => operation::json_type(media, ident, context),
        [(name, media)] => {
            let what = format!("a response of `{name}`");
            media.unsupported(context.diagnostics, Feature::ResponseMediaType, &what);
            None
        }
        [_, (_, second), ..] => {
            let what = format!("a response in {} media types", media.len());
            second.unsupported(context.diagnostics, Feature::SeveralResponseMediaTypes, &what);
            None
        }
    }
}

fn error(response: &At<'_>, context: &mut Context<'_>) {
    let Some(ty) = body(response, "ErrorBody", context) else {
        if response.get("content").is_none() {
            let what = "an error without a body";
            response.unsupported(context.diagnostics, Feature::SeveralErrorBodies, what);
        }
        return;
    };
    match &context.error {
        None => context.error = Some(ty),
        Some(known) if known.schema == ty.schema => {}
        Some(_) => {
            let what = "an error with a body other than the first error's";
            response.unsupported(context.diagnostics, Feature::SeveralErrorBodies, what);
        }
    }
}
