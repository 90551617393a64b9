//! YAML as a tree in which every value knows its line. Scalars stay texts: what `0011` or `no` mean is for the
//! field they are written in to say.

use std::collections::HashMap;
use std::io::Read;

use anyhow::bail;
use saphyr_parser::{Event, Parser, ScalarStyle};

use super::characters::Characters;
use super::problems::{Located, Place, Problems};

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

/// The list whose entries are handed out one by one instead of becoming part of the tree: there may be millions.
const STREAMED: &str = "tokens";

/// Room for hundreds of thousands of users with all that belongs to them; what never ends is refused before it fills
/// the memory.
const MOST_HELD: u64 = 512 * 1024 * 1024;

/// Reads the one document of a file, and hands out the entries of its tokens as they come. `None` when it cannot be
/// read any further, or is empty. Errors are those of the file and of `entry`; what is wrong with the text is a problem.
pub(crate) fn parse(
    source: impl Read,
    name: &str,
    problems: &Problems,
    mut entry: impl FnMut(&Located<&Node>) -> anyhow::Result<()>,
) -> anyhow::Result<Option<Node>> {
    let mut builder = Builder::default();
    let (characters, state) = Characters::new(source, name);
    // Of what was taken, this much is not held any more.
    let mut released = 0;
    let mut entry_start = 0;
    let mut parser = Parser::new_from_iter(characters);
    for event in &mut parser {
        if let Some(failure) = state.take_failure() {
            return Err(failure);
        }
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let place = Place { line: error.marker().line(), path: String::new() };
                problems.add(&place, format!("not YAML: {}", error.info()));
                return Ok(None);
            }
        };
        let is_between_entries = builder.is_between_entries();
        if is_between_entries {
            entry_start = state.taken();
        }
        match builder.take(event, span.start.line()) {
            Ok(None) => {}
            Ok(Some(node)) => {
                entry(&node.located())?;
                if !node.is_anchored {
                    released += state.taken() - entry_start;
                }
            }
            Err(message) => {
                problems.add(&Place { line: span.start.line(), path: String::new() }, message);
                return Ok(None);
            }
        }
        state.begin_step();
        if state.taken() - released > MOST_HELD {
            bail!(
                "{name} is longer than {} MiB without its tokens: apply it in parts, without --prune",
                MOST_HELD >> 20
            );
        }
    }
    if let Some(failure) = state.take_failure() {
        return Err(failure);
    }
    Ok(builder.root.filter(|root| !root.is_null()))
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
    streamed: Streamed,
}

/// How far the list of tokens is.
#[derive(Default)]
enum Streamed {
    #[default]
    NotYet,
    Entry {
        place: Place,
        index: usize,
        is_anchored: bool,
    },
    Over,
}

/// An entry that is handed out.
struct Entry {
    node: Node,
    place: Place,
    is_anchored: bool,
}

impl Entry {
    fn located(&self) -> Located<&Node> {
        Located { value: &self.node, place: self.place.clone() }
    }
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
    fn is_between_entries(&self) -> bool {
        self.open.len() == 2 && matches!(self.streamed, Streamed::Entry { .. })
    }

    /// The first list of tokens, written out where it belongs. What is written elsewhere and repeated by an alias is
    /// part of the tree.
    fn begins_streaming(&self, anchor: usize) -> bool {
        let [(Open { collection: Collection::Mapping(entries, Some(key)), .. }, _)] = self.open.as_slice()
        else {
            return false;
        };
        anchor == 0
            && matches!(self.streamed, Streamed::NotYet)
            && key.text == STREAMED
            && entries.iter().all(|(key, _)| key.text != STREAMED)
    }

    fn take(&mut self, event: Event<'_>, line: usize) -> Result<Option<Entry>, String> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err("a second document starts here; a zone file has one".to_owned())
            }
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                self.add(Node { line, content: Content::Scalar { text: text.into_owned(), plain } }, anchor)
            }
            Event::SequenceStart(anchor, _) => {
                if self.begins_streaming(anchor) {
                    let place = Place { line, path: STREAMED.to_owned() };
                    self.streamed = Streamed::Entry { place, index: 0, is_anchored: false };
                }
                self.start(line, Collection::Sequence(Vec::new()), anchor)?;
                Ok(None)
            }
            Event::MappingStart(anchor, _) => {
                self.start(line, Collection::Mapping(Vec::new(), None), anchor)?;
                Ok(None)
            }
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
            _ => Ok(None),
        }
    }

    fn start(&mut self, line: usize, collection: Collection, anchor: usize) -> Result<(), String> {
        if self.open.len() == DEEPEST {
            return Err(format!("nested more than {DEEPEST} levels deep; a zone file needs six"));
        }
        self.open.push((Open { line, collection }, anchor));
        Ok(())
    }

    fn end(&mut self) -> Result<Option<Entry>, String> {
        if self.is_between_entries() {
            self.streamed = Streamed::Over;
        }
        let Some((Open { line, collection }, anchor)) = self.open.pop() else { return Ok(None) };
        let content = match collection {
            Collection::Sequence(nodes) => Content::Sequence(nodes),
            Collection::Mapping(entries, _) => Content::Mapping(entries),
        };
        self.add(Node { line, content }, anchor)
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<Option<Entry>, String> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
            if let Streamed::Entry { is_anchored, .. } = &mut self.streamed {
                *is_anchored = true;
            }
        }
        if self.is_between_entries()
            && let Streamed::Entry { place, index, is_anchored } = &mut self.streamed
        {
            let entry = Entry { place: place.index(*index, node.line), node, is_anchored: *is_anchored };
            (*index, *is_anchored) = (*index + 1, false);
            return Ok(Some(entry));
        }
        let Some((open, _)) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(None);
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
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str, problems: &Problems) -> Option<Node> {
        parse(text.as_bytes(), "f", problems, |_| Ok(())).unwrap()
    }

    fn problem(text: &str) -> String {
        let problems = Problems::default();
        assert!(tree(text, &problems).is_none());
        problems.render("f")
    }

    #[test]
    fn values_know_their_lines_and_aliases_where_they_are_used() {
        let problems = Problems::default();
        let root = tree("a: &x 1\n\nb:\n  - *x\n", &problems).unwrap();
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
            assert!(tree(text, &problems).is_none() && problems.is_empty(), "{text:?}");
        }
    }

    #[test]
    fn tokens_are_handed_out_with_their_places_and_are_not_part_of_the_tree() {
        for (text, expected) in [
            ("users: []\ntokens:\n- {id: a}\n- b\n", "tokens[0]:3 tokens[1]:4"),
            ("{tokens: [&x {id: a}, *x], users: [*x]}", "tokens[0]:1 tokens[1]:1"),
            ("tokens: [[x]]\ntokens: [y]\n", "tokens[0]:1"),
            ("tokens: []\n", ""),
            // A list that is repeated elsewhere has to be kept.
            ("tokens: &all [a]\nusers: *all\n", ""),
            ("users: &all [a]\ntokens: *all\n", ""),
            ("users: [{tokens: [a]}]\n", ""),
            ("[tokens, [a]]\n", ""),
        ] {
            let (problems, mut places) = (Problems::default(), Vec::new());
            let take = |entry: &Located<&Node>| {
                places.push(format!("{}:{}", entry.place.path, entry.place.line));
                Ok(())
            };
            assert!(parse(text.as_bytes(), "f", &problems, take).unwrap().is_some(), "{text}");
            assert!(problems.is_empty());
            assert_eq!(places.join(" "), expected, "{text}");
        }
    }
}
