//! The `SQLite` backend: one file, dedicated reader threads and one writer thread that commits in groups.
//!
//! # Why threads of its own
//!
//! A small read costs some 15 us of CPU. Handing it to a pool of blocking threads, or row by row through an
//! asynchronous driver, costs several times that. So the connections live on threads that do nothing else, behind
//! bounded queues, and a whole operation crosses the thread boundary once; a short question, where it can, not even that
//! (see `inline`).
//!
//! # Durability
//!
//! `synchronous=FULL`: the log is flushed before a change is acknowledged. The usual advice for a write-ahead log,
//! `NORMAL`, brings deleted tokens back after a power failure. The writer shares one flush among the
//! changes that wait together, which buys back what `FULL` costs. After `kill -9` the log is replayed at the next
//! opening; a change whose commit was not reached leaves no trace.
//!
//! # Processes
//!
//! One process serves a database (a lock beside the file says so). The lock is found by the file's true path, so that
//! a symbolic link leads to the same one, and a file with several hard links is refused. Commands of administration may work on it
//! at the same time, serialised by `SQLite`'s own locks.

mod examine;
mod files;
mod inline;
mod open;
mod session;
mod threads;

use std::fs::File;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::oneshot;

pub use self::files::{Progress, Restoration};
use self::inline::Inline;
use self::threads::{Readers, Writer};
use crate::backend::Backend;
use crate::operations::Operation;
use crate::watch::{SqliteVitals, Vitals, Watch};
use crate::{Examination, Keyring, Keys, Result, StoreError};

/// What a process is going to do with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// Serve requests from it: no other process may, and there is a reader thread for every processor.
    Serve,
    /// Administer it, possibly while another process serves it.
    Admin,
}

/// An error of the engine as one of this crate's.
pub(crate) fn failure(error: rusqlite::Error, path: &Path) -> StoreError {
    threads::Failure::from(error).into_error(path)
}

/// A zone in an `SQLite` file.
pub struct SqliteStore {
    path: Arc<PathBuf>,
    keys: Keys,
    inline: Arc<Inline>,
    readers: Arc<Readers>,
    writer: Arc<Writer>,
    /// Held for as long as the threads may touch the file.
    lock: Mutex<Option<File>>,
    watch: Watch,
}

impl SqliteStore {
    /// Opens the database in this file, creating it (and the directory it lies in) where there is none.
    /// Blocks for some milliseconds; longer when an old database has to be brought to the present schema.
    pub fn open(path: &Path, mode: OpenMode, keys: Keys) -> Result<Self> {
        let (reader_count, inline_count) = match mode {
            OpenMode::Serve => {
                let processors = std::thread::available_parallelism().map_or(2, NonZero::get);
                (processors, processors - 1)
            }
            OpenMode::Admin => (1, 0),
        };
        let opened = open::open(path, mode, reader_count, &keys.current())?;
        let readers = Readers::start(opened.readers, &opened.path, threads::QUEUE_LENGTH)?;
        let writer = Writer::start(opened.writer, &opened.path, threads::QUEUE_LENGTH)?;
        let inline = Inline::open(&opened.path, inline_count)?;
        Ok(Self {
            path: Arc::new(opened.path),
            keys,
            inline: Arc::new(inline),
            readers: Arc::new(readers),
            writer: Arc::new(writer),
            lock: Mutex::new(opened.lock),
            watch: Watch::default(),
        })
    }

    /// Whether there is a database in this file whose secrets are sealed already, so that its keys must be somewhere.
    pub fn has_keys(path: &Path) -> Result<bool> {
        open::has_keys(path)
    }

    /// Says what is in a file that is there, and writes nothing into it. Blocks for about a second at most.
    pub fn examine(path: &Path, keys: &Keys) -> Result<Examination> {
        examine::examine(path, &keys.current())
    }

    /// The file: an absolute path without symbolic links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn unlock(&self) {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    async fn ask<O: Operation>(&self, operation: O, one_moment: bool) -> Result<O::Output> {
        if !one_moment {
            match self.inline.run(&operation, &self.keys.current(), &self.path) {
                // With a key that is missing it is asked again below, with the keys read anew.
                Some(Err(StoreError::KeyMissing { .. })) | None => {}
                Some(answer) => return answer,
            }
        }
        // Most questions do not come here, and need no room for it in their future.
        Box::pin(self.ask_a_reader(operation, one_moment)).await
    }

    async fn ask_a_reader<O: Operation>(&self, operation: O, one_moment: bool) -> Result<O::Output> {
        let operation = Arc::new(operation);
        let attempt = |keys| {
            let (operation, path) = (Arc::clone(&operation), Arc::clone(&self.path));
            self.readers.run(move |connection| {
                if one_moment {
                    connection.execute_batch("BEGIN")?;
                }
                let result = session::run(&*operation, connection, &keys, &path);
                if one_moment {
                    // Nothing was written; what the operation says is what counts.
                    let _ = connection.execute_batch("ROLLBACK");
                }
                Ok(result?)
            })
        };
        self.keys.with(attempt).await
    }
}

#[async_trait]
impl Backend for SqliteStore {
    const TELLS_BY_TIME: bool = true;

    async fn read<O: Operation>(&self, operation: O) -> Result<O::Output> {
        self.watch.over(O::KIND, self.ask(operation, false)).await
    }

    async fn read_one_moment<O: Operation>(&self, operation: O) -> Result<O::Output> {
        self.watch.over(O::KIND, self.ask(operation, true)).await
    }

    async fn change<O: Operation>(&self, operation: O) -> Result<O::Output> {
        let operation = Arc::new(operation);
        let attempt = |keys| {
            let (operation, path) = (Arc::clone(&operation), Arc::clone(&self.path));
            self.writer.run(move |connection| Ok(session::run(&*operation, connection, &keys, &path)?))
        };
        self.watch.over(O::KIND, self.keys.with(attempt)).await
    }

    async fn check_files(&self) -> Result<Vec<String>> {
        self.readers.run(|connection| Ok(open::problems(connection)?)).await
    }

    async fn ready(&self) -> Result<()> {
        let attempt = |keys: Arc<Keyring>| {
            let path = Arc::clone(&self.path);
            self.readers.run(move |connection| {
                // What is written to a file without a name is gone when it is closed.
                path.metadata().map_err(|source| StoreError::File {
                    doing: "find",
                    path: path.to_path_buf(),
                    source,
                })?;
                let (found, supported) = (open::schema_version(connection)?, open::supported());
                if found != supported {
                    let path = path.to_path_buf();
                    return Err(StoreError::NewerSchema { path, found, supported }.into());
                }
                Ok(examine::check_keys(connection, &path, &keys)?)
            })
        };
        self.keys.with(attempt).await
    }

    fn vitals(&self) -> Vitals {
        let keys = self.keys.current();
        let length = |path: &Path| path.metadata().map(|metadata| metadata.len()).ok();
        let mut log = self.path.as_os_str().to_owned();
        log.push("-wal");
        let sqlite = SqliteVitals {
            waiting_reads: self.readers.waiting(),
            waiting_changes: self.writer.waiting(),
            queue_length: threads::QUEUE_LENGTH,
            wal_bytes: length(Path::new(&log)),
            database_bytes: length(&self.path),
            writing_for: self.writer.at_work_for(),
            threads_ended: self.readers.ended() + self.writer.ended(),
        };
        Vitals {
            backend: "sqlite",
            keys: keys.numbers().len(),
            newest_key: keys.newest(),
            sqlite: Some(sqlite),
            pool: None,
        }
    }

    fn watch(&self) -> &Watch {
        &self.watch
    }

    async fn shut(&self) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let (inline, readers) = (Arc::clone(&self.inline), Arc::clone(&self.readers));
        let writer = Arc::clone(&self.writer);
        // Waiting for threads blocks, which the caller's runtime must not.
        std::thread::spawn(move || {
            inline.close();
            readers.stop();
            // Fails only when the caller has gone; the store is closed all the same.
            let _ = reply.send(writer.stop());
        });
        let result = answer.await.map_err(|_| StoreError::Closed)?;
        self.unlock();
        result
    }
}

impl Drop for SqliteStore {
    /// A store that nobody closed ends its threads all the same, so that the lock is never freed before the file.
    fn drop(&mut self) {
        self.inline.close();
        self.readers.stop();
        // Nobody is left to tell. What was acknowledged is on disk already; only the checkpoint is missing.
        let _ = self.writer.stop();
        self.unlock();
    }
}
