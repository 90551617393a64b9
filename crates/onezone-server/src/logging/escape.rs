//! What a terminal or a reader of lines would obey is written out instead: a line of the log is one line, whatever a client
//! put into its names and headers.

/// In which kind of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// JSON, whose own rules leave DEL, the control characters after it and the marks that turn the direction of text as they are.
    Json,
    /// Text.
    Text,
    /// Text with colours. Only the formatter writes them: it takes the same character out of whatever it is given.
    ColouredText,
}

impl Escape {
    /// Escapes what stands in a line. Next to nothing is done where there is nothing to escape.
    pub(super) fn apply(self, line: &mut String) {
        if let Some(escaped) = self.escaped(line) {
            *line = escaped;
        }
    }

    /// The escaped line, if it has to be another.
    pub(super) fn escaped(self, line: &str) -> Option<String> {
        // The first byte of every character that can be in question.
        let is_suspect = |byte: u8| matches!(byte, 0..0x20 | 0x7f | 0xc2 | 0xe2);
        if !line.bytes().any(is_suspect) || !line.chars().any(|character| self.forbids(character)) {
            return None;
        }
        let mut escaped = String::with_capacity(line.len() + 16);
        for character in line.chars() {
            match self {
                _ if !self.forbids(character) => escaped.push(character),
                Self::Json => escaped.extend(json(character)),
                Self::Text | Self::ColouredText => escaped.extend(character.escape_default()),
            }
        }
        Some(escaped)
    }

    fn forbids(self, character: char) -> bool {
        let turns_direction = matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let is_colour = self == Self::ColouredText && character == '\u{1b}';
        turns_direction || (character.is_control() && !is_colour)
    }
}

/// As JSON writes it out; all that is forbidden has a code of four digits.
fn json(character: char) -> impl Iterator<Item = char> {
    let digit = move |place: u32| char::from_digit((u32::from(character) >> (4 * place)) & 0xf, 16);
    ['\\', 'u'].into_iter().chain([3, 2, 1, 0].into_iter().filter_map(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_without_control_characters_stay_as_they_are() {
        for line in ["", "a b", "żółw – „cytat” 龜", "{\"a\":\"\\u001b\"}", "\u{c2}"] {
            for escape in [Escape::Json, Escape::Text, Escape::ColouredText] {
                assert_eq!(escape.escaped(line), None, "{line}");
            }
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        let line = "a\nb\rc\td\u{1b}[2Je\u{7f}f\u{9b}2Jg\u{202e}h\u{2028}";
        let text = "a\\nb\\rc\\td\\u{1b}[2Je\\u{7f}f\\u{9b}2Jg\\u{202e}h\\u{2028}";
        assert_eq!(Escape::Text.escaped(line).unwrap(), text);
        assert_eq!(Escape::ColouredText.escaped(line).unwrap(), text.replace("\\u{1b}", "\u{1b}"));
    }

    #[test]
    fn json_says_the_same_when_it_is_escaped() {
        let value = "a\u{7f}b\u{80}c\u{9b}d\u{2066}";
        let line = serde_json::to_string(value).unwrap();
        let escaped = Escape::Json.escaped(&line).unwrap();
        assert!(escaped.is_ascii(), "{escaped}");
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), value);
    }
}
