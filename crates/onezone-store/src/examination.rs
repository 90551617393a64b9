//! What a database is like, found out without changing anything in it.

use std::collections::BTreeMap;

use crate::Result;

/// What was found.
#[derive(Debug)]
pub struct Examination {
    /// What keeps the database, with its version.
    pub engine: String,
    /// The version of the schema; 0 where there is none yet.
    pub schema: i64,
    /// The version that this program works with.
    pub supported: i64,
    /// Settings that matter for what is promised, as the database has them.
    pub settings: BTreeMap<&'static str, String>,
    /// Whether the keys at hand are those of the database.
    pub keys: Result<()>,
    /// What the quickest of the database's own checks found; `None` where it would take too long, or there is none.
    pub problems: Option<Vec<String>>,
}
