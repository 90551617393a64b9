//! Changing records. Everything here runs inside a transaction that the backend provides, and takes its locks first.

use std::collections::BTreeMap;

use crate::operations::keys::sealing_keys;
use crate::operations::read;
use crate::session::Session;
use crate::statement::{Script, Statement};
use crate::upkeep::{Revoked, Secrets};
use crate::{
    AuditEntry, Group, Member, NamedToken, Privileges, Provider, RecordKind, Result, Secret, Space,
    StoreError, Subject, TemporaryToken, TemporaryTokenSecret, User, sql,
};

pub(crate) async fn delete_all_tokens(
    session: &mut dyn Session,
    subject: &Subject,
    audit: &AuditEntry,
) -> Result<u64> {
    let key = subject.to_string();
    session.lock_subject(&key).await?;
    read::require_subject(session, subject).await?;
    let token_ids = session.texts(sql::REMOVE_ALL_TOKENS, &[key.as_str().into()]).await?;
    let count = u64::try_from(token_ids.len()).unwrap_or(u64::MAX);
    let mut script = Script::new(session.keys());
    script.raise_token_epoch(&key);
    script.audit(audit, "tokens.delete_all", &key, token_ids);
    run(session, script).await?;
    Ok(count)
}

pub(crate) async fn create_user(session: &mut dyn Session, user: &User, audit: &AuditEntry) -> Result<()> {
    crate::check_id(&user.id)?;
    session.lock_zone().await?;
    refuse_existing(session, sql::USER_EXISTS, &user.id, RecordKind::User, &user.id).await?;
    if let Some(username) = &user.username
        && session.exists(sql::USERNAME_EXISTS, &[username.as_str().into()]).await?
    {
        return Err(StoreError::UsernameTaken(username.clone()));
    }
    let mut script = Script::new(&sealing_keys(session).await?);
    script.put_user(user, audit.at)?;
    script.audit(audit, "user.create", &Subject::User(user.id.clone()).to_string(), vec![]);
    run(session, script).await
}

pub(crate) async fn create_group(session: &mut dyn Session, group: &Group, audit: &AuditEntry) -> Result<()> {
    crate::check_id(&group.id)?;
    session.lock_zone().await?;
    let key = Member::Group(group.id.clone()).to_string();
    refuse_existing(session, sql::GROUP_EXISTS, &key, RecordKind::Group, &group.id).await?;
    let referrer = format!("group {:?}", group.id);
    let subgroups = group.groups.iter().filter(|subgroup| **subgroup != group.id);
    require_members(session, group.users.iter(), subgroups, &referrer).await?;
    let mut script = Script::new(session.keys());
    script.put_group(group);
    script.put_group_members(group);
    script.audit(audit, "group.create", &key, vec![]);
    run(session, script).await
}

pub(crate) async fn create_provider(
    session: &mut dyn Session,
    provider: &Provider,
    audit: &AuditEntry,
) -> Result<()> {
    crate::check_id(&provider.id)?;
    session.lock_zone().await?;
    refuse_existing(session, sql::PROVIDER_EXISTS, &provider.id, RecordKind::Provider, &provider.id).await?;
    let referrer = format!("the cluster of provider {:?}", provider.id);
    let cluster = &provider.cluster;
    require_members(session, cluster.users.keys(), cluster.groups.keys(), &referrer).await?;
    let mut script = Script::new(session.keys());
    script.put_provider(provider);
    script.audit(audit, "provider.create", &Subject::Provider(provider.id.clone()).to_string(), vec![]);
    run(session, script).await
}

pub(crate) async fn create_space(session: &mut dyn Session, space: &Space, audit: &AuditEntry) -> Result<()> {
    crate::check_id(&space.id)?;
    session.lock_zone().await?;
    refuse_existing(session, sql::SPACE_EXISTS, &space.id, RecordKind::Space, &space.id).await?;
    let referrer = format!("space {:?}", space.id);
    require_members(session, space.users.iter(), space.groups.iter(), &referrer).await?;
    for id in &space.providers {
        if !session.exists(sql::PROVIDER_EXISTS, &[id.as_str().into()]).await? {
            return Err(StoreError::DanglingReference {
                referrer,
                kind: RecordKind::Provider,
                id: id.clone(),
            });
        }
    }
    let mut script = Script::new(session.keys());
    script.put_space(space);
    script.audit(audit, "space.create", &format!("spc-{}", space.id), vec![]);
    run(session, script).await
}

pub(crate) async fn grant_cluster(
    session: &mut dyn Session,
    cluster: &str,
    member: &Member,
    privileges: &Privileges,
    audit: &AuditEntry,
) -> Result<()> {
    session.lock_zone().await?;
    if !session.exists(sql::PROVIDER_EXISTS, &[cluster.into()]).await? {
        return Err(StoreError::NotFound { kind: RecordKind::Provider, id: cluster.to_owned() });
    }
    require_member(session, member, &format!("the cluster of provider {cluster:?}")).await?;
    let mut script = Script::new(session.keys());
    script.grant_cluster(cluster, member, privileges);
    script.audit(audit, "cluster.grant", &Subject::Provider(cluster.to_owned()).to_string(), vec![]);
    run(session, script).await
}

pub(crate) async fn create_token(
    session: &mut dyn Session,
    token: &NamedToken,
    audit: &AuditEntry,
) -> Result<()> {
    crate::check_id(&token.id)?;
    if token.secret.is_none() {
        return Err(StoreError::SecretMissing(token.id.clone()));
    }
    let subject = token.subject.to_string();
    session.lock_subject(&subject).await?;
    read::require_subject(session, &token.subject).await?;
    refuse_existing(session, sql::TOKEN_BY_ID, &token.id, RecordKind::Token, &token.id).await?;
    let name = [subject.as_str().into(), token.name.as_str().into()];
    if session.exists(sql::TOKEN_ID_BY_NAME, &name).await? {
        return Err(StoreError::TokenNameTaken { subject, name: token.name.clone() });
    }
    let mut script = Script::new(&sealing_keys(session).await?);
    script.add_token(token, audit.at)?;
    script.audit(audit, "token.create", &subject, vec![token.id.clone()]);
    run(session, script).await
}

/// Writes what matters to nobody, to see whether it can be done.
pub(crate) async fn touch(session: &mut dyn Session) -> Result<()> {
    session.execute(&[Statement { sql: sql::TOUCH, parameters: Vec::new() }]).await
}

pub(crate) async fn revoke_token(session: &mut dyn Session, id: &str, audit: &AuditEntry) -> Result<()> {
    let no_token = || StoreError::NotFound { kind: RecordKind::Token, id: id.to_owned() };
    let subject = read::token(session, id).await?.ok_or_else(no_token)?.token.subject;
    let key = subject.to_string();
    session.lock_subject(&key).await?;
    // Read again: until the lock it may have changed.
    let stored = read::token(session, id).await?.ok_or_else(no_token)?;
    if stored.token.revoked {
        return Ok(());
    }
    let mut script = Script::new(session.keys());
    script.push(sql::REVOKE_TOKEN, [key.as_str().into(), id.into()]);
    script.raise_token_epoch(&key);
    script.audit(audit, "token.revoke", &key, vec![id.to_owned()]);
    run(session, script).await
}

pub(crate) async fn ensure_temporary_secret(
    session: &mut dyn Session,
    subject: &Subject,
    fresh: &Secret,
    audit: &AuditEntry,
) -> Result<TemporaryToken> {
    session.lock_subject(&subject.to_string()).await?;
    let state = read::subject_state(session, subject).await?.ok_or_else(|| no_subject(subject))?;
    if let Some(temporary) = state.temporary {
        return Ok(temporary);
    }
    put_temporary(session, subject, fresh, 1, "temporary_tokens.create", audit).await
}

pub(crate) async fn revoke_temporary_tokens(
    session: &mut dyn Session,
    subject: &Subject,
    fresh: &Secret,
    audit: &AuditEntry,
) -> Result<i64> {
    session.lock_subject(&subject.to_string()).await?;
    let state = read::subject_state(session, subject).await?.ok_or_else(|| no_subject(subject))?;
    let generation = state.temporary.map_or(1, |temporary| temporary.generation).saturating_add(1);
    put_temporary(session, subject, fresh, generation, "temporary_tokens.revoke", audit).await?;
    Ok(generation)
}

pub(crate) async fn record(
    session: &mut dyn Session,
    action: &str,
    target: &str,
    audit: &AuditEntry,
) -> Result<()> {
    let mut script = Script::new(session.keys());
    script.audit(audit, action, target, vec![]);
    run(session, script).await
}

/// Every named token is revoked, with an audit row for each subject; every secret of temporary tokens is replaced.
pub(crate) async fn revoke_everything(
    session: &mut dyn Session,
    fresh: &Secrets,
    audit: &AuditEntry,
) -> Result<Revoked> {
    session.lock_zone().await?;
    session.take_time().await?;
    let mut script = Script::new(&sealing_keys(session).await?);
    let mut revoked = Revoked::default();
    let mut by_subject: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mut row in session.rows(sql::REVOKE_EVERYTHING, &[]).await? {
        by_subject.entry(row.text(0)?).or_default().push(row.text(1)?);
        revoked.tokens += 1;
    }
    for mut row in session.rows(sql::TEMPORARY_GENERATIONS, &[]).await? {
        let subject: Subject = row.text(0)?.parse()?;
        let generation = row.integer(1)?.saturating_add(1);
        let secret = fresh().map_err(StoreError::Randomness)?;
        by_subject.entry(subject.to_string()).or_default();
        script.put_temporary(&TemporaryTokenSecret { generation, secret, subject })?;
        revoked.temporary_tokens += 1;
    }
    script.push(sql::RAISE_ALL_TOKEN_EPOCHS, []);
    for (subject, token_ids) in by_subject {
        script.audit(audit, "tokens.revoke_everything", &subject, token_ids);
    }
    script.audit(audit, "tokens.revoke_everything", "zone", vec![]);
    run(session, script).await?;
    Ok(revoked)
}

async fn put_temporary(
    session: &mut dyn Session,
    subject: &Subject,
    secret: &Secret,
    generation: i64,
    action: &str,
    audit: &AuditEntry,
) -> Result<TemporaryToken> {
    let mut script = Script::new(&sealing_keys(session).await?);
    let (subject, secret) = (subject.clone(), secret.clone());
    let temporary = TemporaryTokenSecret { generation, secret, subject };
    script.put_temporary(&temporary)?;
    script.audit(audit, action, &temporary.subject.to_string(), vec![]);
    run(session, script).await?;
    Ok(TemporaryToken { secret: temporary.secret, generation })
}

async fn run(session: &mut dyn Session, script: Script) -> Result<()> {
    session.execute(&script.into_statements()).await
}

async fn refuse_existing(
    session: &mut dyn Session,
    sql: &'static str,
    key: &str,
    kind: RecordKind,
    id: &str,
) -> Result<()> {
    if session.exists(sql, &[key.into()]).await? {
        return Err(StoreError::AlreadyExists { kind, id: id.to_owned() });
    }
    Ok(())
}

async fn require_members(
    session: &mut dyn Session,
    users: impl Iterator<Item = &String> + Send,
    groups: impl Iterator<Item = &String> + Send,
    referrer: &str,
) -> Result<()> {
    let users = users.cloned().map(Member::User);
    for member in users.chain(groups.cloned().map(Member::Group)) {
        require_member(session, &member, referrer).await?;
    }
    Ok(())
}

async fn require_member(session: &mut dyn Session, member: &Member, referrer: &str) -> Result<()> {
    let (sql, key, kind, id) = match member {
        Member::User(id) => (sql::USER_EXISTS, id.clone(), RecordKind::User, id),
        Member::Group(id) => (sql::GROUP_EXISTS, member.to_string(), RecordKind::Group, id),
    };
    if session.exists(sql, &[key.into()]).await? {
        return Ok(());
    }
    Err(StoreError::DanglingReference { referrer: referrer.to_owned(), kind, id: id.clone() })
}

fn no_subject(subject: &Subject) -> StoreError {
    StoreError::NotFound { kind: RecordKind::Subject, id: subject.to_string() }
}
