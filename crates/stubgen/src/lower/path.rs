//! Path templates: what a router can tell apart, checked before dropshot's router would panic.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostics, Kind};
use crate::feature::Feature;
use crate::load::At;

/// A segment of a path template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment<'a> {
    Literal(&'a str),
    Variable(&'a str),
}

/// The segments of a template whose every variable is a whole segment; `None` for any other template.
pub(super) fn segments(path: &str) -> Option<Vec<Segment<'_>>> {
    let path = path.strip_prefix('/')?;
    if path.is_empty() {
        return Some(Vec::new());
    }
    path.split('/')
        .map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if !name.is_empty() && !name.contains(['{', '}', ':']) => {
                Some(Segment::Variable(name))
            }
            None if !segment.contains(['{', '}']) => Some(Segment::Literal(segment)),
            _ => None,
        })
        .collect()
}

/// What stands at one position of all paths that agree before it.
#[derive(Default)]
struct Node<'a> {
    literal: Option<&'a str>,
    variable: Option<&'a str>,
}

pub(super) fn check(root: &At<'_>, diagnostics: &mut Diagnostics) {
    let Some(paths) = root.get("paths") else { return };
    let mut nodes: BTreeMap<String, Node<'_>> = BTreeMap::new();
    for (path, at) in paths.entries() {
        if path.starts_with("x-") {
            continue;
        }
        if !path.starts_with('/') {
            let help = format!("write `/{path}`");
            at.report(
                diagnostics,
                Kind::InvalidValue,
                &format!("the path `{path}` must start with `/`"),
                &help,
            );
            continue;
        }
        if path.contains(['?', '#', '%']) {
            let message = format!("the path `{path}` has a character that ends a path or escapes one");
            let help = "declare query parameters as parameters, and write characters as they are, unescaped";
            at.report(diagnostics, Kind::InvalidValue, &message, help);
            continue;
        }
        if path.len() > 1 && path.ends_with('/') {
            at.unsupported(diagnostics, Feature::TrailingSlash, &format!("the path `{path}`"));
            continue;
        }
        let Some(segments) = segments(path) else {
            at.unsupported(diagnostics, Feature::PartialSegment, &format!("the path `{path}`"));
            continue;
        };
        one_path(path, &segments, &at, &mut nodes, diagnostics);
    }
}

fn one_path<'a>(
    path: &'a str,
    segments: &[Segment<'a>],
    at: &At<'_>,
    nodes: &mut BTreeMap<String, Node<'a>>,
    diagnostics: &mut Diagnostics,
) {
    let mut prefix = String::new();
    let mut seen = Vec::new();
    for segment in segments {
        let node = nodes.entry(prefix.clone()).or_default();
        match *segment {
            Segment::Literal("") => {
                let message = format!("the path `{path}` has an empty segment");
                at.report(diagnostics, Kind::InvalidValue, &message, "remove the doubled slash");
                return;
            }
            Segment::Literal(literal) => {
                node.literal = Some(literal);
                prefix.push('/');
                prefix.push_str(literal);
            }
            Segment::Variable(name) => {
                if seen.contains(&name) {
                    let message = format!("the path `{path}` has the parameter `{name}` twice");
                    at.report(diagnostics, Kind::InvalidValue, &message, "rename one of them");
                    return;
                }
                seen.push(name);
                if node.variable.is_some_and(|other| other != name) {
                    let what = format!("the path `{path}`, beside one that names the position otherwise");
                    at.unsupported(diagnostics, Feature::OverlappingPaths, &what);
                }
                node.variable = Some(name);
                prefix.push_str("/{}");
            }
        }
        if let (Some(literal), Some(variable)) = (node.literal, node.variable) {
            let what =
                format!("the path `{path}`, where `{literal}` and `{{{variable}}}` stand at one position");
            at.unsupported(diagnostics, Feature::OverlappingPaths, &what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_split_into_literals_and_variables() {
        use Segment::{Literal, Variable};
        let rows = [
            ("/", Some(vec![])),
            ("/a/{b}", Some(vec![Literal("a"), Variable("b")])),
            ("/a/{b}.json", None),
            ("/a/{b}-{c}", None),
            ("/a/{}", None),
            ("/a//b", Some(vec![Literal("a"), Literal(""), Literal("b")])),
            ("a", None),
        ];
        for (path, expected) in rows {
            assert_eq!(segments(path), expected, "{path}");
        }
    }
}
