-- `subject` is `usr-ID` or `prv-ID`, `member` and `holder` are `usr-ID` or `grp-ID`; a group's id is `grp-ID`.
-- Every text that is compared or sorted has the collation "C", byte by byte, which is what the order of a list of tokens
-- is defined by.

-- One row a user or provider: what a change of its tokens locks, and home of the temporary-token secret.
CREATE TABLE subjects (
    subject TEXT COLLATE "C" PRIMARY KEY,
    token_epoch BIGINT NOT NULL DEFAULT 0,
    tmp_sealed_secret BYTEA,
    tmp_generation BIGINT NOT NULL DEFAULT 1,
    blocked BOOLEAN NOT NULL DEFAULT FALSE
);

CREATE TABLE users (
    id TEXT COLLATE "C" PRIMARY KEY,
    username TEXT COLLATE "C" UNIQUE,
    full_name TEXT,
    password_hash BYTEA,
    basic_auth BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE groups (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT NOT NULL
);

-- Walked upwards, from a member to the groups it belongs to.
CREATE TABLE group_members (
    member TEXT COLLATE "C" NOT NULL,
    group_id TEXT COLLATE "C" NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (member, group_id)
);
CREATE INDEX group_members_by_group ON group_members (group_id);

CREATE TABLE zone_privileges (
    holder TEXT COLLATE "C" NOT NULL,
    privilege TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (holder, privilege)
);

CREATE TABLE providers (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT NOT NULL
);

-- A cluster is its provider's and has its id, so it needs no table of its own. Membership is a row of its own,
-- because a member may have no privilege at all.
CREATE TABLE cluster_members (
    cluster_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    member TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (cluster_id, member)
);
CREATE INDEX cluster_members_by_member ON cluster_members (member);

CREATE TABLE cluster_privileges (
    cluster_id TEXT COLLATE "C" NOT NULL,
    privilege TEXT COLLATE "C" NOT NULL,
    member TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (cluster_id, privilege, member),
    FOREIGN KEY (cluster_id, member) REFERENCES cluster_members (cluster_id, member) ON DELETE CASCADE
);
CREATE INDEX cluster_privileges_by_member ON cluster_privileges (cluster_id, member);

CREATE TABLE spaces (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT NOT NULL
);

-- Walked from a member to the spaces it has.
CREATE TABLE space_members (
    member TEXT COLLATE "C" NOT NULL,
    space_id TEXT COLLATE "C" NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
    PRIMARY KEY (member, space_id)
);
CREATE INDEX space_members_by_space ON space_members (space_id);

CREATE TABLE space_providers (
    space_id TEXT COLLATE "C" NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    PRIMARY KEY (space_id, provider_id)
);
CREATE INDEX space_providers_by_provider ON space_providers (provider_id);

CREATE TABLE named_tokens (
    subject TEXT COLLATE "C" NOT NULL REFERENCES subjects (subject) ON DELETE CASCADE,
    id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    type TEXT NOT NULL,
    caveats TEXT NOT NULL,
    sealed_secret BYTEA NOT NULL,
    revoked BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (subject, id)
);
-- Uniqueness of names, and the list in their order: with the id it is covering.
CREATE UNIQUE INDEX named_tokens_by_name ON named_tokens (subject, name) INCLUDE (id);
CREATE UNIQUE INDEX named_tokens_by_id ON named_tokens (id);

-- Where the version-1 tokens lie, whose identifier carries no subject. Rows outlive their token and grant nothing.
CREATE TABLE legacy_tokens (
    id TEXT COLLATE "C" PRIMARY KEY,
    subject TEXT COLLATE "C" NOT NULL
);

CREATE TABLE audit_log (
    target TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    authentication TEXT NOT NULL,
    token_id TEXT,
    request_id TEXT,
    peer TEXT,
    action TEXT NOT NULL,
    n BIGINT NOT NULL,
    token_ids TEXT NOT NULL,
    PRIMARY KEY (target, id)
);
