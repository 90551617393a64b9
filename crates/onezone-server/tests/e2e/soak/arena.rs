//! What all parts of a soak share: where the server is now, a clock that only counts, what was found wrong, and what disturbs
//! the server, so that nothing is forgiven that no disturbance explains.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use onezone_store::conformance::answered;
use onezone_store::{Subject, Upkeep};
use tokio::sync::{RwLock, RwLockReadGuard, Semaphore};

use super::samples::Sample;
use crate::faults::place::Place;
use crate::processes::Server;

/// More are counted and not kept.
const MOST_VIOLATIONS: usize = 20;

/// A kind of disturbance, and when there was one.
#[derive(Default)]
pub(crate) struct Disturbance {
    now: AtomicUsize,
    changes: AtomicU64,
}

/// Lasts as long as this value.
pub(crate) struct Disturbing<'a>(&'a Disturbance);

impl Disturbance {
    pub(crate) fn begin(&self) -> Disturbing<'_> {
        self.now.fetch_add(1, Ordering::SeqCst);
        self.changes.fetch_add(1, Ordering::SeqCst);
        Disturbing(self)
    }

    /// To be given to [`Self::was_since`] later.
    pub(crate) fn mark(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// Whether there was one at any time since the mark was taken.
    pub(crate) fn was_since(&self, mark: u64) -> bool {
        self.now.load(Ordering::SeqCst) > 0 || self.changes.load(Ordering::SeqCst) != mark
    }
}

impl Drop for Disturbing<'_> {
    fn drop(&mut self) {
        self.0.changes.fetch_add(1, Ordering::SeqCst);
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The server as it lives now.
pub(crate) struct Life {
    pub(crate) server: Server,
    /// How many lives there were before.
    pub(crate) number: usize,
    /// The file descriptors that it had open before any client came.
    pub(crate) descriptors: usize,
}

impl Life {
    pub(crate) fn begin(server: Server, number: usize) -> Self {
        let descriptors = Sample::take(server.id(), number, Instant::now()).unwrap().descriptors;
        Self { server, number, descriptors }
    }
}

pub(crate) struct Arena {
    pub(crate) place: Place,
    pub(crate) life: tokio::sync::Mutex<Life>,
    address: Mutex<String>,
    store: RwLock<Option<Arc<dyn Upkeep>>>,
    /// How many changes are made by the store at a time.
    pub(crate) changers: Semaphore,
    ticks: AtomicU64,
    tokens: AtomicU32,
    entries: AtomicU64,
    /// Connections may be cut.
    pub(crate) cuts: Disturbance,
    /// Requests may fail.
    pub(crate) failures: Disturbance,
    violations: Mutex<Vec<String>>,
    violation_count: AtomicUsize,
    /// The whole soak ends.
    pub(crate) over: AtomicBool,
    answers: Mutex<BTreeMap<String, u64>>,
    pub(crate) requests: AtomicU64,
    slowest_millis: AtomicU64,
}

impl Arena {
    pub(crate) async fn new(place: Place, options: &[&str]) -> Self {
        let server = place.serve(options);
        Self {
            address: Mutex::new(server.address().to_owned()),
            store: RwLock::new(Some(place.store().await)),
            life: tokio::sync::Mutex::new(Life::begin(server, 0)),
            place,
            changers: Semaphore::new(3),
            ticks: AtomicU64::new(0),
            tokens: AtomicU32::new(0),
            entries: AtomicU64::new(0),
            cuts: Disturbance::default(),
            failures: Disturbance::default(),
            violations: Mutex::default(),
            violation_count: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            answers: Mutex::default(),
            requests: AtomicU64::new(0),
            slowest_millis: AtomicU64::new(0),
        }
    }

    /// Later than whatever was given before.
    pub(crate) fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::SeqCst)
    }

    /// A number that no token has had.
    pub(crate) fn new_token(&self) -> u32 {
        self.tokens.fetch_add(1, Ordering::Relaxed)
    }

    /// The audit entry of a change by the store.
    pub(crate) fn entry(&self) -> onezone_store::AuditEntry {
        let number = self.entries.fetch_add(1, Ordering::Relaxed);
        onezone_store::conformance::audit(i64::try_from(number).unwrap())
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> String {
        self.address.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The server has begun another life.
    pub(crate) fn moved(&self, server: &Server) {
        server.address().clone_into(&mut self.address.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The store; it is not closed as long as the guard lives.
    pub(crate) async fn store(&self) -> StoreGuard<'_> {
        StoreGuard(self.store.read().await)
    }

    /// The ids of somebody's tokens, asked for again while a busy machine makes the store refuse.
    pub(crate) async fn list(&self, subject: &Subject) -> Vec<String> {
        let store = self.store().await;
        answered(async || store.list_token_ids(subject).await).await.unwrap()
    }

    /// Does something while nobody but the server has the database open.
    pub(crate) async fn without_store<T>(&self, work: impl AsyncFnOnce() -> T) -> T {
        let mut store = self.store.write().await;
        if let Some(store) = store.take()
            && let Err(error) = store.close().await
        {
            self.violate(format!("the store beside the server cannot be closed: {error}"));
        }
        let result = work().await;
        *store = Some(self.place.store().await);
        result
    }

    /// Notes what must not be.
    pub(crate) fn violate(&self, what: String) {
        let number = self.violation_count.fetch_add(1, Ordering::Relaxed);
        if number < MOST_VIOLATIONS {
            eprintln!("violation: {what}");
            self.violations.lock().unwrap_or_else(PoisonError::into_inner).push(what);
        }
    }

    pub(crate) fn violations(&self) -> (usize, Vec<String>) {
        let kept = self.violations.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (self.violation_count.load(Ordering::Relaxed), kept)
    }

    /// Counts an answer of this kind.
    pub(crate) fn count(&self, kind: String, since: Instant) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default() += 1;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let millis = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.slowest_millis.fetch_max(millis, Ordering::Relaxed);
    }

    /// Every kind of answer with how many there were, and the milliseconds that the slowest took.
    pub(crate) fn answers(&self) -> (BTreeMap<String, u64>, u64) {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (answers, self.slowest_millis.load(Ordering::Relaxed))
    }
}

pub(crate) struct StoreGuard<'a>(RwLockReadGuard<'a, Option<Arc<dyn Upkeep>>>);

impl std::ops::Deref for StoreGuard<'_> {
    type Target = dyn Upkeep;

    fn deref(&self) -> &Self::Target {
        self.0.as_deref().unwrap()
    }
}
