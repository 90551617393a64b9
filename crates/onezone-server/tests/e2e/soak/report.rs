//! What a soak tells: a line of progress while it runs, and a table at its end.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::arena::Arena;
use super::faults::Fault;
use super::samples::{Sample, Trend, settled};
use super::{Settings, Tally};

/// How much the memory of the last life may grow, by the line through it.
const MEMORY_BOUND_KIB: f64 = 8.0 * 1024.0;

/// The same for less than two minutes, in which memory is still being taken for the first time.
const SHORT_MEMORY_BOUND_KIB: f64 = 48.0 * 1024.0;

/// A line through the descriptors and threads that are there after each round may not rise by more.
const OTHER_BOUND: f64 = 24.0;

/// How many characters of a violation are told again at the end; a history is long.
const TOLD_AT_THE_END: usize = 600;

/// Where nobody looks at a terminal, a line every so often will do.
const INTERVAL: Duration = Duration::from_secs(10);

/// The line of progress.
pub(crate) struct Progress {
    /// Without it, until everything was done once.
    time: Option<Duration>,
    began: Instant,
    told: Option<Instant>,
    on_terminal: bool,
}

impl Progress {
    pub(crate) fn new(time: Option<Duration>) -> Self {
        Self { time, began: Instant::now(), told: None, on_terminal: std::io::stderr().is_terminal() }
    }

    pub(crate) fn show(&mut self, arena: &Arena, rounds: usize, faults: usize, sample: Option<Sample>) {
        if !self.on_terminal && self.told.is_some_and(|told| told.elapsed() < INTERVAL) {
            return;
        }
        self.told = Some(Instant::now());
        let seconds = self.began.elapsed().as_secs();
        let requests = arena.requests.load(Ordering::Relaxed);
        let memory = sample.map_or(0.0, |sample| sample.resident_kib / 1024.0);
        let line = format!(
            "{seconds} s{}: {rounds} rounds, {requests} requests ({} a second), {faults} faults, {} violations, {memory:.0} MiB",
            self.time.map_or(String::new(), |time| format!(" of {}", time.as_secs())),
            requests / seconds.max(1),
            arena.violations().0
        );
        let (begin, end) = if self.on_terminal { ("\r", "\x1b[K") } else { ("", "\n") };
        // Whoever does not want to see it may close it.
        let _ = write!(std::io::stderr(), "{begin}{line}{end}");
    }

    pub(crate) fn end(&self) {
        if self.on_terminal {
            eprintln!();
        }
    }
}

/// What was found.
pub(crate) struct Outcome {
    violations: usize,
    /// The first of them.
    told: Vec<String>,
    rows: Vec<(String, String)>,
    figure: String,
}

impl Outcome {
    pub(super) fn new(arena: &Arena, settings: &Settings, tally: &Tally, time: Duration) -> Self {
        let (samples, rests) = (settled(&tally.samples), settled(&tally.rests));
        let is_short = settings.time.is_none_or(|time| time < Duration::from_secs(120));
        let bound = if is_short { SHORT_MEMORY_BOUND_KIB } else { MEMORY_BOUND_KIB };
        let memory = trend(&samples, |sample| sample.resident_kib);
        #[expect(clippy::cast_precision_loss, reason = "there are some hundreds")]
        let others = [
            ("file descriptors at rest", trend(&rests, |sample| sample.descriptors as f64)),
            ("threads at rest", trend(&rests, |sample| sample.threads as f64)),
        ];
        if let Some(trend) = memory.filter(|trend| trend.growth() > bound) {
            arena.violate(format!("the memory grows: {trend:?} KiB"));
        }
        for (what, trend) in others {
            if let Some(trend) = trend.filter(|trend| trend.growth() > OTHER_BOUND) {
                arena.violate(format!("the number of {what} grows: {trend:?}"));
            }
        }
        let (answers, slowest) = arena.answers();
        let (violations, told) = arena.violations();
        let requests = arena.requests.load(Ordering::Relaxed);
        let faults: usize = tally.faults.values().sum();
        let mebibytes = |trend: Option<Trend>| {
            trend.map_or("too short to say".to_owned(), |trend| {
                let (first, last) = (trend.first / 1024.0, trend.last / 1024.0);
                format!("{first:.1} to {last:.1} MiB in {:.0} s", trend.seconds)
            })
        };
        let counted = |trend: Option<Trend>| {
            trend.map_or("too short to say".to_owned(), |trend| {
                format!("{:.0} to {:.0}", trend.first, trend.last)
            })
        };
        let seconds = time.as_secs().max(1);
        let mut rows = vec![
            ("database".to_owned(), settings.kind.name().to_owned()),
            ("seed".to_owned(), settings.seed.to_string()),
            ("clients".to_owned(), format!("{}, and enemies", settings.clients)),
            ("time".to_owned(), format!("{seconds} s, {} rounds", tally.rounds)),
            ("requests".to_owned(), format!("{requests}, {} a second", requests / seconds)),
            ("slowest answer".to_owned(), format!("{slowest} ms")),
            (
                "in histories".to_owned(),
                format!("{} operations, {} without an answer", tally.events, tally.unanswered),
            ),
            ("memory".to_owned(), mebibytes(memory)),
        ];
        rows.extend(others.map(|(what, trend)| (what.to_owned(), counted(trend))));
        rows.extend(
            tally.faults.iter().map(|(fault, count)| (format!("fault {fault:?}"), count.to_string())),
        );
        rows.extend(answers.iter().map(|(kind, count)| (format!("answer {kind}"), count.to_string())));
        rows.push(("violations".to_owned(), violations.to_string()));
        let lives = Fault::LETHAL.iter().filter_map(|fault| tally.faults.get(fault)).sum::<usize>() + 1;
        let figure = format!(
            "{}, soak of {seconds} s with {} clients: {requests} requests ({} a second), {faults} faults, {lives} lives of the \
             server, {} operations in histories ({} without an answer), memory {}, at rest file descriptors {}, threads {}; \
             {violations} violations",
            settings.kind.name(),
            settings.clients,
            requests / seconds,
            tally.events,
            tally.unanswered,
            mebibytes(memory),
            counted(others[0].1),
            counted(others[1].1),
        );
        Self { violations, told, rows, figure }
    }

    /// Panics with what was found wrong, at the end of all output, which is where one looks.
    pub(crate) fn assert_clean(&self) {
        let mut told: Vec<String> =
            self.told.iter().map(|what| what.chars().take(TOLD_AT_THE_END).collect()).collect();
        told.insert(0, format!("{} violations:", self.violations));
        assert!(self.violations == 0, "{}", told.join("\n"));
    }
}

fn trend(samples: &[Sample], value: impl Fn(&Sample) -> f64) -> Option<Trend> {
    let points: Vec<(f64, f64)> = samples.iter().map(|sample| (sample.at, value(sample))).collect();
    Trend::of(&points)
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.rows {
            writeln!(formatter, "{name:<34} {value}")?;
        }
        write!(formatter, "figure: {}", self.figure)
    }
}
