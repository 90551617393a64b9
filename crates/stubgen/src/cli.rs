//! The command line for any document, as a function: the program `stubgen` has it, and so can a task of a workspace.
//!
//! All reading and writing goes through the caller's [`Disk`], [`Console`] and clock.

mod comparison;

pub use comparison::{BREAKING, COMPATIBLE, CompatArguments, Format, INCOMPARABLE, Judgement, compat, judge};

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::report::{self, Report};
use crate::workspace::{self, Action, Change, Disk, Workspace};
use crate::{Dependency, Error, Options, Source};

/// Which document, and what to do with it.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
#[command(about = None, long_about = None)]
pub struct Arguments {
    /// Generate a whole workspace from this OpenAPI document (YAML or JSON)
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
    /// The folder of the workspace; files that stubgen did not write stay as they are
    #[arg(long, value_name = "DIR", requires = "spec")]
    pub out: Option<PathBuf>,
    /// Prefix of the packages [default: the document's title]
    #[arg(long, value_name = "NAME", requires = "spec")]
    pub name: Option<String>,
    /// Leave out operations that cannot be generated, and list them, instead of refusing the document
    #[arg(long, requires = "spec")]
    pub skip_unsupported: bool,
    /// Refuse a document that would have to be repaired
    #[arg(long, requires = "spec")]
    pub strict: bool,
    /// Write a report in JSON, to standard output if FILE is `-`
    #[arg(long, value_name = "FILE", requires = "spec")]
    pub report: Option<PathBuf>,
    /// Link stubgen-runtime from this folder instead of the registry
    #[arg(long, value_name = "DIR", requires = "spec")]
    pub runtime: Option<String>,
}

/// What is done with the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is written.
    Write,
    /// It is compared with what is there.
    Check,
    /// It is only reported on.
    Report,
}

/// Where the command line speaks.
pub struct Console<'a> {
    /// What was asked for.
    pub output: &'a mut dyn Write,
    /// Findings, failures and progress.
    pub errors: &'a mut dyn Write,
    /// Whether a person watches: then a line says what goes on.
    pub is_terminal: bool,
}

/// What the caller provides.
pub struct Caller<'a> {
    /// The command that file headers name.
    pub command: &'a str,
    /// Where the runtime comes from unless the arguments say it.
    pub runtime: Dependency<'a>,
    /// All files, by the paths of the arguments.
    pub disk: &'a dyn Disk,
    /// Time since any fixed moment.
    pub clock: &'a dyn Fn() -> Duration,
}

/// Everything was generated, or is current.
pub const DONE: u8 = 0;
/// Nothing was written, or files are not current; the findings say why.
pub const REFUSED: u8 = 1;
/// The arguments do not fit together.
pub const USAGE: u8 = 2;
/// Operations were left out.
pub const INCOMPLETE: u8 = 3;

/// Carries out the command and gives the exit status.
pub fn execute(arguments: &Arguments, mode: Mode, caller: &Caller<'_>, console: &mut Console<'_>) -> u8 {
    let Some(spec) = &arguments.spec else {
        say(console.errors, "error: which document? Give it with --spec FILE");
        return USAGE;
    };
    let folder = match (&arguments.out, mode) {
        (Some(out), _) => slashed(out),
        (None, Mode::Report) => String::new(),
        (None, Mode::Write | Mode::Check) => {
            say(console.errors, "error: where to? Give the folder of the workspace with --out DIR");
            return USAGE;
        }
    };
    match run(arguments, &spec.to_string_lossy(), &folder, mode, caller, console) {
        Ok(report) if report.missing() > 0 => INCOMPLETE,
        Ok(_) => DONE,
        Err(error) => {
            if let Error::Document { findings, .. } = &error {
                say(console.errors, &findings.to_string());
            }
            let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
            say(console.errors, &format!("error: {error}{}", source.unwrap_or_default()));
            REFUSED
        }
    }
}

fn run(
    arguments: &Arguments,
    spec: &str,
    folder: &str,
    mode: Mode,
    caller: &Caller<'_>,
    console: &mut Console<'_>,
) -> Result<Report, Error> {
    let started = (caller.clock)();
    progress(console, &format!("generating from {spec} ..."));
    let made = make(arguments, spec, caller);
    progress(console, "");
    let duration = (caller.clock)().saturating_sub(started);
    let report = match &made {
        Ok(workspace) => Report::of(spec, workspace, duration),
        Err(Error::Document { operations, findings, .. }) => {
            Report::refused(spec, *operations, findings, duration)
        }
        Err(_) => Report::default(),
    };
    let to_output = arguments.report.as_deref() == Some(Path::new("-"));
    if (mode == Mode::Report || to_output) && !report.document.is_empty() {
        say(console.output, report.json().trim_end());
    }
    if let Some(path) = arguments.report.as_ref().filter(|_| !report.document.is_empty() && !to_output) {
        let path = path.to_string_lossy();
        caller.disk.write(&path, &report.json()).map_err(|source| Error::File {
            action: "write",
            path: path.to_string(),
            source,
        })?;
    }
    let workspace = made?;
    if !workspace.generated.warnings.is_empty() {
        say(console.errors, &workspace.generated.warnings.to_string());
    }
    if mode == Mode::Report {
        return Ok(report);
    }
    let changes = workspace::changes(&workspace, caller.disk, folder)?;
    if mode == Mode::Check && !changes.is_empty() {
        list(&changes, folder, listing(console, to_output), ["missing", "stale", "orphaned"]);
        return Err(Error::Stale { files: changes.len(), folder: folder.to_owned() });
    }
    progress(console, &format!("writing {} files ...", changes.len()));
    let written = workspace::write(&changes, caller.disk, folder);
    progress(console, "");
    written?;
    if changes.len() <= 50 {
        list(&changes, folder, listing(console, to_output), ["created", "updated", "deleted"]);
    } else {
        say(listing(console, to_output), &format!("{} files changed in {folder}", changes.len()));
    }
    say(listing(console, to_output), &report.to_string());
    Ok(report)
}

fn make(arguments: &Arguments, spec: &str, caller: &Caller<'_>) -> Result<Workspace, Error> {
    let failed = |source| Error::File { action: "read", path: spec.to_owned(), source };
    let text = caller.disk.read(spec).map_err(failed)?;
    let text = text.ok_or_else(|| failed(std::io::Error::other("there is no such file")))?;
    let source = Source { name: spec, text: &text };
    let name = arguments.name.as_deref().map(workspace::package_name).or_else(|| workspace::name_of(&source));
    let folder = spec.rfind(['/', '\\']).map_or("", |slash| &spec[..=slash]);
    let files = |path: &str| {
        let path = format!("{folder}{path}");
        let text = caller.disk.read(&path).map_err(|error| error.to_string())?;
        text.ok_or_else(|| "there is no such file".to_owned())
    };
    let options = Options {
        name: name.as_deref().unwrap_or("api"),
        command: caller.command,
        skip_unsupported: arguments.skip_unsupported,
        strict: arguments.strict,
        runtime: arguments.runtime.as_deref().map_or(caller.runtime, Dependency::Path),
        files: Some(&files),
    };
    workspace::workspace(&source, &options).map_err(|findings| {
        let prepared = crate::prepare(&source, &options);
        let operations = prepared.map_or(0, |prepared| report::operations(&prepared.normalised));
        Error::Document { document: spec.to_owned(), operations, findings }
    })
}

/// Where files are listed: beside a report that has the standard output for itself.
fn listing<'c>(console: &'c mut Console<'_>, is_report_there: bool) -> &'c mut dyn Write {
    if is_report_there { &mut *console.errors } else { &mut *console.output }
}

fn list(changes: &[Change], folder: &str, output: &mut dyn Write, words: [&str; 3]) {
    for change in changes {
        let word = match change.action() {
            Action::Create => words[0],
            Action::Update => words[1],
            Action::Delete => words[2],
        };
        say(output, &format!("{word} {folder}{}", change.path));
    }
}

/// A line that replaces the last one, for a person who watches.
fn progress(console: &mut Console<'_>, text: &str) {
    if console.is_terminal {
        // Nothing depends on it, so a terminal that is gone does not stop the work.
        let _ = write!(console.errors, "\r\u{1b}[K{text}");
        let _ = console.errors.flush();
    }
}

fn say(output: &mut dyn Write, text: &str) {
    // A reader that went away, such as `head`, is no failure of the work.
    let _ = writeln!(output, "{text}");
}

fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if text.is_empty() || text.ends_with(['/', '\\']) { text.into_owned() } else { format!("{text}/") }
}
