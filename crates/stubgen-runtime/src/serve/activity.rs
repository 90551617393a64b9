//! What a connection does, and how long it may go on doing it. hyper has no deadline before it knows the protocol, none
//! for HTTP/2 and none for a peer that does not read; so every deadline is kept here, in one function of what was
//! observed. It is asked now and then: a request costs no timer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::counters::Ending;
use super::options::ServeOptions;

/// For how long a connection is new: after it was made, and after what comes before HTTP. Its first request may have come with it, or with
/// the end of the handshake, and another connection must not take its place before anybody has looked.
const NEW: Duration = Duration::from_millis(100);

/// What is seen of one connection. Moments are milliseconds after its beginning, plus one; 0 means never.
#[derive(Debug)]
pub(super) struct Activity {
    epoch: Instant,
    /// Requests whose handler has not answered.
    handling: AtomicUsize,
    /// Answers that are not sent to their end.
    sending: AtomicUsize,
    /// Those of them that wait for the API to produce more.
    producing: AtomicUsize,
    /// Handlers that run, also for requests that were taken back.
    running: AtomicUsize,
    requests: AtomicU64,
    waiting_since: AtomicU64,
    head_since: AtomicU64,
    written: AtomicU64,
    last_written: AtomicU64,
    blocked: AtomicBool,
    pub(super) http2: AtomicBool,
    pub(super) closing: AtomicBool,
    pub(super) ended_by_peer: AtomicBool,
    evicted: AtomicBool,
    eviction: Notify,
}

/// When to ask again, or that it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    GoOn(Duration),
    End(Ending),
}

/// Asks about one connection; remembers since when its client has been taking too little.
pub(super) struct Watch {
    /// When something was first seen waiting to be sent, and how much had been written by then.
    window: Option<(u64, u64)>,
}

/// A request from its head to the end of its answer.
pub(super) struct Exchange {
    activity: Arc<Activity>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Handling,
    Sending,
    Producing,
}

/// A handler that runs; goes with the request, so that it outlives a request that was taken back.
pub(crate) struct Running(Arc<Activity>);

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            epoch: Instant::now(),
            handling: AtomicUsize::new(0),
            sending: AtomicUsize::new(0),
            producing: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            waiting_since: AtomicU64::new(1),
            head_since: AtomicU64::new(0),
            written: AtomicU64::new(0),
            last_written: AtomicU64::new(0),
            blocked: AtomicBool::new(false),
            http2: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            ended_by_peer: AtomicBool::new(false),
            evicted: AtomicBool::new(false),
            eviction: Notify::new(),
        })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    /// Whether it waits for a request: none is handled, and everything that was to be sent has been taken.
    pub(super) fn is_waiting(&self) -> bool {
        let load = |count: &AtomicUsize| count.load(Ordering::Acquire);
        load(&self.handling) == 0 && load(&self.sending) == 0 && !self.blocked.load(Ordering::Relaxed)
    }

    /// Since when it has been waiting for a request, if its place can be asked for.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        let since = self.epoch + Duration::from_millis(self.waiting_since.load(Ordering::Relaxed) - 1);
        let is_new = self.requests.load(Ordering::Relaxed) == 0 && since.elapsed() < NEW;
        let can_go = !is_new && self.is_waiting() && !self.evicted.load(Ordering::Relaxed);
        can_go.then_some(since)
    }

    /// Asks the connection to make room.
    pub(super) fn evict(&self) {
        self.evicted.store(true, Ordering::Relaxed);
        self.eviction.notify_one();
    }

    /// It cannot make room now, and may be asked again.
    pub(super) fn stay(&self) {
        self.evicted.store(false, Ordering::Relaxed);
    }

    /// Waits until room is asked for.
    pub(super) async fn evicted(&self) {
        self.eviction.notified().await;
    }

    /// Everything before HTTP is over: from here on time counts for the first request.
    pub(super) fn http_begins(&self) {
        self.waiting_since.store(self.now(), Ordering::Relaxed);
    }

    pub(super) fn has_read(&self, count: usize) {
        if count == 0 {
            self.ended_by_peer.store(true, Ordering::Relaxed);
        } else if self.head_since.load(Ordering::Relaxed) == 0 && self.is_waiting() {
            self.head_since.store(self.now(), Ordering::Relaxed);
        }
    }

    pub(super) fn has_written(&self, count: usize) {
        self.blocked.store(false, Ordering::Relaxed);
        if count > 0 {
            self.written.fetch_add(count as u64, Ordering::Relaxed);
            self.last_written.store(self.now(), Ordering::Relaxed);
        }
    }

    pub(super) fn is_blocked(&self) {
        self.blocked.store(true, Ordering::Relaxed);
    }

    /// A request has come in.
    pub(super) fn begin(self: &Arc<Self>) -> Exchange {
        self.handling.fetch_add(1, Ordering::AcqRel);
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.head_since.store(0, Ordering::Relaxed);
        Exchange { activity: Arc::clone(self), stage: Stage::Handling }
    }

    /// A handler begins to run.
    pub(super) fn run(self: &Arc<Self>) -> Running {
        self.running.fetch_add(1, Ordering::AcqRel);
        Running(Arc::clone(self))
    }

    /// How many handlers run for this connection.
    pub(super) fn running(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    fn rest(&self) {
        if self.is_waiting() {
            self.head_since.store(0, Ordering::Relaxed);
            self.waiting_since.store(self.now(), Ordering::Relaxed);
        }
    }
}

impl Exchange {
    /// The handler has answered.
    pub(super) fn answered(&mut self) {
        self.enter(Stage::Sending);
    }

    /// The API has, or has not, given the next piece of the answer.
    pub(super) fn produced(&mut self, given: bool) {
        self.enter(if given { Stage::Sending } else { Stage::Producing });
    }

    fn enter(&mut self, next: Stage) {
        if self.stage == next {
            return;
        }
        // Entered before the old stage is left, so that the connection never seems to wait in between.
        match next {
            Stage::Handling => {}
            Stage::Sending if self.stage == Stage::Producing => {
                self.activity.producing.fetch_sub(1, Ordering::AcqRel);
            }
            Stage::Sending => {
                self.activity.sending.fetch_add(1, Ordering::AcqRel);
                self.activity.handling.fetch_sub(1, Ordering::AcqRel);
            }
            Stage::Producing => {
                self.activity.producing.fetch_add(1, Ordering::AcqRel);
            }
        }
        self.stage = next;
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        match self.stage {
            Stage::Handling => self.activity.handling.fetch_sub(1, Ordering::AcqRel),
            Stage::Sending => self.activity.sending.fetch_sub(1, Ordering::AcqRel),
            Stage::Producing => {
                self.activity.producing.fetch_sub(1, Ordering::AcqRel);
                self.activity.sending.fetch_sub(1, Ordering::AcqRel)
            }
        };
        self.activity.rest();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Watch {
    pub(super) const fn new() -> Self {
        Self { window: None }
    }

    /// Whether the connection may go on, and until when at most it need not be asked about again.
    pub(super) fn ask(&mut self, activity: &Activity, options: &ServeOptions) -> Verdict {
        let now = activity.now();
        let mut next = tick(options);
        let mut over = |since: u64, limit: Duration| {
            let end = since.saturating_add(milliseconds(limit));
            next = next.min(Duration::from_millis(end.saturating_sub(now).max(1)));
            now >= end
        };
        if over(1, options.max_connection_age) && !activity.closing.load(Ordering::Relaxed) {
            return Verdict::End(Ending::Age);
        }
        if let Some((limit, ending)) = waiting_limit(activity, options)
            && over(limit.0, limit.1)
        {
            return Verdict::End(ending);
        }
        if activity.running() > 2 * options.max_concurrent_streams as usize {
            return Verdict::End(Ending::Overrun);
        }
        if self.takes_too_little(activity, options, now) {
            return Verdict::End(Ending::Send);
        }
        Verdict::GoOn(next)
    }

    fn takes_too_little(&mut self, activity: &Activity, options: &ServeOptions, now: u64) -> bool {
        let sending = activity.sending.load(Ordering::Acquire);
        let stuck = activity.blocked.load(Ordering::Relaxed)
            || (activity.http2.load(Ordering::Relaxed)
                && sending > activity.producing.load(Ordering::Acquire));
        if !stuck {
            self.window = None;
            return false;
        }
        let written = activity.written.load(Ordering::Relaxed);
        let (since, before) = *self.window.get_or_insert((now, written));
        let limit = milliseconds(options.send_timeout);
        if now < since.saturating_add(limit) {
            return false;
        }
        self.window = Some((now, written));
        let wanted = u64::from(options.min_send_rate).saturating_mul(now - since) / 1000;
        written - before < wanted.max(1)
    }
}

/// The deadline of a connection that waits for a request, or for the rest of one.
fn waiting_limit(activity: &Activity, options: &ServeOptions) -> Option<((u64, Duration), Ending)> {
    if !activity.is_waiting() {
        return None;
    }
    let load = |moment: &AtomicU64| moment.load(Ordering::Relaxed);
    let head = load(&activity.head_since);
    let is_http2 = activity.http2.load(Ordering::Relaxed);
    // Over HTTP/1.1 the end of an answer is still sent when its body is over, and nothing else is. Over HTTP/2 whatever
    // the client sends is acknowledged: that does not make the connection less idle.
    let sent = if is_http2 { 0 } else { load(&activity.last_written) };
    let waiting = load(&activity.waiting_since).max(sent);
    let first = load(&activity.requests) == 0;
    let is_idle = !first && (head == 0 || is_http2);
    Some(if is_idle {
        ((waiting, options.idle_timeout), Ending::Idle)
    } else if head > 0 {
        ((head, options.header_timeout), Ending::Header)
    } else {
        ((waiting, options.first_byte_timeout), Ending::FirstByte)
    })
}

/// How often to look at what has no deadline of its own yet.
fn tick(options: &ServeOptions) -> Duration {
    let shortest =
        [options.first_byte_timeout, options.header_timeout, options.idle_timeout, options.send_timeout];
    let shortest = shortest.into_iter().min().unwrap_or_default();
    (shortest / 4).clamp(Duration::from_millis(10), Duration::from_millis(2500))
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "activity_tests.rs"]
mod tests;
