//! A request of an operation made of values: parameters written in their styles, and a body in its media type.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::Sent;
use crate::definition::{Definition, Location, Operation, Parameter, Shape, Style};
use crate::media_type;
use crate::response::Body;

/// Everything that may mean something in a URI.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What separates the parts of a multipart body.
const BOUNDARY: &str = "boundary-of-the-sample";

/// A request that can still be changed.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    operation: usize,
    declared: &'static Operation,
    base_path: &'static str,
    /// For each parameter that is sent its index and value.
    parameters: Vec<(usize, Value)>,
    /// A path parameter that is sent as bytes which are no text.
    broken_path: Option<usize>,
    headers: Vec<(String, String)>,
    media_type: Option<String>,
    body: Option<Vec<u8>>,
}

impl Draft {
    /// The request as fixtures write it: `parameters` by place and name, `headers`, `mediaType`, `body`.
    pub(super) fn new(
        definition: &'static Definition,
        operation: usize,
        request: &Value,
    ) -> Result<Self, String> {
        let declared = &definition.operations[operation];
        let empty = Map::new();
        let given = request.get("parameters").and_then(Value::as_object).unwrap_or(&empty);
        let mut parameters = Vec::new();
        for (index, parameter) in declared.parameters.iter().enumerate() {
            let key = format!("{}.{}", parameter.location.as_str(), parameter.name);
            match given.get(&key).or_else(|| given.get(parameter.name)) {
                Some(Value::Null) | None if parameter.location == Location::Path => {
                    return Err(format!(
                        "`{}` needs a value for `{key}`: give one in tests/fixtures.json",
                        declared.id
                    ));
                }
                Some(Value::Null) | None => {}
                Some(value) => parameters.push((index, value.clone())),
            }
        }
        let headers = request.get("headers").and_then(Value::as_object).unwrap_or(&empty);
        let headers = headers.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
        let media_type = request.get("mediaType").and_then(Value::as_str).map(str::to_owned);
        let media_type =
            media_type.or_else(|| declared.body?.media_types.first().map(|&first| first.to_owned()));
        let body = match (request.get("body"), &media_type) {
            (Some(body), Some(media_type)) if declared.body.is_some() => Some(encode(body, media_type)),
            _ => None,
        };
        let media_type = media_type.filter(|_| body.is_some());
        let base_path = definition.base_path;
        Ok(Self { operation, declared, base_path, parameters, broken_path: None, headers, media_type, body })
    }

    pub(super) fn operation(&self) -> usize {
        self.operation
    }

    /// The same with a header of its own.
    pub(super) fn with_header(mut self, name: &str, value: &str) -> Self {
        if name == "content-type" {
            self.media_type = Some(value.to_owned());
            self.body.get_or_insert_with(|| b"{}".to_vec());
        } else {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// The same with a body that is longer than that.
    pub(super) fn longer_than(mut self, limit: u64) -> Self {
        let length = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
        self.body = Some(vec![b' '; length]);
        let first = self.declared.body.and_then(|body| body.media_types.first().copied());
        self.media_type = self.media_type.or(first.map(with_boundary));
        self
    }

    /// The same with one thing that the document does not allow; `None` where anything goes.
    pub(super) fn broken(mut self) -> Option<Self> {
        let all = self.declared.parameters;
        let is_free = |parameter: &Parameter| {
            !["accept", "content-type", "authorization"]
                .contains(&parameter.name.to_ascii_lowercase().as_str())
        };
        let dispensable = |parameter: &Parameter| {
            parameter.required && parameter.location != Location::Path && is_free(parameter)
        };
        if let Some(position) = self.parameters.iter().position(|(index, _)| dispensable(&all[*index])) {
            self.parameters.remove(position);
            return Some(self);
        }
        let is_number = |parameter: &Parameter| {
            matches!(parameter.shape, Shape::Integer | Shape::Number | Shape::Boolean) && is_free(parameter)
        };
        if let Some(index) = all.iter().position(is_number) {
            self.parameters.retain(|(known, _)| *known != index);
            self.parameters.push((index, Value::from("nonsense")));
            return Some(self);
        }
        let json = self
            .declared
            .body
            .and_then(|body| body.media_types.iter().find(|media| media_type::is_json(media)));
        if let Some(json) = json {
            self.media_type = Some((*json).to_owned());
            self.body = Some(b"{".to_vec());
            return Some(self);
        }
        let in_path = all.iter().position(|parameter| parameter.location == Location::Path)?;
        self.broken_path = Some(in_path);
        Some(self)
    }

    pub(super) fn request(&self) -> Sent {
        let mut builder = http::Request::builder().method(self.declared.method.as_str()).uri(self.target());
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        let mut cookies = Vec::new();
        for (parameter, value) in self.in_place(Location::Header) {
            builder = builder.header(parameter.name, joined(parameter, value, ",", false));
        }
        for (parameter, value) in self.in_place(Location::Cookie) {
            cookies
                .extend(pairs(parameter, value).into_iter().map(|(name, value)| format!("{name}={value}")));
        }
        if !cookies.is_empty() {
            builder = builder.header("cookie", cookies.join("; "));
        }
        if let Some(media_type) = &self.media_type {
            builder = builder.header("content-type", with_boundary(media_type));
        }
        let body = Body::from(self.body.clone().unwrap_or_default());
        // A fixture may have a header that cannot be sent; the request then has none of them, and the test says what it was answered.
        builder.body(body).unwrap_or_else(|_| http::Request::new(Body::empty()))
    }

    fn target(&self) -> String {
        let mut path = self.declared.path.to_owned();
        for (parameter, value) in self.in_place(Location::Path) {
            path = path.replace(&format!("{{{}}}", parameter.name), &in_path(parameter, value));
        }
        if let Some(parameter) = self.broken_path.map(|index| &self.declared.parameters[index]) {
            let whole = self.in_place(Location::Path).find(|(known, _)| known.name == parameter.name);
            let sent = whole.map(|(parameter, value)| in_path(parameter, value)).unwrap_or_default();
            path = path.replacen(&sent, "%FF", usize::from(!sent.is_empty()));
        }
        let query = self.in_place(Location::Query).flat_map(|(parameter, value)| pairs(parameter, value));
        let query: Vec<_> = query.map(|(name, value)| format!("{name}={value}")).collect();
        let sign = if query.is_empty() { "" } else { "?" };
        format!("{}{path}{sign}{}", self.base_path, query.join("&"))
    }

    fn in_place(&self, location: Location) -> impl Iterator<Item = (&Parameter, &Value)> {
        let all = self.parameters.iter().map(|(index, value)| (&self.declared.parameters[*index], value));
        all.filter(move |(parameter, _)| parameter.location == location)
    }
}

impl fmt::Display for Draft {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.declared.method, self.target())?;
        if let (Some(media_type), Some(body)) = (&self.media_type, &self.body) {
            let body: String = String::from_utf8_lossy(body).chars().take(500).collect();
            write!(formatter, " with {media_type}: {body}")?;
        }
        Ok(())
    }
}

/// A path parameter in its style.
fn in_path(parameter: &Parameter, value: &Value) -> String {
    match (parameter.style, parameter.explode) {
        (Style::Label, explode) => {
            format!(".{}", joined(parameter, value, if explode { "." } else { "," }, true))
        }
        (Style::Matrix, true) if !is_scalar(parameter, value) => {
            let pairs = pairs(&Parameter { style: Style::Form, ..*parameter }, value);
            pairs.iter().fold(String::new(), |text, (name, value)| text + ";" + name + "=" + value)
        }
        (Style::Matrix, _) => format!(";{}={}", encoded(parameter.name), joined(parameter, value, ",", true)),
        _ => joined(parameter, value, ",", true),
    }
}

/// The pieces of a value behind one another.
fn joined(parameter: &Parameter, value: &Value, separator: &str, encode: bool) -> String {
    let text = |value: &Value| if encode { encoded(&plain(value)) } else { plain(value) };
    match value {
        value if is_scalar(parameter, value) => text(value),
        Value::Array(elements) => elements.iter().map(text).collect::<Vec<_>>().join(separator),
        Value::Object(members) => {
            let sign = if parameter.explode { "=" } else { separator };
            let pair = |(name, value): (&String, &Value)| format!("{name}{sign}{}", text(value));
            members.iter().map(pair).collect::<Vec<_>>().join(separator)
        }
        value => text(value),
    }
}

/// Names and values of a parameter of the query, encoded.
fn pairs(parameter: &Parameter, value: &Value) -> Vec<(String, String)> {
    let name = encoded(parameter.name);
    match (value, parameter.style) {
        (value, _) if is_scalar(parameter, value) => vec![(name, encoded(&plain(value)))],
        (Value::Object(members), Style::DeepObject) => {
            let pair = |(key, value): (&String, &Value)| {
                (format!("{name}%5B{}%5D", encoded(key)), encoded(&plain(value)))
            };
            members.iter().map(pair).collect()
        }
        (Value::Object(members), _) if parameter.explode => {
            members.iter().map(|(key, value)| (encoded(key), encoded(&plain(value)))).collect()
        }
        (Value::Array(elements), _) if parameter.explode => {
            elements.iter().map(|element| (name.clone(), encoded(&plain(element)))).collect()
        }
        (value, Style::SpaceDelimited) => vec![(name, joined(parameter, value, "%20", true))],
        (value, Style::PipeDelimited) => vec![(name, joined(parameter, value, "%7C", true))],
        (value, _) => vec![(name, joined(parameter, value, ",", true))],
    }
}

/// Whether a value is written as one text. What is no array or object is, and so is what the document wants as JSON.
fn is_scalar(parameter: &Parameter, value: &Value) -> bool {
    parameter.shape == Shape::Json || !(value.is_array() || value.is_object())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// A value as a body of a media type.
fn encode(body: &Value, media_type: &str) -> Vec<u8> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let text = match body {
        body if media_type::is_json(essence) => body.to_string(),
        Value::Object(members) if essence == "application/x-www-form-urlencoded" => {
            let pair =
                |(name, value): (&String, &Value)| format!("{}={}", encoded(name), encoded(&plain(value)));
            members.iter().map(pair).collect::<Vec<_>>().join("&")
        }
        Value::Object(members) if essence.starts_with("multipart/") => {
            let part = |(name, value): (&String, &Value)| {
                let value = plain(value);
                format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
            };
            members.iter().map(part).collect::<String>() + &format!("--{BOUNDARY}--\r\n")
        }
        body => plain(body),
    };
    text.into_bytes()
}

/// A multipart type says what separates its parts.
fn with_boundary(media_type: impl AsRef<str>) -> String {
    let media_type = media_type.as_ref();
    if media_type.starts_with("multipart/") && !media_type.contains("boundary=") {
        return format!("{media_type}; boundary={BOUNDARY}");
    }
    media_type.to_owned()
}
