//! Path templates: what a router can tell apart, and what of it dropshot's router can.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostics, Kind};
use crate::load::At;

/// A segment of a path template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment<'a> {
    Literal(&'a str),
    /// A variable that is a whole segment.
    Variable(&'a str),
    /// Text and variables together, such as `{id}.json`.
    Mixed(Vec<&'a str>),
}

/// The segments of a template; `None` when its braces do not match.
pub(super) fn segments(path: &str) -> Option<Vec<Segment<'_>>> {
    let path = path.strip_prefix('/')?;
    if path.is_empty() {
        return Some(Vec::new());
    }
    path.split('/').map(segment).collect()
}

fn segment(text: &str) -> Option<Segment<'_>> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['{', '}']) {
        let inner = rest[start..].strip_prefix('{')?;
        let end = inner.find(['{', '}'])?;
        if !inner[end..].starts_with('}') || end == 0 {
            return None;
        }
        names.push(&inner[..end]);
        rest = &inner[end + 1..];
    }
    Some(match names.as_slice() {
        [] => Segment::Literal(text),
        [name] if name.len() + 2 == text.len() => Segment::Variable(name),
        _ => Segment::Mixed(names),
    })
}

/// The variables of a template, in their order.
pub(super) fn variables(path: &str) -> Vec<&str> {
    let variables = segments(path).into_iter().flatten().flat_map(|segment| match segment {
        Segment::Literal(_) => Vec::new(),
        Segment::Variable(name) => vec![name],
        Segment::Mixed(names) => names,
    });
    variables.collect()
}

/// A key of `paths` without the parameter that tells its operations from others of the same path: `?NAME=VALUE` for one of the query,
/// `#NAME=VALUE` for a header, as `repair` writes it.
pub(super) fn without_selector(key: &str) -> &str {
    let (path, selector) = key.split_at(key.find(['?', '#']).unwrap_or(key.len()));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~%=".contains(c);
    let is_selector = selector.contains('=') && selector.chars().skip(1).all(plain);
    if is_selector { path } else { key }
}

/// What the operations so far answer.
pub(super) struct Routes {
    /// Methods by template, with variables of any name as one.
    methods: BTreeMap<String, BTreeSet<String>>,
    /// What stands at each position that dropshot's router knows: a literal, or a variable's name.
    positions: BTreeMap<String, Position>,
}

impl Default for Routes {
    /// Operations that dropshot cannot say stand for themselves below a literal first segment.
    fn default() -> Self {
        Self { methods: BTreeMap::new(), positions: BTreeMap::from([(String::new(), Position::Literals)]) }
    }
}

#[derive(Clone, Default, PartialEq, Eq)]
enum Position {
    #[default]
    Empty,
    Literals,
    Variable(String),
}

/// Reports what no router could make sense of, and a second operation that answers the same requests.
pub(super) fn check(
    path: &str,
    method: &str,
    at: &At<'_>,
    routes: &mut Routes,
    diagnostics: &mut Diagnostics,
) {
    if !path.starts_with('/') {
        let help = format!("write `/{path}`");
        at.report(diagnostics, Kind::InvalidValue, &format!("the path `{path}` must start with `/`"), &help);
        return;
    }
    if path.contains(['?', '#']) {
        let message = format!("the path `{path}` has a character that ends a path");
        at.report(diagnostics, Kind::InvalidValue, &message, "declare query parameters as parameters");
        return;
    }
    let Some(segments) = segments(path) else {
        let message = format!("the braces of the path `{path}` do not match");
        at.report(diagnostics, Kind::InvalidValue, &message, "write each parameter as `{name}`");
        return;
    };
    let mut seen = BTreeSet::new();
    for name in variables(path) {
        if !seen.insert(name) {
            let message = format!("the path `{path}` has the parameter `{name}` twice");
            at.report(diagnostics, Kind::InvalidValue, &message, "rename one of them");
        }
    }
    let same: Vec<_> = segments.iter().map(anonymous).collect();
    if !routes.methods.entry(same.join("/")).or_default().insert(method.to_owned()) {
        let message =
            format!("`{} {path}` answers the same requests as another operation", method.to_uppercase());
        at.report(diagnostics, Kind::RouteCollision, &message, "remove one of the two");
    }
}

fn anonymous(segment: &Segment<'_>) -> String {
    match segment {
        Segment::Literal(text) => (*text).to_owned(),
        Segment::Variable(_) => "{}".to_owned(),
        Segment::Mixed(names) => format!("{{{}}}", names.len()),
    }
}

/// Whether dropshot's router can take the path beside those that it has taken; if so, it is taken.
pub(super) fn dropshot_can_route(path: &str, routes: &mut Routes) -> bool {
    let Some(segments) = segments(path) else { return false };
    if (path.len() > 1 && path.ends_with('/')) || path.contains(['%', ':', '*', '?', '#']) {
        return false;
    }
    let mut wanted = Vec::new();
    let mut prefix = String::new();
    for segment in &segments {
        let position = match segment {
            Segment::Literal(text) if !text.is_empty() => Position::Literals,
            Segment::Variable(name) if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
                Position::Variable((*name).to_owned())
            }
            _ => return false,
        };
        let known = routes.positions.get(&prefix).cloned().unwrap_or_default();
        if known != Position::Empty && known != position {
            return false;
        }
        wanted.push((prefix.clone(), position));
        prefix.push('/');
        prefix.push_str(&anonymous(segment));
    }
    routes.positions.extend(wanted);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_split_into_literals_and_variables() {
        use Segment::{Literal, Mixed, Variable};
        let rows = [
            ("/", Some(vec![])),
            ("/a/{b}", Some(vec![Literal("a"), Variable("b")])),
            ("/a/{b}.json", Some(vec![Literal("a"), Mixed(vec!["b"])])),
            ("/{b}-{c}", Some(vec![Mixed(vec!["b", "c"])])),
            ("/a/{}", None),
            ("/a/{b", None),
            ("/a//b", Some(vec![Literal("a"), Literal(""), Literal("b")])),
            ("a", None),
        ];
        for (path, expected) in rows {
            assert_eq!(segments(path), expected, "{path}");
        }
    }

    #[test]
    fn dropshot_takes_paths_that_do_not_overlap() {
        let mut routes = Routes::default();
        let rows = [
            ("/users/{id}", true),
            ("/users/{id}/x", true),
            ("/users/me", false),
            ("/users/{name}/y", false),
            ("/a/{b}.json", false),
            ("/a/b", true),
            ("/a/{c}", false),
            ("/c/", false),
            ("/{d}", false),
        ];
        for (path, expected) in rows {
            assert_eq!(dropshot_can_route(path, &mut routes), expected, "{path}");
        }
    }
}
