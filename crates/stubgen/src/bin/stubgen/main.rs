//! The program `stubgen`: a whole workspace from an OpenAPI document. It only brings files, terminal and clock to the library.

mod files;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use stubgen::Dependency;
use stubgen::cli::{self, Arguments, Caller, CompatArguments, Console, Mode};

use files::Files;

/// Tokens are small and many, and the allocator of the system takes a third of the time with them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Dropshot server stubs, a client and the start of a server from an OpenAPI document.
///
/// Exit status: 0 everything was generated, 3 operations were left out, 1 nothing was written, 2 wrong usage.
#[derive(Parser)]
#[command(name = "stubgen", version, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the workspace; only files that change are touched
    Generate(Required),
    /// Write nothing: list the files that are not current, and fail if there are any
    Check(Required),
    /// Write nothing: print a report in JSON
    Report(Required),
    /// Say what changed between two versions of a document, and whom it breaks
    ///
    /// Every change has its kind, its place and what it asks of the version number: breaking changes a major one, additions a minor one.
    /// Exit status: 0 nothing breaks, 1 something does (unless --allow), 2 the documents cannot be compared.
    Compat(CompatArguments),
}

#[derive(Args)]
struct Required {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> ExitCode {
    let matches = command().get_matches();
    let command_line = CommandLine::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let started = Instant::now();
    let caller = Caller {
        command: "stubgen generate",
        runtime: Dependency::default(),
        disk: &Files,
        clock: &|| started.elapsed(),
    };
    let mut console = Console {
        output: &mut io::stdout(),
        errors: &mut io::stderr(),
        is_terminal: io::stderr().is_terminal(),
    };
    let (mode, arguments) = match command_line.command {
        Command::Generate(required) => (Mode::Write, required.arguments),
        Command::Check(required) => (Mode::Check, required.arguments),
        Command::Report(required) => (Mode::Report, required.arguments),
        Command::Compat(arguments) => return ExitCode::from(cli::compat(&arguments, &caller, &mut console)),
    };
    ExitCode::from(cli::execute(&arguments, mode, &caller, &mut console))
}

/// Here the document is not optional.
fn command() -> clap::Command {
    let mut command = CommandLine::command();
    for name in ["generate", "check", "report"] {
        command = command.mut_subcommand(name, |sub| sub.mut_arg("spec", |spec| spec.required(true)));
    }
    for name in ["generate", "check"] {
        command = command.mut_subcommand(name, |sub| sub.mut_arg("out", |out| out.required(true)));
    }
    command
}
