//! What generated code declares to dropshot for the emitted document: responses with their own status and description, and the version in a form that dropshot takes.

use dropshot::{ApiEndpointResponse, HttpResponse, HttpResponseDeleted, HttpResponseOk};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

/// The name of a schema that stands at its place and has no title. dropshot makes a title of a name; [`Emission::complete`](crate::Emission::complete) takes this one out.
pub const UNTITLED: &str = "stubgen: a schema without a title";

/// A success response with a JSON body whose schema is that of `T`.
pub fn declare_json<T: JsonSchema + Serialize + Send + Sync + 'static>(
    status: u16,
    description: &str,
) -> ApiEndpointResponse {
    with_status(HttpResponseOk::<T>::response_metadata(), status, description)
}

/// A success response without a body.
pub fn declare_empty(status: u16, description: &str) -> ApiEndpointResponse {
    with_status(HttpResponseDeleted::response_metadata(), status, description)
}

/// The version to emit for a document's own, which need not be a semantic version.
pub fn emitted_version(version: &str) -> semver::Version {
    semver::Version::parse(&nearest_semver(version)).unwrap_or(semver::Version::new(0, 0, 0))
}

/// The semantic version (as dropshot wants one) that is nearest to a version of any form: its first three numbers,
/// without leading zeros, and 0 for those that are missing.
pub fn nearest_semver(version: &str) -> String {
    let mut numbers = version
        .split(|character: char| !character.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(|digits| digits.trim_start_matches('0'))
        .map(|digits| if digits.is_empty() { "0" } else { digits });
    let mut next = || numbers.next().unwrap_or("0").to_owned();
    [next(), next(), next()].join(".")
}

fn with_status(mut response: ApiEndpointResponse, status: u16, description: &str) -> ApiEndpointResponse {
    response.success = StatusCode::from_u16(status).ok();
    response.description = Some(description.to_owned());
    response
}
