//! Which member may know which: the dependency invariants, from what cargo says.

use std::collections::BTreeSet;

use cargo_metadata::DependencyKind;

use super::{File, Finding, Package, Tree};

/// The members that must build while generated code is broken, because they mend it.
const REGENERATING: [&str; 2] = ["xtask", "stubgen"];

/// The generated crates that keep their own types, so that tests between them go over the wire.
const WIRE_ENDS: [&str; 2] = ["onezone-api", "onezone-client"];

/// The only crate of this workspace that a generated crate may link.
const RUNTIME: &str = "stubgen-runtime";

/// The members that may know both the generated trait and the store: the filling of the stubs, the program that
/// brings both together, and what tries both with any bytes.
const KNOW_BOTH: [&str; 3] = ["onezone-handlers", "onezone-server", "fuzz-targets"];

/// What the store must not know.
const HTTP: [&str; 8] =
    ["dropshot", "http", "http-body", "hyper", "hyper-util", "reqwest", RUNTIME, "onezone-api"];

/// What of the standard library a member must not reach for, and why.
const REACHES: &[(&str, &[&str], &str)] = &[
    (
        "crates/stubgen/src/",
        &[
            "std::fs",
            "std::net::TcpStream",
            "std::net::TcpListener",
            "std::net::UdpSocket",
            "std::process",
            "std::env",
        ],
        "the generator does no I/O: text comes in and files go out through `generate`",
    ),
    (
        "crates/onezone-tokens/src/",
        &[
            "std::fs",
            "std::env",
            "TcpStream",
            "TcpListener",
            "UdpSocket",
            "ToSocketAddrs",
            "SystemTime",
            "Utc::now",
        ],
        "tokens are pure functions: the caller passes in the time and the records",
    ),
];

/// Every broken dependency rule.
pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for package in &tree.packages {
        regenerating(tree, package, &mut found);
        wire_ends(tree, package, &mut found);
        trait_and_store(package, &mut found);
    }
    for file in tree.files.iter().filter(|file| file.is_rust()) {
        reaches(file, &mut found);
        backends(file, &mut found);
    }
    found
}

fn regenerating(tree: &Tree, package: &Package, found: &mut Vec<Finding>) {
    if !REGENERATING.contains(&package.name.as_str()) {
        return;
    }
    for reached in reachable(tree, package) {
        if tree.packages.iter().any(|other| other.name == reached && other.is_generated) {
            found.push(Finding {
                place: package.name.clone(),
                problem: format!(
                    "depends on {reached}, which holds generated code: a broken stub would keep it from being \
                     generated again. Remove the dependency"
                ),
            });
        }
    }
}

fn wire_ends(tree: &Tree, package: &Package, found: &mut Vec<Finding>) {
    if !WIRE_ENDS.contains(&package.name.as_str()) {
        return;
    }
    for name in linked(package) {
        if name != RUNTIME && tree.packages.iter().any(|other| other.name == name) {
            found.push(Finding {
                place: package.name.clone(),
                problem: format!(
                    "depends on {name}: a generated crate links no other crate of this workspace than {RUNTIME}. \
                     Move what it needs into it, or into the crate that uses both"
                ),
            });
        }
    }
}

fn trait_and_store(package: &Package, found: &mut Vec<Finding>) {
    let linked: BTreeSet<&str> = linked(package).collect();
    let knows_both = linked.contains("onezone-api") && linked.contains("onezone-store");
    if knows_both && !KNOW_BOTH.contains(&package.name.as_str()) {
        found.push(Finding {
            place: package.name.clone(),
            problem:
                "knows both the generated trait and the store: only onezone-handlers brings them together"
                    .to_owned(),
        });
    }
    if package.name == "onezone-store" {
        for name in linked.iter().filter(|name| HTTP.contains(name)) {
            found.push(Finding {
                place: package.name.clone(),
                problem: format!(
                    "depends on {name}: the store knows nothing of HTTP; map it in onezone-handlers"
                ),
            });
        }
    }
}

fn reaches(file: &File, found: &mut Vec<Finding>) {
    for (folder, words, why) in REACHES {
        // The program around the generator is what brings it files.
        if !file.path.starts_with(folder) || file.path.starts_with("crates/stubgen/src/bin/") {
            continue;
        }
        for (number, line) in file.program_lines().filter(|(_, line)| !is_comment(line)) {
            for word in words.iter().filter(|word| line.contains(*word)) {
                found.push(Finding {
                    place: format!("{}:{number}", file.path),
                    problem: format!("uses `{word}`: {why}"),
                });
            }
        }
    }
}

/// Only the store itself and the server program name a concrete storage.
fn backends(file: &File, found: &mut Vec<Finding>) {
    let may = ["crates/onezone-store/", "crates/onezone-server/", "xtask/"];
    if may.iter().any(|folder| file.path.starts_with(folder)) {
        return;
    }
    for (number, line) in file.program_lines().filter(|(_, line)| !is_comment(line)) {
        if ["sqlite::", "postgres::", "SqliteStore", "PostgresStore"].iter().any(|name| line.contains(name)) {
            found.push(Finding {
                place: format!("{}:{number}", file.path),
                problem: "names a storage backend: only onezone-server chooses one; take the store's trait"
                    .to_owned(),
            });
        }
    }
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

/// What ends up in a program that uses the package.
fn linked(package: &Package) -> impl Iterator<Item = &str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|dependency| dependency.name.as_str())
}

/// The members that have to build before the package's own tests do.
fn reachable<'a>(tree: &'a Tree, package: &'a Package) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut pending: Vec<&str> =
        package.dependencies.iter().map(|dependency| dependency.name.as_str()).collect();
    while let Some(name) = pending.pop() {
        if let Some(member) = tree.packages.iter().find(|member| member.name == name)
            && reached.insert(name)
        {
            pending.extend(linked(member));
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::super::Dependency;
    use super::*;

    fn package(name: &str, is_generated: bool, dependencies: &[(&str, DependencyKind)]) -> Package {
        let dependencies = dependencies
            .iter()
            .map(|(name, kind)| Dependency { name: (*name).to_owned(), kind: *kind })
            .collect();
        Package { name: name.to_owned(), is_generated, dependencies }
    }

    fn found(packages: Vec<Package>) -> Vec<String> {
        findings(&Tree { packages, ..Tree::default() }).iter().map(ToString::to_string).collect()
    }

    fn found_in(path: &str, text: &str) -> Vec<String> {
        let files = vec![File { path: path.to_owned(), text: text.to_owned() }];
        findings(&Tree { files, ..Tree::default() }).iter().map(ToString::to_string).collect()
    }

    const NORMAL: DependencyKind = DependencyKind::Normal;
    const DEVELOPMENT: DependencyKind = DependencyKind::Development;

    #[test]
    fn xtask_may_not_reach_generated_code_through_another_member() {
        let packages = vec![
            package("xtask", false, &[("between", DEVELOPMENT)]),
            package("between", false, &[("onezone-api", NORMAL)]),
            package("onezone-api", true, &[]),
        ];
        let found = found(packages);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("xtask: depends on onezone-api"), "{found:?}");
    }

    #[test]
    fn the_generated_client_may_link_the_runtime_alone() {
        let packages = vec![
            package(
                "onezone-client",
                true,
                &[("onezone-api", NORMAL), (RUNTIME, NORMAL), ("stubgen", DEVELOPMENT)],
            ),
            package("onezone-api", true, &[]),
            package(RUNTIME, false, &[]),
            package("stubgen", false, &[]),
        ];
        let found = found(packages);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("onezone-client: depends on onezone-api"), "{found:?}");
    }

    #[test]
    fn only_the_handlers_and_the_server_know_both_trait_and_store() {
        let both: &[(&str, DependencyKind)] = &[("onezone-api", NORMAL), ("onezone-store", NORMAL)];
        assert_eq!(found(vec![package("onezone-handlers", false, both)]), Vec::<String>::new());
        assert_eq!(found(vec![package("onezone-rest-cli", false, both)]).len(), 1);
    }

    #[test]
    fn the_store_knows_nothing_of_http() {
        let store = |kind| package("onezone-store", false, &[("hyper", kind)]);
        assert_eq!(found(vec![store(NORMAL)]).len(), 1);
        assert_eq!(found(vec![store(DEVELOPMENT)]), Vec::<String>::new());
    }

    #[test]
    fn the_generator_does_no_input_or_output() {
        let text = "//! std::fs in a comment.\nuse std::fs;\n";
        let found = found_in("crates/stubgen/src/load.rs", text);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/stubgen/src/load.rs:2: uses `std::fs`"), "{found:?}");
        assert_eq!(found_in("crates/onezone-tokens/src/lib.rs", "let now = SystemTime::now();").len(), 1);
    }

    #[test]
    fn a_backend_is_named_by_the_server_alone() {
        let text = "use onezone_store::sqlite::SqliteStore;\n";
        assert_eq!(found_in("crates/onezone-handlers/src/lib.rs", text).len(), 1);
        assert_eq!(found_in("crates/onezone-server/src/lib.rs", text), Vec::<String>::new());
        assert_eq!(found_in("crates/onezone-handlers/tests/all.rs", text), Vec::<String>::new());
    }
}
