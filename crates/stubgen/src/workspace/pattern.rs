//! A text that a pattern matches, for the requests of conformance tests.

use regex_syntax::hir::{Class, Hir, HirKind};

/// How often repetitions that have no end of their own are repeated, until the text is long enough.
const REPETITIONS: [u32; 8] = [0, 1, 2, 4, 8, 16, 32, 64];

/// A text of a length that the pattern matches; `None` where none is found.
pub(super) fn example(pattern: &str, least: usize, most: usize) -> Option<String> {
    let parsed = regex_syntax::Parser::new().parse(pattern).ok()?;
    // The dialect of schemas is another one, and it decides.
    let regex = regress::Regex::new(pattern).ok()?;
    REPETITIONS.into_iter().find_map(|repetitions| {
        let mut text = String::new();
        write(&parsed, repetitions, &mut text)?;
        // What stands around the match of a pattern without anchors may be anything.
        let missing = least.saturating_sub(text.chars().count());
        let padded = text.clone() + &"a".repeat(missing);
        let fits =
            |text: &String| (least..=most).contains(&text.chars().count()) && regex.find(text).is_some();
        [text, padded].into_iter().find(fits)
    })
}

fn write(hir: &Hir, repetitions: u32, text: &mut String) -> Option<()> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(pick(class)?),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX);
            for _ in 0..repetition.min.max(repetitions.min(most)).min(4096) {
                write(&repetition.sub, repetitions, text)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, repetitions, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, repetitions, text))?,
        HirKind::Alternation(branches) => write(branches.first()?, repetitions, text)?,
    }
    (text.len() < 65_536).then_some(())
}

/// A character of a class, a plain one if there is one.
fn pick(class: &Class) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => {
            class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect()
        }
    };
    let has = |c: &char| ranges.iter().any(|(start, end)| (start..=end).contains(&c));
    ['a', 'A', '1', '0', '-', '_'].into_iter().find(has).or(ranges.first().map(|(start, _)| *start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_matches_its_pattern() {
        for (pattern, expected) in
            [("^[A-Z]{3}-\\d+$", "AAA-1"), ("^(red|green)$", "red"), ("^[a-z0-9]*$", "aaaa"), ("b", "baaa")]
        {
            let least = if expected.len() == 4 { 4 } else { 1 };
            assert_eq!(example(pattern, least, 10).as_deref(), Some(expected), "{pattern}");
        }
        assert_eq!(example("^(?=x)y$", 1, 9), None);
        assert_eq!(example("^a{3}$", 4, 9), None);
    }
}
