//! `cargo xtask package-deb`: the Debian package of the server. The program itself makes its manual pages, completions and
//! configuration file, and cargo-deb puts all of it together as the manifest says.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::files;
use crate::sbom;
use crate::workspace::Workspace;

/// Where the program is described, and what is made for the package.
const CRATE: &str = "crates/onezone-server";
const BUILT: &str = "crates/onezone-server/packaging/built";

/// What the packaged program can do beyond what is built by default.
const FEATURES: &str = "otlp";

/// What `package-deb` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The profile of cargo to build with
    #[arg(long, default_value = "release")]
    profile: String,
    /// The package, or a directory for it [default: target/debian/]
    #[arg(long, value_name = "PATH")]
    output: Option<std::path::PathBuf>,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let found = workspace.cargo(&["deb", "--version"]).output().is_ok_and(|output| output.status.success());
    if !found {
        bail!("cargo-deb, which puts the package together, is missing: cargo install --locked cargo-deb");
    }
    let profile = arguments.profile.as_str();
    let build =
        ["build", "--locked", "--package", "onezone-server", "--features", FEATURES, "--profile", profile];
    succeed(&mut workspace.cargo(&build))?;
    // The profile `dev` has always built into a folder of another name.
    let folder = if profile == "dev" { "debug" } else { profile };
    let program = workspace.metadata()?.target_directory.join(folder).join("onezone-server");
    let built = workspace.root.join(BUILT);
    if built.exists() {
        fs::remove_dir_all(&built).with_context(|| format!("cannot clear {BUILT}"))?;
    }
    fs::create_dir_all(&built).with_context(|| format!("cannot make {BUILT}"))?;
    prepare(program.as_std_path(), &built)?;
    files::write(
        &built.join("sbom.cdx.json"),
        &sbom::document(workspace, "onezone-server", FEATURES, None)?,
    )?;
    let manifest = format!("{CRATE}/Cargo.toml");
    let mut deb = workspace.cargo(&["deb", "--no-build", "--locked", "--profile", profile]);
    deb.args(["--manifest-path", &manifest]);
    if let Some(output) = &arguments.output {
        deb.arg("--output").arg(output);
    }
    succeed(&mut deb)
}

/// Has the program say what it is like.
fn prepare(program: &Path, built: &Path) -> anyhow::Result<()> {
    succeed(Command::new(program).args(["man", "--out"]).arg(built.join("man")))?;
    for (name, arguments) in [
        ("onezone-server.bash", &["completions", "bash"][..]),
        ("onezone-server.zsh", &["completions", "zsh"]),
        ("onezone-server.fish", &["completions", "fish"]),
        ("config.toml", &["config", "example", "--set", "data_dir=/var/lib/onezone-server"]),
    ] {
        let output = Command::new(program).args(arguments).output().context("cannot run the program")?;
        if !output.status.success() {
            bail!("{arguments:?} failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        let mut file = File::create(built.join(name)).with_context(|| format!("cannot make {name}"))?;
        file.write_all(&output.stdout).with_context(|| format!("cannot write {name}"))?;
    }
    Ok(())
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    if status.success() { Ok(()) } else { bail!("{command:?} failed") }
}
