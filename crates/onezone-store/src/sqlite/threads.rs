//! The threads that own the connections, and the bounded queues in front of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use crate::{Result, StoreError};

/// How many operations may wait; more is a backlog that no client would wait for.
pub(super) const QUEUE_LENGTH: usize = 1024;

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
}

enum Message<J> {
    Work(J),
    Stop,
}

type ReadJob = Box<dyn FnOnce(&Connection) + Send>;

/// A change that waits for a transaction, then for the transaction's end, then answers.
trait WriteJob: Send {
    /// Does the work and says whether it is to be kept.
    fn run(&mut self, connection: &Connection) -> bool;
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
        let error = match self {
            Self::Store(error) => return error,
            Self::Engine(error) => error,
        };
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Overloaded,
            Some(ErrorCode::NotADatabase) => StoreError::NotADatabase { path },
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Corrupt { path, source: error.into() },
            Some(ErrorCode::CannotOpen) => {
                StoreError::File { doing: "open", path, source: std::io::Error::other(error) }
            }
            Some(ErrorCode::ReadOnly) => {
                StoreError::File { doing: "write", path, source: std::io::Error::other(error) }
            }
            _ => StoreError::Database(error.into()),
        }
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
                spawn("store-reader", move || read_until_stopped(&connection, &jobs))
            })
            .collect::<Result<_>>()?;
        Ok(Self { queue, path: Arc::new(path.to_owned()), threads: Mutex::new(threads) })
    }

    /// Runs `work` on a reader. Work whose caller is gone by then is skipped.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let path = Arc::clone(&self.path);
        let job = Box::new(move |connection: &Connection| {
            if !reply.is_closed() {
                // The caller may leave at any time; then nobody needs the result.
                let _ = reply.send(work(connection).map_err(|failure| failure.into_error(&path)));
            }
        });
        enqueue(&self.queue, job)?;
        answer.await.map_err(|_| StoreError::Closed)?
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
        let thread_path = Arc::clone(&shared_path);
        let thread = spawn("store-writer", move || write_until_stopped(&connection, &jobs, &thread_path))?;
        Ok(Self { queue, path: shared_path, thread: Mutex::new(Some(thread)) })
    }

    /// Runs `work` in a transaction and answers when that is on disk. Once accepted, the work is done whether or
    /// not its caller still waits.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let path = Arc::clone(&self.path);
        let job = Box::new(Change { work: Some(work), result: Err(StoreError::Closed), reply, path });
        enqueue(&self.queue, job)?;
        answer.await.map_err(|_| StoreError::Closed)?
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
    result: Result<T>,
    reply: oneshot::Sender<Result<T>>,
    path: Arc<PathBuf>,
}

impl<T, F> WriteJob for Change<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, Failure> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        if let Some(work) = self.work.take() {
            self.result = work(connection).map_err(|failure| failure.into_error(&self.path));
        }
        self.result.is_ok()
    }

    fn answer(self: Box<Self>, end: Option<StoreError>) {
        // A change that failed by itself says so, whatever became of the others.
        let result = match (self.result, end) {
            (Ok(_), Some(error)) => Err(error),
            (result, _) => result,
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

fn enqueue<J>(queue: &Sender<Message<J>>, job: J) -> Result<()> {
    queue.try_send(Message::Work(job)).map_err(|error| match error {
        TrySendError::Full(_) => StoreError::Overloaded,
        TrySendError::Disconnected(_) => StoreError::Closed,
    })
}

fn read_until_stopped(connection: &Connection, jobs: &Receiver<Message<ReadJob>>) {
    while let Ok(Message::Work(job)) = jobs.recv() {
        // A defect in one read must not take the thread away from all the others; its caller sees `Closed`.
        let _ = catch_unwind(AssertUnwindSafe(|| job(connection)));
    }
}

fn write_until_stopped(
    connection: &Connection,
    jobs: &Receiver<Message<Box<dyn WriteJob>>>,
    path: &Path,
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
        let end = commit_together(connection, &mut group);
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
    /// Every caller of the group gets an error of its own, so this one is rendered.
    fn to_error(&self, path: &Path) -> StoreError {
        match self {
            Self::Unknown(error) => StoreError::OutcomeUnknown(error.to_string().into()),
            Self::NotMade(error) => match error {
                rusqlite::Error::SqliteFailure(failure, message) => {
                    let copy = rusqlite::Error::SqliteFailure(*failure, message.clone());
                    Failure::from(copy).into_error(path)
                }
                other => StoreError::Database(other.to_string().into()),
            },
        }
    }
}

/// One transaction, one flush, a savepoint a change: a change that fails takes none of the others with it.
fn commit_together(connection: &Connection, group: &mut [Box<dyn WriteJob>]) -> Result<(), End> {
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

fn run_in_savepoint(connection: &Connection, job: &mut dyn WriteJob) -> rusqlite::Result<()> {
    connection.execute_batch("SAVEPOINT change")?;
    let keep = catch_unwind(AssertUnwindSafe(|| job.run(connection))).unwrap_or(false);
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
