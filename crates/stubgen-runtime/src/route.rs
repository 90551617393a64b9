//! Routing on raw path segments: split first, decoded afterwards, so that `%2F` stays inside its segment.
//! Literal segments win over templates with fixed parts, and these over plain variables; a path that leads
//! nowhere is retried with the next best. A trailing slash counts only where there is a path with it and one without. Operations that share
//! path and method are told apart by the value of a query parameter or header.

use std::collections::BTreeMap;
use std::ops::Range;

use http::HeaderMap;
use memchr::memchr;

use crate::definition::{Definition, Location, Method};
use crate::options::Options;
use crate::page;
use crate::parameters::{decoded, is_well_encoded, query_values};
use crate::rejection::{Problem, Rejection};

/// The routing table of an API.
pub(crate) struct Routes {
    nodes: Vec<Node>,
    /// For each operation, which captured segment each of its parameters is.
    captures: Vec<Vec<Option<usize>>>,
}

/// What a path leads to.
#[derive(Default)]
pub(crate) struct Endpoint {
    operations: [Option<usize>; Method::ALL.len()],
    /// Operations for requests with a certain value somewhere.
    selected: Vec<(Method, Selector, usize)>,
    /// The document that is served here.
    pub(crate) document: Option<Document>,
    /// The value of `Allow`.
    pub(crate) allow: String,
}

/// The value of a query parameter or header that tells an operation from others of its path and method.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Selector {
    location: Location,
    name: String,
    value: String,
}

/// The document in one of its forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    Json,
    Yaml,
    /// For people.
    Page,
}

/// A path that leads somewhere, with the byte ranges of its variables.
pub(crate) struct Matched<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) captures: Vec<Range<usize>>,
}

/// The path of a request.
#[derive(Clone, Copy)]
struct Target<'a> {
    path: &'a str,
    /// Whether anything in it is percent-encoded.
    is_encoded: bool,
}

#[derive(Default)]
struct Node {
    literals: BTreeMap<Box<str>, usize>,
    templates: Vec<(Template, usize)>,
    variable: Option<usize>,
    endpoint: Option<Endpoint>,
    /// The endpoint of the same path with a trailing slash.
    slashed: Option<Endpoint>,
}

/// A segment with variables and fixed parts, such as `{name}.{extension}`: `head` and then, for each variable,
/// the text that follows it. Each variable takes as little as it can, and at least something.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Template {
    head: String,
    tails: Vec<String>,
}

impl Routes {
    /// Builds the table. Of two operations with the same method and the same shape of path, which no valid
    /// document has, the first wins.
    pub(crate) fn new(definition: &Definition, options: &Options) -> Self {
        let mut routes = Self { nodes: vec![Node::default()], captures: Vec::new() };
        for (index, operation) in definition.operations.iter().enumerate() {
            let (path, selector) = split(operation.path);
            let node = routes.insert(definition.base_path, path);
            let node = &mut routes.nodes[node];
            let place = if is_slashed(path) { &mut node.slashed } else { &mut node.endpoint };
            let endpoint = place.get_or_insert_default();
            if let Some(selector) = selector {
                endpoint.selected.push((operation.method, selector, index));
            } else {
                let slot = &mut endpoint.operations[operation.method as usize];
                *slot = slot.or(Some(index));
            }
            let names = variables(path);
            let position = |parameter: &crate::definition::Parameter| {
                (parameter.location == Location::Path)
                    .then(|| names.iter().position(|name| *name == parameter.name))
                    .flatten()
            };
            routes.captures.push(operation.parameters.iter().map(position).collect());
        }
        // `docs` is a name that a variable of the API may well have; the page is not worth a value that cannot be asked for.
        let is_free = routes.find(&format!("{}{}", definition.base_path, page::PATH)).is_err();
        for (path, document, is_served) in [
            ("/openapi.json", Document::Json, options.serve_document),
            ("/openapi.yaml", Document::Yaml, options.serve_document),
            (page::PATH, Document::Page, options.serve_page && is_free),
        ] {
            if is_served {
                let node = routes.insert(definition.base_path, path);
                routes.nodes[node].endpoint.get_or_insert_default().document = Some(document);
            }
        }
        for node in &mut routes.nodes {
            for endpoint in node.endpoint.iter_mut().chain(&mut node.slashed) {
                endpoint.allow = endpoint.allowed();
            }
        }
        routes
    }

    /// Which captured segment a parameter of an operation is.
    pub(crate) fn capture(&self, operation: usize, parameter: usize) -> Option<usize> {
        self.captures.get(operation)?.get(parameter).copied().flatten()
    }

    /// Finds what a request path leads to.
    pub(crate) fn find(&self, path: &str) -> Result<Matched<'_>, Rejection> {
        let mut captures = Vec::new();
        let rest = Some(without_slashes(path)).filter(|rest| !rest.is_empty());
        let target = Target { path, is_encoded: memchr(b'%', path.as_bytes()).is_some() };
        match self.descend(0, rest, target, &mut captures) {
            Some(endpoint) => Ok(Matched { endpoint, captures }),
            None => Err(unmatched(path)),
        }
    }

    fn insert(&mut self, base: &str, path: &str) -> usize {
        let mut node = 0;
        for segment in segments(base).chain(segments(path)) {
            let next = self.nodes.len();
            let current = &mut self.nodes[node];
            node = match parse(segment) {
                Segment::Literal(literal) => {
                    let literal = decoded(literal).unwrap_or(literal.into());
                    *current.literals.entry(literal.into()).or_insert(next)
                }
                Segment::Variable => *current.variable.get_or_insert(next),
                Segment::Template(template) => {
                    if let Some((_, node)) = current.templates.iter().find(|(known, _)| *known == template) {
                        *node
                    } else {
                        current.templates.push((template, next));
                        // The one with more fixed text is the more particular one.
                        current.templates.sort_by_key(|(template, _)| std::cmp::Reverse(template.fixed()));
                        next
                    }
                }
            };
            if node == next {
                self.nodes.push(Node::default());
            }
        }
        node
    }

    fn descend(
        &self,
        node: usize,
        rest: Option<&str>,
        target: Target<'_>,
        captures: &mut Vec<Range<usize>>,
    ) -> Option<&Endpoint> {
        let node = &self.nodes[node];
        let path = target.path;
        let Some(rest) = rest else {
            let (first, second) = (&node.endpoint, &node.slashed);
            let (first, second) = if is_slashed(path) { (second, first) } else { (first, second) };
            return first.as_ref().or(second.as_ref());
        };
        let (segment, rest) = match memchr(b'/', rest.as_bytes()) {
            Some(end) => (&rest[..end], Some(&rest[end + 1..])),
            None => (rest, None),
        };
        let literal = if target.is_encoded {
            decoded(segment).ok().and_then(|text| node.literals.get(&*text))
        } else {
            node.literals.get(segment)
        };
        if let Some(next) = literal
            && let Some(found) = self.descend(*next, rest, target, captures)
        {
            return Some(found);
        }
        let depth = captures.len();
        for (template, next) in &node.templates {
            if let Some(found) = template.capture(segment, path) {
                captures.extend(found);
                if let Some(found) = self.descend(*next, rest, target, captures) {
                    return Some(found);
                }
                captures.truncate(depth);
            }
        }
        let next = node.variable?;
        captures.push(span(path, segment));
        let found = self.descend(next, rest, target, captures);
        if found.is_none() {
            captures.truncate(depth);
        }
        found
    }
}

impl Endpoint {
    /// The operation of a method; where several share it, the one for requests without any of their values, or else the first.
    pub(crate) fn operation(&self, method: Method) -> Option<usize> {
        let first = || self.selected.iter().find(|(of, ..)| *of == method).map(|(.., operation)| *operation);
        self.operations[method as usize].or_else(first)
    }

    /// The operation of a method for a request: one whose value it has, or else as [`Self::operation`].
    pub(crate) fn operation_for(
        &self,
        method: Method,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> Option<usize> {
        let mut selected = self.selected.iter().filter(|(of, ..)| *of == method);
        let met = selected.find(|(_, selector, _)| selector.is_met(query, headers));
        met.map(|(.., operation)| *operation).or_else(|| self.operation(method))
    }

    /// Any operation here, to name parameters when the method has none.
    pub(crate) fn any_operation(&self) -> Option<usize> {
        Method::ALL.into_iter().find_map(|method| self.operation(method))
    }

    fn allowed(&self) -> String {
        let get = self.operation(Method::Get).is_some() || self.document.is_some();
        let allowed = |method: &Method| match method {
            Method::Get | Method::Head => get || self.operation(*method).is_some(),
            Method::Options => true,
            method => self.operation(*method).is_some(),
        };
        let names: Vec<&str> =
            Method::ALL.iter().filter(|method| allowed(method)).map(|method| method.as_str()).collect();
        names.join(", ")
    }
}

impl Selector {
    fn is_met(&self, query: Option<&str>, headers: &HeaderMap) -> bool {
        if self.location == Location::Query {
            return query_values(query, &self.name).any(|value| *value == *self.value.as_bytes());
        }
        headers.get_all(self.name.as_str()).iter().any(|value| value.as_bytes() == self.value.as_bytes())
    }
}

/// The path of an operation, and what tells it from others of the path.
fn split(path: &str) -> (&str, Option<Selector>) {
    let selector = path.find(['?', '#']).and_then(|at| {
        let location = if path[at..].starts_with('?') { Location::Query } else { Location::Header };
        let (name, value) = path[at + 1..].split_once('=')?;
        let text = |raw: &str| decoded(raw).map_or_else(|_| raw.to_owned(), |text| text.to_string());
        Some((at, Selector { location, name: text(name), value: text(value) }))
    });
    match selector {
        Some((at, selector)) => (&path[..at], Some(selector)),
        None => (path, None),
    }
}

/// What is wrong with a captured segment, if anything: an empty one, a dot segment (however encoded), bad
/// encoding.
pub(crate) fn check_capture(raw: &str, parameter: Option<&'static str>) -> Result<(), Rejection> {
    let malformed = |reason| Rejection::MalformedPath { parameter, reason };
    match decoded(raw) {
        Ok(text) if text.is_empty() => Err(match parameter {
            Some(name) => {
                Rejection::InvalidParameter { name, location: Location::Path, problem: Problem::Empty }
            }
            None => malformed("is empty"),
        }),
        Ok(text) if is_dot_segment(&text) => Err(malformed(DOT_SEGMENT)),
        Ok(_) => Ok(()),
        Err(Problem::NotUtf8) => Err(malformed(NOT_UTF8)),
        Err(_) => Err(malformed(BAD_ENCODING)),
    }
}

/// The variables of one operation's path in a request path that does not have the base path, and in which
/// empty segments count for nothing: dropshot has routed it by those rules.
pub(crate) fn find_mounted(
    definition: &Definition,
    operation: usize,
    path: &str,
) -> Option<Vec<Range<usize>>> {
    let mut captures = Vec::new();
    let is_full = |segment: &&str| !segment.is_empty();
    let mut wanted = segments(split(definition.operations.get(operation)?.path).0).filter(is_full);
    for segment in path.split('/').filter(is_full) {
        let template = parse(wanted.next()?);
        match template {
            Segment::Literal(_) => {}
            Segment::Variable => captures.push(span(path, segment)),
            Segment::Template(template) => captures.extend(template.capture(segment, path)?),
        }
    }
    wanted.next().is_none().then_some(captures)
}

const DOT_SEGMENT: &str = "is a dot segment; write the path out";
const NOT_UTF8: &str = "is not UTF-8 after percent-decoding";
const BAD_ENCODING: &str = "has a % that is not followed by two hexadecimal digits";

enum Segment<'a> {
    Literal(&'a str),
    Variable,
    Template(Template),
}

impl Template {
    fn fixed(&self) -> usize {
        self.head.len() + self.tails.iter().map(String::len).sum::<usize>()
    }

    /// The ranges of the variables, each at least one character long, or none when the fixed parts do not fit.
    fn capture(&self, segment: &str, path: &str) -> Option<Vec<Range<usize>>> {
        let mut rest = &segment[fixed_length(segment, &self.head)?..];
        let mut captures = Vec::with_capacity(self.tails.len());
        for (index, tail) in self.tails.iter().enumerate() {
            let last = index + 1 == self.tails.len();
            let ends_here = |at: usize| {
                fixed_length(&rest[at..], tail).filter(|length| !last || at + length == rest.len())
            };
            let mut at = character_length(rest)?;
            let length = loop {
                match ends_here(at) {
                    Some(length) => break length,
                    None => at += character_length(&rest[at..])?,
                }
            };
            captures.push(span(path, &rest[..at]));
            rest = &rest[at + length..];
        }
        Some(captures)
    }
}

/// How long the fixed text is at the beginning of the raw one. Characters that have a meaning of their own in a path are that
/// text only when they are not encoded: an encoded `:` belongs to a value.
fn fixed_length(raw: &str, fixed: &str) -> Option<usize> {
    const RESERVED: &[u8] = b":/?#[]@!$&'()*+,;=";
    let bytes = raw.as_bytes();
    let mut at = 0;
    for wanted in fixed.bytes() {
        let found = *bytes.get(at)?;
        if found == b'%' {
            if encoded_byte(&raw[at..])? != wanted || RESERVED.contains(&wanted) {
                return None;
            }
            at += 3;
        } else if found == wanted {
            at += 1;
        } else {
            return None;
        }
    }
    Some(at)
}

/// How long the first character is, with all of its bytes when they are encoded.
fn character_length(raw: &str) -> Option<usize> {
    let first = raw.chars().next()?;
    if encoded_byte(raw).is_none() {
        return Some(first.len_utf8());
    }
    let mut length = 3;
    while encoded_byte(&raw[length..]).is_some_and(|byte| (0x80..0xc0).contains(&byte)) {
        length += 3;
    }
    Some(length)
}

/// The byte that is percent-encoded at the beginning.
fn encoded_byte(raw: &str) -> Option<u8> {
    u8::from_str_radix(raw.strip_prefix('%')?.get(..2)?, 16).ok()
}

fn unmatched(path: &str) -> Rejection {
    let malformed = |reason| Rejection::MalformedPath { parameter: None, reason };
    for segment in path.split('/') {
        match decoded(segment) {
            Ok(text) if is_dot_segment(&text) => return malformed(DOT_SEGMENT),
            Ok(_) => {}
            Err(_) if is_well_encoded(segment) => return malformed(NOT_UTF8),
            Err(_) => return malformed(BAD_ENCODING),
        }
    }
    Rejection::NotFound
}

fn is_dot_segment(text: &str) -> bool {
    text == "." || text == ".."
}

/// The path after its first slash and without one trailing slash.
fn without_slashes(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_suffix('/').unwrap_or(path)
}

/// Whether a path ends in a slash that is not its first one.
fn is_slashed(path: &str) -> bool {
    path.len() > 1 && path.ends_with('/')
}

/// The segments of a path of the definition.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = without_slashes(path);
    path.split('/').filter(move |_| !path.is_empty())
}

fn parse(segment: &str) -> Segment<'_> {
    let Some((head, mut rest)) = segment.split_once('{') else { return Segment::Literal(segment) };
    let mut tails = Vec::new();
    while let Some((_, after)) = rest.split_once('}') {
        let (tail, next) = after.split_once('{').unwrap_or((after, ""));
        tails.push(tail.to_owned());
        rest = next;
    }
    // Braces that do not match are text.
    if tails.is_empty() {
        return Segment::Literal(segment);
    }
    if head.is_empty() && tails.len() == 1 && tails[0].is_empty() {
        return Segment::Variable;
    }
    Segment::Template(Template { head: head.to_owned(), tails })
}

/// The names of the variables of a path, in order.
fn variables(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect()
}

/// Where a part of a path stands in it.
fn span(path: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - path.as_ptr() as usize;
    start..start + part.len()
}

#[cfg(test)]
#[path = "route_tests.rs"]
mod tests;
