//! What git knows of this workspace: its tags, its files at a revision, and whether anything is not committed.

use std::path::PathBuf;
use std::process::{Command, Output};

use anyhow::{Context, bail};
use cargo_metadata::semver::Version;

/// The repository around a folder.
pub(crate) struct Git {
    pub(crate) root: PathBuf,
}

impl Git {
    /// Changed and unknown files, as `git status` lists them.
    pub(crate) fn changes(&self) -> anyhow::Result<Vec<String>> {
        Ok(self.text(&["status", "--porcelain"])?.lines().map(str::to_owned).collect())
    }

    /// The versions that are tagged as `v1.2.3`, the highest first.
    pub(crate) fn versions(&self) -> anyhow::Result<Vec<Version>> {
        let tags = self.text(&["tag", "--list", "v*"])?;
        let mut versions: Vec<Version> =
            tags.lines().filter_map(|tag| Version::parse(tag.strip_prefix('v')?).ok()).collect();
        versions.sort_by(|a, b| b.cmp(a));
        Ok(versions)
    }

    /// Whether there is such a revision.
    pub(crate) fn has(&self, revision: &str) -> bool {
        let commit = format!("{revision}^{{commit}}");
        // What begins with a hyphen would be an option.
        !revision.starts_with('-')
            && self.output(&["rev-parse", "--verify", "--quiet", &commit]).is_ok_and(|o| o.status.success())
    }

    /// A file as it was at a revision; its path is relative to the root folder.
    pub(crate) fn file(&self, revision: &str, path: &str) -> anyhow::Result<String> {
        self.text(&["show", &format!("{revision}:./{path}")])
    }

    /// Marks what is committed as a version.
    pub(crate) fn tag(&self, name: &str) -> anyhow::Result<()> {
        self.text(&["tag", "--annotate", "--message", &format!("Version {name}"), name]).map(|_| ())
    }

    fn text(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.output(arguments)?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            bail!("git {}: {}", arguments.join(" "), errors.trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn output(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(&self.root);
        command.output().context("cannot run git; install it, and run this in a checkout")
    }
}
