//! What stands where, and how long it may be.

use super::{File, Finding, Tree};

/// What may be seen in the root folder; everything else there is a dot-file.
const TOP_LEVEL: [&str; 8] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "crates",
    "openapi.yaml",
    "xtask",
];

/// Documents that stay short, and how many lines they may have.
const DOCUMENTS: [(&str, usize); 3] =
    [("README.md", 99), ("crates/README.md", 150), (".github/CONTRIBUTING.md", 99)];

/// How many lines a source file may have before it is to be split.
const SOURCE_LINES: usize = 800;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 4] = ["core", "common", "utils", "helpers"];

/// Every broken layout rule.
pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for name in tree.top_level.iter().filter(|name| !TOP_LEVEL.contains(&name.as_str())) {
        found.push(Finding {
            place: name.clone(),
            problem: "does not belong into the root folder: move it, or make it a dot-file".to_owned(),
        });
    }
    // A tree of single files, as in the tests of other rules, has no root folder.
    let missing =
        |name: &&&str| !tree.top_level.is_empty() && !tree.top_level.iter().any(|other| other == *name);
    for name in TOP_LEVEL.iter().filter(missing) {
        found.push(Finding {
            place: (*name).to_owned(),
            problem: "is missing in the root folder: bring it back".to_owned(),
        });
    }
    for file in &tree.files {
        let lines = file.text.lines().count();
        if let Some((_, limit)) = DOCUMENTS.iter().find(|(path, limit)| *path == file.path && lines > *limit)
        {
            found.push(Finding {
                place: file.path.clone(),
                problem: format!("has {lines} lines: shorten it to {limit}, so that it is read"),
            });
        }
        if file.is_rust() && file.is_ours() && lines > SOURCE_LINES {
            found.push(Finding {
                place: file.path.clone(),
                problem: format!(
                    "has {lines} lines: split it by responsibility, {SOURCE_LINES} is the limit"
                ),
            });
        }
        if let Some(name) = empty_name(file) {
            found.push(Finding {
                place: file.path.clone(),
                problem: format!("`{name}` says nothing: name it after what it is responsible for"),
            });
        }
    }
    found
}

/// The crate or module name in the path of a file of ours that says nothing, if there is one.
fn empty_name(file: &File) -> Option<&'static str> {
    if !file.is_rust() || !file.is_ours() {
        return None;
    }
    file.path
        .trim_end_matches(".rs")
        .split('/')
        .find_map(|part| EMPTY_NAMES.iter().find(|name| **name == part))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, lines: usize) -> usize {
        let files = vec![File { path: path.to_owned(), text: "//!\n".repeat(lines) }];
        findings(&Tree { files, ..Tree::default() }).len()
    }

    fn found_at_the_top(names: &[&str]) -> Vec<String> {
        let top_level = names.iter().map(|name| (*name).to_owned()).collect();
        findings(&Tree { top_level, ..Tree::default() }).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn exactly_the_agreed_names_are_visible_at_the_top() {
        assert_eq!(found_at_the_top(&TOP_LEVEL), Vec::<String>::new());
        assert_eq!(found_at_the_top(&[&TOP_LEVEL[..], &["scripts"]].concat()), ["scripts"]);
        assert_eq!(found_at_the_top(&TOP_LEVEL[1..]), [TOP_LEVEL[0]]);
    }

    #[test]
    fn documents_stay_short() {
        assert_eq!(found("README.md", 99), 0);
        assert_eq!(found("README.md", 100), 1);
        assert_eq!(found("crates/README.md", 151), 1);
        assert_eq!(found("crates/stubgen/README.md", 500), 0);
    }

    #[test]
    fn long_sources_are_split_unless_they_are_generated() {
        assert_eq!(found("crates/a/src/lib.rs", 800), 0);
        assert_eq!(found("crates/a/src/lib.rs", 801), 1);
        assert_eq!(found("crates/a/src/generated/types.rs", 5000), 0);
        assert_eq!(found("crates/a/tests/golden/one/types.rs", 5000), 0);
    }

    #[test]
    fn names_that_say_nothing_are_refused() {
        assert_eq!(found("crates/a/src/utils.rs", 1), 1);
        assert_eq!(found("crates/common/src/lib.rs", 1), 1);
        assert_eq!(found("crates/a/src/commonly_used.rs", 1), 0);
    }
}
