//! The styles of OpenAPI (and of RFC 6570, by which they are defined): how a value becomes the text of a parameter.
//!
//! Everything but the unreserved characters of RFC 3986 is percent-encoded, so that no value can end a path segment, a pair of the
//! query or a cookie, and delimiters stay apart from the values between them. What the styles leave open: what is inside of a
//! property is named in brackets, `null` is not sent.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// How a parameter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Simple,
    Label,
    Matrix,
    Form,
    SpaceDelimited,
    PipeDelimited,
    DeepObject,
    /// As JSON, the parameter's `content`.
    Json,
}

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A text that stands for itself wherever it is put into a URL.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// A parameter of the path. None of these styles has a form for `null`, which is sent as an empty text.
pub(crate) fn path(name: &str, style: Style, explode: bool, value: &Value) -> String {
    let prefix = match style {
        Style::Label => ".",
        Style::Matrix => ";",
        _ => return simple(explode, value, encoded),
    };
    let named = |text: String| match (style, text.is_empty()) {
        (Style::Matrix, true) => format!(";{}", encoded(name)),
        (Style::Matrix, false) => format!(";{}={text}", encoded(name)),
        _ => format!(".{text}"),
    };
    match value {
        Value::Array(items) if explode && style == Style::Matrix => {
            items.iter().map(|item| named(encoded(&text(item)))).collect()
        }
        Value::Array(items) if explode => items
            .iter()
            .map(|item| format!(".{}", encoded(&text(item))))
            .collect(),
        Value::Object(members) if explode => members
            .iter()
            .map(|(key, value)| format!("{prefix}{}={}", encoded(key), encoded(&text(value))))
            .collect(),
        _ => named(simple(false, value, encoded)),
    }
}

/// A parameter in a header, where nothing is percent-encoded.
pub(crate) fn header(style: Style, explode: bool, value: &Value) -> String {
    match style {
        Style::Json => value.to_string(),
        _ => simple(explode, value, str::to_owned),
    }
}

/// The pairs of a query (or of cookies, or of a form) that a parameter consists of, encoded.
pub(crate) fn pairs(
    name: &str,
    style: Style,
    explode: bool,
    value: &Value,
) -> Vec<(String, String)> {
    let one = |text: String| vec![(encoded(name), text)];
    let delimiter = match style {
        Style::SpaceDelimited => "%20",
        Style::PipeDelimited => "%7C",
        _ => ",",
    };
    match value {
        _ if style == Style::Json => one(encoded(&value.to_string())),
        Value::Object(members) if style == Style::DeepObject => members
            .iter()
            .flat_map(|(key, value)| nested(&format!("{name}[{key}]"), value))
            .collect(),
        Value::Object(members) if explode => members
            .iter()
            .flat_map(|(key, value)| nested(key, value))
            .collect(),
        Value::Array(_) if explode || style == Style::DeepObject => nested(name, value),
        Value::Array(items) => one(joined(items.iter().map(text), delimiter)),
        Value::Object(members) => {
            let flat = members
                .iter()
                .flat_map(|(key, value)| [key.clone(), text(value)]);
            one(joined(flat, delimiter))
        }
        _ => one(encoded(&text(value))),
    }
}

/// Why a style cannot carry a value: between blanks and pipes, whose encoded form separates as well, items cannot have any themselves.
pub(crate) fn unfit(style: Style, explode: bool, value: &Value) -> Option<&'static str> {
    let (delimiter, reason) = match style {
        Style::SpaceDelimited if !explode => (' ', "an item has a blank, which separates items"),
        Style::PipeDelimited if !explode => ('|', "an item has a `|`, which separates items"),
        _ => return None,
    };
    let splits = |item: &Value| text(item).contains(delimiter);
    let found = match value {
        Value::Array(items) => items.iter().any(splits),
        Value::Object(members) => members.iter().any(|(key, value)| key.contains(delimiter) || splits(value)),
        _ => false,
    };
    found.then_some(reason)
}

/// The body of a form: each property under its own name.
pub(crate) fn form(value: &Value) -> String {
    query(&pairs("", Style::Form, true, value))
}

/// Pairs as they stand behind the question mark of a URL.
pub(crate) fn query(pairs: &[(String, String)]) -> String {
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// Lists repeat their name, objects put their keys into brackets behind it.
fn nested(name: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => items
            .iter()
            .map(|item| (encoded(name), encoded(&text(item))))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| nested(&format!("{name}[{index}]"), item))
            .collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, value)| nested(&format!("{name}[{key}]"), value))
            .collect(),
        _ => vec![(encoded(name), encoded(&text(value)))],
    }
}

fn simple(explode: bool, value: &Value, encode: fn(&str) -> String) -> String {
    let parts: Vec<_> = match value {
        Value::Array(items) => items.iter().map(|item| encode(&text(item))).collect(),
        Value::Object(members) => {
            let equals = if explode { "=" } else { "," };
            members
                .iter()
                .map(|(key, value)| format!("{}{equals}{}", encode(key), encode(&text(value))))
                .collect()
        }
        _ => vec![encode(&text(value))],
    };
    parts.join(",")
}

fn joined(texts: impl Iterator<Item = String>, delimiter: &str) -> String {
    let texts: Vec<_> = texts.map(|text| encoded(&text)).collect();
    texts.join(delimiter)
}

/// A value that is one text; what is deeper than the styles reach is JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
