//! The log: one stream of events to standard error, as text for people or JSON for programs. What is logged is decided where it happens;
//! this only chooses how much of it is written, and how.

use std::io::{IsTerminal as _, stderr};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// How much is logged, and how.
#[derive(Args)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogArguments {
    /// What is logged: off, error, warn, info, debug, trace, or a filter such as `info,access=off`
    #[arg(long, value_name = "FILTER", default_value = "info", env = "ONEZONE_LOG", value_parser = parse_filter)]
    log: String,
    /// How it is written; by default as text on a terminal and as JSON elsewhere
    #[arg(long, value_enum, value_name = "FORMAT", env = "ONEZONE_LOG_FORMAT")]
    log_format: Option<LogFormat>,
}

/// How the log is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}

/// Refuses what is no filter, before anything else is done.
fn parse_filter(text: &str) -> Result<String, String> {
    let known = EnvFilter::try_new(text).map(|_| text.to_owned());
    known.map_err(|_| "write a level, or a filter such as `info,access=off`".to_owned())
}

/// Starts the log; once a process.
pub(crate) fn start(arguments: &LogArguments) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&arguments.log).with_context(|| {
        format!("`{}` is no log filter: write a level, or `info,access=off`", arguments.log)
    })?;
    let terminal = stderr().is_terminal();
    let chosen = arguments.log_format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json });
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    let started = match chosen {
        LogFormat::Text => {
            let colours = terminal && std::env::var_os("NO_COLOR").is_none();
            builder.with_ansi(colours).try_init()
        }
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))
}
