//! Printing: the answer on standard output as it is, failures on standard error without anything a terminal would obey.

use std::error::Error as _;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::error::Error;

/// The longest part of an unexpected body that is shown.
const BODY_SHOWN: usize = 500;

/// Prints an answer, with a line end after it when it has none. A reader that went away is no failure.
pub(crate) fn answer(text: &[u8]) -> ExitCode {
    let mut stdout = io::stdout().lock();
    let end: &[u8] = if text.is_empty() || text.ends_with(b"\n") { b"" } else { b"\n" };
    let written = stdout.write_all(text).and_then(|()| stdout.write_all(end)).and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            line(&format!("error: cannot write the answer: {error}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Prints why a command did not succeed.
pub(crate) fn failure(error: &Error) {
    line(&describe(error));
}

fn line(text: &str) {
    // When standard error is gone, there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{text}");
}

fn describe(error: &Error) -> String {
    let mut text = format!("error: {error}");
    // The message of a transparent error is that of its source; only what lies below adds something.
    let mut source = match error {
        Error::Call(call) => call.source(),
        other => other.source(),
    };
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    if let Error::Call(call) = error {
        if let onezone_client::Error::Unexpected(response) = call
            && !response.body.is_empty()
        {
            let body = String::from_utf8_lossy(&response.body);
            let shown: String = body.chars().take(BODY_SHOWN).collect();
            let rest = if shown.len() < body.len() { "..." } else { "" };
            let _ = write!(text, "\n{shown}{rest}");
        }
        if let Some(id) = call.request_id() {
            let _ = write!(text, "\nrequest id: {id}");
        }
    }
    printable(&text)
}

/// The text without control characters, which come from outside and could rewrite what the terminal shows.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_shows_nothing_that_a_terminal_obeys() {
        let shown = describe(&Error::Usage("a\u{1b}[2Jb\rc\nd".to_owned()));
        assert_eq!(shown, "error: a\u{fffd}[2Jb\u{fffd}c\nd");
    }
}
