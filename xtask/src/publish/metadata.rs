//! Which members are published, in which order, and whether their manifests say what a registry and its readers want to know.

use std::collections::BTreeSet;

use cargo_metadata::semver::Version;
use cargo_metadata::{DependencyKind, Metadata, Package, TargetKind};

use super::Problem;

/// The members that are published, each after those that it depends on.
pub(super) fn in_order(metadata: &Metadata) -> Vec<&Package> {
    let mut left: Vec<&Package> = metadata.packages.iter().filter(|package| is_published(package)).collect();
    left.sort_by(|a, b| a.name.cmp(&b.name));
    let mut ordered: Vec<&Package> = Vec::new();
    while !left.is_empty() {
        let waits = |package: &Package| {
            needs(package)
                .any(|name| left.iter().any(|other| *other.name == name && other.name != package.name))
        };
        // Cargo refuses circles, so that there always is one.
        let next = left.iter().position(|package| !waits(package)).unwrap_or(0);
        ordered.push(left.remove(next));
    }
    ordered
}

pub(super) fn is_published(package: &Package) -> bool {
    package.publish.as_ref().is_none_or(|registries| !registries.is_empty())
}

/// The members that a package needs from the registry. Those that only its tests need are left out of a package when they have no version.
fn needs(package: &Package) -> impl Iterator<Item = String> {
    let needed = package.dependencies.iter().filter(|dependency| {
        dependency.path.is_some()
            && (dependency.kind != DependencyKind::Development || dependency.req.to_string() != "*")
    });
    needed.map(|dependency| dependency.name.clone())
}

/// Whether it has a library, whose interface others may depend on.
pub(super) fn has_library(package: &Package) -> bool {
    package.targets.iter().any(|target| target.kind.contains(&TargetKind::Lib))
}

/// Whether the manifest says where the project lives.
pub(super) fn has_repository(package: &Package) -> bool {
    package.repository.as_ref().is_some_and(|url| !url.is_empty())
}

/// What is missing in the manifest of a package.
pub(super) fn problems(metadata: &Metadata, package: &Package) -> Vec<Problem> {
    let manifest =
        package.manifest_path.strip_prefix(&metadata.workspace_root).unwrap_or(&package.manifest_path);
    let mut problems = Vec::new();
    let mut missing = |is_missing: bool, what: &str, mend: &str| {
        if is_missing {
            problems.push(Problem { what: format!("{manifest} {what}"), mend: mend.to_owned() });
        }
    };
    let is_empty = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
    missing(is_empty(&package.description), "has no `description`", "say in a sentence what it is for");
    missing(
        package.license.is_none() && package.license_file.is_none(),
        "has no `license`",
        "write `license.workspace = true`",
    );
    missing(package.rust_version.is_none(), "has no `rust-version`", "write `rust-version.workspace = true`");
    let readme = package.readme();
    missing(
        readme.as_ref().is_none_or(|path| !path.is_file()),
        "has no `readme`, or names one that is not there",
        "write a README.md beside it, and `readme = \"README.md\"`",
    );
    missing(
        package.keywords.is_empty() || package.keywords.len() > 5,
        "needs one to five `keywords`",
        "write those that people search for",
    );
    missing(
        package.categories.is_empty(),
        "has no `categories`",
        "choose from https://crates.io/category_slugs",
    );
    missing(
        package.documentation.is_none(),
        "has no `documentation`",
        &format!("write `documentation = \"https://docs.rs/{}\"`", package.name),
    );
    let docs = package.metadata.get("docs").and_then(|docs| docs.get("rs"));
    missing(
        has_library(package) && docs.is_none(),
        "does not say how docs.rs builds it",
        "write `[package.metadata.docs.rs]` and `all-features = true`",
    );
    problems
}

/// Members whose requirement of another is not the version that is published with them.
pub(super) fn requirements(metadata: &Metadata, package: &Package, published: &[&Package]) -> Vec<Problem> {
    let names: BTreeSet<&str> = published.iter().map(|package| package.name.as_str()).collect();
    let version_of = |name: &str| -> Option<&Version> {
        metadata.packages.iter().find(|package| package.name == name).map(|package| &package.version)
    };
    let mut problems = Vec::new();
    for dependency in package.dependencies.iter().filter(|dependency| dependency.path.is_some()) {
        let name = dependency.name.as_str();
        if dependency.kind != DependencyKind::Development && !names.contains(name) {
            problems.push(Problem {
                what: format!("{} needs {name}, which is not published", package.name),
                mend: format!("publish {name}, too, or do without it"),
            });
        }
        // A lower requirement would let cargo choose an older one, which nobody tried together with this.
        let is_other = |version: &&Version| {
            dependency.req.to_string().trim_start_matches(['^', '=']) != version.to_string()
        };
        if let Some(version) = version_of(name).filter(is_other) {
            problems.push(Problem {
                what: format!("{} wants {name} {}, and it is {version}", package.name, dependency.req),
                mend: format!("write `version = \"{version}\"` for {name} in [workspace.dependencies]"),
            });
        }
    }
    problems
}

/// The least version that a change asks for: before 1.0.0 a breaking change is a minor one, and an addition a patch.
pub(super) fn least(last: &Version, level: stubgen::compat::Level) -> Version {
    use stubgen::compat::Level::{Major, Minor, Patch};
    match (level, last.major, last.minor) {
        (Major, 0, 0) | (Minor | Patch, 0, _) | (Patch, ..) => {
            Version::new(last.major, last.minor, last.patch + 1)
        }
        (Major, 0, minor) => Version::new(0, minor + 1, 0),
        (Minor, major, minor) => Version::new(major, minor + 1, 0),
        (Major, major, _) => Version::new(major + 1, 0, 0),
    }
}

#[cfg(test)]
mod tests {
    use stubgen::compat::Level::{Major, Minor, Patch};

    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn a_break_asks_for_what_cargo_takes_for_incompatible() {
        let rows = [
            ("0.1.2", Patch, "0.1.3"),
            ("0.1.2", Minor, "0.1.3"),
            ("0.1.2", Major, "0.2.0"),
            ("0.0.2", Major, "0.0.3"),
            ("1.2.3", Patch, "1.2.4"),
            ("1.2.3", Minor, "1.3.0"),
            ("1.2.3", Major, "2.0.0"),
        ];
        for (last, level, expected) in rows {
            assert_eq!(
                least(&Version::parse(last).unwrap(), level).to_string(),
                expected,
                "{last} {level:?}"
            );
        }
    }

    #[test]
    fn members_that_are_published_are_complete_and_come_after_what_they_need() {
        let metadata = Workspace::here().unwrap().metadata().unwrap();
        let ordered = in_order(&metadata);
        let names: Vec<&str> = ordered.iter().map(|package| package.name.as_str()).collect();
        assert!(names.contains(&"onezone-client"), "{names:?}");
        for (index, package) in ordered.iter().enumerate() {
            for name in needs(package) {
                let before = &names[..index];
                assert!(before.contains(&name.as_str()), "{} needs {name}: {names:?}", package.name);
            }
            let problems =
                [problems(&metadata, package), requirements(&metadata, package, &ordered)].concat();
            assert_eq!(problems, []);
        }
    }
}
