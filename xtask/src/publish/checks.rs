//! Everything that is looked at before anything is published. No check depends on another, so that all problems are known at once.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

use anyhow::Context;
use cargo_metadata::semver::Version;
use stubgen::compat::Level;

use super::{Problem, Release, changelog, metadata};
use crate::compat;
use crate::generate::{self, Mode};

/// How many lines of another program's complaint are repeated.
const LINES: usize = 40;

/// The command that provides the judge of Rust interfaces.
const INSTALL: &str = "cargo install --locked cargo-semver-checks";

/// What was found.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<String>,
    /// Packages that the registry has in this version already.
    pub(super) uploaded: Vec<String>,
}

impl Outcome {
    fn problem(&mut self, what: impl Into<String>, mend: impl Into<String>) {
        self.problems.push(Problem { what: what.into(), mend: mend.into() });
    }
}

/// Looks at everything.
pub(super) fn all(release: &Release<'_>, output: &mut dyn Write) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut step = |name: &str| -> anyhow::Result<()> {
        writeln!(output, "checking {name} ...")?;
        Ok(output.flush()?)
    };
    step("manifests, change log and generated code")?;
    manifests(release, &mut outcome);
    change_logs(release, &mut outcome);
    generated(release, &mut outcome);
    step("the tree, tags and the registry")?;
    tree(release, &mut outcome);
    let is_tagged = tags(release, &mut outcome);
    registry(release, &mut outcome, is_tagged);
    if let Some((revision, last)) = baseline(release, &mut outcome) {
        step(&format!("what changed since {revision}"))?;
        document(release, &revision, last.as_ref(), &mut outcome);
        interfaces(release, &revision, &mut outcome);
    }
    step("that the packages build by themselves")?;
    packages(release, &mut outcome);
    Ok(outcome)
}

fn manifests(release: &Release<'_>, outcome: &mut Outcome) {
    let mut without = Vec::new();
    for package in &release.packages {
        outcome.problems.extend(metadata::problems(release.metadata, package));
        let published = metadata::in_order(release.metadata);
        outcome.problems.extend(metadata::requirements(release.metadata, package, &published));
        if package.version != release.version {
            let what = format!("{} is {}, and others are {}", package.name, package.version, release.version);
            outcome.problem(what, "write `version.workspace = true` in its manifest");
        }
        if !metadata::has_repository(package) {
            without.push(package.name.to_string());
        }
    }
    if without.is_empty() {
        return;
    }
    let what = format!("no manifest says where the project lives ({})", without.join(", "));
    let mend = "`cargo xtask publish --set-repository URL` writes it; commit that";
    if release.arguments.dry_run {
        outcome.notes.push(format!("{what}, which publishing asks for: {mend}"));
    } else {
        outcome.problem(what, mend);
    }
}

fn change_logs(release: &Release<'_>, outcome: &mut Outcome) {
    let version = release.version.to_string();
    for package in &release.packages {
        let Some(folder) = package.manifest_path.parent() else { continue };
        let path = folder.join("CHANGELOG.md");
        let shown = path.strip_prefix(release.root).unwrap_or(&path);
        // The client is what people depend on; the others may have one.
        let is_needed = *package.name == "onezone-client";
        match fs::read_to_string(&path) {
            Ok(text) => {
                if let Some(problem) = changelog::problem(&text, &version) {
                    let mend =
                        format!("write `## [{version}] - YEAR-MONTH-DAY` at its top, and what changed");
                    outcome.problem(format!("{shown} {problem}"), mend);
                }
            }
            Err(_) if is_needed => {
                outcome.problem(format!("there is no {shown}"), "write one: see keepachangelog.com");
            }
            Err(_) => {}
        }
    }
}

fn generated(release: &Release<'_>, outcome: &mut Outcome) {
    if let Err(error) = generate::generate(release.root, Mode::Check, &mut std::io::sink()) {
        let what = format!("{error:#}").lines().next().unwrap_or_default().to_owned();
        outcome.problem(what, "`cargo xtask generate`, and commit that");
    }
}

fn tree(release: &Release<'_>, outcome: &mut Outcome) {
    match release.git.changes() {
        Ok(changes) if changes.is_empty() => {}
        Ok(_) if release.arguments.allow_dirty => {
            outcome.notes.push("the tree has changes that are not committed".to_owned());
        }
        Ok(changes) => {
            let shown: Vec<&str> = changes.iter().take(10).map(String::as_str).collect();
            let rest = changes.len().saturating_sub(shown.len());
            let more = if rest > 0 { format!("\n    and {rest} more") } else { String::new() };
            let what =
                format!("the tree has changes that are not committed:\n    {}{more}", shown.join("\n    "));
            outcome
                .problem(what, "commit them, or take them back (`--dry-run --allow-dirty` tries the rest)");
        }
        Err(error) => outcome.problem(format!("{error:#}"), "publish from a checkout"),
    }
}

fn tags(release: &Release<'_>, outcome: &mut Outcome) -> bool {
    let is_tagged = release.git.versions().is_ok_and(|versions| versions.contains(&release.version));
    if is_tagged {
        let version = &release.version;
        let mend = "raise `version` in [workspace.package] and [workspace.dependencies] of the root manifest";
        outcome.problem(format!("{version} is tagged already (v{version})"), mend);
    }
    is_tagged
}

/// Asks the registry by cargo, from a folder where no workspace answers instead of it.
fn registry(release: &Release<'_>, outcome: &mut Outcome, is_tagged: bool) {
    let Ok(folder) = tempfile::tempdir() else { return };
    for package in &release.packages {
        let name = format!("{}@{}", package.name, package.version);
        let mut command = release.command(&["info".to_owned(), "--quiet".to_owned(), name.clone()]);
        let Ok(answer) = command.current_dir(folder.path()).output() else { continue };
        let errors = String::from_utf8_lossy(&answer.stderr);
        if answer.status.success() {
            outcome.uploaded.push(package.name.to_string());
        } else if !errors.contains("could not find") {
            let reason = errors.lines().last().unwrap_or_default();
            outcome.notes.push(format!("whether {name} is published already is not known: {reason}"));
        }
    }
    let is_all = outcome.uploaded.len() == release.packages.len();
    if is_all && !is_tagged {
        let mend = "raise the version; or, if this very commit was published, tag it: see CONTRIBUTING";
        outcome.problem(format!("all packages are published as {} already", release.version), mend);
    } else if !is_all && !outcome.uploaded.is_empty() {
        let note = format!("published already, and left out: {}", outcome.uploaded.join(", "));
        outcome.notes.push(note);
    }
}

/// What the version is compared with: a revision, and the version that it is where that is known.
fn baseline(release: &Release<'_>, outcome: &mut Outcome) -> Option<(String, Option<Version>)> {
    let versions = release.git.versions().unwrap_or_default();
    if let Some(revision) = &release.arguments.baseline {
        if !release.git.has(revision) {
            outcome.problem(format!("there is no revision `{revision}`"), "give one that `git log` knows");
            return None;
        }
        let version = versions.into_iter().find(|version| format!("v{version}") == *revision);
        return Some((revision.clone(), version));
    }
    // The highest one below: a correction of an older version is compared with what it corrects.
    let last = versions.iter().find(|version| **version < release.version);
    if let (None, Some(higher)) = (last, versions.first().filter(|higher| **higher > release.version)) {
        let what = format!("{} is below {higher}, which is tagged", release.version);
        outcome.problem(what, "raise the version");
        return None;
    }
    let Some(last) = last else {
        let note = "no earlier version is tagged, so this is the first: there is nothing to compare it with";
        outcome.notes.push(note.to_owned());
        return None;
    };
    Some((format!("v{last}"), Some(last.clone())))
}

/// Whether the version is high enough for what changed in the document.
fn document(release: &Release<'_>, revision: &str, last: Option<&Version>, outcome: &mut Outcome) {
    let comparison = match compat::since(release.root, revision) {
        Ok(comparison) => comparison,
        Err(error) => return outcome.problem(format!("{error:#}"), "compare by hand: `cargo xtask compat`"),
    };
    let Some(level) = comparison.level() else { return };
    let changes = comparison.changes.iter().filter(|change| change.level == level).count();
    let what = match (level, changes) {
        (Level::Major, 1) => "1 change of openapi.yaml breaks what callers rely on".to_owned(),
        (Level::Major, _) => format!("{changes} changes of openapi.yaml break what callers rely on"),
        (Level::Minor, 1) => "1 change of openapi.yaml adds something".to_owned(),
        (Level::Minor, _) => format!("{changes} changes of openapi.yaml add something"),
        (Level::Patch, _) => "openapi.yaml says something in other words".to_owned(),
    };
    let Some(last) = last else {
        let shown = level.name();
        let note = format!("since {revision} {what}: that is a {shown} version");
        return outcome.notes.push(note);
    };
    let least = metadata::least(last, level);
    // A candidate of a version is judged as that version.
    let Version { major, minor, patch, .. } = release.version;
    if Version::new(major, minor, patch) < least {
        let what = format!("{} is too small a step from {last}: {what}", release.version);
        let mend = format!(
            "make it {least} at least (`cargo xtask compat --against {revision}` lists them), or take them back"
        );
        outcome.problem(what, mend);
    }
}

/// Whether the version is high enough for what changed in the Rust interfaces.
fn interfaces(release: &Release<'_>, revision: &str, outcome: &mut Outcome) {
    let probe = release
        .command(&["semver-checks".to_owned(), "--version".to_owned()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !probe.is_ok_and(|status| status.success()) {
        let what = "cargo-semver-checks is missing, which judges the Rust interfaces";
        return outcome.problem(what, format!("`{INSTALL}`"));
    }
    for package in release.packages.iter().filter(|package| metadata::has_library(package)) {
        let manifest = package.manifest_path.strip_prefix(release.root).unwrap_or(&package.manifest_path);
        if release.git.file(revision, manifest.as_str()).is_err() {
            outcome.notes.push(format!(
                "{} was not there at {revision}: there is nothing to compare it with",
                package.name
            ));
            continue;
        }
        let arguments =
            ["semver-checks", "check-release", "--package", &package.name, "--baseline-rev", revision];
        match release
            .command(&arguments.map(str::to_owned))
            .output()
            .context("cannot run cargo semver-checks")
        {
            Ok(output) if output.status.success() => {}
            Ok(output) => {
                let what = format!(
                    "the interface of {} changed by more than its version:\n{}",
                    package.name,
                    tail(&output)
                );
                outcome.problem(what, "raise the version as it says, or take the changes back");
            }
            Err(error) => outcome.problem(format!("{error:#}"), format!("`{INSTALL}`")),
        }
    }
}

/// Whether the packages, as they would be uploaded, build by themselves.
fn packages(release: &Release<'_>, outcome: &mut Outcome) {
    let mut arguments = vec!["package".to_owned(), "--locked".to_owned()];
    for package in &release.packages {
        arguments.extend(["--package".to_owned(), package.name.to_string()]);
    }
    let is_dirty = release.git.changes().is_ok_and(|changes| !changes.is_empty());
    if is_dirty {
        // That is a problem of its own, or was allowed.
        arguments.push("--allow-dirty".to_owned());
    }
    match release.command(&arguments).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let what = format!("the packages do not build by themselves:\n{}", tail(&output));
            outcome.problem(what, "mend what cargo says above");
        }
        Err(error) => outcome.problem(format!("cannot run cargo: {error}"), "install Rust"),
    }
}

/// The end of what a program said, indented.
fn tail(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(LINES);
    lines[from..].iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
