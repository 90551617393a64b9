//! `cargo xtask browser`: the reference page in Chromium, through Playwright, on a server of the demo zone: what is on it, calls with
//! each kind of credentials, requests to elsewhere, a hostile document, and accessibility by axe. The journeys are in `xtask/browser`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::demo::ZONE;
use crate::docs;
use crate::files;
use crate::server::{Program, Running, said_by, server_command};
use crate::workspace::Workspace;

/// What `browser` is told on the command line.
#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Only journeys whose names have this pattern
    #[arg(long, value_name = "PATTERN")]
    only: Option<String>,
}

/// Names under which the browser is known.
pub(crate) const PROGRAMS: &str =
    "command -v chromium || command -v chromium-browser || command -v google-chrome";

/// What runs beside the packages that it needs.
const SCRIPTS: [(&str, &str); 5] = [
    ("browser.mjs", include_str!("../browser/browser.mjs")),
    ("page.test.mjs", include_str!("../browser/page.test.mjs")),
    ("screenshots.mjs", include_str!("../browser/screenshots.mjs")),
    ("package.json", include_str!("../browser/package.json")),
    ("package-lock.json", LOCK),
];

const LOCK: &str = include_str!("../browser/package-lock.json");
const HOSTILE: &str = include_str!("../browser/hostile.yaml");

// All stand in the demo zone, which a test checks.
const USER_TOKEN_ID: &str = "2b5d0dd5aa6443a69277b5ce0544fec2";
const PROVIDER_TOKEN_ID: &str = "81336b59656653a481d1e65168f3f213";
const ADMIN_TOKEN_ID: &str = "4a5e5dabcd55e03f1e9237eeca2548ff";

/// A server of the demo zone, and the folder in which scripts find their packages.
pub(crate) struct Stage {
    /// Where the scripts and packages are.
    pub(crate) folder: PathBuf,
    /// Where the programs are that cargo builds.
    pub(crate) programs: PathBuf,
    /// Where the server listens.
    pub(crate) address: String,
    /// Secrets of the demo zone by the names under which scripts know them.
    tokens: Vec<(&'static str, String)>,
    running: Running,
    served: Program,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    build(workspace, &["onezone-server"])?;
    check(workspace, arguments)
}

/// Builds programs for a stage.
pub(crate) fn build(workspace: &Workspace, packages: &[&str]) -> anyhow::Result<()> {
    let mut command = workspace.cargo(&["build", "--locked"]);
    command.args(packages.iter().flat_map(|package| ["--package", package]));
    if !command.status().context("cannot run cargo")?.success() {
        bail!("what is to be shown does not build; the compiler's messages above say why");
    }
    Ok(())
}

/// Tries the page of the server that is built.
pub(crate) fn check(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let stage = Stage::set_up(workspace)?;
    let hostile = stage.folder.join("hostile.yaml");
    files::write(&hostile, HOSTILE)?;
    docs::write(&workspace.root.join("openapi.yaml"), &stage.folder.join("site"))?;
    docs::write(&hostile, &stage.folder.join("hostile"))?;
    let report = stage.folder.join("report.txt");
    let mut command = stage.node(&["--test", "--test-reporter=spec"])?;
    if let Some(only) = &arguments.only {
        command.arg(format!("--test-name-pattern={only}"));
    }
    command.arg("page.test.mjs").stdout(File::create(&report).context("cannot write a report")?);
    command.env("SITE", stage.folder.join("site")).env("HOSTILE", stage.folder.join("hostile"));
    let status = stage.running.start(&mut command)?.wait()?;
    let text = fs::read_to_string(&report).context("cannot read a report")?;
    if !status.success() {
        println!("{text}");
        bail!(
            "the reference page does not do what its tests say; run one again with `cargo xtask browser --only NAME`"
        );
    }
    println!("    {}", summary(&text)?);
    stage.stop()
}

impl Stage {
    /// Fetches the packages that are missing, and starts a server of a new demo zone.
    pub(crate) fn set_up(workspace: &Workspace) -> anyhow::Result<Self> {
        let target = workspace.metadata()?.target_directory.into_std_path_buf();
        let folder = target.join("browser");
        install(workspace, &folder)?;
        let data = folder.join("data");
        if data.exists() {
            fs::remove_dir_all(&data).with_context(|| format!("cannot empty {}", data.display()))?;
        }
        files::write(&folder.join("zone.yaml"), ZONE)?;
        let programs = target.join("debug");
        let program = programs.join(format!("onezone-server{}", std::env::consts::EXE_SUFFIX));
        said_by(server_command(&program, &folder, &["zone", "apply", "zone.yaml"]))?;
        let mut tokens = Vec::new();
        for (name, id) in [
            ("USER_TOKEN", USER_TOKEN_ID),
            ("PROVIDER_TOKEN", PROVIDER_TOKEN_ID),
            ("ADMIN_TOKEN", ADMIN_TOKEN_ID),
        ] {
            let token = said_by(server_command(&program, &folder, &["token", "print", id]))?;
            tokens.push((name, token.trim().to_owned()));
        }
        let running = Running::stop_on_signal()?;
        let log = File::create(folder.join("server.log")).context("cannot write the server's log")?;
        let mut serve = server_command(&program, &folder, &["serve", "--listen", "127.0.0.1:0"]);
        let mut served = running.start(serve.stdout(Stdio::piped()).stderr(log))?;
        let address = served.address()?;
        Ok(Self { folder, programs, address, tokens, running, served })
    }

    /// A script of node's, to be run beside its packages.
    pub(crate) fn node(&self, arguments: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new("node");
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        command.env("BASE", &self.address).env("CHROMIUM", chromium()?);
        command.envs(self.tokens.iter().map(|(name, token)| (*name, token.as_str())));
        Ok(command)
    }

    /// Runs a script, which has to end well.
    pub(crate) fn run(&self, command: &mut Command) -> anyhow::Result<()> {
        let status = self.running.start(command)?.wait()?;
        if !status.success() {
            bail!("a script in the browser ended with {status}; its messages above say why");
        }
        Ok(())
    }

    /// Stops the server, which has to end well.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        let status = self.served.stop()?;
        if !status.success() {
            bail!(
                "onezone-server ended with {status}; its log is {}",
                self.folder.join("server.log").display()
            );
        }
        Ok(())
    }
}

/// Fetches the packages that the lock file names, unless they are there.
fn install(workspace: &Workspace, folder: &Path) -> anyhow::Result<()> {
    let installed = folder.join(".installed");
    let is_current = fs::read_to_string(&installed).is_ok_and(|lock| lock == LOCK);
    for (name, text) in SCRIPTS {
        files::write(&folder.join(name), text)?;
    }
    if is_current {
        return Ok(());
    }
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    let mut command = workspace.command("npm", &arguments);
    let output = command.current_dir(folder).stdout(Stdio::null()).status().context("cannot run npm")?;
    if !output.success() {
        bail!("npm cannot fetch the packages of xtask/browser; its messages above say why");
    }
    files::write(&installed, LOCK)
}

/// Where the browser is.
fn chromium() -> anyhow::Result<String> {
    let output = Command::new("sh").args(["-c", PROGRAMS]).output().context("cannot look for Chromium")?;
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if path.is_empty() {
        bail!("Chromium is missing; get it with `sudo .ci/install-packages chromium`");
    }
    Ok(path)
}

/// How many journeys there were. A run without any is no proof.
fn summary(report: &str) -> anyhow::Result<String> {
    let count = |name: &str| {
        let line = report.lines().filter_map(|line| line.trim().split_once(name)).next_back();
        line.and_then(|(_, count)| count.trim().parse::<u32>().ok())
    };
    match (count("tests "), count("pass ")) {
        (Some(tests), Some(passed)) if tests > 0 && tests == passed => Ok(format!("{passed} journeys")),
        _ => bail!("the browser's report does not say that everything was tried:\n{report}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tokens_stand_in_the_demo_zone() {
        for id in [USER_TOKEN_ID, PROVIDER_TOKEN_ID, ADMIN_TOKEN_ID] {
            assert!(ZONE.contains(&format!("  - id: {id}\n")), "{id} is not in the demo zone");
        }
    }

    #[test]
    fn a_run_without_journeys_or_with_some_left_out_is_no_proof() {
        assert_eq!(summary("ℹ tests 31\nℹ suites 5\nℹ pass 31\nℹ fail 0\n").unwrap(), "31 journeys");
        for report in ["", "ℹ tests 0\nℹ pass 0\n", "ℹ tests 3\nℹ pass 2\nℹ skipped 1\n"] {
            assert!(summary(report).is_err(), "{report}");
        }
    }

    #[test]
    fn the_lock_file_names_no_registry() {
        assert!(LOCK.contains("integrity") && !LOCK.contains("resolved"));
    }
}
