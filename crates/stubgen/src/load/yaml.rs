//! Builds values and positions from YAML events on an explicit stack: no nesting of the text can overflow ours.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};
use serde_json::{Map, Value};

use super::places::Spot;
use super::{Finding, MAX_DEPTH, MAX_VALUES, Read, repeated_key, scalar, too_deep, too_many};
use crate::diagnostic::{Kind, Position};
use crate::pointer::Pointer;

/// A finished value that has a name, with its entries.
struct Anchored {
    value: Value,
    spots: Vec<Spot>,
}

/// A collection that is still open; `spot` is the index of its entry.
enum Open {
    Sequence { anchor: usize, spot: usize, values: Vec<Value> },
    Mapping(Mapping),
}

struct Mapping {
    anchor: usize,
    spot: usize,
    key: Option<(String, Position)>,
    values: Map<String, Value>,
    /// Objects named by merge keys (`<<`) with their entries; their members give way to the mapping's own.
    merged: Vec<(Value, Range<usize>)>,
}

struct Builder {
    stack: Vec<Open>,
    spots: Vec<Spot>,
    anchors: HashMap<usize, Anchored>,
    /// How many values anchors have kept, which nested anchors multiply.
    kept: usize,
    root: Option<Value>,
    findings: Vec<Finding>,
}

/// The values and what is wrong with them, or only that. Of a duplicate key the first value stays, so that the rest is still looked at.
pub(super) fn read(text: &str) -> Result<Read, Vec<Finding>> {
    let mut builder = Builder {
        stack: Vec::new(),
        spots: Vec::new(),
        anchors: HashMap::new(),
        kept: 0,
        root: None,
        findings: Vec::new(),
    };
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
                let help = "remove the `---` and what follows";
                builder.finding(Kind::Syntax, position(span.start), message, help);
                return Err(builder.findings);
            }
        }
        if builder.event(event, span).is_err() {
            return Err(builder.findings);
        }
    }
    let Some(root) = builder.root else {
        let message = "the document is empty".to_owned();
        let start = Position { line: 1, column: 1 };
        builder.finding(Kind::Syntax, start, message, "start with `openapi: 3.0.3`");
        return Err(builder.findings);
    };
    Ok(Read { root, spots: builder.spots, findings: builder.findings })
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
                    self.set_key(text.into_owned(), at);
                    return Ok(());
                }
                let tagged_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let value = if style == ScalarStyle::Plain && !tagged_text {
                    scalar::plain(&text)
                } else {
                    Value::String(text.into_owned())
                };
                let spot = self.spot(at)?;
                self.finish(value, spot, anchor)
            }
            Event::SequenceStart(anchor, _) => {
                let spot = self.open(at)?;
                self.stack.push(Open::Sequence { anchor, spot, values: Vec::new() });
                Ok(())
            }
            Event::MappingStart(anchor, _) => {
                let spot = self.open(at)?;
                let values = Map::new();
                self.stack.push(Open::Mapping(Mapping {
                    anchor,
                    spot,
                    key: None,
                    values,
                    merged: Vec::new(),
                }));
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(Open::Sequence { anchor, spot, values }) => {
                    self.finish(Value::Array(values), spot, anchor)
                }
                Some(Open::Mapping(mapping)) => {
                    let (anchor, spot) = (mapping.anchor, mapping.spot);
                    let value = mapping.close(&mut self.spots);
                    self.finish(value, spot, anchor)
                }
                None => Ok(()),
            },
            Event::Alias(id) => self.alias(id, at),
            _ => Ok(()),
        }
    }

    fn spot(&mut self, at: Position) -> Result<usize, Stop> {
        if self.spots.len() >= MAX_VALUES {
            let finding = too_many(at, self.pointer());
            self.findings.push(finding);
            return Err(Stop);
        }
        self.spots.push(Spot::leaf(at));
        Ok(self.spots.len() - 1)
    }

    fn takes_key(&self) -> bool {
        matches!(self.stack.last(), Some(Open::Mapping(mapping)) if mapping.key.is_none())
    }

    fn set_key(&mut self, key: String, at: Position) {
        if let Some(Open::Mapping(mapping)) = self.stack.last_mut() {
            mapping.key = Some((key, at));
        }
    }

    fn no_collection_as_key(&mut self, at: Position) -> Result<(), Stop> {
        if self.takes_key() {
            let message = "a list or an object stands where a key is expected".to_owned();
            self.finding(Kind::Syntax, at, message, "keys are text");
            return Err(Stop);
        }
        Ok(())
    }

    fn open(&mut self, at: Position) -> Result<usize, Stop> {
        self.no_collection_as_key(at)?;
        if self.stack.len() >= MAX_DEPTH {
            let finding = too_deep(at, self.pointer());
            self.findings.push(finding);
            return Err(Stop);
        }
        self.spot(at)
    }

    fn alias(&mut self, id: usize, at: Position) -> Result<(), Stop> {
        if self.takes_key() {
            let Some(key) = self.anchors.get(&id).and_then(|anchored| anchored.value.as_str()) else {
                return self.no_collection_as_key(at);
            };
            let key = key.to_owned();
            self.set_key(key, at);
            return Ok(());
        }
        let Some(anchored) = self.anchors.get(&id) else {
            let message = "this alias is used inside of what it names".to_owned();
            self.finding(Kind::Syntax, at, message, "use a $ref for recursive schemas");
            return Err(Stop);
        };
        if self.spots.len() + anchored.spots.len() > MAX_VALUES {
            let message = format!("aliases expand to more than {MAX_VALUES} values");
            self.finding(Kind::TooLarge, at, message, "use $ref instead of aliases");
            return Err(Stop);
        }
        let spot = self.spots.len();
        self.spots.extend_from_slice(&anchored.spots);
        let value = anchored.value.clone();
        self.finish(value, spot, 0)
    }

    /// Hands a finished value, whose entries start at `spot`, to the collection around it.
    fn finish(&mut self, value: Value, spot: usize, anchor: usize) -> Result<(), Stop> {
        let size = self.spots.len() - spot;
        self.spots[spot].size = u32::try_from(size).unwrap_or(u32::MAX);
        if anchor != 0 {
            self.kept += size;
            if self.kept > MAX_VALUES {
                let finding = too_many(self.spots[spot].position(), self.pointer());
                self.findings.push(finding);
                return Err(Stop);
            }
            let spots = self.spots[spot..].to_vec();
            self.anchors.insert(anchor, Anchored { value: value.clone(), spots });
        }
        let repeated = match self.stack.last_mut() {
            None => {
                self.root = Some(value);
                None
            }
            Some(Open::Sequence { values, .. }) => {
                values.push(value);
                None
            }
            Some(Open::Mapping(mapping)) => mapping.insert(value, spot, &mut self.spots),
        };
        if let Some((key, same, at)) = repeated {
            let pointer = self.pointer().key(&key);
            self.findings.push(repeated_key(&key, same, at, pointer));
        }
        Ok(())
    }

    fn finding(&mut self, kind: Kind, at: Position, message: String, help: &'static str) {
        let pointer = self.pointer();
        self.findings.push((kind, at, pointer, message, help));
    }

    fn pointer(&self) -> Pointer {
        let mut pointer = Pointer::root();
        for open in &self.stack {
            match open {
                Open::Sequence { values, .. } => {
                    pointer.enter_index(values.len());
                }
                Open::Mapping(mapping) => {
                    if let Some((key, _)) = &mapping.key {
                        pointer.enter(key);
                    }
                }
            }
        }
        pointer
    }
}

impl Mapping {
    /// Takes the value of the current key, unless the key is there already: then says so, and whether the values are the same.
    fn insert(
        &mut self,
        value: Value,
        spot: usize,
        spots: &mut Vec<Spot>,
    ) -> Option<(String, bool, Position)> {
        let (key, at) = self.key.take()?;
        if key == "<<" && (value.is_object() || value.is_array()) {
            self.merged.push((value, spot..spots.len()));
            return None;
        }
        if let Some(first) = self.values.get(&key) {
            spots.truncate(spot);
            let same = *first == value;
            return Some((key, same, at));
        }
        let size = spots[spot].size;
        spots[spot] = Spot { size, ..Spot::leaf(at) };
        self.values.insert(key, value);
        None
    }

    fn close(mut self, spots: &mut Vec<Spot>) -> Value {
        let mut tail = Vec::new();
        for (value, range) in &self.merged {
            merge(&mut self.values, value, &spots[range.clone()], &mut tail);
        }
        for (_, range) in self.merged.into_iter().rev() {
            spots.drain(range);
        }
        spots.append(&mut tail);
        Value::Object(self.values)
    }
}

/// Adds the members that are not there yet; their entries go to `tail`, in the same order.
fn merge(values: &mut Map<String, Value>, merged: &Value, spots: &[Spot], tail: &mut Vec<Spot>) {
    let mut next = 1;
    let mut entries = || {
        let start = next;
        next += spots[start].size as usize;
        &spots[start..next]
    };
    match merged {
        Value::Object(members) => {
            for (key, value) in members {
                let entries = entries();
                if !values.contains_key(key) {
                    tail.extend_from_slice(entries);
                    values.insert(key.clone(), value.clone());
                }
            }
        }
        Value::Array(elements) => {
            for element in elements {
                merge(values, element, entries(), tail);
            }
        }
        _ => {}
    }
}

fn position(marker: Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::places::Places;

    fn only(text: &str) -> Finding {
        let findings = match read(text) {
            Ok(read) => read.findings,
            Err(findings) => findings,
        };
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings.into_iter().next().expect("one")
    }

    fn place(text: &str, pointer: &str) -> (usize, usize) {
        let read = read(text).expect("valid");
        assert!(read.findings.is_empty(), "{:?}", read.findings);
        let at = Places::new(read.spots).position(&read.root, &Pointer::from_text(pointer));
        (at.line, at.column)
    }

    #[test]
    fn members_know_where_their_keys_stand() {
        let text = "a:\n  b: [1, {c: 2}]\n";
        assert_eq!(place(text, "/a/b"), (2, 3));
        assert_eq!(place(text, "/a/b/1/c"), (2, 11));
        assert_eq!(place(text, "/a/b/1/x"), (2, 10));
    }

    #[test]
    fn aliases_and_merge_keys_expand_and_own_members_win() {
        let text = "x: &x {a: 1, b: [2, 3]}\ny:\n  <<: *x\n  b: 3\n  c: 4\nz: *x\n";
        let read = read(text).expect("valid");
        assert_eq!(read.root["y"], serde_json::json!({"b": 3, "c": 4, "a": 1}));
        assert_eq!(read.root["z"], serde_json::json!({"a": 1, "b": [2, 3]}));
        assert_eq!(place(text, "/y/c"), (5, 3));
        assert_eq!(place(text, "/y/a"), (1, 8));
        assert_eq!(place(text, "/z"), (6, 1));
        assert_eq!(place(text, "/z/b/1"), (1, 21));
    }

    #[test]
    fn both_duplicate_keys_of_a_document_are_found_with_their_lines() {
        let read = read("a: 1\na: 2\nb: {c: 1, c: 2, c: 1}\n").expect("values");
        let places: Vec<_> = read
            .findings
            .iter()
            .map(|(kind, at, pointer, ..)| (kind.code(), at.line, pointer.to_string()))
            .collect();
        let expected = [
            ("duplicate-key", 2, "#/a"),
            ("duplicate-key", 3, "#/b/c"),
            ("repaired/repeated-key", 3, "#/b/c"),
        ];
        let expected: Vec<_> =
            expected.map(|(code, line, pointer)| (code.to_owned(), line, pointer.to_owned())).into();
        assert_eq!(places, expected);
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
