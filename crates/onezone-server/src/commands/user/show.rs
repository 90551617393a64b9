//! `user list` and `user show`.

use std::collections::{BTreeMap, BTreeSet};

use onezone_store::{Member, Privileges, Subject, User, Zone};
use serde_json::{Value, json};

use crate::commands::Context;
use crate::commands::edit::list as joined;
use crate::commands::find;
use crate::names::{self, PrivilegeKind};

pub(super) async fn list(context: &Context<'_>) -> anyhow::Result<()> {
    let zone = context.zone().await?;
    let values: Vec<Value> = zone.users.iter().map(value).collect();
    let rows: Vec<Vec<String>> = zone.users.iter().map(row).collect();
    let headings = ["id", "username", "name", "state", "password", "privileges"];
    let nothing = "there is no user; `onezone-server user add` adds one";
    context.output.list(&headings, &rows, &values, nothing)
}

fn value(user: &User) -> Value {
    json!({
        "id": user.id,
        "username": user.username,
        "fullName": user.full_name,
        "blocked": user.blocked,
        "basicAuth": user.basic_auth,
        "hasPassword": user.password_hash.is_some(),
        "privileges": user.privileges,
    })
}

fn row(user: &User) -> Vec<String> {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    vec![
        user.id.clone(),
        or_none(&user.username),
        or_none(&user.full_name),
        state(user).to_owned(),
        password(user).to_owned(),
        names::summarize(PrivilegeKind::Zone, &user.privileges),
    ]
}

fn state(user: &User) -> &'static str {
    if user.blocked { "blocked" } else { "active" }
}

fn password(user: &User) -> &'static str {
    match (user.password_hash.is_some(), user.basic_auth) {
        (false, _) => "none",
        (true, true) => "set",
        (true, false) => "set, refused",
    }
}

pub(super) async fn show(text: &str, context: &Context<'_>) -> anyhow::Result<()> {
    let (zone, place, tokens) = context
        .zone_and_tokens(|zone| {
            let place = find::user(zone, text)?;
            Ok((place, Subject::User(zone.users[place].id.clone())))
        })
        .await?;
    let user = &zone.users[place];
    let belongs = Belongings::of(&zone, user);
    let mut value = value(user);
    value["groups"] = json!(belongs.groups);
    value["effectiveGroups"] = json!(belongs.effective_groups);
    value["effectivePrivileges"] = json!(belongs.privileges);
    value["clusters"] = json!(belongs.clusters);
    value["spaces"] = json!(belongs.spaces);
    value["namedTokens"] = json!(tokens);
    let mut rows: Vec<Vec<String>> = ["id", "username", "name", "state", "password", "privileges"]
        .iter()
        .zip(row(user))
        .map(|(name, cell)| vec![(*name).to_owned(), cell])
        .collect();
    let effective = names::summarize(PrivilegeKind::Zone, &belongs.privileges);
    for (name, cell) in [
        ("effective privileges", effective),
        ("groups", joined(&belongs.groups)),
        ("effective groups", joined(&belongs.effective_groups)),
        ("clusters", joined(belongs.clusters.keys())),
        ("spaces", joined(&belongs.spaces)),
        ("named tokens", tokens.to_string()),
    ] {
        rows.push(vec![name.to_owned(), cell]);
    }
    context.output.table(&["field", "value"], &rows, &value)
}

/// What a user has besides their own record. Effective is what comes through any chain of groups as well.
struct Belongings {
    groups: BTreeSet<String>,
    effective_groups: BTreeSet<String>,
    privileges: Privileges,
    clusters: BTreeMap<String, Privileges>,
    spaces: BTreeSet<String>,
}

impl Belongings {
    fn of(zone: &Zone, user: &User) -> Self {
        let direct = zone.groups.iter().filter(|group| group.users.contains(&user.id));
        let groups: BTreeSet<String> = direct.map(|group| group.id.clone()).collect();
        let effective_groups = effective_groups(zone, &groups);
        let mut privileges = user.privileges.clone();
        for group in zone.groups.iter().filter(|group| effective_groups.contains(&group.id)) {
            privileges.extend(group.privileges.iter().cloned());
        }
        let mut clusters: BTreeMap<String, Privileges> = BTreeMap::new();
        for provider in &zone.providers {
            let cluster = &provider.cluster;
            let own = cluster.users.get(&user.id);
            let through =
                cluster.groups.iter().filter(|(id, _)| effective_groups.contains(*id)).map(|(_, held)| held);
            for held in own.into_iter().chain(through) {
                clusters.entry(provider.id.clone()).or_default().extend(held.iter().cloned());
            }
        }
        let has = |space: &&onezone_store::Space| {
            space.users.contains(&user.id) || !space.groups.is_disjoint(&effective_groups)
        };
        let spaces = zone.spaces.iter().filter(has).map(|space| space.id.clone()).collect();
        Self { groups, effective_groups, privileges, clusters, spaces }
    }
}

/// These groups and all that have them as members, at any depth.
fn effective_groups(zone: &Zone, groups: &BTreeSet<String>) -> BTreeSet<String> {
    let mut parents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for group in &zone.groups {
        for subgroup in &group.groups {
            parents.entry(subgroup).or_default().push(&group.id);
        }
    }
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut left: Vec<&str> = groups.iter().map(String::as_str).collect();
    while let Some(group) = left.pop() {
        if found.insert(group.to_owned()) {
            left.extend(parents.get(group).into_iter().flatten());
        }
    }
    found
}

/// How somebody is called among members: a user by the username, if there is one.
pub(in crate::commands) fn member_name(zone: &Zone, member: &Member) -> String {
    let name = match member {
        Member::User(id) => {
            zone.users.iter().find(|user| user.id == *id).and_then(|user| user.username.clone())
        }
        Member::Group(id) => zone.groups.iter().find(|group| group.id == *id).map(|group| group.name.clone()),
    };
    name.unwrap_or_else(|| "-".to_owned())
}
