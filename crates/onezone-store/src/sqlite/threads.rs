//! The threads that own the connections, and the bounded queues in front of them: so many wait, and for so long.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::{Result, StoreError};

/// How many operations may wait; more is a backlog that no client would wait for.
pub(super) const QUEUE_LENGTH: usize = 1024;

/// How long a question waits for a connection. Longer, and whoever asked does better to come again.
const READ_PATIENCE: Duration = Duration::from_secs(1);

/// How long a change waits for its transaction to begin: longer than the engine waits for another process to finish its
/// own, so that the first to be refused are told so.
const WRITE_PATIENCE: Duration = Duration::from_secs(6);

/// How many changes share one commit at most.
const GROUP: usize = 64;

/// Why a piece of work on a connection failed.
pub(super) enum Failure {
    Engine(rusqlite::Error),
    Store(StoreError),
}

/// Reader threads that share one queue.
pub(super) struct Readers {
    queue: Sender<Message<ReadJob>>,
    path: Arc<PathBuf>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// The writer thread with its queue.
pub(super) struct Writer {
    queue: Sender<Message<Box<dyn WriteJob>>>,
    path: Arc<PathBuf>,
    thread: Mutex<Option<JoinHandle<Result<()>>>>,
    work: Arc<AtWork>,
}

/// Since when a thread has been at its present transaction, in milliseconds since it was started; 0 when at none.
struct AtWork {
    started: Instant,
    since: AtomicU64,
}

impl AtWork {
    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn begin(&self) {
        self.since.store(self.now().max(1), Ordering::Relaxed);
    }

    fn end(&self) {
        self.since.store(0, Ordering::Relaxed);
    }

    fn duration(&self) -> Option<Duration> {
        let since = NonZero::new(self.since.load(Ordering::Relaxed))?;
        Some(Duration::from_millis(self.now().saturating_sub(since.get())))
    }
}

enum Message<J> {
    Work(J),
    Stop,
}

/// Whether work has begun, or its caller has left before: one of the two, and whoever comes first decides.
#[derive(Default)]
struct Turn(AtomicBool);

impl Turn {
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

type ReadJob = Box<dyn FnOnce(&mut Connection) + Send>;

/// A change that waits for a transaction, then for the transaction's end, then answers.
trait WriteJob: Send {
    /// Does the work and says whether it is to be kept.
    fn run(&mut self, connection: &mut Connection) -> bool;
    /// Tells the caller: its own result, or why the transaction around it did not end well.
    fn answer(self: Box<Self>, end: Option<StoreError>);
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Failure {
    pub(super) fn into_error(self, path: &Path) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Engine(error) => engine_error(&error, path),
        }
    }
}

fn engine_error(error: &rusqlite::Error, path: &Path) -> StoreError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy) => StoreError::Busy { path },
        Some(ErrorCode::NotADatabase) => StoreError::NotADatabase { path },
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Corrupt { path, found: said(error) },
        Some(ErrorCode::CannotOpen) => {
            StoreError::File { doing: "open", path, source: std::io::Error::other(said(error)) }
        }
        Some(ErrorCode::ReadOnly) => {
            StoreError::File { doing: "write", path, source: std::io::Error::other(said(error)) }
        }
        _ => StoreError::Database(said(error).into()),
    }
}

/// What the engine said, once and in one line: the source of the engine's error is its message over again.
fn said(error: &rusqlite::Error) -> String {
    let rusqlite::Error::SqliteFailure(failure, message) = error else {
        return one_line(error.to_string().lines());
    };
    let code = failure.extended_code;
    let message = message.as_deref().unwrap_or_else(|| rusqlite::ffi::code_to_str(code));
    format!("SQLite code {code}: {}", one_line(message.lines()))
}

/// Lines as one, for a log in which an event is a line.
pub(super) fn one_line<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let lines: Vec<&str> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ")
}

/// Does the work; a panic becomes an error of its caller's. A defect in one piece of work must not take the thread
/// away from all the others.
pub(super) fn guarded<T>(
    work: impl FnOnce(&mut Connection) -> Result<T, Failure>,
    connection: &mut Connection,
    path: &Path,
) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(|| work(connection))) {
        Ok(result) => result.map_err(|failure| failure.into_error(path)),
        Err(_) => Err(StoreError::Database("a defect in this program ended the work".into())),
    }
}

impl Readers {
    /// One thread for each connection.
    pub(super) fn start(connections: Vec<Connection>, path: &Path, queue_length: usize) -> Result<Self> {
        let (queue, jobs) = bounded(queue_length);
        let threads = connections
            .into_iter()
            .map(|connection| {
                let jobs = jobs.clone();
                spawn("store-reader", move || read_until_stopped(connection, &jobs))
            })
            .collect::<Result<_>>()?;
        Ok(Self { queue, path: Arc::new(path.to_owned()), threads: Mutex::new(threads) })
    }

    /// Runs `work` on a reader. Work whose caller is gone by then is skipped.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let (path, turn) = (Arc::clone(&self.path), Arc::new(Turn::default()));
        let begins = Arc::clone(&turn);
        let job = Box::new(move |connection: &mut Connection| {
            if !reply.is_closed() && begins.take() {
                // The caller may leave at any time; then nobody needs the result.
                let _ = reply.send(guarded(work, connection, &path));
            }
        });
        enqueue(&self.queue, job)?;
        patiently(answer, &turn, READ_PATIENCE).await
    }

    /// How many questions wait.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// How many threads have ended without having been told to.
    pub(super) fn ended(&self) -> usize {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.iter().filter(|thread| thread.is_finished()).count()
    }

    /// Finishes what is queued, then ends the threads. The second call finds nothing to do.
    pub(super) fn stop(&self) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for _ in &threads {
            // Fails only when all threads have ended.
            let _ = self.queue.send(Message::Stop);
        }
        for thread in threads {
            // A thread that panicked has ended too.
            let _ = thread.join();
        }
    }
}

impl Writer {
    /// One thread for the connection.
    pub(super) fn start(connection: Connection, path: &Path, queue_length: usize) -> Result<Self> {
        let (queue, jobs) = bounded(queue_length);
        let shared_path = Arc::new(path.to_owned());
        let work = Arc::new(AtWork { started: Instant::now(), since: AtomicU64::new(0) });
        let (thread_path, at_work) = (Arc::clone(&shared_path), Arc::clone(&work));
        let thread =
            spawn("store-writer", move || write_until_stopped(connection, &jobs, &thread_path, &at_work))?;
        Ok(Self { queue, path: shared_path, thread: Mutex::new(Some(thread)), work })
    }

    /// How many changes wait for a transaction.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// For how long the thread has been at its present transaction; none when it waits for work.
    pub(super) fn at_work_for(&self) -> Option<Duration> {
        self.work.duration()
    }

    /// 1 when the thread has ended without having been told to.
    pub(super) fn ended(&self) -> usize {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        usize::from(thread.as_ref().is_some_and(JoinHandle::is_finished))
    }

    /// Runs `work` in a transaction and answers when that is on disk. Once begun, the work is done whether or not its
    /// caller still waits; it is not begun when the caller was told that it has waited for too long.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let (path, turn) = (Arc::clone(&self.path), Arc::new(Turn::default()));
        let begins = Arc::clone(&turn);
        let job = Box::new(Change { work: Some(work), result: None, reply, path, turn: begins });
        enqueue(&self.queue, job)?;
        patiently(answer, &turn, WRITE_PATIENCE).await
    }

    /// Finishes what is queued, moves the log into the database and ends the thread.
    pub(super) fn stop(&self) -> Result<()> {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return Ok(()) };
        // Fails only when the thread has ended.
        let _ = self.queue.send(Message::Stop);
        thread.join().unwrap_or(Err(StoreError::Closed))
    }
}

struct Change<T, F> {
    work: Option<F>,
    /// Absent until the work is done; it never is when its transaction does not begin or its caller has left before.
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
    path: Arc<PathBuf>,
    turn: Arc<Turn>,
}

impl<T, F> WriteJob for Change<T, F>
where
    T: Send,
    F: FnOnce(&mut Connection) -> Result<T, Failure> + Send,
{
    fn run(&mut self, connection: &mut Connection) -> bool {
        if let Some(work) = self.work.take().filter(|_| self.turn.take()) {
            self.result = Some(guarded(work, connection, &self.path));
        }
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, end: Option<StoreError>) {
        // A change that failed by itself says so, whatever became of the others.
        let result = match (self.result, end) {
            (Some(Err(own)), _) => Err(own),
            (_, Some(error)) => Err(error),
            (Some(done), None) => done,
            // Every change of a group that ended well was done, but for those whose callers are not there to read this.
            (None, None) => Err(StoreError::Closed),
        };
        // The caller may have left; the change stands all the same.
        let _ = self.reply.send(result);
    }
}

fn spawn<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|error| StoreError::Database(error.into()))
}

/// Waits for the answer to work that is queued. Work that does not begin in time never will; work that has begun is waited
/// for, however long it takes.
async fn patiently<T>(answer: oneshot::Receiver<Result<T>>, turn: &Turn, patience: Duration) -> Result<T> {
    let mut answer = answer;
    let answered = match timeout(patience, &mut answer).await {
        Err(_) if turn.take() => return Err(StoreError::Overloaded),
        Err(_) => answer.await,
        Ok(answered) => answered,
    };
    answered.map_err(|_| StoreError::Closed)?
}

fn enqueue<J>(queue: &Sender<Message<J>>, job: J) -> Result<()> {
    queue.try_send(Message::Work(job)).map_err(|error| match error {
        TrySendError::Full(_) => StoreError::Overloaded,
        TrySendError::Disconnected(_) => StoreError::Closed,
    })
}

fn read_until_stopped(mut connection: Connection, jobs: &Receiver<Message<ReadJob>>) {
    while let Ok(Message::Work(job)) = jobs.recv() {
        job(&mut connection);
    }
}

fn write_until_stopped(
    mut connection: Connection,
    jobs: &Receiver<Message<Box<dyn WriteJob>>>,
    path: &Path,
    at_work: &AtWork,
) -> Result<()> {
    let mut stopping = false;
    while !stopping {
        let Ok(Message::Work(first)) = jobs.recv() else { break };
        let mut group = vec![first];
        while group.len() < GROUP && !stopping {
            match jobs.try_recv() {
                Ok(Message::Work(job)) => group.push(job),
                Ok(Message::Stop) => stopping = true,
                Err(_) => break,
            }
        }
        at_work.begin();
        let end = commit_together(&mut connection, &mut group);
        at_work.end();
        for job in group {
            job.answer(end.as_ref().err().map(|end| end.to_error(path)));
        }
    }
    // Another process may be reading; then its own closing, or the next opening, does this.
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .map_err(|error| Failure::from(error).into_error(path))
}

/// Why the transaction around a group of changes did not end well.
enum End {
    /// None of the changes was made.
    NotMade(rusqlite::Error),
    /// The commit was attempted and not confirmed.
    Unknown(rusqlite::Error),
}

impl End {
    /// Every caller of the group gets an error of its own.
    fn to_error(&self, path: &Path) -> StoreError {
        match self {
            Self::Unknown(error) => StoreError::OutcomeUnknown(said(error).into()),
            Self::NotMade(error) => engine_error(error, path),
        }
    }
}

/// One transaction, one flush, a savepoint a change: a change that fails takes none of the others with it.
fn commit_together(connection: &mut Connection, group: &mut [Box<dyn WriteJob>]) -> Result<(), End> {
    connection.execute_batch("BEGIN IMMEDIATE").map_err(End::NotMade)?;
    for job in group {
        if let Err(error) = run_in_savepoint(connection, job.as_mut()) {
            // Without a transaction (the engine may have ended it already) this says so, and nothing is lost.
            let _ = connection.execute_batch("ROLLBACK");
            return Err(End::NotMade(error));
        }
    }
    connection.execute_batch("COMMIT").map_err(|error| {
        let _ = connection.execute_batch("ROLLBACK");
        End::Unknown(error)
    })
}

fn run_in_savepoint(connection: &mut Connection, job: &mut dyn WriteJob) -> rusqlite::Result<()> {
    connection.execute_batch("SAVEPOINT change")?;
    let keep = job.run(connection);
    if connection.is_autocommit() {
        // On some failures (a full disk) the engine rolls the whole transaction back. What follows would then
        // commit change by change, so the group ends here.
        let ended = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK);
        return Err(rusqlite::Error::SqliteFailure(ended, None));
    }
    connection.execute_batch(if keep { "RELEASE change" } else { "ROLLBACK TO change; RELEASE change" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_queue_refuses_instead_of_waiting() {
        let connection = Connection::open_in_memory().unwrap();
        let readers = Arc::new(Readers::start(vec![connection], Path::new("memory"), 1).unwrap());
        let (started, has_started) = oneshot::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let busy = tokio::spawn({
            let readers = Arc::clone(&readers);
            async move {
                readers
                    .run(move |_| {
                        started.send(()).unwrap();
                        released.recv().unwrap();
                        Ok(())
                    })
                    .await
            }
        });
        has_started.await.unwrap();
        let waiting = readers.run(|_| Ok(()));
        tokio::pin!(waiting);
        assert!(futures_poll_once(waiting.as_mut()).await.is_none(), "the queue has room for one");
        assert!(matches!(readers.run(|_| Ok(())).await, Err(StoreError::Overloaded)));
        release.send(()).unwrap();
        waiting.await.unwrap();
        busy.await.unwrap().unwrap();
    }

    /// A thread that is busy until the sender is used or dropped.
    async fn busy_writer() -> (Arc<Writer>, std::sync::mpsc::Sender<()>, tokio::task::JoinHandle<Result<()>>)
    {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (n INTEGER NOT NULL)").unwrap();
        let writer = Arc::new(Writer::start(connection, Path::new("memory"), 8).unwrap());
        let (started, has_started) = oneshot::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let busy = tokio::spawn({
            let writer = Arc::clone(&writer);
            async move {
                let work = move |_: &mut Connection| {
                    started.send(()).unwrap();
                    released.recv().unwrap();
                    Ok(())
                };
                writer.run(work).await
            }
        });
        has_started.await.unwrap();
        (writer, release, busy)
    }

    /// Timers count whole milliseconds.
    fn assert_waited(since: tokio::time::Instant, time: Duration) {
        let waited = since.elapsed();
        assert!(waited >= time && waited < time + Duration::from_millis(5), "{waited:?}");
    }

    /// A clock that is paused moves by itself whenever nothing else can happen.
    #[tokio::test]
    async fn a_change_that_does_not_begin_in_time_is_refused_and_never_made() {
        let (writer, release, busy) = busy_writer().await;
        tokio::time::pause();
        let started = tokio::time::Instant::now();
        let refused = writer.run(|connection| Ok(connection.execute("INSERT INTO t VALUES (1)", [])?)).await;
        assert!(matches!(refused, Err(StoreError::Overloaded)));
        assert_waited(started, WRITE_PATIENCE);
        tokio::time::resume();
        release.send(()).unwrap();
        busy.await.unwrap().unwrap();
        let count: i64 = writer
            .run(|connection| Ok(connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?))
            .await
            .unwrap();
        assert_eq!(count, 0, "the refused change was made all the same");
    }

    #[tokio::test]
    async fn work_that_has_begun_is_waited_for() {
        let (_writer, release, busy) = busy_writer().await;
        tokio::time::pause();
        tokio::time::sleep(WRITE_PATIENCE * 10).await;
        assert!(!busy.is_finished());
        release.send(()).unwrap();
        busy.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_question_waits_a_second_at_most() {
        let readers = Readers::start(vec![Connection::open_in_memory().unwrap()], Path::new("memory"), 8);
        let readers = Arc::new(readers.unwrap());
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (started, has_started) = oneshot::channel();
        let long = tokio::spawn({
            let readers = Arc::clone(&readers);
            async move {
                let work = move |_: &mut Connection| {
                    started.send(()).unwrap();
                    released.recv().unwrap();
                    Ok(())
                };
                readers.run(work).await
            }
        });
        has_started.await.unwrap();
        tokio::time::pause();
        let asked = tokio::time::Instant::now();
        assert!(matches!(readers.run(|_| Ok(())).await, Err(StoreError::Overloaded)));
        assert_waited(asked, READ_PATIENCE);
        release.send(()).unwrap();
        long.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_failing_change_leaves_the_others_of_its_group() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (n INTEGER NOT NULL)").unwrap();
        let writer = Writer::start(connection, Path::new("memory"), 8).unwrap();
        let insert =
            |n: i64| writer.run(move |connection| Ok(connection.execute("INSERT INTO t VALUES (?)", [n])?));
        let failing = writer.run(|connection| {
            connection.execute("INSERT INTO t VALUES (7)", [])?;
            Err::<(), _>(StoreError::Closed.into())
        });
        let (first, second, third) = tokio::join!(insert(1), failing, insert(2));
        assert!(first.is_ok() && second.is_err() && third.is_ok());
        let sum: i64 = writer
            .run(|connection| Ok(connection.query_row("SELECT sum(n) FROM t", [], |row| row.get(0))?))
            .await
            .unwrap();
        assert_eq!(sum, 3);
    }

    #[tokio::test]
    async fn a_group_whose_transaction_the_engine_ended_is_refused_as_a_whole() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (n INTEGER NOT NULL)").unwrap();
        let writer = Writer::start(connection, Path::new("memory"), 8).unwrap();
        let insert = writer.run(|connection| Ok(connection.execute("INSERT INTO t VALUES (1)", [])?));
        let rolling_back = writer.run(|connection| Ok(connection.execute_batch("ROLLBACK")?));
        let (inserted, ended) = tokio::join!(insert, rolling_back);
        assert!(ended.is_err());
        let count: i64 = writer
            .run(|connection| Ok(connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?))
            .await
            .unwrap();
        assert_eq!(count == 1, inserted.is_ok(), "the answer differs from what is stored");
    }

    #[tokio::test]
    async fn a_lock_of_another_process_is_named_and_the_writer_goes_on_after_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("zone.db");
        let other = Connection::open(&path).unwrap();
        other.execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE t (n INTEGER NOT NULL)").unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.busy_timeout(std::time::Duration::from_millis(10)).unwrap();
        let writer = Writer::start(connection, &path, 8).unwrap();
        let insert = || writer.run(|connection| Ok(connection.execute("INSERT INTO t VALUES (1)", [])?));
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let (first, second) = tokio::join!(insert(), insert());
        for refused in [first, second] {
            assert!(
                matches!(&refused, Err(StoreError::Busy { path: named }) if *named == path),
                "{refused:?}"
            );
        }
        other.execute_batch("COMMIT").unwrap();
        assert_eq!(insert().await.unwrap(), 1);
        let count: i64 = other.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 1, "a refused change was made all the same");
    }

    #[tokio::test]
    async fn a_panic_in_the_work_is_an_error_of_its_own_and_ends_no_thread() {
        let connection = || Connection::open_in_memory().unwrap();
        let readers = Readers::start(vec![connection()], Path::new("memory"), 8).unwrap();
        let writer = Writer::start(connection(), Path::new("memory"), 8).unwrap();
        let defect = |_: &mut Connection| -> Result<(), Failure> { panic!("a defect") };
        assert!(matches!(readers.run(defect).await, Err(StoreError::Database(_))));
        assert!(matches!(writer.run(defect).await, Err(StoreError::Database(_))));
        readers.run(|_| Ok(())).await.unwrap();
        writer.run(|_| Ok(())).await.unwrap();
    }

    #[test]
    fn what_the_engine_said_is_one_line_without_a_repetition() {
        let failure = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        for message in [None, Some("database disk image is malformed\n".to_owned())] {
            let error = engine_error(&rusqlite::Error::SqliteFailure(failure, message), Path::new("zone.db"));
            assert!(std::error::Error::source(&error).is_none());
            let text = error.to_string();
            assert_eq!((text.lines().count(), text.matches("malformed").count()), (1, 1), "{text}");
        }
    }

    async fn futures_poll_once<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
        std::future::poll_fn(move |context| {
            std::task::Poll::Ready(match std::pin::Pin::new(&mut future).poll(context) {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
