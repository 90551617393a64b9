//! Every query and change as SQL that `SQLite` and `PostgreSQL` both take: `$1` parameters, numbered in the order in
//! which they first appear (`SQLite` numbers them that way whatever they are called).
//!
//! Two traps decide the wording of the recursive queries. They start from the table and not from a parameter,
//! because `PostgreSQL` gives the two different collations; and they say `CROSS JOIN` where a plain join would do,
//! because `SQLite` without statistics otherwise scans the wrong side. `UNION`, not `UNION ALL`, ends cycles.

/// Declares the statements and the list of all of them, so that no statement can miss the test that prepares all.
macro_rules! statements {
    ($($(#[$documentation:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$documentation])* pub(crate) const $name: &str = $text;)*

        /// Every statement with its name.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $text)),*];
    };
}

/// The groups of which `$1`, a `usr-` or `grp-` text form, is an effective member, as the table `g`.
macro_rules! with_effective_groups {
    ($rest:literal) => {
        concat!(
            "WITH RECURSIVE g(id) AS (SELECT group_id FROM group_members WHERE member = $1 \
             UNION SELECT m.group_id FROM g CROSS JOIN group_members m WHERE m.member = g.id) ",
            $rest
        )
    };
}

/// A page of the audit log. The parameters are the same for both directions and for one target or all: whether ids of
/// tokens are wanted, where the page before ended, the smallest id, times, the actor or nothing, the number of rows.
macro_rules! audit_page {
    ($start:literal, $order:literal) => {
        concat!(
            "SELECT id, at, actor, authentication, token_id, request_id, peer, action, target, \
             CASE WHEN $1 THEN token_ids ELSE '[]' END, n FROM audit_log WHERE ",
            $start,
            " AND id >= $4 AND at >= $5 AND at < $6 AND ($7 = '' OR actor = $7) ORDER BY ",
            $order,
            " LIMIT $8"
        )
    };
}

statements! {
    /// Existence and state of a subject.
    SUBJECT_STATE = "SELECT blocked, token_epoch, tmp_sealed_secret, tmp_generation, subject FROM subjects WHERE subject = $1";
    /// The point read of authentication.
    TOKEN_FOR_AUTHENTICATION = "SELECT t.id, t.subject, t.version, t.sealed_secret, t.revoked, s.blocked \
        FROM named_tokens t JOIN subjects s ON s.subject = t.subject WHERE t.subject = $1 AND t.id = $2";
    /// The same for tokens whose identifier is the id alone. A row of `legacy_tokens` only tells where to look.
    LEGACY_TOKEN_FOR_AUTHENTICATION = "SELECT t.id, t.subject, t.version, t.sealed_secret, t.revoked, s.blocked \
        FROM legacy_tokens l CROSS JOIN named_tokens t JOIN subjects s ON s.subject = t.subject \
        WHERE l.id = $1 AND t.subject = l.subject AND t.id = l.id AND t.version = 1";
    /// The same by id alone, whatever the version.
    TOKEN_OF_ANY_SUBJECT = "SELECT t.id, t.subject, t.version, t.sealed_secret, t.revoked, s.blocked \
        FROM named_tokens t JOIN subjects s ON s.subject = t.subject WHERE t.id = $1";
    /// The first token from these keys on, read with as many look-ups as one that is looked up: what a look-up that
    /// finds nothing reads instead.
    ANY_TOKEN = "SELECT t.id, t.subject, t.version, t.sealed_secret, t.revoked, s.blocked \
        FROM named_tokens t CROSS JOIN subjects s \
        WHERE t.subject >= $1 AND t.id >= $2 AND s.subject = t.subject ORDER BY t.subject LIMIT 1";
    /// The same by id alone.
    ANY_TOKEN_BY_ID = "SELECT t.id, t.subject, t.version, t.sealed_secret, t.revoked, s.blocked \
        FROM named_tokens t CROSS JOIN subjects s WHERE t.id >= $1 AND s.subject = t.subject ORDER BY t.id LIMIT 1";
    /// The same with as many look-ups as for a token whose identifier is the id alone.
    ANY_LEGACY_TOKEN = "SELECT t.id, t.subject, t.version, t.sealed_secret, t.revoked, s.blocked, l.subject \
        FROM named_tokens t CROSS JOIN subjects s LEFT JOIN legacy_tokens l ON l.id = t.id \
        WHERE t.subject >= $1 AND s.subject = t.subject ORDER BY t.subject LIMIT 1";
    /// The first subject from this one on.
    ANY_SUBJECT_STATE = "SELECT blocked, token_epoch, tmp_sealed_secret, tmp_generation, subject FROM subjects \
        WHERE subject >= $1 ORDER BY subject LIMIT 1";
    /// What a check of a username and password needs.
    USER_BY_USERNAME = "SELECT u.id, u.password_hash, u.basic_auth, s.blocked FROM users u \
        JOIN subjects s ON s.subject = 'usr-' || u.id WHERE u.username = $1";
    /// The first user from this name on.
    ANY_USER_CREDENTIALS = "SELECT u.id, u.password_hash, u.basic_auth, s.blocked FROM users u \
        CROSS JOIN subjects s WHERE u.username >= $1 AND s.subject = 'usr-' || u.id ORDER BY u.username LIMIT 1";
    /// Whether a user has a zone privilege, directly or through groups.
    HAS_ZONE_PRIVILEGE = with_effective_groups!(
        "SELECT 1 FROM zone_privileges WHERE privilege = $2 \
         AND (holder = $1 OR holder IN (SELECT id FROM g)) LIMIT 1");
    /// Whether a user has a privilege in a cluster, directly or through groups.
    HAS_CLUSTER_PRIVILEGE = with_effective_groups!(
        "SELECT 1 FROM cluster_privileges WHERE cluster_id = $2 AND privilege = $3 \
         AND (member = $1 OR member IN (SELECT id FROM g)) LIMIT 1");
    /// Whether a user belongs to a cluster, directly or through groups.
    IS_CLUSTER_MEMBER = with_effective_groups!(
        "SELECT 1 FROM cluster_members WHERE cluster_id = $2 \
         AND (member = $1 OR member IN (SELECT id FROM g)) LIMIT 1");
    /// Whether a user has a space that a provider supports, directly or through groups.
    IS_USER_OF_PROVIDER = with_effective_groups!(
        "SELECT 1 FROM space_members m CROSS JOIN space_providers p \
         WHERE m.member = $1 AND p.space_id = m.space_id AND p.provider_id = $2 \
         UNION ALL SELECT 1 FROM g CROSS JOIN space_members m CROSS JOIN space_providers p \
         WHERE m.member = g.id AND p.space_id = m.space_id AND p.provider_id = $2 LIMIT 1");
    /// Whether a user is an effective member of a group.
    IS_GROUP_MEMBER = with_effective_groups!("SELECT 1 FROM g WHERE id = $2");
    /// Whether a user is a direct member of any group.
    HAS_DIRECT_GROUP = "SELECT 1 FROM group_members WHERE member = $1 LIMIT 1";
    /// The ids of a subject's tokens in the order of their names.
    LIST_TOKEN_IDS = "SELECT id FROM named_tokens WHERE subject = $1 ORDER BY name";
    /// The same with what a listing for people shows.
    LIST_TOKENS = "SELECT id, subject, name, type, revoked, created_at FROM named_tokens \
        WHERE subject = $1 ORDER BY name";
    /// One whole token.
    TOKEN_BY_ID = "SELECT id, subject, name, version, type, caveats, sealed_secret, revoked, created_at \
        FROM named_tokens WHERE id = $1";
    /// A name's owner within a subject.
    TOKEN_ID_BY_NAME = "SELECT id FROM named_tokens WHERE subject = $1 AND name = $2";
    /// Whether there is any user.
    ANY_USER = "SELECT 1 FROM users LIMIT 1";
    /// Whether a user exists.
    USER_EXISTS = "SELECT 1 FROM users WHERE id = $1";
    /// Whether a username is taken.
    USERNAME_EXISTS = "SELECT 1 FROM users WHERE username = $1";
    /// Whether a group (`grp-` form) exists.
    GROUP_EXISTS = "SELECT 1 FROM groups WHERE id = $1";
    /// Whether a provider exists.
    PROVIDER_EXISTS = "SELECT 1 FROM providers WHERE id = $1";
    /// Whether a space exists.
    SPACE_EXISTS = "SELECT 1 FROM spaces WHERE id = $1";
    /// A subject's audit rows.
    AUDIT_TRAIL = "SELECT id, at, actor, authentication, token_id, request_id, peer, action, target, token_ids \
        FROM audit_log WHERE target = $1 ORDER BY id";
    /// How many tokens a change touched, if it was made.
    AUDITED_COUNT = "SELECT n FROM audit_log WHERE target = $1 AND id = $2";
    /// Whether the database answers and has its schema.
    PING = "SELECT value FROM meta WHERE key = 'schema'";

    /// A change that matters to nobody.
    TOUCH = "INSERT INTO meta (key, value) VALUES ('touched', '1') ON CONFLICT (key) DO UPDATE SET value = '1'";

    /// The audit log of all targets, from the oldest row on.
    AUDIT_FORWARDS = audit_page!("(id, target) > ($2, $3)", "id, target");
    /// And from the newest row on.
    AUDIT_BACKWARDS = audit_page!("(id, target) < ($2, $3)", "id DESC, target DESC");
    /// That of one target, from the oldest row on.
    AUDIT_OF_TARGET_FORWARDS = audit_page!("target = $2 AND id > $3", "id");
    /// And from the newest row on.
    AUDIT_OF_TARGET_BACKWARDS = audit_page!("target = $2 AND id < $3", "id DESC");

    /// The check value, which tells the key that seals.
    KEY_CHECK = "SELECT value FROM meta WHERE key = 'key_check'";
    /// Names another key.
    PUT_KEY_CHECK = "UPDATE meta SET value = $1 WHERE key = 'key_check'";
    /// How many secrets of tokens each key has sealed: its number follows the first byte.
    COUNT_TOKENS_BY_KEY = "SELECT substr(sealed_secret, 2, 4), count(*) FROM named_tokens GROUP BY 1";
    /// The same for secrets of temporary tokens.
    COUNT_TEMPORARY_BY_KEY = "SELECT substr(tmp_sealed_secret, 2, 4), count(*) FROM subjects \
        WHERE tmp_sealed_secret IS NOT NULL GROUP BY 1";
    /// The same for hashes of passwords.
    COUNT_PASSWORDS_BY_KEY = "SELECT substr(password_hash, 2, 4), count(*) FROM users \
        WHERE password_hash IS NOT NULL GROUP BY 1";
    /// Sealed secrets of tokens.
    SEALED_TOKENS = "SELECT subject, id, sealed_secret FROM named_tokens WHERE (subject, id) > ($1, $2) \
        ORDER BY subject, id LIMIT $3";
    /// Sealed secrets of temporary tokens.
    SEALED_TEMPORARY = "SELECT subject, '', tmp_sealed_secret FROM subjects \
        WHERE subject > $1 AND tmp_sealed_secret IS NOT NULL ORDER BY subject LIMIT $2";
    /// Sealed hashes of passwords.
    SEALED_PASSWORDS = "SELECT id, '', password_hash FROM users WHERE id > $1 AND password_hash IS NOT NULL \
        ORDER BY id LIMIT $2";
    /// Replaces a token's secret by the same one sealed anew.
    RESEAL_TOKEN = "UPDATE named_tokens SET sealed_secret = $1 \
        WHERE subject = $2 AND id = $3 AND sealed_secret = $4";
    /// The same for a secret of temporary tokens.
    RESEAL_TEMPORARY = "UPDATE subjects SET tmp_sealed_secret = $1 \
        WHERE subject = $2 AND tmp_sealed_secret = $3";
    /// The same for the hash of a password.
    RESEAL_PASSWORD = "UPDATE users SET password_hash = $1 WHERE id = $2 AND password_hash = $3";

    /// Whole tokens behind their keys.
    TOKENS_AFTER = "SELECT subject, id, id, subject, name, version, type, caveats, sealed_secret, revoked, created_at \
        FROM named_tokens WHERE (subject, id) > ($1, $2) ORDER BY subject, id LIMIT $3";
    /// All subjects, whether or not they have temporary tokens.
    SUBJECTS_AFTER = "SELECT subject, '', tmp_sealed_secret FROM subjects WHERE subject > $1 \
        ORDER BY subject LIMIT $2";
    /// All users, whether or not they have a password.
    PASSWORDS_AFTER = "SELECT id, '', password_hash FROM users WHERE id > $1 ORDER BY id LIMIT $2";
    /// Whole audit rows behind their keys.
    AUDIT_AFTER = "SELECT id, target, id, at, actor, authentication, token_id, request_id, peer, action, target, \
        token_ids FROM audit_log WHERE (id, target) > ($1, $2) ORDER BY id, target LIMIT $3";
    /// Rows that tokens hang on, and that hang on nothing.
    SUBJECTS_WITHOUT_OWNER = "SELECT subject FROM subjects WHERE subject NOT IN (SELECT 'usr-' || id FROM users) \
        AND subject NOT IN (SELECT 'prv-' || id FROM providers) ORDER BY subject LIMIT 100";
    /// Users without the row that their tokens hang on.
    USERS_WITHOUT_SUBJECT = "SELECT 'usr-' || id FROM users \
        WHERE 'usr-' || id NOT IN (SELECT subject FROM subjects) ORDER BY id LIMIT 100";
    /// Providers without the row that their tokens hang on.
    PROVIDERS_WITHOUT_SUBJECT = "SELECT 'prv-' || id FROM providers \
        WHERE 'prv-' || id NOT IN (SELECT subject FROM subjects) ORDER BY id LIMIT 100";
    /// Members and holders of privileges that do not exist.
    MEMBERS_WITHOUT_RECORD = "SELECT member FROM (SELECT member FROM group_members \
        UNION SELECT member FROM cluster_members UNION SELECT member FROM space_members \
        UNION SELECT holder FROM zone_privileges) AS m \
        WHERE member NOT IN (SELECT 'usr-' || id FROM users) AND member NOT IN (SELECT id FROM groups) \
        ORDER BY member LIMIT 100";

    /// All users.
    EXPORT_USERS = "SELECT u.id, u.username, u.full_name, u.password_hash, u.basic_auth, s.blocked FROM users u \
        JOIN subjects s ON s.subject = 'usr-' || u.id ORDER BY u.id";
    /// All groups.
    EXPORT_GROUPS = "SELECT id, name FROM groups ORDER BY id";
    /// All providers.
    EXPORT_PROVIDERS = "SELECT id, name FROM providers ORDER BY id";
    /// All direct memberships in groups.
    EXPORT_GROUP_MEMBERS = "SELECT group_id, member FROM group_members";
    /// All zone privileges.
    EXPORT_ZONE_PRIVILEGES = "SELECT holder, privilege FROM zone_privileges";
    /// All memberships in clusters.
    EXPORT_CLUSTER_MEMBERS = "SELECT cluster_id, member FROM cluster_members";
    /// All privileges in clusters.
    EXPORT_CLUSTER_PRIVILEGES = "SELECT cluster_id, member, privilege FROM cluster_privileges";
    /// All spaces.
    EXPORT_SPACES = "SELECT id, name FROM spaces ORDER BY id";
    /// Who has which space.
    EXPORT_SPACE_MEMBERS = "SELECT space_id, member FROM space_members";
    /// Which provider supports which space.
    EXPORT_SPACE_PROVIDERS = "SELECT space_id, provider_id FROM space_providers";
    /// A page of named tokens in the order of an export. The limit is written out so that it is known to be small
    /// when a plan is made, and the index is taken.
    EXPORT_TOKENS = "SELECT id, subject, name, version, type, caveats, sealed_secret, revoked, created_at \
        FROM named_tokens WHERE (subject, name) > ($1, $2) ORDER BY subject, name LIMIT 500";
    /// The same in the order in which they lie.
    TOKENS_BY_ID = "SELECT id, subject, name, version, type, caveats, sealed_secret, revoked, created_at \
        FROM named_tokens WHERE (subject, id) > ($1, $2) ORDER BY subject, id LIMIT 500";
    /// The same of one subject.
    TOKENS_OF_SUBJECT_BY_ID = "SELECT id, subject, name, version, type, caveats, sealed_secret, revoked, created_at \
        FROM named_tokens WHERE subject = $1 AND id > $2 ORDER BY id LIMIT 500";
    /// Whose token has an id.
    TOKEN_OWNER = "SELECT subject FROM named_tokens WHERE id = $1";
    /// How many named tokens there are.
    COUNT_TOKENS = "SELECT count(*) FROM named_tokens";
    /// All temporary-token secrets.
    EXPORT_TEMPORARY = "SELECT subject, tmp_sealed_secret, tmp_generation FROM subjects \
        WHERE tmp_sealed_secret IS NOT NULL ORDER BY subject";

    /// Creates or updates the row every token of a subject hangs on.
    PUT_SUBJECT = "INSERT INTO subjects (subject, blocked) VALUES ($1, $2) \
        ON CONFLICT (subject) DO UPDATE SET blocked = excluded.blocked";
    /// Removes it, and with it the subject's tokens.
    REMOVE_SUBJECT = "DELETE FROM subjects WHERE subject = $1";
    /// Creates or updates a user.
    PUT_USER = "INSERT INTO users (id, username, full_name, password_hash, basic_auth, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET username = excluded.username, \
        full_name = excluded.full_name, password_hash = excluded.password_hash, basic_auth = excluded.basic_auth";
    /// Makes room for usernames that wander between users in one transaction.
    CLEAR_USERNAME = "UPDATE users SET username = NULL WHERE id = $1";
    /// Removes a user.
    REMOVE_USER = "DELETE FROM users WHERE id = $1";
    /// Creates or updates a group.
    PUT_GROUP = "INSERT INTO groups (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name";
    /// Removes a group and its members' membership.
    REMOVE_GROUP = "DELETE FROM groups WHERE id = $1";
    /// Creates or updates a provider.
    PUT_PROVIDER = "INSERT INTO providers (id, name) VALUES ($1, $2) \
        ON CONFLICT (id) DO UPDATE SET name = excluded.name";
    /// Removes a provider and its cluster.
    REMOVE_PROVIDER = "DELETE FROM providers WHERE id = $1";
    /// Empties a group.
    CLEAR_GROUP_MEMBERS = "DELETE FROM group_members WHERE group_id = $1";
    /// Puts a member into a group.
    ADD_GROUP_MEMBER = "INSERT INTO group_members (member, group_id) VALUES ($1, $2)";
    /// Takes a user or group out of all groups.
    LEAVE_GROUPS = "DELETE FROM group_members WHERE member = $1";
    /// Takes all zone privileges from a user or group.
    CLEAR_ZONE_PRIVILEGES = "DELETE FROM zone_privileges WHERE holder = $1";
    /// Gives a zone privilege to a user or group.
    ADD_ZONE_PRIVILEGE = "INSERT INTO zone_privileges (holder, privilege) VALUES ($1, $2)";
    /// Empties a cluster; its members' privileges in it go too.
    CLEAR_CLUSTER = "DELETE FROM cluster_members WHERE cluster_id = $1";
    /// Puts a member into a cluster.
    ADD_CLUSTER_MEMBER = "INSERT INTO cluster_members (cluster_id, member) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    /// Gives a member of a cluster a privilege in it.
    ADD_CLUSTER_PRIVILEGE = "INSERT INTO cluster_privileges (cluster_id, privilege, member) VALUES ($1, $2, $3) \
        ON CONFLICT DO NOTHING";
    /// Takes a user or group out of all clusters.
    LEAVE_CLUSTERS = "DELETE FROM cluster_members WHERE member = $1";
    /// Creates or updates a space.
    PUT_SPACE = "INSERT INTO spaces (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name";
    /// Removes a space with its members and its support.
    REMOVE_SPACE = "DELETE FROM spaces WHERE id = $1";
    /// Takes a space from all who have it.
    CLEAR_SPACE_MEMBERS = "DELETE FROM space_members WHERE space_id = $1";
    /// Gives a space to a user or group.
    ADD_SPACE_MEMBER = "INSERT INTO space_members (member, space_id) VALUES ($1, $2)";
    /// Takes all spaces from a user or group.
    LEAVE_SPACES = "DELETE FROM space_members WHERE member = $1";
    /// Ends all support of a space.
    CLEAR_SPACE_PROVIDERS = "DELETE FROM space_providers WHERE space_id = $1";
    /// Has a provider support a space.
    ADD_SPACE_PROVIDER = "INSERT INTO space_providers (space_id, provider_id) VALUES ($1, $2)";
    /// Creates a named token.
    ADD_TOKEN = "INSERT INTO named_tokens \
        (subject, id, name, version, type, caveats, sealed_secret, revoked, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// Changes all of a named token but its owner, id and age; without a secret, it keeps the one it has.
    UPDATE_TOKEN = "UPDATE named_tokens SET name = $1, version = $2, type = $3, caveats = $4, \
        sealed_secret = COALESCE($5, sealed_secret), revoked = $6 WHERE subject = $7 AND id = $8";
    /// Makes room for names that wander between tokens in one transaction.
    RENAME_TOKEN = "UPDATE named_tokens SET name = $1 WHERE subject = $2 AND id = $3";
    /// Tells where a token lies whose identifier does not carry its subject.
    PUT_LEGACY_TOKEN = "INSERT INTO legacy_tokens (id, subject) VALUES ($1, $2) \
        ON CONFLICT (id) DO UPDATE SET subject = excluded.subject";
    /// Removes one token.
    REMOVE_TOKEN = "DELETE FROM named_tokens WHERE subject = $1 AND id = $2";
    /// Removes all tokens of a subject. The subject's row is locked first, by a statement of its own.
    REMOVE_ALL_TOKENS = "DELETE FROM named_tokens WHERE subject = $1 RETURNING id";
    /// Revokes one token.
    REVOKE_TOKEN = "UPDATE named_tokens SET revoked = TRUE WHERE subject = $1 AND id = $2";
    /// Takes the revocation of one token back.
    RESTORE_TOKEN = "UPDATE named_tokens SET revoked = FALSE WHERE subject = $1 AND id = $2";
    /// Revokes every token that is not revoked yet.
    REVOKE_EVERYTHING = "UPDATE named_tokens SET revoked = TRUE WHERE revoked = FALSE RETURNING subject, id";
    /// Marks that tokens of all subjects stopped being valid.
    RAISE_ALL_TOKEN_EPOCHS = "UPDATE subjects SET token_epoch = token_epoch + 1";
    /// The generations of temporary tokens.
    TEMPORARY_GENERATIONS = "SELECT subject, tmp_generation FROM subjects \
        WHERE tmp_sealed_secret IS NOT NULL ORDER BY subject";
    /// Marks that tokens of the subject stopped being valid.
    RAISE_TOKEN_EPOCH = "UPDATE subjects SET token_epoch = token_epoch + 1 WHERE subject = $1";
    /// Sets or clears a subject's temporary-token secret.
    PUT_TEMPORARY = "UPDATE subjects SET tmp_sealed_secret = $1, tmp_generation = $2 WHERE subject = $3";
    /// Writes an audit row.
    ADD_AUDIT = "INSERT INTO audit_log \
        (target, id, at, actor, authentication, token_id, request_id, peer, action, n, token_ids) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
}
