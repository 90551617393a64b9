//! What is known of the terminal: whether there is one, how wide it is, and whether colours are wanted.

use std::io::IsTerminal as _;

/// The width of help where there is no terminal, and the least and the most that it has on one.
const WIDTH: usize = 80;
const WIDEST: usize = 100;
const NARROWEST: usize = 40;

/// What is known of the terminal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Terminal {
    /// Whether standard output is one.
    pub(crate) output: bool,
    /// Whether standard error is one.
    pub(crate) errors: bool,
    /// How to paint on standard output.
    pub(crate) paint: Paint,
    /// How to paint on standard error.
    pub(crate) paint_errors: Paint,
    /// How wide it is, if it is known.
    pub(crate) width: Option<usize>,
}

impl Terminal {
    /// Looks at the terminal of this process. Without `colours` there are none, whatever the environment wants.
    pub(crate) fn of_process(colours: bool) -> Self {
        let (output, errors) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let wanted = |is_terminal| Paint {
            colours: colours && wants_colours(is_terminal, |name| std::env::var(name).ok()),
        };
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let size = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            output,
            errors,
            paint: wanted(output),
            paint_errors: wanted(errors),
            width: columns.or_else(|| output.then(size).flatten()),
        }
    }

    /// How wide text is to be.
    pub(crate) fn width(self) -> usize {
        self.width.map_or(WIDTH, |width| width.clamp(NARROWEST, WIDEST))
    }
}

/// `NO_COLOR` (no-color.org) is the strongest; `CLICOLOR_FORCE` asks for colours where there is no terminal.
fn wants_colours(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    if is_set("NO_COLOR") {
        return false;
    }
    if variable("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0") {
        return true;
    }
    is_terminal && variable("TERM").as_deref() != Some("dumb")
}

/// Colours, or none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paint {
    colours: bool,
}

impl Paint {
    /// A heading, or what is to be written as it stands.
    pub(crate) fn bold(self, text: &str) -> String {
        self.code("1", text)
    }

    /// The name of something.
    pub(crate) fn name(self, text: &str) -> String {
        self.code("36", text)
    }

    /// A text among other values.
    pub(crate) fn text(self, text: &str) -> String {
        self.code("32", text)
    }

    /// What went wrong.
    pub(crate) fn error(self, text: &str) -> String {
        self.code("1;31", text)
    }

    /// What may help.
    pub(crate) fn hint(self, text: &str) -> String {
        self.code("1;33", text)
    }

    fn code(self, code: &str, text: &str) -> String {
        if self.colours && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// The text without control characters, which come from outside and could rewrite what the terminal shows.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_obeyed(c) && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// Whether a terminal may obey a character: control characters, and those that change the direction of writing.
pub(crate) fn is_obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_and_the_environment_has_the_last_word() {
        for (is_terminal, variables, expected) in [
            (true, &[][..], true),
            (false, &[], false),
            (true, &[("NO_COLOR", "1")], false),
            (true, &[("NO_COLOR", "")], true),
            (false, &[("CLICOLOR_FORCE", "1")], true),
            (false, &[("CLICOLOR_FORCE", "0")], false),
            (true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
            (true, &[("TERM", "dumb")], false),
        ] {
            let variable = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(wants_colours(is_terminal, variable), expected, "{is_terminal} {variables:?}");
        }
    }

    #[test]
    fn help_is_neither_narrow_nor_wide() {
        let width = |width| Terminal { width, ..Terminal::default() }.width();
        assert_eq!((width(None), width(Some(1)), width(Some(90)), width(Some(500))), (80, 40, 90, 100));
    }
}
