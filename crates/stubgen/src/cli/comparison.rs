//! The command that compares two versions of a document: what it is told, how it answers, and its exit status.

use std::path::PathBuf;

use super::{Caller, Console, slashed};
use crate::compat::{Comparison, Level, Version, compare};
use crate::workspace::Disk;
use crate::{Diagnostics, Source};

/// How a comparison is shown and judged.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Judgement {
    /// How the changes are printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,
    /// Judge only what goes over the wire, and not the names and types of a generated client
    #[arg(long)]
    pub wire: bool,
    /// Exit with 0 even when there are breaking changes
    #[arg(long)]
    pub allow: bool,
}

/// How changes are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: a paragraph for each change
    Text,
    /// For programs: one object
    Json,
}

/// What `compat` is told on the command line.
#[derive(Clone, Debug, clap::Args)]
pub struct CompatArguments {
    /// The earlier version of the document, YAML or JSON
    pub old: PathBuf,
    /// The later version
    pub new: PathBuf,
    /// How the comparison is shown and judged
    #[command(flatten)]
    pub judgement: Judgement,
}

/// Nothing breaks anybody.
pub const COMPATIBLE: u8 = 0;
/// There are breaking changes, and they were not allowed.
pub const BREAKING: u8 = 1;
/// The documents could not be compared.
pub const INCOMPARABLE: u8 = 2;

/// Compares two files and gives the exit status.
pub fn compat(arguments: &CompatArguments, caller: &Caller<'_>, console: &mut Console<'_>) -> u8 {
    let [old, new] = [&arguments.old, &arguments.new].map(|path| path.to_string_lossy().into_owned());
    let (before, after) = match (text(caller.disk, &old), text(caller.disk, &new)) {
        (Ok(before), Ok(after)) => (before, after),
        (before, after) => {
            for error in [before.err(), after.err()].into_iter().flatten() {
                super::say(console.errors, &format!("error: {error}"));
            }
            return INCOMPARABLE;
        }
    };
    let files = |path: &str| {
        let folder = std::path::Path::new(path).parent().map(slashed).unwrap_or_default();
        move |other: &str| text(caller.disk, &format!("{folder}{other}"))
    };
    let (old_files, new_files) = (files(&old), files(&new));
    let before = Version { source: Source { name: &old, text: &before }, files: Some(&old_files) };
    let after = Version { source: Source { name: &new, text: &after }, files: Some(&new_files) };
    judge(compare(&before, &after), &arguments.judgement, console)
}

/// Prints a comparison and gives the exit status.
pub fn judge(
    comparison: Result<Comparison, Diagnostics>,
    judgement: &Judgement,
    console: &mut Console<'_>,
) -> u8 {
    let comparison = match comparison {
        Ok(comparison) if judgement.wire => comparison.on_the_wire(),
        Ok(comparison) => comparison,
        Err(findings) => {
            super::say(console.errors, &findings.to_string());
            super::say(console.errors, "error: the documents cannot be compared");
            return INCOMPARABLE;
        }
    };
    match judgement.output {
        Format::Text => super::say(console.output, &comparison.to_string()),
        Format::Json => super::say(console.output, comparison.json().trim_end()),
    }
    if comparison.level() == Some(Level::Major) && !judgement.allow { BREAKING } else { COMPATIBLE }
}

fn text(disk: &dyn Disk, path: &str) -> Result<String, String> {
    match disk.read(path) {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(format!("cannot read {path}: there is no such file")),
        Err(error) => Err(format!("cannot read {path}: {error}")),
    }
}
