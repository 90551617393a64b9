//! Publishing from small repositories, with a program in the place of cargo.

use super::fixture::Repository;
use super::{Arguments, publish};

fn run(repository: &Repository, arguments: &Arguments) -> (Result<(), String>, String) {
    let mut output = Vec::new();
    let cargo = repository.programs().join("cargo").into_os_string();
    let result = publish(repository.root(), cargo, arguments, &mut output);
    (result.map_err(|error| format!("{error:#}")), String::from_utf8(output).unwrap())
}

fn dry() -> Arguments {
    Arguments { dry_run: true, ..Arguments::default() }
}

/// A repository that says where it lives, with everything committed.
fn ready() -> Repository {
    let repository = Repository::new();
    let arguments =
        Arguments { set_repository: Some("https://a.example/pets".to_owned()), ..Arguments::default() };
    let (result, output) = run(&repository, &arguments);
    result.unwrap();
    assert!(output.contains("updated crates/onezone-client/Cargo.toml"), "{output}");
    repository.commit();
    repository
}

/// The words that cargo began with, but for questions.
fn uploads(repository: &Repository) -> Vec<String> {
    repository.log().into_iter().filter(|line| line.starts_with("publish")).collect()
}

#[test]
fn a_dry_run_checks_everything_and_says_what_it_would_run() {
    let repository = Repository::new();
    let (result, output) = run(&repository, &dry());
    assert_eq!(result, Ok(()), "{output}");
    for expected in [
        "to be published, in this order: onezone-client 0.1.0, a-tool 0.1.0",
        "note: no manifest says where the project lives",
        "note: no earlier version is tagged, so this is the first",
        "  cargo publish --locked --no-verify --package onezone-client\n  cargo publish --locked --no-verify --package a-tool",
        "  git tag --annotate --message \"Version v0.1.0\" v0.1.0",
    ] {
        assert!(output.contains(expected), "{expected}:\n{output}");
    }
    assert_eq!(uploads(&repository), Vec::<String>::new());
    assert_eq!(repository.git(&["tag"]), "");
    let packaged = "package --locked --package onezone-client --package a-tool".to_owned();
    assert!(repository.log().contains(&packaged), "{:?}", repository.log());
}

#[test]
fn packages_are_published_in_their_order_and_the_version_is_tagged() {
    let repository = ready();
    let (result, output) = run(&repository, &Arguments::default());
    assert_eq!(result, Ok(()), "{output}");
    assert_eq!(
        uploads(&repository),
        [
            "publish --locked --no-verify --package onezone-client",
            "publish --locked --no-verify --package a-tool"
        ]
    );
    assert_eq!(repository.git(&["tag"]), "v0.1.0\n");
    let (result, output) = run(&repository, &Arguments::default());
    assert!(result.is_err() && output.contains("0.1.0 is tagged already"), "{output}");
    assert_eq!(uploads(&repository).len(), 2);
}

#[test]
fn without_a_place_where_the_project_lives_nothing_is_published() {
    let repository = Repository::new();
    let (result, output) = run(&repository, &Arguments::default());
    assert_eq!(result.unwrap_err(), "1 problem is in the way; nothing was published");
    assert!(output.contains("`cargo xtask publish --set-repository URL` writes it"), "{output}");
    for url in ["", "pets", "https://a.example/\"\n[dependencies]"] {
        let arguments = Arguments { set_repository: Some(url.to_owned()), ..Arguments::default() };
        assert!(run(&repository, &arguments).0.unwrap_err().contains("no address"), "{url}");
    }
    assert_eq!(uploads(&repository), Vec::<String>::new());
}

#[test]
fn all_problems_are_told_at_once_each_with_what_mends_it() {
    let repository = ready();
    repository.git(&["tag", "v0.1.0"]);
    repository.change("openapi.yaml", "/pets:", "/animals:");
    repository.version("version = \"0.1.0\"\n", "version = \"0.1.1\"\n");
    repository.change("crates/a-tool/Cargo.toml", "keywords = [\"pets\"]\n", "");
    repository.commit();
    repository.write("new.txt", "");
    repository.tell("fail-semver-checks", "error: no such command");
    repository.tell("fail-package", "error: it does not compile");
    repository.tell("offline", "");
    let (result, output) = run(&repository, &Arguments::default());
    assert_eq!(result.unwrap_err(), "8 problems are in the way; nothing was published", "{output}");
    for expected in [
        "problem: crates/a-tool/Cargo.toml needs one to five `keywords`",
        "problem: a-tool wants onezone-client ^0.1.0, and it is 0.1.1",
        "problem: crates/onezone-client/CHANGELOG.md has no section for 0.1.1\n  mend it: write `## [0.1.1] - ",
        "problem: generated code is not current",
        "?? new.txt\n  mend it: commit them",
        "problem: 0.1.1 is too small a step from 0.1.0: 1 change of openapi.yaml breaks what callers rely on\n  mend it: make it 0.2.0 at least",
        "mend it: `cargo install --locked cargo-semver-checks`",
        "    error: it does not compile",
        "note: whether onezone-client@0.1.1 is published already is not known: error: no network",
    ] {
        assert!(output.contains(expected), "{expected}:\n{output}");
    }
    assert_eq!(uploads(&repository), Vec::<String>::new());
}

#[test]
fn a_version_that_is_high_enough_is_published_after_a_break() {
    let repository = ready();
    repository.git(&["tag", "v0.1.0"]);
    repository.change("openapi.yaml", "/pets:", "/animals:");
    repository.version("0.1.0", "0.2.0");
    repository.change(
        "crates/onezone-client/CHANGELOG.md",
        "## [0.1.0]",
        "## [0.2.0] - 2026-11-23\n\n- Animals.\n\n## [0.1.0]",
    );
    crate::generate::generate(repository.root(), crate::generate::Mode::Write, &mut std::io::sink()).unwrap();
    repository.commit();
    repository.tell("fail-check-release", "field `Pet.name` is gone: requires new major version");
    let (result, output) = run(&repository, &dry());
    assert!(result.is_err() && output.contains("field `Pet.name` is gone"), "{output}");
    let judged = "semver-checks check-release --package onezone-client --baseline-rev v0.1.0".to_owned();
    assert!(repository.log().contains(&judged), "{:?}", repository.log());

    std::fs::remove_file(repository.programs().join("fail-check-release")).unwrap();
    let (result, output) = run(&repository, &Arguments::default());
    assert_eq!(result, Ok(()), "{output}");
    assert_eq!(repository.git(&["tag"]), "v0.1.0\nv0.2.0\n");
}

#[test]
fn an_upload_that_fails_is_gone_on_with() {
    let repository = ready();
    repository.tell("fail-a-tool", "error: the registry is down");
    let (result, output) = run(&repository, &Arguments::default());
    let error = result.unwrap_err();
    assert!(
        error.contains("cargo publish failed for a-tool") && error.contains("1 of 2"),
        "{error}\n{output}"
    );
    assert_eq!(repository.git(&["tag"]), "");

    std::fs::remove_file(repository.programs().join("fail-a-tool")).unwrap();
    repository.tell("published-onezone-client", "");
    let (result, output) = run(&repository, &Arguments::default());
    assert_eq!(result, Ok(()), "{output}");
    assert!(output.contains("published already, and left out: onezone-client"), "{output}");
    assert_eq!(uploads(&repository).last().unwrap(), "publish --locked --no-verify --package a-tool");
    assert_eq!(uploads(&repository).len(), 3);
    assert_eq!(repository.git(&["tag"]), "v0.1.0\n");

    repository.git(&["tag", "--delete", "v0.1.0"]);
    repository.tell("published-a-tool", "");
    let (result, output) = run(&repository, &Arguments::default());
    assert!(result.is_err() && output.contains("all packages are published as 0.1.0 already"), "{output}");
}

#[test]
fn packages_are_chosen_by_name() {
    let repository = ready();
    let only = |name: &str| Arguments { package: vec![name.to_owned()], ..Arguments::default() };
    let (result, _) = run(&repository, &only("internal"));
    assert_eq!(
        result.unwrap_err(),
        "`internal` is not published (`publish = false`); published are onezone-client, a-tool"
    );
    assert!(run(&repository, &only("nobody")).0.unwrap_err().contains("is no package of this workspace"));
    let (result, output) = run(&repository, &only("onezone-client"));
    assert_eq!(result, Ok(()), "{output}");
    assert_eq!(uploads(&repository), ["publish --locked --no-verify --package onezone-client"]);
    assert_eq!(repository.git(&["tag"]), "", "a part of the packages is no version");
}

#[test]
fn changes_that_are_not_committed_can_be_tried() {
    let repository = ready();
    repository.write("new.txt", "");
    assert!(run(&repository, &dry()).0.is_err());
    let (result, output) = run(&repository, &Arguments { allow_dirty: true, ..dry() });
    assert_eq!(result, Ok(()), "{output}");
    assert!(output.contains("note: the tree has changes that are not committed"), "{output}");
}
