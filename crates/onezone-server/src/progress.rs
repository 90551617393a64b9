//! How far a long piece of work is: a bar where standard error is a terminal, a line every few seconds where it is not.
//! Work that is done at once is not talked about.

use std::io::{Read, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line is written.
const PLAIN: Duration = Duration::from_secs(10);

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Of a file.
    Bytes,
    /// Tokens.
    Tokens,
    /// Sealed secrets.
    Secrets,
    /// Records of every kind.
    Records,
}

/// Can be told from every thread.
pub(crate) struct Progress {
    bar: ProgressBar,
    unit: Unit,
    /// When the last line was written; absent on a terminal.
    last_line: Option<Mutex<Instant>>,
}

impl Progress {
    pub(crate) fn new(what: &str, unit: Unit, is_terminal: bool) -> Self {
        let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target).with_message(what.to_owned());
        let last_line = (!is_terminal).then(|| Mutex::new(Instant::now()));
        Self { bar, unit, last_line }
    }

    /// Begins to count towards a total, or without one.
    pub(crate) fn start(&self, what: Option<&str>, total: Option<u64>) {
        if let Some(what) = what {
            self.bar.set_message(what.to_owned());
        }
        self.bar.reset();
        let (position, length) = match self.unit {
            Unit::Bytes => ("{bytes}", "{total_bytes}"),
            Unit::Tokens => ("{human_pos}", "{human_len} tokens"),
            Unit::Secrets => ("{human_pos}", "{human_len} secrets"),
            Unit::Records => ("{human_pos}", "{human_len} records"),
        };
        let template = match total {
            Some(total) => {
                self.bar.set_length(total);
                format!("{{msg}} [{{bar:30}}] {position} of {length}, {{eta}} left")
            }
            None => format!("{{msg}} {{spinner}} {position}, {{elapsed}}"),
        };
        // A template that is wrong leaves the style as it was.
        if let Ok(style) = ProgressStyle::with_template(&template) {
            self.bar.set_style(style.progress_chars("=> "));
        }
    }

    /// So much more is done.
    pub(crate) fn advance(&self, count: usize) {
        self.bar.inc(u64::try_from(count).unwrap_or_default());
        let Some(last_line) = &self.last_line else { return };
        let mut last_line = last_line.lock().unwrap_or_else(PoisonError::into_inner);
        if last_line.elapsed() < PLAIN {
            return;
        }
        *last_line = Instant::now();
        let (shift, unit) = match self.unit {
            Unit::Bytes => (20, "MiB"),
            Unit::Tokens => (0, "tokens"),
            Unit::Secrets => (0, "secrets"),
            Unit::Records => (0, "records"),
        };
        let total = self.bar.length().map_or_else(String::new, |total| format!(" of {}", total >> shift));
        let line = format!("{}: {}{total} {unit}", self.bar.message(), self.bar.position() >> shift);
        // Nobody may be listening.
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Counts what is read.
pub(crate) struct Counted<'a, R> {
    pub(crate) source: R,
    pub(crate) progress: &'a Progress,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.progress.advance(count);
        Ok(count)
    }
}
