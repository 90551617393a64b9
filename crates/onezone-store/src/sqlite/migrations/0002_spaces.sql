-- Spaces: who has them, and which providers support them. `member` is `usr-ID` or `grp-ID`; ids of spaces and
-- providers stand as they are.

CREATE TABLE spaces (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Walked from a member to the spaces it has.
CREATE TABLE space_members (
    member TEXT NOT NULL,
    space_id TEXT NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
    PRIMARY KEY (member, space_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX space_members_by_space ON space_members (space_id);

CREATE TABLE space_providers (
    space_id TEXT NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
    provider_id TEXT NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    PRIMARY KEY (space_id, provider_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX space_providers_by_provider ON space_providers (provider_id);

UPDATE meta SET value = '2' WHERE key = 'schema';
