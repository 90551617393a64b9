//! `cargo xtask compat`: what changed in the document since a revision or a file, and whom it breaks. The judgement is `stubgen::compat`; here
//! is where the two versions come from.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use stubgen::Source;
use stubgen::cli::{Console, INCOMPARABLE, Judgement, judge};
use stubgen::compat::{Comparison, Version, compare};

use crate::git::Git;
use crate::workspace::Workspace;

/// The document that everything is generated from.
const SPECIFICATION: &str = "openapi.yaml";

/// What `compat` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The earlier version: a file, or a revision of git [default: the last version that is tagged as v1.2.3, and without one HEAD]
    #[arg(long, value_name = "REVISION|FILE")]
    against: Option<String>,
    /// The later version
    #[arg(long, value_name = "FILE", default_value = SPECIFICATION)]
    spec: PathBuf,
    #[command(flatten)]
    judgement: Judgement,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> ExitCode {
    let mut console = Console {
        output: &mut io::stdout(),
        errors: &mut io::stderr(),
        is_terminal: io::stderr().is_terminal(),
    };
    ExitCode::from(execute(&workspace.root, arguments, &mut console))
}

fn execute(root: &Path, arguments: &Arguments, console: &mut Console<'_>) -> u8 {
    match versions(root, arguments, console.errors) {
        Ok((old, new)) => judge(compared(&old, &new), &arguments.judgement, console),
        Err(error) => {
            // A reader that went away is no failure of the work.
            let _ = writeln!(console.errors, "error: {error:#}");
            INCOMPARABLE
        }
    }
}

/// What changed in the document of the workspace since a revision.
pub(crate) fn since(root: &Path, revision: &str) -> anyhow::Result<Comparison> {
    let old = Document::at(root, revision)?;
    let new = Document::of(root, Path::new(SPECIFICATION))?;
    compared(&old, &new).map_err(|findings| anyhow::anyhow!("the documents cannot be compared\n{findings}"))
}

fn versions(
    root: &Path,
    arguments: &Arguments,
    errors: &mut dyn Write,
) -> anyhow::Result<(Document, Document)> {
    let new = Document::of(root, &arguments.spec)?;
    let git = Git { root: root.to_owned() };
    let against = match &arguments.against {
        Some(against) => against.clone(),
        None => match git.versions()?.first() {
            Some(version) => format!("v{version}"),
            None => {
                let _ = writeln!(errors, "no version is tagged yet: compared with HEAD");
                "HEAD".to_owned()
            }
        },
    };
    // A name that is both is the file, which `./` is not needed for; `refs/tags/NAME` is the other.
    let path = Path::new(&against);
    if root.join(path).is_file() {
        return Ok((Document::of(root, path)?, new));
    }
    if git.has(&against) {
        return Ok((Document::at(root, &against)?, new));
    }
    bail!(
        "`{against}` is neither a file nor a revision of git; `git tag --list` and `git log --oneline` list revisions"
    )
}

/// A document, and where the files are that it refers to.
struct Document {
    name: String,
    text: String,
    place: Place,
}

enum Place {
    Folder(PathBuf),
    Revision { git: Git, revision: String },
}

impl Document {
    fn of(root: &Path, path: &Path) -> anyhow::Result<Self> {
        let full = root.join(path);
        let text = fs::read(&full).with_context(|| format!("cannot read {}", path.display()))?;
        let folder = full.parent().unwrap_or(root).to_owned();
        let text = String::from_utf8_lossy(&text).into_owned();
        Ok(Self { name: path.display().to_string(), text, place: Place::Folder(folder) })
    }

    fn at(root: &Path, revision: &str) -> anyhow::Result<Self> {
        let git = Git { root: root.to_owned() };
        let text = git
            .file(revision, SPECIFICATION)
            .with_context(|| format!("there is no {SPECIFICATION} at {revision}"))?;
        let place = Place::Revision { git, revision: revision.to_owned() };
        Ok(Self { name: format!("{revision}:{SPECIFICATION}"), text, place })
    }

    /// A file that the document refers to.
    fn other(&self, path: &str) -> Result<String, String> {
        match &self.place {
            Place::Folder(folder) => fs::read_to_string(folder.join(path)).map_err(|error| error.to_string()),
            Place::Revision { git, revision } => {
                if Path::new(path).components().any(|part| !matches!(part, Component::Normal(_))) {
                    return Err("it is outside of the folder of the document".to_owned());
                }
                git.file(revision, path).map_err(|error| error.to_string())
            }
        }
    }
}

fn compared(old: &Document, new: &Document) -> Result<Comparison, stubgen::Diagnostics> {
    let (old_files, new_files) = (|path: &str| old.other(path), |path: &str| new.other(path));
    let before = Version { source: Source { name: &old.name, text: &old.text }, files: Some(&old_files) };
    let after = Version { source: Source { name: &new.name, text: &new.text }, files: Some(&new_files) };
    compare(&before, &after)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::publish::fixture::Repository;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn compat(root: &Path, words: &[&str]) -> (u8, String, String) {
        let arguments = CommandLine::parse_from([&["compat"], words].concat()).arguments;
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let mut console = Console { output: &mut output, errors: &mut errors, is_terminal: false };
        let status = execute(root, &arguments, &mut console);
        (status, String::from_utf8(output).unwrap(), String::from_utf8(errors).unwrap())
    }

    #[test]
    fn the_document_is_compared_with_revisions_tags_and_files() {
        let repository = Repository::new();
        let root = repository.root();
        let (status, output, errors) = compat(root, &[]);
        assert_eq!((status, output.as_str()), (0, "no change from HEAD:openapi.yaml to openapi.yaml\n"));
        assert!(errors.contains("no version is tagged yet"), "{errors}");

        repository.git(&["tag", "v0.1.0"]);
        repository.change("openapi.yaml", "operationId: list_pets", "operationId: find_pets");
        repository.commit();
        let (status, output, errors) = compat(root, &[]);
        assert_eq!((status, errors.as_str()), (1, ""), "{output}");
        assert!(output.contains("openapi.yaml:6:7: major[operation-id-changed]"), "{output}");
        assert!(output.contains("from v0.1.0:openapi.yaml to openapi.yaml: 1 breaking"), "{output}");
        assert_eq!(compat(root, &["--allow"]).0, 0);
        assert_eq!(compat(root, &["--wire"]).0, 0, "the wire is as it was");
        let (status, output, _) = compat(root, &["--against", "HEAD~1", "--output", "json"]);
        assert_eq!((status, output.contains("\"level\": \"major\"")), (1, true), "{output}");
        assert_eq!(compat(root, &["--against", "HEAD"]).0, 0);

        repository.write("old.yaml", &repository.read("openapi.yaml").replace("'200'", "'201'"));
        let (status, output, _) = compat(root, &["--against", "old.yaml"]);
        assert!(status == 1 && output.contains("old.yaml:"), "{output}");
    }

    #[test]
    fn what_cannot_be_compared_says_why() {
        let repository = Repository::new();
        let root = repository.root();
        for (words, expected) in [
            (&["--against", "nowhere"][..], "neither a file nor a revision"),
            (&["--against=--help"], "neither a file nor a revision"),
            (&["--spec", "absent.yaml"], "cannot read absent.yaml"),
            (&["--against", "Cargo.toml"], "cannot be compared"),
        ] {
            let (status, output, errors) = compat(root, words);
            assert_eq!((status, output.as_str()), (2, ""), "{words:?}");
            assert!(errors.contains(expected), "{words:?}: {errors}");
        }
    }
}
