//! `cargo xtask tidy`: the rules of this house that no compiler checks. All findings are collected and printed with
//! what mends them.

mod dependencies;
mod layout;
mod security;
mod sources;

use std::fmt;

use anyhow::bail;
use cargo_metadata::DependencyKind;

use crate::files;
use crate::workspace::Workspace;

/// Folders that hold no source of ours.
const SKIPPED: [&str; 3] = ["target", ".git", "node_modules"];

/// A rule that is broken somewhere.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// The package, the file or the line of a file.
    place: String,
    /// What is wrong and how to mend it.
    problem: String,
}

/// All that the rules look at.
#[derive(Default)]
struct Tree {
    packages: Vec<Package>,
    files: Vec<File>,
    /// The names in the root folder that do not start with a dot.
    top_level: Vec<String>,
}

/// A member of the workspace.
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
    /// Whether it has a folder of generated code.
    is_generated: bool,
}

/// A declared dependency of a member.
struct Dependency {
    name: String,
    kind: DependencyKind,
}

/// A text file; its path is relative to the root folder.
struct File {
    path: String,
    text: String,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let tree = Tree::read(workspace)?;
    let findings = tree.findings();
    if findings.is_empty() {
        println!("tidy: {} packages and {} files follow the rules", tree.packages.len(), tree.files.len());
        return Ok(());
    }
    for finding in &findings {
        println!("{finding}");
    }
    let rules =
        if findings.len() == 1 { "1 rule is".to_owned() } else { format!("{} rules are", findings.len()) };
    bail!("{rules} broken; each line above says where, and how to mend it")
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.problem)
    }
}

impl Tree {
    fn read(workspace: &Workspace) -> anyhow::Result<Self> {
        let metadata = workspace.metadata()?;
        let packages = metadata.packages.iter().map(|package| Package {
            name: package.name.to_string(),
            is_generated: package
                .manifest_path
                .parent()
                .is_some_and(|folder| folder.join("src/generated").is_dir()),
            dependencies: package
                .dependencies
                .iter()
                .map(|dependency| Dependency { name: dependency.name.clone(), kind: dependency.kind })
                .collect(),
        });
        let files = files::read_tree(&workspace.root, &|name| SKIPPED.contains(&name))?;
        let mut top_level: Vec<String> = std::fs::read_dir(&workspace.root)?
            .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
            .filter(|name| !name.starts_with('.') && !SKIPPED.contains(&name.as_str()))
            .collect();
        top_level.sort_unstable();
        Ok(Self {
            packages: packages.collect(),
            top_level,
            files: files
                .into_iter()
                .filter_map(|(path, bytes)| Some(File { path, text: String::from_utf8(bytes).ok()? }))
                .collect(),
        })
    }

    fn findings(&self) -> Vec<Finding> {
        let mut findings = dependencies::findings(self);
        findings.extend(layout::findings(self));
        findings.extend(security::findings(self));
        findings.extend(sources::findings(self));
        findings
    }
}

impl File {
    /// Whether it is a Rust source file.
    fn is_rust(&self) -> bool {
        self.extension() == "rs"
    }

    fn extension(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or_default()
    }

    /// Whether people wrote it: not generated, and not an expected output of the generator.
    fn is_ours(&self) -> bool {
        !self.path.contains("/generated/") && !self.path.contains("/golden/")
    }

    /// The lines of a source file that end up in the program, with their numbers: all up to its test module. Test
    /// files have none.
    fn program_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test = !self.path.contains("/src/")
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("_tests.rs")
            || self.path.contains("/tests/")
            || self.path.contains("/conformance");
        let end = if is_test { 0 } else { usize::MAX };
        self.text
            .lines()
            .enumerate()
            .take(end)
            .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
            .map(|(index, line)| (index + 1, line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_is_tidy() {
        let tree = Tree::read(&Workspace::here().unwrap()).unwrap();
        let findings: Vec<String> = tree.findings().iter().map(ToString::to_string).collect();
        assert_eq!(findings, Vec::<String>::new());
        assert!(tree.packages.len() > 1 && tree.files.len() > 10, "the workspace was not read");
    }

    #[test]
    fn test_modules_and_test_files_are_no_part_of_the_program() {
        let source = |path: &str| File { path: path.to_owned(), text: "a\n#[cfg(test)]\nb\n".to_owned() };
        assert_eq!(source("crates/a/src/lib.rs").program_lines().collect::<Vec<_>>(), [(1, "a")]);
        assert_eq!(source("crates/a/tests/all.rs").program_lines().count(), 0);
        assert_eq!(source("crates/a/src/b/tests.rs").program_lines().count(), 0);
    }
}
