//! A small workspace in a repository of git, and a program in the place of cargo that writes down what it is asked to do.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::files;
use crate::generate::{self, Mode};

const CARGO: &str = r#"#!/bin/sh
# Words that a file `fail-WORD` is there for fail with its text; `info NAME@VERSION` knows what a file `published-NAME` is there for.
folder=$(dirname "$0")
echo "$*" >> "$folder/log"
if [ "$1" = info ]; then
  [ -e "$folder/offline" ] && { echo "error: no network" >&2; exit 101; }
  [ -e "$folder/published-${3%@*}" ] && exit 0
  echo "error: could not find \`$3\` in registry" >&2
  exit 101
fi
for word in "$1" "$2" "$5"; do
  if [ -n "$word" ] && [ -e "$folder/fail-$word" ]; then
    cat "$folder/fail-$word" >&2
    exit 101
  fi
done
exit 0
"#;

const ROOT: &str = r#"[workspace]
resolver = "3"
members = ["crates/*"]
exclude = ["crates/onezone-api", "crates/onezone-rest-cli"]

[workspace.package]
version = "0.1.0"

[workspace.dependencies]
onezone-client = { path = "crates/onezone-client", version = "0.1.0" }
"#;

const DOCUMENT: &str = "openapi: 3.0.3\ninfo: {title: Pets, version: 1.0.0}\npaths:\n  /pets:\n    get:\n      operationId: list_pets\n      responses:\n        '200': {description: All pets}\n";

/// A workspace that nothing speaks against publishing, but for the place where it lives.
pub(crate) struct Repository {
    folder: tempfile::TempDir,
    root: PathBuf,
}

impl Repository {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // What cargo says of paths has no links in it.
        let root = folder.path().canonicalize().unwrap().join("work");
        let repository = Self { folder, root };
        repository.write("Cargo.toml", ROOT);
        repository.write("openapi.yaml", DOCUMENT);
        repository.write("Cargo.lock", "version = 4\n");
        repository.package("onezone-client", "");
        repository.package("a-tool", "[dependencies]\nonezone-client.workspace = true\n");
        repository.write(
            "crates/onezone-client/CHANGELOG.md",
            "# Changelog\n\n## [0.1.0] - 2026-11-22\n\n### Added\n\n- Pets.\n",
        );
        repository.write(
            "crates/internal/Cargo.toml",
            "[package]\nname = \"internal\"\nversion.workspace = true\nedition = \"2024\"\npublish = false\n",
        );
        repository.write("crates/internal/src/lib.rs", "");
        generate::generate(repository.root(), Mode::Write, &mut std::io::sink()).unwrap();
        repository.git(&["init", "--quiet"]);
        for (key, value) in [
            ("user.name", "A"),
            ("user.email", "a@a.example"),
            ("commit.gpgsign", "false"),
            ("tag.gpgsign", "false"),
        ] {
            repository.git(&["config", key, value]);
        }
        repository.commit();
        let cargo = repository.programs().join("cargo");
        files::write(&cargo, CARGO).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        repository
    }

    fn package(&self, name: &str, rest: &str) {
        let manifest = format!(
            "[package]\nname = \"{name}\"\ndescription = \"Pets\"\nversion.workspace = true\nedition = \"2024\"\nrust-version = \"1.89\"\n\
             license = \"MIT\"\nreadme = \"README.md\"\nkeywords = [\"pets\"]\ncategories = [\"api-bindings\"]\n\
             documentation = \"https://docs.rs/{name}\"\n\n[package.metadata.docs.rs]\nall-features = true\n\n{rest}"
        );
        self.write(&format!("crates/{name}/Cargo.toml"), &manifest);
        self.write(&format!("crates/{name}/README.md"), "Pets\n");
        self.write(&format!("crates/{name}/src/lib.rs"), "");
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the program in the place of cargo.
    pub(crate) fn programs(&self) -> PathBuf {
        self.folder.path().join("programs")
    }

    /// What cargo was asked to do.
    pub(crate) fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.programs().join("log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Puts a file beside the program in the place of cargo.
    pub(crate) fn tell(&self, name: &str, text: &str) {
        files::write(&self.programs().join(name), text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        files::write(&self.root.join(path), text).unwrap();
    }

    pub(crate) fn change(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from}");
        self.write(path, &text.replace(from, to));
    }

    /// Makes all members this version.
    pub(crate) fn version(&self, from: &str, to: &str) {
        self.change("Cargo.toml", from, to);
    }

    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a change"]);
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git").args(arguments).current_dir(&self.root).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}
