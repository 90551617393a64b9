//! Whether the server is alive, and whether it is ready: two questions for two kinds of cure. What is not alive has to be
//! started anew; what is not ready gets no requests until it is.
//!
//! A database that is down is no reason to start the server anew, so that only the server's own threads are asked about its
//! life. And a store that is busy is no reason to send its requests to the next server, which would be overrun then: as
//! long as others are answered, a check that finds no room counts as passed. So does one that cannot write to an `SQLite` file for a
//! while, because a command of administration does: there is no other server, and this one can be asked for lists.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use onezone_store::{Checkup, StoreError, Upkeep, Vitals};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::report::{Finding, Patience, Report, of_store};
use super::stores::StoreMetrics;

/// How often the event loop of the API says that it goes on.
const BEAT: Duration = Duration::from_millis(500);
/// After how much silence it is stuck.
const SILENCE: Duration = Duration::from_secs(10);
/// How long the thread that writes may be at one transaction before it counts as dead: requests are answered after half of it.
const LONGEST_WRITE: Duration = Duration::from_secs(60);
/// How long a busy store may show no success before it is not ready, and a transaction of ours may take.
const LONGEST_BUSY: Duration = Duration::from_secs(10);
/// How long others may keep an `SQLite` file from being written before the server is not ready.
const LONGEST_LOCKED: Duration = Duration::from_secs(60);
/// How long the store may take to be checked.
const PATIENCE: Duration = Duration::from_secs(2);
/// For how long what was found counts, so that no number of probes is a load for the store.
const FRESH: Duration = Duration::from_secs(1);

/// What is known of how the server is.
pub(crate) struct Health {
    started: Instant,
    /// When the event loop last said something, in milliseconds since the start.
    beat: AtomicU64,
    draining: AtomicBool,
    serving: OnceLock<Serving>,
    last: Mutex<Last>,
}

/// What is there once the server serves.
struct Serving {
    store: Arc<dyn Upkeep>,
    metrics: Arc<StoreMetrics>,
    /// Connections to a database belong to the event loop of whoever makes them.
    runtime: Handle,
}

/// What was found the last time.
struct Last {
    found: Option<(Instant, Report)>,
    /// How many operations of the store had succeeded by then.
    succeeded: u64,
    /// When the store was last seen to work, and to be written.
    worked: Instant,
    written: Instant,
    was_ready: bool,
}

impl Health {
    pub(super) fn new() -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Self {
            started: now,
            beat: AtomicU64::new(0),
            draining: AtomicBool::new(false),
            serving: OnceLock::new(),
            last: Mutex::new(Last { found: None, succeeded: 0, worked: now, written: now, was_ready: false }),
        })
    }

    /// The server serves from now on, on the event loop of the caller, which is listened to.
    pub(crate) fn serving(self: &Arc<Self>, store: Arc<dyn Upkeep>, metrics: Arc<StoreMetrics>) {
        self.beat();
        // Called once; a second store would not be the server's.
        let _ = self.serving.set(Serving { store, metrics, runtime: Handle::current() });
        let health = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut beats = tokio::time::interval(BEAT);
            loop {
                beats.tick().await;
                let Some(health) = health.upgrade() else { return };
                health.beat();
            }
        });
    }

    /// The server was told to stop: it is not ready from now on.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    fn beat(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.beat.store(now, Ordering::Relaxed);
    }

    fn event_loop(&self) -> Finding {
        let beat = self.started + Duration::from_millis(self.beat.load(Ordering::Relaxed));
        if beat.elapsed() < SILENCE { Finding::Ok } else { Finding::Failed("stuck") }
    }

    /// Whether the server's own parts go on.
    pub(super) fn liveness(&self) -> Report {
        // Bringing an old database up to date may take its time.
        let Some(Serving { store, .. }) = self.serving.get() else {
            return Report::one("starting", Finding::Ok);
        };
        let mut checks = vec![("event_loop", self.event_loop())];
        if let Vitals { sqlite: Some(sqlite), .. } = store.vitals() {
            let is_stuck = sqlite.writing_for.is_some_and(|time| time >= LONGEST_WRITE);
            checks.push(("store_writer", if is_stuck { Finding::Failed("stuck") } else { Finding::Ok }));
            let has_ended = sqlite.threads_ended > 0;
            checks.push(("store_threads", if has_ended { Finding::Failed("ended") } else { Finding::Ok }));
        }
        Report(checks)
    }

    /// Whether requests can be answered; what was found is good for a second, but a server that is told to stop says so at
    /// once.
    pub(super) async fn readiness(&self) -> Report {
        let Some(serving) = self.serving.get() else {
            return Report::one("starting", Finding::Failed("not serving yet"));
        };
        if self.draining.load(Ordering::Relaxed) {
            return Report::one("draining", Finding::Failed("told to stop"));
        }
        // Whoever comes meanwhile waits for the same check.
        let mut last = self.last.lock().await;
        if let Some((at, report)) = &last.found
            && at.elapsed() < FRESH
        {
            return report.clone();
        }
        let report = self.check(serving, &mut last).await;
        last.found = Some((Instant::now(), report.clone()));
        // The signal may have come while the store was being asked.
        if self.draining.load(Ordering::Relaxed) {
            return Report::one("draining", Finding::Failed("told to stop"));
        }
        report
    }

    async fn check(&self, serving: &Serving, last: &mut Last) -> Report {
        let store = Arc::clone(&serving.store);
        let mut task = serving.runtime.spawn(async move { store.check_up(PATIENCE).await });
        // The store keeps the deadline, if anything goes on there at all.
        let Ok(Ok(checkup)) = timeout(PATIENCE * 2, &mut task).await else {
            task.abort();
            let report = Report(vec![("event_loop", Finding::Failed("stuck"))]);
            tell(&report, None, &mut last.was_ready);
            return report;
        };
        let succeeded = serving.metrics.succeeded();
        let is_written = matches!(checkup.write, Some(Ok(())));
        if succeeded > last.succeeded || (is_written && matches!(checkup.read, Some(Ok(())))) {
            last.worked = Instant::now();
        }
        if is_written {
            last.written = Instant::now();
        }
        last.succeeded = succeeded;
        let patience = Patience {
            reads: last.worked.elapsed() < LONGEST_BUSY,
            locked: serving.store.vitals().sqlite.map(|sqlite| {
                last.written.elapsed() < LONGEST_LOCKED
                    && sqlite.writing_for.is_none_or(|time| time < LONGEST_BUSY)
                    && sqlite.threads_ended == 0
            }),
        };
        let mut checks = vec![("event_loop", self.event_loop())];
        checks.extend(of_store(&checkup, patience));
        let report = Report(checks);
        tell(&report, Some(&checkup), &mut last.was_ready);
        report
    }
}

/// Says in the log that it changed, with the cause, which nobody else is told.
fn tell(report: &Report, checkup: Option<&Checkup>, was_ready: &mut bool) {
    let is_ready = report.is_good();
    if is_ready == *was_ready {
        return;
    }
    *was_ready = is_ready;
    if is_ready {
        tracing::info!("ready");
        return;
    }
    let mut parts = checkup.into_iter().flat_map(|checkup| [&checkup.read, &checkup.write, &checkup.state]);
    let cause = parts.find_map(|result| result.as_ref()?.as_ref().err());
    let cause = cause.map_or_else(|| "no answer".to_owned(), chain);
    tracing::warn!(failed = report.failed(), cause, "not ready");
}

/// An error with everything that led to it.
fn chain(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
