//! Names and lines that are safe where they are put: package names, one-line prose, TOML strings.

use heck::ToKebabCase;

/// How long a package name may become; registries allow 64, and a suffix follows.
const LONGEST: usize = 48;

/// A name as a prefix of package names: `Pet Store (v2)` to `pet-store-v2`. There is one for every text.
pub fn package_name(name: &str) -> String {
    let cleaned: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let kebab = cleaned.to_kebab_case();
    let kebab = if kebab.starts_with(|c: char| c.is_ascii_digit()) { format!("api-{kebab}") } else { kebab };
    let short = match kebab.char_indices().nth(LONGEST) {
        Some((end, _)) => kebab[..end].rsplit_once('-').map_or(&kebab[..end], |(start, _)| start),
        None => kebab.as_str(),
    };
    if short.is_empty() { "generated".to_owned() } else { short.to_owned() }
}

/// The name for a document that was given none: its title as a package name, or `None` when the text has no title that can be found
/// (generation will then say what is wrong with it).
pub fn name_of(source: &crate::Source<'_>) -> Option<String> {
    let document = crate::load::load(source, None, &mut crate::Diagnostics::default())?;
    let title = document.root.get("info")?.get("title")?.as_str()?;
    Some(package_name(title))
}

/// Prose of the document as one line that can end no comment and hide nothing.
pub(super) fn line(text: &str) -> String {
    const LONGEST_LINE: usize = 100;
    let one = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = one
        .chars()
        .filter(|c| !c.is_control())
        .map(|c| if matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}') { '\u{fffd}' } else { c })
        .take(LONGEST_LINE)
        .collect();
    // Two braces would be a place to fill in, in the templates that the line is put into.
    let shown = shown.replace("{{", "{ {");
    // Brackets and the like would be links or tags where the line is Markdown.
    shown.chars().fold(String::new(), |mut line, c| {
        if matches!(c, '[' | ']' | '<' | '>' | '`' | '*' | '_' | '\\') {
            line.push('\\');
        }
        line.push(c);
        line
    })
}

/// Text of the document between backticks in a comment of one line.
pub(super) fn code(text: &str) -> String {
    line(text).replace('\\', "").replace('`', "'")
}

/// A TOML basic string, without control characters.
pub(super) fn toml(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("\"{}\"", clean.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_title_becomes_a_package_name() {
        let rows = [
            ("Swagger Petstore - OpenAPI 3.0", "swagger-petstore-open-api-3-0"),
            ("Onezone", "onezone"),
            ("2FA", "api-2fa"),
            ("", "generated"),
            ("żółw", "w"),
            ("../../etc", "etc"),
            ("日本", "generated"),
        ];
        for (title, name) in rows {
            assert_eq!(package_name(title), name, "{title}");
        }
        let long = package_name(&"a very long title ".repeat(20));
        assert!(long.len() <= LONGEST && !long.ends_with('-'), "{long}");
    }

    #[test]
    fn a_name_stays_as_it_is() {
        for name in ["onezone", "pet-store", "swagger-petstore-open-api-3-0", "api-2fa"] {
            assert_eq!(package_name(name), name);
        }
    }

    #[test]
    fn prose_is_one_line_without_hidden_characters_and_links() {
        assert_eq!(line("a\n\tb \u{202e}c [x](y) <b>"), "a b \u{fffd}c \\[x\\](y) \\<b\\>");
        assert_eq!(line("a {{tests}} {{{b"), "a { {tests}} { {{b");
        assert_eq!(toml("a\"b\\c\nd"), "\"a\\\"b\\\\c d\"");
    }
}
