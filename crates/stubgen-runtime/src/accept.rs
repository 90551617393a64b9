//! Content negotiation, as far as it can refuse: whether `Accept` excludes everything an operation sends
//! (RFC 9110, 12.5.1). Media-type parameters are ignored; what cannot be parsed excludes nothing.

use http::HeaderMap;
use http::header::ACCEPT;

/// Whether at least one of the media types may be sent.
pub(crate) fn is_acceptable(headers: &HeaderMap, produces: &[&str]) -> bool {
    if produces.is_empty() || !headers.contains_key(ACCEPT) {
        return true;
    }
    let ranges: Vec<Range<'_>> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(Range::parse)
        .collect();
    ranges.is_empty() || produces.iter().any(|media_type| allows(&ranges, media_type))
}

/// The media type without parameters.
pub(crate) fn essence(media_type: &str) -> &str {
    media_type.split_once(';').map_or(media_type, |(essence, _)| essence).trim()
}

struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    refused: bool,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = match parts.next()? {
            // What old Java clients send.
            "*" => ("*", "*"),
            range => range.split_once('/')?,
        };
        if kind.is_empty() || subtype.is_empty() || (kind == "*" && subtype != "*") {
            return None;
        }
        let quality = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .and_then(|(_, quality)| quality.trim().parse::<f32>().ok());
        Some(Self { kind, subtype, refused: quality.is_some_and(|quality| quality <= 0.0) })
    }

    /// How closely the range names the type: exactly, by its first half, or as anything.
    fn closeness(&self, kind: &str, subtype: &str) -> Option<u8> {
        if self.kind == "*" {
            Some(0)
        } else if !self.kind.eq_ignore_ascii_case(kind) {
            None
        } else if self.subtype == "*" {
            Some(1)
        } else {
            self.subtype.eq_ignore_ascii_case(subtype).then_some(2)
        }
    }
}

/// The closest range decides, whatever stands first; of equally close ones, the one that allows.
fn allows(ranges: &[Range<'_>], media_type: &str) -> bool {
    let Some((kind, subtype)) = essence(media_type).split_once('/') else { return true };
    ranges
        .iter()
        .filter_map(|range| range.closeness(kind, subtype).map(|closeness| (closeness, !range.refused)))
        .max()
        .is_some_and(|(_, allowed)| allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json_is_acceptable_to(accept: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT, http::HeaderValue::from_static(value));
        }
        is_acceptable(&headers, &["application/json"])
    }

    #[test]
    fn accept_allows_json_unless_it_is_really_excluded() {
        let rows: &[(&[&'static str], bool)] = &[
            (&[], true),
            (&[""], true),
            (&["*/*"], true),
            (&["*"], true),
            (&["*; q=.2"], true),
            (&["application/*"], true),
            (&["APPLICATION/JSON"], true),
            (&["application/json; charset=utf-8"], true),
            (&["application/json;v=1;q=0.1"], true),
            (&["text/html, application/json;q=0.9"], true),
            (&["text/html", "application/json"], true),
            (&["foo"], true),
            (&["text/html, */*;q=0.1"], true),
            (&["application/json;q=0, application/json"], true),
            (&["text/html"], false),
            (&["text/*"], false),
            (&["application/json;q=0"], false),
            (&["application/json;q=0.000, */*"], false),
            (&["*/*;q=0"], false),
            (&["application/*;q=0, */*;q=1"], false),
            (&["application/xml"], false),
        ];
        for (accept, expected) in rows {
            assert_eq!(json_is_acceptable_to(accept), *expected, "{accept:?}");
        }
    }

    #[test]
    fn operation_without_a_body_ignores_accept() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, http::HeaderValue::from_static("text/html"));
        assert!(is_acceptable(&headers, &[]));
    }
}
