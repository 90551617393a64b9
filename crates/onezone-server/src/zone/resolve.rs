//! From a document to a zone: ids, secrets and password hashes are completed from the state the document is going to
//! be applied to, and everything that spans records is checked against the state that results.

use std::collections::{BTreeMap, BTreeSet};

use onezone_store::{
    Cluster, Group, PasswordHash, Privileges, Provider, Spool, Subject, TemporaryTokenSecret, User, Zone,
};
use onezone_tokens::password::StoredPasswordHash;

use super::cycles::{Subgroups, cycles};
use super::document::{
    Document, DocumentGroup, DocumentProvider, DocumentTemporaryToken, DocumentUser, Password,
};
use super::problems::{Located, Place, Problems};
use crate::environment::Environment;

/// Completes and checks a document with its tokens. The result means something only when no problem was added.
pub(crate) fn resolve(
    document: Document,
    spool: &Spool,
    current: &Zone,
    keep: bool,
    environment: &Environment,
    problems: &Problems,
) -> anyhow::Result<Zone> {
    let resolver = Resolver { current, keep, environment, problems };
    let users = resolver.users(document.users);
    let group_ids = document.groups.iter().map(|group| group.id.clone()).collect::<Vec<_>>();
    let provider_ids = document.providers.iter().map(|provider| provider.id.clone()).collect::<Vec<_>>();
    resolver.refuse_duplicates("group id", &group_ids);
    resolver.refuse_duplicates("provider id", &provider_ids);
    let known = Known {
        users: with_current(
            users.iter().map(|user| &user.id),
            current.users.iter().map(|user| &user.id),
            keep,
        ),
        groups: with_current(
            group_ids.iter().map(|id| &id.value),
            current.groups.iter().map(|group| &group.id),
            keep,
        ),
        providers: with_current(
            provider_ids.iter().map(|id| &id.value),
            current.providers.iter().map(|provider| &provider.id),
            keep,
        ),
        problems,
    };

    let groups = resolver.groups(document.groups, &known);
    let providers = document.providers.into_iter().map(|provider| known.provider(provider)).collect();
    let spaces = resolver.spaces(document.spaces, &known);
    resolver.tokens(spool, &known)?;
    let temporary_tokens = known.temporary_tokens(document.temporary_tokens);
    Ok(Zone { groups, providers, spaces, temporary_tokens, users, tokens: Vec::new() })
}

pub(super) struct Resolver<'a> {
    pub(super) current: &'a Zone,
    pub(super) keep: bool,
    pub(super) environment: &'a Environment,
    pub(super) problems: &'a Problems,
}

/// The ids there will be.
pub(super) struct Known<'a> {
    pub(super) users: BTreeSet<String>,
    pub(super) groups: BTreeSet<String>,
    pub(super) providers: BTreeSet<String>,
    problems: &'a Problems,
}

impl Resolver<'_> {
    fn users(&self, users: Vec<DocumentUser>) -> Vec<User> {
        let by_id: BTreeMap<&str, &User> =
            self.current.users.iter().map(|user| (user.id.as_str(), user)).collect();
        let by_name: BTreeMap<&str, &User> = self
            .current
            .users
            .iter()
            .filter_map(|user| user.username.as_deref().map(|name| (name, user)))
            .collect();
        let mut resolved = Vec::new();
        let mut places = Vec::new();
        let mut usernames: Vec<(Located<String>, String)> = Vec::new();
        for user in users {
            let existing = match (&user.id, &user.username) {
                (Some(id), _) => by_id.get(id.value.as_str()),
                (None, Some(name)) => by_name.get(name.value.as_str()),
                (None, None) if self.problems.mentions(&format!("{}.id", user.place.path)) => continue,
                (None, None) => {
                    self.problems.add(&user.place, "a user needs an `id` or a `username` to be known by");
                    continue;
                }
            };
            let id_place = user.id.as_ref().map_or(&user.place, |id| &id.place).clone();
            let Some(id) = self.id(user.id, existing.map(|user| user.id.clone()), &user.place) else {
                continue;
            };
            places.push(Located { value: id.clone(), place: id_place });
            let stored = existing.and_then(|user| user.password_hash.as_ref());
            if let Some(name) = &user.username {
                usernames.push((name.clone(), id.clone()));
            }
            resolved.push(User {
                basic_auth: user.basic_auth,
                blocked: user.blocked,
                full_name: user.full_name,
                password_hash: user.password.and_then(|password| self.hash(password, stored, &user.place)),
                privileges: user.privileges,
                username: user.username.map(|name| name.value),
                id,
            });
        }
        self.refuse_duplicates("user id", &places);
        self.refuse_taken_usernames(&usernames, &resolved, &by_name);
        resolved
    }

    fn refuse_taken_usernames(
        &self,
        usernames: &[(Located<String>, String)],
        resolved: &[User],
        by_name: &BTreeMap<&str, &User>,
    ) {
        let names: Vec<_> = usernames.iter().map(|(name, _)| name.clone()).collect();
        self.refuse_duplicates("username", &names);
        let named: BTreeSet<&str> = resolved.iter().map(|user| user.id.as_str()).collect();
        for (name, id) in usernames.iter().filter(|_| self.keep) {
            let owner = by_name.get(name.value.as_str());
            // A user whom the document names gets another username in the same breath.
            if let Some(owner) = owner.filter(|owner| owner.id != *id && !named.contains(owner.id.as_str())) {
                let message = format!("the username `{}` belongs to user `{}`", name.value, owner.id);
                self.problems.add(&name.place, format!("{message}; choose another one"));
            }
        }
    }

    /// The hash of a password; the stored one where it is of the same password, so that nothing changes.
    fn hash(&self, password: Password, stored: Option<&PasswordHash>, place: &Place) -> Option<PasswordHash> {
        let plain = match password {
            Password::Hashed(hash) => return Some(hash),
            Password::Plain(plain) => plain,
        };
        let same = stored.filter(|hash| {
            StoredPasswordHash::from_bytes(hash.expose()).is_ok_and(|hash| hash.verify(&plain))
        });
        if let Some(same) = same {
            return Some(same.clone());
        }
        let salt = self.problems.check(place, self.environment.random())?;
        Some(PasswordHash::new(StoredPasswordHash::create(&plain, salt).as_bytes().as_slice()))
    }

    fn groups(&self, groups: Vec<DocumentGroup>, known: &Known<'_>) -> Vec<Group> {
        let mut places = BTreeMap::new();
        let mut resolved = Vec::new();
        for group in groups {
            known.require_all("user", &known.users, group.users.iter());
            known.require_all("group", &known.groups, group.groups.iter());
            places.insert(group.id.value.clone(), group.id.place);
            resolved.push(Group {
                groups: group.groups.into_iter().map(|id| id.value).collect(),
                name: group.name.unwrap_or_else(|| group.id.value.clone()),
                id: group.id.value,
                privileges: group.privileges,
                users: group.users.into_iter().map(|id| id.value).collect(),
            });
        }
        self.refuse_cycles(&resolved, &places);
        resolved
    }

    pub(super) fn id(
        &self,
        given: Option<Located<String>>,
        found: Option<String>,
        place: &Place,
    ) -> Option<String> {
        match given.map(|id| id.value).or(found) {
            Some(id) => Some(id),
            None => self.problems.check(place, self.environment.new_id()),
        }
    }

    pub(super) fn refuse_duplicates(&self, what: &str, values: &[Located<String>]) {
        let mut first = BTreeMap::new();
        for Located { value, place } in values {
            if let Some(line) = first.insert(value, place.line) {
                let message =
                    format!("the {what} `{value}` is used in line {line} already; keep one of the two");
                self.problems.add(place, message);
            }
        }
    }

    /// Follows subgroups through the document and what stays of the state. Each cycle is reported once, at the
    /// first of its groups in the document.
    fn refuse_cycles(&self, groups: &[Group], places: &BTreeMap<String, Place>) {
        let mut subgroups = Subgroups::new();
        if self.keep {
            subgroups.extend(self.current.groups.iter().map(|group| (group.id.as_str(), &group.groups)));
        }
        subgroups.extend(groups.iter().map(|group| (group.id.as_str(), &group.groups)));
        let order: BTreeMap<&str, usize> =
            groups.iter().enumerate().map(|(position, group)| (group.id.as_str(), position)).collect();
        for mut cycle in cycles(groups.iter().map(|group| group.id.as_str()), &subgroups) {
            let in_document = |(position, id): (usize, &&str)| Some((*order.get(id)?, position));
            let Some((_, first)) = cycle.iter().enumerate().filter_map(in_document).min() else { continue };
            cycle.rotate_left(first);
            let message = format!("a cycle of groups: {} -> {}; break it", cycle.join(" -> "), cycle[0]);
            self.problems.add(places.get(cycle[0]).unwrap_or(&Place::default()), message);
        }
    }
}

impl Known<'_> {
    fn provider(&self, provider: DocumentProvider) -> Provider {
        self.require_all("user", &self.users, provider.users.iter().map(|(id, _)| id));
        self.require_all("group", &self.groups, provider.groups.iter().map(|(id, _)| id));
        let members = |members: Vec<(Located<String>, Privileges)>| {
            members.into_iter().map(|(id, privileges)| (id.value, privileges)).collect()
        };
        Provider {
            cluster: Cluster { groups: members(provider.groups), users: members(provider.users) },
            name: provider.name.unwrap_or_else(|| provider.id.value.clone()),
            id: provider.id.value,
        }
    }

    fn temporary_tokens(&self, secrets: Vec<DocumentTemporaryToken>) -> Vec<TemporaryTokenSecret> {
        let mut owners = BTreeSet::new();
        for secret in &secrets {
            self.require_owner(&secret.subject);
            if !owners.insert(&secret.subject.value) {
                let message = "this subject has a temporary-token secret above; keep one";
                self.problems.add(&secret.subject.place, message);
            }
        }
        let resolved = secrets.into_iter().map(|secret| TemporaryTokenSecret {
            generation: secret.generation,
            secret: secret.secret,
            subject: secret.subject.value,
        });
        resolved.collect()
    }

    pub(super) fn require_all<'b>(
        &self,
        kind: &str,
        ids: &BTreeSet<String>,
        references: impl Iterator<Item = &'b Located<String>>,
    ) {
        for reference in references {
            self.require(kind, ids, &reference.value, &reference.place);
        }
    }

    /// Whether the owner of a token will be there.
    pub(super) fn has_owner(&self, subject: &Subject) -> bool {
        match subject {
            Subject::User(id) => self.users.contains(id),
            Subject::Provider(id) => self.providers.contains(id),
        }
    }

    pub(super) fn require_owner(&self, subject: &Located<Subject>) {
        match &subject.value {
            Subject::User(id) => self.require("user", &self.users, id, &subject.place),
            Subject::Provider(id) => self.require("provider", &self.providers, id, &subject.place),
        }
    }

    fn require(&self, kind: &str, ids: &BTreeSet<String>, id: &str, place: &Place) {
        if !ids.contains(id) {
            let message = format!("there is no {kind} with the id `{id}`; add it or correct the id");
            self.problems.add(place, message);
        }
    }
}

fn with_current<'a>(
    named: impl Iterator<Item = &'a String>,
    current: impl Iterator<Item = &'a String>,
    keep: bool,
) -> BTreeSet<String> {
    named.chain(current.filter(|_| keep)).cloned().collect()
}
