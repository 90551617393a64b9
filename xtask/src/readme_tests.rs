//! The README, followed by a newcomer: every command of its shell blocks is run as it is written, in its order, in an
//! empty home. What a person would read off the screen, the address of a server, is put in its place.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::files;
use crate::server::{Program, Running};
use crate::workspace::Workspace;

/// The address that the README names, since it is the default.
const SHOWN: &str = "127.0.0.1:8080";

/// What runs this test, and so cannot be run by it.
const NOT_RUN: [&str; 1] = ["cargo xtask test"];

/// What may fail on a fresh checkout, if it says this: nobody has said yet where the project lives.
const MAY_FAIL: [(&str, &str); 1] = [("cargo xtask publish --dry-run", "--set-repository")];

/// The commands that show something, and what.
const PRINTED: [(&str, &str); 4] = [
    ("cargo xtask compat", "openapi.yaml"),
    ("onezone-rest-cli listNamedTokensOfProvider", "\"tokens\""),
    ("curl -H", "\"tokens\""),
    ("onezone-rest-cli --dry-run", "/users/alice/tokens/named"),
];

/// A newcomer: a home with nothing in it, and what is remembered between commands.
struct Newcomer {
    workspace: Workspace,
    home: tempfile::TempDir,
    variables: BTreeMap<String, String>,
    running: Running,
    servers: Vec<Program>,
    /// Where the server listens in truth, instead of [`SHOWN`].
    address: Option<String>,
}

impl Newcomer {
    fn new() -> Self {
        let workspace = Workspace::here().unwrap();
        let target = workspace.metadata().unwrap().target_directory;
        let home = tempfile::tempdir().unwrap();
        let own = |name: &str| home.path().join(name).display().to_string();
        install_shim(&home.path().join("bin/cargo"));
        let path = format!("{}:{}:{}", own("bin"), own("installed"), std::env::var("PATH").unwrap());
        let variables = [
            ("PATH", path),
            ("CARGO_TARGET_DIR", target.to_string()),
            ("ONEZONE_LISTEN", "127.0.0.1:0".to_owned()),
            ("REAL_CARGO", std::env::var("CARGO").unwrap()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value)).into();
        Self { workspace, home, variables, running: Running::default(), servers: Vec::new(), address: None }
    }

    /// Types a command, and gives what it prints.
    fn types(&mut self, command: &str) -> String {
        let command = match &self.address {
            Some(address) => command.replace(SHOWN, address),
            None => command.to_owned(),
        };
        if let Some(assignments) = command.strip_prefix("export ") {
            self.remembers(assignments);
            return String::new();
        }
        if starts_server(&command) {
            self.serves(&command);
            return String::new();
        }
        let output = self.shell(&command).output().unwrap();
        let printed =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let is_expected = MAY_FAIL.iter().any(|(other, said)| *other == command && printed.contains(said));
        assert!(
            output.status.success() || is_expected,
            "`{command}` ended with {}:\n{printed}",
            output.status
        );
        printed
    }

    /// What is exported holds for the commands after it.
    fn remembers(&mut self, assignments: &str) {
        let names: Vec<String> = assignments
            .split_whitespace()
            .filter_map(|word| word.split_once('='))
            .map(|(name, _)| name.to_owned())
            .filter(|name| name.chars().all(|character| character.is_ascii_uppercase() || character == '_'))
            .collect();
        assert!(!names.is_empty(), "nothing is exported by {assignments}");
        for name in names {
            let printed =
                self.shell(&format!("export {assignments}; printf %s \"${name}\"")).output().unwrap();
            self.variables.insert(name, String::from_utf8(printed.stdout).unwrap());
        }
    }

    /// Starts a server, as in another terminal, instead of the one before.
    fn serves(&mut self, command: &str) {
        self.stops();
        let command = command.replacen("cargo xtask run", "cargo xtask run --listen 127.0.0.1:0", 1);
        let mut server =
            self.running.start(self.shell(&format!("exec {command}")).stdout(Stdio::piped())).unwrap();
        let base = server.address().unwrap();
        let address = base.split("://").nth(1).unwrap().split('/').next().unwrap();
        self.address = Some(address.to_owned());
        self.servers.push(server);
    }

    fn stops(&mut self) {
        for server in self.servers.drain(..) {
            let status = server.stop().unwrap();
            assert!(status.success(), "the server ended with {status}");
        }
    }

    fn shell(&self, command: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(&self.workspace.root).stdin(Stdio::null());
        // Rust's own settings stay; of ours, only those that the newcomer makes.
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ONEZONE_"))
        {
            shell.env_remove(name);
        }
        shell.env_remove("XDG_DATA_HOME").env_remove("XDG_CONFIG_HOME");
        shell.env("HOME", self.home.path()).envs(&self.variables);
        shell
    }
}

/// A cargo that takes what the other tests have built, with the features of the whole workspace, where an optimized build
/// or one with other features would take minutes and show nothing more. What is written here is all that it changes.
const CARGO: &str = r#"#!/bin/sh
set -e
task=$1
shift
case "$task" in
xtask)
    [ "$1" != publish ] || set -- "$@" --allow-dirty
    "$REAL_CARGO" build --quiet --workspace --all-features --bins
    CARGO=$0 exec "$CARGO_TARGET_DIR/debug/xtask" "$@"
    ;;
install)
    for folder; do :; done
    "$REAL_CARGO" metadata --no-deps --format-version 1 --manifest-path "$folder/Cargo.toml" > /dev/null
    mkdir -p "$HOME/installed"
    cp "$CARGO_TARGET_DIR/debug/${folder##*/}" "$HOME/installed/"
    ;;
build | check) exec "$REAL_CARGO" "$task" --quiet --workspace --all-features ;;
doc) exec "$REAL_CARGO" doc --quiet --workspace --all-features --no-deps ;;
package) exec "$REAL_CARGO" package --no-verify "$@" ;;
*) exec "$REAL_CARGO" "$task" "$@" ;;
esac
"#;

fn install_shim(path: &Path) {
    files::write(path, CARGO).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn starts_server(command: &str) -> bool {
    command.starts_with("cargo xtask run") || command.starts_with("onezone-server serve")
}

/// The commands of the blocks for a shell, without their comments; a line that ends in a backslash goes on.
fn commands(readme: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut is_shell = false;
    let mut goes_on = false;
    for line in readme.lines() {
        if let Some(language) = line.strip_prefix("```") {
            is_shell = language == "sh";
            continue;
        }
        let line = line.split(" # ").next().unwrap_or_default().trim_end();
        if !is_shell || line.is_empty() || line.starts_with('#') {
            continue;
        }
        match commands.last_mut().filter(|_| goes_on) {
            Some(command) => {
                command.push('\n');
                command.push_str(line);
            }
            None => commands.push(line.to_owned()),
        }
        goes_on = line.ends_with('\\');
    }
    commands
}

fn readme() -> String {
    fs::read_to_string(Workspace::here().unwrap().root.join("README.md")).unwrap()
}

#[test]
fn every_command_of_the_readme_does_what_it_says() {
    let readme = readme();
    let mut newcomer = Newcomer::new();
    let mut printed = Vec::new();
    let (mut run, mut not_run) = (0, 0);
    for command in commands(&readme) {
        if NOT_RUN.contains(&command.as_str()) {
            not_run += 1;
            continue;
        }
        printed.push((newcomer.types(&command), command));
        run += 1;
    }
    newcomer.stops();
    assert_eq!(not_run, NOT_RUN.len());
    assert!(run >= 10, "only {run} commands were found");
    for (part, expected) in PRINTED {
        let (text, _) = printed.iter().find(|(_, command)| command.contains(part)).unwrap();
        assert!(text.contains(expected), "`{part}` does not print {expected:?}:\n{text}");
    }
}

#[test]
fn every_link_of_the_readme_leads_to_a_file() {
    let workspace = Workspace::here().unwrap();
    let text = readme();
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let local: Vec<PathBuf> = links
        .filter(|link| !link.starts_with("http"))
        .map(|link| workspace.root.join(link.split('#').next().unwrap_or_default()))
        .collect();
    assert!(local.len() > 5, "{local:?}");
    for path in local {
        assert!(path.exists(), "README.md leads to {}, which is not there", path.display());
    }
}
