//! Every input that was ever worth keeping, as an ordinary test; and what the corpus has to be.

#![allow(clippy::unwrap_used, reason = "a panic fails the test, which is what it is for")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use fuzz_targets::{TARGETS, target};

/// More than this, and nobody wants to have it in a checkout.
const MOST_BYTES: usize = 2_000_000;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The inputs of a target, by the names of their files.
fn inputs(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// A part of a target's inputs, so that the parts run side by side.
fn replay(name: &str) {
    let (target, inputs) = (target(name).unwrap(), inputs(name));
    assert!(inputs.len() > 5, "{name} has only {} inputs", inputs.len());
    for (path, bytes) in &inputs {
        let outcome = std::panic::catch_unwind(|| target(bytes));
        assert!(outcome.is_ok(), "{name} fails for {}", path.display());
    }
}

macro_rules! replayed {
    ($($target:ident)*) => {
        $(
            #[test]
            fn $target() {
                replay(stringify!($target));
            }
        )*

        #[test]
        fn every_target_is_replayed() {
            let replayed = [$(stringify!($target)),*];
            assert_eq!(replayed.to_vec(), TARGETS.map(|(name, _)| name).to_vec());
        }
    };
}

replayed! { basic caveat client configuration cookie document http proxy token trace zone }

#[test]
fn the_corpus_is_small_has_nothing_twice_and_nothing_of_no_target() {
    let mut bytes = 0;
    for (name, _) in TARGETS {
        let mut seen = BTreeSet::new();
        for (path, content) in inputs(name) {
            bytes += content.len();
            assert!(seen.insert(content), "{} is there twice", path.display());
        }
    }
    assert!(bytes < MOST_BYTES, "{bytes} bytes: `cargo xtask fuzz --minimise`");
    let folders =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(folders.collect::<BTreeSet<_>>(), names);
}
