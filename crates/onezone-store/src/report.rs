//! What applying a zone did, in numbers.

use serde::Serialize;

/// How many records of each kind were touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Users.
    pub users: Counts,
    /// Groups.
    pub groups: Counts,
    /// Providers, with their clusters.
    pub providers: Counts,
    /// Spaces, with their members and the providers that support them.
    pub spaces: Counts,
    /// Named tokens.
    pub tokens: Counts,
    /// Secrets of temporary tokens.
    pub temporary_tokens: Counts,
}

/// How many records of one kind were touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Not there before.
    pub created: u64,
    /// There before, with other contents.
    pub updated: u64,
    /// There before, not any more.
    pub removed: u64,
}

impl Report {
    /// Whether anything was touched at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
