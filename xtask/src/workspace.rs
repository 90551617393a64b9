//! Where the workspace is, what it is made of, and how its tools are run.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use cargo_metadata::{Metadata, MetadataCommand};

/// The workspace that this program belongs to.
pub(crate) struct Workspace {
    /// The folder of the root manifest.
    pub(crate) root: PathBuf,
}

impl Workspace {
    /// The workspace of the source that this program was built from.
    pub(crate) fn here() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent folder")?;
        if !root.join("Cargo.toml").is_file() {
            bail!("{} is gone: run `cargo xtask` inside a checkout", root.join("Cargo.toml").display());
        }
        Ok(Self { root: root.to_owned() })
    }

    /// What cargo knows about the members, without their dependencies' dependencies.
    pub(crate) fn metadata(&self) -> anyhow::Result<Metadata> {
        MetadataCommand::new()
            .cargo_path(cargo_path())
            .manifest_path(self.root.join("Cargo.toml"))
            .no_deps()
            .exec()
            .context("cannot read the workspace's manifests")
    }

    /// A cargo command that runs in the root folder.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        self.command(&cargo_path().to_string_lossy(), arguments)
    }

    /// The same for a package that is no member, in the folder of what is built here. Without debug information, which dependencies
    /// lack here as well, so that those of the same features are there already.
    pub(crate) fn cargo_outside(&self, arguments: &[&str], target: &Path) -> Command {
        let mut command = self.cargo(arguments);
        command.env("CARGO_TARGET_DIR", target).env("CARGO_PROFILE_DEV_DEBUG", "false");
        command
    }

    /// A command that runs in the root folder.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.root);
        command
    }
}

/// The cargo that called this program, so that every step uses the same toolchain.
fn cargo_path() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}
