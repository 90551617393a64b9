//! `cargo xtask test`: everything that a change must pass, in the order of what is quickest to tell, with a line and
//! the seconds of each step. It stops at the first failure and says what to do about it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};

use crate::audit;
use crate::browser;
use crate::corpus;
use crate::fuzz;
use crate::generate::{self, Mode};
use crate::package;
use crate::schemathesis;
use crate::tidy;
use crate::workspace::Workspace;

/// What `test` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Arguments for `cargo nextest run`, for instance a filter.
    #[arg(last = true)]
    nextest: Vec<String>,
}

/// A tool that must be there before anything runs.
struct Tool {
    name: &'static str,
    /// How to find out, and what for.
    probe: &'static [&'static str],
    purpose: &'static str,
    /// The one command that provides it.
    install: &'static str,
    /// The Debian packages that provide it, which root can simply have.
    packages: &'static [&'static str],
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "cargo fmt",
        probe: &["cargo", "fmt", "--version"],
        purpose: "formats",
        install: "rustup component add rustfmt",
        packages: &[],
    },
    Tool {
        name: "cargo clippy",
        probe: &["cargo", "clippy", "--version"],
        purpose: "lints",
        install: "rustup component add clippy",
        packages: &[],
    },
    Tool {
        name: "cargo nextest",
        probe: &["cargo", "nextest", "--version"],
        purpose: "runs the tests",
        install: "cargo install --locked cargo-nextest",
        packages: &[],
    },
    Tool {
        name: "cargo deny",
        probe: &["cargo", "deny", "--version"],
        purpose: "checks licences and sources of dependencies",
        install: "cargo install --locked --profile dev cargo-deny",
        packages: &[],
    },
    Tool {
        name: "cargo audit",
        probe: &["cargo", "audit", "--version"],
        purpose: "holds dependencies against known advisories",
        install: "cargo install --locked --profile dev --no-default-features cargo-audit",
        packages: &[],
    },
    Tool {
        name: "c++",
        probe: &["c++", "--version"],
        purpose: "builds libFuzzer for the fuzz targets",
        install: "sudo apt-get install --no-install-recommends -y g++",
        packages: &["g++"],
    },
    Tool {
        name: "curl",
        probe: &["curl", "--version"],
        purpose: "calls the server in the end-to-end tests",
        install: "sudo apt-get install --no-install-recommends -y curl",
        packages: &["curl"],
    },
    Tool {
        name: "zsh",
        probe: &["zsh", "--version"],
        purpose: "tries the completions of the command line",
        install: "sudo .ci/install-packages zsh",
        packages: &["zsh"],
    },
    Tool {
        name: "fish",
        probe: &["fish", "--version"],
        purpose: "tries the completions of the command line",
        install: "sudo .ci/install-packages fish",
        packages: &["fish"],
    },
    Tool {
        name: "npm",
        probe: &["npm", "--version"],
        purpose: "fetches the linters of openapi.yaml",
        install: "sudo apt-get install --no-install-recommends -y nodejs npm",
        packages: &["nodejs", "npm"],
    },
    Tool {
        name: "chromium",
        probe: &["sh", "-c", browser::PROGRAMS],
        purpose: "shows the reference page in its tests",
        install: "sudo .ci/install-packages chromium",
        packages: &["chromium"],
    },
    Tool {
        name: "python3 with venv",
        // Debian has the one without the other.
        probe: &["python3", "-c", "import ensurepip, venv"],
        purpose: "runs the independent implementations that check ours",
        install: "sudo apt-get install --no-install-recommends -y python3 python3-venv",
        packages: &["python3", "python3-venv"],
    },
    Tool {
        name: "postgres",
        // Debian keeps it out of the PATH. The tests start servers of their own.
        probe: &["sh", "-c", "command -v postgres || ls /usr/lib/postgresql/*/bin/postgres"],
        purpose: "is the database of the tests of the PostgreSQL backend",
        install: "sudo .ci/install-packages postgresql",
        packages: &["postgresql"],
    },
    Tool {
        name: "cc",
        probe: &["cc", "--version"],
        purpose: "compiles SQLite, and what makes disks full and clocks jump in the tests of faults",
        install: "sudo apt-get install --no-install-recommends -y build-essential",
        packages: &["build-essential"],
    },
    Tool {
        name: "strace",
        probe: &["strace", "-V"],
        purpose: "records writes for the tests of power cuts, and makes disks fail",
        install: "sudo .ci/install-packages strace",
        packages: &["strace"],
    },
    Tool {
        name: "nginx",
        // Debian keeps it out of the PATH of some. The tests start it by themselves.
        probe: &["sh", "-c", "command -v nginx || ls /usr/sbin/nginx"],
        purpose: "is one of the proxies whose recipes are tested",
        install: "sudo .ci/install-packages nginx-light",
        packages: &["nginx-light"],
    },
    Tool {
        name: "haproxy",
        // Debian keeps it out of the PATH of some. The tests start it by themselves.
        probe: &["sh", "-c", "command -v haproxy || ls /usr/sbin/haproxy"],
        purpose: "is one of the proxies whose recipes are tested",
        install: "sudo .ci/install-packages haproxy",
        packages: &["haproxy"],
    },
    Tool {
        name: "caddy",
        probe: &["caddy", "version"],
        purpose: "is one of the proxies whose recipes are tested",
        install: "sudo .ci/install-packages caddy",
        packages: &["caddy"],
    },
];

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let started = Instant::now();
    let nextest: Vec<&str> = arguments.nextest.iter().map(String::as_str).collect();
    let build = ["--workspace", "--all-features", "--locked"];
    let cargo = |start: &[&'static str], end: &[&str]| {
        let arguments: Vec<&str> = start.iter().chain(&build).chain(end).copied().collect();
        workspace.cargo(&arguments)
    };

    step("tools", || TOOLS.iter().try_for_each(|tool| provide(workspace, tool)))?;
    step("generated code", || generate::generate(&workspace.root, Mode::Check, &mut std::io::stdout()))?;
    step("tidy", || tidy::run(workspace))?;
    step("dependencies", || audit::run(workspace, &audit::Arguments::default()))?;
    step("format", || {
        expect(&mut workspace.cargo(&["fmt", "--all", "--check"]), "mend it with `cargo fmt --all`")
    })?;
    step("clippy", || {
        let hint = "mend the warnings above; `cargo clippy --fix` can mend some";
        expect(&mut cargo(&["clippy", "--all-targets"], &["--", "-D", "warnings"]), hint)
    })?;
    step("baselines", || baselines(workspace))?;
    step("documentation", || {
        let mut command = cargo(&["doc", "--no-deps"], &[]);
        expect(command.env("RUSTDOCFLAGS", "-D warnings"), "mend the warnings in the comments above")
    })?;
    step("openapi lint", || {
        expect(&mut workspace.command(".ci/lint-openapi", &[]), "mend openapi.yaml where the linter says")
    })?;
    step("python", || schemathesis::install(workspace))?;
    step("documentation tests", || {
        expect(&mut cargo(&["test", "--doc", "--quiet"], &[]), "mend the examples in the comments above")
    })?;
    step("packages", || {
        // Neither is published yet, so that cargo cannot build one against the other as it will come from the registry.
        let package = [
            "package",
            "--package",
            "stubgen-page",
            "--package",
            "stubgen-runtime",
            "--package",
            "stubgen",
            "--allow-dirty",
            "--no-verify",
            "--quiet",
        ];
        expect(workspace.cargo(&package).stdout(Stdio::null()), "complete the manifest as cargo says")
    })?;
    // What nextest would build in the end, so that its programs are there now.
    step("build", || {
        expect(&mut cargo(&["test", "--no-run", "--quiet"], &[]), "mend what the compiler says above")
    })?;
    step("packaged client", || package::check(workspace))?;
    step("schemathesis", || schemathesis::check(workspace, &schemathesis::Arguments::default()))?;
    step("reference page", || browser::check(workspace, &browser::Arguments::default()))?;
    step("fuzz targets", || fuzz::check(workspace))?;
    step("documents", || documents(workspace))?;
    // Last, so that nextest's own summary is what stands at the end.
    step("tests", || {
        let hint = "run one again with `cargo nextest run NAME`; its output is above";
        expect(&mut cargo(&["nextest", "run"], &nextest), hint)
    })?;
    println!("all passed in {} s", started.elapsed().as_secs());
    Ok(())
}

/// What the server is measured against, which is a workspace of its own that no other step compiles.
fn baselines(workspace: &Workspace) -> anyhow::Result<()> {
    let target = workspace.metadata()?.target_directory;
    let check = ["check", "--manifest-path", "xtask/bench/Cargo.toml", "--all-targets", "--locked"];
    let mut command = workspace.cargo_outside(&check, target.as_std_path());
    let hint = "mend xtask/bench; `cargo check --manifest-path xtask/bench/Cargo.toml` mends its Cargo.lock";
    expect(&mut command, hint)
}

/// Documents of others, where a collection of them lies beside the workspace.
const CORPUS: &str = "../shared/corpus";

/// Those of them that are compiled each time: small, and of every version and kind.
const SAMPLE: [&str; 7] = [
    "30-petstore-simple.json",
    "31-webhooks.json",
    "30-file-uploads.json",
    "30-parameters-extreme.json",
    "30-circular-request-bodies.json",
    "31-security.json",
    "museum.yaml",
];

/// Generates from the documents of the goldens, and from those of others; a few of these are compiled, too.
fn documents(workspace: &Workspace) -> anyhow::Result<()> {
    let run = |folder: &str, only: &[&str], no_compile: bool| {
        let arguments = corpus::Arguments {
            folders: vec![workspace.root.join(folder)],
            only: only.iter().map(|part| (*part).to_owned()).collect(),
            no_compile,
            jobs: None,
            resume: false,
            markdown: None,
        };
        corpus::run(workspace, &arguments)
    };
    // What the goldens make is compiled and round-tripped by the tests of the generator.
    run("crates/stubgen/tests/golden", &["spec."], true)?;
    run("crates/stubgen/tests/prepare/golden", &["spec."], true)?;
    if !workspace.root.join(CORPUS).is_dir() {
        println!("    there is no {CORPUS}: documents of others are not tried");
        return Ok(());
    }
    run(CORPUS, &[], true)?;
    run(CORPUS, &SAMPLE, false)
}

fn step(name: &str, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    println!("==> {name}");
    let started = Instant::now();
    work().with_context(|| format!("{name} failed"))?;
    println!("    {name}: ok, {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Runs a command whose output goes to the person who waits for it.
fn expect(command: &mut Command, hint: &str) -> anyhow::Result<()> {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot run {program}"))?;
    if !status.success() {
        bail!("{hint} ({program} ended with {status})");
    }
    Ok(())
}

/// Makes sure that a tool is there: root on a machine with apt gets it installed, anybody else the command to run.
fn provide(workspace: &Workspace, tool: &Tool) -> anyhow::Result<()> {
    if is_there(workspace, tool) {
        return Ok(());
    }
    if !tool.packages.is_empty() && is_root() {
        println!("    {} is missing (it {}); installing it", tool.name, tool.purpose);
        let mut command = workspace.command(".ci/install-packages", tool.packages);
        let installed = command.stdout(Stdio::null()).status();
        if installed.is_ok_and(|status| status.success()) && is_there(workspace, tool) {
            return Ok(());
        }
    }
    bail!("`{}` is missing (it {}); get it with `{}`", tool.name, tool.purpose, tool.install)
}

fn is_there(workspace: &Workspace, tool: &Tool) -> bool {
    let mut command = match tool.probe {
        ["cargo", arguments @ ..] => workspace.cargo(arguments),
        [program, arguments @ ..] => workspace.command(program, arguments),
        [] => return true,
    };
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABSENT: Tool = Tool {
        name: "no-such-program-anywhere",
        probe: &["no-such-program-anywhere", "--version"],
        purpose: "does nothing",
        install: "get it somewhere",
        packages: &[],
    };

    #[test]
    fn a_missing_tool_is_named_with_the_command_that_provides_it() {
        let error = provide(&Workspace::here().unwrap(), &ABSENT).unwrap_err().to_string();
        assert_eq!(
            error,
            "`no-such-program-anywhere` is missing (it does nothing); get it with `get it somewhere`"
        );
    }

    #[test]
    fn a_failing_command_says_what_to_do() {
        let error = expect(&mut Command::new("false"), "mend it").unwrap_err().to_string();
        assert!(error.starts_with("mend it (false ended with"), "{error}");
    }
}
