//! The schemas that the runtime holds incoming values against.

use serde_json::{Map, Value, json};

use crate::ir::{Api, Body, Operation, Parameter, Payload};
use crate::lower::schema_form::{Components, for_validation};

/// The text of `validation.json`.
pub(super) fn validation(api: &Api) -> String {
    let named: Components<'_> =
        api.schemas.iter().map(|schema| (schema.name.as_str(), &schema.schema)).collect();
    let components: Map<_, _> = api
        .schemas
        .iter()
        .map(|schema| (schema.name.clone(), for_validation(&schema.schema, &named)))
        .collect();
    let operations: Vec<_> = api.operations.iter().map(|each| operation(each, &named)).collect();
    let whole = json!({ "components": components, "operations": operations });
    serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
}

fn operation(operation: &Operation, components: &Components<'_>) -> Value {
    let parameters: Vec<_> = operation.parameters.iter().map(|each| parameter(each, components)).collect();
    let body = operation.body.as_ref().and_then(|each| body(each, components));
    json!({ "parameters": parameters, "body": body })
}

/// One schema, or one for each media type that has one.
fn body(body: &Body, components: &Components<'_>) -> Option<Value> {
    let mut schemas: Map<_, _> = body
        .kinds
        .iter()
        .filter_map(|kind| {
            let schema = match &kind.payload {
                Payload::Json(ty) | Payload::Form(ty, _) => for_validation(&ty.schema, components),
                _ => Some(for_validation(kind.text.as_ref()?, components)).filter(says_more_than_its_type)?,
            };
            Some((kind.media_type.clone(), schema))
        })
        .collect();
    match (body.kinds.len(), schemas.len()) {
        (_, 0) => None,
        (1, _) => schemas.values_mut().next().map(Value::take),
        _ => Some(json!({ "byMediaType": schemas })),
    }
}

/// The runtime reads the text of a parameter by its shape, so that a schema which says no more than the type has nothing to add.
fn parameter(parameter: &Parameter, components: &Components<'_>) -> Value {
    let schema = for_validation(&parameter.schema, components);
    if says_more_than_its_type(&schema) { schema } else { Value::Null }
}

fn says_more_than_its_type(schema: &Value) -> bool {
    schema.as_object().is_none_or(|members| members.keys().any(|key| key != "type"))
}
