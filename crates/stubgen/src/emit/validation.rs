//! The schemas that the runtime holds incoming values against.

use serde_json::{Map, Value, json};

use crate::ir::{Api, Body, Operation, Parameter, Payload};
use crate::lower::schema_form::for_validation;

/// The text of `validation.json`.
pub(super) fn validation(api: &Api) -> String {
    let components: Map<_, _> =
        api.schemas.iter().map(|schema| (schema.name.clone(), for_validation(&schema.schema))).collect();
    let operations: Vec<_> = api.operations.iter().map(operation).collect();
    let whole = json!({ "components": components, "operations": operations });
    serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
}

fn operation(operation: &Operation) -> Value {
    let parameters: Vec<_> = operation.parameters.iter().map(parameter).collect();
    let body = operation.body.as_ref().and_then(body);
    json!({ "parameters": parameters, "body": body })
}

/// One schema, or one for each media type that has one.
fn body(body: &Body) -> Option<Value> {
    let mut schemas: Map<_, _> = body
        .kinds
        .iter()
        .filter_map(|kind| match &kind.payload {
            Payload::Json(ty) | Payload::Form(ty, _) => {
                Some((kind.media_type.clone(), for_validation(&ty.schema)))
            }
            _ => None,
        })
        .collect();
    match (body.kinds.len(), schemas.len()) {
        (_, 0) => None,
        (1, _) => schemas.values_mut().next().map(Value::take),
        _ => Some(json!({ "byMediaType": schemas })),
    }
}

/// The runtime reads the text of a parameter by its shape, so that a schema which says no more than the type has nothing to add.
fn parameter(parameter: &Parameter) -> Value {
    let schema = for_validation(&parameter.schema);
    let says_more = schema.as_object().is_none_or(|members| members.keys().any(|key| key != "type"));
    if says_more { schema } else { Value::Null }
}
