//! `cargo xtask audit`: what the workspace depends on. Licences, banned packages and sources are always checked, and that no
//! dependency asks for a newer Rust than the manifest promises; advisories whenever their database can be had. Where it cannot, that is
//! said aloud, and is a failure for whoever asks for it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use cargo_metadata::semver::Version;
use cargo_metadata::{Metadata, MetadataCommand};

use crate::workspace::Workspace;

/// Where the advisories are kept by those who write them.
const ADVISORIES: &str = "https://github.com/RustSec/advisory-db";

/// Longer than the few megabytes take on a slow line, and not so long that nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(120);

/// What `audit` is told on the command line.
#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Fail when the database of advisories cannot be had
    #[arg(long)]
    require_advisories: bool,
    /// A directory with the database of advisories, where there is no way to the public one
    #[arg(long, value_name = "DIRECTORY", env = "ADVISORY_DB")]
    advisory_db: Option<PathBuf>,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let newer = newer_than_promised(
        &MetadataCommand::new()
            .manifest_path(workspace.root.join("Cargo.toml"))
            .other_options(["--locked".to_owned()])
            .exec()
            .context("cannot read the dependencies")?,
    );
    if !newer.is_empty() {
        bail!(
            "rust-version in Cargo.toml promises less than dependencies need: raise it, or take another version of {}",
            newer.join(", ")
        );
    }
    if !deny(workspace, Path::new(".deny.toml"))?.success() {
        bail!(
            "mend what cargo deny says above: take another dependency, or decide in .deny.toml and say why"
        );
    }
    match advisories(workspace, arguments.advisory_db.as_deref()) {
        Ok(directory) => {
            if !audit(workspace, &directory)?.success() {
                bail!(
                    "mend what cargo audit says above: `cargo update`, another dependency, or an exception with its reason in .cargo/audit.toml"
                );
            }
            Ok(())
        }
        Err(error) if arguments.require_advisories => Err(error),
        Err(error) => {
            println!("    ATTENTION: advisories were NOT checked: {error:#}");
            println!("    do it where the network allows: `cargo xtask audit --require-advisories`");
            Ok(())
        }
    }
}

/// Holds every dependency against what may be depended on.
fn deny(workspace: &Workspace, rules: &Path) -> anyhow::Result<ExitStatus> {
    let mut command = workspace.cargo(&["deny", "--all-features", "--config"]);
    command.arg(rules).args(["check", "--hide-inclusion-graph", "licenses", "bans", "sources"]);
    command.status().context("cannot run cargo deny")
}

/// Holds the locked versions against a directory of advisories, and nothing else.
fn audit(workspace: &Workspace, advisories: &Path) -> anyhow::Result<ExitStatus> {
    let mut command = workspace.cargo(&["audit", "--no-fetch", "--stale", "--db"]);
    command.arg(advisories).status().context("cannot run cargo audit")
}

/// The directory with the advisories: the one that is named, or that of the public ones, brought up to date.
fn advisories(workspace: &Workspace, named: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(directory) = named {
        if !directory.join("crates").is_dir() {
            bail!("{} has no folder `crates`: it is no database of advisories", directory.display());
        }
        return directory.canonicalize().with_context(|| format!("cannot look at {}", directory.display()));
    }
    let directory = workspace.metadata()?.target_directory.join("advisory-db").into_std_path_buf();
    let mut command = if directory.join(".git").is_dir() {
        let mut command = Command::new("git");
        command.arg("-C").arg(&directory).args(["pull", "--quiet", "--ff-only", "--depth", "1"]);
        command
    } else {
        let mut command = Command::new("git");
        command.args(["clone", "--quiet", "--depth", "1", ADVISORIES]).arg(&directory);
        command
    };
    // It must not ask for a password where there is a terminal.
    let git = command.env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null()).spawn();
    let status = wait(git.context("cannot run git, which fetches them")?)?;
    match status {
        Some(status) if status.success() => Ok(directory),
        Some(_) => bail!("their database cannot be fetched from {ADVISORIES}; git says above why"),
        None => bail!("{ADVISORIES} does not answer within {} s", PATIENCE.as_secs()),
    }
}

/// Waits for a program, but not for ever.
fn wait(mut child: Child) -> anyhow::Result<Option<ExitStatus>> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().context("cannot wait for git")? {
            return Ok(Some(status));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().context("cannot end git")?;
    child.wait().context("cannot wait for git")?;
    Ok(None)
}

/// The dependencies that say they need a newer Rust than the members say.
fn newer_than_promised(metadata: &Metadata) -> Vec<String> {
    let promised: Option<&Version> =
        metadata.workspace_packages().iter().filter_map(|package| package.rust_version.as_ref()).min();
    let Some(promised) = promised.cloned() else { return Vec::new() };
    let newer = metadata.packages.iter().filter_map(|package| {
        Some((package, package.rust_version.as_ref().filter(|needed| **needed > promised)?))
    });
    newer.map(|(package, needed)| format!("{} {} (Rust {needed})", package.name, package.version)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database with one advisory, in the form of the public one.
    fn database(package: &str, patched: &str) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let advisory = format!(
            "```toml\n[advisory]\nid = \"RUSTSEC-2020-0001\"\npackage = \"{package}\"\ndate = \"2020-01-01\"\n\n\
             [versions]\npatched = [\"{patched}\"]\n```\n\n# An invention\n\nMade for a test.\n"
        );
        let file = directory.path().join("crates").join(package).join("RUSTSEC-2020-0001.md");
        crate::files::write(&file, &advisory).unwrap();
        directory
    }

    #[test]
    fn a_vulnerable_dependency_fails_the_audit_and_a_patched_one_does_not() {
        let workspace = Workspace::here().unwrap();
        let locked = database("serde", ">= 999.0.0");
        assert!(!audit(&workspace, locked.path()).unwrap().success());
        let patched = database("serde", ">= 0.1.0");
        assert!(audit(&workspace, patched.path()).unwrap().success());
    }

    #[test]
    fn what_may_be_depended_on_is_checked_with_every_test() {
        let workspace = Workspace::here().unwrap();
        let rules = std::fs::read_to_string(workspace.root.join(".deny.toml")).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let check = |name: &str, rules: &str| {
            let file = directory.path().join(name);
            crate::files::write(&file, rules).unwrap();
            deny(&workspace, &file).unwrap().success()
        };
        assert!(check("ours", &rules));
        assert!(!check("licence", &rules.replace("    \"MIT\",\n", "")));
        assert!(!check("banned", &rules.replace("\"sodiumoxide\"", "\"serde\"")));
        assert!(rules.contains("unknown-registry = \"deny\"\nunknown-git = \"deny\"\n"));
    }

    #[test]
    fn a_folder_without_advisories_is_not_taken_for_their_database() {
        let empty = tempfile::tempdir().unwrap();
        let error = advisories(&Workspace::here().unwrap(), Some(empty.path())).unwrap_err().to_string();
        assert!(error.ends_with("it is no database of advisories"), "{error}");
    }

    #[test]
    fn a_dependency_that_needs_a_newer_rust_than_promised_is_named() {
        let mut metadata = MetadataCommand::new().exec().unwrap();
        assert_eq!(newer_than_promised(&metadata), Vec::<String>::new());
        let newer = metadata.packages.iter_mut().find(|package| package.name.as_str() == "serde").unwrap();
        newer.rust_version = Some(Version::new(1, 999, 0));
        let named = newer_than_promised(&metadata);
        assert!(
            matches!(&named[..], [one] if one.starts_with("serde ") && one.ends_with("(Rust 1.999.0)")),
            "{named:?}"
        );
    }
}
