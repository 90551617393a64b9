//! Zone files: what people write, checked as a whole and turned into the state that a store is brought to.
//!
//! The way is text -> tree with positions ([`tree`]) -> document ([`document`]) -> zone ([`resolve`]). Every step
//! collects what is wrong instead of stopping, so that a file with five mistakes is reported with five. Nothing
//! is written before all of them are mended. Tokens, of which there may be millions, leave the way at the tree: they are
//! kept in a [`Spool`] ([`tokens`]). An export is written as it is read ([`write`]).

mod caveat;
mod characters;
mod cycles;
mod document;
mod problems;
mod read;
mod resolve;
mod schema;
mod spaces;
mod tokens;
mod tree;
mod write;

pub(crate) use cycles::cycle_through;
pub(crate) use document::Document;
pub(crate) use problems::Problems;
pub(crate) use schema::schema;
pub(crate) use write::{Syntax, Writer};

use std::io::Read;

use onezone_store::{Spool, Zone};

use crate::environment::Environment;

/// Reads a zone file, whose `name` is for messages. Its tokens go to the spool. `None` when it cannot be read to its end.
pub(crate) fn read(
    source: impl Read,
    name: &str,
    spool: &Spool,
    problems: &Problems,
) -> anyhow::Result<Option<Document>> {
    let tokens = tokens::Tokens::new(spool, problems);
    match tree::parse(source, name, problems, |entry| tokens.take(entry))? {
        Some(root) => read::read(&root, problems, |entry| tokens.take(entry)).map(Some),
        None => Ok(problems.is_empty().then(Document::default)),
    }
}

/// Completes what was read from the state it is going to be applied to, of which the spool knows the tokens: presets are
/// resolved, passwords hashed, and missing ids and secrets found in the state or made. `keep` says that records which
/// the file does not name will stay.
pub(crate) fn resolve(
    document: Document,
    spool: &Spool,
    current: &Zone,
    keep: bool,
    environment: &Environment,
    problems: &Problems,
) -> anyhow::Result<Zone> {
    resolve::resolve(document, spool, current, keep, environment, problems)
}
