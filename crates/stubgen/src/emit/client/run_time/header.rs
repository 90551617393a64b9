//! Headers of answers, read into what the document says they are.

use std::fmt;

use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Why the headers of an answer are not what the document says.
#[derive(Clone, Debug)]
pub struct HeaderMismatch {
    header: &'static str,
    reason: &'static str,
}

impl fmt::Display for HeaderMismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the header `{}` {}", self.header, self.reason)
    }
}

impl std::error::Error for HeaderMismatch {}

/// How a value is written in a header.
pub(crate) type Form = fn(&str) -> Vec<Value>;

/// Reads a structure from headers:
/// `headers!(CreateCreated { location: required simple "Location", left: optional simple "X-Left" });`
macro_rules! headers {
    ($name:ident { $($field:ident: $need:ident $form:ident $header:literal),* $(,)? }) => {
        impl TryFrom<&reqwest::header::HeaderMap> for $name {
            type Error = $crate::call::HeaderMismatch;

            fn try_from(
                headers: &reqwest::header::HeaderMap,
            ) -> Result<Self, $crate::call::HeaderMismatch> {
                Ok(Self { $($field: $crate::call::$need(headers, $header, $crate::call::$form)?,)* })
            }
        }
    };
}
pub(crate) use headers;

/// A header that every such answer has.
pub(crate) fn required<T: DeserializeOwned>(
    headers: &HeaderMap,
    header: &'static str,
    form: Form,
) -> Result<T, HeaderMismatch> {
    optional(headers, header, form)?.ok_or(HeaderMismatch { header, reason: "is missing" })
}

/// A header that may be there. Several lines are one list (RFC 9110, section 5.2).
pub(crate) fn optional<T: DeserializeOwned>(
    headers: &HeaderMap,
    header: &'static str,
    form: Form,
) -> Result<Option<T>, HeaderMismatch> {
    let lines = lines(headers, header)?;
    if lines.is_empty() { Ok(None) } else { read(&lines.join(","), header, form).map(Some) }
}

/// A header whose lines are values of their own.
pub(crate) fn each<T: DeserializeOwned>(
    headers: &HeaderMap,
    header: &'static str,
    form: Form,
) -> Result<Vec<T>, HeaderMismatch> {
    lines(headers, header)?.into_iter().map(|line| read(line, header, form)).collect()
}

fn lines<'a>(headers: &'a HeaderMap, header: &'static str) -> Result<Vec<&'a str>, HeaderMismatch> {
    let text = |value: &'a reqwest::header::HeaderValue| {
        std::str::from_utf8(value.as_bytes()).map_err(|_| HeaderMismatch { header, reason: "is no text" })
    };
    headers.get_all(header).iter().map(text).collect()
}

fn read<T: DeserializeOwned>(text: &str, header: &'static str, form: Form) -> Result<T, HeaderMismatch> {
    let fitting = form(text).into_iter().find_map(|value| serde_json::from_value(value).ok());
    fitting.ok_or(HeaderMismatch { header, reason: "does not fit its schema" })
}

/// JSON.
pub(crate) fn json(text: &str) -> Vec<Value> {
    serde_json::from_str(text).into_iter().collect()
}

/// The style `simple`. A text does not say what it is, so everything that it can be is given, and the type takes what fits it.
pub(crate) fn simple(text: &str) -> Vec<Value> {
    let parts = parts(text);
    let pairs = parts.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    readings(text, &parts, pairs)
}

/// The same with objects as `name=value`.
pub(crate) fn exploded(text: &str) -> Vec<Value> {
    let parts = parts(text);
    let pairs = parts.iter().filter_map(|part| part.split_once('=')).collect();
    readings(text, &parts, pairs)
}

fn parts(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn readings(text: &str, parts: &[&str], pairs: Vec<(&str, &str)>) -> Vec<Value> {
    let object = |value: fn(&str) -> Value| {
        let members = pairs.iter().map(|(name, text)| ((*name).to_owned(), value(text)));
        Value::Object(members.collect::<Map<_, _>>())
    };
    let list = |value: fn(&str) -> Value| parts.iter().map(|part| value(part)).collect::<Value>();
    // A structure could be read from a list as well, and must not be.
    vec![word(text), typed(text), object(typed), object(word), list(typed), list(word)]
}

fn word(text: &str) -> Value {
    Value::from(text)
}

/// A number or a truth value, where the text is one.
fn typed(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
        _ => word(text),
    }
}
