//! Conformance tests for the start of a server: one an operation, with a request that the document allows.

use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::sample::Sampler;
use super::surface::{Operation, Parameter};
use super::{Context, naming};

/// The text of `tests/conformance.rs`.
pub(super) fn tests(context: &Context<'_>) -> String {
    let checked = context.surface.error_type().map(|ty| {
        let ty = quote::quote!(#ty).to_string().replace(' ', "");
        let path = match ty.strip_prefix("types::") {
            Some(name) => format!("{}::types::{name}", context.krate("api")),
            None => ty,
        };
        BODY_CHECK.replace("{{error}}", &path)
    });
    let each: Vec<_> = context.surface.operations.iter().map(|operation| test(operation, context)).collect();
    include_str!("templates/server_conformance.rs.in")
        .replace("{{title}}", &naming::line(&context.surface.title))
        .replace("{{api}}", &context.krate("api"))
        .replace("{{server}}", &context.krate("server"))
        .replace("{{body_check}}", &checked.unwrap_or_default())
        .replace("{{tests}}\n", &each.concat())
}

const BODY_CHECK: &str = r#"    if !operation.statuses.contains(&status) {
        let fits = serde_json::from_slice::<{{error}}>(body).is_ok();
        assert!(fits, "{status} without the document's error: {text}");
    }
"#;

fn test(operation: &Operation, context: &Context<'_>) -> String {
    let item = &context.document["paths"][&operation.path];
    let described = &item[operation.method.to_lowercase()];
    let sampler = Sampler { document: context.document, is_error: false };
    let value = |parameter: &Parameter| {
        let declared = [described, item]
            .into_iter()
            .flat_map(|owner| owner["parameters"].as_array().into_iter().flatten());
        let declared = declared.map(|declared| sampler.resolve(declared)).find(|declared| {
            declared["name"] == parameter.name.as_str()
                && declared["in"]
                    .as_str()
                    .is_some_and(|place| place.eq_ignore_ascii_case(&parameter.location))
        });
        declared.map_or_else(|| fallback(parameter), |declared| parameter_text(&sampler, declared, parameter))
    };
    let mut target = operation.path.clone();
    let mut query = String::new();
    let mut headers = String::new();
    for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
        let text = value(parameter);
        let encoded = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
        match parameter.location.as_str() {
            "Path" => target = target.replace(&format!("{{{}}}", parameter.name), &encoded),
            "Query" => {
                let sign = if query.is_empty() { '?' } else { '&' };
                let name = utf8_percent_encode(&parameter.name, NON_ALPHANUMERIC);
                let _ = write!(query, "{sign}{name}={encoded}");
            }
            "Header" => {
                let _ = write!(headers, "({:?}, {:?}), ", parameter.name, header_text(&text));
            }
            _ => {
                let _ = write!(headers, "(\"cookie\", {:?}), ", format!("{}={encoded}", parameter.name));
            }
        }
    }
    let body = body(operation, described, &sampler);
    let (media, text) = match body {
        Some((media, text)) => (format!("Some({media:?})"), text),
        None => ("None".to_owned(), String::new()),
    };
    let name = &operation.signature.sig.ident;
    let headers = headers.trim_end_matches(", ");
    format!(
        "\n#[tokio::test]\nasync fn {name}() {{\n    let sample = Sample {{\n        operation: {:?},\n        target: {:?},\n        \
         headers: &[{headers}],\n        media_type: {media},\n        body: {text:?},\n    }};\n    conforms(sample).await;\n}}\n",
        operation.id,
        format!("{target}{query}"),
    )
}

/// The first media type that the operation reads, with a body of it.
fn body(operation: &Operation, described: &Value, sampler: &Sampler<'_>) -> Option<(String, String)> {
    let media = operation
        .media_types
        .iter()
        .find(|media| media.contains("json"))
        .or(operation.media_types.first())?;
    let body = sampler.resolve(described.get("requestBody").unwrap_or(&Value::Null));
    let schema = &body["content"][media]["schema"];
    let example = &body["content"][media]["example"];
    let sample = if example.is_null() { sampler.sample(schema) } else { example.clone() };
    let text = match &sample {
        Value::String(text) if !media.contains("json") => text.clone(),
        sample if media.contains("json") => sample.to_string(),
        Value::Object(members) if media.contains("form-urlencoded") => {
            let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let pairs = members.iter().map(|(key, value)| {
                format!("{}={}", encode(key), encode(value.as_str().unwrap_or(&value.to_string())))
            });
            pairs.collect::<Vec<_>>().join("&")
        }
        _ => String::new(),
    };
    Some((media.clone(), text))
}

fn parameter_text(sampler: &Sampler<'_>, declared: &Value, parameter: &Parameter) -> String {
    let example = &declared["example"];
    let schema = &declared["schema"];
    let sample = if example.is_null() { sampler.sample(schema) } else { example.clone() };
    match &sample {
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::Number(_) | Value::Bool(_) => sample.to_string(),
        Value::Array(elements) => elements.first().map_or_else(
            || fallback(parameter),
            |element| element.as_str().map_or_else(|| element.to_string(), str::to_owned),
        ),
        _ => fallback(parameter),
    }
}

fn fallback(parameter: &Parameter) -> String {
    match parameter.shape.as_str() {
        "Boolean" => "false".to_owned(),
        _ => "1".to_owned(),
    }
}

fn header_text(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}
