//! Reading records.

use std::collections::BTreeMap;

use crate::seal::Place;
use crate::session::{Row, Session, Value};
use crate::{
    AuditEntry, AuditRecord, Cluster, Group, Keyring, Member, NamedToken, PasswordHash, Privileges, Provider,
    RecordKind, Result, Secret, Space, StoreError, StoredToken, Subject, SubjectState, TemporaryToken,
    TemporaryTokenSecret, TokenRecord, TokenSummary, User, UserCredentials, Zone, sql,
};

/// How many bytes the secrets have that are made here: hexadecimal digits.
const USUAL_SECRET: usize = 64;

/// The same for hashes of passwords: salt, a separator, digest.
const USUAL_HASH: usize = 65;

pub(crate) async fn subject_state(
    session: &mut dyn Session,
    subject: &Subject,
) -> Result<Option<SubjectState>> {
    subject_state_by(session, sql::SUBJECT_STATE, &subject.to_string()).await
}

pub(crate) async fn subject_state_by(
    session: &mut dyn Session,
    sql: &'static str,
    key: &str,
) -> Result<Option<SubjectState>> {
    let Some(mut row) = session.row(sql, &[key.into()]).await? else { return Ok(None) };
    let subject = row.text(4)?;
    let place = Place::TemporarySecret { subject: &subject };
    let temporary = match row.optional_bytes(2)? {
        Some(sealed) => Some(TemporaryToken {
            secret: open_secret(session.keys(), place, &sealed)?,
            generation: row.integer(3)?,
        }),
        None => {
            // Strangers may ask, and the time must not tell who has temporary tokens.
            session.keys().pretend_to_open(place, USUAL_SECRET);
            None
        }
    };
    Ok(Some(SubjectState { blocked: row.boolean(0)?, token_epoch: row.integer(1)?, temporary }))
}

pub(crate) async fn token_record(
    session: &mut dyn Session,
    sql: &'static str,
    parameters: &[Value],
) -> Result<Option<TokenRecord>> {
    let Some(mut row) = session.row(sql, parameters).await? else { return Ok(None) };
    let (id, owner) = (row.text(0)?, row.text(1)?);
    let place = Place::TokenSecret { subject: &owner, id: &id };
    Ok(Some(TokenRecord {
        subject: parse_subject(&owner, &id)?,
        version: version(&mut row, 2, &id)?,
        secret: open_secret(session.keys(), place, &row.bytes(3)?)?,
        revoked: row.boolean(4)?,
        subject_blocked: row.boolean(5)?,
        id,
    }))
}

pub(crate) async fn user_credentials(
    session: &mut dyn Session,
    sql: &'static str,
    username: &str,
) -> Result<Option<UserCredentials>> {
    let Some(mut row) = session.row(sql, &[username.into()]).await? else { return Ok(None) };
    let id = row.text(0)?;
    let password_hash = password_hash(session.keys(), &mut row, 1, &id)?;
    if password_hash.is_none() {
        // Nor must it tell who has a password.
        session.keys().pretend_to_open(Place::PasswordHash { user: &id }, USUAL_HASH);
    }
    Ok(Some(UserCredentials { password_hash, basic_auth: row.boolean(2)?, blocked: row.boolean(3)?, id }))
}

/// Whether `sql` has a row for a user and further keys. Providers belong to nothing and hold nothing.
async fn ask_about_user<const N: usize>(
    session: &mut dyn Session,
    sql: &'static str,
    subject: &Subject,
    rest: [&str; N],
) -> Result<bool> {
    let Subject::User(_) = subject else { return Ok(false) };
    let keys: Vec<Value> =
        std::iter::once(subject.to_string().into()).chain(rest.into_iter().map(Value::from)).collect();
    session.exists(sql, &keys).await
}

pub(crate) async fn has_zone_privilege(
    session: &mut dyn Session,
    subject: &Subject,
    privilege: &str,
) -> Result<bool> {
    ask_about_user(session, sql::HAS_ZONE_PRIVILEGE, subject, [privilege]).await
}

pub(crate) async fn has_cluster_privilege(
    session: &mut dyn Session,
    subject: &Subject,
    cluster: &str,
    privilege: &str,
) -> Result<bool> {
    ask_about_user(session, sql::HAS_CLUSTER_PRIVILEGE, subject, [cluster, privilege]).await
}

pub(crate) async fn is_cluster_member(
    session: &mut dyn Session,
    subject: &Subject,
    cluster: &str,
) -> Result<bool> {
    ask_about_user(session, sql::IS_CLUSTER_MEMBER, subject, [cluster]).await
}

pub(crate) async fn is_user_of_provider(
    session: &mut dyn Session,
    subject: &Subject,
    provider: &str,
) -> Result<bool> {
    ask_about_user(session, sql::IS_USER_OF_PROVIDER, subject, [provider]).await
}

pub(crate) async fn is_group_member(
    session: &mut dyn Session,
    subject: &Subject,
    group: &str,
) -> Result<bool> {
    let group = Member::Group(group.to_owned()).to_string();
    ask_about_user(session, sql::IS_GROUP_MEMBER, subject, [&group]).await
}

pub(crate) async fn has_direct_group(session: &mut dyn Session, subject: &Subject) -> Result<bool> {
    ask_about_user(session, sql::HAS_DIRECT_GROUP, subject, []).await
}

/// The existence of the subject is looked at only where the list does not prove it.
pub(crate) async fn list_token_ids(session: &mut dyn Session, subject: &Subject) -> Result<Vec<String>> {
    let ids = session.texts(sql::LIST_TOKEN_IDS, &[subject.to_string().into()]).await?;
    if ids.is_empty() {
        require_subject(session, subject).await?;
    }
    Ok(ids)
}

pub(crate) async fn list_tokens(session: &mut dyn Session, subject: &Subject) -> Result<Vec<TokenSummary>> {
    require_subject(session, subject).await?;
    let rows = session.rows(sql::LIST_TOKENS, &[subject.to_string().into()]).await?;
    rows.into_iter()
        .map(|mut row| {
            let id = row.text(0)?;
            Ok(TokenSummary {
                subject: parse_subject(&row.text(1)?, &id)?,
                name: row.text(2)?,
                token_type: parse_json(&row.text(3)?, &id)?,
                revoked: row.boolean(4)?,
                created_at: row.integer(5)?,
                id,
            })
        })
        .collect()
}

pub(crate) async fn token(session: &mut dyn Session, id: &str) -> Result<Option<StoredToken>> {
    let row = session.row(sql::TOKEN_BY_ID, &[id.into()]).await?;
    row.map(|row| stored_token(session.keys(), row)).transpose()
}

pub(crate) async fn has_users(session: &mut dyn Session) -> Result<bool> {
    session.exists(sql::ANY_USER, &[]).await
}

pub(crate) async fn audit_trail(session: &mut dyn Session, target: &str) -> Result<Vec<AuditRecord>> {
    let rows = session.rows(sql::AUDIT_TRAIL, &[target.into()]).await?;
    rows.into_iter().map(audit_record).collect()
}

pub(crate) fn audit_record(mut row: Row) -> Result<AuditRecord> {
    let id = row.text(0)?;
    let token_ids = serde_json::from_str(&row.text(9)?).map_err(|_| damaged(RecordKind::Audit, &id))?;
    let entry = AuditEntry {
        id,
        at: row.integer(1)?,
        actor: row.text(2)?,
        authentication: row.text(3)?,
        token_id: row.optional_text(4)?,
        request_id: row.optional_text(5)?,
        peer: row.optional_text(6)?,
    };
    Ok(AuditRecord { entry, action: row.text(7)?, target: row.text(8)?, token_ids })
}

/// How many tokens the change of this audit row touched; `None` when there is no such row.
pub(crate) async fn audited_count(session: &mut dyn Session, target: &str, id: &str) -> Result<Option<u64>> {
    let row = session.row(sql::AUDITED_COUNT, &[target.into(), id.into()]).await?;
    row.map(|mut row| Ok(u64::try_from(row.integer(0)?).unwrap_or_default())).transpose()
}

/// Whether the database answers and has its schema.
pub(crate) async fn ping(session: &mut dyn Session) -> Result<()> {
    if session.exists(sql::PING, &[]).await? {
        return Ok(());
    }
    Err(StoreError::Database("the database has no schema".into()))
}

/// Everything but the tokens. The caller provides the transaction that makes it one moment.
pub(crate) async fn head(session: &mut dyn Session) -> Result<Zone> {
    let mut users = BTreeMap::new();
    for mut row in session.rows(sql::EXPORT_USERS, &[]).await? {
        let id = row.text(0)?;
        let user = User {
            username: row.optional_text(1)?,
            full_name: row.optional_text(2)?,
            password_hash: password_hash(session.keys(), &mut row, 3, &id)?,
            basic_auth: row.boolean(4)?,
            blocked: row.boolean(5)?,
            privileges: Privileges::new(),
            id: id.clone(),
        };
        users.insert(id, user);
    }
    let mut groups = BTreeMap::new();
    for mut row in session.rows(sql::EXPORT_GROUPS, &[]).await? {
        let id = without_prefix(row.text(0)?);
        let (users, subgroups, privileges) = Default::default();
        let group = Group { id: id.clone(), name: row.text(1)?, users, groups: subgroups, privileges };
        groups.insert(id, group);
    }
    let mut providers = BTreeMap::new();
    for mut row in session.rows(sql::EXPORT_PROVIDERS, &[]).await? {
        let id = row.text(0)?;
        let provider = Provider { id: id.clone(), name: row.text(1)?, cluster: Cluster::default() };
        providers.insert(id, provider);
    }
    read_group_members(session, &mut groups).await?;
    read_zone_privileges(session, &mut users, &mut groups).await?;
    read_clusters(session, &mut providers).await?;

    let mut zone = Zone {
        users: users.into_values().collect(),
        groups: groups.into_values().collect(),
        providers: providers.into_values().collect(),
        spaces: read_spaces(session).await?,
        ..Zone::default()
    };
    for mut row in session.rows(sql::EXPORT_TEMPORARY, &[]).await? {
        let owner = row.text(0)?;
        let place = Place::TemporarySecret { subject: &owner };
        zone.temporary_tokens.push(TemporaryTokenSecret {
            subject: owner.parse().map_err(|_| damaged(RecordKind::TemporaryToken, &owner))?,
            secret: open_secret(session.keys(), place, &row.bytes(1)?)?,
            generation: row.integer(2)?,
        });
    }
    Ok(zone)
}

/// How many named tokens there are.
pub(crate) async fn token_count(session: &mut dyn Session) -> Result<u64> {
    let count = session.row(sql::COUNT_TOKENS, &[]).await?.map(|mut row| row.integer(0)).transpose()?;
    Ok(u64::try_from(count.unwrap_or_default()).unwrap_or_default())
}

/// The next tokens after a subject and name, in the order of an export.
pub(crate) async fn export_page(
    session: &mut dyn Session,
    after: Option<&(String, String)>,
) -> Result<Vec<NamedToken>> {
    let tokens = page(session, sql::EXPORT_TOKENS, after).await?;
    Ok(tokens.into_iter().map(|stored| stored.token).collect())
}

/// The next tokens after a subject and id.
pub(crate) async fn tokens_after(
    session: &mut dyn Session,
    after: Option<&(String, String)>,
) -> Result<Vec<StoredToken>> {
    page(session, sql::TOKENS_BY_ID, after).await
}

/// A page of a subject's tokens after an id, in the order of the ids.
pub(crate) async fn tokens_of_subject_after(
    session: &mut dyn Session,
    subject: &str,
    id: &str,
) -> Result<Vec<StoredToken>> {
    let rows = session.rows(sql::TOKENS_OF_SUBJECT_BY_ID, &[subject.into(), id.into()]).await?;
    rows.into_iter().map(|row| stored_token(session.keys(), row)).collect()
}

/// The text form of the subject whose token has this id.
pub(crate) async fn token_owner(session: &mut dyn Session, id: &str) -> Result<Option<String>> {
    let row = session.row(sql::TOKEN_OWNER, &[id.into()]).await?;
    row.map(|mut row| row.text(0)).transpose()
}

/// No subject is empty, so that everything comes after the empty text.
async fn page(
    session: &mut dyn Session,
    sql: &'static str,
    after: Option<&(String, String)>,
) -> Result<Vec<StoredToken>> {
    let (subject, rest) = after.map_or(("", ""), |(subject, rest)| (subject, rest));
    let rows = session.rows(sql, &[subject.into(), rest.into()]).await?;
    rows.into_iter().map(|row| stored_token(session.keys(), row)).collect()
}

pub(crate) async fn require_subject(session: &mut dyn Session, subject: &Subject) -> Result<()> {
    let subject = subject.to_string();
    if session.exists(sql::SUBJECT_STATE, &[subject.as_str().into()]).await? {
        return Ok(());
    }
    Err(StoreError::NotFound { kind: RecordKind::Subject, id: subject })
}

async fn read_group_members(session: &mut dyn Session, groups: &mut BTreeMap<String, Group>) -> Result<()> {
    for mut row in session.rows(sql::EXPORT_GROUP_MEMBERS, &[]).await? {
        let (group, member) = (row.text(0)?, row.text(1)?);
        if let Some(group) = groups.get_mut(&without_prefix(group)) {
            let of_its_kind = if is_group(&member) { &mut group.groups } else { &mut group.users };
            of_its_kind.insert(without_prefix(member));
        }
    }
    Ok(())
}

async fn read_zone_privileges(
    session: &mut dyn Session,
    users: &mut BTreeMap<String, User>,
    groups: &mut BTreeMap<String, Group>,
) -> Result<()> {
    for mut row in session.rows(sql::EXPORT_ZONE_PRIVILEGES, &[]).await? {
        let holder = row.text(0)?;
        let of_group = is_group(&holder);
        let id = without_prefix(holder);
        let privileges = match (of_group, groups.get_mut(&id), users.get_mut(&id)) {
            (true, Some(group), _) => &mut group.privileges,
            (false, _, Some(user)) => &mut user.privileges,
            _ => continue,
        };
        privileges.insert(row.text(1)?);
    }
    Ok(())
}

async fn read_clusters(session: &mut dyn Session, providers: &mut BTreeMap<String, Provider>) -> Result<()> {
    for (sql, with_privilege) in
        [(sql::EXPORT_CLUSTER_MEMBERS, false), (sql::EXPORT_CLUSTER_PRIVILEGES, true)]
    {
        for mut row in session.rows(sql, &[]).await? {
            let (cluster, member) = (row.text(0)?, row.text(1)?);
            if let Some(provider) = providers.get_mut(&cluster) {
                let cluster = &mut provider.cluster;
                let of_its_kind = if is_group(&member) { &mut cluster.groups } else { &mut cluster.users };
                let privileges = of_its_kind.entry(without_prefix(member)).or_default();
                if with_privilege {
                    privileges.insert(row.text(2)?);
                }
            }
        }
    }
    Ok(())
}

async fn read_spaces(session: &mut dyn Session) -> Result<Vec<Space>> {
    let mut spaces = BTreeMap::new();
    for mut row in session.rows(sql::EXPORT_SPACES, &[]).await? {
        let id = row.text(0)?;
        let (users, groups, providers) = Default::default();
        let space = Space { id: id.clone(), name: row.text(1)?, users, groups, providers };
        spaces.insert(id, space);
    }
    for mut row in session.rows(sql::EXPORT_SPACE_MEMBERS, &[]).await? {
        let (space, member) = (row.text(0)?, row.text(1)?);
        if let Some(space) = spaces.get_mut(&space) {
            let of_its_kind = if is_group(&member) { &mut space.groups } else { &mut space.users };
            of_its_kind.insert(without_prefix(member));
        }
    }
    for mut row in session.rows(sql::EXPORT_SPACE_PROVIDERS, &[]).await? {
        if let Some(space) = spaces.get_mut(&row.text(0)?) {
            space.providers.insert(row.text(1)?);
        }
    }
    Ok(spaces.into_values().collect())
}

pub(crate) fn stored_token(keys: &Keyring, mut row: Row) -> Result<StoredToken> {
    let (id, owner) = (row.text(0)?, row.text(1)?);
    let place = Place::TokenSecret { subject: &owner, id: &id };
    let token = NamedToken {
        subject: parse_subject(&owner, &id)?,
        name: row.text(2)?,
        version: version(&mut row, 3, &id)?,
        token_type: parse_json(&row.text(4)?, &id)?,
        caveats: parse_json(&row.text(5)?, &id)?,
        secret: Some(open_secret(keys, place, &row.bytes(6)?)?),
        revoked: row.boolean(7)?,
        id,
    };
    Ok(StoredToken { token, created_at: row.integer(8)? })
}

pub(crate) fn open_secret(keys: &Keyring, place: Place<'_>, sealed: &[u8]) -> Result<Secret> {
    let opened = keys.open(place, sealed)?;
    let text =
        std::str::from_utf8(&opened).map_err(|_| StoreError::Unreadable { place: place.to_string() })?;
    Ok(Secret::new(text))
}

pub(crate) fn password_hash(
    keys: &Keyring,
    row: &mut Row,
    column: usize,
    user: &str,
) -> Result<Option<PasswordHash>> {
    let Some(sealed) = row.optional_bytes(column)? else { return Ok(None) };
    Ok(Some(PasswordHash::new(keys.open(Place::PasswordHash { user }, &sealed)?.as_slice())))
}

fn version(row: &mut Row, column: usize, id: &str) -> Result<u8> {
    u8::try_from(row.integer(column)?).map_err(|_| damaged(RecordKind::Token, id))
}

fn parse_subject(text: &str, id: &str) -> Result<Subject> {
    text.parse().map_err(|_| damaged(RecordKind::Token, id))
}

fn parse_json<T: serde::de::DeserializeOwned>(text: &str, id: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| damaged(RecordKind::Token, id))
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
