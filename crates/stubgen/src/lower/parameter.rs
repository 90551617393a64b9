//! Parameters: path, query, header and cookie, of any type and style.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diagnostic::{Diagnostics, Kind};
use crate::feature::Feature;
use crate::ir::{Location, Parameter, Shape, Style};
use crate::load::At;
use crate::lower::Context;
use crate::names;

/// The parameters of an operation in the order path, query, header, cookie.
pub(super) fn lower(operation: &At<'_>, pascal: &str, context: &mut Context<'_>) -> Vec<Parameter> {
    let mut lowered: Vec<Parameter> = Vec::new();
    for at in operation.get("parameters").iter().flat_map(At::items) {
        let Some(resolved) = at.resolve(context.diagnostics) else { continue };
        lowered.extend(one(&resolved, pascal, context));
    }
    lowered.sort_by_key(|parameter| parameter.location);
    tell_apart(&mut lowered);
    lowered
}

fn one(at: &At<'_>, pascal: &str, context: &mut Context<'_>) -> Option<Parameter> {
    let Some(name) = at.text_of("name").filter(|name| !name.is_empty()) else {
        at.report(context.diagnostics, Kind::MissingField, "a parameter needs a `name`", "add it");
        return None;
    };
    let location = location(at, &format!("the parameter `{name}`"), context.diagnostics)?;
    let required = at.is_true("required");
    let json = at.get("content").and_then(|content| content.entries().next().map(|(_, media)| media));
    let schema = at.get("schema").or_else(|| {
        let media = json?;
        Some(media.get("schema").unwrap_or(media))
    })?;
    let shape = if at.get("schema").is_none() { Shape::Json } else { shape(schema.value, context) };
    let ty = context.maker.make(schema.value, &format!("{pascal}{}", names::pascal(name)));
    let default_style =
        if matches!(location, Location::Query | Location::Cookie) { Style::Form } else { Style::Simple };
    let style = at.text_of("style").and_then(|style| Style::ALL.iter().find(|(_, key, _)| *key == style));
    let style = style.map_or(default_style, |(style, ..)| *style);
    let explode = at.get("explode").and_then(|at| at.value.as_bool()).unwrap_or(style == Style::Form);
    Some(Parameter {
        name: name.to_owned(),
        ident: names::snake(name),
        location,
        required,
        description: at.text_of("description").map(str::to_owned),
        schema: schema.value.clone(),
        ty,
        shape,
        style,
        explode,
        default: default(schema.value, context).filter(|_| !required),
    })
}

fn location(at: &At<'_>, what: &str, diagnostics: &mut Diagnostics) -> Option<Location> {
    match at.text_of("in") {
        Some("path") => Some(Location::Path),
        Some("query") => Some(Location::Query),
        Some("header") => Some(Location::Header),
        Some("cookie") => Some(Location::Cookie),
        Some("querystring") => {
            at.unsupported(diagnostics, Feature::QueryString, what);
            None
        }
        _ => {
            let help = "write `in: path`, `in: query`, `in: header` or `in: cookie`";
            at.report(diagnostics, Kind::MissingField, &format!("{what} does not say where it stands"), help);
            None
        }
    }
}

/// The default of a schema, through references.
fn default(schema: &Value, context: &Context<'_>) -> Option<Value> {
    context.maker.resolved(schema).get("default").cloned()
}

/// How the text of a value becomes JSON: by the type, through references and compositions.
pub(super) fn shape(schema: &Value, context: &Context<'_>) -> Shape {
    shape_of(schema, context, 0)
}

fn shape_of(schema: &Value, context: &Context<'_>, depth: usize) -> Shape {
    if depth > 8 {
        return Shape::Any;
    }
    let schema = context.maker.resolved(schema);
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => Shape::String,
        Some("integer") => Shape::Integer,
        Some("number") => Shape::Number,
        Some("boolean") => Shape::Boolean,
        Some("array") => {
            let items = schema.get("items").map_or(Shape::Any, |items| shape_of(items, context, depth + 1));
            Shape::Array(Box::new(items))
        }
        Some("object") => object_shape(schema, context, depth),
        _ if schema.get("properties").is_some() => object_shape(schema, context, depth),
        _ => composed_shape(schema, context, depth),
    }
}

fn object_shape(schema: &Value, context: &Context<'_>, depth: usize) -> Shape {
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let properties =
        properties.map(|(name, inner)| (name.clone(), shape_of(inner, context, depth + 1))).collect();
    let additional = match schema.get("additionalProperties") {
        Some(Value::Bool(false)) => None,
        Some(inner) if inner.is_object() => Some(Box::new(shape_of(inner, context, depth + 1))),
        _ => Some(Box::new(Shape::Any)),
    };
    Shape::Object(properties, additional)
}

/// The shape that all branches of a composition share; if they differ, the text itself decides.
fn composed_shape(schema: &Value, context: &Context<'_>, depth: usize) -> Shape {
    let branches = ["allOf", "oneOf", "anyOf"].iter().find_map(|key| schema.get(*key)?.as_array());
    let mut shapes: Vec<Shape> = Vec::new();
    for branch in branches.into_iter().flatten() {
        let shape = shape_of(branch, context, depth + 1);
        if !shapes.contains(&shape) {
            shapes.push(shape);
        }
    }
    match shapes.as_slice() {
        [only] => only.clone(),
        [] if schema
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(|values| values.iter().all(Value::is_string)) =>
        {
            Shape::String
        }
        _ => Shape::Any,
    }
}

/// Whether dropshot can declare the parameters: it wants their names to differ wherever they stand.
pub(super) fn dropshot_can_say(parameters: &[Parameter]) -> bool {
    let names: BTreeSet<_> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    names.len() == parameters.len() && parameters.iter().all(one_is_sayable)
}

fn one_is_sayable(parameter: &Parameter) -> bool {
    parameter.location != Location::Cookie
        && matches!(parameter.shape, Shape::String | Shape::Integer | Shape::Number | Shape::Boolean)
        && (parameter.schema.get("type").is_some() || parameter.schema.get("$ref").is_some())
        && matches!(parameter.style, Style::Simple | Style::Form)
}

/// Names that collide in Rust are told apart by their place, and then by number.
fn tell_apart(parameters: &mut [Parameter]) {
    for index in 1..parameters.len() {
        let (before, after) = parameters.split_at_mut(index);
        let parameter = &mut after[0];
        let taken = |ident: &str| before.iter().any(|other| other.ident == ident);
        if taken(&parameter.ident) {
            let base = format!("{}_{}", parameter.ident.trim_end_matches('_'), parameter.location.key());
            parameter.ident = names::numbered(&base, &format!("{base}_"), taken);
        }
    }
}
