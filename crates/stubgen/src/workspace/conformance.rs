//! Conformance tests for the start of a server: one an operation and documented status.
//!
//! What follows from the document, the names of the tests and a request for each operation, is generated again with it; what people say
//! of their own data stands beside it in files that are theirs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::sample::Sampler;
use super::{Context, Sources, naming};
use crate::ir::{Body, BodyKind, Location, Method, Operation, Payload, Shape};

/// The tests and their configuration.
pub(super) fn files(context: &Context<'_>) -> Sources {
    let mut sources = Sources::from([("schemathesis.toml".to_owned(), schemathesis(context))]);
    if context.api.operations.is_empty() {
        return sources;
    }
    let secured = context.surface.authenticate.is_some();
    let (handlers, caller, value) = if secured {
        ("{Caller, Handlers}", "Caller", "Caller::Anonymous")
    } else {
        ("Handlers", "&'static str", "\"\"")
    };
    let document = if context.is_normalised() { "normalised.json" } else { "openapi.json" };
    let tests = include_str!("templates/server_conformance.rs.in")
        .replace("{{handlers}}", handlers)
        .replace("{{caller}}", caller)
        .replace("{{value}}", value)
        .replace("{{document}}", &format!("../../{}/src/generated/{document}", context.package("api")))
        .replace("{{title}}", &naming::line(&context.surface.title))
        .replace("{{api}}", &context.krate("api"))
        .replace("{{server}}", &context.krate("server"));
    sources.insert("tests/conformance.rs".to_owned(), tests);
    sources.insert("tests/fixtures.json".to_owned(), fixtures(context));
    sources.insert("tests/generated/operations.rs".to_owned(), operations(context));
    sources.insert("tests/generated/requests.json".to_owned(), requests(context));
    sources
}

/// Path and query of the first operation that can be called by its address alone, preferably by anybody.
pub(super) fn address(context: &Context<'_>) -> Option<String> {
    let sampler = Sampler::new(context.document);
    let callable = |operation: &&Operation| {
        let in_address = |parameter: &crate::ir::Parameter| {
            !parameter.required
                || (!matches!(parameter.shape, Shape::Array(_) | Shape::Object(..))
                    && parameter.location <= Location::Query)
        };
        operation.method == Method::Get && operation.parameters.iter().all(in_address)
    };
    let mut operations: Vec<_> = context.api.operations.iter().filter(callable).collect();
    operations.sort_by_key(|operation| !operation.security.alternatives.is_empty());
    let operation = operations.first()?;
    let mut path = operation.path.clone();
    let mut query = String::new();
    for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
        let value = sampler.sample(&parameter.schema);
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let text = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
        if parameter.location == Location::Path {
            path = path.replace(&format!("{{{}}}", parameter.name), &text);
        } else {
            let name = utf8_percent_encode(&parameter.name, NON_ALPHANUMERIC);
            let _ = write!(query, "{}{name}={text}", if query.is_empty() { '?' } else { '&' });
        }
    }
    // It stands between quotes in a shell command.
    let path: String = path.chars().filter(|c| c.is_ascii_graphic() && *c != '\'').collect();
    Some(path + &query)
}

/// The names of the tests.
fn operations(context: &Context<'_>) -> String {
    let mut text = context.header.comment("//");
    text.push_str("// Each operation with the statuses that the document has for it; `conformance.rs` makes tests of them.\n\noperations! {\n");
    for operation in &context.api.operations {
        let statuses = operation
            .responses
            .iter()
            .map(|response| format!("status_{}", response.status.key().to_ascii_lowercase()));
        let statuses: Vec<_> = statuses.collect();
        let ident = crate::emit::ident(&operation.ident);
        let _ = writeln!(text, "    {ident} {:?}: {};", operation.id, statuses.join(" "));
    }
    text + "}\n"
}

/// A request for each operation, one a line.
fn requests(context: &Context<'_>) -> String {
    let sampler = Sampler::new(context.document);
    by_line(
        context.api.operations.iter().map(|operation| (operation.id.as_str(), request(operation, &sampler))),
    )
}

fn request(operation: &Operation, sampler: &Sampler<'_>) -> Value {
    let mut request = Map::new();
    let needed = operation.parameters.iter().filter(|parameter| parameter.required);
    let parameters: Map<_, _> = needed
        .map(|parameter| {
            let value = match (parameter.location, sampler.sample(&parameter.schema)) {
                // An empty text or list cannot be part of a path, or is taken for a parameter that is not there.
                (_, Value::Array(list)) if list.is_empty() => {
                    let item = parameter.schema.get("items").unwrap_or(&Value::Null);
                    json!([sampler.sample(item)])
                }
                (_, value) => value,
            };
            (format!("{}.{}", parameter.location.key(), parameter.name), value)
        })
        .collect();
    if !parameters.is_empty() {
        request.insert("parameters".to_owned(), Value::Object(parameters));
    }
    if let Some(body) = &operation.body {
        let kind = preferred(body);
        let value = match &kind.payload {
            Payload::Json(ty) | Payload::Form(ty, _) => sampler.sample(&ty.schema),
            Payload::Multipart => json!({ "part": "a" }),
            _ => kind.text.as_ref().map_or_else(|| json!("a"), |schema| sampler.sample(schema)),
        };
        request.insert(
            "mediaType".to_owned(),
            json!(kind.media_type.replace("/*", "/octet-stream").replace('*', "application")),
        );
        request.insert("body".to_owned(), value);
    }
    if sampler.was_doubtful() {
        request.insert("doubtful".to_owned(), json!(true));
    }
    Value::Object(request)
}

/// JSON if the operation reads it.
fn preferred(body: &Body) -> &BodyKind {
    let json = body.kinds.iter().find(|kind| matches!(kind.payload, Payload::Json(_)));
    json.unwrap_or(&body.kinds[0])
}

/// What only the author of an operation can say.
fn fixtures(context: &Context<'_>) -> String {
    let mut names: Vec<_> = path_parameters(context).into_keys().collect();
    names.sort_unstable();
    let parameters = names.into_iter().map(|name| (name, Value::Null));
    let parameters: Map<_, _> = parameters.map(|(name, value)| (format!("path.{name}"), value)).collect();
    let open = context.api.operations.iter().filter_map(|operation| {
        let open: Map<_, _> = open_statuses(operation).map(|status| (status, Value::Null)).collect();
        (!open.is_empty()).then(|| (operation.id.as_str(), Value::Object(open)))
    });
    let operations = by_line(open);
    let operations = operations.trim_end().replace('\n', "\n  ");
    let parameters = by_line(parameters.iter().map(|(name, value)| (name.as_str(), value.clone())));
    let parameters = parameters.trim_end().replace('\n', "\n  ");
    format!("{{\n  \"parameters\": {parameters},\n  \"operations\": {operations}\n}}\n")
}

/// The statuses that no request can lead to before the operation is written.
fn open_statuses(operation: &Operation) -> impl Iterator<Item = String> {
    const PROVOKED: [&str; 11] =
        ["400", "401", "406", "413", "415", "500", "501", "503", "4XX", "5XX", "default"];
    let mut successes = operation.successes();
    let first = successes.next().map(|response| response.status.key());
    let keys = operation.responses.iter().map(|response| response.status.key());
    keys.filter(move |key| !PROVOKED.contains(&key.as_str()) && Some(key) != first.as_ref())
}

/// An object with one member a line.
fn by_line<'a>(members: impl Iterator<Item = (&'a str, Value)>) -> String {
    let lines: Vec<_> = members.map(|(key, value)| format!("  {}: {value}", json!(key))).collect();
    if lines.is_empty() { "{}\n".to_owned() } else { format!("{{\n{}\n}}\n", lines.join(",\n")) }
}

/// A value for each path parameter that can have the same one in all operations.
fn path_parameters<'a>(context: &Context<'a>) -> BTreeMap<&'a str, Option<Value>> {
    let sampler = Sampler::new(context.document);
    let mut found: BTreeMap<&str, Option<Value>> = BTreeMap::new();
    for parameter in context.api.operations.iter().flat_map(|operation| &operation.parameters) {
        if parameter.location == Location::Path {
            let value = Some(sampler.sample(&parameter.schema))
                .filter(|value| !value.is_array() && !value.is_object());
            found
                .entry(&parameter.name)
                .and_modify(|known| {
                    if *known != value {
                        *known = None;
                    }
                })
                .or_insert(value);
        }
    }
    found
}

fn schemathesis(context: &Context<'_>) -> String {
    let mut parameters = String::new();
    for (name, value) in path_parameters(context) {
        let key = naming::toml(&format!("path.{name}"));
        let _ = match value {
            Some(value) => {
                let text = value.as_str().map_or_else(|| value.to_string(), naming::toml);
                writeln!(parameters, "{key} = {text}")
            }
            // Operations differ in what it is, so that one value cannot serve them all.
            None => Ok(()),
        };
    }
    include_str!("templates/server_schemathesis.toml.in")
        .replace("{{document}}", &format!("{}/src/generated/openapi.json", context.package("api")))
        .replace("{{server}}", &context.package("server"))
        .replace("{{base_path}}", &context.surface.base_path)
        .replace("{{parameters}}", &parameters)
}
