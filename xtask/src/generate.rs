//! `cargo xtask generate`: brings the `generated/` folders to what the generator makes of `openapi.yaml`, or checks
//! that they are. The generator only computes; all reading and writing is here.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path};
use std::process::ExitCode;

use anyhow::{Context, bail};
use similar::TextDiff;

use crate::document;
use crate::files;
use crate::workspace::Workspace;

/// The command that repairs stale generated code; it also stands in the first line of every generated file.
const COMMAND: &str = "cargo xtask generate";

/// The document that everything is generated from.
const SPECIFICATION: &str = "openapi.yaml";

/// How many lines of a file's diff are shown.
const DIFF_LINES: usize = 100;

/// What `generate` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing: report files that are stale, missing or orphaned, and fail if there are any.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    document: stubgen::cli::Arguments,
}

/// What happens to files that are not as they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// They are written or deleted.
    Write,
    /// They are reported.
    Check,
}

/// One folder that the generator owns, and what belongs into it.
struct Output<'a> {
    folder: &'static str,
    files: &'a BTreeMap<String, String>,
}

/// One file that is not as it should be.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    folder: &'static str,
    file: String,
    kind: ChangeKind,
}

#[derive(Debug, PartialEq, Eq)]
enum ChangeKind {
    Missing { new: String },
    Stale { old: String, new: String },
    Orphaned { old: String },
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.document.spec.is_some() {
        let mode = if arguments.check { stubgen::cli::Mode::Check } else { stubgen::cli::Mode::Write };
        return Ok(ExitCode::from(document::run(workspace, &arguments.document, mode)));
    }
    let mode = if arguments.check { Mode::Check } else { Mode::Write };
    generate(&workspace.root, mode, &mut io::stdout())?;
    Ok(ExitCode::SUCCESS)
}

/// Generates from the workspace's own document.
///
/// # Errors
///
/// In either mode when the document has mistakes, and in check mode when a file is not current.
pub(crate) fn generate(root: &Path, mode: Mode, output: &mut dyn Write) -> anyhow::Result<()> {
    let path = root.join(SPECIFICATION);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let source = stubgen::Source { name: SPECIFICATION, text: &text };
    let options = stubgen::Options { name: "onezone", command: COMMAND, ..stubgen::Options::default() };
    let generated = match stubgen::generate(&source, &options) {
        Ok(generated) => generated,
        Err(diagnostics) => {
            bail!("{SPECIFICATION} cannot be generated from; nothing was written\n{diagnostics}")
        }
    };
    if !generated.warnings.is_empty() {
        writeln!(output, "{}", generated.warnings.to_string().trim_end())?;
    }
    let outputs = [
        Output { folder: "crates/onezone-client/src/generated", files: &generated.client },
        Output { folder: "crates/onezone-api/src/generated", files: &generated.api },
        Output { folder: "crates/onezone-rest-cli/src/generated", files: &generated.cli },
    ];
    bring_up_to_date(root, &outputs, mode, output)
}

fn bring_up_to_date(
    root: &Path,
    outputs: &[Output<'_>],
    mode: Mode,
    output: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut changes = Vec::new();
    for folder in outputs {
        changes.extend(compare(root, folder)?);
    }
    if changes.is_empty() {
        writeln!(output, "generated code is current with {SPECIFICATION}")?;
        return Ok(());
    }
    for change in &changes {
        match mode {
            Mode::Write => change.make(root, output)?,
            Mode::Check => change.report(output)?,
        }
    }
    match mode {
        Mode::Write => Ok(()),
        Mode::Check => bail!("generated code is not current with {SPECIFICATION}; mend it with `{COMMAND}`"),
    }
}

/// What of a folder is not as the generator wants it.
fn compare(root: &Path, output: &Output<'_>) -> anyhow::Result<Vec<Change>> {
    let mut present = files::read_tree(&root.join(output.folder), &|_| false)?;
    let mut changes = Vec::new();
    for (file, new) in output.files {
        let inside = Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
        if !inside {
            bail!("the generator wants to write {file:?}, which is outside of {}", output.folder);
        }
        let kind = match present.remove(file) {
            Some(old) if old == new.as_bytes() => continue,
            Some(old) => ChangeKind::Stale { old: text(&old), new: new.clone() },
            None => ChangeKind::Missing { new: new.clone() },
        };
        changes.push(Change { folder: output.folder, file: file.clone(), kind });
    }
    changes.extend(present.into_iter().map(|(file, old)| Change {
        folder: output.folder,
        file,
        kind: ChangeKind::Orphaned { old: text(&old) },
    }));
    Ok(changes)
}

impl Change {
    fn make(&self, root: &Path, output: &mut dyn Write) -> anyhow::Result<()> {
        let folder = root.join(self.folder);
        let path = folder.join(&self.file);
        let done = match &self.kind {
            ChangeKind::Missing { new } => files::write(&path, new).map(|()| "created"),
            ChangeKind::Stale { new, .. } => files::write(&path, new).map(|()| "updated"),
            ChangeKind::Orphaned { .. } => files::remove(&folder, &path).map(|()| "deleted"),
        }?;
        writeln!(output, "{done} {}/{}", self.folder, self.file)?;
        Ok(())
    }

    fn report(&self, output: &mut dyn Write) -> anyhow::Result<()> {
        let (state, old, new) = match &self.kind {
            ChangeKind::Missing { new } => ("missing", "", new.as_str()),
            ChangeKind::Stale { old, new } => ("stale", old.as_str(), new.as_str()),
            ChangeKind::Orphaned { old } => ("orphaned", old.as_str(), ""),
        };
        writeln!(output, "{state}: {}/{}", self.folder, self.file)?;
        let diff = TextDiff::from_lines(old, new);
        let diff = diff.unified_diff().context_radius(2).to_string();
        for line in diff.lines().take(DIFF_LINES) {
            writeln!(output, "    {line}")?;
        }
        let rest = diff.lines().count().saturating_sub(DIFF_LINES);
        if rest > 0 {
            writeln!(output, "    ... and {rest} lines more")?;
        }
        Ok(())
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDER: &str = "crate/src/generated";

    fn tree(files: &[(&str, &str)]) -> BTreeMap<String, String> {
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    fn bring(root: &Path, files: &BTreeMap<String, String>, mode: Mode) -> (anyhow::Result<()>, String) {
        let mut printed = Vec::new();
        let result = bring_up_to_date(root, &[Output { folder: FOLDER, files }], mode, &mut printed);
        (result, String::from_utf8(printed).unwrap())
    }

    #[test]
    fn generated_code_is_current() {
        let mut printed = Vec::new();
        let result = generate(&Workspace::here().unwrap().root, Mode::Check, &mut printed);
        assert!(result.is_ok(), "{}\n{:#}", String::from_utf8_lossy(&printed), result.unwrap_err());
    }

    #[test]
    fn writing_creates_updates_and_deletes_and_then_has_nothing_to_do() {
        let root = tempfile::tempdir().unwrap();
        let first = tree(&[("mod.rs", "a\n"), ("old/gone.rs", "b\n"), ("same.rs", "c\n")]);
        let (result, printed) = bring(root.path(), &first, Mode::Write);
        result.unwrap();
        assert_eq!(printed.matches("created").count(), 3);

        let second = tree(&[("mod.rs", "A\n"), ("new/file.rs", "d\n"), ("same.rs", "c\n")]);
        let (result, printed) = bring(root.path(), &second, Mode::Write);
        result.unwrap();
        let mut lines: Vec<_> = printed.lines().collect();
        lines.sort_unstable();
        assert_eq!(
            lines,
            [
                "created crate/src/generated/new/file.rs",
                "deleted crate/src/generated/old/gone.rs",
                "updated crate/src/generated/mod.rs"
            ]
        );
        assert!(!root.path().join(FOLDER).join("old").exists(), "a folder is left behind");

        let (result, printed) = bring(root.path(), &second, Mode::Check);
        result.unwrap();
        assert_eq!(printed, "generated code is current with openapi.yaml\n");
    }

    #[test]
    fn checking_reports_everything_and_the_command_that_mends_it_and_writes_nothing() {
        let root = tempfile::tempdir().unwrap();
        let long: String = (0..300).fold(String::new(), |text, line| format!("{text}line {line}\n"));
        bring(root.path(), &tree(&[("mod.rs", "a\n"), ("gone.rs", &long)]), Mode::Write).0.unwrap();
        let before = files::read_tree(root.path(), &|_| false).unwrap();

        let (result, printed) =
            bring(root.path(), &tree(&[("mod.rs", "A\n"), ("new.rs", "d\n")]), Mode::Check);
        let error = result.unwrap_err().to_string();
        assert!(error.contains("`cargo xtask generate`"), "{error}");
        for expected in [
            "stale: crate/src/generated/mod.rs",
            "missing: crate/src/generated/new.rs",
            "orphaned: crate/src/generated/gone.rs",
            "    -a\n    +A",
            "lines more",
        ] {
            assert!(printed.contains(expected), "{expected}:\n{printed}");
        }
        assert!(printed.lines().count() < 130, "the diff is not cut:\n{printed}");
        assert_eq!(files::read_tree(root.path(), &|_| false).unwrap(), before);
    }

    #[test]
    fn a_file_outside_of_the_folder_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let (result, _) = bring(root.path(), &tree(&[("../lib.rs", "a\n")]), Mode::Write);
        assert!(result.unwrap_err().to_string().contains("outside"));
    }
}
