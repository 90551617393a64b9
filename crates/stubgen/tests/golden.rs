//! Goldens: small documents with everything that is made of them, or everything that is said of them.
//!
//! `STUBGEN_BLESS=1 cargo test -p stubgen --test golden` writes what is made as the new expectation; the diff is for the reviewer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use stubgen::{Options, Source};

fn options() -> Options<'static> {
    Options { name: "golden", command: "make", ..Options::default() }
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .expect("the folder of the goldens")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    cases
}

/// What is made of a case: the files, or the findings as a file.
fn made(case: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(case.join("spec.yaml")).expect("spec.yaml");
    match stubgen::generate(&Source { name: "spec.yaml", text: &text }, &options()) {
        Ok(generated) => {
            let folders = [("api", generated.api), ("client", generated.client), ("cli", generated.cli)];
            folders
                .iter()
                .flat_map(|(folder, files)| {
                    files.iter().map(move |(path, text)| (format!("{folder}/{path}"), text.clone()))
                })
                .collect()
        }
        Err(diagnostics) => BTreeMap::from([("diagnostics.txt".to_owned(), format!("{diagnostics}\n"))]),
    }
}

fn expected(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() {
            expected(&path, &format!("{name}/"), files);
        } else if name != "spec.yaml" {
            files.insert(name, fs::read_to_string(&path).expect("text"));
        }
    }
}

fn bless(case: &Path, made: &BTreeMap<String, String>, expected: &BTreeMap<String, String>) {
    for orphan in expected.keys().filter(|path| !made.contains_key(*path)) {
        fs::remove_file(case.join(orphan)).expect("removed");
    }
    for (path, text) in made {
        let path = case.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        let mut file = fs::File::create(path).expect("created");
        std::io::Write::write_all(&mut file, text.as_bytes()).expect("written");
    }
}

#[test]
fn every_golden_is_what_is_made_of_its_document() {
    let mut wrong = Vec::new();
    for case in cases() {
        let made = made(&case);
        let mut known = BTreeMap::new();
        expected(&case, "", &mut known);
        if env::var_os("STUBGEN_BLESS").is_some() {
            bless(&case, &made, &known);
            continue;
        }
        let paths = made.keys().chain(known.keys()).collect::<std::collections::BTreeSet<_>>();
        let differ = paths.into_iter().filter(|path| made.get(*path) != known.get(*path));
        wrong.extend(differ.map(|path| case.join(path).display().to_string()));
    }
    assert!(
        wrong.is_empty(),
        "not as expected (STUBGEN_BLESS=1 accepts what is made):\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    for case in cases() {
        assert_eq!(made(&case), made(&case), "{}", case.display());
    }
}

#[test]
fn refusals_have_a_place_a_reason_and_a_remedy() {
    for case in cases().into_iter().filter(|case| case.join("diagnostics.txt").exists()) {
        let text = fs::read_to_string(case.join("spec.yaml")).expect("spec.yaml");
        let refused = stubgen::generate(&Source { name: "spec.yaml", text: &text }, &options());
        for diagnostic in refused.expect_err("a refusal").iter() {
            assert!(diagnostic.position.is_some(), "{diagnostic}");
            assert!(!diagnostic.message.is_empty() && !diagnostic.help.is_empty(), "{diagnostic}");
            assert!(!diagnostic.message.ends_with('.') && !diagnostic.help.ends_with('.'), "{diagnostic}");
        }
    }
}
