//! The whole surface of the program: everything it says without a server, held against `tests/surface/`.
//!
//! `REST_CLI_BLESS=1 cargo test -p onezone-rest-cli --test process surface` writes what it says as the new expectation.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::{program, stderr, stdout};

/// Mistakes and other calls whose outcome is told without a server.
const LINES: [&str; 34] = [
    "",
    "frobnicate",
    "listNamedTokensOfProviders id=x",
    "list_named_tokens_of_provider",
    "deleteNamedTokensOfUser",
    "deleteNamedTokensOfUser c26bab23d12f7389c3c311caf9c15902",
    "deleteNamedTokensOfUser ids=x",
    "deleteNamedTokensOfUser id=x name=y",
    "deleteNamedTokensOfUser id=x id=y",
    "deleteNamedTokensOfUser id=",
    "deleteNamedTokensOfUser id=..",
    "deleteNamedTokensOfUser id=x name==y",
    "deleteNamedTokensOfUser id=x -",
    "deleteNamedTokensOfUser id=x A:1 a:2",
    "deleteNamedTokensOfUser id=x",
    "id=x",
    "--host",
    "--hots h",
    "-O deleteNamedTokensOfUser id=x",
    "-K file deleteNamedTokensOfUser id=x",
    "--output jsn deleteNamedTokensOfUser id=x",
    "-X GET deleteNamedTokensOfUser id=x",
    "-m soon deleteNamedTokensOfUser id=x",
    "-w %{what} --host h deleteNamedTokensOfUser id=x",
    "--host ftp://h deleteNamedTokensOfUser id=x",
    "--host h -u alice deleteNamedTokensOfUser id=x",
    "--host h -u alice:secret X-Auth-Token:T deleteNamedTokensOfUser id=x",
    "--host h --cacert /nowhere deleteNamedTokensOfUser id=x",
    "--completion tcsh",
    "--version",
    "--dry-run --host h deleteNamedTokensOfUser id=x",
    "--dry-run --host http://h:8080/ -u alice:secret -ac json -k deleteNamedTokensOfUser id=a/b",
    "--dry-run --host h -u alice:secret --show-secrets listNamedTokensOfProvider id=x X-Own:v",
    "--force --dry-run --host h listNamedTokensOfProvider id=x limit=5",
];

/// What the program says, by the name of the file that it is kept in.
fn said() -> BTreeMap<String, String> {
    let told = |words: &[&str]| stdout(&program(words, &[]).success());
    let mut said = BTreeMap::from([
        ("help.txt".to_owned(), told(&["--help"])),
        ("about.txt".to_owned(), told(&["--about"])),
        ("manual.1".to_owned(), told(&["--man"])),
    ]);
    for shell in ["bash", "zsh", "fish"] {
        said.insert(format!("completion.{shell}"), told(&["--completion", shell]));
    }
    let proposals = told(&["--complete", "fish", ""]);
    let operations: Vec<_> = proposals.lines().filter_map(|line| line.split('\t').next()).collect();
    assert!(!operations.is_empty());
    for operation in operations {
        said.insert(format!("help-{operation}.txt"), told(&[operation, "--help"]));
    }
    let mut lines = String::new();
    for line in LINES {
        let outcome = program(&line.split_whitespace().collect::<Vec<_>>(), &[]);
        let code = outcome.get_output().status.code().unwrap();
        lines.extend([
            &format!("$ onezone-rest-cli {line}\n")[..],
            &stdout(&outcome),
            &stderr(&outcome),
            &format!("[{code}]\n\n"),
        ]);
    }
    said.insert("lines.txt".to_owned(), lines);
    said
}

#[test]
fn the_surface_is_as_it_was_agreed_on() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/surface");
    let said = said();
    if std::env::var_os("REST_CLI_BLESS").is_some() {
        std::fs::remove_dir_all(&folder)
            .or_else(|error| if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
            .unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in &said {
            std::io::Write::write_all(
                &mut std::fs::File::create(folder.join(name)).unwrap(),
                text.as_bytes(),
            )
            .unwrap();
        }
    }
    let kept: BTreeMap<_, _> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (entry.file_name().to_string_lossy().into_owned(), std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    for (name, text) in &said {
        let kept = kept.get(name).map(String::as_str);
        assert_eq!(
            kept,
            Some(text.as_str()),
            "{name} is not as expected; REST_CLI_BLESS=1 accepts what is said"
        );
    }
    assert_eq!(
        said.len(),
        kept.len(),
        "a file in tests/surface is no longer needed; REST_CLI_BLESS=1 removes it"
    );
}
