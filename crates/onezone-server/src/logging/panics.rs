//! A panic is an event of the log like others: one line, in the log's format, for which nobody waits. The default hook would
//! write several to standard error itself.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{PanicHookInfo, set_hook};
use std::sync::Arc;
use std::time::Duration;

use super::queue::Queue;

/// How long a panic waits until its line is written: it may be what ends the process.
const PATIENCE: Duration = Duration::from_millis(50);

/// Logs every panic from now on.
pub(super) fn log(queue: Arc<Queue>) {
    log_within(queue, PATIENCE);
}

fn log_within(queue: Arc<Queue>, patience: Duration) {
    set_hook(Box::new(move |panic| {
        tell(panic);
        queue.flush(patience);
    }));
}

fn tell(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = panic.location().map(tracing::field::display);
    // It is taken only where `RUST_BACKTRACE` asks for it.
    let trace = Backtrace::capture();
    let trace = (trace.status() == BacktraceStatus::Captured).then(|| tracing::field::display(trace));
    let thread = std::thread::current();
    tracing::error!(
        target: "panic",
        place,
        thread = thread.name(),
        trace,
        "{}",
        text.unwrap_or("a panic without a message")
    );
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::panic::{catch_unwind, take_hook};
    use std::sync::Mutex;

    use super::super::escape::Escape;
    use super::super::writer::Lines;
    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_one_line_of_the_log_which_is_written_before_it_goes_on() {
        let sink = Sink::default();
        let queue = Queue::start(Box::new(sink.clone()), |_| {}).unwrap();
        let lines = Lines::new(Arc::clone(&queue), Escape::Text, false);
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(lines).finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        // A busy machine may let the thread that writes wait.
        log_within(queue, Duration::from_secs(60));
        let caught = catch_unwind(|| panic!("of two\nlines"));
        let _ = take_hook();
        assert!(caught.is_err());
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("ERROR panic: of two\\nlines place="), "{text}");
        assert!(text.contains("panics.rs:") && text.lines().count() == 1, "{text}");
    }
}
