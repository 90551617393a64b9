//! `cargo xtask bench build`: what the code that is generated and written here costs whoever compiles it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::process::children_seconds;
use crate::files;
use crate::server::Running;
use crate::workspace::Workspace;

/// What `bench build` is told on the command line.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// What is measured; both unless it says otherwise
    #[arg(long, value_enum, value_name = "PART")]
    only: Option<Part>,
}

/// A part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The server from nothing, and a dropshot server that says hello
    Cold,
    /// `cargo xtask generate && cargo check` after a change of openapi.yaml
    Change,
}

/// What a build took.
struct Taken {
    seconds: f64,
    processor_seconds: f64,
}

/// A change of the document that reaches server, client and command line: it says what an operation does in other words.
const CHANGED: (&str, &str) =
    ("summary: List named tokens of a provider", "summary: List the named tokens of a provider");

/// Carries out the command.
pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let running = Running::stop_on_signal()?;
    if arguments.only != Some(Part::Change) {
        cold(workspace, &running)?;
    }
    if arguments.only != Some(Part::Cold) {
        change(workspace, &running)?;
    }
    Ok(())
}

/// Both with the profile for releases, into folders that are empty, and with all that they depend on.
fn cold(workspace: &Workspace, running: &Running) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("onezone-bench-").tempdir_in(target(workspace)?)?;
    let hello = workspace.root.join("xtask/bench/hello/Cargo.toml");
    let hello = ["--manifest-path", &hello.to_string_lossy()];
    let hello = build(workspace, &folder.path().join("hello"), &hello, running)?;
    println!("dropshot server that says hello: {hello}");
    let ours = build(workspace, &folder.path().join("ours"), &["--package", "onezone-server"], running)?;
    println!("onezone-server:                  {ours}");
    println!(
        "ours takes {:.2} times the time and {:.2} times the processor time",
        ours.seconds / hello.seconds,
        ours.processor_seconds / hello.processor_seconds
    );
    Ok(())
}

impl std::fmt::Display for Taken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:.1} s, {:.1} s of processors", self.seconds, self.processor_seconds)
    }
}

fn build(workspace: &Workspace, target: &Path, what: &[&str], running: &Running) -> anyhow::Result<Taken> {
    let mut fetch = workspace.cargo(&["fetch", "--quiet"]);
    if let Some(manifest) = what.strip_prefix(&["--manifest-path"]) {
        fetch.arg("--manifest-path").args(manifest);
    }
    measure(&mut fetch, running)?;
    let mut command = workspace.cargo(&["build", "--release", "--quiet", "--target-dir"]);
    command.arg(target).args(what).env("CARGO_INCREMENTAL", "0");
    measure(&mut command, running)
}

/// In a copy of the workspace, so that nobody's work is touched; the second check is the one that counts.
fn change(workspace: &Workspace, running: &Running) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("onezone-bench-").tempdir_in(target(workspace)?)?;
    for (path, bytes) in
        files::read_tree(&workspace.root, &|name| ["target", ".git", "node_modules"].contains(&name))?
    {
        let to = folder.path().join(&path);
        fs::create_dir_all(to.parent().unwrap_or(folder.path()))?;
        fs::copy(workspace.root.join(&path), &to)
            .with_context(|| format!("cannot copy {path}, of {} bytes", bytes.len()))?;
    }
    let copy = Workspace { root: folder.path().to_owned() };
    let cargo = |arguments: &[&str]| {
        let mut command = copy.cargo(arguments);
        command.env("CARGO_TARGET_DIR", folder.path().join("target")).env_remove("CARGO_INCREMENTAL");
        command.stdout(Stdio::null());
        command
    };
    measure(&mut cargo(&["xtask", "generate"]), running)?;
    measure(&mut cargo(&["check", "--quiet"]), running)?;
    let document = copy.root.join("openapi.yaml");
    let text = fs::read_to_string(&document).context("cannot read openapi.yaml")?;
    let changed = text.replacen(CHANGED.0, CHANGED.1, 1);
    if changed == text {
        bail!("openapi.yaml has no `{}` any more: choose another change", CHANGED.0);
    }
    files::write(&document, &changed)?;
    let generated = measure(&mut cargo(&["xtask", "generate"]), running)?;
    let checked = measure(&mut cargo(&["check", "--quiet"]), running)?;
    println!(
        "after a change of openapi.yaml: {:.1} s for `cargo xtask generate`, {:.1} s for `cargo check`, {:.1} s together",
        generated.seconds,
        checked.seconds,
        generated.seconds + checked.seconds
    );
    Ok(())
}

fn measure(command: &mut Command, running: &Running) -> anyhow::Result<Taken> {
    let before = children_seconds()?;
    let started = Instant::now();
    let mut program = running.start(command)?;
    let status = program.wait()?;
    if running.is_interrupted() {
        bail!("interrupted while {} ran", command.get_program().display());
    }
    if !status.success() {
        bail!("{} ended with {status}", command.get_program().display());
    }
    let seconds = started.elapsed().max(Duration::from_millis(1)).as_secs_f64();
    Ok(Taken { seconds, processor_seconds: children_seconds()? - before })
}

/// A folder on the disk on which everything is built.
fn target(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let target = workspace.root.join("target");
    fs::create_dir_all(&target).with_context(|| format!("cannot make {}", target.display()))?;
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_change_that_is_measured_can_be_made() {
        let root = Workspace::here().unwrap().root;
        assert!(fs::read_to_string(root.join("openapi.yaml")).unwrap().contains(CHANGED.0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_processor_time_is_that_of_programs_that_ended() {
        let mut busy = Command::new("sh");
        busy.args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"]);
        let taken = measure(&mut busy, &Running::default()).unwrap();
        assert!(taken.processor_seconds > 0.0 && taken.processor_seconds < 60.0, "{taken}");
    }
}
