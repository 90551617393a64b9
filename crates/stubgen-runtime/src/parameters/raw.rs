//! The raw pieces of a request in which parameters stand: percent-encoding, the pairs of a query and of cookies.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::COOKIE;
use percent_encoding::percent_decode;

use crate::rejection::Problem;

/// How a place encodes its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Percent-encoded.
    Path,
    /// Percent-encoded, and a plus sign is a blank, as HTML forms send it.
    Query,
    /// As it stands.
    Header,
    /// Percent-encoded when it reads as such, and otherwise as it stands: there is no rule that all clients keep.
    Cookie,
}

/// A name and a value, of a query or of cookies.
#[derive(Clone, Debug)]
pub(crate) struct Pair<'a> {
    pub(crate) name: Cow<'a, str>,
    value: &'a [u8],
    /// Whether there is not even an equals sign.
    pub(crate) bare: bool,
}

impl Encoding {
    pub(crate) fn decode(self, raw: &str) -> Result<Cow<'_, str>, Problem> {
        match self {
            Self::Path => decoded(raw),
            Self::Query => decoded_query(raw),
            Self::Header => Ok(Cow::Borrowed(raw)),
            Self::Cookie => Ok(decoded(raw).unwrap_or(Cow::Borrowed(raw))),
        }
    }
}

impl<'a> Pair<'a> {
    /// The value, still encoded.
    pub(crate) fn raw(&self) -> Result<&'a str, Problem> {
        std::str::from_utf8(self.value).map_err(|_| Problem::NotUtf8)
    }
}

/// Decodes a path segment; strict, unlike a browser: every `%` must be followed by two hexadecimal digits.
pub(crate) fn decoded(raw: &str) -> Result<Cow<'_, str>, Problem> {
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    if !is_well_encoded(raw) {
        return Err(Problem::Malformed("has a % that is not followed by two hexadecimal digits".to_owned()));
    }
    percent_decode(raw.as_bytes()).decode_utf8().map_err(|_| Problem::NotUtf8)
}

/// Whether every `%` is followed by two hexadecimal digits.
pub(crate) fn is_well_encoded(raw: &str) -> bool {
    raw.split('%').skip(1).all(|rest| {
        let bytes = rest.as_bytes();
        bytes.len() >= 2 && bytes[0].is_ascii_hexdigit() && bytes[1].is_ascii_hexdigit()
    })
}

/// Decodes what stands in a query string or a form, where a plus sign is a blank.
pub(crate) fn decoded_query(raw: &str) -> Result<Cow<'_, str>, Problem> {
    if raw.contains('+') {
        let spaced = raw.replace('+', " ");
        return decoded(&spaced).map(|text| Cow::Owned(text.into_owned()));
    }
    decoded(raw)
}

/// The pairs of a query string. One whose name is badly encoded is nobody's.
pub(crate) fn query_pairs(query: Option<&str>) -> impl Iterator<Item = Pair<'_>> {
    query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).filter_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let bare = name.len() == pair.len();
        Some(Pair { name: decoded_query(name).ok()?, value: value.as_bytes(), bare })
    })
}

/// The pairs of all `Cookie` headers. One whose name is not UTF-8 is nobody's.
pub(crate) fn cookie_pairs(headers: &HeaderMap) -> impl Iterator<Item = Pair<'_>> {
    raw_cookies(headers).filter_map(|(name, value)| {
        Some(Pair { name: Cow::Borrowed(std::str::from_utf8(name).ok()?), value, bare: false })
    })
}

/// The pairs into which the value of a cookie divides that carries an exploded array or object: `a=1&a=2`.
pub(crate) fn divided(pair: Pair<'_>) -> impl Iterator<Item = Pair<'_>> {
    let mut parts = pair.value.split(|byte| *byte == b'&');
    let first = parts.next().unwrap_or_default();
    let first = Pair { value: first, ..pair };
    std::iter::once(first).chain(parts.filter_map(|part| {
        let equals = part.iter().position(|byte| *byte == b'=')?;
        let name = Cow::Borrowed(std::str::from_utf8(&part[..equals]).ok()?);
        Some(Pair { name, value: &part[equals + 1..], bare: false })
    }))
}

/// The decoded bytes of every value of a name in a query string; badly encoded ones as they stand.
pub(crate) fn query_values<'a>(query: Option<&'a str>, name: &'a str) -> impl Iterator<Item = Cow<'a, [u8]>> {
    query_pairs(query).filter(move |pair| pair.name == name).map(|pair| {
        if pair.value.contains(&b'+') {
            let spaced: Vec<u8> =
                pair.value.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            Cow::Owned(percent_decode(&spaced).collect())
        } else {
            percent_decode(pair.value).into()
        }
    })
}

/// The bytes of every value of a cookie.
pub(crate) fn cookie_values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    raw_cookies(headers).filter(move |(key, _)| *key == name.as_bytes()).map(|(_, value)| value)
}

fn raw_cookies(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';')).filter_map(
        |pair| {
            let equals = pair.iter().position(|byte| *byte == b'=')?;
            Some((pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii()))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_is_strict() {
        assert_eq!(decoded("a%2Fb+c").as_deref(), Ok("a/b+c"));
        assert_eq!(decoded("%ff"), Err(Problem::NotUtf8));
        for raw in ["%", "%2", "%zz", "a%2"] {
            assert!(matches!(decoded(raw), Err(Problem::Malformed(_))), "{raw}");
        }
    }

    #[test]
    fn cookies_are_decoded_only_when_they_are_encoded() {
        for (raw, text) in [("a%2Cb", "a,b"), ("100%", "100%"), ("%ff", "%ff"), ("a+b", "a+b")] {
            assert_eq!(Encoding::Cookie.decode(raw).as_deref(), Ok(text));
        }
    }

    #[test]
    fn query_names_are_compared_decoded() {
        let values = |query| query_values(Some(query), "a b").map(Cow::into_owned).collect::<Vec<_>>();
        assert_eq!(values("a+b=1&a%20b=2+%2B&ab=3&a b"), [&b"1"[..], b"2 +", b""]);
        assert_eq!(query_values(Some("&&x"), "").count(), 0);
    }

    #[test]
    fn cookies_are_found_in_every_cookie_header() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, http::HeaderValue::from_static("a=1; sid=x=y"));
        headers.append(COOKIE, http::HeaderValue::from_static("sid = 2"));
        assert_eq!(cookie_values(&headers, "sid").collect::<Vec<_>>(), [&b"x=y"[..], b"2"]);
    }
}
