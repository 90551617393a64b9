//! `cargo xtask publish`: the members that others depend on, to the registry, in their order. Everything that speaks against it is found first
//! and told at once, each with what mends it; nothing is uploaded while anything does.

mod changelog;
mod checks;
#[cfg(test)]
pub(crate) mod fixture;
mod metadata;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use cargo_metadata::semver::Version;
use cargo_metadata::{Metadata, Package};

use crate::files;
use crate::git::Git;
use crate::workspace::Workspace;

/// What `publish` is told on the command line.
#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Do everything but upload and tag, and say what would be run
    #[arg(long)]
    dry_run: bool,
    /// Only this package; it may be given several times [default: all that are published]
    #[arg(long, value_name = "NAME")]
    package: Vec<String>,
    /// Do not ask for a clean tree: to try things out before they are committed
    #[arg(long, requires = "dry_run")]
    allow_dirty: bool,
    /// Compare with this revision [default: the last version that is tagged as v1.2.3]
    #[arg(long, value_name = "REVISION")]
    baseline: Option<String>,
    /// Write where the project lives into the manifests, to be committed, and publish nothing
    #[arg(long, value_name = "URL", conflicts_with_all = ["dry_run", "package", "baseline"])]
    set_repository: Option<String>,
}

/// Something that speaks against publishing, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    what: String,
    mend: String,
}

/// What is published, and how.
struct Release<'a> {
    root: &'a Path,
    cargo: OsString,
    git: Git,
    metadata: &'a Metadata,
    packages: Vec<&'a Package>,
    version: Version,
    arguments: &'a Arguments,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let cargo = workspace.cargo(&[]).get_program().to_owned();
    publish(&workspace.root, cargo, arguments, &mut io::stdout())
}

fn publish(
    root: &Path,
    cargo: OsString,
    arguments: &Arguments,
    output: &mut dyn Write,
) -> anyhow::Result<()> {
    let workspace = Workspace { root: root.to_owned() };
    let metadata = workspace.metadata()?;
    let published = metadata::in_order(&metadata);
    if let Some(url) = &arguments.set_repository {
        return set_repository(root, &published, url, output);
    }
    let packages = chosen(&metadata, &published, &arguments.package)?;
    let version = packages[0].version.clone();
    let git = Git { root: root.to_owned() };
    let release = Release { root, cargo, git, metadata: &metadata, packages, version, arguments };
    let names: Vec<String> =
        release.packages.iter().map(|package| format!("{} {}", package.name, package.version)).collect();
    writeln!(output, "to be published, in this order: {}", names.join(", "))?;

    let outcome = checks::all(&release, output)?;
    for note in &outcome.notes {
        writeln!(output, "note: {note}")?;
    }
    if !outcome.problems.is_empty() {
        for problem in &outcome.problems {
            writeln!(output, "problem: {}\n  mend it: {}", problem.what, problem.mend)?;
        }
        let count = outcome.problems.len();
        bail!(
            "{count} {} in the way; nothing was published",
            if count == 1 { "problem is" } else { "problems are" }
        );
    }
    upload(&release, &outcome.uploaded, output)
}

/// The packages that are asked for, in the order of publishing.
fn chosen<'a>(
    metadata: &Metadata,
    published: &[&'a Package],
    asked: &[String],
) -> anyhow::Result<Vec<&'a Package>> {
    let names: Vec<&str> = published.iter().map(|package| package.name.as_str()).collect();
    if let Some(name) = asked.iter().find(|name| !names.contains(&name.as_str())) {
        let is_member = metadata.packages.iter().any(|package| *package.name == *name);
        let why = if is_member {
            "is not published (`publish = false`)"
        } else {
            "is no package of this workspace"
        };
        bail!("`{name}` {why}; published are {}", names.join(", "));
    }
    let is_asked = |package: &&&Package| asked.is_empty() || asked.iter().any(|name| *name == *package.name);
    let chosen: Vec<&Package> = published.iter().filter(is_asked).copied().collect();
    if chosen.is_empty() {
        bail!("no package of this workspace is published");
    }
    Ok(chosen)
}

fn upload(release: &Release<'_>, uploaded: &[String], output: &mut dyn Write) -> anyhow::Result<()> {
    let left = release.packages.iter().filter(|package| !uploaded.contains(&package.name.to_string()));
    let left: Vec<&Package> = left.copied().collect();
    let tag = format!("v{}", release.version);
    // A part of the packages is no version of the workspace.
    let is_whole = release.arguments.package.is_empty();
    if release.arguments.dry_run {
        writeln!(output, "nothing is in the way; this would be run:")?;
        for package in &left {
            writeln!(output, "  cargo {}", upload_arguments(package).join(" "))?;
        }
        if is_whole {
            writeln!(output, "  git tag --annotate --message \"Version {tag}\" {tag}")?;
        }
        return Ok(());
    }
    for (index, package) in left.iter().enumerate() {
        writeln!(output, "publishing {} {}", package.name, package.version)?;
        output.flush()?;
        let status = release.command(&upload_arguments(package)).status().context("cannot run cargo")?;
        if !status.success() {
            bail!(
                "cargo publish failed for {} ({status}); {index} of {} packages are published, and running this again goes on with the rest",
                package.name,
                left.len()
            );
        }
    }
    if is_whole {
        release.git.tag(&tag).context("everything is published, and not tagged")?;
        writeln!(output, "published, and tagged {tag}; make the tag known with `git push --follow-tags`")?;
    } else {
        writeln!(output, "published; {tag} is tagged when all packages are")?;
    }
    Ok(())
}

/// The build of the verification stands behind it already.
fn upload_arguments(package: &Package) -> Vec<String> {
    ["publish", "--locked", "--no-verify", "--package", &package.name].map(str::to_owned).to_vec()
}

impl Release<'_> {
    /// A cargo command in the root folder.
    fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(&self.cargo);
        command.args(arguments).current_dir(self.root);
        command
    }
}

/// Writes `repository` into the manifests of the published packages, after the line that every one of them has.
fn set_repository(
    root: &Path,
    packages: &[&Package],
    url: &str,
    output: &mut dyn Write,
) -> anyhow::Result<()> {
    let is_plain = url.starts_with("https://") && !url.contains(['"', '\\', '\n', ' ']);
    if !is_plain {
        bail!("`{url}` is no address of a repository: it begins with https://");
    }
    for package in packages {
        let path = package.manifest_path.as_std_path();
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let without = text.lines().filter(|line| !line.starts_with("repository"));
        let mut lines: Vec<String> = without.map(str::to_owned).collect();
        let Some(after) = lines.iter().position(|line| line.starts_with("license")) else {
            bail!("{} has no line `license`, after which the repository would stand", path.display());
        };
        lines.insert(after + 1, format!("repository = \"{url}\""));
        files::write(path, &(lines.join("\n") + "\n"))?;
        writeln!(output, "updated {}", path.strip_prefix(root).unwrap_or(path).display())?;
    }
    writeln!(output, "commit that, and publish")?;
    Ok(())
}
