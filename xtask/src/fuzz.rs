//! `cargo xtask fuzz`: the fuzz target of the generator, with the documents of its goldens as seeds.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};

use crate::files;
use crate::workspace::Workspace;

/// What `fuzz` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long it looks
    #[arg(long, value_name = "N", default_value_t = 600)]
    seconds: u64,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let seeds = seeds(workspace)?;
    let mut command = Command::new("cargo");
    // The toolchain that runs this task would win over the one that is asked for.
    command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    command.args(["+nightly", "fuzz", "run", "document"]).arg(&seeds);
    command.args(["--", "-max_len=65536", "-timeout=30", "-rss_limit_mb=4096"]);
    command.arg(format!("-max_total_time={}", arguments.seconds));
    let status = command
        .current_dir(workspace.root.join("crates/stubgen"))
        .status()
        .context("cannot run cargo +nightly fuzz")?;
    if !status.success() {
        bail!(
            "the input that fails is named above; without the tools: `rustup toolchain install nightly` and `cargo install cargo-fuzz`"
        );
    }
    Ok(())
}

/// A folder with every document of the goldens.
fn seeds(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let folder = workspace.root.join("target/fuzz/seeds");
    let tests = files::read_tree(&workspace.root.join("crates/stubgen/tests"), &|_| false)?;
    let documents =
        tests.iter().filter(|(path, _)| path.ends_with("/spec.yaml") || path.ends_with("/spec.json"));
    for (path, bytes) in documents {
        files::write(&folder.join(path.replace('/', "-")), &String::from_utf8_lossy(bytes))?;
    }
    Ok(folder)
}
