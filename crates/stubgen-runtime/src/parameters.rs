//! Parameters: the raw text of each, wherever it stands, becomes a JSON value as its shape says and then a type.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::COOKIE;
use percent_encoding::percent_decode;
use serde::de::DeserializeOwned;
use serde_json::{Number, Value};

use crate::definition::{Location, Parameter, Shape};
use crate::rejection::{Problem, Rejection};
use crate::request::Request;

/// What can be read from the parameters of a request. The generator implements it for the parameters of every
/// operation.
pub trait FromParameters: Sized {
    /// Reads all of them; the first bad one is reported.
    fn from_parameters(source: &ParameterSource<'_>) -> Result<Self, Rejection>;
}

/// What can be declared to dropshot as the parameters of an operation; for its document only.
pub trait DeclareParameters {
    /// An object schema of the parameters in one place; none when there are none.
    fn declare(
        location: Location,
        generator: &mut schemars::r#gen::SchemaGenerator,
    ) -> Option<schemars::schema::Schema>;
}

/// The parameters of one request, addressed by their index in [`Operation::parameters`](crate::Operation).
pub struct ParameterSource<'a> {
    request: &'a Request,
}

impl FromParameters for () {
    fn from_parameters(_: &ParameterSource<'_>) -> Result<Self, Rejection> {
        Ok(())
    }
}

impl DeclareParameters for () {
    fn declare(_: Location, _: &mut schemars::r#gen::SchemaGenerator) -> Option<schemars::schema::Schema> {
        None
    }
}

impl<'a> ParameterSource<'a> {
    pub(crate) const fn new(request: &'a Request) -> Self {
        Self { request }
    }

    /// A parameter that must be there.
    pub fn required<T: DeserializeOwned>(&self, index: usize) -> Result<T, Rejection> {
        let parameter = &self.request.operation().parameters[index];
        self.optional(index)?.ok_or_else(|| invalid(parameter, Problem::Missing))
    }

    /// A parameter that may be there.
    pub fn optional<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, Rejection> {
        let parameter = &self.request.operation().parameters[index];
        let value = self.text(index, parameter).and_then(|text| match text {
            Some(text) => {
                let value = json(parameter.shape, text)?;
                let validation = &self.request.shared().validation;
                let checked = validation.parameter(self.request.operation_index(), index, &value);
                checked.map_err(|violation| Problem::Malformed(violation.reason))?;
                typed(value).map(Some)
            }
            None => Ok(None),
        });
        value.map_err(|problem| invalid(parameter, problem))
    }

    fn text(&self, index: usize, parameter: &Parameter) -> Result<Option<Cow<'a, str>>, Problem> {
        let request = self.request;
        match parameter.location {
            Location::Path => match request.capture(index) {
                Some(raw) => decoded(raw).map(Some),
                None => Ok(None),
            },
            Location::Query => {
                let mut values = raw_query_values(request.uri().query(), parameter.name);
                match (values.next(), values.next()) {
                    (Some(_), Some(_)) => Err(Problem::Duplicate),
                    (Some(raw), None) => decoded_query(raw).map(Some),
                    (None, _) => Ok(None),
                }
            }
            Location::Header => {
                let mut values = request.headers().get_all(parameter.name).iter();
                only(values.next().map(http::HeaderValue::as_bytes), values.next().is_some())
            }
            Location::Cookie => {
                let mut values = cookie_values(request.headers(), parameter.name);
                only(values.next(), values.next().is_some())
            }
        }
    }
}

/// Decodes a path segment; strict, unlike a browser: every `%` must be followed by two hexadecimal digits.
pub(crate) fn decoded(raw: &str) -> Result<Cow<'_, str>, Problem> {
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    if !is_well_encoded(raw) {
        return Err(Problem::Malformed("has a % that is not followed by two hexadecimal digits".to_owned()));
    }
    percent_decode(raw.as_bytes()).decode_utf8().map_err(|_| Problem::NotUtf8)
}

/// Whether every `%` is followed by two hexadecimal digits.
pub(crate) fn is_well_encoded(raw: &str) -> bool {
    raw.split('%').skip(1).all(|rest| {
        let bytes = rest.as_bytes();
        bytes.len() >= 2 && bytes[0].is_ascii_hexdigit() && bytes[1].is_ascii_hexdigit()
    })
}

/// The decoded bytes of every value of a name in a query string; badly encoded ones as they stand.
pub(crate) fn query_values<'a>(query: Option<&'a str>, name: &'a str) -> impl Iterator<Item = Cow<'a, [u8]>> {
    raw_query_values(query, name).map(|raw| {
        if raw.contains('+') {
            Cow::Owned(percent_decode(raw.replace('+', " ").as_bytes()).collect())
        } else {
            percent_decode(raw.as_bytes()).into()
        }
    })
}

/// The bytes of every value of a cookie.
pub(crate) fn cookie_values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';')).filter_map(
        move |pair| {
            let equals = pair.iter().position(|byte| *byte == b'=')?;
            (pair[..equals].trim_ascii() == name.as_bytes()).then(|| pair[equals + 1..].trim_ascii())
        },
    )
}

fn raw_query_values<'a>(query: Option<&'a str>, name: &'a str) -> impl Iterator<Item = &'a str> {
    query.unwrap_or_default().split('&').filter_map(move |pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let same = if key.contains(['%', '+']) {
            matches!(decoded_query(key), Ok(key) if key == name)
        } else {
            key == name && !pair.is_empty()
        };
        same.then_some(value)
    })
}

/// In a query string a plus sign is a blank, as HTML forms send it.
fn decoded_query(raw: &str) -> Result<Cow<'_, str>, Problem> {
    if raw.contains('+') {
        let spaced = raw.replace('+', " ");
        return decoded(&spaced).map(|text| Cow::Owned(text.into_owned()));
    }
    decoded(raw)
}

fn only(first: Option<&[u8]>, more: bool) -> Result<Option<Cow<'_, str>>, Problem> {
    if more {
        return Err(Problem::Duplicate);
    }
    first.map(|bytes| std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| Problem::NotUtf8)).transpose()
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    T::deserialize(value).map_err(|error| Problem::Malformed(error.to_string()))
}

fn json(shape: Shape, text: Cow<'_, str>) -> Result<Value, Problem> {
    let malformed = |wanted: &str| Problem::Malformed(format!("must be {wanted}"));
    Ok(match shape {
        Shape::String => Value::String(text.into_owned()),
        Shape::Integer => match number(&text) {
            Some(number) if number.is_i64() || number.is_u64() => Value::Number(number),
            _ => return Err(malformed("an integer")),
        },
        Shape::Number => Value::Number(number(&text).ok_or_else(|| malformed("a number"))?),
        Shape::Boolean => match &*text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return Err(malformed("true or false")),
        },
    })
}

/// A number in JSON's notation, so that `+5`, `007` and ` 5` are none.
fn number(text: &str) -> Option<Number> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if plain { serde_json::from_str(text).ok() } else { None }
}

fn invalid(parameter: &Parameter, problem: Problem) -> Rejection {
    Rejection::InvalidParameter { name: parameter.name, location: parameter.location, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: DeserializeOwned>(shape: Shape, text: &str) -> Option<T> {
        json(shape, Cow::Borrowed(text)).and_then(typed).ok()
    }

    #[test]
    fn integers_are_json_integers() {
        assert_eq!(read::<i64>(Shape::Integer, "-5"), Some(-5));
        assert_eq!(read::<u64>(Shape::Integer, "18446744073709551615"), Some(u64::MAX));
        for text in ["", "+5", "007", " 5", "5 ", "1.0", "1e3", "0x10", "five"] {
            assert_eq!(read::<i64>(Shape::Integer, text), None, "{text}");
        }
    }

    #[test]
    fn numbers_and_booleans_are_json_ones() {
        assert_eq!(read::<f64>(Shape::Number, "1.5e3"), Some(1500.0));
        assert_eq!(read::<f64>(Shape::Number, "NaN"), None);
        assert_eq!(read::<bool>(Shape::Boolean, "true"), Some(true));
        assert_eq!(read::<bool>(Shape::Boolean, "True"), None);
    }

    #[test]
    fn decoding_is_strict() {
        assert_eq!(decoded("a%2Fb+c").as_deref(), Ok("a/b+c"));
        assert_eq!(decoded("%ff"), Err(Problem::NotUtf8));
        for raw in ["%", "%2", "%zz", "a%2"] {
            assert!(matches!(decoded(raw), Err(Problem::Malformed(_))), "{raw}");
        }
    }

    #[test]
    fn query_names_are_compared_decoded() {
        let values = |query| raw_query_values(Some(query), "a b").collect::<Vec<_>>();
        assert_eq!(values("a+b=1&a%20b=2&ab=3&a b"), ["1", "2", ""]);
        assert_eq!(raw_query_values(Some("&&x"), "").count(), 0);
    }

    #[test]
    fn cookies_are_found_in_every_cookie_header() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, http::HeaderValue::from_static("a=1; sid=x=y"));
        headers.append(COOKIE, http::HeaderValue::from_static("sid = 2"));
        assert_eq!(cookie_values(&headers, "sid").collect::<Vec<_>>(), [&b"x=y"[..], b"2"]);
    }
}
