//! Path values: encoded so that nothing in them can lead to another endpoint, or refused.
//!
//! A URL parser takes `\` for `/` and resolves `.` and `..` even when their dots are escaped. Such values cannot be
//! carried by encoding them; a request made with one would reach a *different* operation.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An escape that no value can produce, since it is no UTF-8. It marks a value that has to be refused.
const REFUSED: &str = "%FF";

/// Encodes a value for one segment of a path. A value that no path can carry becomes a mark that [`refused`] finds,
/// because generated code has no way to fail here.
pub(crate) fn encode_path(value: &str) -> String {
    match reason(value) {
        Some(_) => REFUSED.to_owned(),
        None => utf8_percent_encode(value, ESCAPED).to_string(),
    }
}

/// Whether a path was made with a value that no path can carry.
pub(crate) fn refused(path: &str) -> bool {
    path.contains(REFUSED)
}

/// Why a value cannot be carried by a path, if it cannot.
pub(crate) fn reason(value: &str) -> Option<&'static str> {
    match value {
        "" => Some("it is empty"),
        "." | ".." => Some("a URL takes it for a step in the path"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::Url;

    #[test]
    fn encoded_value_stays_one_segment_of_the_parsed_url() {
        for value in
            ["a/b", r"a\..\b", "a b", "?x=1", "#f", "%2e%2e", "ä", "a:b@c", "...", ".a", "\u{0}", "'", "%FF"]
        {
            let url = Url::parse(&format!("http://h/users/{}/tokens", encode_path(value))).unwrap();
            let segments: Vec<_> = url.path_segments().unwrap().collect();
            assert_eq!(segments.len(), 3, "{value}");
            let decoded = percent_encoding::percent_decode_str(segments[1]).decode_utf8().unwrap();
            assert_eq!(decoded, value);
            assert!(!refused(url.path()), "{value}");
        }
    }

    #[test]
    fn values_that_change_the_path_are_marked() {
        for value in ["", ".", ".."] {
            assert!(refused(&format!("/users/{}/tokens", encode_path(value))), "{value:?}");
        }
    }
}
