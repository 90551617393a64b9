//! The records of a zone in memory, and the questions that several operations ask about them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    AuditEntry, AuditRecord, Cluster, Group, NamedToken, Privileges, Provider, RecordKind, Result, Secret,
    Space, StoreError, Subject, SubjectState, TemporaryToken, TemporaryTokenSecret, TokenRecord, User, Zone,
};

/// All records by id.
#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) users: BTreeMap<String, User>,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) providers: BTreeMap<String, Provider>,
    pub(super) spaces: BTreeMap<String, Space>,
    /// With the times of creation.
    pub(super) tokens: BTreeMap<String, (NamedToken, i64)>,
    pub(super) temporary: BTreeMap<Subject, TemporaryTokenSecret>,
    /// Absent: zero.
    pub(super) epochs: BTreeMap<Subject, i64>,
    pub(super) audits: Vec<AuditRecord>,
}

impl State {
    pub(super) fn zone(&self) -> Zone {
        let mut tokens: Vec<NamedToken> = self.tokens.values().map(|(token, _)| token.clone()).collect();
        tokens.sort_by_key(|token| (token.subject.to_string(), token.name.clone()));
        let mut temporary_tokens: Vec<_> = self.temporary.values().cloned().collect();
        temporary_tokens.sort_by_key(|secret| secret.subject.to_string());
        Zone {
            groups: self.groups.values().cloned().collect(),
            providers: self.providers.values().cloned().collect(),
            spaces: self.spaces.values().cloned().collect(),
            temporary_tokens,
            tokens,
            users: self.users.values().cloned().collect(),
        }
    }

    pub(super) fn exists(&self, subject: &Subject) -> bool {
        match subject {
            Subject::User(id) => self.users.contains_key(id),
            Subject::Provider(id) => self.providers.contains_key(id),
        }
    }

    pub(super) fn require_subject(&self, subject: &Subject) -> Result<()> {
        if self.exists(subject) {
            return Ok(());
        }
        Err(StoreError::NotFound { kind: RecordKind::Subject, id: subject.to_string() })
    }

    fn is_blocked(&self, subject: &Subject) -> bool {
        matches!(subject, Subject::User(id) if self.users.get(id).is_some_and(|user| user.blocked))
    }

    pub(super) fn subject_state(&self, subject: &Subject) -> Option<SubjectState> {
        self.exists(subject).then(|| SubjectState {
            blocked: self.is_blocked(subject),
            temporary: self.temporary.get(subject).map(|temporary| TemporaryToken {
                secret: temporary.secret.clone(),
                generation: temporary.generation,
            }),
            token_epoch: self.epochs.get(subject).copied().unwrap_or_default(),
        })
    }

    pub(super) fn token_record(
        &self,
        id: &str,
        is_meant: impl Fn(&NamedToken) -> bool,
    ) -> Option<TokenRecord> {
        let (token, _) = self.tokens.get(id).filter(|(token, _)| is_meant(token))?;
        Some(TokenRecord {
            id: token.id.clone(),
            subject: token.subject.clone(),
            version: token.version,
            secret: token.secret.clone()?,
            revoked: token.revoked,
            subject_blocked: self.is_blocked(&token.subject),
        })
    }

    /// The tokens of a subject that exists, by name.
    pub(super) fn tokens_of(&self, subject: &Subject) -> Result<Vec<&NamedToken>> {
        self.require_subject(subject)?;
        let mut tokens: Vec<_> =
            self.tokens.values().map(|(token, _)| token).filter(|token| token.subject == *subject).collect();
        tokens.sort_by(|left, right| left.name.as_bytes().cmp(right.name.as_bytes()));
        Ok(tokens)
    }

    /// The groups that a user belongs to, directly or through others.
    pub(super) fn groups_of(&self, user: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        loop {
            let before = found.len();
            for group in self.groups.values() {
                if group.users.contains(user) || !group.groups.is_disjoint(&found) {
                    found.insert(group.id.clone());
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    /// What a user has in a cluster, once for each way to belong to it.
    pub(super) fn memberships(&self, subject: &Subject, cluster: &str) -> impl Iterator<Item = Privileges> {
        let mut held = Vec::new();
        if let (Subject::User(id), Some(provider)) = (subject, self.providers.get(cluster)) {
            let Cluster { groups, users } = &provider.cluster;
            held.extend(users.get(id).cloned());
            held.extend(self.groups_of(id).iter().filter_map(|group| groups.get(group)).cloned());
        }
        held.into_iter()
    }

    pub(super) fn raise_epoch(&mut self, subject: &Subject) {
        *self.epochs.entry(subject.clone()).or_default() += 1;
    }

    pub(super) fn put_temporary(&mut self, subject: &Subject, secret: &Secret, generation: i64) {
        let temporary = TemporaryTokenSecret { generation, secret: secret.clone(), subject: subject.clone() };
        self.temporary.insert(subject.clone(), temporary);
    }

    pub(super) fn audit(
        &mut self,
        entry: &AuditEntry,
        action: &str,
        target: &str,
        mut token_ids: Vec<String>,
    ) {
        token_ids.sort();
        let (entry, action, target) = (entry.clone(), action.to_owned(), target.to_owned());
        self.audits.push(AuditRecord { entry, action, target, token_ids });
    }

    pub(super) fn require(&self, kind: RecordKind, id: &String, referrer: impl Fn() -> String) -> Result<()> {
        let found = match kind {
            RecordKind::User => self.users.contains_key(id),
            RecordKind::Group => self.groups.contains_key(id),
            _ => self.providers.contains_key(id),
        };
        if found {
            return Ok(());
        }
        Err(StoreError::DanglingReference { referrer: referrer(), kind, id: id.clone() })
    }

    pub(super) fn check_group(&self, group: &Group) -> Result<()> {
        let referrer = || format!("group {:?}", group.id);
        group.users.iter().try_for_each(|id| self.require(RecordKind::User, id, referrer))?;
        group.groups.iter().try_for_each(|id| self.require(RecordKind::Group, id, referrer))
    }

    pub(super) fn check_cluster(&self, provider: &Provider) -> Result<()> {
        let referrer = || format!("the cluster of provider {:?}", provider.id);
        let Cluster { groups, users } = &provider.cluster;
        users.keys().try_for_each(|id| self.require(RecordKind::User, id, referrer))?;
        groups.keys().try_for_each(|id| self.require(RecordKind::Group, id, referrer))
    }

    pub(super) fn check_space(&self, space: &Space) -> Result<()> {
        let referrer = || format!("space {:?}", space.id);
        space.users.iter().try_for_each(|id| self.require(RecordKind::User, id, referrer))?;
        space.groups.iter().try_for_each(|id| self.require(RecordKind::Group, id, referrer))?;
        space.providers.iter().try_for_each(|id| self.require(RecordKind::Provider, id, referrer))
    }
}

/// Whether a record can be created under this id.
pub(super) fn refuse_existing(exists: bool, kind: RecordKind, id: &str) -> Result<()> {
    crate::check_id(id)?;
    if exists {
        return Err(StoreError::AlreadyExists { kind, id: id.to_owned() });
    }
    Ok(())
}
