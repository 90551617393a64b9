//! `cargo xtask bench build`: what the code that is generated and written here costs whoever compiles it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::process::children_seconds;
use super::spread::Spread;
use crate::files;
use crate::server::Running;
use crate::workspace::Workspace;

/// What `bench build` is told on the command line.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// What is measured; both unless it says otherwise
    #[arg(long, value_enum, value_name = "PART")]
    only: Option<Part>,
    /// How often both servers are built from nothing, in turn; each time takes minutes
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// What they are built for
    #[arg(long, value_enum, default_value = "release")]
    profile: Profile,
}

/// A part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The server from nothing, and a dropshot server that says hello
    Cold,
    /// `cargo xtask generate && cargo check` after a change of openapi.yaml
    Change,
}

/// How the servers are built from nothing: as they are shipped, or as whoever works on one does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Profile {
    Release,
    Dev,
}

/// What a build took.
#[derive(Clone, Copy)]
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
        cold(workspace, arguments, &running)?;
    }
    if arguments.only != Some(Part::Cold) {
        change(workspace, &running)?;
    }
    Ok(())
}

/// Both from nothing, and with all that they depend on. Who is first changes from round to round: what disturbs the machine for a while,
/// and what one of them leaves in memory of the files that both read, is neither's.
fn cold(workspace: &Workspace, arguments: &Arguments, running: &Running) -> anyhow::Result<()> {
    let hello = workspace.root.join("xtask/bench/hello/Cargo.toml");
    let hello = ["--manifest-path", &hello.to_string_lossy()];
    let build = |what: &[&str]| build(workspace, arguments.profile, what, running);
    let mut rounds = Vec::new();
    for round in 1..=arguments.rounds {
        if arguments.rounds > 1 {
            println!("round {round} of {}", arguments.rounds);
        }
        let (hello, ours) = in_turn(round, || build(&hello), || build(&["--package", "onezone-server"]))?;
        println!("dropshot server that says hello: {hello}");
        println!("onezone-server:                  {ours}");
        rounds.push((hello, ours));
        // Said as soon as it is known: the next round takes minutes, and may fail.
        println!("{}", ratios(&rounds));
    }
    Ok(())
}

/// What both give; in every other round the second is the first.
fn in_turn<T>(
    round: u32,
    one: impl FnOnce() -> anyhow::Result<T>,
    other: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<(T, T)> {
    if round % 2 == 1 {
        let one = one()?;
        return Ok((one, other()?));
    }
    let other = other()?;
    Ok((one()?, other))
}

/// How much longer ours takes than hello, in the same round; of several rounds the median, and the smallest and the largest.
fn ratios(rounds: &[(Taken, Taken)]) -> String {
    let ratio = |figure: fn(&Taken) -> f64| {
        let spread = Spread::of(rounds.iter().map(|(hello, ours)| figure(ours) / figure(hello)));
        match spread {
            None => String::new(),
            Some(Spread { median, .. }) if rounds.len() == 1 => format!("{median:.2} times"),
            Some(spread) => format!("{spread} times"),
        }
    };
    let time = ratio(|taken| taken.seconds);
    let processors = ratio(|taken| taken.processor_seconds);
    let over = if rounds.len() == 1 { String::new() } else { format!("over {} rounds ", rounds.len()) };
    format!("{over}ours takes {time} the time and {processors} the processor time")
}

impl std::fmt::Display for Taken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:.1} s, {:.1} s of processors", self.seconds, self.processor_seconds)
    }
}

/// One build into a folder that is empty, and removed afterwards.
fn build(workspace: &Workspace, profile: Profile, what: &[&str], running: &Running) -> anyhow::Result<Taken> {
    let folder = tempfile::Builder::new().prefix("onezone-bench-").tempdir_in(target(workspace)?)?;
    let mut fetch = workspace.cargo(&["fetch", "--quiet"]);
    if let Some(manifest) = what.strip_prefix(&["--manifest-path"]) {
        fetch.arg("--manifest-path").args(manifest);
    }
    measure(&mut fetch, running)?;
    measure(&mut build_command(workspace, profile, what, folder.path()), running)
}

/// Nothing may come from a cache, and whether compilation is incremental is what the profile says.
fn build_command(workspace: &Workspace, profile: Profile, what: &[&str], target: &Path) -> Command {
    let profile = match profile {
        Profile::Release => "release",
        Profile::Dev => "dev",
    };
    let mut command = workspace.cargo(&["build", "--quiet", "--profile", profile, "--target-dir"]);
    command.arg(target).args(what).env_remove("CARGO_INCREMENTAL");
    for name in ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"] {
        // Being empty, it counts for more than a file of configuration does.
        command.env(name, "").env_remove(format!("CARGO_BUILD_{name}"));
    }
    command
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
pub(super) fn target(workspace: &Workspace) -> anyhow::Result<PathBuf> {
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

    #[test]
    fn ratios_are_of_the_same_round_with_their_spread_when_there_are_several() {
        let taken = |seconds| Taken { seconds, processor_seconds: 2.0 * seconds };
        let rounds = [(taken(10.0), taken(30.0)), (taken(20.0), taken(40.0)), (taken(10.0), taken(25.0))];
        let text = ratios(&rounds[..1]);
        assert_eq!(text, "ours takes 3.00 times the time and 3.00 times the processor time");
        let expected = "2.50 (2.00-3.00) times";
        assert_eq!(
            ratios(&rounds),
            format!("over 3 rounds ours takes {expected} the time and {expected} the processor time")
        );
        assert!(
            ratios(&rounds[..2]).contains("takes 2.50 (2.00-3.00) times the time"),
            "{}",
            ratios(&rounds)
        );
    }

    #[test]
    fn who_is_built_first_changes_from_round_to_round() {
        let order = std::cell::RefCell::new(String::new());
        let build = |name: char| {
            order.borrow_mut().push(name);
            Ok(name)
        };
        for round in 1..=3 {
            assert_eq!(in_turn(round, || build('h'), || build('o')).unwrap(), ('h', 'o'));
        }
        assert_eq!(*order.borrow(), "hoohho");
    }

    #[test]
    fn no_cache_lends_results_to_a_build_from_nothing() {
        let command = build_command(&Workspace::here().unwrap(), Profile::Dev, &[], Path::new("a"));
        let variable = |wanted: &str| command.get_envs().find(|(name, _)| *name == wanted).unwrap().1;
        assert_eq!(variable("RUSTC_WRAPPER").unwrap(), "");
        assert_eq!(variable("CARGO_BUILD_RUSTC_WRAPPER"), None);
        assert!(command.get_args().any(|argument| argument == "dev"));
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
