//! Lines on their way to whoever reads the log. Writing a line never waits: it is appended to a buffer, which a thread of
//! its own writes out, many lines at a time.
//!
//! A pipe whose reader has stopped, such as that of a container's log, takes no more than 64 KiB; whoever writes to it then
//! waits for ever. Requests must not. So the buffer has a bound, and beyond it lines are dropped, counted, and told of when there
//! is room again: losing lines of a log that nobody reads is better than losing the server. What must not be
//! lost is in the audit log, in the transaction of its change.
//!
//! `tracing-appender` has a queue of the same kind. It is not used since it says on standard output when it cannot end in time, cannot tell
//! warnings from access lines when room gets scarce, counts its room in lines of any length, and wakes its thread and calls the
//! system for each of them.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How many bytes may wait.
pub(super) const CAPACITY: usize = 4 * 1024 * 1024;

/// How many of them may be lines of no importance, so that warnings find room beside a flood of access lines.
const UNIMPORTANT: usize = CAPACITY / 4 * 3;

/// What a pipe takes as a whole or not at all (`PIPE_BUF` of Linux): however the process ends, no line is cut.
const PIECE: usize = 4096;

/// How long lines are gathered before they are written together.
const GATHERING: Duration = Duration::from_millis(2);

/// How long a sink that cannot take anything just now is left alone.
const PAUSE: Duration = Duration::from_millis(10);

/// How much memory is kept when nothing waits.
const KEPT: usize = 64 * 1024;

/// How long [`Queue::flush`] takes at most, for a reader that is slow.
const FLUSH_LIMIT: Duration = Duration::from_secs(5);

/// A bounded buffer of lines, and the thread that empties it.
pub(super) struct Queue {
    state: Mutex<State>,
    /// There is something to write, or an end to come to.
    more: Condvar,
    /// Something was written.
    less: Condvar,
    dropped: AtomicU64,
    report: fn(u64),
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    /// How many bytes the thread has taken and not yet written.
    taken: usize,
    /// Lines that were dropped and not yet told of.
    untold: u64,
    /// Whether the thread waits to be woken.
    idle: bool,
    /// Whether somebody waits for the end, so that nothing is gathered any more.
    hurry: bool,
}

impl Queue {
    /// Starts the thread. `report` is called on it when lines were dropped and there is room again; what it logs comes at
    /// about the place where they are missing.
    pub(super) fn start(sink: Box<dyn Write + Send>, report: fn(u64)) -> io::Result<Arc<Self>> {
        let queue = Arc::new(Self {
            state: Mutex::default(),
            more: Condvar::new(),
            less: Condvar::new(),
            dropped: AtomicU64::new(0),
            report,
        });
        let own = Arc::clone(&queue);
        thread::Builder::new().name("log".to_owned()).spawn(move || own.work(sink))?;
        Ok(queue)
    }

    /// Adds a line, in parts of which the last ends it, if there is room for it.
    pub(super) fn append(&self, parts: &[&[u8]], is_important: bool) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let mut state = self.lock();
        let room = if is_important { CAPACITY } else { UNIMPORTANT };
        if state.waiting.len() + state.taken + length > room {
            state.untold += 1;
            drop(state);
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        for part in parts {
            state.waiting.extend_from_slice(part);
        }
        let sleeps = std::mem::take(&mut state.idle);
        drop(state);
        if sleeps {
            self.more.notify_one();
        }
    }

    /// How many lines were dropped since the start.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Waits until everything is written that was appended, but not for a reader that takes nothing for so long. Whether it is.
    pub(super) fn flush(&self, patience: Duration) -> bool {
        let limit = Instant::now() + FLUSH_LIMIT;
        let mut state = self.lock();
        state.hurry = true;
        self.more.notify_one();
        while state.waiting.len() + state.taken > 0 && Instant::now() < limit {
            let before = state.taken;
            let (now, waited) =
                self.less.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner);
            state = now;
            if waited.timed_out() && state.taken == before {
                break;
            }
        }
        state.hurry = false;
        state.waiting.len() + state.taken == 0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, mut sink: Box<dyn Write + Send>) {
        let mut batch = Vec::new();
        loop {
            let mut state = self.lock();
            while state.waiting.is_empty() {
                state.idle = true;
                state = self.more.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if !state.hurry {
                (state, _) = self.more.wait_timeout(state, GATHERING).unwrap_or_else(PoisonError::into_inner);
            }
            std::mem::swap(&mut state.waiting, &mut batch);
            state.taken = batch.len();
            drop(state);
            self.write(&mut sink, &batch);
            batch.clear();
            batch.shrink_to(KEPT);
        }
    }

    fn write(&self, sink: &mut dyn Write, mut rest: &[u8]) {
        while !rest.is_empty() {
            let (piece, others) = rest.split_at(piece_length(rest));
            let lost = write_whole(sink, piece).map_or_else(|_| lines_of(piece), |()| 0);
            self.dropped.fetch_add(lost, Ordering::Relaxed);
            rest = others;
            let mut state = self.lock();
            state.taken = rest.len();
            state.untold += lost;
            // With half of the room free, what is dropped is told of once, and not at every piece.
            let told = if lost == 0 && state.waiting.len() + state.taken < UNIMPORTANT / 2 {
                std::mem::take(&mut state.untold)
            } else {
                0
            };
            drop(state);
            self.less.notify_all();
            if told > 0 {
                (self.report)(told);
            }
        }
    }
}

/// As many whole lines as fit a piece; one, if that is longer.
fn piece_length(text: &[u8]) -> usize {
    let is_end = |byte: &u8| *byte == b'\n';
    if text.len() <= PIECE {
        return text.len();
    }
    let last = text[..PIECE].iter().rposition(is_end);
    last.or_else(|| text.iter().position(is_end)).map_or(text.len(), |end| end + 1)
}

/// Writes all of it, also to what somebody else set to take nothing rather than make its writer wait.
fn write_whole(sink: &mut dyn Write, mut rest: &[u8]) -> io::Result<()> {
    while !rest.is_empty() {
        match sink.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(PAUSE),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn lines_of(text: &[u8]) -> u64 {
    text.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
