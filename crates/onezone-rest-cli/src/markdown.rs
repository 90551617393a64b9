//! Markdown as text for a terminal: paragraphs are wrapped, links are their text (with the address of those that lead
//! out), and nothing is left of the marks.

use std::fmt::Write as _;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

/// A text in Markdown as lines of at most this width.
pub(crate) fn text(markdown: &str, width: usize) -> String {
    let mut blocks = Blocks { width, ..Blocks::default() };
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        blocks.take(event);
    }
    blocks.flush();
    blocks.text.trim_end().to_owned()
}

/// A text in Markdown as one line.
pub(crate) fn line(markdown: &str) -> String {
    text(markdown, usize::MAX).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Default)]
struct Blocks {
    width: usize,
    text: String,
    /// What is written of the current paragraph.
    paragraph: String,
    /// Where the links lead that are open.
    links: Vec<CowStr<'static>>,
    /// The lists that are open, by the number of the next item.
    lists: Vec<Option<u64>>,
    /// The mark of the item that begins.
    mark: String,
    is_code: bool,
}

impl Blocks {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) if self.is_code => self.code(&text),
            Event::Text(text) => self.paragraph.push_str(&text),
            Event::Code(text) => {
                self.paragraph.push('`');
                self.paragraph.push_str(&text);
                self.paragraph.push('`');
            }
            Event::SoftBreak => self.paragraph.push(' '),
            Event::HardBreak => self.paragraph.push('\n'),
            Event::InlineHtml(tag) if tag.starts_with("<br") => self.paragraph.push('\n'),
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Link { dest_url, .. } => self.links.push(dest_url.into_static()),
            Tag::List(first) => {
                self.flush();
                self.lists.push(first);
            }
            Tag::Item => {
                self.flush();
                self.mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "* ".to_owned(),
                };
            }
            Tag::CodeBlock(_) => {
                self.flush();
                self.is_code = true;
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Link => {
                let Some(address) = self.links.pop() else { return };
                if address.contains("://") && !self.paragraph.ends_with(&*address) {
                    let _ = write!(self.paragraph, " ({address})");
                }
            }
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::TableRow | TagEnd::TableHead => {
                self.flush();
                if self.lists.is_empty() && matches!(tag, TagEnd::Paragraph | TagEnd::Heading(_)) {
                    self.text.push('\n');
                }
            }
            TagEnd::TableCell => self.paragraph.push_str("  "),
            TagEnd::Item => self.flush(),
            TagEnd::List(_) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    self.text.push('\n');
                }
            }
            TagEnd::CodeBlock => {
                self.is_code = false;
                self.text.push('\n');
            }
            _ => {}
        }
    }

    fn code(&mut self, text: &str) {
        for line in text.lines() {
            self.text.push_str("    ");
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    /// Writes the current paragraph.
    fn flush(&mut self) {
        let mark = std::mem::take(&mut self.mark);
        let paragraph = std::mem::take(&mut self.paragraph);
        if paragraph.trim().is_empty() {
            return;
        }
        let outer = "  ".repeat(self.lists.len());
        let inner = format!("{outer}{}", " ".repeat(mark.len()));
        let first = format!("{outer}{mark}");
        for (index, part) in paragraph.trim_end().split('\n').enumerate() {
            let first = if index == 0 { &first } else { &inner };
            let options = textwrap::Options::new(self.width)
                .initial_indent(first)
                .subsequent_indent(&inner)
                .break_words(false)
                .word_splitter(textwrap::WordSplitter::NoHyphenation);
            for line in textwrap::wrap(part.trim_start(), options) {
                self.text.push_str(line.trim_end());
                self.text.push('\n');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_gone_and_addresses_stay() {
        assert_eq!(
            line("A *b* **c** `d_e`, [guide](https://h/x) and [others](#op); \\*not\\* <https://h/y>"),
            "A b c `d_e`, guide (https://h/x) and others; *not* https://h/y"
        );
    }

    #[test]
    fn blocks_stay_apart_and_lines_are_wrapped() {
        let made = text(
            "# Head\n\none two three four\n\n- a b c d e f\n- b\n\n1. x\n2. y\n\n```\n  code\n```\nend",
            12,
        );
        assert_eq!(
            made,
            "Head\n\none two\nthree four\n\n  * a b c d\n    e f\n  * b\n\n  1. x\n  2. y\n\n      code\n\nend"
        );
    }

    #[test]
    fn nothing_and_hostile_text_make_no_trouble() {
        assert_eq!(text("", 80), "");
        assert_eq!(text("[[[[((((***___```", 1).lines().count(), 1);
    }
}
