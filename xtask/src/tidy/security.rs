//! What the threat model says is so: every row names its tests and they exist, and every member forbids unsafe code.

use super::{File, Finding, Tree};

/// Where the threats stand, in tables whose last column is that of the tests.
const THREATS: &str = "crates/onezone-server/docs/threat-model.md";

/// The heading of those tables.
const HEADING: &str = "| Threat | Control | Test |";

/// Every broken rule about security.
pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.files.iter().filter(|file| file.path == THREATS) {
        threats(tree, file, &mut found);
    }
    for file in tree.files.iter().filter(|file| is_member(&file.path)) {
        if !file.text.contains("\n[lints]\nworkspace = true\n") {
            found.push(Finding {
                place: file.path.clone(),
                problem: "does not take the lints of the workspace, which forbid unsafe code: add `[lints]` with `workspace = true`"
                    .to_owned(),
            });
        }
    }
    if let Some(root) = tree.files.iter().find(|file| file.path == "Cargo.toml")
        && !root.text.contains("\nunsafe_code = \"forbid\"\n")
    {
        let problem =
            "no longer forbids unsafe code: write `unsafe_code = \"forbid\"` below [workspace.lints.rust]";
        found.push(Finding { place: root.path.clone(), problem: problem.to_owned() });
    }
    found
}

/// Whether it is the manifest of a member; those of the tests of the generator are not.
fn is_member(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    matches!(parts[..], ["xtask", "Cargo.toml"] | ["crates", _, "Cargo.toml"])
}

fn threats(tree: &Tree, file: &File, found: &mut Vec<Finding>) {
    let mut is_table = false;
    for (index, line) in file.text.lines().enumerate() {
        is_table = line == HEADING || (is_table && line.starts_with('|'));
        if !is_table || line == HEADING || line.starts_with("| ---") {
            continue;
        }
        let place = format!("{}:{}", file.path, index + 1);
        let cells: Vec<&str> = line.trim_start_matches("| ").trim_end_matches(" |").split(" | ").collect();
        let cell = cells.get(2).copied().unwrap_or_default();
        let named: Vec<(&str, &str)> =
            cell.split('`').skip(1).step_by(2).filter_map(|name| name.split_once("::")).collect();
        if named.is_empty() {
            let problem = "this threat has no test: name one as `crate::test`, or write it".to_owned();
            found.push(Finding { place, problem });
            continue;
        }
        for (package, test) in named.into_iter().filter(|(package, test)| !is_there(tree, package, test)) {
            found.push(Finding {
                place: place.clone(),
                problem: format!(
                    "there is no test `{test}` in {package}: name the one that covers this threat"
                ),
            });
        }
    }
}

/// Whether a package has a test of this name, written out or by a macro from a list of names.
fn is_there(tree: &Tree, package: &str, test: &str) -> bool {
    let folder = if package == "xtask" { "xtask/".to_owned() } else { format!("crates/{package}/") };
    let sources = tree.files.iter().filter(|file| file.is_rust() && file.path.starts_with(&folder));
    sources.into_iter().any(|file| {
        let mut recent: [&str; 3] = [""; 3];
        file.text.lines().any(|line| {
            let is_listed = line.starts_with("replayed! {") && line.split(' ').any(|word| word == test);
            let is_named = line.contains(&format!("fn {test}("));
            let is_contract = is_named && file.path.contains("/conformance/");
            let is_test =
                recent.iter().any(|line| ["#[test]", "#[tokio::test"].iter().any(|mark| line.contains(mark)));
            // The attribute of the function before is none of the next one.
            recent = if line.contains("fn ") { [""; 3] } else { [recent[1], recent[2], line] };
            is_listed || is_contract || (is_named && is_test)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::Tree;
    use super::*;
    use crate::workspace::Workspace;

    fn tree(rows: &str, manifest: &str) -> Tree {
        let file = |path: &str, text: String| File { path: path.to_owned(), text };
        let source =
            "//! A.\n#[test]\nfn it_holds() {}\nfn no_test() {}\nreplayed! { token zone }\n".to_owned();
        let files = vec![
            file(
                THREATS,
                format!("# Threats\n\n{HEADING}\n| --- | --- | --- |\n{rows}\n\n| other | table |\n"),
            ),
            file("crates/a/tests/a.rs", source),
            file("crates/a/Cargo.toml", manifest.to_owned()),
        ];
        Tree { files, ..Tree::default() }
    }

    const FORBIDS: &str = "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n";

    #[test]
    fn every_threat_names_a_test_that_exists() {
        let found =
            |rows: &str| findings(&tree(rows, FORBIDS)).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(found("| t | c | `a::it_holds`, `a::zone` |").is_empty());
        let missing = found("| t | c | `a::it_holds`, `a::it_held` |");
        assert_eq!(missing.len(), 1);
        assert!(missing[0].contains(":5: there is no test `it_held` in a"), "{missing:?}");
        for row in [
            "| t | c | `a::no_test` |",
            "| t | c | `b::it_holds` |",
            "| t | c | by hand |",
            "| t | `a::it_holds` | |",
        ] {
            assert_eq!(found(row).len(), 1, "{row}");
        }
    }

    #[test]
    fn every_member_forbids_unsafe_code() {
        let found = findings(&tree("| t | c | `a::it_holds` |", "[package]\nname = \"a\"\n"));
        assert!(matches!(&found[..], [finding] if finding.place == "crates/a/Cargo.toml"), "{found:?}");
        let here = Tree::read(&Workspace::here().unwrap()).unwrap();
        assert!(findings(&here).is_empty());
        assert!(here.files.iter().filter(|file| is_member(&file.path)).count() >= 12);
    }
}
