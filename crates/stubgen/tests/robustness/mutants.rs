//! What is generated from changed documents compiles: one workspace of many, and one run of the compiler.
//!
//! `STUBGEN_MUTANTS=200 cargo nextest run -p stubgen --test robustness mutants` looks longer.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use stubgen::workspace::{Workspace, workspace};
use stubgen::{Dependency, Options, Source};

use crate::change::{changed, edits};
use crate::{document, hostile};

/// What is before the versions in the manifest of a workspace.
const VERSIONS: &str = "[workspace.dependencies]\n";

fn made(index: usize, document: &Value, runtime: &str) -> Option<Workspace> {
    let text = document.to_string();
    let name = format!("m{index}");
    let options = Options {
        name: &name,
        command: "make",
        skip_unsupported: true,
        runtime: Dependency::Path(runtime),
        ..Options::default()
    };
    let made = workspace(&Source { name: "spec.json", text: &text }, &options).ok()?;
    (made.generated.operations > made.generated.left_out.len()).then_some(made)
}

/// Changed documents of which something is generated, and different things; always the same ones.
fn mutants(count: usize, runtime: &str) -> Vec<(Value, Workspace)> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let begun = prop_oneof![
        2 => Just(document::modern()),
        1 => Just(document::swagger()),
        3 => prop::sample::select(document::goldens()),
    ];
    let strategy = (begun, edits(3)).prop_map(|(begun, edits)| changed(begun, &edits));
    let mut known = BTreeSet::new();
    let mut found = vec![hostile::hostile_throughout()];
    let mut all = Vec::new();
    while all.len() < count {
        let document =
            found.pop().unwrap_or_else(|| strategy.new_tree(&mut runner).expect("a document").current());
        if let Some(made) = made(all.len(), &document, runtime)
            && known.insert(made.generated.normalised.to_string())
        {
            all.push((document, made));
        }
    }
    all
}

fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::File::create(path).expect("a file").write_all(text.as_bytes()).expect("written");
}

#[test]
fn what_is_generated_from_mutants_compiles_without_warnings() {
    let count = std::env::var("STUBGEN_MUTANTS").ok().and_then(|count| count.parse().ok()).unwrap_or(6);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let runtime = root.join("crates/stubgen-runtime").canonicalize().expect("the runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let mut versions = BTreeSet::new();
    let mut head = String::new();
    for (index, (document, made)) in mutants(count, &runtime.to_string_lossy()).into_iter().enumerate() {
        for (path, file) in &made.files {
            match path.as_str() {
                "Cargo.toml" => {
                    let (before, lines) = file.text.split_once(VERSIONS).expect("versions");
                    versions.extend(lines.lines().map(str::to_owned));
                    before.clone_into(&mut head);
                }
                path => put(folder.path(), path, &file.text),
            }
        }
        // A failure names the package, and this is what it was made of.
        put(folder.path(), &format!("m{index}.json"), &document.to_string());
    }
    let members =
        head.lines().map(|line| if line.starts_with("members") { "members = [\"m*-*\"]" } else { line });
    let head: Vec<_> = members.collect();
    let versions: Vec<_> = versions.into_iter().collect();
    put(folder.path(), "Cargo.toml", &format!("{}\n{VERSIONS}{}\n", head.join("\n"), versions.join("\n")));
    fs::copy(root.join("Cargo.lock"), folder.path().join("Cargo.lock")).expect("the versions");

    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let run = Command::new(env!("CARGO"))
        .args(["check", "--workspace", "--keep-going", "--quiet"])
        .current_dir(folder.path())
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&run.stderr);
    let is_clean = run.status.success() && !errors.contains("warning");
    // The folder stays when there is something to look at.
    let folder = if is_clean { folder.path().to_owned() } else { folder.keep() };
    assert!(is_clean, "{} does not compile:\n{errors}", folder.display());
}
