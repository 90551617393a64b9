//! Cross-origin requests: the header on every answer, and the preflight.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, ORIGIN,
};
use http::{HeaderMap, HeaderValue};

use crate::options::{Cors, Options};
use crate::response::{Response, empty};

/// Lets the origins in that may see the answer.
pub(crate) fn decorate(headers: &mut HeaderMap, options: &Options) {
    if options.cors == Cors::AnyOrigin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
}

/// Whether a browser asks if it may send a request of another origin. It does so without credentials and understands nothing but the
/// headers given here, so that no operation is asked.
pub(crate) fn is_preflight(request: &HeaderMap, options: &Options) -> bool {
    options.cors == Cors::AnyOrigin
        && request.contains_key(ORIGIN)
        && request.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to OPTIONS, whether a browser asks or somebody else.
pub(crate) fn options_response(request: &HeaderMap, allow: &str, options: &Options) -> Response {
    let mut response = empty(204);
    let Ok(allow) = HeaderValue::from_str(allow) else { return response };
    let headers = response.headers_mut();
    if options.cors == Cors::AnyOrigin && request.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, allow.clone());
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(options.cors_max_age.as_secs()));
        if let Some(names) = request.get(ACCESS_CONTROL_REQUEST_HEADERS).filter(|names| are_tokens(names)) {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
    }
    headers.insert(ALLOW, allow);
    response
}

/// Only plain header names are echoed.
fn are_tokens(names: &HeaderValue) -> bool {
    let is_token = |name: &[u8]| http::HeaderName::from_bytes(name.trim_ascii()).is_ok();
    names.as_bytes().split(|byte| *byte == b',').all(is_token)
}
