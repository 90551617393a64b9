//! `onezone-rest-cli`: the operations of the API from a shell. It parses words, asks the client and prints the answer; HTTP is
//! the client's business.

mod arguments;
mod completion;
mod credentials;
mod curl;
mod diagnosis;
mod error;
mod exchange;
mod formats;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, reason = "written by the generator, whose output is checked where it is generated")]
mod generated;
mod help;
mod json;
mod manual;
mod markdown;
mod media;
mod options;
mod output;
mod request;
mod secrets;
mod suggest;
mod table;
mod terminal;
mod values;
mod words;
mod write_out;

#[cfg(test)]
mod rich_tests;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::arguments::{Action, Arguments};
use crate::credentials::Environment;
use crate::error::Error;
use crate::generated::operations::API;
use crate::options::Id;
use crate::terminal::Terminal;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    if words.first().is_some_and(|word| word == completion::ASK) {
        // Whoever presses a key wants proposals, and no error.
        let words = words.into_iter().skip(1).map(|word| word.to_string_lossy().into_owned());
        let _ = output::print(&completion::answer(&words.collect::<Vec<_>>(), &API));
        return ExitCode::SUCCESS;
    }
    let colours = !words.iter().any(|word| word == "-nc" || word == "--no-colors");
    let terminal = Terminal::of_process(colours);
    match run(words, terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output::failure(&error, terminal.paint_errors),
    }
}

fn run(words: Vec<OsString>, terminal: Terminal) -> Result<(), Error> {
    let words = words
        .into_iter()
        .enumerate()
        .map(|(index, word)| {
            // The word is not shown: it may be a secret.
            word.into_string().map_err(|_| Error::Usage(format!("word {} is not UTF-8", index + 1)))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let arguments = Arguments::parse(words, &API)?;
    match arguments.action {
        Action::Help(None) => output::print(&help::general(&API, terminal.width(), terminal.paint)),
        Action::Help(Some(operation)) => {
            output::print(&help::operation(operation, terminal.width(), terminal.paint))
        }
        Action::Version => output::print(&help::version(&API)),
        Action::About => output::print(&help::about(&API, terminal.width())),
        Action::Completion(ref shell) => output::print(completion::script(shell)?),
        Action::Man => output::print(&manual::page(&API)),
        Action::Call(ref call) => {
            let environment = Environment::of_process();
            if arguments.has(Id::DryRun) {
                return output::print(&curl::command(call, &arguments, &environment)?);
            }
            exchange::run(call, &arguments, &environment, terminal)
        }
    }
}
