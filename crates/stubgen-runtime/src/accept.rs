//! Content negotiation, as far as it can refuse: whether `Accept` excludes everything an operation sends
//! (RFC 9110, 12.5.1). Media-type parameters are ignored; what cannot be parsed excludes nothing.

use http::HeaderMap;
use http::header::ACCEPT;

/// Whether at least one of the media types may be sent.
pub(crate) fn is_acceptable(headers: &HeaderMap, produces: &[&str]) -> bool {
    if produces.is_empty() {
        return true;
    }
    let mut values = headers.get_all(ACCEPT).iter();
    match (values.next(), values.next()) {
        (None, _) => return true,
        // What clients send that take anything.
        (Some(only), None) if only == "*/*" => return true,
        _ => {}
    }
    let ranges = ranges(headers);
    ranges.is_empty() || produces.iter().any(|media_type| allows(&ranges, media_type))
}

fn ranges(headers: &HeaderMap) -> Vec<Range<'_>> {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(Range::parse).collect()
}

/// Which of the media types the client likes best; of several equally liked the first, and the first as well when the client does not
/// say. None when it takes none of them.
pub(crate) fn preferred<'m>(headers: &HeaderMap, media_types: &[&'m str]) -> Option<&'m str> {
    let ranges = ranges(headers);
    let liked = media_types.iter().map(|media_type| (quality(&ranges, media_type), *media_type));
    // The sort is stable: of equally liked ones the first stays first.
    let mut liked: Vec<_> = liked.filter(|(quality, _)| *quality > 0.0).collect();
    liked.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    liked.first().map(|(_, media_type)| *media_type)
}

/// The quality that the closest range gives the media type.
fn quality(ranges: &[Range<'_>], media_type: &str) -> f32 {
    let Some((kind, subtype)) = essence(media_type).split_once('/') else { return 1.0 };
    let close = ranges.iter().filter_map(|range| Some((range.closeness(kind, subtype)?, range.quality)));
    let closest = close.max_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
    closest.map_or(if ranges.is_empty() { 1.0 } else { 0.0 }, |(_, quality)| quality)
}

/// The media type without parameters.
pub(crate) fn essence(media_type: &str) -> &str {
    media_type.split_once(';').map_or(media_type, |(essence, _)| essence).trim()
}

struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    quality: f32,
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
        Some(Self { kind, subtype, quality: quality.unwrap_or(1.0) })
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
    if subtype == "*" {
        // The handler chooses within the range, and may choose what the client takes.
        let fits =
            |range: &Range<'_>| kind == "*" || range.kind == "*" || range.kind.eq_ignore_ascii_case(kind);
        return ranges.iter().any(|range| range.quality > 0.0 && fits(range));
    }
    ranges
        .iter()
        .filter_map(|range| range.closeness(kind, subtype).map(|closeness| (closeness, range.quality > 0.0)))
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
    fn what_is_produced_may_be_a_range() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, http::HeaderValue::from_static("image/png, text/html;q=0"));
        let rows = [("image/*", true), ("*/*", true), ("text/*", false), ("video/*", false)];
        for (media_type, expected) in rows {
            assert_eq!(is_acceptable(&headers, &[media_type]), expected, "{media_type}");
        }
    }

    #[test]
    fn the_best_liked_media_type_is_preferred() {
        let rows = [
            ("", Some("a/b")),
            ("*/*", Some("a/b")),
            ("c/d, a/b;q=0.9", Some("c/d")),
            ("c/*, a/*;q=0.1", Some("c/d")),
            ("a/b;q=0, */*;q=0.1", Some("c/d")),
            ("e/f", None),
        ];
        for (accept, expected) in rows {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, http::HeaderValue::from_static(accept));
            assert_eq!(preferred(&headers, &["a/b", "c/d"]), expected, "{accept}");
        }
        assert_eq!(preferred(&HeaderMap::new(), &["a/b", "c/d"]), Some("a/b"));
    }

    #[test]
    fn operation_without_a_body_ignores_accept() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, http::HeaderValue::from_static("text/html"));
        assert!(is_acceptable(&headers, &[]));
    }
}
