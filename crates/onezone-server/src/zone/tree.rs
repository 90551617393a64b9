//! YAML as a tree in which every value knows its line. Scalars stay texts: what `0011` or `no` mean is for the
//! field they are written in to say.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::problems::{Place, Problems};

/// A value and the line it starts in.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) content: Content,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A text; `plain` when it is written without quotes.
    Scalar { text: String, plain: bool },
    /// A list.
    Sequence(Vec<Node>),
    /// Keys with their values, in the order of the file.
    Mapping(Vec<(Key, Node)>),
}

/// A key and the line it stands in.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// Far deeper than any zone file; stops files that are made to exhaust the stack.
const DEEPEST: usize = 32;

/// How many values aliases may add; stops files that are made to exhaust memory.
const MOST_COPIES: usize = 1_000_000;

/// Reads the one document of a file. `None` when it cannot be read any further, or is empty.
pub(crate) fn parse(text: &str, problems: &Problems) -> Option<Node> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let place = Place { line: error.marker().line(), path: String::new() };
                problems.add(&place, format!("not YAML: {}", error.info()));
                return None;
            }
        };
        if let Err(message) = builder.take(event, span.start.line()) {
            problems.add(&Place { line: span.start.line(), path: String::new() }, message);
            return None;
        }
    }
    builder.root.filter(|root| !root.is_null())
}

impl Node {
    /// Whether the value is written as nothing at all.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    fn size(&self) -> usize {
        1 + match &self.content {
            Content::Scalar { .. } => 0,
            Content::Sequence(nodes) => nodes.iter().map(Node::size).sum(),
            Content::Mapping(entries) => entries.iter().map(|(_, node)| node.size()).sum(),
        }
    }
}

#[derive(Default)]
struct Builder {
    /// The collections that are not at their end yet, with their anchors.
    open: Vec<(Open, usize)>,
    anchors: HashMap<usize, Node>,
    copies: usize,
    root: Option<Node>,
}

struct Open {
    line: usize,
    collection: Collection,
}

enum Collection {
    Sequence(Vec<Node>),
    Mapping(Vec<(Key, Node)>, Option<Key>),
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), String> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err("a second document starts here; a zone file has one".to_owned())
            }
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                self.add(Node { line, content: Content::Scalar { text: text.into_owned(), plain } }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.start(line, Collection::Sequence(Vec::new()), anchor),
            Event::MappingStart(anchor, _) => self.start(line, Collection::Mapping(Vec::new(), None), anchor),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err("an alias to something that is not complete yet".to_owned());
                };
                self.copies += node.size();
                if self.copies > MOST_COPIES {
                    return Err(format!("aliases repeat more than {MOST_COPIES} values; write them out"));
                }
                let content = node.content.clone();
                self.add(Node { line, content }, 0)
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, line: usize, collection: Collection, anchor: usize) -> Result<(), String> {
        if self.open.len() == DEEPEST {
            return Err(format!("nested more than {DEEPEST} levels deep; a zone file needs six"));
        }
        self.open.push((Open { line, collection }, anchor));
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some((Open { line, collection }, anchor)) = self.open.pop() else { return Ok(()) };
        let content = match collection {
            Collection::Sequence(nodes) => Content::Sequence(nodes),
            Collection::Mapping(entries, _) => Content::Mapping(entries),
        };
        self.add(Node { line, content }, anchor)
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), String> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some((open, _)) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.collection {
            Collection::Sequence(nodes) => nodes.push(node),
            Collection::Mapping(entries, key) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => match node.content {
                    Content::Scalar { text, .. } => *key = Some(Key { line: node.line, text }),
                    _ => return Err("a key that is a list or a mapping; keys are texts".to_owned()),
                },
            },
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        let problems = Problems::default();
        assert!(parse(text, &problems).is_none());
        problems.render("f")
    }

    #[test]
    fn values_know_their_lines_and_aliases_where_they_are_used() {
        let problems = Problems::default();
        let root = parse("a: &x 1\n\nb:\n  - *x\n", &problems).unwrap();
        let Content::Mapping(entries) = root.content else { panic!("a mapping was expected") };
        assert_eq!(entries[0].1.line, 1);
        let Content::Sequence(list) = &entries[1].1.content else { panic!("a list was expected") };
        assert_eq!(list[0].line, 4);
        assert!(matches!(&list[0].content, Content::Scalar { text, .. } if text == "1"));
    }

    #[test]
    fn text_that_is_not_yaml_is_reported_with_its_line() {
        assert!(
            problem("users:\n  - a\n - b: [\n")
                .starts_with("f has 1 mistake; nothing was written\nf:3: the document: not YAML")
        );
    }

    #[test]
    fn hostile_nesting_and_repetition_are_refused() {
        assert!(problem(&format!("{}{}", "[".repeat(50), "]".repeat(50))).contains("levels deep"));
        // This deep, the parser refuses by itself.
        assert!(problem(&"[".repeat(100_000)).contains("not YAML"));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..10 {
            let previous = format!("*a{}, ", level - 1).repeat(10);
            let line = format!("a{level}: &a{level} [{}]\n", previous.trim_end_matches(", "));
            bomb.push_str(&line);
        }
        assert!(problem(&bomb).contains("aliases repeat"));
    }

    #[test]
    fn a_second_document_is_refused() {
        assert!(problem("a: 1\n---\nb: 2\n").contains("second document"));
    }

    #[test]
    fn an_empty_file_is_an_empty_document() {
        let problems = Problems::default();
        for text in ["", "\n", "# nothing\n", "---\n", "~\n"] {
            assert!(parse(text, &problems).is_none() && problems.is_empty(), "{text:?}");
        }
    }
}
