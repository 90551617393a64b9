//! Applying a document in memory: the wanted state is put together, and then looked at for mistakes.

use std::collections::{BTreeMap, BTreeSet};

use super::state::State;
use crate::{AuditEntry, Counts, NamedToken, RecordKind, Report, Result, StoreError, Subject, Unnamed, Zone};

impl State {
    pub(super) fn apply(&mut self, wanted: &Zone, unnamed: Unnamed, audit: &AuditEntry) -> Result<Report> {
        let prune = unnamed == Unnamed::Remove;
        let before = self.clone();
        let mut users = wanted.users.clone();
        for user in users.iter_mut().filter(|user| user.password_hash.is_none()) {
            user.password_hash = before.users.get(&user.id).and_then(|old| old.password_hash.clone());
        }
        let mut tokens = wanted.tokens.clone();
        for token in tokens.iter_mut().filter(|token| token.secret.is_none()) {
            let old = before.tokens.get(&token.id).filter(|(old, _)| old.subject == token.subject);
            let (old, _) = old.ok_or_else(|| StoreError::SecretMissing(token.id.clone()))?;
            token.secret.clone_from(&old.secret);
        }
        let plain: BTreeMap<_, _> =
            before.tokens.iter().map(|(id, (token, _))| (id.clone(), token.clone())).collect();
        let mut counts = [Counts::default(); 6];
        self.users = merge(&mut counts[0], &before.users, users, |user| user.id.clone(), prune)?;
        let groups = wanted.groups.clone();
        self.groups = merge(&mut counts[1], &before.groups, groups, |group| group.id.clone(), prune)?;
        let providers = wanted.providers.clone();
        self.providers = merge(&mut counts[2], &before.providers, providers, |it| it.id.clone(), prune)?;
        let spaces = wanted.spaces.clone();
        self.spaces = merge(&mut counts[3], &before.spaces, spaces, |space| space.id.clone(), prune)?;
        let after = merge(&mut counts[4], &plain, tokens, |token| token.id.clone(), prune)?;
        let secrets = wanted.temporary_tokens.clone();
        self.temporary = merge(&mut counts[5], &before.temporary, secrets, |it| it.subject.clone(), prune)?;
        self.check_names(&after)?;
        self.check_references(&after)?;

        let [users, groups, providers, spaces, tokens, temporary_tokens] = counts;
        let report = Report { users, groups, providers, spaces, tokens, temporary_tokens };
        if !report.is_empty() {
            for (subject, ids) in self.put_tokens(&plain, after, audit.at) {
                self.audit(audit, "zone.apply", &subject.to_string(), ids.into_iter().collect());
            }
            self.forget_the_removed();
            self.audit(audit, "zone.apply", "zone", vec![]);
        }
        Ok(report)
    }

    /// The ids of the tokens that are not what they were, by whose they were or are.
    fn put_tokens(
        &mut self,
        before: &BTreeMap<String, NamedToken>,
        after: BTreeMap<String, NamedToken>,
        at: i64,
    ) -> BTreeMap<Subject, BTreeSet<String>> {
        let lost = before.values().filter(|old| after.get(&old.id) != Some(old));
        let weakened: BTreeSet<_> = lost.clone().map(|old| old.subject.clone()).collect();
        let gained = after.values().filter(|new| before.get(&new.id) != Some(new));
        let mut touched: BTreeMap<Subject, BTreeSet<String>> = BTreeMap::new();
        for token in lost.chain(gained) {
            touched.entry(token.subject.clone()).or_default().insert(token.id.clone());
        }
        for subject in &weakened {
            self.raise_epoch(subject);
        }
        let created_at = |id: &String| self.tokens.get(id).map_or(at, |(_, created_at)| *created_at);
        let stored = after.into_iter().map(|(id, token)| {
            let created_at = created_at(&id);
            (id, (token, created_at))
        });
        self.tokens = stored.collect();
        touched
    }

    /// Whoever comes back under a removed subject's id starts anew.
    fn forget_the_removed(&mut self) {
        let mut epochs = std::mem::take(&mut self.epochs);
        epochs.retain(|subject, _| self.exists(subject));
        self.epochs = epochs;
    }

    fn check_names(&self, tokens: &BTreeMap<String, NamedToken>) -> Result<()> {
        let records = self.users.keys().chain(self.groups.keys()).chain(self.providers.keys());
        for id in records.chain(self.spaces.keys()).chain(tokens.keys()) {
            crate::check_id(id)?;
        }
        let mut usernames = BTreeSet::new();
        for username in self.users.values().filter_map(|user| user.username.as_ref()) {
            if !usernames.insert(username) {
                return Err(StoreError::UsernameTaken(username.clone()));
            }
        }
        let mut names = BTreeSet::new();
        for token in tokens.values() {
            if !names.insert((&token.subject, &token.name)) {
                let subject = token.subject.to_string();
                return Err(StoreError::TokenNameTaken { subject, name: token.name.clone() });
            }
        }
        Ok(())
    }

    fn check_references(&self, tokens: &BTreeMap<String, NamedToken>) -> Result<()> {
        self.groups.values().try_for_each(|group| self.check_group(group))?;
        self.providers.values().try_for_each(|provider| self.check_cluster(provider))?;
        self.spaces.values().try_for_each(|space| self.check_space(space))?;
        let owners = tokens.values().map(|token| &token.subject).chain(self.temporary.keys());
        for subject in owners {
            let (kind, id) = match subject {
                Subject::User(id) => (RecordKind::User, id),
                Subject::Provider(id) => (RecordKind::Provider, id),
            };
            self.require(kind, id, || "a token or secret".to_owned())?;
        }
        Ok(())
    }
}

/// What there is after the wanted records of one kind have been put in the place of those of the same key.
fn merge<K: Ord + Clone + ToString, T: Clone + PartialEq>(
    counts: &mut Counts,
    before: &BTreeMap<K, T>,
    wanted: Vec<T>,
    key: impl Fn(&T) -> K,
    prune: bool,
) -> Result<BTreeMap<K, T>> {
    let mut after = BTreeMap::new();
    for record in wanted {
        let key = key(&record);
        match before.get(&key) {
            Some(old) if *old == record => {}
            Some(_) => counts.updated += 1,
            None => counts.created += 1,
        }
        if after.insert(key.clone(), record).is_some() {
            // Which kind it is of is told by the backends; here it is enough that it is a mistake.
            return Err(StoreError::Duplicate { kind: RecordKind::Subject, id: key.to_string() });
        }
    }
    let unnamed: Vec<_> = before.iter().filter(|(key, _)| !after.contains_key(key)).collect();
    if prune {
        counts.removed = unnamed.len() as u64;
        return Ok(after);
    }
    for (key, old) in unnamed {
        after.insert(key.clone(), old.clone());
    }
    Ok(after)
}
