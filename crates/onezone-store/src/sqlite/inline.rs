//! Short questions, answered on the thread that asks.
//!
//! To hand a question to another thread and to be woken by it takes several times as long as the question itself, most of
//! it in the kernel. So a thread of the runtime asks by itself where that cannot keep others waiting:
//!
//! - There is a connection less than the runtime has threads: while a disk does not answer, one of them still can, and
//!   whatever else is asked goes to the readers, where waiting has an end.
//! - A question that turns out to be long, such as a list of thousands of tokens, is given up and asked again there.
//! - A connection never waits for a lock, neither of the engine nor of this process.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::threads::{Failure, guarded};
use super::{open, session};
use crate::operations::Operation;
use crate::{Keyring, Result, StoreError};

/// How many steps of the engine's virtual machine there are between two looks at a question. A list takes some six of them
/// for an id.
const STEPS: i32 = 1000;

/// At which look a question is long: after some tenth of a millisecond. Steps are counted on from the last question.
const LOOKS: u32 = 3;

/// Connections that whoever asks takes for the time of a question.
pub(super) struct Inline {
    slots: Vec<Mutex<Option<Slot>>>,
}

struct Slot {
    connection: Connection,
    looks: Arc<AtomicU32>,
}

impl Inline {
    /// So many connections.
    pub(super) fn open(path: &Path, count: usize) -> Result<Self> {
        let slot = |_| -> rusqlite::Result<_> {
            let mut connection = open::open_reader(path)?;
            connection.busy_timeout(std::time::Duration::ZERO)?;
            let looks = Arc::new(AtomicU32::new(0));
            let counted = Arc::clone(&looks);
            let is_long = move || counted.fetch_add(1, Ordering::Relaxed) + 1 >= LOOKS;
            connection.progress_handler(STEPS, Some(is_long))?;
            Ok(Mutex::new(Some(Slot { connection, looks })))
        };
        let slots = (0..count).map(slot).collect::<rusqlite::Result<_>>();
        Ok(Self { slots: slots.map_err(|error| Failure::from(error).into_error(path))? })
    }

    /// The answer, unless the question has to be asked of the readers.
    pub(super) fn run<O: Operation>(
        &self,
        operation: &O,
        keys: &Arc<Keyring>,
        path: &Path,
    ) -> Option<Result<O::Output>> {
        if !self.leaves_a_thread() {
            return None;
        }
        // Whoever has panicked has left nothing behind that would matter.
        let mut slot = self.slots.iter().find_map(|slot| slot.try_lock().ok())?;
        let Slot { connection, looks } = slot.as_mut()?;
        looks.store(0, Ordering::Relaxed);
        let answer =
            guarded(|connection| Ok(session::run(operation, connection, keys, path)?), connection, path);
        let was_given_up = looks.load(Ordering::Relaxed) >= LOOKS;
        match answer {
            _ if was_given_up => None,
            Err(StoreError::Busy { .. }) => None,
            answer => Some(answer),
        }
    }

    /// Whether this is a runtime that goes on while all the connections are in use.
    fn leaves_a_thread(&self) -> bool {
        let Ok(runtime) = Handle::try_current() else { return false };
        runtime.runtime_flavor() == RuntimeFlavor::MultiThread
            && runtime.metrics().num_workers() > self.slots.len()
    }

    /// Closes the connections, each after the question that it is at.
    pub(super) fn close(&self) {
        for slot in &self.slots {
            slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;
    use crate::session::Session;

    const SHORT: &str = "SELECT 'one'";
    const LONG: &str = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000) SELECT n || '' FROM c";

    /// A question that is asked as it is; without any, a defect.
    struct Question(Option<&'static str>);

    #[async_trait]
    impl Operation for Question {
        type Output = usize;

        async fn run(&self, session: &mut dyn Session) -> Result<usize> {
            Ok(session.texts(self.0.unwrap(), &[]).await?.len())
        }
    }

    /// A question that meets a lock.
    struct Locked(std::path::PathBuf);

    #[async_trait]
    impl Operation for Locked {
        type Output = ();

        async fn run(&self, _session: &mut dyn Session) -> Result<()> {
            Err(StoreError::Busy { path: self.0.clone() })
        }
    }

    struct Opened {
        inline: Inline,
        keys: Arc<Keyring>,
        directory: tempfile::TempDir,
    }

    impl Opened {
        fn new(count: usize) -> Self {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("zone.db");
            let other = Connection::open(&path).unwrap();
            other.execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE t (n TEXT NOT NULL)").unwrap();
            let keys = Arc::new(Keyring::new([1; 32], Arc::new(|| Ok([0; 24]))));
            Self { inline: Inline::open(&path, count).unwrap(), keys, directory }
        }

        fn ask(&self, question: Option<&'static str>) -> Option<Result<usize>> {
            self.inline.run(&Question(question), &self.keys, &self.directory.path().join("zone.db"))
        }

        fn is_answered(&self, question: &'static str) -> bool {
            self.ask(Some(question)).is_some()
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn short_questions_are_answered_however_many_come() {
        let opened = Opened::new(1);
        for _ in 0..20_000 {
            assert!(matches!(opened.ask(Some(SHORT)), Some(Ok(1))));
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_long_question_is_given_up_and_the_next_is_answered() {
        let opened = Opened::new(1);
        for _ in 0..10 {
            assert!(!opened.is_answered(LONG));
            assert!(opened.is_answered(SHORT));
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nobody_waits_for_a_connection_that_is_in_use() {
        let opened = Opened::new(1);
        let in_use = opened.inline.slots[0].lock().unwrap();
        assert!(!opened.is_answered(SHORT));
        drop(in_use);
        assert!(opened.is_answered(SHORT));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_runtime_whose_threads_could_all_be_asking_asks_the_readers() {
        assert!(!Opened::new(2).is_answered(SHORT));
        assert!(!Opened::new(0).is_answered(SHORT));
    }

    #[tokio::test]
    async fn a_runtime_of_one_thread_asks_the_readers() {
        assert!(!Opened::new(1).is_answered(SHORT));
    }

    #[test]
    fn a_thread_without_a_runtime_asks_the_readers() {
        assert!(!Opened::new(1).is_answered(SHORT));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nobody_waits_for_a_lock_of_another_process() {
        let opened = Opened::new(1);
        let path = opened.directory.path().join("zone.db");
        assert!(opened.inline.run(&Locked(path.clone()), &opened.keys, &path).is_none());
        let mut slot = opened.inline.slots[0].lock().unwrap();
        let timeout = "PRAGMA busy_timeout";
        let waits: i64 = slot.as_mut().unwrap().connection.query_row(timeout, [], |row| row.get(0)).unwrap();
        assert_eq!(waits, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_defect_in_a_question_is_its_own() {
        let opened = Opened::new(1);
        assert!(matches!(opened.ask(None), Some(Err(StoreError::Database(_)))));
        assert!(opened.is_answered(SHORT));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nothing_is_asked_after_the_end() {
        let opened = Opened::new(1);
        opened.inline.close();
        assert!(!opened.is_answered(SHORT));
    }
}
