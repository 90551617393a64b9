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

/// Which rows of the audit log are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditQuery {
    /// Rows about this target alone.
    pub target: Option<String>,
    /// Rows of this actor alone.
    pub actor: Option<String>,
    /// Not earlier than this second of the Unix epoch.
    pub since: i64,
    /// Earlier than this second of the Unix epoch.
    pub until: i64,
    /// No smaller id than this one: a bound that an index knows, where ids tell the time.
    pub floor: String,
    /// From the newest to the oldest, instead of from the oldest to the newest.
    pub newest_first: bool,
    /// Id and target of the last row of the page before, where there was one.
    pub after: Option<(String, String)>,
    /// How many rows at most.
    pub limit: u32,
    /// Whether rows come with the ids of their tokens, of which one row can have very many.
    pub token_ids: bool,
}

impl Default for AuditQuery {
    /// All rows there are, a thousand at a time, from the oldest on.
    fn default() -> Self {
        Self {
            target: None,
            actor: None,
            since: i64::MIN,
            until: i64::MAX,
            floor: String::new(),
            newest_first: false,
            after: None,
            limit: 1000,
            token_ids: false,
        }
    }
}

/// A row of the audit log, as a page has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// The row; without the ids of its tokens unless they were asked for.
    pub record: AuditRecord,
    /// How many tokens the change touched.
    pub tokens: u64,
}
