//! `cargo xtask sbom`: what a program of this workspace is made of, as a `CycloneDX` document. The tree is that which cargo builds for
//! the program alone, with the features it has there and for one target; checksums are those of `Cargo.lock`. There is neither time nor
//! chance in it: the same sources give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use cyclonedx_bom::models::component::{Classification, Scope};
use cyclonedx_bom::models::dependency::{Dependencies, Dependency};
use cyclonedx_bom::models::hash::{Hash, HashAlgorithm, HashValue, Hashes};
use cyclonedx_bom::models::license::{LicenseChoice, Licenses};
use cyclonedx_bom::prelude::{
    Bom, Component, Components, Metadata, Purl, SpdxExpression, SpecVersion, Validate as _,
};
use toml::de::DeTable;

use crate::files;
use crate::workspace::Workspace;

/// The version of `CycloneDX` that is written.
const VERSION: SpecVersion = SpecVersion::V1_5;

/// What `sbom` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The package of the program
    #[arg(default_value = "onezone-server")]
    package: String,
    /// The features that the program is built with beside its default ones, separated by commas
    #[arg(long, value_name = "FEATURES", default_value = "", hide_default_value = true)]
    features: String,
    /// The target that the program is built for [default: this machine's]
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Where to write it [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let text = document(workspace, &arguments.package, &arguments.features, arguments.target.as_deref())?;
    match &arguments.output {
        Some(file) => files::write(file, &text),
        None => match std::io::stdout().write_all(text.as_bytes()) {
            // Whoever reads it has read enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => written.context("cannot write to standard output"),
        },
    }
}

/// The document, with a line break at its end.
pub(crate) fn document(
    workspace: &Workspace,
    package: &str,
    features: &str,
    target: Option<&str>,
) -> anyhow::Result<String> {
    let built = Tree::of(workspace, package, features, target, "normal,build")?;
    // What only takes part in the building is not in the program.
    let linked = Tree::of(workspace, package, features, target, "normal,no-proc-macro")?;
    let checksums = checksums(workspace)?;
    let component = |id: &Id, kind| {
        let mut component = Component::new(kind, &id.name, &id.version, Some(id.reference()));
        component.scope = Some(if linked.edges.contains_key(id) { Scope::Required } else { Scope::Excluded });
        component.purl = Purl::new("cargo", &id.name, &id.version).ok();
        component.licenses = built.licences.get(id).map(|licence| licences(licence)).transpose()?;
        component.hashes = checksums.get(id).map(|checksum| {
            let content = HashValue(checksum.clone());
            Hashes(vec![Hash { alg: HashAlgorithm::SHA_256, content }])
        });
        anyhow::Ok(component)
    };
    let others = built.edges.keys().filter(|id| **id != built.root);
    let components: Result<Vec<_>, _> = others.map(|id| component(id, Classification::Library)).collect();
    let dependencies = built.edges.iter().map(|(id, needed)| Dependency {
        dependency_ref: id.reference(),
        dependencies: needed.iter().map(Id::reference).collect(),
    });
    let program = component(&built.root, Classification::Application)?;
    let bom = Bom {
        // A number of its own for each document would make each another one.
        serial_number: None,
        metadata: Some(Metadata { component: Some(program), ..Metadata::default() }),
        components: Some(Components(components?)),
        dependencies: Some(Dependencies(dependencies.collect())),
        ..Bom::default()
    };
    let validation = bom.validate_version(VERSION);
    if validation.has_errors() {
        bail!("what was made is no CycloneDX: {validation:?}");
    }
    let mut bytes = Vec::new();
    bom.output_as_json(&mut bytes, VERSION).context("cannot write the document")?;
    let mut text = String::from_utf8(bytes).context("the document is not text")?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// A package in one version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Id {
    name: String,
    version: String,
}

impl Id {
    /// Its name within the document.
    fn reference(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

/// What a program needs.
struct Tree {
    root: Id,
    /// Every package, and those it needs itself.
    edges: BTreeMap<Id, BTreeSet<Id>>,
    /// As the packages say it.
    licences: BTreeMap<Id, String>,
}

impl Tree {
    fn of(
        workspace: &Workspace,
        package: &str,
        features: &str,
        target: Option<&str>,
        edges: &str,
    ) -> anyhow::Result<Self> {
        let mut command = workspace.cargo(&["tree", "--locked", "--package", package, "--edges", edges]);
        command.args(["--features", features]);
        command.args(["--prefix", "depth", "--charset", "ascii", "--format", "|{p}|{l}|"]);
        if let Some(target) = target {
            command.args(["--target", target]);
        }
        let output = command.output().context("cannot run cargo tree")?;
        if !output.status.success() {
            bail!("cargo tree failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Self::parse(&String::from_utf8_lossy(&output.stdout))
    }

    /// From lines such as `1|anyhow v1.0.104|MIT OR Apache-2.0|`, each below the last one with a smaller number.
    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut tree = Self {
            root: Id { name: String::new(), version: String::new() },
            edges: BTreeMap::new(),
            licences: BTreeMap::new(),
        };
        let mut path: Vec<Id> = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let (depth, id, licence) =
                entry(line).with_context(|| format!("cargo tree says something new: {line}"))?;
            path.truncate(depth);
            if let Some(parent) = path.last() {
                tree.edges.entry(parent.clone()).or_default().insert(id.clone());
            }
            tree.edges.entry(id.clone()).or_default();
            if !licence.is_empty() {
                tree.licences.insert(id.clone(), licence.to_owned());
            }
            path.push(id);
        }
        tree.root = path.into_iter().next().context("cargo tree says nothing")?;
        Ok(tree)
    }
}

fn entry(line: &str) -> Option<(usize, Id, &str)> {
    let mut parts = line.split('|');
    let depth = parts.next()?.parse().ok()?;
    let mut words = parts.next()?.split(' ');
    let (name, version) = (words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned());
    Some((depth, Id { name, version }, parts.next()?))
}

/// Some packages still write their licences as was usual before there were expressions.
fn licences(text: &str) -> anyhow::Result<Licenses> {
    let expression = SpdxExpression::parse_lax(text.to_owned())
        .map_err(|error| anyhow::anyhow!("{text:?} is no licence: {error}"))?;
    Ok(Licenses(vec![LicenseChoice::Expression(expression)]))
}

/// The checksums of the packages of registries.
fn checksums(workspace: &Workspace) -> anyhow::Result<BTreeMap<Id, String>> {
    let text =
        std::fs::read_to_string(workspace.root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let table = DeTable::parse(&text).context("cannot read Cargo.lock")?;
    let packages = table.get_ref().get("package").and_then(|packages| packages.get_ref().as_array());
    let checksum = |package: &toml::Spanned<toml::de::DeValue<'_>>| {
        let package = package.get_ref().as_table()?;
        let text = |key: &str| Some(package.get(key)?.get_ref().as_str()?.to_owned());
        Some((Id { name: text("name")?, version: text("version")? }, text("checksum")?))
    };
    Ok(packages.context("Cargo.lock has no packages")?.iter().filter_map(checksum).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn of_the_server() -> Value {
        with_features("")
    }

    fn with_features(features: &str) -> Value {
        let text = document(&Workspace::here().unwrap(), "onezone-server", features, None).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn what_a_feature_brings_is_there_with_it_and_not_without() {
        let names = |bill: &Value| texts(&bill["components"], "name").contains("opentelemetry");
        assert_eq!((names(&of_the_server()), names(&with_features("otlp"))), (false, true));
    }

    fn texts<'a>(values: &'a Value, key: &str) -> BTreeSet<&'a str> {
        values.as_array().unwrap().iter().map(|value| value[key].as_str().unwrap()).collect()
    }

    #[test]
    fn the_bill_of_the_server_names_what_it_is_built_of_and_nothing_of_the_tests() {
        let bill = of_the_server();
        assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
        assert_eq!(bill["metadata"]["component"]["name"], "onezone-server");
        let names = texts(&bill["components"], "name");
        for name in ["hyper", "rustls", "rusqlite", "libsqlite3-sys", "tokio-postgres", "onezone-store"] {
            assert!(names.contains(name), "{name} is missing");
        }
        for name in ["proptest", "rcgen", "onezone-client", "stubgen", "wiremock"] {
            assert!(!names.contains(name), "{name} is in no server");
        }
    }

    #[test]
    fn every_part_has_its_licence_its_checksum_and_its_place_in_the_tree() {
        let bill = of_the_server();
        let components = bill["components"].as_array().unwrap();
        let references = texts(&bill["components"], "bom-ref");
        assert_eq!(references.len(), components.len(), "a part is named twice");
        let ours = |name: &str| name.starts_with("onezone-") || name.starts_with("stubgen");
        for component in components {
            let name = component["name"].as_str().unwrap();
            assert!(component["licenses"][0]["expression"].is_string(), "{component}");
            assert!(component["purl"].as_str().unwrap().starts_with("pkg:cargo/"), "{component}");
            let checksum = component["hashes"][0]["content"].as_str().map_or(0, str::len);
            assert_eq!(checksum, if ours(name) { 0 } else { 64 }, "{component}");
        }
        let scope = |name: &str| {
            components.iter().find(|component| component["name"] == name).unwrap()["scope"].clone()
        };
        assert_eq!(
            (scope("tokio"), scope("serde_derive"), scope("cc")),
            ("required".into(), "excluded".into(), "excluded".into())
        );
        for dependency in bill["dependencies"].as_array().unwrap() {
            for needed in dependency["dependsOn"].as_array().into_iter().flatten() {
                assert!(references.contains(needed.as_str().unwrap()), "{needed} is nowhere");
            }
        }
        assert_eq!(bill["dependencies"].as_array().unwrap().len(), components.len() + 1);
    }

    #[test]
    fn the_same_sources_give_the_same_bill() {
        let workspace = Workspace::here().unwrap();
        let made = || document(&workspace, "onezone-rest-cli", "", None).unwrap();
        assert_eq!(made(), made());
    }

    #[test]
    fn a_package_that_is_not_there_has_no_bill() {
        let error =
            document(&Workspace::here().unwrap(), "no-such-package", "", None).unwrap_err().to_string();
        assert!(error.starts_with("cargo tree failed"), "{error}");
    }

    #[test]
    fn the_tree_is_read_from_its_lines() {
        let tree = Tree::parse("0|a v1.0.0 (/x)|MIT|\n1|b v2.0.0|MIT/Apache-2.0|\n2|c v3.0.0 (proc-macro)|Zlib|\n1|c v3.0.0|Zlib| (*)\n").unwrap();
        let id = |name: &str, version: &str| Id { name: name.to_owned(), version: version.to_owned() };
        let (a, b, c) = (id("a", "1.0.0"), id("b", "2.0.0"), id("c", "3.0.0"));
        assert_eq!(tree.root, a);
        assert_eq!(tree.edges[&a], BTreeSet::from([b.clone(), c.clone()]));
        assert_eq!(tree.edges[&b], BTreeSet::from([c.clone()]));
        assert!(tree.edges[&c].is_empty());
        assert_eq!(tree.licences[&b], "MIT/Apache-2.0");
        assert!(Tree::parse("what is this\n").is_err() && Tree::parse("").is_err());
    }
}
