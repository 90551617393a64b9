//! JSON text (RFC 8259) to values with positions. YAML would read most of it as well, and not all: tabs, escapes of characters beyond
//! the basic plane and very long lines are ordinary in JSON.

use serde_json::{Map, Number, Value};

use super::places::Spot;
use super::{Finding, MAX_DEPTH, MAX_VALUES, Read, repeated_key, too_deep, too_many};
use crate::diagnostic::{Kind, Position};
use crate::pointer::Pointer;

/// Why nothing was read.
pub(super) enum Failure {
    /// The text is not JSON, and may be YAML.
    NotJson(Finding),
    /// It goes beyond a bound.
    Bound(Finding),
}

/// Reads a whole text.
pub(super) fn read(text: &str) -> Result<Read, Failure> {
    let mut reader = Reader {
        text,
        at: 0,
        line: 1,
        line_start: 0,
        continuations: 0,
        spots: Vec::new(),
        pointer: Pointer::root(),
        findings: Vec::new(),
    };
    reader.space();
    let root = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.wrong("more text follows the end of the document"));
    }
    Ok(Read { root, spots: reader.spots, findings: reader.findings })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    line_start: usize,
    /// Bytes of this line that continue a character; columns count characters.
    continuations: usize,
    spots: Vec<Spot>,
    pointer: Pointer,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn position(&self) -> Position {
        Position { line: self.line, column: self.at - self.line_start - self.continuations + 1 }
    }

    fn wrong(&self, message: &str) -> Failure {
        let help = "correct the JSON at this place";
        Failure::NotJson((Kind::Syntax, self.position(), self.pointer.clone(), message.to_owned(), help))
    }

    fn space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => {
                    self.at += 1;
                    self.line += 1;
                    self.line_start = self.at;
                    self.continuations = 0;
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                _ => break,
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, Failure> {
        let at = self.position();
        if depth >= MAX_DEPTH {
            return Err(Failure::Bound(too_deep(at, self.pointer.clone())));
        }
        if self.spots.len() >= MAX_VALUES {
            return Err(Failure::Bound(too_many(at, self.pointer.clone())));
        }
        let spot = self.spots.len();
        self.spots.push(Spot::leaf(at));
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        };
        self.spots[spot].size = u32::try_from(self.spots.len() - spot).unwrap_or(u32::MAX);
        Ok(value)
    }

    fn word(&mut self) -> Result<Value, Failure> {
        for (word, value) in
            [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))]
        {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.wrong("a value is expected here"))
    }

    fn object(&mut self, depth: usize) -> Result<Value, Failure> {
        let mut members = Map::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a key in double quotes is expected here"));
            }
            let at = self.position();
            let key = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.wrong("a `:` is expected here"));
            }
            self.at += 1;
            self.space();
            let mark = self.pointer.enter(&key);
            let spot = self.spots.len();
            let value = self.value(depth + 1)?;
            if let Some(first) = members.get(&key) {
                self.findings.push(repeated_key(&key, *first == value, at, self.pointer.clone()));
                self.spots.truncate(spot);
            } else {
                let size = self.spots[spot].size;
                self.spots[spot] = Spot { size, ..Spot::leaf(at) };
                members.insert(key, value);
            }
            self.pointer.leave(mark);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(members));
                }
                _ => return Err(self.wrong("a `,` or a `}` is expected here")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Failure> {
        let mut elements = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(elements));
        }
        loop {
            self.space();
            let mark = self.pointer.enter_index(elements.len());
            let value = self.value(depth + 1)?;
            self.pointer.leave(mark);
            elements.push(value);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Array(elements));
                }
                _ => return Err(self.wrong("a `,` or a `]` is expected here")),
            }
        }
    }

    fn string(&mut self) -> Result<String, Failure> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let start = self.at;
            while let Some(byte) = self.peek()
                && byte != b'"'
                && byte != b'\\'
                && byte >= 0x20
            {
                self.at += 1;
                self.continuations += usize::from(byte & 0xc0 == 0x80);
            }
            text.push_str(&self.text[start..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return Err(self.wrong("text holds a control character that is not escaped")),
                None => return Err(self.wrong("text is not closed")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Failure> {
        self.at += 1;
        let Some(byte) = self.peek() else { return Err(self.wrong("text is not closed")) };
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => byte as char,
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.wrong("no such escape: JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u")),
        })
    }

    /// `\uXXXX`, or two of them for a character beyond the basic plane.
    fn unicode(&mut self) -> Result<char, Failure> {
        let high = self.hex()?;
        let code = if (0xd800..0xdc00).contains(&high) {
            if !self.text[self.at..].starts_with("\\u") {
                return Err(self.wrong("the first half of a surrogate pair stands alone"));
            }
            self.at += 2;
            let low = self.hex()?;
            if !(0xdc00..0xe000).contains(&low) {
                return Err(self.wrong("the first half of a surrogate pair stands alone"));
            }
            0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)
        } else {
            high
        };
        char::from_u32(code).ok_or_else(|| self.wrong("the second half of a surrogate pair stands alone"))
    }

    fn hex(&mut self) -> Result<u32, Failure> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4);
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let code =
            digits.and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| u32::from_str_radix(d, 16).ok());
        let Some(code) = code else { return Err(self.wrong("`\\u` needs four hexadecimal digits")) };
        self.at += 4;
        Ok(code)
    }

    fn number(&mut self) -> Result<Value, Failure> {
        let rest = &self.text[self.at..];
        let length = rest
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')))
            .unwrap_or(rest.len());
        let text = &rest[..length];
        if !is_number(text) {
            return Err(self.wrong("this is no number in JSON"));
        }
        self.at += length;
        let whole = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
        let number =
            whole.ok().or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64)).map(Value::Number);
        // What no 64-bit float holds stays text, as YAML's infinities do: a later stage says what is wrong with it.
        Ok(number.unwrap_or_else(|| Value::String(text.to_owned())))
    }
}

/// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
fn is_number(text: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['-', '+']).unwrap_or(e)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::load::places::Places;

    fn root(text: &str) -> Value {
        read(text).ok().expect("JSON").root
    }

    #[test]
    fn escapes_tabs_and_characters_beyond_the_basic_plane_are_read() {
        assert_eq!(root("{\t\"a\":\t\"\\ud83d\\ude00 \\u00e9 \\/\"}"), serde_json::json!({"a": "😀 é /"}));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "{a: 1}",
            "{\"a\": 01}",
            "{\"a\": 1,}",
            "[\"\\ud83d\"]",
            "[\"\\x\"]",
            "\"\n\"",
            "[1] 2",
            "",
            "[1.]",
            "[+1]",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn columns_count_characters_and_lines_count_newlines() {
        let text = "{\"żółw\": 1, \"b\":\n  {\"c\": [0, 1]}}";
        let read = read(text).ok().expect("JSON");
        let places = Places::new(read.spots);
        let b = Pointer::root().key("b");
        assert_eq!(places.position(&read.root, &b), Position { line: 1, column: 13 });
        assert_eq!(places.position(&read.root, &b.key("c").index(1)), Position { line: 2, column: 13 });
    }

    #[test]
    fn a_key_that_repeats_with_another_value_is_an_error_and_with_the_same_a_repair() {
        let findings =
            read("{\"a\": 1, \"a\": 1, \"b\": [1], \"b\": [2], \"c\": 0}").ok().expect("JSON").findings;
        let kinds: Vec<_> = findings.iter().map(|finding| finding.0.code()).collect();
        assert_eq!(kinds, ["repaired/repeated-key", "duplicate-key"]);
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec((".*", inner), 0..8)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_that_was_written_is_read_again(value in json()) {
            prop_assert_eq!(root(&value.to_string()), value.clone());
            prop_assert_eq!(root(&serde_json::to_string_pretty(&value).expect("text")), value);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = read(&text);
        }
    }
}
