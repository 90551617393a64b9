//! Which calls an answer is for: those of an operation that have at least what was set. Both sides are texts as the client writes them.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use super::{Facts, Received};
use crate::call::{Call, Parts};

/// What a URL parser encodes in a path.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'^');

/// Calls of an operation.
#[derive(PartialEq)]
pub(crate) struct Pattern(Parts);

impl Pattern {
    /// Calls that have what this one has; or why there can be none.
    pub(crate) fn new(call: Call) -> Result<Self, String> {
        call.parts().map(Self)
    }

    /// How much has to fit.
    pub(super) fn narrowness(&self) -> usize {
        let Parts { variables, query, headers, cookies, body, .. } = &self.0;
        variables.len() + query.len() + headers.len() + cookies.len() + usize::from(body.is_some())
    }

    pub(super) fn fits(&self, received: &Received) -> bool {
        let parts = &self.0;
        let pairs = pairs(received.query());
        let cookies = received.headers().get_all("cookie").into_iter();
        let cookies: Vec<_> = cookies.filter_map(|text| text.to_str().ok()).flat_map(|text| text.split("; ")).collect();
        received.operations.contains(&parts.operation)
            && path_fits(parts.path, received.path(), &parts.variables)
            && parts.query.iter().all(|(name, value)| pairs.contains(&(name, value)))
            && parts.headers.iter().all(|(name, value)| received.headers().get(name) == Some(value))
            && parts.cookies.iter().all(|cookie| cookie.split('&').all(|pair| cookies.iter().any(|all| all.split('&').any(|one| one == pair))))
            && parts.body.as_ref().is_none_or(|(media_type, body)| {
                let is_json = media_type.to_str().is_ok_and(|text| text.contains("json"));
                if is_json { json(body) == json(received.body()) } else { body == received.body() }
            })
    }
}

fn json(text: &[u8]) -> Option<Value> {
    serde_json::from_slice(text).ok()
}

fn pairs(query: Option<&str>) -> Vec<(&str, &str)> {
    let pairs = query.into_iter().flat_map(|query| query.split('&'));
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect()
}

/// The operations that a request can be of: those whose path says most by itself. There are several where only a parameter or the body
/// tells them apart.
pub(super) fn operations(facts: &Facts, received: &Received) -> Vec<&'static str> {
    let rows = facts.operations.iter().filter(|(_, method, _)| *method == received.method());
    let ranked = rows.filter_map(|(name, _, route)| Some((rank(route, received)?, *name)));
    let ranked: Vec<_> = ranked.collect();
    let best = ranked.iter().map(|(rank, _)| *rank).max();
    ranked.into_iter().filter(|(rank, _)| Some(*rank) == best).map(|(_, name)| name).collect()
}

/// How much a route says by itself, if a request is one of it: what is fixed beside the path, and then how few variables there are.
fn rank(route: &str, received: &Received) -> Option<(usize, std::cmp::Reverse<usize>)> {
    let path = route.split(['?', '#']).next().unwrap_or_default();
    if !path_fits(path, received.path(), &[]) {
        return None;
    }
    let rest = &route[path.len()..];
    let fixed = match rest.split_at_checked(1) {
        Some(("#", header)) => {
            let (name, value) = header.split_once('=').unwrap_or((header, ""));
            let has = received.headers().get(name).is_some_and(|text| text.as_bytes() == value.as_bytes());
            has.then_some(1)?
        }
        Some((_, query)) => {
            let (wanted, given) = (pairs(Some(query)), pairs(received.query()));
            wanted.iter().all(|pair| given.contains(pair)).then_some(wanted.len())?
        }
        None => 0,
    };
    Some((fixed, std::cmp::Reverse(path.matches('{').count())))
}

/// Whether a path is one of a template, with these values of its variables.
fn path_fits(template: &str, path: &str, variables: &[(&str, String)]) -> bool {
    // An operation may have a part of the query in its path.
    let template = template.split('?').next().unwrap_or_default();
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if segment_fits(wanted, given, variables) => {}
            _ => return false,
        }
    }
}

fn segment_fits(template: &str, text: &str, variables: &[(&str, String)]) -> bool {
    let variable = template.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (name, after))) = variable else {
        return text == utf8_percent_encode(template, PATH).to_string();
    };
    let Some(text) = text.strip_prefix(&utf8_percent_encode(before, PATH).to_string()) else { return false };
    match variables.iter().find(|(known, _)| *known == name) {
        Some((_, value)) => text.strip_prefix(value.as_str()).is_some_and(|rest| segment_fits(after, rest, variables)),
        None => (1..=text.len())
            .filter(|end| text.is_char_boundary(*end))
            .any(|end| segment_fits(after, &text[end..], variables)),
    }
}

impl fmt::Display for Pattern {
    /// Values of headers, cookies and bodies may be secret, and are not shown.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { operation, variables, query, headers, cookies, body, .. } = &self.0;
        write!(formatter, "`{operation}`")?;
        let values = variables.iter().map(|(name, value)| format!("{name} = {value}"));
        let names = query.iter().map(|(name, _)| format!("`{name}` in the query"));
        let headers = headers.iter().map(|(name, _)| format!("`{name}` in the header"));
        let cookies = cookies.iter().map(|cookie| format!("`{}` in a cookie", cookie.split('=').next().unwrap_or_default()));
        let body = body.iter().map(|_| "a body".to_owned());
        let all: Vec<_> = values.chain(names).chain(headers).chain(cookies).chain(body).collect();
        if all.is_empty() { Ok(()) } else { write!(formatter, " with {}", all.join(", ")) }
    }
}
