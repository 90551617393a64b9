//! `cluster grant`, `revoke`, `list`: who may do what in a provider's cluster.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use onezone_store::{Member, Note, Privileges, Provider, Subject, Zone};
use serde_json::{Value, json};

use super::user::member_name;
use super::{Context, find};
use crate::names::{self, PrivilegeKind};

/// What to do with clusters.
#[derive(Subcommand)]
pub(crate) enum ClusterCommand {
    /// Make a user or group a member of a provider's cluster, or add to its privileges there
    Grant(GrantArguments),
    /// Take privileges in a provider's cluster away, or the membership with all of them
    Revoke(RevokeArguments),
    /// List the members of a provider's cluster, or of all clusters
    #[command(after_help = "Examples:\n  \
        onezone-server cluster list\n  \
        onezone-server cluster list Cracow --output json")]
    List(ListArguments),
}

/// Who gets what, where.
#[derive(Args)]
#[command(after_help = "Whoever has `cluster_update` may list the provider's tokens.\n\nExamples:\n  \
    onezone-server cluster grant Cracow --user alice --privilege manager\n  \
    onezone-server cluster grant Cracow --group Operators --privilege admin")]
pub(crate) struct GrantArguments {
    #[command(flatten)]
    member: MemberArguments,
    /// A cluster privilege, or the preset `member`, `manager` or `admin`; can be repeated
    #[arg(long = "privilege", value_name = "PRIVILEGE", default_value = "member")]
    privileges: Vec<String>,
}

/// Who loses what, where.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    onezone-server cluster revoke Cracow --user alice\n  \
    onezone-server cluster revoke Cracow --user bob --privilege cluster_update")]
pub(crate) struct RevokeArguments {
    #[command(flatten)]
    member: MemberArguments,
    /// A cluster privilege, or a preset; can be repeated [default: all, and the membership]
    #[arg(long = "privilege", value_name = "PRIVILEGE")]
    privileges: Vec<String>,
}

/// Who, and where.
#[derive(Args)]
struct MemberArguments {
    /// The id of the provider, which is also its cluster's, or its name
    cluster: String,
    /// The user, by id or username
    #[arg(long, value_name = "USER", required_unless_present = "group", conflicts_with = "group")]
    user: Option<String>,
    /// The group whose effective members are meant, by id or name
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
}

/// Which cluster.
#[derive(Args)]
pub(crate) struct ListArguments {
    /// The provider's id or name [default: all]
    cluster: Option<String>,
}

pub(crate) async fn run(command: ClusterCommand, context: &Context<'_>) -> anyhow::Result<()> {
    match command {
        ClusterCommand::Grant(arguments) => grant(arguments, context).await,
        ClusterCommand::Revoke(arguments) => revoke(arguments, context).await,
        ClusterCommand::List(arguments) => list(arguments.cluster.as_deref(), context).await,
    }
}

impl MemberArguments {
    fn find(&self, zone: &Zone) -> anyhow::Result<(usize, Member)> {
        let cluster = find::provider(zone, &self.cluster)?;
        let users: Vec<String> = self.user.iter().cloned().collect();
        let groups: Vec<String> = self.group.iter().cloned().collect();
        match find::members(zone, &users, &groups)?.pop() {
            Some(member) => Ok((cluster, member)),
            None => anyhow::bail!("name who is meant: --user or --group"),
        }
    }
}

/// The target of the audit row: the cluster's provider. Who was meant, the result says.
fn note(action: &'static str, provider: &Provider) -> Note {
    Note { action, target: Subject::Provider(provider.id.clone()).to_string() }
}

async fn grant(arguments: GrantArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let GrantArguments { member, privileges } = arguments;
    let privileges = names::collect_privileges(PrivilegeKind::Cluster, &privileges)?;
    let found = context.zone().await?;
    let (place, meant) = member.find(&found)?;
    let (cluster, granted) = (found.providers[place].id.clone(), privileges.clone());
    let edit = move |zone: &mut Zone| {
        let (place, member) = member.find(zone)?;
        let provider = &mut zone.providers[place];
        let (members, id) = members(provider, &member);
        members.entry(id).or_default().extend(granted.iter().cloned());
        Ok(note("cluster.grant", provider))
    };
    context.edit("cluster grant", edit).await?;
    let list = privileges.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let value = json!({ "cluster": cluster, "member": meant.to_string(), "privileges": privileges });
    context.output.result(&value, &format!("granted {meant} in cluster {cluster}: {list}"))
}

/// The members of the kind that is meant, and the id among them.
fn members<'p>(
    provider: &'p mut Provider,
    member: &Member,
) -> (&'p mut BTreeMap<String, Privileges>, String) {
    match member {
        Member::User(id) => (&mut provider.cluster.users, id.clone()),
        Member::Group(id) => (&mut provider.cluster.groups, id.clone()),
    }
}

async fn revoke(arguments: RevokeArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let RevokeArguments { member, privileges } = arguments;
    let privileges = names::collect_privileges(PrivilegeKind::Cluster, &privileges)?;
    let found = context.zone().await?;
    let (place, meant) = member.find(&found)?;
    let (cluster, taken) = (found.providers[place].id.clone(), privileges.clone());
    let edit = move |zone: &mut Zone| {
        let (place, member) = member.find(zone)?;
        let provider = &mut zone.providers[place];
        let (members, id) = members(provider, &member);
        if taken.is_empty() {
            members.remove(&id);
        } else if let Some(held) = members.get_mut(&id) {
            held.retain(|privilege| !taken.contains(privilege));
        }
        Ok(note("cluster.revoke", provider))
    };
    let changed = context.edit("cluster revoke", edit).await?.changed;
    let value = json!({ "cluster": cluster, "member": meant.to_string(), "changed": changed });
    let text = match (changed, privileges.is_empty()) {
        (false, _) => format!("nothing to change: {meant} has nothing of that in cluster {cluster}"),
        (true, true) => format!("{meant} is no member of cluster {cluster} any more"),
        (true, false) => {
            let list = privileges.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            format!("revoked from {meant} in cluster {cluster}: {list}")
        }
    };
    context.output.result(&value, &text)
}

async fn list(cluster: Option<&str>, context: &Context<'_>) -> anyhow::Result<()> {
    let zone = context.zone().await?;
    let providers = match cluster {
        Some(text) => {
            let place = find::provider(&zone, text)?;
            &zone.providers[place..=place]
        }
        None => zone.providers.as_slice(),
    };
    let mut members: Vec<(&Provider, Member, &Privileges)> = Vec::new();
    for provider in providers {
        let users = provider.cluster.users.iter().map(|(id, held)| (Member::User(id.clone()), held));
        let groups = provider.cluster.groups.iter().map(|(id, held)| (Member::Group(id.clone()), held));
        members.extend(users.chain(groups).map(|(member, held)| (provider, member, held)));
    }
    let values: Vec<Value> = members
        .iter()
        .map(|(provider, member, held)| {
            json!({ "cluster": provider.id, "member": member.to_string(), "privileges": held })
        })
        .collect();
    let rows: Vec<Vec<String>> = members
        .iter()
        .map(|(provider, member, held)| {
            let name = member_name(&zone, member);
            vec![
                provider.id.clone(),
                member.to_string(),
                name,
                names::summarize(PrivilegeKind::Cluster, held),
            ]
        })
        .collect();
    let nothing = "nobody is a member; `onezone-server cluster grant` makes somebody one";
    context.output.list(&["cluster", "member", "name", "privileges"], &rows, &values, nothing)
}
