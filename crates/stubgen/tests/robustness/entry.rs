//! What holds for any document: the one entry of the fuzz target and of the ordinary tests.

use std::path::Path;

use stubgen::workspace::{Workspace, workspace};
use stubgen::{Dependency, Kind, Options, Source};

/// Generates from any bytes, as the program does with a file, and checks what must hold for all of them.
pub(crate) fn document(bytes: &[u8]) {
    check(&String::from_utf8_lossy(bytes));
}

/// Generates a workspace from a text twice: the results are the same, and fit.
pub(crate) fn check(text: &str) -> Option<Workspace> {
    let made = once(text);
    assert!(made == once(text), "the same text gives another result");
    made
}

/// Generates a workspace from a text: refusals have a reason and a way out, output is Rust and JSON, and no operation is lost silently.
pub(crate) fn once(text: &str) -> Option<Workspace> {
    let source = Source { name: "openapi.yaml", text };
    let options = Options {
        name: "any",
        command: "make",
        skip_unsupported: true,
        runtime: Dependency::Path("../stubgen-runtime"),
        ..Options::default()
    };
    let made = workspace(&source, &options);
    let findings = match &made {
        Ok(made) => &made.generated.warnings,
        Err(findings) => findings,
    };
    for finding in findings.iter() {
        assert!(finding.kind != Kind::Backend, "a defect: {finding}");
        assert!(!finding.message.is_empty() && !finding.help.is_empty(), "{finding}");
    }
    assert_eq!(made.is_err(), findings.has_errors(), "{findings}");
    let made = made.ok()?;
    for (path, file) in &made.files {
        match Path::new(path).extension().and_then(|extension| extension.to_str()) {
            Some("rs") => {
                let parsed = syn::parse_file(&file.text);
                assert!(parsed.is_ok(), "{path} is no Rust: {:?}", parsed.err());
            }
            Some("json") => {
                let parsed = serde_json::from_str::<serde_json::Value>(&file.text);
                assert!(parsed.is_ok(), "{path} is no JSON: {:?}", parsed.err());
            }
            _ => {}
        }
    }
    for left_out in &made.generated.left_out {
        assert!(left_out.reasons.has_errors(), "{} was left out without a reason", left_out.operation);
    }
    assert!(made.generated.left_out.len() <= made.generated.operations);
    Some(made)
}
