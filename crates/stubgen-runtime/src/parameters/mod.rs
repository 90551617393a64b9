//! Parameters: the raw text of each, wherever it stands, becomes a JSON value as its style and shape say and then a type.

mod raw;
mod style;
mod value;

use http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::raw::{Encoding, cookie_pairs, query_pairs};
pub(crate) use self::raw::{cookie_values, decoded, is_well_encoded, query_values};
use self::value::{Fault, compose};
use crate::definition::{Location, Parameter, SchemeKind, Shape};
use crate::rejection::{Problem, Rejection};
use crate::request::Request;
use crate::validation::Violation;

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

    /// A parameter that must be there, or has a default.
    pub fn required<T: DeserializeOwned>(&self, index: usize) -> Result<T, Rejection> {
        let parameter = &self.request.operation().parameters[index];
        self.optional(index)?.ok_or_else(|| invalid(parameter, Problem::Missing))
    }

    /// A parameter that may be there. When it is not, its default counts, if it has one.
    pub fn optional<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, Rejection> {
        if let Some(value) = self.read(index)? {
            return Ok(Some(value));
        }
        let default = self.request.operation().parameters[index].default;
        // The generator lets no default through that the type cannot be: the fault would be the server's.
        default.map(serde_json::from_str).transpose().map_err(|error| self.request.internal_error(error))
    }

    fn read<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, Rejection> {
        let parameter = &self.request.operation().parameters[index];
        let value = self.value(index, parameter).map_err(|fault| invalid(parameter, fault.into_problem()))?;
        let Some(value) = value else { return Ok(None) };
        let checked =
            self.request.shared().validation.parameter(self.request.operation_index(), index, &value);
        let typed = checked
            .map_err(|Violation { pointer, reason }| Fault { pointer, problem: Problem::Malformed(reason) })
            .map_err(Fault::into_problem)
            .and_then(|()| T::deserialize(value).map_err(|error| Problem::Malformed(error.to_string())));
        typed.map(Some).map_err(|problem| invalid(parameter, problem))
    }

    fn value(&self, index: usize, parameter: &Parameter) -> Result<Option<Value>, Fault> {
        let request = self.request;
        match parameter.location {
            Location::Path => request.capture(index).map(|raw| style::path(parameter, raw)).transpose(),
            Location::Query => {
                let pairs = query_pairs(request.uri().query());
                style::pairs(parameter, pairs, Encoding::Query, |name| self.is_taken(index, name))
            }
            Location::Header => header(parameter, request.headers()),
            Location::Cookie => {
                let pairs = cookie_pairs(request.headers());
                style::pairs(parameter, pairs, Encoding::Cookie, |name| self.is_taken(index, name))
            }
        }
    }

    /// Whether a name in the query or among the cookies is that of another parameter or of a credential.
    fn is_taken(&self, index: usize, name: &str) -> bool {
        let parameters = self.request.operation().parameters;
        let location = parameters[index].location;
        let others = parameters
            .iter()
            .enumerate()
            .filter(|(other, parameter)| *other != index && parameter.location == location);
        let mut others = others.map(|(_, parameter)| parameter.name);
        let is_key = |kind| match kind {
            SchemeKind::ApiKeyQuery(key) => location == Location::Query && key == name,
            SchemeKind::ApiKeyCookie(key) => location == Location::Cookie && key == name,
            _ => false,
        };
        others.any(|other| {
            name.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
        }) || self.request.definition().schemes.iter().any(|scheme| is_key(scheme.kind))
    }
}

/// The value of an urlencoded form; its properties are read as `shape` says.
pub(crate) fn form(shape: &Shape, bytes: &[u8]) -> Result<Value, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::NotUtf8)?;
    let bad_name = text.split('&').find_map(|pair| raw::decoded_query(pair.split('=').next()?).err());
    if let Some(problem) = bad_name {
        return Err(problem.into());
    }
    let shape = if *shape == Shape::Any { &Shape::Object(&[], Some(&Shape::Any)) } else { shape };
    let known = if let Shape::Object(known, _) = shape { *known } else { &[] };
    compose(shape, &style::form_entries(known, query_pairs(Some(text)), Encoding::Query)?)
}

/// Several lines of a list-like header are one (RFC 9110, 5.3); of any other, one too many.
fn header(parameter: &Parameter, headers: &HeaderMap) -> Result<Option<Value>, Fault> {
    let mut lines = Vec::new();
    for value in headers.get_all(parameter.name) {
        lines.push(std::str::from_utf8(value.as_bytes()).map_err(|_| Problem::NotUtf8)?);
    }
    match (&lines[..], parameter.shape) {
        ([], _) => Ok(None),
        ([text], _) => style::header(parameter, text).map(Some),
        (lines, Shape::Array(_) | Shape::Object(..)) => style::header(parameter, &lines.join(",")).map(Some),
        _ => Err(Problem::Duplicate.into()),
    }
}

fn invalid(parameter: &Parameter, problem: Problem) -> Rejection {
    Rejection::InvalidParameter { name: parameter.name, location: parameter.location, problem }
}
