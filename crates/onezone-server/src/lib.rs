//! `onezone-server`: serves the named tokens of a zone, and administers the zone's users, groups, providers and
//! tokens. Knows which storage there is and how people talk to it; what a request means is `onezone-handlers`'.

mod announcement;
mod any_certificate;
mod bootstrap;
mod certificates;
mod cli;
mod commands;
mod configuration;
mod core_dumps;
mod database;
mod descriptors;
mod edge;
mod environment;
mod geo;
mod keys;
mod limits;
mod logging;
mod names;
#[cfg_attr(not(unix), path = "notify_nobody.rs")]
mod notify;
mod observability;
mod output;
#[doc(hidden)]
pub mod parsers;
mod passwords;
mod progress;
mod serving;
mod sockets;
mod suggest;
mod tokens;
mod traces;
mod zone;

use std::process::ExitCode;

use crate::output::Output;

/// Runs the command that the process was started with. Exit codes: 0 done, 1 failed, 2 not understood.
pub fn run() -> ExitCode {
    core_dumps::forbid();
    let configuration = match configuration::read(std::env::args_os()) {
        Ok(configuration) => configuration,
        Err(error) => {
            Output::new(cli::Format::Table).error(&error);
            return ExitCode::from(2);
        }
    };
    let output = Output::new(configuration.cli.common.output);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.error(&anyhow::Error::new(error).context("cannot start"));
            return ExitCode::FAILURE;
        }
    };
    let code = match runtime.block_on(commands::run(configuration, &output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A server whose log nobody reads must end all the same.
            if !logging::fatal(&error) {
                output.error(&error);
            }
            ExitCode::FAILURE
        }
    };
    drop(runtime);
    logging::end();
    code
}
