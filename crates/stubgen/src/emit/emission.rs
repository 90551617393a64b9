//! The texts of the document that dropshot's own conversions would change or cannot say: schemas, descriptions, whole operations.

use serde_json::{Map, Value, json};

use crate::emit::operations::successes;
use crate::emit::schemas::{inline, marker, said};
use crate::ir::{Api, Location, Operation, Parameter};
use crate::lower::schema_form::for_dropshot;

/// The text of `emission.json`.
pub(super) fn emission(api: &Api) -> String {
    let components = api.schemas.iter().map(|schema| (schema.name.clone(), for_dropshot(&schema.schema)));
    let inline = inline(api).into_iter().map(|ty| (marker(&ty).to_string(), for_dropshot(&ty.schema)));
    let parameters = said(api)
        .filter(|operation| !operation.parameters.is_empty())
        .map(|operation| (format!("{}Parameters", operation.pascal), Value::Object(parameters(operation))));
    let responses = said(api).filter_map(|operation| {
        let success = successes(operation).first()?.description.clone();
        Some((format!("{}Response", operation.pascal), Value::String(success)))
    });
    let operations = said(api).map(|operation| {
        let mut texts = Map::new();
        for (key, text) in [("summary", &operation.summary), ("description", &operation.description)] {
            texts.extend(text.iter().map(|text| (key.to_owned(), json!(text))));
        }
        (operation.id.clone(), Value::Object(texts))
    });
    let carried = api.operations.iter().filter_map(|operation| {
        let whole = operation.verbatim.as_ref()?;
        Some(json!({ "path": operation.route, "method": operation.method.key(), "operation": whole }))
    });
    let info = api.info.terms_of_service.iter().map(|terms| ("termsOfService".to_owned(), json!(terms)));
    let whole = json!({
        "info": info.collect::<Map<_, _>>(),
        "operations": operations.collect::<Map<_, _>>(),
        "parameters": parameters.collect::<Map<_, _>>(),
        "responses": responses.collect::<Map<_, _>>(),
        "inline": inline.collect::<Map<_, _>>(),
        "components": components.collect::<Map<_, _>>(),
        "carried": carried.collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
}

/// The parameters of each place as an object.
fn parameters(operation: &Operation) -> Map<String, Value> {
    let places = [Location::Path, Location::Query, Location::Header];
    let places = places.into_iter().filter_map(|location| {
        let here: Vec<_> = operation.parameters.iter().filter(|p| p.location == location).collect();
        (!here.is_empty()).then(|| (location.key().to_owned(), object_of(&here)))
    });
    places.collect()
}

/// Parameters as the properties of an object: the form in which dropshot takes them. It reads a parameter's description from the
/// property, and unwraps the `allOf` that a reference needs to have one.
fn object_of(parameters: &[&Parameter]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for parameter in parameters {
        let mut schema = for_dropshot(&parameter.schema);
        if let Some(description) = &parameter.description {
            if schema.get("$ref").is_some() {
                schema = json!({ "allOf": [schema], "description": description });
            } else {
                schema["description"] = json!(description);
            }
        } else if let Some(members) = schema.as_object_mut() {
            // dropshot would take what the schema says of itself for what the document says of the parameter.
            members.shift_remove("description");
        }
        properties.insert(parameter.name.clone(), schema);
        if parameter.required {
            required.push(parameter.name.clone());
        }
    }
    json!({ "type": "object", "properties": properties, "required": required })
}
