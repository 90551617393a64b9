//! The document as plain data: names chosen, references resolved, everything unsupported reported with its place.

mod operation;
mod parameter;
mod path;
mod response;
mod schema;
pub(crate) mod schema_form;
mod security;
mod types;

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostics, Kind};
use crate::feature::Feature;
use crate::ir::{Api, Info, Method, Operation, Schema, Tag, TypeUse};
use crate::load::{At, Document};
use serde_json::Map;

use crate::{names, validate};

/// What lowering shares while it walks through the document.
pub(crate) struct Context<'a> {
    pub(crate) diagnostics: &'a mut Diagnostics,
    pub(crate) security: security::Security,
    pub(crate) maker: types::TypeMaker<'a>,
    /// The error body of the document with the place that declared it first.
    pub(crate) error: Option<TypeUse>,
}

/// Lowers a document; `None` when it has findings.
pub(crate) fn lower(document: &Document, name: &str, diagnostics: &mut Diagnostics) -> Option<Api> {
    let root = document.at_root();
    let security = security::lower(&root, diagnostics);
    let none = Map::new();
    let components =
        root.get("components").and_then(|at| at.get("schemas")).and_then(|at| at.object()).unwrap_or(&none);
    let maker = types::TypeMaker::new(components);
    let mut context = Context { diagnostics, security, maker, error: None };
    let schemas = component_schemas(&root, &mut context);
    let operations = operations(&root, &mut context);
    path::check(&root, context.diagnostics);
    let base_path = base_path(&root, &mut context);
    let info = info(&root);
    if context.error.is_none() && context.diagnostics.is_empty() {
        root.unsupported(
            context.diagnostics,
            Feature::NoErrorBody,
            "no response of 400 and above has a JSON body",
        );
    }
    if !context.diagnostics.is_empty() {
        return None;
    }
    let error = context.error?;
    let (types, components) = context.maker.finish();
    Some(Api {
        ident: names::pascal(name),
        info,
        base_path,
        tags: tags(&root),
        schemas,
        operations,
        schemes: context.security.schemes,
        alternatives: context.security.alternatives,
        error,
        types,
        components,
    })
}

fn info(root: &At<'_>) -> Info {
    let text = |path: &[&str]| {
        let info = root.get("info");
        let at = path.iter().try_fold(info?, |at, key| at.get(key))?;
        at.text().map(str::to_owned)
    };
    Info {
        title: text(&["title"]).unwrap_or_default(),
        version: text(&["version"]).unwrap_or_default(),
        description: text(&["description"]),
        terms_of_service: text(&["termsOfService"]),
        contact_name: text(&["contact", "name"]),
        contact_url: text(&["contact", "url"]),
        contact_email: text(&["contact", "email"]),
        license_name: text(&["license", "name"]),
        license_url: text(&["license", "url"]),
    }
}

fn tags(root: &At<'_>) -> Vec<Tag> {
    let Some(tags) = root.get("tags") else { return Vec::new() };
    tags.items()
        .filter_map(|tag| {
            let description = tag.text_of("description").map(str::to_owned);
            Some(Tag { name: tag.text_of("name")?.to_owned(), description })
        })
        .collect()
}

fn component_schemas(root: &At<'_>, context: &mut Context<'_>) -> Vec<Schema> {
    let Some(schemas) = root.get("components").and_then(|components| components.get("schemas")) else {
        return Vec::new();
    };
    let mut lowered = Vec::new();
    for (name, at) in schemas.entries() {
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) || name.is_empty() {
            let help = "use letters, digits, `.`, `_` and `-` (OpenAPI 3.0, components object)";
            at.report(
                context.diagnostics,
                Kind::InvalidValue,
                &format!("`{name}` cannot name a component"),
                help,
            );
        }
        schema::check(&at, context.diagnostics);
        lowered.push(Schema { name: name.to_owned(), schema: at.value.clone() });
    }
    lowered
}

fn operations(root: &At<'_>, context: &mut Context<'_>) -> Vec<Operation> {
    let Some(paths) = root.get("paths") else { return Vec::new() };
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    let mut lowered = Vec::new();
    for (path, item) in paths.entries() {
        if path.starts_with("x-") {
            continue;
        }
        validate::expect_object(&item, "a path item", context.diagnostics);
        if item.text_of("$ref").is_some() {
            item.unsupported(context.diagnostics, Feature::PathItemReference, "a path item by $ref");
            continue;
        }
        for (key, at) in item.entries() {
            let Some(method) = method(key, &at, context) else { continue };
            let Some(operation) = operation::lower(path, method, &item, &at, context) else { continue };
            if let Some(other) = taken.insert(operation.ident.clone(), operation.id.clone()) {
                let message = format!(
                    "the operation ids `{other}` and `{}` both become the Rust method `{}`",
                    operation.id, operation.ident
                );
                at.report(context.diagnostics, Kind::NameCollision, &message, "rename one of them");
            }
            lowered.push(operation);
        }
    }
    lowered
}

/// The method of an operation; `None` for the other members of a path item.
fn method(key: &str, at: &At<'_>, context: &mut Context<'_>) -> Option<Method> {
    if let Some(method) = Method::ALL.into_iter().find(|method| method.key() == key) {
        return Some(method);
    }
    match key {
        "trace" => at.unsupported(context.diagnostics, Feature::TraceMethod, "an operation on TRACE"),
        "options" | "head" => {
            let what = format!("an operation on {}", key.to_uppercase());
            at.unsupported(context.diagnostics, Feature::ImplicitMethod, &what);
        }
        "parameters" | "summary" | "description" | "servers" => {}
        key if key.starts_with("x-") => {}
        key => {
            let message = format!("`{key}` is no member of a path item");
            let help = "methods are written in lower case; extensions start with `x-`";
            at.report(context.diagnostics, Kind::InvalidValue, &message, help);
        }
    }
    None
}

/// The path that all servers share: what stands behind `//host`, without a trailing slash.
fn base_path(root: &At<'_>, context: &mut Context<'_>) -> String {
    let Some(servers) = root.get("servers") else { return String::new() };
    let mut base: Option<String> = None;
    for server in servers.items() {
        let Some(url) = server.get("url") else {
            server.report(context.diagnostics, Kind::MissingField, "a server needs a `url`", "add it");
            continue;
        };
        let text = url.text().unwrap_or_default();
        let path = match text.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
            None => text,
        };
        let path = path.trim_end_matches('/').to_owned();
        if path.contains(['{', '?', '#', '%']) || (!path.is_empty() && !path.starts_with('/')) {
            url.unsupported(context.diagnostics, Feature::ServerPath, &format!("the server `{text}`"));
        } else if base.as_ref().is_some_and(|base| *base != path) {
            url.unsupported(context.diagnostics, Feature::ServerPath, "servers with different paths");
        } else {
            base = Some(path);
        }
    }
    base.unwrap_or_default()
}
