//! The log: one stream of events to standard error, as text for people or JSON for programs. What is logged is decided where it happens;
//! this only chooses how much of it is written, and how. Nobody ever waits for whoever reads it: see [`queue`].

mod escape;
mod filter;
mod journal;
mod panics;
mod queue;
mod writer;

use std::io::{IsTerminal as _, Write, stderr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use self::escape::Escape;
use self::queue::Queue;
use self::writer::Lines;

/// How long the end of the process waits for a reader of the log that does not read.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is no module's own.
const PROGRAM: &str = "onezone_server";

/// How much is logged, and how.
#[derive(Args)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogArguments {
    /// What is logged: off, error, warn, info, debug, trace, or a filter such as `info,access=off`
    #[arg(long, value_name = "FILTER", default_value = "info", env = "ONEZONE_LOG", value_parser = filter::check)]
    log: String,
    /// How it is written; by default as text on a terminal and as JSON elsewhere
    #[arg(long, value_enum, value_name = "FORMAT", env = "ONEZONE_LOG_FORMAT")]
    log_format: Option<LogFormat>,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}

/// The log of this process, once it is started.
struct Log {
    queue: Arc<Queue>,
    format: LogFormat,
}

static LOG: OnceLock<Log> = OnceLock::new();

/// Starts the log; once a process.
pub(crate) fn start(arguments: &LogArguments) -> anyhow::Result<()> {
    let filter = filter::parse(&arguments.log).map_err(anyhow::Error::msg)?;
    let terminal = stderr().is_terminal();
    let format = arguments.log_format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json });
    let colours = terminal && std::env::var_os("NO_COLOR").is_none();
    let escape = match format {
        LogFormat::Json => Escape::Json,
        LogFormat::Text if colours => Escape::ColouredText,
        LogFormat::Text => Escape::Text,
    };
    let queue = Queue::start(standard_error(), tell_of_losses).context("the log cannot be started")?;
    let lines = Lines::new(Arc::clone(&queue), escape, journal::reads_standard_error());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines);
    let started = match format {
        LogFormat::Text => builder.with_ansi(colours).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))?;
    panics::log(Arc::clone(&queue));
    // Only the first start gets here: the subscriber is set once.
    let _ = LOG.set(Log { queue, format });
    Ok(())
}

/// How many lines were not written, because whoever reads the log does not, or standard error cannot be written to.
pub(crate) fn lines_dropped() -> u64 {
    LOG.get().map_or(0, |log| log.queue.dropped())
}

/// Says why the process ends, in the log if there is one. Whether there is.
pub(crate) fn fatal(error: &anyhow::Error) -> bool {
    let Some(Log { queue, format }) = LOG.get() else { return false };
    if *format == LogFormat::Json && tracing::enabled!(target: PROGRAM, tracing::Level::ERROR) {
        tracing::error!(target: PROGRAM, "{error:#}");
    } else {
        let mut line = format!("error: {error:#}");
        Escape::Text.apply(&mut line);
        queue.append(&[line.as_bytes(), b"\n"], true);
    }
    true
}

/// Waits until all that was logged is written, unless nobody reads it.
pub(crate) fn end() {
    if let Some(log) = LOG.get() {
        log.queue.flush(PATIENCE);
    }
}

fn tell_of_losses(lines: u64) {
    tracing::warn!(target: PROGRAM, lines, "lines of the log were dropped here: they came faster than they were read");
}

/// Standard error without its lock: nobody who writes to it otherwise has to wait for the log.
fn standard_error() -> Box<dyn Write + Send> {
    #[cfg(unix)]
    if let Ok(own) = std::os::fd::AsFd::as_fd(&stderr()).try_clone_to_owned() {
        return Box::new(std::fs::File::from(own));
    }
    Box::new(stderr())
}
