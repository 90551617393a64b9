//! The table by which the runtime serves, held against the document: dropshot's document says nothing of most of it.

use std::collections::{BTreeMap, BTreeSet};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::canonical::{canonical, follow};
use super::pointer::METHODS;
use crate::definition::{Definition, Location, Operation, Parameter, SchemeKind, Shape, Style};
use crate::options::Options;
use crate::parameters::decoded;
use crate::route::Routes;

/// Header parameters that a document cannot declare (OpenAPI 3.0, "Parameter Object"): they are ignored.
const IGNORED_HEADERS: [&str; 3] = ["accept", "content-type", "authorization"];

/// Says where what the runtime would do by its table is not what the document says: base path, operations with their methods and
/// paths, parameters (place, name, requirement, style, explode, default), media types, statuses and security.
///
/// # Errors
///
/// One line for each difference.
pub fn check_definition(specification: &Value, definition: &Definition) -> Result<(), Vec<String>> {
    let document = canonical(specification);
    let mut lines = Vec::new();
    compare("the API", "base path", &base_path(&document), &definition.base_path.to_owned(), &mut lines);
    let declared = declared(&document);
    let mut served: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for (index, operation) in definition.operations.iter().enumerate() {
        let key = (operation.method.as_str().to_owned(), operation.path);
        let place = place(operation);
        if !declared.contains_key(&(key.0.as_str(), key.1)) {
            lines.push(format!("{place}: served, and not in the document"));
        }
        if served.insert(key, index).is_some() {
            lines.push(format!("{place}: served twice"));
        }
    }
    for ((method, path), operation) in &declared {
        match served.get(&((*method).to_owned(), *path)) {
            Some(&index) => {
                let checked = Checked { document: &document, specification, definition, declared: operation };
                checked.operation(&definition.operations[index], &mut lines);
            }
            None => lines.push(format!("{method} {path}: in the document, and not served")),
        }
    }
    check_routes(definition, &mut lines);
    if lines.is_empty() { Ok(()) } else { Err(lines) }
}

struct Checked<'a> {
    /// In canonical form.
    document: &'a Value,
    specification: &'a Value,
    definition: &'a Definition,
    declared: &'a Value,
}

impl Checked<'_> {
    fn operation(&self, served: &Operation, lines: &mut Vec<String>) {
        let place = place(served);
        self.parameters(served, lines);
        let body = self.declared.get("requestBody");
        let declared =
            body.map(|body| (media_types(body.get("content")), body["required"] == Value::Bool(true)));
        let met = served.body.map(|body| (owned(body.media_types), body.required));
        compare(&place, "request body (media types, required)", &declared, &met, lines);
        let responses = self.declared.get("responses").and_then(Value::as_object);
        let responses = || responses.into_iter().flatten().filter(|(status, _)| !status.starts_with("x-"));
        let declared: BTreeSet<String> =
            responses().flat_map(|(_, response)| media_types(response.get("content"))).collect();
        compare(&place, "media types of responses", &declared, &owned(served.produces), lines);
        let declared: BTreeSet<String> = responses().map(|(status, _)| status.to_uppercase()).collect();
        let met = served.statuses.iter().map(|status| match status {
            0 => "DEFAULT".to_owned(),
            class @ 1..=5 => format!("{class}XX"),
            status => status.to_string(),
        });
        compare(&place, "statuses", &declared, &met.collect(), lines);
        compare(&place, "security", &self.declared_security(), &self.met_security(served), lines);
    }

    fn parameters(&self, served: &Operation, lines: &mut Vec<String>) {
        let place = place(served);
        let declared = self.declared.get("parameters").and_then(Value::as_object);
        let declared: BTreeMap<&str, &Value> = declared
            .into_iter()
            .flatten()
            .map(|(key, parameter)| (key.as_str(), parameter))
            .filter(|(key, _)| !is_ignored(key))
            .collect();
        let mut met = BTreeMap::new();
        for parameter in served.parameters {
            let name = if parameter.location == Location::Header {
                parameter.name.to_lowercase()
            } else {
                parameter.name.to_owned()
            };
            let key = format!("{}:{name}", parameter.location);
            if is_ignored(&key) {
                continue;
            }
            if !declared.contains_key(key.as_str()) {
                lines.push(format!("{place}: parameter {key} is read, and not in the document"));
            }
            if met.insert(key.clone(), parameter).is_some() {
                lines.push(format!("{place}: parameter {key} is read twice"));
            }
        }
        for (key, declared) in declared {
            match met.get(key) {
                Some(met) => self.parameter(&format!("{place}: parameter {key}"), declared, met, lines),
                None => lines.push(format!("{place}: parameter {key} is in the document, and not read")),
            }
        }
    }

    fn parameter(&self, place: &str, declared: &Value, met: &Parameter, lines: &mut Vec<String>) {
        let required = declared.get("required") == Some(&Value::Bool(true));
        compare(place, "required", &required, &met.required, lines);
        let schema = if let Some(content) = declared.get("content") {
            compare(place, "shape of a parameter with content", &Shape::Json, &met.shape, lines);
            content.as_object().and_then(|content| content.values().next()?.get("schema"))
        } else {
            let by_place = if matches!(met.location, Location::Query | Location::Cookie) {
                Style::Form
            } else {
                Style::Simple
            };
            let style = declared.get("style").and_then(Value::as_str).unwrap_or(by_place.as_str());
            compare(place, "style", &style, &met.style.as_str(), lines);
            let explode = declared.get("explode").and_then(Value::as_bool).unwrap_or(style == "form");
            // It means nothing to single values, and deepObject has only one form.
            if matches!(met.shape, Shape::Array(_) | Shape::Object(..)) && style != "deepObject" {
                compare(place, "explode", &explode, &met.explode, lines);
            }
            declared.get("schema")
        };
        if required {
            return;
        }
        // Beside a reference, OpenAPI 3.1 lets a default stand.
        let default = schema.and_then(|schema| {
            let own = schema.get("default");
            own.or_else(|| follow(self.specification, schema).get("default"))
        });
        let declared = default.filter(|default| !default.is_null()).cloned();
        match met.default.map(serde_json::from_str::<Value>).transpose() {
            Ok(met) => compare(place, "default", &declared, &met.filter(|default| !default.is_null()), lines),
            Err(error) => lines.push(format!("{place}: the default is not JSON: {error}")),
        }
    }

    /// Each alternative as its schemes with the way in which they are sent, and whether nothing need be sent.
    fn declared_security(&self) -> (BTreeSet<BTreeSet<String>>, bool) {
        let requirements = self.declared.get("security").or_else(|| self.document.get("security"));
        let requirements = requirements.and_then(Value::as_array).into_iter().flatten();
        let requirements = requirements.filter_map(Value::as_object).map(|requirement| {
            requirement.keys().map(|name| format!("{name} ({})", self.sent(name))).collect()
        });
        let mut alternatives: BTreeSet<BTreeSet<String>> = requirements.collect();
        let optional = alternatives.remove(&BTreeSet::new());
        // Where nothing is the only thing that is asked for, there is nothing that could be left out.
        let optional = optional && !alternatives.is_empty();
        (alternatives, optional)
    }

    fn met_security(&self, served: &Operation) -> (BTreeSet<BTreeSet<String>>, bool) {
        let alternative = |&index: &usize| {
            let schemes = self.definition.alternatives[index].iter();
            let schemes = schemes.map(|&scheme| &self.definition.schemes[scheme]);
            schemes.map(|scheme| format!("{} ({})", scheme.name, sent_as(scheme.kind))).collect()
        };
        let alternatives: BTreeSet<_> = served.security.alternatives.iter().map(alternative).collect();
        let optional = served.security.optional && !alternatives.is_empty();
        (alternatives, optional)
    }

    fn sent(&self, scheme: &str) -> String {
        let schemes = self.specification.pointer("/components/securitySchemes");
        let Some(scheme) = schemes.and_then(|schemes| schemes.get(scheme)) else {
            return "undeclared".to_owned();
        };
        let scheme = follow(self.specification, scheme);
        let text = |key: &str| scheme.get(key).and_then(Value::as_str).unwrap_or_default();
        match (text("type"), text("scheme").to_lowercase().as_str()) {
            ("http", "basic") => "basic".to_owned(),
            ("http", "bearer") | ("oauth2" | "openIdConnect", _) => "bearer".to_owned(),
            ("mutualTLS", _) => "mutual TLS".to_owned(),
            ("apiKey", _) => format!("{} {}", text("in"), text("name")),
            (kind, scheme) => format!("{kind} {scheme}"),
        }
    }
}

/// Sends a path of each template through the router: it must come out at its own operation.
fn check_routes(definition: &Definition, lines: &mut Vec<String>) {
    let options = Options { serve_document: false, serve_page: false, ..Options::default() };
    let routes = Routes::new(definition, &options);
    for (index, operation) in definition.operations.iter().enumerate() {
        let (template, selector) =
            operation.path.split_at(operation.path.find(['?', '#']).unwrap_or(operation.path.len()));
        let path = template.split('{').enumerate().map(|(position, part)| match part.split_once('}') {
            Some((_, fixed)) if position > 0 => format!("stubgen{fixed}"),
            _ => part.to_owned(),
        });
        let path: String = path.collect::<String>().replace('%', "%25");
        let path = format!("{}{path}", definition.base_path);
        let found = routes.find(&path).ok();
        let query = selector.strip_prefix('?');
        let headers = selector.strip_prefix('#').map(header).unwrap_or_default();
        let found =
            found.and_then(|matched| matched.endpoint.operation_for(operation.method, query, &headers));
        if found != Some(index) {
            let met = found.map_or("nowhere", |met| definition.operations[met].id);
            lines.push(format!("{}: a request for {path} leads to {met}", place(operation)));
        }
    }
}

/// The headers of a request that has the one in a path's `#NAME=VALUE`.
fn header(selector: &str) -> HeaderMap {
    let (name, value) = selector.split_once('=').unwrap_or((selector, ""));
    let text = |raw: &str| decoded(raw).map(|text| text.to_string()).unwrap_or_default();
    let name = HeaderName::from_bytes(text(name).as_bytes());
    match (name, HeaderValue::from_str(&text(value))) {
        (Ok(name), Ok(value)) => HeaderMap::from_iter([(name, value)]),
        _ => HeaderMap::new(),
    }
}

/// The operations of a document by method and path.
fn declared(document: &Value) -> BTreeMap<(&str, &str), &Value> {
    const UPPER: [&str; METHODS.len()] =
        ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];
    let paths = document.get("paths").and_then(Value::as_object);
    let paths = paths.into_iter().flatten().filter(|(path, _)| path.starts_with('/'));
    let operations = paths.flat_map(|(path, item)| {
        METHODS.iter().zip(UPPER).filter_map(move |(key, method)| {
            item.get(*key).map(|operation| ((method, path.as_str()), operation))
        })
    });
    operations.collect()
}

/// The path of the first server, with the defaults of its variables.
fn base_path(document: &Value) -> String {
    let server = document.pointer("/servers/0");
    let mut url = server.and_then(|server| server.get("url")?.as_str()).unwrap_or_default().to_owned();
    let variables = server.and_then(|server| server.get("variables")?.as_object());
    for (name, variable) in variables.into_iter().flatten() {
        let default = variable.get("default").and_then(Value::as_str).unwrap_or_default();
        url = url.replace(&format!("{{{name}}}"), default);
    }
    let after_host = |rest: &str| rest.find('/').map_or(String::new(), |start| rest[start..].to_owned());
    let path = match (url.split_once("://"), url.strip_prefix("//")) {
        (Some((_, rest)), _) | (None, Some(rest)) => after_host(rest),
        (None, None) => format!("/{}", url.trim_start_matches("./").trim_start_matches('/')),
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/').to_owned()
}

fn sent_as(kind: SchemeKind) -> String {
    match kind {
        SchemeKind::Basic => "basic".to_owned(),
        SchemeKind::Bearer => "bearer".to_owned(),
        SchemeKind::ApiKeyHeader(name) => format!("header {name}"),
        SchemeKind::ApiKeyQuery(name) => format!("query {name}"),
        SchemeKind::ApiKeyCookie(name) => format!("cookie {name}"),
        SchemeKind::MutualTls => "mutual TLS".to_owned(),
    }
}

fn is_ignored(key: &str) -> bool {
    key.strip_prefix("header:").is_some_and(|name| IGNORED_HEADERS.contains(&name))
}

/// The media types of a content, without their parameters, which a server ignores.
fn media_types(content: Option<&Value>) -> BTreeSet<String> {
    let essence = |name: &String| name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    content.and_then(Value::as_object).map(Map::keys).into_iter().flatten().map(essence).collect()
}

fn owned(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn place(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.path)
}

fn compare<T: PartialEq + std::fmt::Debug>(
    place: &str,
    what: &str,
    declared: &T,
    met: &T,
    lines: &mut Vec<String>,
) {
    if declared != met {
        lines.push(format!("{place}: {what}: the document says {declared:?}, the table {met:?}"));
    }
}

#[cfg(test)]
#[path = "definition_tests.rs"]
mod tests;
