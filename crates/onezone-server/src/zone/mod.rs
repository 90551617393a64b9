//! Zone files: what people write, checked as a whole and turned into the state that a store is brought to.
//!
//! The way is text -> tree with positions ([`tree`]) -> document ([`document`]) -> zone ([`resolve`]). Every step
//! collects what is wrong instead of stopping, so that a file with five mistakes is reported with five. Nothing
//! is written before all of them are mended.

mod caveat;
mod cycles;
mod document;
mod problems;
mod read;
mod resolve;
mod schema;
mod spaces;
mod tree;

pub(crate) use problems::Problems;
pub(crate) use schema::schema;

use onezone_store::Zone;

use crate::environment::Environment;

/// Reads a zone file and completes it from the state it is going to be applied to: presets are resolved, passwords
/// hashed, and missing ids and secrets found in the state or made. `keep` says that records which the file does not
/// name will stay.
pub(crate) fn load(
    text: &str,
    current: &Zone,
    keep: bool,
    environment: &Environment,
) -> Result<Zone, Problems> {
    let problems = Problems::default();
    let document = match tree::parse(text, &problems) {
        Some(tree) => read::read(&tree, &problems),
        None => document::Document::default(),
    };
    let zone = resolve::resolve(document, current, keep, environment, &problems);
    if problems.is_empty() { Ok(zone) } else { Err(problems) }
}

/// A zone as YAML that [`load`] reads back.
pub(crate) fn to_yaml(zone: &Zone) -> anyhow::Result<String> {
    Ok(serde_saphyr::to_string(zone)?)
}
