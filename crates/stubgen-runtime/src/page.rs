//! The reference page of the API, as a server has it: made when the first reader asks, kept with its compressed form, and sent with
//! what browsers need to know about it.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH, LOCATION,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};
use stubgen_page::Home;

use crate::response::{Response, empty, raw};

/// Where the page is, below the base path. Its links are relative to that.
pub(crate) const PATH: &str = "/docs";

/// What holds for the page whatever is in it. No other site may look into its window.
const ALWAYS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-cache"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (REFERRER_POLICY, "no-referrer"),
    (VARY, "accept-encoding"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// The page in both forms.
pub(crate) struct Page {
    plain: Form,
    /// Absent when it would be no smaller.
    compressed: Option<Form>,
    policy: HeaderValue,
}

struct Form {
    bytes: Bytes,
    /// It names these bytes: a page that was compressed is another one than the same page that was not.
    tag: HeaderValue,
}

impl Page {
    /// Makes the page of a document. A long document takes a while.
    pub(crate) fn new(json: &str, has_document: bool) -> Self {
        // The generator has written it; without one the page says nothing.
        let document = serde_json::from_str(json).unwrap_or_default();
        let page = stubgen_page::render(&document, Home::Server { document: has_document });
        let compressed = compress(page.html.as_bytes()).filter(|bytes| bytes.len() < page.html.len());
        Self {
            plain: Form::new(page.html.into_bytes()),
            compressed: compressed.map(Form::new),
            policy: HeaderValue::from_str(&page.content_security_policy)
                .unwrap_or(HeaderValue::from_static("default-src 'none'")),
        }
    }

    /// The answer to a request for it.
    pub(crate) fn response(&self, request: &HeaderMap) -> Response {
        let compressed = self.compressed.as_ref().filter(|_| takes_gzip(request));
        let form = compressed.unwrap_or(&self.plain);
        let mut response = if is_known(request, &form.tag) {
            empty(304)
        } else {
            let mut response = raw(200, "text/html; charset=utf-8", form.bytes.clone());
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, self.policy.clone());
            if compressed.is_some() {
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        };
        response.headers_mut().insert(ETAG, form.tag.clone());
        for (name, value) in ALWAYS {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

impl Form {
    fn new(bytes: Vec<u8>) -> Self {
        let hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(&bytes)[..16]);
        let tag = HeaderValue::from_str(&format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""));
        Self { bytes: bytes.into(), tag }
    }
}

/// The page has no slash at its end, so that its links to what is beside it are right. Relative, since a proxy may have put
/// something before the path.
pub(crate) fn without_slash() -> Response {
    let mut response = empty(308);
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("../docs"));
    response
}

fn compress(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// Whether the client takes gzip (RFC 9110, 12.5.3): by name, or by `*` where it does not name it.
fn takes_gzip(request: &HeaderMap) -> bool {
    let values = request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut any = false;
    for coding in values.flat_map(|value| value.split(',')) {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts
            .find_map(|part| part.split_once('=').filter(|(key, _)| key.trim().eq_ignore_ascii_case("q")));
        let wanted =
            weight.is_none_or(|(_, weight)| weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0));
        match name.as_str() {
            "gzip" | "x-gzip" => return wanted,
            "*" => any = wanted,
            _ => {}
        }
    }
    any
}

/// Whether the client has these bytes (RFC 9110, 13.1.2). A proxy that compresses makes tags weak.
fn is_known(request: &HeaderMap, tag: &HeaderValue) -> bool {
    let values = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known).as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (values, expected) in [
            (&[][..], false),
            (&["gzip, deflate, br"], true),
            (&["GZIP ; Q=0.5"], true),
            (&["gzip;q=0, *"], false),
            (&["br", "*;q=0.1"], true),
            (&["*;q=0"], false),
            (&["identity"], false),
            (&["gzip;q=x"], false),
        ] {
            assert_eq!(takes_gzip(&headers(&ACCEPT_ENCODING, values)), expected, "{values:?}");
        }
    }

    #[test]
    fn bytes_that_the_client_has_are_not_sent_again() {
        let tag = HeaderValue::from_static("\"a\"");
        for (values, expected) in [
            (&[][..], false),
            (&["\"a\""], true),
            (&["\"b\", W/\"a\""], true),
            (&["*"], true),
            (&["\"b\"", "a"], false),
        ] {
            assert_eq!(is_known(&headers(&IF_NONE_MATCH, values), &tag), expected, "{values:?}");
        }
    }
}
