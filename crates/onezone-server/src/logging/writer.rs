//! What the formatter writes to: a line is escaped, given its priority, and appended to the queue.

use std::io;
use std::sync::Arc;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use super::escape::Escape;
use super::queue::Queue;

/// Where lines go.
pub(super) struct Lines {
    queue: Arc<Queue>,
    escape: Escape,
    has_priorities: bool,
}

/// One line.
pub(super) struct Line<'a> {
    lines: &'a Lines,
    level: Level,
}

impl Lines {
    /// With priorities, each line begins with that of its level, in the way of [`super::journal`].
    pub(super) const fn new(queue: Arc<Queue>, escape: Escape, has_priorities: bool) -> Self {
        Self { queue, escape, has_priorities }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { lines: self, level: Level::INFO }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Line<'a> {
        Line { lines: self, level: *metadata.level() }
    }
}

impl io::Write for Line<'_> {
    /// The formatter gives each line as a whole.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Lines { queue, escape, has_priorities } = self.lines;
        let (priority, is_important): (&[u8], bool) = match self.level {
            Level::ERROR => (b"<3>", true),
            Level::WARN => (b"<4>", true),
            Level::INFO => (b"<6>", false),
            _ => (b"<7>", false),
        };
        let priority = if *has_priorities { priority } else { b"" };
        let line = String::from_utf8_lossy(bytes.strip_suffix(b"\n").unwrap_or(bytes));
        let escaped = escape.escaped(&line);
        let line = escaped.as_deref().unwrap_or(&line);
        queue.append(&[priority, line.as_bytes(), b"\n"], is_important);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
