//! Printing: answers on standard output or into a file, everything else on standard error without anything a terminal would
//! obey.

use std::error::Error as _;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::process::ExitCode;

use crate::error::Error;
use crate::terminal::{Paint, printable};

/// The longest part of an unexpected body that is shown.
const BODY_SHOWN: usize = 500;

/// Prints a text. A reader that went away is no failure.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    write(None, text.as_bytes(), None)
}

/// Writes to a file, or to standard output, where a line end is added unless there is one already. `after` follows it.
pub(crate) fn write(file: Option<&str>, bytes: &[u8], after: Option<&[u8]>) -> Result<(), Error> {
    let after = after.unwrap_or_default();
    if let Some(name) = file {
        let written = File::create(name)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.write_all(after)));
        return finish(&format!("the answer to `{name}`"), written);
    }
    let mut stdout = io::stdout().lock();
    let end: &[u8] = if bytes.is_empty() || bytes.ends_with(b"\n") { b"" } else { b"\n" };
    let written = [bytes, end, after].iter().try_for_each(|part| stdout.write_all(part));
    finish("the answer", written.and_then(|()| stdout.flush()))
}

/// Adds to a file.
pub(crate) fn append(file: Option<&str>, bytes: &[u8]) -> Result<(), Error> {
    let Some(name) = file else { return write(None, bytes, None) };
    let written = OpenOptions::new().append(true).open(name).and_then(|mut file| file.write_all(bytes));
    finish(&format!("the answer to `{name}`"), written)
}

/// The outcome of writing. A reader that went away has read enough.
pub(crate) fn finish(what: &str, written: io::Result<()>) -> Result<(), Error> {
    match written {
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::Write { what: what.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Tells something on standard error.
pub(crate) fn told(text: &str) {
    // When standard error is gone, there is nobody left to tell.
    let _ = io::stderr().write_all(printable(text).as_bytes());
}

/// Tells why a command did not succeed, and gives the exit status.
pub(crate) fn failure(error: &Error, paint: Paint) -> ExitCode {
    let text = printable(&describe(error));
    let (head, rest) = text.split_once(": ").unwrap_or(("error", &text));
    let (rest, hint) = rest.rsplit_once("\nhint: ").map_or((rest, None), |(rest, hint)| (rest, Some(hint)));
    let mut shown = format!("{}: {rest}\n", paint.error(head));
    if let Some(hint) = hint {
        let _ = writeln!(shown, "{}: {hint}", paint.hint("hint"));
    }
    let _ = io::stderr().write_all(shown.as_bytes());
    ExitCode::from(error.exit_status())
}

fn describe(error: &Error) -> String {
    let mut text = format!("error: {error}");
    let call = match error {
        Error::Call(failure) => Some(&failure.error),
        Error::Client(error) => Some(error),
        _ => None,
    };
    // The message of a transparent error is that of its source; only what lies below adds something.
    let mut source = match call {
        Some(call) => call.source(),
        None => error.source(),
    };
    let mut last = String::new();
    while let Some(cause) = source {
        let said = cause.to_string();
        // The URL may have a secret in its query, and the rest of these says nothing.
        let is_noise = said.starts_with("error sending request") || said.starts_with("client error (");
        if said != last && !is_noise {
            text.push_str(": ");
            text.push_str(&said);
        }
        last = said;
        source = cause.source();
    }
    if let Some(call) = call {
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
    if let Error::Call(failure) = error
        && let Some(hint) = &failure.hint
    {
        let _ = write!(text, "\nhint: {hint}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_shows_nothing_that_a_terminal_obeys() {
        let shown = printable(&describe(&Error::Usage("a\u{1b}[2Jb\rc\nd\u{202e}".to_owned())));
        assert_eq!(shown, "error: a\u{fffd}[2Jb\u{fffd}c\nd\u{fffd}");
    }
}
