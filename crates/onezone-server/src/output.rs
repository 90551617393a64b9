//! The only module that prints (and [`Progress`], for it). Results go to standard output, everything said to people beside them to standard
//! error, so that a result can be piped on.

use std::io::{IsTerminal as _, Stderr, Stdout, Write as _};

use anyhow::Context as _;
use serde::Serialize;

use crate::cli::Format;
use crate::progress::{Progress, Unit};

/// Where and how results are printed.
pub(crate) struct Output {
    format: Format,
    stdout: Stdout,
    stderr: Stderr,
}

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        Self { format, stdout: std::io::stdout(), stderr: std::io::stderr() }
    }

    /// A text that is the result itself, whatever the format.
    pub(crate) fn raw(&self, text: &str) {
        // Whoever reads may have gone, as in `| head`; then there is nobody to tell.
        let _ = writeln!(self.stdout.lock(), "{}", text.trim_end_matches('\n'));
    }

    /// A result: `value` for programs, `text` for people.
    pub(crate) fn result(&self, value: &impl Serialize, text: &str) -> anyhow::Result<()> {
        match self.format {
            Format::Json => self.raw(&serde_json::to_string_pretty(value)?),
            Format::Table => self.raw(text),
        }
        Ok(())
    }

    /// Rows under headings; `values` for programs.
    pub(crate) fn table(
        &self,
        headings: &[&str],
        rows: &[Vec<String>],
        values: &impl Serialize,
    ) -> anyhow::Result<()> {
        self.result(values, &render_table(headings, rows))
    }

    /// The same for a list that can be empty, which people are told beside the result.
    pub(crate) fn list(
        &self,
        headings: &[&str],
        rows: &[Vec<String>],
        values: &impl Serialize,
        nothing: &str,
    ) -> anyhow::Result<()> {
        if rows.is_empty() && self.format == Format::Table {
            self.note(nothing);
            return Ok(());
        }
        self.table(headings, rows, values)
    }

    /// Asks a question, where somebody sits there to answer it.
    pub(crate) fn ask(&self, question: &str) -> anyhow::Result<Option<String>> {
        if !std::io::stdin().is_terminal() || !self.stderr.is_terminal() {
            return Ok(None);
        }
        let mut stderr = self.stderr.lock();
        write!(stderr, "{question}").and_then(|()| stderr.flush()).context("cannot ask")?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).context("cannot read the answer")?;
        Ok(Some(answer))
    }

    /// Whether programs are reading.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Something said beside the result.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(self.stderr.lock(), "{text}");
    }

    /// A line of a stream that people or programs follow. Whether anybody still does.
    pub(crate) fn line(&self, text: &str) -> bool {
        let mut stdout = self.stdout.lock();
        writeln!(stdout, "{}", visible(text)).and_then(|()| stdout.flush()).is_ok()
    }

    /// Why the command failed.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        self.note(&format!("error: {error:#}"));
    }

    /// What shows how far a long piece of work is.
    pub(crate) fn progress(&self, what: &str, unit: Unit) -> Progress {
        Progress::new(what, unit, self.stderr.is_terminal())
    }

    /// Where a result is written that is too long to be held.
    pub(crate) fn stream() -> Stdout {
        std::io::stdout()
    }
}

fn render_table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let headings: Vec<String> = headings.iter().map(|heading| heading.to_uppercase()).collect();
    let all: Vec<Vec<String>> = std::iter::once(&headings)
        .chain(rows)
        .map(|row| row.iter().map(|cell| visible(cell)).collect())
        .collect();
    let width = |column: usize| all.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Names are data: what a terminal would obey is shown instead.
fn visible(text: &str) -> String {
    let show = |character: char| {
        if character.is_control() { character.escape_default().to_string() } else { character.to_string() }
    };
    text.chars().map(show).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_control_characters_are_shown() {
        let rows = [vec!["a".to_owned(), "żółw".to_owned()], vec!["long".to_owned(), "\u{1b}[2J".to_owned()]];
        assert_eq!(render_table(&["id", "name"], &rows), "ID    NAME\na     żółw\nlong  \\u{1b}[2J");
    }
}
