//! What goes on while nothing is finished: a line that replaces itself for a person who watches, and otherwise a line a step.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where steps are told.
pub(crate) struct Progress {
    output: Mutex<Box<dyn Write + Send>>,
    is_terminal: bool,
}

impl Progress {
    /// On standard error, so that the table can be piped on.
    pub(crate) fn here() -> Self {
        Self::new(Box::new(io::stderr()), io::stderr().is_terminal())
    }

    fn new(output: Box<dyn Write + Send>, is_terminal: bool) -> Self {
        Self { output: Mutex::new(output), is_terminal }
    }

    /// Says that a step begins.
    pub(crate) fn step(&self, text: &str) {
        if self.is_terminal { self.replace(text) } else { self.put(&format!("{text}\n")) }
    }

    /// Says how far the step is, if somebody watches.
    pub(crate) fn update(&self, text: impl FnOnce() -> String) {
        if self.is_terminal {
            self.replace(&text());
        }
    }

    /// Makes room for a line that stays.
    pub(crate) fn clear(&self) {
        self.update(String::new);
    }

    fn replace(&self, text: &str) {
        self.put(&format!("\r\u{1b}[K{text}"));
    }

    fn put(&self, text: &str) {
        let mut output = locked(&self.output);
        // Nothing depends on it, so a terminal that is gone does not stop the work.
        let _ = output.write_all(text.as_bytes());
        let _ = output.flush();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Default)]
    struct Shown(Arc<Mutex<Vec<u8>>>);

    impl Write for Shown {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            locked(&self.0).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn shown(is_terminal: bool) -> String {
        let shown = Shown::default();
        let progress = Progress::new(Box::new(shown.clone()), is_terminal);
        progress.step("batch 1");
        progress.update(|| "batch 1, 2 s".to_owned());
        progress.clear();
        String::from_utf8(locked(&shown.0).clone()).unwrap()
    }

    #[test]
    fn a_person_sees_one_line_that_changes_and_a_log_has_a_line_a_step() {
        assert_eq!(shown(true), "\r\u{1b}[Kbatch 1\r\u{1b}[Kbatch 1, 2 s\r\u{1b}[K");
        assert_eq!(shown(false), "batch 1\n");
    }
}
