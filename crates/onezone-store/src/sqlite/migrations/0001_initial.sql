-- `subject` is `usr-ID` or `prv-ID`, `member` and `holder` are `usr-ID` or `grp-ID`; a group's id is `grp-ID`.
-- Text is compared byte by byte (BINARY), which is what the order of a list of tokens is defined by.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a user or provider: what a change of its tokens locks, and home of the temporary-token secret.
CREATE TABLE subjects (
    subject TEXT PRIMARY KEY,
    token_epoch INTEGER NOT NULL DEFAULT 0,
    tmp_secret TEXT,
    tmp_generation INTEGER NOT NULL DEFAULT 1,
    blocked INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    username TEXT UNIQUE,
    full_name TEXT,
    password_hash BLOB,
    basic_auth INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Walked upwards, from a member to the groups it belongs to.
CREATE TABLE group_members (
    member TEXT NOT NULL,
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (member, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_by_group ON group_members (group_id);

CREATE TABLE zone_privileges (
    holder TEXT NOT NULL,
    privilege TEXT NOT NULL,
    PRIMARY KEY (holder, privilege)
) STRICT, WITHOUT ROWID;

CREATE TABLE providers (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A cluster is its provider's and has its id, so it needs no table of its own. Membership is a row of its own,
-- because a member may have no privilege at all.
CREATE TABLE cluster_members (
    cluster_id TEXT NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    member TEXT NOT NULL,
    PRIMARY KEY (cluster_id, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX cluster_members_by_member ON cluster_members (member);

CREATE TABLE cluster_privileges (
    cluster_id TEXT NOT NULL,
    privilege TEXT NOT NULL,
    member TEXT NOT NULL,
    PRIMARY KEY (cluster_id, privilege, member),
    FOREIGN KEY (cluster_id, member) REFERENCES cluster_members (cluster_id, member) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX cluster_privileges_by_member ON cluster_privileges (cluster_id, member);

CREATE TABLE named_tokens (
    subject TEXT NOT NULL REFERENCES subjects (subject) ON DELETE CASCADE,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    caveats TEXT NOT NULL,
    secret TEXT NOT NULL,
    revoked INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (subject, id)
) STRICT, WITHOUT ROWID;
-- Uniqueness of names, and the list in their order: the key columns make it covering.
CREATE UNIQUE INDEX named_tokens_by_name ON named_tokens (subject, name);
CREATE UNIQUE INDEX named_tokens_by_id ON named_tokens (id);

-- Where the version-1 tokens lie, whose identifier carries no subject. Rows outlive their token and grant nothing.
CREATE TABLE legacy_tokens (
    id TEXT PRIMARY KEY,
    subject TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_log (
    target TEXT NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    authentication TEXT NOT NULL,
    token_id TEXT,
    request_id TEXT,
    peer TEXT,
    action TEXT NOT NULL,
    n INTEGER NOT NULL,
    token_ids TEXT NOT NULL,
    PRIMARY KEY (target, id)
) STRICT, WITHOUT ROWID;

INSERT INTO meta (key, value) VALUES ('schema', '1');
