//! Structure that holds for any OpenAPI document, after everything with one sensible meaning was repaired: versions, types of fields,
//! required fields, references that lead somewhere.
//!
//! What is valid and merely not supported is the business of `lower`.

use serde_json::Value;

use crate::diagnostic::{Diagnostics, Kind};
use crate::feature::Feature;
use crate::grammar::{Form, Role};
use crate::load::{At, Document};

/// Checks the document; `lower` relies on nothing but a JSON object at the root, so both report in one run.
pub(crate) fn validate(document: &Document, diagnostics: &mut Diagnostics) {
    let root = document.at_root();
    if root.object().is_none() {
        let message = "an OpenAPI document is an object";
        root.report(diagnostics, Kind::WrongType, message, "start with `openapi: 3.0.3`");
        return;
    }
    version(&root, diagnostics);
    part(Role::Document, &root, diagnostics);
}

fn version(root: &At<'_>, diagnostics: &mut Diagnostics) {
    let Some(version) = root.get("openapi") else {
        if root.get("swagger").is_some() {
            root.unsupported(diagnostics, Feature::Version, "this version of Swagger");
        } else {
            let message = "`openapi`, the version of OpenAPI that the document follows, is missing";
            root.report(diagnostics, Kind::MissingField, message, "add `openapi: 3.0.3`");
        }
        return;
    };
    match version.text() {
        Some(text) if text == "3.0" || text.starts_with("3.0.") => {}
        Some(text) => version.unsupported(diagnostics, Feature::Version, &format!("OpenAPI {text}")),
        None => {
            let help = "quote it: `openapi: '3.0.3'`";
            version.report(diagnostics, Kind::WrongType, "the version of OpenAPI is text", help);
        }
    }
}

/// Checks a part and all parts inside of it. Examples and extensions are data and may contain anything.
fn part(role: Role, at: &At<'_>, diagnostics: &mut Diagnostics) {
    if at.object().is_none() {
        let message = format!("{} must be an object", name(role));
        at.report(diagnostics, Kind::WrongType, &message, "write `key: value` pairs");
        return;
    }
    if at.text_of("$ref").is_some() {
        let _ = at.resolve(diagnostics);
        return;
    }
    for key in required(role) {
        if at.get(key).is_none() {
            let message = format!("{} needs `{key}`", name(role));
            at.report(diagnostics, Kind::MissingField, &message, "add it: OpenAPI requires it");
        }
    }
    if role == Role::Responses {
        statuses(at, diagnostics);
    }
    for (key, member) in at.entries() {
        if let Some(form) = role.member(key) {
            field(role, key, form, &member, diagnostics);
        }
    }
}

fn field(role: Role, key: &str, form: Form, at: &At<'_>, diagnostics: &mut Diagnostics) {
    let mut wrong = |expected: &str| {
        let message = format!("`{key}` must be {expected}");
        let help = format!("write {expected}");
        at.report(diagnostics, Kind::WrongType, &message, &help);
    };
    match form {
        Form::One(Role::Schema) if key == "additionalProperties" && at.value.is_boolean() => {}
        Form::One(inner) => part(inner, at, diagnostics),
        Form::List(inner) if at.value.is_array() => {
            at.items().for_each(|element| part(inner, &element, diagnostics));
        }
        Form::Map(inner) if at.value.is_object() => {
            at.entries().for_each(|(_, entry)| part(inner, &entry, diagnostics));
        }
        Form::List(_) => wrong("a list of objects"),
        Form::Map(_) => wrong("an object"),
        Form::Text if !at.value.is_string() => wrong("text"),
        Form::Texts if !at.value.as_array().is_some_and(|values| values.iter().all(Value::is_string)) => {
            wrong("a list of texts");
        }
        Form::TextMap
            if !at.value.as_object().is_some_and(|members| members.values().all(Value::is_string)) =>
        {
            wrong("an object of texts");
        }
        Form::Flag if !at.value.is_boolean() => wrong("true or false"),
        Form::Count if !at.value.is_u64() => wrong("a whole number that is not negative"),
        Form::Number if !at.value.is_number() => wrong("a number"),
        Form::Data if role == Role::Schema => schema_word(key, at, diagnostics),
        _ => {}
    }
}

/// Keywords of schemas whose shape no table tells.
fn schema_word(key: &str, at: &At<'_>, diagnostics: &mut Diagnostics) {
    const TYPES: [&str; 6] = ["string", "number", "integer", "boolean", "array", "object"];
    let help = "types are string, number, integer, boolean, array and object";
    match (key, at.value) {
        ("type", Value::String(word)) if !TYPES.contains(&word.as_str()) => {
            at.report(diagnostics, Kind::InvalidValue, &format!("`{word}` is no type"), help);
        }
        ("type", Value::String(_)) | ("enum", Value::Array(_)) => {}
        ("type", _) => at.report(diagnostics, Kind::WrongType, "`type` must be one word", help),
        ("enum", _) => {
            at.report(diagnostics, Kind::WrongType, "`enum` must be a list", "write a list of values");
        }
        ("exclusiveMinimum" | "exclusiveMaximum", value) if !value.is_boolean() => {
            let message = format!("`{key}` must be true or false");
            at.report(diagnostics, Kind::WrongType, &message, "write true or false");
        }
        _ => {}
    }
}

fn statuses(at: &At<'_>, diagnostics: &mut Diagnostics) {
    for (status, response) in at.entries() {
        let bytes = status.as_bytes();
        let is_range = bytes.len() == 3 && matches!(bytes[0], b'1'..=b'5') && &bytes[1..] == b"XX";
        let is_code = bytes.len() == 3 && status.parse::<u16>().is_ok_and(|code| (100..1000).contains(&code));
        if !(is_range || is_code || status == "default" || status.starts_with("x-")) {
            let message = format!("`{status}` is no status");
            let help = "write a code such as '200', a range such as 4XX, or `default`";
            response.report(diagnostics, Kind::InvalidValue, &message, help);
        }
    }
}

fn required(role: Role) -> &'static [&'static str] {
    match role {
        Role::Document => &["info", "paths"],
        Role::Info => &["title", "version"],
        Role::Server => &["url"],
        Role::Parameter => &["name", "in"],
        Role::RequestBody => &["content"],
        Role::Tag => &["name"],
        Role::SecurityScheme => &["type"],
        Role::Discriminator => &["propertyName"],
        _ => &[],
    }
}

/// What a part is called in a sentence.
fn name(role: Role) -> &'static str {
    match role {
        Role::Document => "the document",
        Role::Info => "`info`",
        Role::Contact => "`contact`",
        Role::License => "`license`",
        Role::Server => "a server",
        Role::ServerVariable => "a server variable",
        Role::Paths => "`paths`",
        Role::PathItem => "a path item",
        Role::Operation => "an operation",
        Role::Parameter => "a parameter",
        Role::Header => "a header",
        Role::RequestBody => "a request body",
        Role::MediaType => "a media type",
        Role::Encoding => "an encoding",
        Role::Responses => "`responses`",
        Role::Response => "a response",
        Role::Callback => "a callback",
        Role::Link => "a link",
        Role::Example => "an example",
        Role::Tag => "a tag",
        Role::ExternalDocs => "`externalDocs`",
        Role::Components => "`components`",
        Role::SecurityScheme => "a security scheme",
        Role::OAuthFlows => "`flows`",
        Role::OAuthFlow => "a flow",
        Role::Requirement => "a security requirement",
        Role::Schema => "a schema",
        Role::Discriminator => "a discriminator",
        Role::Xml => "`xml`",
    }
}
