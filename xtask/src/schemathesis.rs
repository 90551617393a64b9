//! `cargo xtask schemathesis`: the running server against its own document, by an independent program. Each way to
//! authenticate is tried, right, wrong and not at all, with calls that the document allows and calls that it forbids.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::demo::ZONE;
use crate::files;
use crate::server::{Running, said_by, server_command};
use crate::workspace::Workspace;

/// What `schemathesis` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many calls are made up for each operation and each caller
    #[arg(long, value_name = "N", default_value_t = 40)]
    max_examples: u32,
    /// Makes up the same calls each time
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl Default for Arguments {
    fn default() -> Self {
        Self { max_examples: 40, seed: 1 }
    }
}

/// Who calls: carol of the demo zone, who may do everything and deletes nothing of her own; somebody who is not she; nobody.
struct Caller {
    name: &'static str,
    arguments: Vec<String>,
    is_known: bool,
}

// Both stand in the demo zone, which a test checks.
const ADMIN_LOGIN: &str = "carol:carol's demo password";
const ADMIN_TOKEN_ID: &str = "4a5e5dabcd55e03f1e9237eeca2548ff";

/// A caller who is known must get past authentication: otherwise nothing but refusals would have been tried.
const CONFIGURATION: &str = "[warnings]\nfail-on = [\"missing_auth\"]\n";

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    install(workspace)?;
    let build = ["build", "--locked", "--package", "onezone-server"];
    if !workspace.cargo(&build).status().context("cannot run cargo")?.success() {
        bail!("the server does not build; the compiler's messages above say why");
    }
    check(workspace, arguments)
}

/// Makes the environment of Python in which the independent implementations run.
pub(crate) fn install(workspace: &Workspace) -> anyhow::Result<()> {
    let target = workspace.metadata()?.target_directory;
    let mut command = workspace.command(".ci/python/install", &[]);
    if !command.env("CARGO_TARGET_DIR", &target).status().context("cannot run .ci/python/install")?.success()
    {
        bail!("the environment of Python cannot be made; the messages above say why");
    }
    Ok(())
}

/// Serves the demo zone with the server that is built, and has each caller try it.
pub(crate) fn check(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let target = workspace.metadata()?.target_directory.into_std_path_buf();
    let folder = target.join("schemathesis");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    files::write(&folder.join("zone.yaml"), ZONE)?;
    files::write(&folder.join("known.toml"), CONFIGURATION)?;
    files::write(&folder.join("unknown.toml"), "")?;
    let program = target.join("debug").join(format!("onezone-server{}", std::env::consts::EXE_SUFFIX));
    said_by(server_command(&program, &folder, &["zone", "apply", "zone.yaml"]))?;
    let token = said_by(server_command(&program, &folder, &["token", "print", ADMIN_TOKEN_ID]))?;

    let running = Running::stop_on_signal()?;
    let log = File::create(folder.join("server.log")).context("cannot write the server's log")?;
    let mut serve = server_command(&program, &folder, &["serve", "--listen", "127.0.0.1:0"]);
    let mut served = running.start(serve.stdout(Stdio::piped()).stderr(log))?;
    let address = served.address()?;
    for caller in callers(token.trim()) {
        let mut command = Command::new(target.join("python/bin/schemathesis"));
        command.current_dir(&folder).stdin(Stdio::null());
        command.arg("--config-file").arg(if caller.is_known { "known.toml" } else { "unknown.toml" });
        command.arg("run").arg(workspace.root.join("openapi.yaml")).args(["--url", &address]);
        command.args(["--checks", "all", "--mode", "all", "--no-color", "--generation-database", "none"]);
        command.args(["--max-examples", &arguments.max_examples.to_string()]);
        command.args(["--seed", &arguments.seed.to_string()]).args(&caller.arguments);
        let report = folder.join(format!("{}.txt", caller.name.replace(' ', "-")));
        let output = File::create(&report).context("cannot write a report")?;
        let status = running.start(command.stdout(output))?.wait()?;
        let text = fs::read_to_string(&report).context("cannot read a report")?;
        if !status.success() {
            println!("{text}");
            bail!(
                "the server and openapi.yaml disagree, as {} finds: mend the one that is wrong ({status}; its log is {})",
                caller.name,
                folder.join("server.log").display()
            );
        }
        println!("    {}: {}", caller.name, summary(&text)?);
    }
    let status = served.stop()?;
    if !status.success() {
        bail!("onezone-server ended with {status}; its log is {}", folder.join("server.log").display());
    }
    Ok(())
}

fn callers(token: &str) -> Vec<Caller> {
    let wrong = forged(token);
    let known = |name, arguments: [String; 2]| Caller { name, arguments: arguments.into(), is_known: true };
    let unknown = |name, arguments: &[&str]| Caller {
        name,
        arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        is_known: false,
    };
    let header = |value: String| ["--header".to_owned(), value];
    vec![
        known("X-Auth-Token", header(format!("X-Auth-Token: {token}"))),
        known("Bearer", header(format!("Authorization: Bearer {token}"))),
        known("Basic", ["--auth".to_owned(), ADMIN_LOGIN.to_owned()]),
        unknown("wrong X-Auth-Token", &["--header", &format!("X-Auth-Token: {wrong}")]),
        unknown("wrong Bearer", &["--header", &format!("Authorization: Bearer {wrong}")]),
        // Each takes a hash, and a build for tests is slow at that.
        unknown("wrong Basic", &["--auth", "carol:wrong", "--max-examples", "5"]),
        unknown("no credentials", &[]),
    ]
}

/// The token with another signature. Only the case of letters changes, which leaves the escapes of the format alone.
fn forged(token: &str) -> String {
    let signature = token.len().saturating_sub(30)..token.len().saturating_sub(10);
    let changed = |(index, character): (usize, char)| match character {
        _ if !signature.contains(&index) => character,
        lower if lower.is_ascii_lowercase() => lower.to_ascii_uppercase(),
        other => other.to_ascii_lowercase(),
    };
    token.chars().enumerate().map(changed).collect()
}

/// How many calls there were, from the report of a run that found nothing. A run without any is no proof.
fn summary(report: &str) -> anyhow::Result<String> {
    let line = report.lines().map(str::trim).find(|line| line.contains(" generated, "));
    let line = line.context("schemathesis did not say how many calls it made up")?;
    if line.starts_with("0 ") {
        bail!("schemathesis made up no calls");
    }
    Ok(line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_stands_in_the_demo_zone() {
        let (name, password) = ADMIN_LOGIN.split_once(':').unwrap();
        for line in [
            format!("    username: {name}"),
            format!("    password: {password}"),
            format!("  - id: {ADMIN_TOKEN_ID}"),
        ] {
            assert!(ZONE.lines().any(|other| other == line), "{line:?} is not in the demo zone");
        }
    }

    #[test]
    fn the_examples_of_the_document_are_in_the_demo_zone() {
        let document = fs::read_to_string(Workspace::here().unwrap().root.join("openapi.yaml")).unwrap();
        let examples = document.lines().filter_map(|line| line.trim().strip_prefix("example: "));
        let ids: Vec<&str> = examples.filter(|example| example.len() == 32).collect();
        assert!(!ids.is_empty());
        for id in ids {
            assert!(ZONE.contains(&format!("  - id: {id}\n")), "{id} is not in the demo zone");
        }
    }

    #[test]
    fn a_run_without_calls_is_no_proof() {
        assert_eq!(summary("Test cases:\n  12 generated, 12 passed\n").unwrap(), "12 generated, 12 passed");
        assert!(summary("Test cases:\n  0 generated, 0 passed\n").is_err());
        assert!(summary("").is_err());
    }

    #[test]
    fn the_arguments_of_the_tests_are_those_of_the_command_line() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            arguments: Arguments,
        }
        let Line { arguments } = clap::Parser::parse_from(["x"]);
        let default = Arguments::default();
        assert_eq!((arguments.max_examples, arguments.seed), (default.max_examples, default.seed));
    }
}
