//! Changing records. Everything here runs inside a transaction that the writer thread provides.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::read;
use super::threads::Failure;
use crate::statement::{Script, Value};
use crate::{
    AuditEntry, Group, Member, NamedToken, Privileges, Provider, RecordKind, Report, Secret, Space,
    StoreError, Subject, TemporaryToken, TemporaryTokenSecret, Unnamed, User, Zone, sql,
};

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(text) | Self::OptionalText(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Boolean(truth) => ValueRef::Integer((*truth).into()),
            Self::Secret(Some(secret)) => ValueRef::Text(secret.expose().as_bytes()),
            Self::Hash(Some(hash)) => ValueRef::Blob(hash.expose()),
            Self::OptionalText(None) | Self::Secret(None) | Self::Hash(None) => ValueRef::Null,
        }))
    }
}

pub(super) fn delete_all_tokens(
    connection: &Connection,
    subject: &Subject,
    audit: &AuditEntry,
) -> Result<u64, Failure> {
    read::require_subject(connection, subject)?;
    let mut statement = connection.prepare_cached(sql::REMOVE_ALL_TOKENS)?;
    let token_ids: Vec<String> =
        statement.query_map([subject.to_string()], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let count = u64::try_from(token_ids.len()).unwrap_or(u64::MAX);
    let mut script = Script::default();
    script.raise_token_epoch(subject);
    script.audit(audit, "tokens.delete_all", &subject.to_string(), token_ids);
    run(connection, &script)?;
    Ok(count)
}

pub(super) fn apply(
    connection: &Connection,
    zone: &Zone,
    unnamed: Unnamed,
    audit: &AuditEntry,
) -> Result<Report, Failure> {
    let current = read::snapshot(connection)?;
    let (script, report) = crate::plan::plan(&current.zone, &current.created_at, zone, unnamed, audit)?;
    run(connection, &script)?;
    Ok(report)
}

pub(super) fn create_user(connection: &Connection, user: &User, audit: &AuditEntry) -> Result<(), Failure> {
    crate::check_id(&user.id)?;
    refuse_existing(connection, sql::USER_EXISTS, &user.id, RecordKind::User, &user.id)?;
    if let Some(username) = &user.username
        && read::exists(connection, sql::USERNAME_EXISTS, [username])?
    {
        return Err(StoreError::UsernameTaken(username.clone()).into());
    }
    let mut script = Script::default();
    script.put_user(user, audit.at);
    script.audit(audit, "user.create", &Subject::User(user.id.clone()).to_string(), vec![]);
    run(connection, &script)
}

pub(super) fn create_group(
    connection: &Connection,
    group: &Group,
    audit: &AuditEntry,
) -> Result<(), Failure> {
    crate::check_id(&group.id)?;
    let key = Member::Group(group.id.clone()).to_string();
    refuse_existing(connection, sql::GROUP_EXISTS, &key, RecordKind::Group, &group.id)?;
    let referrer = format!("group {:?}", group.id);
    for user in &group.users {
        require_member(connection, &Member::User(user.clone()), &referrer)?;
    }
    for subgroup in group.groups.iter().filter(|subgroup| **subgroup != group.id) {
        require_member(connection, &Member::Group(subgroup.clone()), &referrer)?;
    }
    let mut script = Script::default();
    script.put_group(group);
    script.put_group_members(group);
    script.audit(audit, "group.create", &key, vec![]);
    run(connection, &script)
}

pub(super) fn create_provider(
    connection: &Connection,
    provider: &Provider,
    audit: &AuditEntry,
) -> Result<(), Failure> {
    crate::check_id(&provider.id)?;
    refuse_existing(connection, sql::PROVIDER_EXISTS, &provider.id, RecordKind::Provider, &provider.id)?;
    let referrer = format!("the cluster of provider {:?}", provider.id);
    for user in provider.cluster.users.keys() {
        require_member(connection, &Member::User(user.clone()), &referrer)?;
    }
    for group in provider.cluster.groups.keys() {
        require_member(connection, &Member::Group(group.clone()), &referrer)?;
    }
    let mut script = Script::default();
    script.put_provider(provider);
    script.audit(audit, "provider.create", &Subject::Provider(provider.id.clone()).to_string(), vec![]);
    run(connection, &script)
}

pub(super) fn create_space(
    connection: &Connection,
    space: &Space,
    audit: &AuditEntry,
) -> Result<(), Failure> {
    crate::check_id(&space.id)?;
    refuse_existing(connection, sql::SPACE_EXISTS, &space.id, RecordKind::Space, &space.id)?;
    let referrer = format!("space {:?}", space.id);
    for user in &space.users {
        require_member(connection, &Member::User(user.clone()), &referrer)?;
    }
    for group in &space.groups {
        require_member(connection, &Member::Group(group.clone()), &referrer)?;
    }
    for id in &space.providers {
        if !read::exists(connection, sql::PROVIDER_EXISTS, [id])? {
            let kind = RecordKind::Provider;
            return Err(StoreError::DanglingReference { referrer, kind, id: id.clone() }.into());
        }
    }
    let mut script = Script::default();
    script.put_space(space);
    script.audit(audit, "space.create", &format!("spc-{}", space.id), vec![]);
    run(connection, &script)
}

pub(super) fn grant_cluster(
    connection: &Connection,
    cluster: &str,
    member: &Member,
    privileges: &Privileges,
    audit: &AuditEntry,
) -> Result<(), Failure> {
    if !read::exists(connection, sql::PROVIDER_EXISTS, [cluster])? {
        return Err(StoreError::NotFound { kind: RecordKind::Provider, id: cluster.to_owned() }.into());
    }
    require_member(connection, member, &format!("the cluster of provider {cluster:?}"))?;
    let mut script = Script::default();
    script.grant_cluster(cluster, member, privileges);
    script.audit(audit, "cluster.grant", &Subject::Provider(cluster.to_owned()).to_string(), vec![]);
    run(connection, &script)
}

pub(super) fn create_token(
    connection: &Connection,
    token: &NamedToken,
    audit: &AuditEntry,
) -> Result<(), Failure> {
    crate::check_id(&token.id)?;
    if token.secret.is_none() {
        return Err(StoreError::SecretMissing(token.id.clone()).into());
    }
    read::require_subject(connection, &token.subject)?;
    refuse_existing(connection, sql::TOKEN_BY_ID, &token.id, RecordKind::Token, &token.id)?;
    let subject = token.subject.to_string();
    if read::exists(connection, sql::TOKEN_ID_BY_NAME, [&subject, &token.name])? {
        return Err(StoreError::TokenNameTaken { subject, name: token.name.clone() }.into());
    }
    let mut script = Script::default();
    script.add_token(token, audit.at);
    script.audit(audit, "token.create", &subject, vec![token.id.clone()]);
    run(connection, &script)
}

pub(super) fn revoke_token(connection: &Connection, id: &str, audit: &AuditEntry) -> Result<(), Failure> {
    let Some(stored) = read::token(connection, id)? else {
        return Err(StoreError::NotFound { kind: RecordKind::Token, id: id.to_owned() }.into());
    };
    if stored.token.revoked {
        return Ok(());
    }
    let subject = stored.token.subject;
    let mut script = Script::default();
    script.push(sql::REVOKE_TOKEN, [subject.to_string().into(), id.into()]);
    script.raise_token_epoch(&subject);
    script.audit(audit, "token.revoke", &subject.to_string(), vec![id.to_owned()]);
    run(connection, &script)
}

pub(super) fn ensure_temporary_secret(
    connection: &Connection,
    subject: &Subject,
    fresh: &Secret,
    audit: &AuditEntry,
) -> Result<TemporaryToken, Failure> {
    let state = read::subject_state(connection, sql::SUBJECT_STATE, [subject.to_string()])?
        .ok_or_else(|| no_subject(subject))?;
    if let Some(temporary) = state.temporary {
        return Ok(temporary);
    }
    put_temporary(connection, subject, fresh, 1, "temporary_tokens.create", audit)
}

pub(super) fn revoke_temporary_tokens(
    connection: &Connection,
    subject: &Subject,
    fresh: &Secret,
    audit: &AuditEntry,
) -> Result<i64, Failure> {
    let state = read::subject_state(connection, sql::SUBJECT_STATE, [subject.to_string()])?
        .ok_or_else(|| no_subject(subject))?;
    let generation = state.temporary.map_or(1, |temporary| temporary.generation).saturating_add(1);
    put_temporary(connection, subject, fresh, generation, "temporary_tokens.revoke", audit)?;
    Ok(generation)
}

fn put_temporary(
    connection: &Connection,
    subject: &Subject,
    secret: &Secret,
    generation: i64,
    action: &str,
    audit: &AuditEntry,
) -> Result<TemporaryToken, Failure> {
    let mut script = Script::default();
    let (subject, secret) = (subject.clone(), secret.clone());
    let temporary = TemporaryTokenSecret { generation, secret, subject };
    script.put_temporary(&temporary);
    script.audit(audit, action, &temporary.subject.to_string(), vec![]);
    run(connection, &script)?;
    Ok(TemporaryToken { secret: temporary.secret, generation })
}

fn run(connection: &Connection, script: &Script) -> Result<(), Failure> {
    for statement in &script.0 {
        connection.prepare_cached(statement.sql)?.execute(params_from_iter(&statement.parameters))?;
    }
    Ok(())
}

fn refuse_existing(
    connection: &Connection,
    sql: &str,
    key: &str,
    kind: RecordKind,
    id: &str,
) -> Result<(), Failure> {
    if read::exists(connection, sql, [key])? {
        return Err(StoreError::AlreadyExists { kind, id: id.to_owned() }.into());
    }
    Ok(())
}

fn require_member(connection: &Connection, member: &Member, referrer: &str) -> Result<(), Failure> {
    let (found, kind, id) = match member {
        Member::User(id) => (read::exists(connection, sql::USER_EXISTS, [id])?, RecordKind::User, id),
        Member::Group(id) => {
            (read::exists(connection, sql::GROUP_EXISTS, [member.to_string()])?, RecordKind::Group, id)
        }
    };
    if found {
        return Ok(());
    }
    Err(StoreError::DanglingReference { referrer: referrer.to_owned(), kind, id: id.clone() }.into())
}

fn no_subject(subject: &Subject) -> StoreError {
    StoreError::NotFound { kind: RecordKind::Subject, id: subject.to_string() }
}
