//! The program as people use it: real processes, their output and their exit codes.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

mod audit;
mod backup;
mod chapters;
mod config;
mod daily;
#[cfg(unix)]
mod doctor;
mod help;
mod keys;
mod manual;
mod nouns;
mod packaging;
#[cfg(unix)]
mod postgres;
mod serve;
mod streams;
mod token;
mod zone;

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;

/// How the lines end that say how far a long piece of work has come.
const PROGRESS: [&str; 4] = [" MiB", " tokens", " secrets", " records"];

/// A data directory of its own for each test.
struct Home {
    directory: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        use std::io::Write as _;
        let path = self.path(name);
        let mut file = std::fs::File::create(&path).expect("a file is created");
        file.write_all(text.as_bytes()).expect("a file is written");
        path
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("onezone-server").expect("the program is built");
        // The machine may have a file of its own.
        command.env_clear().env("ONEZONE_CONFIG", "/dev/null").env("ONEZONE_DATA_DIR", self.path("data"));
        // There is one usual port for health and metrics, and there are many tests.
        command.env("ONEZONE_METRICS_LISTEN", "off");
        command.current_dir(self.directory.path()).args(arguments);
        command
    }

    /// Runs a command that has to succeed and gives its standard output.
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the program runs");
        assert!(output.status.success(), "{arguments:?}: {}", error_of(&output));
        let error = error_of(&output);
        // A slow machine is told how far it has come.
        let is_progress = |line: &&str| PROGRESS.iter().any(|unit| line.ends_with(unit));
        assert_eq!(error.lines().find(|line| !is_progress(line)), None, "{arguments:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs a command that has to fail with this exit code and gives its standard error.
    fn fail(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the program runs");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", error_of(&output));
        assert!(output.stdout.is_empty(), "{arguments:?} printed a result");
        error_of(&output)
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--output", "json"]).collect();
        serde_json::from_str(&self.run(&arguments)).expect("JSON")
    }
}

fn error_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}
