//! `cargo xtask schemathesis`: the running server against its own document, by an independent program. Each way to
//! authenticate is tried, right, wrong and not at all, with calls that the document allows and calls that it forbids, one by one and in
//! sequences (`.ci/python/sequences.py`), on SQLite and on PostgreSQL.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::demo::ZONE;
use crate::files;
use crate::postgres::Postgres;
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
    /// Whether it has a token of its own that it may delete.
    is_user: bool,
}

// They stand in the demo zone, which a test checks.
const ADMIN_LOGIN: &str = "carol:carol's demo password";
const ADMIN_TOKEN_ID: &str = "4a5e5dabcd55e03f1e9237eeca2548ff";
const USER_TOKEN_ID: &str = "2b5d0dd5aa6443a69277b5ce0544fec2";

const POSTGRES: &str = "PostgreSQL";
const DATABASES: [&str; 2] = ["SQLite", POSTGRES];

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

/// Serves the demo zone with the server that is built, on each database, and has each caller try it.
pub(crate) fn check(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let running = Running::stop_on_signal()?;
    let folder = workspace.metadata()?.target_directory.join("schemathesis").into_std_path_buf();
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    // Most of the time schemathesis thinks, with one core each.
    std::thread::scope(|scope| {
        let on = |database: &'static str| {
            let running = &running;
            let folder = folder.join(database.to_lowercase());
            scope.spawn(move || check_on(workspace, arguments, running, database, &folder))
        };
        let checks = DATABASES.map(on);
        for check in checks {
            check.join().map_err(|_| anyhow::anyhow!("a check ended early"))??;
        }
        Ok(())
    })
}

fn check_on(
    workspace: &Workspace,
    arguments: &Arguments,
    running: &Running,
    database: &str,
    folder: &Path,
) -> anyhow::Result<()> {
    let target = workspace.metadata()?.target_directory.into_std_path_buf();
    let program = target.join("debug").join(format!("onezone-server{}", std::env::consts::EXE_SUFFIX));
    files::write(&folder.join("zone.yaml"), ZONE)?;
    files::write(&folder.join("known.toml"), CONFIGURATION)?;
    files::write(&folder.join("unknown.toml"), "")?;
    let postgres = if database == POSTGRES { Some(Postgres::start()?) } else { None };
    let command = |arguments: &[&str]| {
        let mut command = server_command(&program, folder, arguments);
        if let Some(postgres) = &postgres {
            command.env("ONEZONE_DATABASE", postgres.url()).env("ONEZONE_KEY_FILE", "zone.key");
        }
        command
    };
    if postgres.is_some() {
        said_by(command(&["key", "create", "zone.key"]))?;
        said_by(command(&["migrate"]))?;
    }
    said_by(command(&["zone", "apply", "zone.yaml"]))?;
    let token = |id| anyhow::Ok(said_by(command(&["token", "print", id]))?.trim().to_owned());
    let callers = callers(&token(ADMIN_TOKEN_ID)?, &token(USER_TOKEN_ID)?);

    let log = File::create(folder.join("server.log")).context("cannot write the server's log")?;
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut served = running.start(serve.stdout(Stdio::piped()).stderr(log))?;
    let address = served.address()?;
    for caller in callers {
        // Others have tried what is deleted by now.
        said_by(command(&["zone", "apply", "zone.yaml"]))?;
        let report = folder.join(format!("{}.txt", caller.name.replace([' ', '\''], "-")));
        let mut command = Command::new(target.join("python/bin/schemathesis"));
        command.current_dir(folder).stdin(Stdio::null());
        command.env("SCHEMATHESIS_HOOKS", "sequences").env("PYTHONPATH", workspace.root.join(".ci/python"));
        // Both servers would write the same files beside the module.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("CALLER_IS_USER", if caller.is_user { "1" } else { "0" });
        command.arg("--config-file").arg(if caller.is_known { "known.toml" } else { "unknown.toml" });
        command.arg("run").arg(workspace.root.join("openapi.yaml")).args(["--url", &address]);
        command.args(["--checks", "all", "--mode", "all", "--no-color", "--generation-database", "none"]);
        command.args(["--max-examples", &arguments.max_examples.to_string()]);
        command.args(["--seed", &arguments.seed.to_string()]).args(&caller.arguments);
        let output = File::create(&report).context("cannot write a report")?;
        let status = running.start(command.stdout(output))?.wait()?;
        let text = fs::read_to_string(&report).context("cannot read a report")?;
        if !status.success() {
            println!("{text}");
            bail!(
                "the server on {database} and openapi.yaml disagree, as {} finds: mend the one that is wrong ({status}; its log is {})",
                caller.name,
                folder.join("server.log").display()
            );
        }
        println!("    {database}, {}: {}", caller.name, summary(&text, &caller)?);
    }
    let status = served.stop()?;
    if !status.success() {
        bail!("onezone-server ended with {status}; its log is {}", folder.join("server.log").display());
    }
    Ok(())
}

fn callers(admin: &str, user: &str) -> Vec<Caller> {
    let wrong = forged(admin);
    let known = |name, arguments: [String; 2]| Caller {
        name,
        arguments: arguments.into(),
        is_known: true,
        is_user: false,
    };
    let unknown = |name, arguments: &[&str]| Caller {
        name,
        arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        is_known: false,
        is_user: false,
    };
    let header = |value: String| ["--header".to_owned(), value];
    // Its token goes with the first deletion, so that it has but sequences to try.
    let of_user = ["--phases", "stateful", "--header", &format!("X-Auth-Token: {user}")];
    vec![
        // The first, since a token that is deleted does not come back: others of its name have another secret.
        Caller { is_user: true, ..unknown("the user's own token", &of_user) },
        known("X-Auth-Token", header(format!("X-Auth-Token: {admin}"))),
        known("Bearer", header(format!("Authorization: Bearer {admin}"))),
        known("Basic", ["--auth".to_owned(), ADMIN_LOGIN.to_owned()]),
        unknown("wrong X-Auth-Token", &["--header", &format!("X-Auth-Token: {wrong}")]),
        unknown("wrong Bearer", &["--header", &format!("Authorization: Bearer {wrong}")]),
        // Each takes a hash, and a build for tests is slow at that.
        unknown(
            "wrong Basic",
            &["--auth", "carol:wrong", "--phases", "examples,coverage,fuzzing", "--max-examples", "5"],
        ),
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
fn summary(report: &str, caller: &Caller) -> anyhow::Result<String> {
    let find = |part: &str| report.lines().map(str::trim).find(|line| line.contains(part));
    let line = find(" generated, ").context("schemathesis did not say how many calls it made up")?;
    if line.starts_with("0 ") {
        bail!("schemathesis made up no calls");
    }
    let sequences = find("sequences: ").context("schemathesis did not tell of sequences")?;
    if (caller.is_known && sequences.contains(" 0 providers"))
        || (caller.is_user && sequences.contains(" 0 calls"))
    {
        bail!("no sequence came to what it is about: {sequences}");
    }
    let scenarios = find("Scenarios:").and_then(|line| line.split_ascii_whitespace().nth(1));
    Ok(format!("{line}; {} sequences", scenarios.unwrap_or("no")))
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
            format!("  - id: {USER_TOKEN_ID}"),
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
        let caller =
            |is_known, is_user| Caller { name: "somebody", arguments: Vec::new(), is_known, is_user };
        let report = |calls: u32, listed: u32, after: u32| {
            format!(
                "  Scenarios:    7\nTest cases:\n  {calls} generated, {calls} passed\nsequences: {listed} providers listed, {after} calls after\n"
            )
        };
        let said = summary(&report(12, 1, 1), &caller(true, true)).unwrap();
        assert_eq!(said, "12 generated, 12 passed; 7 sequences");
        assert!(summary(&report(12, 0, 0), &caller(false, false)).is_ok());
        assert!(summary(&report(0, 1, 1), &caller(false, false)).is_err());
        assert!(summary(&report(12, 0, 1), &caller(true, false)).is_err());
        assert!(summary(&report(12, 1, 0), &caller(false, true)).is_err());
        assert!(summary("", &caller(false, false)).is_err());
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
