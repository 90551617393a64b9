//! The session that the cookies of a request name. Nothing here is verified.
//!
//! The grammar is that of Onezone's HTTP library and not RFC 6265's: any byte may stand in a value but those named
//! below, only blanks behind a value are taken away, and one cookie that cannot be read spoils them all.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::COOKIE;

const SESSION_COOKIE: &[u8] = b"SID";

/// The cookies of a request cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// The session of the request: what follows the first `|` in the first cookie named `SID`. Several headers are one
/// list of cookies, since HTTP/2 lets a client split them (RFC 9113, 8.2.3).
pub(crate) fn session(headers: &HeaderMap) -> Result<Option<Cow<'_, str>>, Unreadable> {
    let mut found = None;
    for value in headers.get_all(COOKIE) {
        for cookie in Cookies(value.as_bytes()) {
            let (name, value) = cookie?;
            if name == SESSION_COOKIE && found.is_none() {
                found = Some(value);
            }
        }
    }
    let bar = |value: &&[u8]| value.iter().position(|byte| *byte == b'|');
    // Bytes that are not UTF-8 name a session that no token is bound to, but a session all the same.
    Ok(found.and_then(|value| bar(&value).map(|at| String::from_utf8_lossy(&value[at + 1..]))))
}

/// The cookies of one header: name and value, the name empty where there is no `=`.
struct Cookies<'a>(&'a [u8]);

impl<'a> Iterator for Cookies<'a> {
    type Item = Result<(&'a [u8], &'a [u8]), Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.0.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b',' | b';'))?;
        let rest = &self.0[start..];
        let end = rest.iter().position(|byte| *byte == b';').unwrap_or(rest.len());
        let (cookie, rest) = rest.split_at(end);
        self.0 = rest;
        Some(parse(cookie))
    }
}

fn parse(cookie: &[u8]) -> Result<(&[u8], &[u8]), Unreadable> {
    let (name, value) = match cookie.iter().position(|byte| *byte == b'=') {
        Some(0) => return Err(Unreadable),
        Some(at) => (&cookie[..at], &cookie[at + 1..]),
        None => (cookie, &b""[..]),
    };
    let is_control = |byte: &u8| matches!(byte, b'\t'..=b'\r');
    if name.contains(&b',') || name.iter().chain(value).any(is_control) {
        return Err(Unreadable);
    }
    let length = value.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    Ok(if name.len() == cookie.len() { (&b""[..], name) } else { (name, &value[..length]) })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn session_of(cookies: &[&[u8]]) -> Result<Option<String>, Unreadable> {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(COOKIE, HeaderValue::from_bytes(cookie).unwrap());
        }
        session(&headers).map(|session| session.map(Cow::into_owned))
    }

    #[test]
    fn the_session_is_what_follows_the_first_bar_of_the_first_sid_cookie() {
        let rows: &[(&[&[u8]], Option<&str>)] = &[
            (&[], None),
            (&[b""], None),
            (&[b"SID=nonce|s"], Some("s")),
            (&[b"SID=nonce|s|t"], Some("s|t")),
            (&[b"SID=nonce|s=t"], Some("s=t")),
            (&[b"SID=|s"], Some("s")),
            (&[b"SID=n|"], Some("")),
            (&[b"a=b; SID=n|s; SID=n|t"], Some("s")),
            (&[b"a=b", b"SID=n|s"], Some("s")),
            (&[b"SID=n|s", b"SID=n|t"], Some("s")),
            (&[b"SID=n; SID=n|s"], None),
            (&[b"SID=undefined"], None),
            (&[b"sid=n|s; XSID=n|s; SID"], None),
            (&[b"SID"], None),
            // Blanks before a cookie and behind its value count for nothing, others belong to it.
            (&[b",; \tSID=n|s  ; a=b"], Some("s")),
            (&[b"SID =n|s"], None),
            (&[b"SID= n|s"], Some("s")),
            (&[b"SID=n| s"], Some(" s")),
            (&[b"a=b, SID=n|s"], None),
            (&[b"flag; SID=n|s"], Some("s")),
            (&[b"\xff=\xfe; SID=n|s"], Some("s")),
            (&[b"SID=n|\xff"], Some("\u{fffd}")),
        ];
        for (cookies, expected) in rows {
            assert_eq!(session_of(cookies), Ok(expected.map(str::to_owned)), "{cookies:?}");
        }
    }

    #[test]
    fn one_cookie_that_cannot_be_read_spoils_them_all() {
        for cookies in [
            &[&b"="[..]][..],
            &[b"=x"],
            &[b"SID=n|s; =x"],
            &[b"SID=n|s", b"=x"],
            &[b"a,b=c"],
            &[b"SID,"],
            &[b"a\tb=c"],
            &[b"SID=n|s\t; a=b"],
            &[b"a=b\tc"],
            &[b"flag\t; SID=n|s"],
        ] {
            assert_eq!(session_of(cookies), Err(Unreadable), "{cookies:?}");
        }
    }
}
