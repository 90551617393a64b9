//! The bound of the log, its losses and its end, with sinks that stop and fail when they are told to.

use super::*;

/// A sink that writes what it is let.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<Passed>, Condvar)>);

#[derive(Default)]
struct Passed {
    text: Vec<u8>,
    pieces: Vec<usize>,
    closed: bool,
    broken: bool,
    asked: usize,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, Passed> {
        self.0.0.lock().unwrap()
    }

    fn set(&self, closed: bool, broken: bool) {
        (self.lock().closed, self.lock().broken) = (closed, broken);
        self.0.1.notify_all();
    }

    /// Waits until the queue has tried to write once more.
    fn asked(&self, times: usize) {
        let passed = self.lock();
        drop(self.0.1.wait_while(passed, |passed| passed.asked < times).unwrap());
    }

    fn text(&self) -> String {
        String::from_utf8(self.lock().text.clone()).unwrap()
    }
}

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut passed = self.lock();
        passed.asked += 1;
        self.0.1.notify_all();
        passed = self.0.1.wait_while(passed, |passed| passed.closed).unwrap();
        if passed.broken {
            return Err(ErrorKind::BrokenPipe.into());
        }
        passed.text.extend_from_slice(bytes);
        passed.pieces.push(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const LONG: Duration = Duration::from_secs(60);

fn queue(gate: &Gate) -> Arc<Queue> {
    Queue::start(Box::new(gate.clone()), |_| {}).unwrap()
}

#[test]
fn lines_come_out_whole_in_their_order_and_in_pieces_that_end_with_a_line() {
    let gate = Gate::default();
    let queue = queue(&gate);
    let lines: Vec<String> = (0..5000).map(|number| format!("line {number} {}\n", "x".repeat(50))).collect();
    for line in &lines {
        queue.append(&[&line.as_bytes()[..4], &line.as_bytes()[4..]], false);
    }
    assert!(queue.flush(LONG));
    assert_eq!(gate.text(), lines.concat());
    let (mut end, text) = (0, gate.text());
    for length in &gate.lock().pieces {
        end += length;
        assert!(*length <= PIECE && text.as_bytes()[end - 1] == b'\n');
    }
    assert_eq!(queue.dropped(), 0);
}

#[test]
fn whoever_logs_never_waits_and_warnings_find_room_beside_a_flood() {
    static TOLD: AtomicU64 = AtomicU64::new(0);
    let gate = Gate::default();
    gate.set(true, false);
    let report = |lines| {
        TOLD.fetch_add(lines, Ordering::Relaxed);
    };
    let queue = Queue::start(Box::new(gate.clone()), report).unwrap();
    let line = [b'a'; 1023];
    for _ in 0..4096 {
        queue.append(&[&line, b"\n"], false);
    }
    assert_eq!(queue.dropped(), 1024, "a quarter of the room is kept");
    queue.append(&[b"warning\n"], true);
    assert_eq!(queue.dropped(), 1024);
    assert!(!queue.flush(Duration::from_millis(20)), "nobody reads");
    gate.set(false, false);
    assert!(queue.flush(LONG));
    let text = gate.text();
    assert!(text.ends_with("a\nwarning\n"), "{}", text.len());
    assert_eq!((text.lines().count(), TOLD.load(Ordering::Relaxed)), (3073, 1024));
}

#[test]
fn a_sink_that_fails_loses_what_it_was_given_and_is_tried_again() {
    let gate = Gate::default();
    gate.set(false, true);
    let queue = queue(&gate);
    queue.append(&[b"lost\nlost\n"], true);
    assert!(queue.flush(LONG));
    assert_eq!(queue.dropped(), 2);
    gate.set(false, false);
    queue.append(&[b"kept\n"], true);
    assert!(queue.flush(LONG));
    assert_eq!((gate.text().as_str(), queue.dropped()), ("kept\n", 2));
}

#[test]
fn what_is_appended_while_others_are_written_follows_them() {
    let gate = Gate::default();
    gate.set(true, false);
    let queue = queue(&gate);
    queue.append(&[b"first\n"], false);
    gate.asked(1);
    queue.append(&[b"second\n"], false);
    gate.set(false, false);
    assert!(queue.flush(LONG));
    assert_eq!(gate.text(), "first\nsecond\n");
}

#[test]
fn a_line_longer_than_a_piece_is_one() {
    assert_eq!(piece_length(b"ab\ncd\n"), 6);
    let long = [vec![b'x'; 2 * PIECE], b"\nshort\n".to_vec()].concat();
    assert_eq!(piece_length(&long), 2 * PIECE + 1);
    assert_eq!(piece_length(&vec![b'x'; PIECE + 1]), PIECE + 1);
}
