//! The fuzz targets: everything that reads bytes which nobody has vouched for, each with what must hold for any bytes at all. It may panic,
//! which is how it tells. `cargo xtask fuzz` runs them under libFuzzer, and every file of the corpus runs as an ordinary test.

#![allow(clippy::unwrap_used, reason = "a panic is a finding")]

mod client;
#[path = "../../onezone-handlers/tests/parsers/entry.rs"]
mod credentials;
#[path = "../../stubgen/tests/robustness/entry.rs"]
#[allow(dead_code, reason = "the tests of the generator use more of it")]
mod document;
mod http_bytes;

/// A target: it panics when something does not hold.
pub type Target = fn(&[u8]);

/// Every target by its name, which is that of its folder in the corpus.
pub const TARGETS: [(&str, Target); 11] = [
    ("basic", credentials::basic),
    ("caveat", credentials::caveat),
    ("client", client::answer),
    ("configuration", configuration),
    ("cookie", credentials::cookie),
    ("document", document::document),
    ("http", http_bytes::connection),
    ("proxy", proxy),
    ("token", credentials::token),
    ("trace", trace),
    ("zone", zone),
];

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|(other, _)| *other == name).map(|(_, target)| *target)
}

/// A configuration file is taken, or every mistake in it has its line and a reason.
fn configuration(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.matches('\n').count() + 1;
    for (line, message) in onezone_server::parsers::configuration(&text) {
        assert!((1..=lines).contains(&line) && !message.is_empty(), "{line}: {message}");
    }
}

/// A `traceparent` is one that says the same when it is written out, or is as if it were not there.
fn trace(bytes: &[u8]) {
    use stubgen_runtime::TraceContext;
    let read = |value: &[u8]| {
        let value = http::HeaderValue::from_bytes(value).ok()?;
        TraceContext::from_headers(&http::HeaderMap::from_iter([(
            http::HeaderName::from_static("traceparent"),
            value,
        )]))
    };
    let Some(context) = read(bytes) else { return };
    let flags = u8::from(context.is_sampled());
    let written = format!("00-{}-{:016x}-{flags:02x}", context.trace_id(), context.parent_id());
    assert_eq!(read(written.as_bytes()), Some(context), "{written}");
}

/// A zone file is taken, or refused with a reason.
fn zone(bytes: &[u8]) {
    if let Err(message) = onezone_server::parsers::zone(bytes) {
        assert!(!message.is_empty());
    }
}

/// A header of the PROXY protocol is taken as a whole and nothing behind it, whatever that is; or it is refused.
fn proxy(bytes: &[u8]) {
    use stubgen_runtime::parsers::proxy_header;
    let Ok((client, length)) = proxy_header(bytes) else { return };
    assert!(length >= 15 && length <= bytes.len(), "{length}");
    let again = [&bytes[..length], b"PROXY TCP4 GET / \r\n\r\n\0\r\nQUIT\n"].concat();
    assert_eq!(proxy_header(&again).unwrap(), (client, length));
    assert!(proxy_header(&bytes[..length - 1]).is_err(), "a header that is cut is a header");
}
