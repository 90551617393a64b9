//! Every case is a folder: `spec.yaml` (or `.json`) with whatever files it refers to, `findings.txt`, and `changed.txt`: the difference
//! between the document as it is published and as it is generated from.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;
use stubgen::{Options, Prepared, Source};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prepare/golden");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .expect("the folder of the goldens")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    cases
}

fn prepared(case: &Path, strict: bool) -> Prepared {
    let name = if case.join("spec.json").exists() { "spec.json" } else { "spec.yaml" };
    let text = fs::read_to_string(case.join(name)).expect("the document");
    let library =
        |path: &str| fs::read_to_string(case.join(path)).map_err(|_| "there is no such file".to_owned());
    let options = Options { files: Some(&library), strict, ..Options::default() };
    stubgen::prepare(&Source { name, text: &text }, &options).expect("readable text")
}

/// What changed, a line for each place, in the order of the published document.
fn changes(before: &Value, after: &Value, pointer: &str, text: &mut String) {
    if before == after {
        return;
    }
    let place = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                match new.get(key) {
                    Some(changed) => changes(value, changed, &place(key), text),
                    None => writeln!(text, "- #{}: {value}", place(key)).expect("written"),
                }
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                writeln!(text, "+ #{}: {value}", place(key)).expect("written");
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                changes(old, new, &place(&index.to_string()), text);
            }
        }
        _ => writeln!(text, "- #{pointer}: {before}\n+ #{pointer}: {after}").expect("written"),
    }
}

#[test]
fn every_case_is_understood_as_expected() {
    let mut wrong = Vec::new();
    for case in cases() {
        let prepared = prepared(&case, false);
        let mut changed = String::new();
        changes(&prepared.served, &prepared.normalised, "", &mut changed);
        let findings = format!("{}\n", prepared.findings);
        for (file, made) in [("findings.txt", findings), ("changed.txt", changed)] {
            let path = case.join(file);
            if env::var_os("STUBGEN_BLESS").is_some() {
                let mut file = fs::File::create(&path).expect("created");
                std::io::Write::write_all(&mut file, made.as_bytes()).expect("written");
            } else if fs::read_to_string(&path).unwrap_or_default() != made {
                wrong.push(path.display().to_string());
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "not as expected (STUBGEN_BLESS=1 accepts what is made):\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_published_document_is_what_was_written() {
    for case in cases().into_iter().filter(|case| case.join("spec.json").exists()) {
        let text = fs::read_to_string(case.join("spec.json")).expect("the document");
        let written: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(prepared(&case, false).served, written, "{}", case.display());
    }
}

#[test]
fn strictness_refuses_every_repair_and_nothing_else() {
    for case in cases() {
        let (lenient, strict) = (prepared(&case, false), prepared(&case, true));
        let repairs = |prepared: &Prepared| {
            let is_repair = |code: &str| code.starts_with("repaired/");
            prepared.findings.errors().filter(|finding| is_repair(&finding.kind.code())).count()
        };
        let all = lenient.findings.iter().filter(|f| f.kind.code().starts_with("repaired/")).count();
        assert_eq!((repairs(&lenient), repairs(&strict)), (0, all), "{}", case.display());
        assert_eq!(lenient.findings.len(), strict.findings.len(), "{}", case.display());
    }
}

#[test]
fn findings_have_a_place_a_reason_and_a_remedy() {
    for case in cases() {
        for finding in prepared(&case, false).findings.iter() {
            assert!(finding.position.is_some(), "{finding}");
            assert!(!finding.message.is_empty() && !finding.help.is_empty(), "{finding}");
            assert!(!finding.message.ends_with('.') && !finding.help.ends_with('.'), "{finding}");
        }
    }
}

#[test]
fn what_was_normalised_needs_no_more_repair() {
    for case in cases() {
        let first = prepared(&case, false);
        if first.findings.has_errors() {
            continue;
        }
        let text = first.normalised.to_string();
        let second =
            stubgen::prepare(&Source { name: "spec.json", text: &text }, &Options::default()).expect("JSON");
        let lasting = |code: &str| {
            matches!(
                code,
                "repaired/unknown-field"
                    | "repaired/enum-case"
                    | "repaired/path-fragment"
                    | "repaired/path-query"
            )
        };
        let again: Vec<_> = second
            .findings
            .iter()
            .filter(|finding| !lasting(&finding.kind.code()))
            .map(ToString::to_string)
            .collect();
        assert!(again.is_empty(), "{}: {again:#?}", case.display());
        assert_eq!(second.normalised, first.normalised, "{}", case.display());
    }
}
