//! `cargo xtask generate --spec FILE --out DIR`: a whole workspace for any document, by the same code as the program `stubgen`.

#[path = "../../crates/stubgen/src/bin/stubgen/files.rs"]
mod machine;

use std::io::{self, IsTerminal};
use std::time::Instant;

use stubgen::Dependency;
use stubgen::cli::{self, Arguments, Caller, Console, Mode};

use crate::workspace::Workspace;
use machine::Files;

/// Carries out the command and gives the exit status.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, mode: Mode) -> u8 {
    let started = Instant::now();
    // The runtime that stands beside the generator is the one it generates for.
    let runtime = workspace.root.join("crates/stubgen-runtime");
    let runtime = runtime.to_string_lossy();
    let caller = Caller {
        command: "cargo xtask generate",
        runtime: Dependency::Path(&runtime),
        disk: &Files,
        clock: &|| started.elapsed(),
    };
    let mut console = Console {
        output: &mut io::stdout(),
        errors: &mut io::stderr(),
        is_terminal: io::stderr().is_terminal(),
    };
    cli::execute(arguments, mode, &caller, &mut console)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use stubgen::workspace::Disk as _;

    use super::*;
    use crate::files;

    /// Its paths are no object.
    const DOCUMENT: &str = "openapi: 3.0.3\ninfo: {title: A, version: 1.0.0}\n\
        paths: []\n";

    fn listed(folder: &Path) -> Vec<String> {
        files::read_tree(folder, &|_| false).unwrap().into_keys().collect()
    }

    #[test]
    fn a_document_that_is_refused_leaves_no_file_and_a_report() {
        let folder = tempfile::tempdir().unwrap();
        files::write(&folder.path().join("a.yaml"), DOCUMENT).unwrap();
        let arguments = Arguments {
            spec: Some(folder.path().join("a.yaml")),
            out: Some(folder.path().join("out")),
            name: None,
            skip_unsupported: false,
            strict: false,
            report: Some(folder.path().join("report.json")),
            runtime: None,
        };
        let status = run(&Workspace::here().unwrap(), &arguments, Mode::Write);
        assert_eq!(status, cli::REFUSED);
        assert_eq!(listed(folder.path()), ["a.yaml", "report.json"]);
        let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
        assert!(report.contains("\"wrong-type\"") && report.contains("\"line\": 3"), "{report}");
    }

    #[test]
    fn the_files_of_the_machine_can_be_written_moved_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        assert_eq!(Files.read(&path("a")).unwrap(), None);
        assert_eq!(Files.list(&path("b")).unwrap(), Vec::<String>::new());
        Files.write(&path("b/c/d.new"), "text").unwrap();
        Files.rename(&path("b/c/d.new"), &path("b/c/d")).unwrap();
        Files.write(&path("b/stays"), "text").unwrap();
        assert_eq!(Files.list(&path("b/")).unwrap(), ["c/d", "stays"]);
        assert_eq!(Files.read(&path("b/c/d")).unwrap().as_deref(), Some("text"));
        Files.remove(&path("b/c/d")).unwrap();
        assert_eq!(listed(folder.path()), ["b/stays"]);
        assert!(!folder.path().join("b/c").exists(), "an empty folder is left behind");
    }
}
