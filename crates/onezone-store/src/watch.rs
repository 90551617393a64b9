//! What a store shows of its work: each operation to whoever watches, and how it is at the moment. Knows nothing of what is
//! done with it.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::{Result, StoreError};

/// Watches the operations of a store. It is called by many tasks at a time, and should do no more than count.
pub trait StoreObserver: Send + Sync {
    /// An operation is over.
    fn finished(&self, operation: OperationKind, outcome: Outcome, duration: Duration);
}

macro_rules! words {
    ($(#[$attribute:meta])* $name:ident { $($(#[$documentation:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$documentation])* $variant,)*
        }

        impl $name {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// A word for the labels of metrics.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

words! {
    /// What a store was asked: those that requests need, and all others as one.
    OperationKind {
        /// A user's or provider's state.
        SubjectState = "subject_state",
        /// A token and its secret.
        TokenForAuthentication = "token_for_authentication",
        /// A version-1 token and its secret.
        LegacyTokenForAuthentication = "legacy_token_for_authentication",
        /// A token, whoever owns it.
        TokenOfAnySubject = "token_of_any_subject",
        /// The user of a name.
        UserByUsername = "user_by_username",
        /// What a refusal asks for so that its time tells nothing.
        EvenOut = "even_out",
        /// A privilege in the zone.
        HasZonePrivilege = "has_zone_privilege",
        /// A privilege in a cluster.
        HasClusterPrivilege = "has_cluster_privilege",
        /// Membership of a cluster.
        IsClusterMember = "is_cluster_member",
        /// Whether a user is one of a provider.
        IsUserOfProvider = "is_user_of_provider",
        /// Membership of a group.
        IsGroupMember = "is_group_member",
        /// Membership of any group.
        HasDirectGroup = "has_direct_group",
        /// The ids of the tokens of a subject.
        ListTokenIds = "list_token_ids",
        /// The deletion of the tokens of a subject.
        DeleteAllTokens = "delete_all_tokens",
        /// Whether it can be read and written.
        Ping = "ping",
        /// Administration.
        Other = "other",
    }
}

words! {
    /// How an operation ended.
    Outcome {
        /// As asked.
        Ok = "ok",
        /// There is no such record.
        NotFound = "not_found",
        /// There was no room, or no connection in time.
        Overloaded = "overloaded",
        /// Somebody else held a lock for too long.
        Busy = "busy",
        /// The server of the database could not be reached.
        Unreachable = "unreachable",
        /// Nobody knows whether the change was made.
        OutcomeUnknown = "outcome_unknown",
        /// Otherwise.
        Failed = "failed",
        /// Its caller left before the end: a request that took too long.
        Abandoned = "abandoned",
    }
}

impl Outcome {
    fn of<T>(result: &Result<T>) -> Self {
        match result {
            Ok(_) => Self::Ok,
            Err(StoreError::NotFound { .. }) => Self::NotFound,
            Err(StoreError::Overloaded) => Self::Overloaded,
            Err(StoreError::Busy { .. }) => Self::Busy,
            Err(StoreError::Unreachable { .. }) => Self::Unreachable,
            Err(StoreError::OutcomeUnknown(_)) => Self::OutcomeUnknown,
            Err(_) => Self::Failed,
        }
    }
}

/// How a store is at this moment, found out without waiting for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Vitals {
    /// The word for the kind of store.
    pub backend: &'static str,
    /// How many keys are at hand that open secrets.
    pub keys: usize,
    /// The number of the newest of them.
    pub newest_key: u32,
    /// What only an `SQLite` file has.
    pub sqlite: Option<SqliteVitals>,
    /// What only a database on a server has.
    pub pool: Option<PoolVitals>,
}

/// How an `SQLite` file and its threads are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteVitals {
    /// How many questions wait for a thread.
    pub waiting_reads: usize,
    /// How many changes wait for the thread that writes.
    pub waiting_changes: usize,
    /// How many of each may wait.
    pub queue_length: usize,
    /// How large the write-ahead log is; none when nobody can tell.
    pub wal_bytes: Option<u64>,
    /// How large the file itself is.
    pub database_bytes: Option<u64>,
    /// For how long the thread that writes has been at the same transaction; none when it waits for work.
    pub writing_for: Option<Duration>,
    /// How many of the threads have ended while the store is open.
    pub threads_ended: usize,
}

/// How the connections to the server of a database are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolVitals {
    /// How many there may be.
    pub max: usize,
    /// How many there are.
    pub open: usize,
    /// How many of these nobody uses.
    pub idle: usize,
    /// How many operations wait for one.
    pub waiting: usize,
}

/// Whether a store can be used, by its parts; none for what was not answered in time.
#[derive(Debug)]
#[non_exhaustive]
pub struct Checkup {
    /// Whether it can be read.
    pub read: Option<Result<()>>,
    /// Whether it can be written.
    pub write: Option<Result<()>>,
    /// Whether schema, keys and the settings that keep what is promised are right.
    pub state: Option<Result<()>>,
}

impl Checkup {
    /// What was found; none for what was not answered in time.
    pub const fn new(read: Option<Result<()>>, write: Option<Result<()>>, state: Option<Result<()>>) -> Self {
        Self { read, write, state }
    }
}

/// Who watches, if anybody does.
#[derive(Default)]
pub(crate) struct Watch(OnceLock<Arc<dyn StoreObserver>>);

impl Watch {
    /// From now on this one watches. There is one for the whole life of a store; further ones are not told anything.
    pub(crate) fn begin(&self, observer: Arc<dyn StoreObserver>) {
        // The first stays, as is said above.
        let _ = self.0.set(observer);
    }

    /// Does the work and tells how it ended.
    pub(crate) async fn over<T>(
        &self,
        operation: OperationKind,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let Some(observer) = self.0.get() else { return work.await };
        let mut told =
            Told { observer: &**observer, operation, outcome: Outcome::Abandoned, started: Instant::now() };
        let result = work.await;
        told.outcome = Outcome::of(&result);
        result
    }
}

/// Tells of the end, also when it is that nobody waits any longer.
struct Told<'a> {
    observer: &'a dyn StoreObserver,
    operation: OperationKind,
    outcome: Outcome,
    started: Instant,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.observer.finished(self.operation, self.outcome, self.started.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Witness(Mutex<Vec<(OperationKind, Outcome)>>);

    impl StoreObserver for Witness {
        fn finished(&self, operation: OperationKind, outcome: Outcome, _: Duration) {
            self.0.lock().unwrap().push((operation, outcome));
        }
    }

    #[tokio::test]
    async fn every_end_of_an_operation_is_told_once_and_by_its_kind() {
        let (watch, witness) = (Watch::default(), Arc::new(Witness::default()));
        watch.over(OperationKind::Ping, async { Ok(()) }).await.unwrap();
        watch.begin(witness.clone());
        let busy = || StoreError::Busy { path: "zone.db".into() };
        watch.over(OperationKind::Ping, async { Ok(()) }).await.unwrap();
        watch.over(OperationKind::ListTokenIds, async { Err::<(), _>(busy()) }).await.unwrap_err();
        watch.over(OperationKind::Other, async { Err::<(), _>(StoreError::Closed) }).await.unwrap_err();
        drop(Box::pin(watch.over(OperationKind::Ping, async { Ok(()) })));
        let mut left =
            Box::pin(watch.over(OperationKind::SubjectState, std::future::pending::<Result<()>>()));
        assert!(futures::poll!(&mut left).is_pending());
        drop(left);
        let told = [
            (OperationKind::Ping, Outcome::Ok),
            (OperationKind::ListTokenIds, Outcome::Busy),
            (OperationKind::Other, Outcome::Failed),
            (OperationKind::SubjectState, Outcome::Abandoned),
        ];
        assert_eq!(*witness.0.lock().unwrap(), told);
    }

    #[test]
    fn words_differ_and_numbers_are_places_in_the_list() {
        for (number, kind) in OperationKind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, number);
            assert_eq!(OperationKind::ALL.iter().filter(|other| other.as_str() == kind.as_str()).count(), 1);
        }
        for (number, outcome) in Outcome::ALL.iter().enumerate() {
            assert_eq!(*outcome as usize, number);
            assert_eq!(Outcome::ALL.iter().filter(|other| other.as_str() == outcome.as_str()).count(), 1);
        }
    }
}
