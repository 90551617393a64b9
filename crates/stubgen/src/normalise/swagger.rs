//! Swagger 2.0 in the terms of OpenAPI 3.0: where its sections moved. What operations say is converted beside, in `swagger_parts`.

use serde_json::{Map, Value, json};

use super::swagger_parts::{Operations, parameter, response};
use super::{Reduction, Terms};
use crate::diagnostic::Diagnostics;
use crate::grammar::{self, METHODS, Role};
use crate::load::Document;
use crate::pointer::Pointer;
use crate::repair::oauth_flows;

/// Rewrites a document of Swagger 2.0; leaves any other alone.
pub(crate) fn swagger(document: &mut Document, diagnostics: &mut Diagnostics) {
    let is_swagger = match document.root.get("swagger") {
        Some(Value::String(version)) => version == "2" || version.starts_with("2."),
        Some(Value::Number(version)) => version.as_f64().is_some_and(|version| (2.0..3.0).contains(&version)),
        _ => false,
    };
    if !is_swagger || document.root.get("openapi").is_some() {
        return;
    }
    let (root, scope) = document.edit(diagnostics);
    let mut terms = Terms { scope };
    if let Value::Object(old) = root.take() {
        *root = Value::Object(convert(old, &mut terms));
    }
    grammar::walk(Role::Document, root, &mut Pointer::root(), &mut |role, value, at| {
        rewrite_reference(role, value);
        if role == Role::Schema {
            schema(value, at, &mut terms);
        }
    });
}

fn convert(mut old: Map<String, Value>, terms: &mut Terms<'_>) -> Map<String, Value> {
    let mut new = Map::new();
    new.insert("openapi".to_owned(), Value::from("3.0.3"));
    new.extend(old.shift_remove_entry("info"));
    let servers = servers(&old);
    if !servers.is_empty() {
        new.insert("servers".to_owned(), Value::Array(servers));
    }
    let consumes = media_types(&old, "consumes");
    let produces = media_types(&old, "produces");
    let mut components = Map::new();
    section(&mut old, "definitions", "schemas", &mut components, terms);
    let shared = old.shift_remove("parameters");
    shared_parameters(shared.as_ref(), &mut components, terms);
    section(&mut old, "responses", "responses", &mut components, terms);
    for (name, shared) in members(&mut components, "responses") {
        let at = Pointer::root().key("components").key("responses").key(name);
        response(shared, &produces, &at, terms);
    }
    section(&mut old, "securityDefinitions", "securitySchemes", &mut components, terms);
    for (_, scheme) in members(&mut components, "securitySchemes") {
        security_scheme(scheme);
    }
    let mut paths = old.shift_remove("paths").unwrap_or_else(|| json!({}));
    let operations = Operations { shared: shared.as_ref(), consumes, produces, document: &old };
    for (path, item) in paths.as_object_mut().into_iter().flatten() {
        if let Value::Object(item) = item {
            path_item(item, &operations, &Pointer::root().key("paths").key(path), terms);
        }
    }
    new.insert("paths".to_owned(), paths);
    if !components.is_empty() {
        new.insert("components".to_owned(), Value::Object(components));
    }
    for key in ["swagger", "host", "basePath", "schemes", "consumes", "produces"] {
        old.shift_remove(key);
    }
    new.extend(old);
    new
}

fn members<'a>(
    components: &'a mut Map<String, Value>,
    section: &str,
) -> impl Iterator<Item = (&'a String, &'a mut Value)> {
    components.get_mut(section).and_then(Value::as_object_mut).into_iter().flatten()
}

/// Moves a section of the document to its place in `components`.
fn section(
    old: &mut Map<String, Value>,
    from: &str,
    to: &str,
    components: &mut Map<String, Value>,
    terms: &mut Terms<'_>,
) {
    let Some(value) = old.shift_remove(from) else { return };
    terms.moved(&Pointer::root().key(from), &Pointer::root().key("components").key(to));
    components.insert(to.to_owned(), value);
}

/// Parameters of bodies and forms have no counterpart: they are written where they are used.
fn shared_parameters(shared: Option<&Value>, components: &mut Map<String, Value>, terms: &mut Terms<'_>) {
    let mut kept = Map::new();
    for (name, value) in shared.and_then(Value::as_object).into_iter().flatten() {
        if matches!(value.get("in").and_then(Value::as_str), Some("body" | "formData")) {
            continue;
        }
        let to = Pointer::root().key("components").key("parameters").key(name);
        terms.moved(&Pointer::root().key("parameters").key(name), &to);
        let mut value = value.clone();
        parameter(&mut value, &to, terms);
        kept.insert(name.clone(), value);
    }
    if !kept.is_empty() {
        components.insert("parameters".to_owned(), Value::Object(kept));
    }
}

/// `host`, `basePath` and `schemes` as addresses.
pub(super) fn servers(document: &Map<String, Value>) -> Vec<Value> {
    let text = |key| document.get(key).and_then(Value::as_str).unwrap_or_default();
    let (host, base) = (text("host"), text("basePath"));
    let base = if base.is_empty() || base.starts_with('/') { base.to_owned() } else { format!("/{base}") };
    if host.is_empty() {
        return if base.is_empty() { Vec::new() } else { vec![json!({ "url": base })] };
    }
    let schemes: Vec<&str> = document
        .get("schemes")
        .and_then(Value::as_array)
        .map(|schemes| schemes.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let schemes = if schemes.is_empty() { vec!["https"] } else { schemes };
    schemes.into_iter().map(|scheme| json!({"url": format!("{scheme}://{host}{base}")})).collect()
}

pub(super) fn media_types(holder: &Map<String, Value>, key: &str) -> Vec<String> {
    let types = holder.get(key).and_then(Value::as_array);
    types.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn path_item(
    item: &mut Map<String, Value>,
    operations: &Operations<'_>,
    at: &Pointer,
    terms: &mut Terms<'_>,
) {
    // What describes a body belongs to the operations; everything else stays with the path.
    let mut bodies: Vec<(Pointer, Value)> = Vec::new();
    if let Some(Value::Array(parameters)) = item.get_mut("parameters") {
        let from = at.key("parameters");
        let mut kept = Vec::new();
        for (index, mut value) in std::mem::take(parameters).into_iter().enumerate() {
            if operations.is_body(&value) {
                bodies.push((from.index(index), value));
                continue;
            }
            let to = from.index(kept.len());
            terms.moved(&from.index(index), &to);
            parameter(&mut value, &to, terms);
            kept.push(value);
        }
        *parameters = kept;
    }
    for method in METHODS {
        if let Some(Value::Object(operation)) = item.get_mut(method) {
            operations.convert(operation, &bodies, &at.key(method), terms);
        }
    }
}

fn security_scheme(scheme: &mut Value) {
    let Value::Object(scheme) = scheme else { return };
    match scheme.get("type").and_then(Value::as_str) {
        Some("basic") => {
            scheme.insert("type".to_owned(), Value::from("http"));
            scheme.insert("scheme".to_owned(), Value::from("basic"));
        }
        Some("oauth2") => {
            if let Some(flow) = scheme.get("flow").and_then(Value::as_str).map(str::to_owned) {
                let flows = oauth_flows(scheme, &flow);
                scheme.insert("flows".to_owned(), flows);
            }
        }
        _ => {}
    }
}

/// References to sections that moved.
fn rewrite_reference(role: Role, value: &mut Value) {
    let rewritten = |text: &str| {
        let (from, to) = [
            ("#/definitions/", "#/components/schemas/"),
            ("#/parameters/", "#/components/parameters/"),
            ("#/responses/", "#/components/responses/"),
        ]
        .into_iter()
        .find(|(from, _)| text.starts_with(from))?;
        Some(Value::String(format!("{to}{}", &text[from.len()..])))
    };
    if let Some(reference) = value.get("$ref").and_then(Value::as_str).and_then(rewritten) {
        value["$ref"] = reference;
    }
    if role == Role::Discriminator {
        for (_, target) in value.get_mut("mapping").and_then(Value::as_object_mut).into_iter().flatten() {
            if let Some(reference) = target.as_str().and_then(rewritten) {
                *target = reference;
            }
        }
    }
}

/// What schemas of Swagger 2.0 say otherwise.
fn schema(value: &mut Value, at: &Pointer, terms: &mut Terms<'_>) {
    let Value::Object(schema) = value else { return };
    if schema.get("type").is_some_and(|kind| kind == "file") {
        schema.insert("type".to_owned(), Value::from("string"));
        schema.insert("format".to_owned(), Value::from("binary"));
    }
    if let Some(nullable) = schema.get("x-nullable").cloned() {
        schema.entry("nullable").or_insert(nullable);
    }
    if let Some(Value::String(name)) = schema.get("discriminator") {
        let discriminator = json!({ "propertyName": name });
        schema.insert("discriminator".to_owned(), discriminator);
    }
    if let Some(format) = schema.shift_remove("collectionFormat")
        && format != "csv"
    {
        let message = format!("elements inside of elements are separated by {format}, and read as JSON says");
        let help = "use a JSON body";
        terms.note(&at.key("collectionFormat"), Reduction::Swagger, &message, help);
    }
}
