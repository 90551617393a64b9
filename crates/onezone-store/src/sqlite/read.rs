//! Reading records from rows.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use super::threads::Failure;
use crate::{
    AuditEntry, AuditRecord, Cluster, Group, NamedToken, PasswordHash, Privileges, Provider, RecordKind,
    Secret, Space, StoreError, StoredToken, Subject, SubjectState, TemporaryToken, TemporaryTokenSecret,
    TokenRecord, TokenSummary, TokenType, User, UserCredentials, Zone, sql,
};

/// A whole state with what a document of it leaves out.
#[derive(Default)]
pub(super) struct Snapshot {
    pub(super) zone: Zone,
    /// When each token was created, by its id.
    pub(super) created_at: BTreeMap<String, i64>,
}

pub(super) fn exists(connection: &Connection, sql: &str, parameters: impl Params) -> Result<bool, Failure> {
    Ok(connection.prepare_cached(sql)?.exists(parameters)?)
}

pub(super) fn subject_state(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<Option<SubjectState>, Failure> {
    let mut statement = connection.prepare_cached(sql)?;
    let state = statement.query_row(parameters, |row| {
        let secret: Option<String> = row.get(2)?;
        let generation = row.get(3)?;
        Ok(SubjectState {
            blocked: row.get(0)?,
            token_epoch: row.get(1)?,
            temporary: secret.map(|secret| TemporaryToken { secret: Secret::new(secret), generation }),
        })
    });
    Ok(state.optional()?)
}

pub(super) fn token_record(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<Option<TokenRecord>, Failure> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let id: String = row.get(0)?;
    Ok(Some(TokenRecord {
        subject: parse_subject(row, 1, &id)?,
        version: row.get(2)?,
        secret: Secret::new(row.get::<_, String>(3)?),
        revoked: row.get(4)?,
        subject_blocked: row.get(5)?,
        id,
    }))
}

pub(super) fn user_credentials(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<Option<UserCredentials>, Failure> {
    let mut statement = connection.prepare_cached(sql)?;
    let user = statement.query_row(parameters, |row| {
        Ok(UserCredentials {
            id: row.get(0)?,
            password_hash: password_hash(row, 1)?,
            basic_auth: row.get(2)?,
            blocked: row.get(3)?,
        })
    });
    Ok(user.optional()?)
}

/// The existence of the subject is looked at only where the list does not prove it.
pub(super) fn list_token_ids(connection: &Connection, subject: &Subject) -> Result<Vec<String>, Failure> {
    let mut statement = connection.prepare_cached(sql::LIST_TOKEN_IDS)?;
    let ids: Vec<String> =
        statement.query_map([subject.to_string()], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if ids.is_empty() {
        require_subject(connection, subject)?;
    }
    Ok(ids)
}

pub(super) fn list_tokens(connection: &Connection, subject: &Subject) -> Result<Vec<TokenSummary>, Failure> {
    require_subject(connection, subject)?;
    let mut statement = connection.prepare_cached(sql::LIST_TOKENS)?;
    let mut rows = statement.query([subject.to_string()])?;
    let mut tokens = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        tokens.push(TokenSummary {
            subject: parse_subject(row, 1, &id)?,
            name: row.get(2)?,
            token_type: parse_json(row, 3, &id)?,
            revoked: row.get(4)?,
            created_at: row.get(5)?,
            id,
        });
    }
    Ok(tokens)
}

pub(super) fn token(connection: &Connection, id: &str) -> Result<Option<StoredToken>, Failure> {
    let mut statement = connection.prepare_cached(sql::TOKEN_BY_ID)?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(stored_token).transpose()
}

pub(super) fn audit_trail(connection: &Connection, target: &str) -> Result<Vec<AuditRecord>, Failure> {
    let mut statement = connection.prepare_cached(sql::AUDIT_TRAIL)?;
    let mut rows = statement.query([target])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let token_ids: String = row.get(9)?;
        let token_ids = serde_json::from_str(&token_ids).map_err(|_| damaged(RecordKind::Audit, &id))?;
        let entry = AuditEntry {
            id,
            at: row.get(1)?,
            actor: row.get(2)?,
            authentication: row.get(3)?,
            token_id: row.get(4)?,
            request_id: row.get(5)?,
            peer: row.get(6)?,
        };
        records.push(AuditRecord { entry, action: row.get(7)?, target: row.get(8)?, token_ids });
    }
    Ok(records)
}

/// Reads everything. The caller provides the transaction that makes it one moment.
pub(super) fn snapshot(connection: &Connection) -> Result<Snapshot, Failure> {
    let mut users = BTreeMap::new();
    each(connection, sql::EXPORT_USERS, |row| {
        let id: String = row.get(0)?;
        let user = User {
            id: id.clone(),
            username: row.get(1)?,
            full_name: row.get(2)?,
            password_hash: password_hash(row, 3)?,
            basic_auth: row.get(4)?,
            blocked: row.get(5)?,
            privileges: Privileges::new(),
        };
        users.insert(id, user);
        Ok(())
    })?;
    let mut groups = BTreeMap::new();
    each(connection, sql::EXPORT_GROUPS, |row| {
        let id = without_prefix(row.get(0)?);
        let (users, subgroups, privileges) = Default::default();
        let group = Group { id: id.clone(), name: row.get(1)?, users, groups: subgroups, privileges };
        groups.insert(id, group);
        Ok(())
    })?;
    let mut providers = BTreeMap::new();
    each(connection, sql::EXPORT_PROVIDERS, |row| {
        let id: String = row.get(0)?;
        let provider = Provider { id: id.clone(), name: row.get(1)?, cluster: Cluster::default() };
        providers.insert(id, provider);
        Ok(())
    })?;
    read_memberships(connection, &mut users, &mut groups, &mut providers)?;

    let mut snapshot = Snapshot::default();
    snapshot.zone.users = users.into_values().collect();
    snapshot.zone.groups = groups.into_values().collect();
    snapshot.zone.providers = providers.into_values().collect();
    snapshot.zone.spaces = read_spaces(connection)?;
    each(connection, sql::EXPORT_TOKENS, |row| {
        let stored = stored_token(row)?;
        snapshot.created_at.insert(stored.token.id.clone(), stored.created_at);
        snapshot.zone.tokens.push(stored.token);
        Ok(())
    })?;
    each(connection, sql::EXPORT_TEMPORARY, |row| {
        let subject: String = row.get(0)?;
        snapshot.zone.temporary_tokens.push(TemporaryTokenSecret {
            subject: subject.parse().map_err(|_| damaged(RecordKind::TemporaryToken, &subject))?,
            secret: Secret::new(row.get::<_, String>(1)?),
            generation: row.get(2)?,
        });
        Ok(())
    })?;
    Ok(snapshot)
}

pub(super) fn require_subject(connection: &Connection, subject: &Subject) -> Result<(), Failure> {
    if exists(connection, sql::SUBJECT_STATE, [subject.to_string()])? {
        return Ok(());
    }
    Err(StoreError::NotFound { kind: RecordKind::Subject, id: subject.to_string() }.into())
}

fn read_memberships(
    connection: &Connection,
    users: &mut BTreeMap<String, User>,
    groups: &mut BTreeMap<String, Group>,
    providers: &mut BTreeMap<String, Provider>,
) -> Result<(), Failure> {
    each(connection, sql::EXPORT_GROUP_MEMBERS, |row| {
        let (group, member): (String, String) = (row.get(0)?, row.get(1)?);
        if let Some(group) = groups.get_mut(&without_prefix(group)) {
            let of_its_kind = if is_group(&member) { &mut group.groups } else { &mut group.users };
            of_its_kind.insert(without_prefix(member));
        }
        Ok(())
    })?;
    each(connection, sql::EXPORT_ZONE_PRIVILEGES, |row| {
        let (holder, privilege): (String, String) = (row.get(0)?, row.get(1)?);
        let of_group = is_group(&holder);
        let id = without_prefix(holder);
        let privileges = match (of_group, groups.get_mut(&id), users.get_mut(&id)) {
            (true, Some(group), _) => &mut group.privileges,
            (false, _, Some(user)) => &mut user.privileges,
            _ => return Ok(()),
        };
        privileges.insert(privilege);
        Ok(())
    })?;
    for (sql, with_privilege) in
        [(sql::EXPORT_CLUSTER_MEMBERS, false), (sql::EXPORT_CLUSTER_PRIVILEGES, true)]
    {
        each(connection, sql, |row| {
            let (cluster, member): (String, String) = (row.get(0)?, row.get(1)?);
            if let Some(provider) = providers.get_mut(&cluster) {
                let cluster = &mut provider.cluster;
                let of_its_kind = if is_group(&member) { &mut cluster.groups } else { &mut cluster.users };
                let privileges = of_its_kind.entry(without_prefix(member)).or_default();
                if with_privilege {
                    privileges.insert(row.get(2)?);
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn read_spaces(connection: &Connection) -> Result<Vec<Space>, Failure> {
    let mut spaces = BTreeMap::new();
    each(connection, sql::EXPORT_SPACES, |row| {
        let id: String = row.get(0)?;
        let (users, groups, providers) = Default::default();
        let space = Space { id: id.clone(), name: row.get(1)?, users, groups, providers };
        spaces.insert(id, space);
        Ok(())
    })?;
    each(connection, sql::EXPORT_SPACE_MEMBERS, |row| {
        let (space, member): (String, String) = (row.get(0)?, row.get(1)?);
        if let Some(space) = spaces.get_mut(&space) {
            let of_its_kind = if is_group(&member) { &mut space.groups } else { &mut space.users };
            of_its_kind.insert(without_prefix(member));
        }
        Ok(())
    })?;
    each(connection, sql::EXPORT_SPACE_PROVIDERS, |row| {
        if let Some(space) = spaces.get_mut(&row.get::<_, String>(0)?) {
            space.providers.insert(row.get(1)?);
        }
        Ok(())
    })?;
    Ok(spaces.into_values().collect())
}

fn each(
    connection: &Connection,
    sql: &str,
    mut take: impl FnMut(&Row<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

fn stored_token(row: &Row<'_>) -> Result<StoredToken, Failure> {
    let id: String = row.get(0)?;
    let token = NamedToken {
        subject: parse_subject(row, 1, &id)?,
        name: row.get(2)?,
        version: row.get(3)?,
        token_type: parse_json::<TokenType>(row, 4, &id)?,
        caveats: parse_json(row, 5, &id)?,
        secret: Some(Secret::new(row.get::<_, String>(6)?)),
        revoked: row.get(7)?,
        id,
    };
    Ok(StoredToken { token, created_at: row.get(8)? })
}

fn parse_subject(row: &Row<'_>, column: usize, id: &str) -> Result<Subject, Failure> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| damaged(RecordKind::Token, id).into())
}

fn parse_json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize, id: &str) -> Result<T, Failure> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| damaged(RecordKind::Token, id).into())
}

fn password_hash(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<PasswordHash>> {
    Ok(row.get::<_, Option<Vec<u8>>>(column)?.map(PasswordHash::new))
}

fn damaged(kind: RecordKind, id: &str) -> StoreError {
    StoreError::DamagedRecord { kind, id: id.to_owned() }
}

fn is_group(member: &str) -> bool {
    member.starts_with("grp-")
}

fn without_prefix(mut text: String) -> String {
    text.drain(..text.len().min(4));
    text
}
