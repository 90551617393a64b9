//! Several generated workspaces as one: checked by one run of the compiler, and round-tripped by one more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;

use super::process::within;
use super::row::{Outcome, Row};
use super::timing;
use crate::files;
use crate::progress::Progress;
use crate::workspace::Workspace;

/// How long the compiler may take for one batch.
const LIMIT: Duration = Duration::from_secs(3600);

/// A batch has at most this many documents and lines, which bounds memory and disk, unless one document has more.
const DOCUMENTS: usize = 16;
const LINES: u64 = 150_000;

/// How cargo begins the line of its log for a target that is done.
const DONE: &str = "{\"reason\":\"compiler-artifact\"";

/// What stands before the versions in the manifest of a workspace.
const VERSIONS: &str = "[workspace.dependencies]\n";

/// The roles of the packages of a document.
const ROLES: [&str; 3] = ["api", "client", "server"];

/// Rows in groups that the compiler takes at a time, in their order.
pub(super) fn batches(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let mut batches: Vec<Vec<Row>> = Vec::new();
    for row in rows {
        let lines = |batch: &[Row]| batch.iter().map(|row| row.lines).sum::<u64>();
        match batches.last_mut() {
            Some(batch) if batch.len() < DOCUMENTS && lines(batch) + row.lines <= LINES => batch.push(row),
            _ => batches.push(vec![row]),
        }
    }
    batches
}

/// What compiles a batch.
pub(super) struct Compiler<'a> {
    pub(super) workspace: &'a Workspace,
    /// Where the generated workspaces are, and all else that is written.
    pub(super) folder: &'a Path,
    pub(super) progress: &'a Progress,
}

impl Compiler<'_> {
    /// Checks and round-trips all documents of a batch, and fills in their rows. `title` says which batch it is.
    pub(super) fn compile(&self, batch: &mut [Row], title: &str) {
        self.progress.step(title);
        if let Err(error) = self.try_compile(batch, title) {
            for row in batch.iter_mut() {
                row.outcome = Outcome::NotTried;
                row.reasons.insert(format!("{error:#}"), 1);
            }
        }
        self.progress.clear();
        self.forget(batch);
        for row in batch {
            row.compiled = true;
            row.log = row.outcome.is_defect().then(|| self.log(&row.name));
        }
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    fn batch_folder(&self) -> PathBuf {
        self.folder.join("batch")
    }

    fn try_compile(&self, batch: &mut [Row], title: &str) -> anyhow::Result<()> {
        self.gather(batch)?;
        let (output, times) = (self.folder.join("batch.log"), self.folder.join("batch.times"));
        let _ = fs::remove_file(&times);
        let mut check = self.cargo(&["check", "--workspace", "--all-targets", "--keep-going"]);
        check.arg("--message-format=json");
        timing::measure(&mut check, &times);
        let status = within(LIMIT, &mut check, &output, &mut self.watch(title, "checking", &output))?;
        let said = Said::read(&fs::read_to_string(&output).unwrap_or_default());
        let times = fs::read_to_string(&times).unwrap_or_default();
        for row in batch.iter_mut() {
            for (role, cost) in &mut row.crates {
                cost.seconds = timing::seconds(&times, &format!("{}-{role}", row.name));
            }
            let packages: Vec<_> = ROLES.iter().map(|role| format!("{}-{role}", row.name)).collect();
            row.warnings = packages.iter().filter_map(|package| said.warnings.get(package)).sum();
            let failed = packages.iter().any(|package| said.failed.contains(package));
            let texts = packages.iter().filter_map(|package| said.texts.get(package)).cloned();
            let text: String = texts.collect();
            files::write(&self.log(&row.name), &text)?;
            row.outcome = match status {
                None => Outcome::TimedOut,
                _ if failed => Outcome::DoesNotCompile,
                Some(_) => Outcome::Passed,
            };
        }
        let is_clean = batch.iter().all(|row| row.outcome == Outcome::Passed);
        if status.is_some_and(|status| status != 0) && is_clean {
            let text = fs::read_to_string(&output).unwrap_or_default();
            let plain: Vec<_> = text.lines().filter(|line| !line.starts_with('{')).collect();
            anyhow::bail!("cargo failed: {}", plain.join(" "));
        }
        self.round_trip(batch, title)
    }

    /// Runs the round trips of the documents that compile.
    fn round_trip(&self, batch: &mut [Row], title: &str) -> anyhow::Result<()> {
        let mut test = self.cargo(&["test", "--test", "round_trip", "--quiet", "--no-fail-fast"]);
        let rows: Vec<_> = batch.iter_mut().filter(|row| row.outcome == Outcome::Passed).collect();
        if rows.is_empty() {
            return Ok(());
        }
        for row in &rows {
            test.arg("--package").arg(format!("{}-api", row.name));
        }
        let output = self.folder.join("batch.log");
        let status = within(LIMIT, &mut test, &output, &mut self.watch(title, "round trip", &output))?;
        let text = fs::read_to_string(&output).unwrap_or_default();
        let is_named = |row: &Row| text.contains(&format!("`-p {}-api --test round_trip`", row.name));
        let any_named = rows.iter().any(|row| is_named(row));
        for row in rows {
            row.outcome = match status {
                Some(0) => continue,
                None => Outcome::TimedOut,
                // Where cargo says nothing of any, each of them may be the one.
                Some(_) if is_named(row) || !any_named => Outcome::RoundTripFails,
                Some(_) => continue,
            };
            files::write(&self.log(&row.name), &text)?;
        }
        Ok(())
    }

    /// What tells a person every second how far a command is: cargo reports each target that is done, in a line of its log.
    fn watch(&self, title: &str, step: &str, log: &Path) -> impl FnMut(Duration) {
        move |elapsed| {
            self.progress.update(|| {
                let text = fs::read_to_string(log).unwrap_or_default();
                let done = text.lines().filter(|line| line.starts_with(DONE)).count();
                let done = if done == 0 { String::new() } else { format!(", {done} targets") };
                format!("{title}: {step}, {} s{done}", elapsed.as_secs())
            });
        }
    }

    /// Makes one workspace of those of the documents.
    fn gather(&self, batch: &[Row]) -> anyhow::Result<()> {
        let folder = self.batch_folder();
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let mut versions = BTreeSet::new();
        let mut head = String::new();
        for row in batch {
            let from = self.folder.join(&row.name);
            let manifest = from.join("Cargo.toml");
            let text = fs::read_to_string(&manifest)
                .with_context(|| format!("cannot read {}", manifest.display()))?;
            let (before, lines) =
                text.split_once(VERSIONS).context("the manifest of a workspace has no versions")?;
            versions.extend(lines.lines().map(str::to_owned));
            before.clone_into(&mut head);
            for role in ROLES {
                let package = format!("{}-{role}", row.name);
                fs::rename(from.join(&package), folder.join(&package))
                    .with_context(|| format!("cannot move {package}"))?;
            }
        }
        let is_members = |line: &&str| line.starts_with("members");
        let head: Vec<_> =
            head.lines().map(|line| if is_members(&line) { "members = [\"*-*\"]" } else { line }).collect();
        let versions: Vec<_> = versions.into_iter().collect();
        let text = format!("{}\n{VERSIONS}{}\n", head.join("\n"), versions.join("\n"));
        files::write(&folder.join("Cargo.toml"), &text)?;
        // The versions that this workspace is tested with, so that what documents share compiles once.
        let locked = self.workspace.root.join("Cargo.lock");
        fs::copy(locked, folder.join("Cargo.lock")).context("cannot copy Cargo.lock")?;
        Ok(())
    }

    /// A cargo command in the batch. One target folder for all batches, without what only repeated builds and debuggers need.
    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.workspace.cargo(arguments);
        command.current_dir(self.batch_folder()).env("CARGO_TARGET_DIR", self.folder.join("target"));
        command.env("CARGO_INCREMENTAL", "0").env("CARGO_PROFILE_DEV_DEBUG", "0");
        command
    }

    /// Removes what was compiled for the documents alone: a corpus of some hundreds would fill the disk. Documents that show a defect
    /// stay where they can be looked at.
    fn forget(&self, batch: &[Row]) {
        let mut clean = self.cargo(&["clean", "--quiet"]);
        for row in batch {
            for role in ROLES {
                clean.arg("--package").arg(format!("{}-{role}", row.name));
            }
        }
        // What stays behind takes room, and the next row will tell when there is none left.
        let _ = clean.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        for row in batch {
            let home = self.folder.join(&row.name);
            for role in ROLES {
                let package = format!("{}-{role}", row.name);
                let _ = fs::rename(self.batch_folder().join(&package), home.join(&package));
            }
            if !row.outcome.is_defect() {
                let _ = fs::remove_dir_all(&home);
            }
        }
    }
}

/// What the compiler said of each package.
#[derive(Debug, Default)]
struct Said {
    failed: BTreeSet<String>,
    warnings: BTreeMap<String, usize>,
    texts: BTreeMap<String, String>,
}

impl Said {
    fn read(output: &str) -> Self {
        let mut said = Self::default();
        for line in output.lines().filter(|line| line.starts_with('{')) {
            let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
            if message["reason"] != "compiler-message" {
                continue;
            }
            let manifest = Path::new(message["manifest_path"].as_str().unwrap_or_default());
            let package = manifest.parent().and_then(Path::file_name).unwrap_or_default();
            let package = package.to_string_lossy().into_owned();
            let message = &message["message"];
            match message["level"].as_str() {
                Some("error" | "error: internal compiler error") => {
                    said.failed.insert(package.clone());
                }
                // The compiler's own count of them has no code and no place.
                Some("warning") if message["spans"].as_array().is_some_and(|spans| !spans.is_empty()) => {
                    *said.warnings.entry(package.clone()).or_default() += 1;
                }
                _ => {}
            }
            said.texts.entry(package).or_default().push_str(message["rendered"].as_str().unwrap_or_default());
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bounded_by_documents_and_by_lines() {
        let rows =
            |lines: &[u64]| lines.iter().map(|lines| Row { lines: *lines, ..Row::default() }).collect();
        let sizes = |lines: &[u64]| batches(rows(lines)).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(&[1; 20]), [16, 4]);
        assert_eq!(sizes(&[100_000, 50_000, 1, 400_000, 2]), [2, 1, 1, 1]);
        assert_eq!(sizes(&[]), Vec::<usize>::new());
    }

    #[test]
    fn what_the_compiler_says_is_told_apart_by_package() {
        let line = |package: &str, level: &str, spans: usize| {
            let spans = vec![Value::Null; spans];
            let message = serde_json::json!({"level": level, "rendered": "text\n", "spans": spans});
            serde_json::json!({"reason": "compiler-message", "manifest_path": format!("/b/{package}/Cargo.toml"), "message": message})
                .to_string()
        };
        let output = [
            line("a-api", "warning", 1),
            line("a-api", "warning", 0),
            line("b-api", "error", 1),
            "{\"reason\": \"build-finished\"}".to_owned(),
            "plain".to_owned(),
        ];
        let said = Said::read(&output.join("\n"));
        assert_eq!(said.failed, BTreeSet::from(["b-api".to_owned()]));
        assert_eq!(said.warnings, BTreeMap::from([("a-api".to_owned(), 1)]));
        assert_eq!(said.texts["a-api"], "text\ntext\n");
    }
}
