//! Who changed what. An audit row is written in the transaction of the change it tells about.

/// What the caller of a change knows about it: who asked, when and how. The store adds what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Unique id of the row; ids made later should sort later (a version 7 UUID does).
    pub id: String,
    /// When, in seconds of the Unix epoch. Records created by the change carry it as their creation time.
    pub at: i64,
    /// Who asked: a subject's text form, or the name of the program's own command.
    pub actor: String,
    /// How the actor proved it: `token`, `basic`, `local`.
    pub authentication: String,
    /// The id of the token used, never the token.
    pub token_id: Option<String>,
    /// The id of the request, as the client was told it.
    pub request_id: Option<String>,
    /// The address the request came from.
    pub peer: Option<String>,
}

/// A written audit row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// What the caller said.
    pub entry: AuditEntry,
    /// What was done, for example `tokens.delete_all`.
    pub action: String,
    /// The id of what it was done to: a subject's text form, or that of another record.
    pub target: String,
    /// The ids of the tokens that were created, revoked or deleted, sorted.
    pub token_ids: Vec<String>,
}
