//! Documents changed at random: whatever is wrong with a document, it is refused or generated from, without a panic and in time.
//!
//! `PROPTEST_CASES=10000 cargo nextest run -p stubgen --test robustness changed` looks longer.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};
use stubgen::{Options, Source};

use crate::change::{changed, edits};
use crate::{document, entry};

/// Far more than a small document takes, on a machine that does much else.
const IN_TIME: Duration = Duration::from_secs(30);

fn cases(few: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(few);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() }
}

/// A document of some version to begin with.
fn begun() -> impl Strategy<Value = Value> {
    let modern = prop::sample::select(vec!["3.0.3", "3.1.0", "3.2.0"]).prop_map(|version| {
        let mut document = document::modern();
        document["openapi"] = json!(version);
        document
    });
    prop_oneof![
        3 => modern,
        1 => Just(document::swagger()),
        2 => prop::sample::select(document::goldens()),
    ]
}

fn in_time(work: impl FnOnce()) -> Result<(), TestCaseError> {
    let start = Instant::now();
    work();
    prop_assert!(start.elapsed() < IN_TIME);
    Ok(())
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a_changed_document_is_prepared_or_refused_in_time(begun in begun(), edits in edits(6)) {
        let text = changed(begun, &edits).to_string();
        in_time(|| {
            let _ = stubgen::prepare(&Source { name: "spec.json", text: &text }, &Options::default());
        })?;
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_changed_document_is_generated_from_or_refused_in_time(begun in begun(), edits in edits(4)) {
        let text = changed(begun, &edits).to_string();
        in_time(|| {
            entry::check(&text);
        })?;
    }

    #[test]
    fn a_text_cut_or_changed_anywhere_is_generated_from_or_refused_in_time(
        begun in begun(),
        at in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 0..3),
        is_cut in any::<bool>(),
    ) {
        let mut text = begun.to_string().into_bytes();
        let at = at.index(text.len());
        if is_cut {
            text.truncate(at);
        }
        text.splice(at..at, bytes);
        in_time(|| entry::document(&text))?;
    }
}

#[test]
fn every_document_of_the_goldens_passes_the_checks_of_the_fuzz_target() {
    for document in document::goldens() {
        entry::document(document.to_string().as_bytes());
    }
}
