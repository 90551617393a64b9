//! A store in memory, as simple as it can be: what the backends' answers are compared with. It shares neither statements
//! nor plans with them, only the types, and looks everything up the slow and obvious way.

mod apply;
mod state;

use std::sync::Mutex;

use async_trait::async_trait;

use self::state::{State, refuse_existing};
use crate::{
    AuditEntry, AuditRecord, Group, Lookup, Member, NamedToken, Privileges, Provider, RecordKind, Report,
    Result, Secret, Space, Store, StoreError, StoredToken, Subject, SubjectState, TemporaryToken,
    TemporaryTokenSecret, TokenRecord, TokenSummary, Unnamed, User, UserCredentials, Zone,
};

/// A zone in memory, lost with the process.
#[derive(Default)]
pub struct MemoryStore {
    /// Absent once the store was closed. Every operation takes effect while it is locked.
    state: Mutex<Slot>,
}

#[derive(Default)]
enum Slot {
    #[default]
    Empty,
    Open(State),
    Closed,
}

impl MemoryStore {
    /// Runs an operation on a copy of the state, which becomes the state if the operation succeeds.
    fn with<T>(&self, operation: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        let mut slot = self.state.lock().expect("no operation panics");
        let mut state = match &*slot {
            Slot::Empty => State::default(),
            Slot::Open(state) => state.clone(),
            Slot::Closed => return Err(StoreError::Closed),
        };
        let output = operation(&mut state)?;
        *slot = Slot::Open(state);
        Ok(output)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn subject_state(&self, subject: &Subject) -> Result<Option<SubjectState>> {
        self.with(|state| Ok(state.subject_state(subject)))
    }

    async fn token_for_authentication(&self, subject: &Subject, id: &str) -> Result<Option<TokenRecord>> {
        self.with(|state| Ok(state.token_record(id, |token| token.subject == *subject)))
    }

    async fn legacy_token_for_authentication(&self, id: &str) -> Result<Option<TokenRecord>> {
        self.with(|state| Ok(state.token_record(id, |token| token.version == 1)))
    }

    async fn token_of_any_subject(&self, id: &str) -> Result<Option<TokenRecord>> {
        self.with(|state| Ok(state.token_record(id, |_| true)))
    }

    /// Nobody measures this one.
    async fn even_out(&self, _lookup: Lookup, _was_found: bool) {}

    async fn user_by_username(&self, username: &str) -> Result<Option<UserCredentials>> {
        self.with(|state| {
            let user = state.users.values().find(|user| user.username.as_deref() == Some(username));
            Ok(user.map(|user| UserCredentials {
                id: user.id.clone(),
                password_hash: user.password_hash.clone(),
                basic_auth: user.basic_auth,
                blocked: user.blocked,
            }))
        })
    }

    async fn has_zone_privilege(&self, subject: &Subject, privilege: &str) -> Result<bool> {
        self.with(|state| {
            let Subject::User(id) = subject else { return Ok(false) };
            let groups = state.groups_of(id);
            let own = state.users.get(id).is_some_and(|user| user.privileges.contains(privilege));
            Ok(own || groups.iter().any(|group| state.groups[group].privileges.contains(privilege)))
        })
    }

    async fn has_cluster_privilege(&self, subject: &Subject, cluster: &str, privilege: &str) -> Result<bool> {
        self.with(|state| Ok(state.memberships(subject, cluster).any(|held| held.contains(privilege))))
    }

    async fn is_cluster_member(&self, subject: &Subject, cluster: &str) -> Result<bool> {
        self.with(|state| Ok(state.memberships(subject, cluster).next().is_some()))
    }

    async fn is_user_of_provider(&self, subject: &Subject, provider: &str) -> Result<bool> {
        self.with(|state| {
            let Subject::User(id) = subject else { return Ok(false) };
            let groups = state.groups_of(id);
            let mut supported = state.spaces.values().filter(|space| space.providers.contains(provider));
            Ok(supported.any(|space| space.users.contains(id) || !space.groups.is_disjoint(&groups)))
        })
    }

    async fn is_group_member(&self, subject: &Subject, group: &str) -> Result<bool> {
        self.with(|state| {
            let Subject::User(id) = subject else { return Ok(false) };
            Ok(state.groups_of(id).contains(group))
        })
    }

    async fn has_direct_group(&self, subject: &Subject) -> Result<bool> {
        self.with(|state| {
            let Subject::User(id) = subject else { return Ok(false) };
            Ok(state.groups.values().any(|group| group.users.contains(id)))
        })
    }

    async fn list_token_ids(&self, subject: &Subject) -> Result<Vec<String>> {
        self.with(|state| Ok(state.tokens_of(subject)?.iter().map(|token| token.id.clone()).collect()))
    }

    async fn delete_all_tokens(&self, subject: &Subject, audit: &AuditEntry) -> Result<u64> {
        self.with(|state| {
            let ids: Vec<String> = state.tokens_of(subject)?.iter().map(|token| token.id.clone()).collect();
            state.tokens.retain(|_, (token, _)| token.subject != *subject);
            state.raise_epoch(subject);
            let count = ids.len() as u64;
            state.audit(audit, "tokens.delete_all", &subject.to_string(), ids);
            Ok(count)
        })
    }

    async fn ping(&self) -> Result<()> {
        self.with(|_| Ok(()))
    }

    async fn close(&self) -> Result<()> {
        *self.state.lock().expect("no operation panics") = Slot::Closed;
        Ok(())
    }

    async fn has_users(&self) -> Result<bool> {
        self.with(|state| Ok(!state.users.is_empty()))
    }

    async fn export(&self) -> Result<Zone> {
        self.with(|state| Ok(state.zone()))
    }

    async fn apply(&self, zone: &Zone, unnamed: Unnamed, audit: &AuditEntry) -> Result<Report> {
        self.with(|state| state.apply(zone, unnamed, audit))
    }

    async fn create_user(&self, user: &User, audit: &AuditEntry) -> Result<()> {
        self.with(|state| {
            refuse_existing(state.users.contains_key(&user.id), RecordKind::User, &user.id)?;
            if let Some(name) = &user.username
                && state.users.values().any(|other| other.username.as_ref() == Some(name))
            {
                return Err(StoreError::UsernameTaken(name.clone()));
            }
            state.users.insert(user.id.clone(), user.clone());
            state.audit(audit, "user.create", &Subject::User(user.id.clone()).to_string(), vec![]);
            Ok(())
        })
    }

    async fn create_group(&self, group: &Group, audit: &AuditEntry) -> Result<()> {
        self.with(|state| {
            refuse_existing(state.groups.contains_key(&group.id), RecordKind::Group, &group.id)?;
            state.groups.insert(group.id.clone(), group.clone());
            state.check_group(group)?;
            state.audit(audit, "group.create", &Member::Group(group.id.clone()).to_string(), vec![]);
            Ok(())
        })
    }

    async fn create_provider(&self, provider: &Provider, audit: &AuditEntry) -> Result<()> {
        self.with(|state| {
            let id = &provider.id;
            refuse_existing(state.providers.contains_key(id), RecordKind::Provider, id)?;
            state.check_cluster(provider)?;
            state.providers.insert(id.clone(), provider.clone());
            state.audit(audit, "provider.create", &Subject::Provider(id.clone()).to_string(), vec![]);
            Ok(())
        })
    }

    async fn create_space(&self, space: &Space, audit: &AuditEntry) -> Result<()> {
        self.with(|state| {
            refuse_existing(state.spaces.contains_key(&space.id), RecordKind::Space, &space.id)?;
            state.check_space(space)?;
            state.spaces.insert(space.id.clone(), space.clone());
            state.audit(audit, "space.create", &format!("spc-{}", space.id), vec![]);
            Ok(())
        })
    }

    async fn grant_cluster(
        &self,
        cluster: &str,
        member: &Member,
        privileges: &Privileges,
        audit: &AuditEntry,
    ) -> Result<()> {
        self.with(|state| {
            if !state.providers.contains_key(cluster) {
                return Err(StoreError::NotFound { kind: RecordKind::Provider, id: cluster.to_owned() });
            }
            let (kind, id) = match member {
                Member::User(id) => (RecordKind::User, id),
                Member::Group(id) => (RecordKind::Group, id),
            };
            state.require(kind, id, || format!("the cluster of provider {cluster:?}"))?;
            let members = &mut state.providers.get_mut(cluster).expect("it was found").cluster;
            let members = if kind == RecordKind::User { &mut members.users } else { &mut members.groups };
            members.entry(id.clone()).or_default().extend(privileges.iter().cloned());
            let target = Subject::Provider(cluster.to_owned()).to_string();
            state.audit(audit, "cluster.grant", &target, vec![]);
            Ok(())
        })
    }

    async fn create_token(&self, token: &NamedToken, audit: &AuditEntry) -> Result<()> {
        self.with(|state| {
            crate::check_id(&token.id)?;
            if token.secret.is_none() {
                return Err(StoreError::SecretMissing(token.id.clone()));
            }
            let subject = token.subject.to_string();
            let siblings = state.tokens_of(&token.subject)?;
            refuse_existing(state.tokens.contains_key(&token.id), RecordKind::Token, &token.id)?;
            if siblings.iter().any(|sibling| sibling.name == token.name) {
                return Err(StoreError::TokenNameTaken { subject, name: token.name.clone() });
            }
            state.tokens.insert(token.id.clone(), (token.clone(), audit.at));
            state.audit(audit, "token.create", &subject, vec![token.id.clone()]);
            Ok(())
        })
    }

    async fn token(&self, id: &str) -> Result<Option<StoredToken>> {
        self.with(|state| {
            let stored = state.tokens.get(id);
            Ok(stored
                .map(|(token, created_at)| StoredToken { token: token.clone(), created_at: *created_at }))
        })
    }

    async fn list_tokens(&self, subject: &Subject) -> Result<Vec<TokenSummary>> {
        self.with(|state| {
            let tokens = state.tokens_of(subject)?.into_iter();
            let summary = |token: &NamedToken| TokenSummary {
                id: token.id.clone(),
                name: token.name.clone(),
                subject: token.subject.clone(),
                token_type: token.token_type.clone(),
                revoked: token.revoked,
                created_at: state.tokens[&token.id].1,
            };
            Ok(tokens.map(summary).collect())
        })
    }

    async fn revoke_token(&self, id: &str, audit: &AuditEntry) -> Result<()> {
        self.with(|state| {
            let Some((token, _)) = state.tokens.get_mut(id) else {
                return Err(StoreError::NotFound { kind: RecordKind::Token, id: id.to_owned() });
            };
            if !token.revoked {
                token.revoked = true;
                let subject = token.subject.clone();
                state.raise_epoch(&subject);
                state.audit(audit, "token.revoke", &subject.to_string(), vec![id.to_owned()]);
            }
            Ok(())
        })
    }

    async fn ensure_temporary_secret(
        &self,
        subject: &Subject,
        fresh: &Secret,
        audit: &AuditEntry,
    ) -> Result<TemporaryToken> {
        self.with(|state| {
            state.require_subject(subject)?;
            if !state.temporary.contains_key(subject) {
                state.put_temporary(subject, fresh, 1);
                state.audit(audit, "temporary_tokens.create", &subject.to_string(), vec![]);
            }
            let TemporaryTokenSecret { generation, secret, .. } = state.temporary[subject].clone();
            Ok(TemporaryToken { secret, generation })
        })
    }

    async fn revoke_temporary_tokens(
        &self,
        subject: &Subject,
        fresh: &Secret,
        audit: &AuditEntry,
    ) -> Result<i64> {
        self.with(|state| {
            state.require_subject(subject)?;
            let generation = state.temporary.get(subject).map_or(1, |old| old.generation) + 1;
            state.put_temporary(subject, fresh, generation);
            state.audit(audit, "temporary_tokens.revoke", &subject.to_string(), vec![]);
            Ok(generation)
        })
    }

    async fn audit_trail(&self, target: &str) -> Result<Vec<AuditRecord>> {
        self.with(|state| {
            let mut trail: Vec<_> =
                state.audits.iter().filter(|record| record.target == target).cloned().collect();
            trail.sort_by(|left, right| left.entry.id.cmp(&right.entry.id));
            Ok(trail)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::MemoryStore;
    use crate::Store;

    struct Opened(MemoryStore);

    impl Opened {
        fn store(&self) -> &dyn Store {
            &self.0
        }
    }

    crate::conformance_tests!(Opened(MemoryStore::default()));
}
