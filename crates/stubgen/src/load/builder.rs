//! Builds values and positions from YAML events on an explicit stack: no nesting of the text can overflow ours.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};
use serde_json::{Map, Value};

use super::document::{Document, Places};
use super::{Finding, MAX_DEPTH, MAX_VALUES, scalar};
use crate::Source;
use crate::diagnostic::{Kind, Position};
use crate::pointer::Pointer;

/// A finished value with its place and how many values it contains.
#[derive(Clone)]
struct Built {
    value: Value,
    places: Places,
    size: usize,
}

/// A collection that is still open.
enum Open {
    Sequence { anchor: usize, at: Position, values: Vec<Value>, places: Vec<Places>, size: usize },
    Mapping(Mapping),
}

struct Mapping {
    anchor: usize,
    at: Position,
    key: Option<(String, Position)>,
    values: Map<String, Value>,
    places: HashMap<String, Places>,
    /// Objects named by merge keys (`<<`); their members give way to the mapping's own.
    merged: Vec<Built>,
    size: usize,
}

struct Builder {
    stack: Vec<Open>,
    anchors: HashMap<usize, Built>,
    root: Option<Built>,
    findings: Vec<Finding>,
    total: usize,
}

/// The document and what is wrong with it, or only that. Of a duplicate key the first value stays, so that the rest is still looked at.
pub(super) fn build(source: &Source<'_>) -> Result<(Document, Vec<Finding>), Vec<Finding>> {
    let mut builder =
        Builder { stack: Vec::new(), anchors: HashMap::new(), root: None, findings: Vec::new(), total: 0 };
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(source.text);
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                builder.finding(Kind::Syntax, position(*error.marker()), error.info().to_owned(), FIX_SYNTAX);
                return Err(builder.findings);
            }
        };
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents > 1 {
                let message = "a second YAML document starts here, and an OpenAPI document is one".to_owned();
                builder.finding(
                    Kind::Syntax,
                    position(span.start),
                    message,
                    "remove the `---` and what follows",
                );
                return Err(builder.findings);
            }
        }
        if builder.event(event, span).is_err() {
            return Err(builder.findings);
        }
    }
    match builder.root {
        Some(root) => {
            let document = Document { name: source.name.to_owned(), root: root.value, places: root.places };
            Ok((document, builder.findings))
        }
        None => {
            let start = Position { line: 1, column: 1 };
            let message = "the document is empty".to_owned();
            builder.findings.push((
                Kind::Syntax,
                start,
                Pointer::root(),
                message,
                "start with `openapi: 3.0.3`",
            ));
            Err(builder.findings)
        }
    }
}

const FIX_SYNTAX: &str = "correct the YAML (or JSON) at this place; an editor with YAML support shows it";

/// The text goes beyond a bound, and reading on would be pointless.
struct Stop;

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        let at = position(span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if self.takes_key() {
                    self.key(text.into_owned(), at);
                    return Ok(());
                }
                let tagged_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let value = if style == ScalarStyle::Plain && !tagged_text {
                    scalar::plain(&text)
                } else {
                    Value::String(text.into_owned())
                };
                self.finish(Built { value, places: Places::leaf(at), size: 1 }, anchor, at)
            }
            Event::SequenceStart(anchor, _) => {
                self.no_collection_as_key(at)?;
                self.open(Open::Sequence { anchor, at, values: Vec::new(), places: Vec::new(), size: 1 }, at)
            }
            Event::MappingStart(anchor, _) => {
                self.no_collection_as_key(at)?;
                self.open(Open::Mapping(Mapping::new(anchor, at)), at)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(Open::Sequence { anchor, at, values, places, size }) => {
                    let places = Places { at, members: HashMap::new(), elements: places };
                    self.finish(Built { value: Value::Array(values), places, size }, anchor, at)
                }
                Some(Open::Mapping(mapping)) => {
                    let (anchor, at) = (mapping.anchor, mapping.at);
                    let built = mapping.close();
                    self.finish(built, anchor, at)
                }
                None => Ok(()),
            },
            Event::Alias(id) => self.alias(id, at),
            _ => Ok(()),
        }
    }

    fn takes_key(&self) -> bool {
        matches!(self.stack.last(), Some(Open::Mapping(mapping)) if mapping.key.is_none())
    }

    fn key(&mut self, key: String, at: Position) {
        let Some(Open::Mapping(mapping)) = self.stack.last_mut() else { return };
        if mapping.values.contains_key(&key) {
            let message = format!(
                "the key `{key}` stands twice in this object, and the second would replace the first"
            );
            mapping.key = Some((key, at));
            self.finding(Kind::DuplicateKey, at, message, "remove or rename one of them");
            return;
        }
        mapping.key = Some((key, at));
    }

    fn no_collection_as_key(&mut self, at: Position) -> Result<(), Stop> {
        if self.takes_key() {
            let message = "a list or an object stands where a key is expected".to_owned();
            self.finding(Kind::Syntax, at, message, "keys are text");
            return Err(Stop);
        }
        Ok(())
    }

    fn open(&mut self, open: Open, at: Position) -> Result<(), Stop> {
        if self.stack.len() >= MAX_DEPTH {
            let message = format!("values nest deeper than {MAX_DEPTH} levels");
            self.finding(Kind::TooLarge, at, message, "move inner schemas to components and refer to them");
            return Err(Stop);
        }
        self.stack.push(open);
        Ok(())
    }

    fn alias(&mut self, id: usize, at: Position) -> Result<(), Stop> {
        if self.takes_key() {
            let Some(key) = self.anchors.get(&id).and_then(|built| built.value.as_str()) else {
                return self.no_collection_as_key(at);
            };
            self.key(key.to_owned(), at);
            return Ok(());
        }
        let Some(built) = self.anchors.get(&id) else {
            let message = "this alias is used inside of what it names".to_owned();
            self.finding(Kind::Syntax, at, message, "use a $ref for recursive schemas");
            return Err(Stop);
        };
        if self.total + built.size > MAX_VALUES {
            let message = format!("aliases expand to more than {MAX_VALUES} values");
            self.finding(Kind::TooLarge, at, message, "use $ref instead of aliases");
            return Err(Stop);
        }
        let built = built.clone();
        self.finish(built, 0, at)
    }

    /// Hands a finished value to the collection around it.
    fn finish(&mut self, built: Built, anchor: usize, at: Position) -> Result<(), Stop> {
        self.total += built.size;
        if self.total > MAX_VALUES.saturating_mul(2) {
            self.finding(Kind::TooLarge, at, format!("more than {MAX_VALUES} values"), "split the document");
            return Err(Stop);
        }
        if anchor != 0 {
            self.anchors.insert(anchor, built.clone());
        }
        match self.stack.last_mut() {
            None => self.root = Some(built),
            Some(Open::Sequence { values, places, size, .. }) => {
                *size += built.size;
                values.push(built.value);
                places.push(built.places);
            }
            Some(Open::Mapping(mapping)) => mapping.insert(built),
        }
        Ok(())
    }

    fn finding(&mut self, kind: Kind, at: Position, message: String, help: &'static str) {
        let pointer = self.pointer();
        self.findings.push((kind, at, pointer, message, help));
    }

    fn pointer(&self) -> Pointer {
        self.stack.iter().fold(Pointer::root(), |pointer, open| match open {
            Open::Sequence { values, .. } => pointer.index(values.len()),
            Open::Mapping(mapping) => match &mapping.key {
                Some((key, _)) => pointer.key(key),
                None => pointer,
            },
        })
    }
}

impl Mapping {
    fn new(anchor: usize, at: Position) -> Self {
        Self {
            anchor,
            at,
            key: None,
            values: Map::new(),
            places: HashMap::new(),
            merged: Vec::new(),
            size: 1,
        }
    }

    fn insert(&mut self, built: Built) {
        let Some((key, at)) = self.key.take() else { return };
        if self.values.contains_key(&key) {
            return;
        }
        self.size += built.size;
        if key == "<<" && (built.value.is_object() || built.value.is_array()) {
            self.merged.push(built);
            return;
        }
        let mut places = built.places;
        places.at = at;
        self.places.insert(key.clone(), places);
        self.values.insert(key, built.value);
    }

    fn close(mut self) -> Built {
        for merged in std::mem::take(&mut self.merged) {
            self.merge(merged.value, &merged.places);
        }
        let places = Places { at: self.at, members: self.places, elements: Vec::new() };
        Built { value: Value::Object(self.values), places, size: self.size }
    }

    fn merge(&mut self, value: Value, places: &Places) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    if !self.values.contains_key(&key) {
                        if let Some(place) = places.members.get(&key) {
                            self.places.insert(key.clone(), place.clone());
                        }
                        self.values.insert(key, value);
                    }
                }
            }
            Value::Array(elements) => {
                for (i, element) in elements.into_iter().enumerate() {
                    if let Some(place) = places.elements.get(i) {
                        self.merge(element, place);
                    }
                }
            }
            _ => {}
        }
    }
}

fn position(marker: Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Document, Vec<Finding>> {
        let (document, findings) = build(&Source { name: "t.yaml", text })?;
        if findings.is_empty() { Ok(document) } else { Err(findings) }
    }

    fn only(text: &str) -> Finding {
        let findings = read(text).expect_err("a finding");
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings.into_iter().next().expect("one")
    }

    #[test]
    fn members_know_where_their_keys_stand() {
        let document = read("a:\n  b: [1, {c: 2}]\n").expect("valid");
        let place = |p: Pointer| document.position(&p);
        assert_eq!(place(Pointer::root().key("a").key("b")), Position { line: 2, column: 3 });
        let c = Pointer::root().key("a").key("b").index(1).key("c");
        assert_eq!(place(c), Position { line: 2, column: 11 });
    }

    #[test]
    fn json_is_read_as_it_is() {
        let document = read("{\"a\": [1, 2.5, null, true, \"x\\u0041\"], \"200\": {}}").expect("valid");
        assert_eq!(document.root, serde_json::json!({"a": [1, 2.5, null, true, "xA"], "200": {}}));
    }

    #[test]
    fn aliases_and_merge_keys_expand_and_own_members_win() {
        let document = read("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: *x\n").expect("valid");
        assert_eq!(document.root["y"], serde_json::json!({"b": 3, "a": 1}));
        assert_eq!(document.root["z"], serde_json::json!({"a": 1, "b": 2}));
    }

    #[test]
    fn both_duplicate_keys_of_a_document_are_found_with_their_lines() {
        let findings = read("a: 1\na: 2\nb: {c: 1, c: 2}\n").expect_err("duplicates");
        let places: Vec<_> = findings.iter().map(|(kind, at, ..)| (*kind, at.line)).collect();
        assert_eq!(places, [(Kind::DuplicateKey, 2), (Kind::DuplicateKey, 3)]);
    }

    #[test]
    fn a_billion_laughs_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..12 {
            let refs = vec![format!("*a{}", i - 1); 10].join(", ");
            text = format!("{text}a{i}: &a{i} [{refs}]\n");
        }
        assert_eq!(only(&text).0, Kind::TooLarge);
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert_eq!(only(&("[".repeat(200) + &"]".repeat(200))).0, Kind::TooLarge);
    }

    #[test]
    fn broken_text_says_where() {
        let (kind, at, ..) = only("a: [1, 2\nb: }\n");
        assert_eq!(kind, Kind::Syntax);
        assert!(at.line >= 1);
        assert_eq!(only("").0, Kind::Syntax);
        assert_eq!(only("a: 1\n---\nb: 2\n").0, Kind::Syntax);
    }
}
