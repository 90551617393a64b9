//! What has to change for a store to reach a wanted state: a pure function of the two states, so that every
//! backend reaches it the same way, and so that a mistake is found before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use crate::statement::Script;
use crate::{
    AuditEntry, Cluster, Counts, Group, Provider, RecordKind, Report, Result, Space, StoreError, Subject,
    TemporaryTokenSecret, Unnamed, User, Zone,
};

/// What becomes of all records but tokens, which are too many to be held: `operations::apply` goes through those.
pub(crate) struct Plan {
    users: Difference<User>,
    groups: Difference<Group>,
    providers: Difference<Provider>,
    spaces: Difference<Space>,
    temporary: Difference<TemporaryTokenSecret>,
}

/// A record of a zone that is told from others by a key.
trait Keyed: Clone + PartialEq {
    const KIND: RecordKind;

    fn key(&self) -> String;
}

/// What becomes of the records of one kind.
struct Difference<T> {
    created: Vec<T>,
    changed: Vec<(T, T)>,
    removed: Vec<T>,
    /// All records there will be, by key.
    after: BTreeMap<String, T>,
}

impl Plan {
    /// What leads from `current` to `wanted`. Whatever is wrong with the state that would be reached is found here.
    pub(crate) fn of(current: &Zone, wanted: &Zone, unnamed: Unnamed) -> Result<Self> {
        Self::with_users(current, wanted, &complete_users(current, wanted), unnamed == Unnamed::Remove)
    }

    /// What leads to exactly this state. An absent password hash is one that is taken away.
    pub(crate) fn to(current: &Zone, wanted: &Zone) -> Result<Self> {
        Self::with_users(current, wanted, &wanted.users, true)
    }

    fn with_users(current: &Zone, wanted: &Zone, users: &[User], prune: bool) -> Result<Self> {
        let plan = Self {
            users: Difference::of(&current.users, users, prune)?,
            groups: Difference::of(&current.groups, &wanted.groups, prune)?,
            providers: Difference::of(&current.providers, &wanted.providers, prune)?,
            spaces: Difference::of(&current.spaces, &wanted.spaces, prune)?,
            temporary: Difference::of(&current.temporary_tokens, &wanted.temporary_tokens, prune)?,
        };
        plan.check_names()?;
        plan.check_references()?;
        Ok(plan)
    }

    /// Ids are storable and usernames unique in the state that is reached.
    fn check_names(&self) -> Result<()> {
        let users = self.users.created.iter().map(|user| &user.id);
        let groups = self.groups.created.iter().map(|group| &group.id);
        let providers = self.providers.created.iter().map(|provider| &provider.id);
        let spaces = self.spaces.created.iter().map(|space| &space.id);
        for id in users.chain(groups).chain(providers).chain(spaces) {
            crate::check_id(id)?;
        }
        let mut usernames = BTreeSet::new();
        for username in self.users.after.values().filter_map(|user| user.username.as_ref()) {
            if !usernames.insert(username) {
                return Err(StoreError::UsernameTaken(username.clone()));
            }
        }
        Ok(())
    }

    /// Whoever is referred to exists in the state that is reached.
    fn check_references(&self) -> Result<()> {
        for group in self.groups.after.values() {
            let referrer = || format!("group {:?}", group.id);
            group.users.iter().try_for_each(|id| self.require(RecordKind::User, id, referrer))?;
            group.groups.iter().try_for_each(|id| self.require(RecordKind::Group, id, referrer))?;
        }
        for provider in self.providers.after.values() {
            let referrer = || format!("the cluster of provider {:?}", provider.id);
            let Cluster { groups, users } = &provider.cluster;
            users.keys().try_for_each(|id| self.require(RecordKind::User, id, referrer))?;
            groups.keys().try_for_each(|id| self.require(RecordKind::Group, id, referrer))?;
        }
        for space in self.spaces.after.values() {
            let referrer = || format!("space {:?}", space.id);
            space.users.iter().try_for_each(|id| self.require(RecordKind::User, id, referrer))?;
            space.groups.iter().try_for_each(|id| self.require(RecordKind::Group, id, referrer))?;
            space.providers.iter().try_for_each(|id| self.require(RecordKind::Provider, id, referrer))?;
        }
        for secret in self.temporary.after.values() {
            self.require_owner(&secret.subject, || "a temporary-token secret".to_owned())?;
        }
        Ok(())
    }

    /// Refuses an owner who will not be there.
    pub(crate) fn require_owner(&self, subject: &Subject, referrer: impl Fn() -> String) -> Result<()> {
        match subject {
            Subject::User(id) => self.require(RecordKind::User, id, referrer),
            Subject::Provider(id) => self.require(RecordKind::Provider, id, referrer),
        }
    }

    fn require(&self, kind: RecordKind, id: &String, referrer: impl Fn() -> String) -> Result<()> {
        let found = match kind {
            RecordKind::User => self.users.after.contains_key(id),
            RecordKind::Group => self.groups.after.contains_key(id),
            _ => self.providers.after.contains_key(id),
        };
        if found {
            return Ok(());
        }
        Err(StoreError::DanglingReference { referrer: referrer(), kind, id: id.clone() })
    }

    /// The owners of tokens that go, and with them their tokens.
    pub(crate) fn removed_subjects(&self) -> Vec<Subject> {
        let users = self.users.removed.iter().map(|user| Subject::User(user.id.clone()));
        let providers = self.providers.removed.iter().map(|provider| Subject::Provider(provider.id.clone()));
        users.chain(providers).collect()
    }

    /// What it comes to, without tokens.
    pub(crate) fn report(&self) -> Report {
        Report {
            users: self.users.counts(),
            groups: self.groups.counts(),
            providers: self.providers.counts(),
            spaces: self.spaces.counts(),
            tokens: Counts::default(),
            temporary_tokens: self.temporary.counts(),
        }
    }

    /// The statements that do it. They take usernames away before they give them, since names may wander.
    pub(crate) fn write(&self, script: &mut Script, audit: &AuditEntry) -> Result<()> {
        self.temporary.removed.iter().for_each(|secret| script.remove_temporary(&secret.subject));
        self.spaces.removed.iter().for_each(|space| script.remove_space(&space.id));
        self.providers.removed.iter().for_each(|provider| script.remove_provider(&provider.id));
        self.groups.removed.iter().for_each(|group| script.remove_group(&group.id));
        self.users.removed.iter().for_each(|user| script.remove_user(&user.id));

        for (_, user) in self.users.changed.iter().filter(|(old, new)| old.username != new.username) {
            script.push(crate::sql::CLEAR_USERNAME, [user.id.as_str().into()]);
        }
        self.users.written().try_for_each(|user| script.put_user(user, audit.at))?;
        self.groups.written().for_each(|group| script.put_group(group));
        self.groups.written().for_each(|group| script.put_group_members(group));
        self.providers.written().for_each(|provider| script.put_provider(provider));
        self.spaces.written().for_each(|space| script.put_space(space));
        self.temporary.written().try_for_each(|secret| script.put_temporary(secret))
    }
}

impl<T: Keyed> Difference<T> {
    fn of(current: &[T], wanted: &[T], prune: bool) -> Result<Self> {
        let mut after = BTreeMap::new();
        for record in wanted {
            if after.insert(record.key(), record.clone()).is_some() {
                return Err(StoreError::Duplicate { kind: T::KIND, id: record.key() });
            }
        }
        let mut difference = Self { created: vec![], changed: vec![], removed: vec![], after };
        let mut known = BTreeSet::new();
        for old in current {
            let key = old.key();
            match difference.after.get(&key) {
                Some(new) if new != old => difference.changed.push((old.clone(), new.clone())),
                Some(_) => {}
                None if prune => difference.removed.push(old.clone()),
                None => {
                    difference.after.insert(key.clone(), old.clone());
                }
            }
            known.insert(key);
        }
        difference.created = wanted.iter().filter(|record| !known.contains(&record.key())).cloned().collect();
        Ok(difference)
    }

    fn written(&self) -> impl Iterator<Item = &T> {
        self.created.iter().chain(self.changed.iter().map(|(_, new)| new))
    }

    fn counts(&self) -> Counts {
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        Counts {
            created: count(self.created.len()),
            updated: count(self.changed.len()),
            removed: count(self.removed.len()),
        }
    }
}

impl Keyed for User {
    const KIND: RecordKind = RecordKind::User;

    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Keyed for Group {
    const KIND: RecordKind = RecordKind::Group;

    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Keyed for Provider {
    const KIND: RecordKind = RecordKind::Provider;

    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Keyed for Space {
    const KIND: RecordKind = RecordKind::Space;

    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Keyed for TemporaryTokenSecret {
    const KIND: RecordKind = RecordKind::TemporaryToken;

    fn key(&self) -> String {
        self.subject.to_string()
    }
}

/// The wanted users, each with the stored password where the document leaves it out.
fn complete_users(current: &Zone, wanted: &Zone) -> Vec<User> {
    let stored: BTreeMap<_, _> = current.users.iter().map(|user| (&user.id, &user.password_hash)).collect();
    let mut users = wanted.users.clone();
    for user in users.iter_mut().filter(|user| user.password_hash.is_none()) {
        user.password_hash = stored.get(&user.id).and_then(|hash| (*hash).clone());
    }
    users
}
