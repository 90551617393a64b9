//! `cargo xtask fuzz`: the fuzz targets, with seeds that reach deep: the documents of the generator's goldens, and what
//! stands beside the targets of the server.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::files;
use crate::workspace::Workspace;

/// What is fuzzed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Target {
    /// A document given to the generator
    Document,
    /// A token, from the header to the refusal
    Token,
    /// A caveat, in serialized form or as JSON
    Caveat,
    /// The credentials of Basic authentication
    Basic,
    /// The cookies of a request
    Cookie,
}

impl Target {
    /// The name of the target's program.
    fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Token => "token",
            Self::Caveat => "caveat",
            Self::Basic => "basic",
            Self::Cookie => "cookie",
        }
    }

    /// The crate that the targets stand in.
    fn package(self) -> &'static str {
        if self == Self::Document { "crates/stubgen" } else { "crates/onezone-handlers" }
    }
}

/// What `fuzz` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What is looked at
    #[arg(value_enum, default_value_t = Target::Document)]
    target: Target,
    /// How long it looks
    #[arg(long, value_name = "N", default_value_t = 600)]
    seconds: u64,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let target = arguments.target;
    let folder = workspace.root.join("target/fuzz/seeds").join(target.name());
    let package = workspace.root.join(target.package());
    match target {
        Target::Document => documents(&package, &folder)?,
        _ => lines(&package.join(format!("fuzz/seeds/{}.txt", target.name())), &folder)?,
    }
    let mut command = Command::new("cargo");
    // The toolchain that runs this task would win over the one that is asked for.
    command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    command.args(["+nightly", "fuzz", "run", target.name()]).arg(&folder);
    command.args(["--", "-max_len=65536", "-timeout=30", "-rss_limit_mb=4096"]);
    command.arg(format!("-max_total_time={}", arguments.seconds));
    let status = command.current_dir(package).status().context("cannot run cargo +nightly fuzz")?;
    if !status.success() {
        bail!(
            "the input that fails is named above; without the tools: `rustup toolchain install nightly` and `cargo install cargo-fuzz`"
        );
    }
    Ok(())
}

/// Fills a folder with every document of the goldens.
fn documents(package: &Path, folder: &Path) -> anyhow::Result<()> {
    let tests = files::read_tree(&package.join("tests"), &|_| false)?;
    let documents =
        tests.iter().filter(|(path, _)| path.ends_with("/spec.yaml") || path.ends_with("/spec.json"));
    for (path, bytes) in documents {
        files::write(&folder.join(path.replace('/', "-")), &String::from_utf8_lossy(bytes))?;
    }
    Ok(())
}

/// Fills a folder with the lines of a file, one a seed.
fn lines(file: &Path, folder: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    for (number, line) in text.lines().enumerate() {
        let seed: PathBuf = folder.join(format!("seed-{number:03}"));
        files::write(&seed, line)?;
    }
    Ok(())
}
