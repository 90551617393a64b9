//! JSON laid out for reading or for pipes, token by token, so that no number loses a digit and no member its place.

use std::fmt::Write as _;

use crate::terminal::{Paint, is_obeyed};

/// How a document is laid out.
#[derive(Clone, Copy)]
pub(crate) enum Layout {
    /// On one line.
    Line,
    /// Indented, for a terminal, with nothing in it that a terminal obeys.
    Indented(Paint),
}

/// A document in another layout, with a line end after it; `None` if it is no JSON.
pub(crate) fn laid_out(text: &str, layout: Layout) -> Option<String> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    let mut writer = Writer { made: String::with_capacity(text.len()), layout, depth: 0 };
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_length(rest),
            '{' | '[' | '}' | ']' | ',' | ':' => 1,
            _ => rest.find(|c: char| ",:]}".contains(c) || c.is_ascii_whitespace()).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        rest = after.trim_start();
        writer.token(token, rest);
    }
    writer.made.push('\n');
    Some(writer.made)
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

struct Writer {
    made: String,
    layout: Layout,
    depth: usize,
}

impl Writer {
    fn token(&mut self, token: &str, rest: &str) {
        let Layout::Indented(paint) = self.layout else { return self.made.push_str(token) };
        match token {
            "{" | "[" => {
                self.made.push_str(token);
                self.depth += 1;
                if !rest.starts_with(['}', ']']) {
                    self.line();
                }
            }
            "}" | "]" => {
                self.depth = self.depth.saturating_sub(1);
                if !self.made.ends_with(['{', '[']) {
                    self.line();
                }
                self.made.push_str(token);
            }
            "," => {
                self.made.push(',');
                self.line();
            }
            ":" => self.made.push_str(": "),
            _ if token.starts_with('"') && rest.starts_with(':') => {
                self.made.push_str(&paint.name(&harmless(token)));
            }
            _ if token.starts_with('"') => self.made.push_str(&paint.text(&harmless(token))),
            _ => self.made.push_str(token),
        }
    }

    fn line(&mut self) {
        self.made.push('\n');
        self.made.extend(std::iter::repeat_n("  ", self.depth));
    }
}

/// A string with what a terminal would obey written as JSON escapes it.
fn harmless(string: &str) -> String {
    let mut made = String::with_capacity(string.len());
    for c in string.chars() {
        if is_obeyed(c) {
            let _ = write!(made, "\\u{:04x}", u32::from(c));
        } else {
            made.push(c);
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indented(text: &str) -> String {
        laid_out(text, Layout::Indented(Paint::default())).unwrap()
    }

    #[test]
    fn layout_changes_blanks_and_nothing_else() {
        let text =
            r#" {"a":[1,2.50,123456789012345678901234567890, {}],"b":{"c":"x,\"]: y"},"d":[], "a":null} "#;
        assert_eq!(
            indented(text),
            "{\n  \"a\": [\n    1,\n    2.50,\n    123456789012345678901234567890,\n    {}\n  ],\n  \"b\": {\n    \
             \"c\": \"x,\\\"]: y\"\n  },\n  \"d\": [],\n  \"a\": null\n}\n"
        );
        assert_eq!(
            laid_out(text, Layout::Line).unwrap(),
            "{\"a\":[1,2.50,123456789012345678901234567890,{}],\"b\":{\"c\":\"x,\\\"]: y\"},\"d\":[],\"a\":null}\n"
        );
        assert_eq!(laid_out(&indented(text), Layout::Line), laid_out(text, Layout::Line));
        assert_eq!(indented("[ ]"), "[]\n");
    }

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        assert_eq!(indented("[\"\u{9b}2J\u{202e}\u{7f}\"]"), "[\n  \"\\u009b2J\\u202e\\u007f\"\n]\n");
    }

    #[test]
    fn what_is_no_json_is_told_apart() {
        for text in ["", "<html>", "{", "[1,]", "{} {}"] {
            assert_eq!(laid_out(text, Layout::Line), None, "{text}");
        }
    }
}
