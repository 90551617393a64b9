//! The document as plain data: names chosen, references resolved, everything unsupported reported with its place.

mod operation;
mod parameter;
mod path;
mod response;
pub(crate) mod schema_form;
mod security;
mod types;

use serde_json::Map;

use crate::LeftOut;
use crate::diagnostic::{Diagnostics, Kind};
use crate::feature::Feature;
use crate::grammar::METHODS;
use crate::ir::{Api, Info, Method, Operation, Schema, Tag};
use crate::load::{At, Document};
use crate::{names, rejection, repair};

/// What lowering shares while it walks through the document.
pub(crate) struct Context<'a> {
    pub(crate) diagnostics: &'a mut Diagnostics,
    pub(crate) security: security::Security<'a>,
    pub(crate) maker: types::TypeMaker<'a>,
}

/// A lowered document.
pub(crate) struct Lowered {
    pub(crate) api: Api,
    /// Operations of the document, those left out among them.
    pub(crate) count: usize,
    pub(crate) left_out: Vec<LeftOut>,
}

/// Lowers a document; `None` when it has findings. With `skip`, operations with findings are left out instead.
pub(crate) fn lower(
    document: &Document,
    name: &str,
    skip: bool,
    diagnostics: &mut Diagnostics,
) -> Option<Lowered> {
    let root = document.at_root();
    let security = security::lower(&root, diagnostics);
    let none = Map::new();
    let components =
        root.get("components").and_then(|at| at.get("schemas")).and_then(|at| at.object()).unwrap_or(&none);
    let maker = types::TypeMaker::new(components);
    let mut context = Context { diagnostics, security, maker };
    let schemas = component_schemas(&root);
    let (operations, count, left_out) = operations(&root, skip, &mut context);
    let base_path = base_path(&root, &mut context);
    let errors = rejection::lower(&root, &operations, &context.maker.by_component, context.diagnostics);
    if context.diagnostics.has_errors() {
        return None;
    }
    let (types, components) = context.maker.finish();
    let api = Api {
        ident: names::pascal(name),
        info: info(&root),
        base_path,
        tags: tags(&root),
        schemas,
        operations,
        schemes: context.security.schemes,
        alternatives: context.security.alternatives,
        error: errors.ty,
        error_forms: errors.forms,
        types,
        components,
    };
    Some(Lowered { api, count, left_out })
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
            let external_docs = tag.get("externalDocs").and_then(|docs| {
                Some((docs.text_of("url")?.to_owned(), docs.text_of("description").map(str::to_owned)))
            });
            Some(Tag { name: tag.text_of("name")?.to_owned(), description, external_docs })
        })
        .collect()
}

fn component_schemas(root: &At<'_>) -> Vec<Schema> {
    let Some(schemas) = root.get("components").and_then(|components| components.get("schemas")) else {
        return Vec::new();
    };
    let mut lowered = Vec::new();
    for (name, at) in schemas.entries() {
        lowered.push(Schema { name: name.to_owned(), schema: at.value.clone() });
    }
    lowered
}

/// The operations, how many the document has, and those left out.
fn operations(root: &At<'_>, skip: bool, context: &mut Context<'_>) -> (Vec<Operation>, usize, Vec<LeftOut>) {
    let mut lowered: Vec<Operation> = Vec::new();
    let mut left_out = Vec::new();
    let mut count = 0;
    let mut routes = path::Routes::default();
    for (path, item) in root.get("paths").iter().flat_map(At::entries) {
        if path.starts_with("x-") {
            continue;
        }
        for Member { key, at, is_operation, is_additional } in members(&item) {
            // Findings of one operation are kept apart, so that it can be left out alone.
            let outer = std::mem::take(context.diagnostics);
            let method = method(key, is_additional, &at, context);
            let operation = method.map(|method| operation(path, method, &item, &at, &mut routes, context));
            let found = std::mem::replace(context.diagnostics, outer);
            if operation.is_some() || (found.has_errors() && is_operation) {
                // Operations that became alternatives of one are what the document has.
                count += at.get(repair::MERGED).map_or(1, |merged| merged.items().count());
            }
            match operation {
                Some(operation) if !found.has_errors() => {
                    found.iter().for_each(|warning| context.diagnostics.push(warning.clone()));
                    lowered.push(operation);
                }
                _ if skip && found.has_errors() && is_operation => {
                    let id = at.text_of("operationId").map(str::to_owned);
                    let method = key.to_uppercase();
                    let operation = id.unwrap_or_else(|| format!("{method} {path}"));
                    left_out.push(LeftOut { operation, method, path: path.to_owned(), reasons: found });
                }
                _ => found.iter().for_each(|finding| context.diagnostics.push(finding.clone())),
            }
        }
    }
    (lowered, count, left_out)
}

fn operation(
    path: &str,
    method: Method,
    item: &At<'_>,
    at: &At<'_>,
    routes: &mut path::Routes,
    context: &mut Context<'_>,
) -> Operation {
    let route = path;
    let path = path::without_selector(route);
    path::check(
        path,
        &format!("{}{}", method.key(), &route[path.len()..]),
        item,
        routes,
        context.diagnostics,
    );
    let mut operation = operation::lower(path, method, at, context);
    route.clone_into(&mut operation.route);
    operation.is_mountable = path::dropshot_can_route(route, routes);
    if !operation.is_mountable && operation.verbatim.is_none() {
        operation.verbatim = Some(operation::verbatim(at));
    }
    operation
}

/// A member of a path item, or of the `additionalOperations` in it.
struct Member<'a> {
    key: &'a str,
    at: At<'a>,
    is_operation: bool,
    is_additional: bool,
}

fn members<'a>(item: &At<'a>) -> Vec<Member<'a>> {
    let mut members = Vec::new();
    for (key, at) in item.entries() {
        if key == "additionalOperations" {
            let additional = at.entries();
            members.extend(additional.map(|(key, at)| Member {
                key,
                at,
                is_operation: true,
                is_additional: true,
            }));
        } else {
            let is_operation = METHODS.contains(&key);
            members.push(Member { key, at, is_operation, is_additional: false });
        }
    }
    members
}

/// The method of an operation; `None` for the other members of a path item.
fn method(key: &str, is_additional: bool, at: &At<'_>, context: &mut Context<'_>) -> Option<Method> {
    let known = Method::ALL.into_iter().find(|method| !is_additional && method.key() == key);
    match key {
        _ if known.is_some() => {}
        key if is_additional || METHODS.contains(&key) => {
            let what = format!("the method {}", key.to_uppercase());
            at.unsupported(context.diagnostics, Feature::Method, &what);
        }
        "parameters" | "summary" | "description" | "servers" => {}
        key if key.starts_with("x-") => {}
        key => {
            let message = format!("`{key}` is no member of a path item");
            let help = "methods are written in lower case; extensions start with `x-`";
            at.report(context.diagnostics, Kind::InvalidValue, &message, help);
        }
    }
    known
}

/// The path of the first server, without a trailing slash, with the defaults of its variables.
fn base_path(root: &At<'_>, context: &mut Context<'_>) -> String {
    let Some(server) = root.get("servers").and_then(|servers| servers.items().next()) else {
        return String::new();
    };
    let Some(url) = server.get("url") else { return String::new() };
    let mut text = url.text().unwrap_or_default().to_owned();
    for (name, variable) in server.get("variables").iter().flat_map(At::entries) {
        if let Some(default) = variable.text_of("default") {
            text = text.replace(&format!("{{{name}}}"), default);
        }
    }
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => &text,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
    let unusable =
        path.contains(['{', '}', '%']) || path.split('/').any(|segment| segment == "." || segment == "..");
    if unusable {
        url.unsupported(context.diagnostics, Feature::ServerPath, &format!("the server `{text}`"));
    }
    if path.is_empty() { String::new() } else { format!("/{path}") }
}
