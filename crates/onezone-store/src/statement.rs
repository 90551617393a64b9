//! Changes as statements with their parameters: what a backend runs in a transaction without knowing why.
//! There is no `Debug` on purpose, as the parameters hold secrets.

use std::sync::Arc;

use crate::seal::Place;
use crate::session::Value;
use crate::{
    AuditEntry, Group, Keyring, LEGACY_TOKEN_VERSION, Member, NamedToken, Privileges, Provider, Result,
    Secret, Space, StoreError, Subject, TemporaryTokenSecret, User, sql,
};

/// How many statements a script grows to before it is run, where it may be long.
pub(crate) const BATCH: usize = 512;

/// One statement, ready to run.
pub(crate) struct Statement {
    pub(crate) sql: &'static str,
    pub(crate) parameters: Vec<Value>,
}

/// Statements in the order in which they are to run. Secrets are sealed as they come in.
pub(crate) struct Script {
    keys: Arc<Keyring>,
    statements: Vec<Statement>,
}

impl Script {
    /// With the keys of `operations::keys::sealing_keys` for whatever seals anything.
    pub(crate) fn new(keys: &Arc<Keyring>) -> Self {
        Self { keys: Arc::clone(keys), statements: Vec::new() }
    }

    pub(crate) fn into_statements(self) -> Vec<Statement> {
        self.statements
    }

    /// What is there so far, to be run; the script goes on empty.
    pub(crate) fn take_statements(&mut self) -> Vec<Statement> {
        std::mem::take(&mut self.statements)
    }

    pub(crate) fn len(&self) -> usize {
        self.statements.len()
    }

    pub(crate) fn push<const N: usize>(&mut self, sql: &'static str, parameters: [Value; N]) {
        self.statements.push(Statement { sql, parameters: parameters.into() });
    }

    pub(crate) fn put_user(&mut self, user: &User, at: i64) -> Result<()> {
        let place = Place::PasswordHash { user: &user.id };
        let hash =
            user.password_hash.as_ref().map(|hash| self.keys.seal(place, hash.expose())).transpose()?;
        let subject = Subject::User(user.id.clone()).to_string();
        self.push(sql::PUT_SUBJECT, [subject.as_str().into(), user.blocked.into()]);
        self.push(
            sql::PUT_USER,
            [
                user.id.as_str().into(),
                user.username.clone().into(),
                user.full_name.clone().into(),
                hash.into(),
                user.basic_auth.into(),
                at.into(),
            ],
        );
        self.put_zone_privileges(&subject, &user.privileges);
        Ok(())
    }

    pub(crate) fn remove_user(&mut self, id: &str) {
        let subject = Subject::User(id.to_owned()).to_string();
        self.leave_all(&subject);
        self.push(sql::REMOVE_USER, [id.into()]);
        self.push(sql::REMOVE_SUBJECT, [subject.into()]);
    }

    /// The group's row and privileges; members follow in [`Self::put_group_members`], once all groups are there.
    pub(crate) fn put_group(&mut self, group: &Group) {
        let key = Member::Group(group.id.clone()).to_string();
        self.push(sql::PUT_GROUP, [key.as_str().into(), group.name.as_str().into()]);
        self.put_zone_privileges(&key, &group.privileges);
    }

    pub(crate) fn put_group_members(&mut self, group: &Group) {
        let key = Member::Group(group.id.clone()).to_string();
        self.push(sql::CLEAR_GROUP_MEMBERS, [key.as_str().into()]);
        let users = group.users.iter().cloned().map(Member::User);
        let groups = group.groups.iter().cloned().map(Member::Group);
        for member in users.chain(groups) {
            self.push(sql::ADD_GROUP_MEMBER, [member.to_string().into(), key.as_str().into()]);
        }
    }

    pub(crate) fn remove_group(&mut self, id: &str) {
        let key = Member::Group(id.to_owned()).to_string();
        self.leave_all(&key);
        self.push(sql::REMOVE_GROUP, [key.into()]);
    }

    pub(crate) fn put_provider(&mut self, provider: &Provider) {
        let subject = Subject::Provider(provider.id.clone()).to_string();
        self.push(sql::PUT_SUBJECT, [subject.into(), false.into()]);
        self.push(sql::PUT_PROVIDER, [provider.id.as_str().into(), provider.name.as_str().into()]);
        self.push(sql::CLEAR_CLUSTER, [provider.id.as_str().into()]);
        for (user, privileges) in &provider.cluster.users {
            self.grant_cluster(&provider.id, &Member::User(user.clone()), privileges);
        }
        for (group, privileges) in &provider.cluster.groups {
            self.grant_cluster(&provider.id, &Member::Group(group.clone()), privileges);
        }
    }

    pub(crate) fn remove_provider(&mut self, id: &str) {
        self.push(sql::REMOVE_PROVIDER, [id.into()]);
        self.push(sql::REMOVE_SUBJECT, [Subject::Provider(id.to_owned()).to_string().into()]);
    }

    pub(crate) fn grant_cluster(&mut self, cluster: &str, member: &Member, privileges: &Privileges) {
        let member = member.to_string();
        self.push(sql::ADD_CLUSTER_MEMBER, [cluster.into(), member.as_str().into()]);
        for privilege in privileges {
            self.push(
                sql::ADD_CLUSTER_PRIVILEGE,
                [cluster.into(), privilege.as_str().into(), member.as_str().into()],
            );
        }
    }

    /// The space with all that belongs to it; members and providers must be there already.
    pub(crate) fn put_space(&mut self, space: &Space) {
        let id = space.id.as_str();
        self.push(sql::PUT_SPACE, [id.into(), space.name.as_str().into()]);
        self.push(sql::CLEAR_SPACE_MEMBERS, [id.into()]);
        let users = space.users.iter().cloned().map(Member::User);
        let groups = space.groups.iter().cloned().map(Member::Group);
        for member in users.chain(groups) {
            self.push(sql::ADD_SPACE_MEMBER, [member.to_string().into(), id.into()]);
        }
        self.push(sql::CLEAR_SPACE_PROVIDERS, [id.into()]);
        for provider in &space.providers {
            self.push(sql::ADD_SPACE_PROVIDER, [id.into(), provider.as_str().into()]);
        }
    }

    pub(crate) fn remove_space(&mut self, id: &str) {
        self.push(sql::REMOVE_SPACE, [id.into()]);
    }

    pub(crate) fn add_token(&mut self, token: &NamedToken, created_at: i64) -> Result<()> {
        let subject = token.subject.to_string();
        let secret = token.secret.as_ref().ok_or_else(|| StoreError::SecretMissing(token.id.clone()))?;
        let place = Place::TokenSecret { subject: &subject, id: &token.id };
        let sealed = self.keys.seal(place, secret.expose().as_bytes())?;
        self.push(
            sql::ADD_TOKEN,
            [
                subject.as_str().into(),
                token.id.as_str().into(),
                token.name.as_str().into(),
                i64::from(token.version).into(),
                json(&token.token_type).into(),
                json(&token.caveats).into(),
                Value::Bytes(sealed),
                token.revoked.into(),
                created_at.into(),
            ],
        );
        self.put_legacy(token);
        Ok(())
    }

    /// Without a secret, the token keeps the one it has.
    pub(crate) fn update_token(&mut self, token: &NamedToken) -> Result<()> {
        let subject = token.subject.to_string();
        let place = Place::TokenSecret { subject: &subject, id: &token.id };
        let seal = |secret: &Secret| self.keys.seal(place, secret.expose().as_bytes());
        let sealed = token.secret.as_ref().map(seal).transpose()?;
        self.push(
            sql::UPDATE_TOKEN,
            [
                token.name.as_str().into(),
                i64::from(token.version).into(),
                json(&token.token_type).into(),
                json(&token.caveats).into(),
                sealed.into(),
                token.revoked.into(),
                subject.into(),
                token.id.as_str().into(),
            ],
        );
        self.put_legacy(token);
        Ok(())
    }

    fn put_legacy(&mut self, token: &NamedToken) {
        if token.version == LEGACY_TOKEN_VERSION {
            self.push(sql::PUT_LEGACY_TOKEN, [token.id.as_str().into(), token.subject.to_string().into()]);
        }
    }

    /// Gives the token's name free. The one it has meanwhile is nobody's, as it holds the id and a control character.
    pub(crate) fn vacate_token_name(&mut self, subject: &str, id: &str) {
        self.push(sql::RENAME_TOKEN, [format!("\u{1}{id}").into(), subject.into(), id.into()]);
    }

    pub(crate) fn remove_token(&mut self, subject: &str, id: &str) {
        self.push(sql::REMOVE_TOKEN, [subject.into(), id.into()]);
    }

    pub(crate) fn put_temporary(&mut self, temporary: &TemporaryTokenSecret) -> Result<()> {
        let subject = temporary.subject.to_string();
        let place = Place::TemporarySecret { subject: &subject };
        let sealed = self.keys.seal(place, temporary.secret.expose().as_bytes())?;
        self.push(sql::PUT_TEMPORARY, [Value::Bytes(sealed), temporary.generation.into(), subject.into()]);
        Ok(())
    }

    /// The generation goes back to the first: whatever secret comes next is a new one anyway.
    pub(crate) fn remove_temporary(&mut self, subject: &Subject) {
        self.push(sql::PUT_TEMPORARY, [Value::Null, 1.into(), subject.to_string().into()]);
    }

    pub(crate) fn raise_token_epoch(&mut self, subject: &str) {
        self.push(sql::RAISE_TOKEN_EPOCH, [subject.into()]);
    }

    /// `token_ids` are sorted here, so that a trail reads the same from every backend.
    pub(crate) fn audit(
        &mut self,
        entry: &AuditEntry,
        action: &str,
        target: &str,
        mut token_ids: Vec<String>,
    ) {
        token_ids.sort_unstable();
        let count = u64::try_from(token_ids.len()).unwrap_or(u64::MAX);
        self.audit_row(entry, action, target, count, &token_ids);
    }

    /// The same for a change of so many tokens that they are not named here, but in rows of their owners.
    pub(crate) fn audit_count(&mut self, entry: &AuditEntry, action: &str, target: &str, count: u64) {
        self.audit_row(entry, action, target, count, &[]);
    }

    fn audit_row(
        &mut self,
        entry: &AuditEntry,
        action: &str,
        target: &str,
        count: u64,
        token_ids: &[String],
    ) {
        self.push(
            sql::ADD_AUDIT,
            [
                target.into(),
                entry.id.as_str().into(),
                entry.at.into(),
                entry.actor.as_str().into(),
                entry.authentication.as_str().into(),
                entry.token_id.clone().into(),
                entry.request_id.clone().into(),
                entry.peer.clone().into(),
                action.into(),
                i64::try_from(count).unwrap_or(i64::MAX).into(),
                json(&token_ids).into(),
            ],
        );
    }

    fn put_zone_privileges(&mut self, holder: &str, privileges: &Privileges) {
        self.push(sql::CLEAR_ZONE_PRIVILEGES, [holder.into()]);
        for privilege in privileges {
            self.push(sql::ADD_ZONE_PRIVILEGE, [holder.into(), privilege.as_str().into()]);
        }
    }

    fn leave_all(&mut self, member: &str) {
        for sql in [sql::LEAVE_GROUPS, sql::LEAVE_CLUSTERS, sql::LEAVE_SPACES, sql::CLEAR_ZONE_PRIVILEGES] {
            self.push(sql, [member.into()]);
        }
    }
}

/// Our own types serialize without fail: their maps have text keys.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
