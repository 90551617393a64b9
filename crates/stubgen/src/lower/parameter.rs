//! Parameters: path, query and header, each a scalar in the default style of its place.

use crate::diagnostic::{Diagnostics, Kind};
use crate::feature::Feature;
use crate::ir::{Location, Parameter, Shape};
use crate::load::At;
use crate::lower::path::{Segment, segments};
use crate::lower::{Context, schema};
use crate::names;

/// Headers that OpenAPI says are never parameters (3.0.3, parameter object): other parts of the document describe them.
const IGNORED_HEADERS: [&str; 3] = ["accept", "content-type", "authorization"];

/// The parameters of an operation, its path item's included, in the order path, query, header.
pub(super) fn lower(
    path: &str,
    item: &At<'_>,
    operation: &At<'_>,
    pascal: &str,
    context: &mut Context<'_>,
) -> Vec<Parameter> {
    let mut lowered: Vec<(Parameter, At<'_>)> = Vec::new();
    for source in [item, operation] {
        let inherited = lowered.len();
        for at in source.get("parameters").iter().flat_map(At::items) {
            let Some(resolved) = at.resolve(context.diagnostics) else { continue };
            let Some(parameter) = one(&resolved, pascal, context) else { continue };
            let same = |p: &Parameter| p.name == parameter.name && p.location == parameter.location;
            match lowered.iter().position(|(known, _)| same(known)) {
                Some(index) if index < inherited => lowered[index] = (parameter, resolved),
                Some(_) => {
                    let message = format!("the parameter `{}` is declared twice", parameter.name);
                    at.report(context.diagnostics, Kind::InvalidValue, &message, "remove one of the two");
                }
                None => lowered.push((parameter, resolved)),
            }
        }
    }
    lowered.sort_by_key(|(parameter, _)| parameter.location);
    collisions(&lowered, context.diagnostics);
    matches_template(path, &lowered, operation, context.diagnostics);
    lowered.into_iter().map(|(parameter, _)| parameter).collect()
}

fn one(at: &At<'_>, pascal: &str, context: &mut Context<'_>) -> Option<Parameter> {
    let diagnostics = &mut *context.diagnostics;
    let Some(name) = at.text_of("name").filter(|name| !name.is_empty()) else {
        at.report(diagnostics, Kind::MissingField, "a parameter needs a `name`", "add it");
        return None;
    };
    let what = format!("the parameter `{name}`");
    let location = match at.text_of("in") {
        Some("path") => Location::Path,
        Some("query") => Location::Query,
        Some("header") => Location::Header,
        Some("cookie") => {
            at.unsupported(diagnostics, Feature::CookieParameter, &what);
            return None;
        }
        _ => {
            let help = "write `in: path`, `in: query` or `in: header`";
            at.report(diagnostics, Kind::MissingField, &format!("{what} does not say where it stands"), help);
            return None;
        }
    };
    if location == Location::Header && IGNORED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
        let help = "describe it by `content`, `requestBody` or `security`, as OpenAPI says";
        at.report(diagnostics, Kind::InvalidValue, &format!("{what} is ignored by OpenAPI"), help);
        return None;
    }
    let required = at.is_true("required");
    if location == Location::Path && !required {
        let help = "add `required: true`: a path without it is another path";
        at.report(
            diagnostics,
            Kind::InvalidValue,
            &format!("{what} is in the path and must be required"),
            help,
        );
    }
    style(at, location, &what, diagnostics);
    let Some(schema) = at.get("schema") else {
        if at.get("content").is_some() {
            at.unsupported(diagnostics, Feature::ContentParameter, &what);
        } else {
            at.report(diagnostics, Kind::MissingField, &format!("{what} needs a `schema`"), "add its type");
        }
        return None;
    };
    schema::check(&schema, diagnostics);
    let shape = shape(&schema, &what, diagnostics)?;
    let ty = context.maker.make(schema.value, &format!("{pascal}{}", names::pascal(name)));
    Some(Parameter {
        name: name.to_owned(),
        ident: names::snake(name),
        location,
        required,
        description: at.text_of("description").map(str::to_owned),
        schema: schema.value.clone(),
        ty,
        shape,
    })
}

fn style(at: &At<'_>, location: Location, what: &str, diagnostics: &mut Diagnostics) {
    let default = if location == Location::Query { "form" } else { "simple" };
    let odd_style = at.text_of("style").is_some_and(|style| style != default);
    let odd_explode =
        at.get("explode").is_some_and(|at| at.value.as_bool() != Some(location == Location::Query));
    if odd_style || odd_explode || at.is_true("allowReserved") {
        at.unsupported(diagnostics, Feature::ParameterStyle, what);
    }
}

/// The scalar type of a schema, through references and single-branch compositions.
fn shape(schema: &At<'_>, what: &str, diagnostics: &mut Diagnostics) -> Option<Shape> {
    let resolved = schema.resolve(diagnostics)?;
    if resolved.get("default").is_some() {
        resolved.unsupported(diagnostics, Feature::ParameterDefault, what);
    }
    match resolved.text_of("type") {
        Some("string") => return Some(Shape::String),
        Some("integer") => return Some(Shape::Integer),
        Some("number") => return Some(Shape::Number),
        Some("boolean") => return Some(Shape::Boolean),
        Some(_) => {}
        None => {
            for key in ["allOf", "anyOf", "oneOf"] {
                let branches: Vec<_> = resolved.get(key).iter().flat_map(At::items).collect();
                if let [only] = branches.as_slice() {
                    return shape(only, what, diagnostics);
                }
            }
        }
    }
    resolved.unsupported(diagnostics, Feature::StructuredParameter, what);
    None
}

fn collisions(parameters: &[(Parameter, At<'_>)], diagnostics: &mut Diagnostics) {
    for (i, (parameter, at)) in parameters.iter().enumerate() {
        for (other, _) in &parameters[..i] {
            if other.name == parameter.name {
                let what = format!(
                    "the parameter `{}` in {:?} and {:?}",
                    other.name, other.location, parameter.location
                );
                at.unsupported(diagnostics, Feature::SharedParameterName, &what);
            } else if other.ident == parameter.ident {
                let message = format!(
                    "the parameters `{}` and `{}` both become the Rust name `{}`",
                    other.name, parameter.name, other.ident
                );
                at.report(diagnostics, Kind::NameCollision, &message, "rename one of them");
            }
        }
    }
}

fn matches_template(
    path: &str,
    parameters: &[(Parameter, At<'_>)],
    operation: &At<'_>,
    diagnostics: &mut Diagnostics,
) {
    let Some(segments) = segments(path) else { return };
    let in_template = |name: &str| segments.contains(&Segment::Variable(name));
    let declared =
        |name: &str| parameters.iter().any(|(p, _)| p.location == Location::Path && p.name == name);
    for (parameter, at) in parameters {
        if parameter.location == Location::Path && !in_template(&parameter.name) {
            let message = format!("the path `{path}` has no `{{{}}}`", parameter.name);
            at.report(
                diagnostics,
                Kind::InvalidValue,
                &message,
                "put it into the path, or remove the parameter",
            );
        }
    }
    for segment in &segments {
        if let Segment::Variable(name) = segment
            && !declared(name)
        {
            let message = format!("`{{{name}}}` of the path `{path}` is not declared as a parameter");
            let help =
                format!("add `- {{name: {name}, in: path, required: true, schema: {{type: string}}}}`");
            operation.report(diagnostics, Kind::MissingField, &message, &help);
        }
    }
}
