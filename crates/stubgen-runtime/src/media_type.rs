//! Media types of request bodies: which of those that an operation reads one is.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::accept::essence;

/// What a request says its body is, if it says so.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<String> {
    headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The position of the media type among the supported ones: the same one, one of JSON when both are, a range; the first when
/// the request does not say.
pub(crate) fn position(received: Option<&str>, supported: &[&str]) -> Option<usize> {
    let Some(received) = received.map(essence) else { return (!supported.is_empty()).then_some(0) };
    let same = |media_type: &&str| essence(media_type).eq_ignore_ascii_case(received);
    let json = |media_type: &&str| is_json(media_type) && is_json(received);
    let find = |matches: &dyn Fn(&&str) -> bool| supported.iter().position(matches);
    find(&same)
        .or_else(|| find(&json))
        .or_else(|| find(&|range| is_in_range(received, essence(range)) && essence(range) != "*/*"))
        .or_else(|| find(&|range| is_in_range(received, essence(range))))
}

/// Whether it is JSON: `application/json`, or any that ends in `+json`.
pub(crate) fn is_json(media_type: &str) -> bool {
    let Some((kind, subtype)) = essence(media_type).split_once('/') else { return false };
    let suffix = subtype.rsplit_once('+').map_or(subtype, |(_, suffix)| suffix);
    suffix.eq_ignore_ascii_case("json")
        && (kind.eq_ignore_ascii_case("application") || suffix.len() < subtype.len())
}

/// The value of a parameter of a media type, without quotes.
pub(crate) fn parameter<'a>(media_type: &'a str, name: &str) -> Option<&'a str> {
    let parameters = media_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut found = parameters.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.trim().trim_matches('"'))
}

fn is_in_range(media_type: &str, range: &str) -> bool {
    let Some((kind, subtype)) = media_type.split_once('/') else { return false };
    match range.split_once('/') {
        Some(("*", "*")) => !kind.is_empty() && !subtype.is_empty(),
        Some((wanted, "*")) => wanted.eq_ignore_ascii_case(kind),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_media_type_is_meant() {
        let all = ["*/*", "image/*", "application/json", "application/merge-patch+json", "image/png; q=1"];
        let rows: &[(Option<&str>, &[&str], Option<usize>)] = &[
            (None, &all, Some(0)),
            (None, &[], None),
            (Some("application/json; charset=utf-8"), &all, Some(2)),
            (Some("Application/Merge-Patch+JSON"), &all, Some(3)),
            (Some("application/problem+json"), &all, Some(2)),
            (Some("image/png"), &all, Some(4)),
            (Some("image/jpeg"), &all, Some(1)),
            (Some("text/plain"), &all, Some(0)),
            (Some("text/plain"), &all[1..], None),
            (Some(""), &all, None),
            (Some("json"), &all, None),
        ];
        for (received, supported, expected) in rows {
            assert_eq!(position(*received, supported), *expected, "{received:?} {supported:?}");
        }
    }

    #[test]
    fn json_types_are_told_from_others() {
        for name in [
            "application/json",
            "application/problem+json",
            "Application/JSON; charset=utf-8",
            "image/x+json",
        ] {
            assert!(is_json(name), "{name}");
        }
        for name in ["text/json", "application/jsonp", "application/json+xml", "json", ""] {
            assert!(!is_json(name), "{name}");
        }
    }

    #[test]
    fn parameters_are_found_with_and_without_quotes() {
        assert_eq!(parameter("text/plain; a=b; Charset=\"UTF-8\"", "charset"), Some("UTF-8"));
        assert_eq!(parameter("text/plain", "charset"), None);
    }
}
