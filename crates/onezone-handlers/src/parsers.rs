//! The parsers of what nobody has vouched for, for fuzz targets and tests only. Not a part of the interface.

use http::HeaderMap;
use stubgen_runtime::BasicCredentials;

use crate::{cookie, passwords};

/// The session that the cookies of a request name; an error when they cannot be read.
#[expect(clippy::result_unit_err, reason = "there is one thing that can be wrong with cookies")]
pub fn session(headers: &HeaderMap) -> Result<Option<String>, ()> {
    cookie::session(headers)
        .map(|session| session.map(std::borrow::Cow::into_owned))
        .map_err(|cookie::Unreadable| ())
}

/// The name and the password of Basic credentials, from what stands behind `Basic `.
pub fn basic(encoded: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let decoded = passwords::decode(&BasicCredentials::new(encoded)).ok()?;
    Some((decoded.username().to_vec(), decoded.expose_password().to_vec()))
}
