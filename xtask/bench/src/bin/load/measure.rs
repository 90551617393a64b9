//! What is measured of a load, and when: times of answers here, processor time and memory of the server from what the kernel says.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::sync::watch;

use crate::Amount;

/// The longest time that is told apart from longer ones.
const LONGEST: Duration = Duration::from_secs(60);

/// What one run of a load found.
#[derive(Serialize)]
pub struct Measured {
    requests: u64,
    /// Answers of another status than the expected one.
    wrong: u64,
    seconds: f64,
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
    /// Processor time of the server, of all its threads.
    server_seconds: f64,
    /// Processor time of this process.
    load_seconds: f64,
    /// What the server has in memory, its share of what it shares with others.
    pss_kib: u64,
    /// The most that it had.
    peak_rss_kib: u64,
}

/// The time in which requests count.
#[derive(Clone)]
pub struct Window(Rc<Inner>);

struct Inner {
    server: u32,
    amount: Amount,
    started: watch::Sender<bool>,
    opens: Cell<Instant>,
    closes: Cell<Option<Instant>>,
    times: RefCell<Histogram<u64>>,
    wrong: Cell<u64>,
    at_opening: Cell<Used>,
}

/// Processor time that was used.
#[derive(Clone, Copy, Default)]
struct Used {
    server: f64,
    load: f64,
}

impl Window {
    /// A window that opens when it is told to.
    pub fn new(server: u32, amount: Amount) -> anyhow::Result<Self> {
        let longest = u64::try_from(LONGEST.as_nanos()).unwrap_or(u64::MAX);
        Ok(Self(Rc::new(Inner {
            server,
            amount,
            started: watch::Sender::new(false),
            opens: Cell::new(Instant::now()),
            closes: Cell::new(None),
            times: RefCell::new(Histogram::new_with_bounds(1, longest, 3)?),
            wrong: Cell::new(0),
            at_opening: Cell::default(),
        })))
    }

    /// Lets the connections begin, and opens after the warm-up.
    pub async fn begin(&self) -> anyhow::Result<()> {
        // None has asked for anything when the first ones get to wait.
        tokio::task::yield_now().await;
        match self.0.amount {
            Amount::Seconds { warm_up, measured } => {
                self.0.opens.set(Instant::now() + Duration::from_secs(3600));
                self.0.started.send_replace(true);
                tokio::time::sleep(Duration::from_secs_f64(warm_up)).await;
                self.open(measured)?;
            }
            Amount::Requests { at_most, .. } => {
                self.open(at_most)?;
                self.0.started.send_replace(true);
            }
        }
        Ok(())
    }

    fn open(&self, seconds: f64) -> anyhow::Result<()> {
        self.0.at_opening.set(self.used()?);
        let now = Instant::now();
        self.0.opens.set(now);
        self.0.closes.set(Some(now + Duration::from_secs_f64(seconds)));
        Ok(())
    }

    /// Waits until requests may be sent.
    pub async fn begun(&self) {
        // The sender lives as long as the window.
        drop(self.0.started.subscribe().wait_for(|started| *started).await);
    }

    /// Whether a connection that sent so many sends another one.
    pub fn goes_on(&self, sent: usize) -> bool {
        let is_consumed = matches!(self.0.amount, Amount::Requests { each, .. } if sent >= each);
        !is_consumed && self.0.closes.get().is_none_or(|closes| Instant::now() < closes)
    }

    /// The time at which a request is sent.
    pub fn now(&self) -> Instant {
        Instant::now()
    }

    /// Counts an answer, if its request was sent while the window was open.
    pub fn record(&self, started: Instant, is_right: bool) {
        if started < self.0.opens.get() {
            return;
        }
        let time = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.0.times.borrow_mut().saturating_record(time);
        if !is_right {
            self.0.wrong.set(self.0.wrong.get() + 1);
        }
    }

    /// What was found, when all connections have ended.
    pub fn end(&self) -> anyhow::Result<Measured> {
        let seconds = self.0.opens.get().elapsed().as_secs_f64();
        let used = self.used()?;
        let before = self.0.at_opening.get();
        let times = self.0.times.borrow();
        if times.is_empty() {
            bail!("nothing was answered");
        }
        #[allow(clippy::cast_precision_loss, reason = "microseconds of a minute")]
        let microseconds = |nanoseconds: u64| nanoseconds as f64 / 1000.0;
        Ok(Measured {
            requests: times.len(),
            wrong: self.0.wrong.get(),
            seconds,
            p50_us: microseconds(times.value_at_quantile(0.5)),
            p99_us: microseconds(times.value_at_quantile(0.99)),
            max_us: microseconds(times.max()),
            server_seconds: used.server - before.server,
            load_seconds: used.load - before.load,
            pss_kib: field(&format!("/proc/{}/smaps_rollup", self.0.server), "Pss:")?,
            peak_rss_kib: field(&format!("/proc/{}/status", self.0.server), "VmHWM:")?,
        })
    }

    fn used(&self) -> anyhow::Result<Used> {
        Ok(Used { server: processor_seconds(self.0.server)?, load: processor_seconds(std::process::id())? })
    }
}

/// What the threads of a process have used, to the nanosecond. Those that ended are not in it; servers end none under load.
fn processor_seconds(process: u32) -> anyhow::Result<f64> {
    let mut nanoseconds = 0.0;
    for entry in std::fs::read_dir(format!("/proc/{process}/task")).context("the server has ended")? {
        let Ok(text) = std::fs::read_to_string(entry?.path().join("schedstat")) else { continue };
        let used = text.split(' ').next().and_then(|number| number.parse::<f64>().ok());
        nanoseconds += used.unwrap_or_default();
    }
    Ok(nanoseconds / 1e9)
}

/// A number in a file of lines with a name each.
fn field(path: &str, name: &str) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.with_context(|| format!("{path} has no {name}"))
}
