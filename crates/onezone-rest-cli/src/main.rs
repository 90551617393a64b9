//! `onezone-rest-cli`: the operations of the API from a shell. It parses words, asks the client and prints the answer; HTTP is
//! the client's business.

mod arguments;
mod credentials;
mod curl;
mod error;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, reason = "written by the generator, whose output is checked where it is generated")]
mod generated;
mod help;
mod output;
mod request;
mod table;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::arguments::{Action, Arguments};
use crate::credentials::Environment;
use crate::error::Error;
use crate::generated::operations::API;

fn main() -> ExitCode {
    let environment = Environment::of_process();
    match run(std::env::args_os().skip(1).collect(), &environment) {
        Ok(text) => output::answer(&text),
        Err(error) => {
            output::failure(&error);
            ExitCode::from(error.exit_status())
        }
    }
}

/// What is to be printed, in bytes, since an answer need not be text.
fn run(words: Vec<OsString>, environment: &Environment) -> Result<Vec<u8>, Error> {
    let words = words
        .into_iter()
        .map(|word| {
            word.into_string().map_err(|word| Error::Usage(format!("{} is not UTF-8", word.display())))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let arguments = Arguments::parse(words, &API)?;
    match arguments.action {
        Action::Help(None) => Ok(help::general(&API).into_bytes()),
        Action::Help(Some(operation)) => Ok(help::operation(operation).into_bytes()),
        Action::Version => Ok(help::version(&API).into_bytes()),
        Action::About => Ok(help::about(&API).into_bytes()),
        Action::Call(ref call) if arguments.dry_run => {
            let text = curl::command(call, &arguments, environment)?;
            Ok(text.into_bytes())
        }
        Action::Call(ref call) => request::send(call, &arguments, environment),
    }
}
