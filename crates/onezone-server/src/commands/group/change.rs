//! Changing and removing groups, and who belongs to them.

use anyhow::bail;
use clap::Args;
use onezone_store::{Group, Member, Note, Zone};
use onezone_tokens::ids;

use super::MemberArguments;
use crate::commands::edit::{Confirmation, Deed};
use crate::commands::{Context, find};
use crate::names::{self, PrivilegeKind};
use crate::zone::cycle_through;

/// What to change.
#[derive(Args)]
pub(crate) struct UpdateArguments {
    /// The group's id, or its name if no other group has it
    group: String,
    /// Another name shown to people
    #[arg(long)]
    name: String,
}

/// Whose privileges, and which.
#[derive(Args)]
pub(crate) struct PrivilegeArguments {
    /// The group's id, or its name if no other group has it
    group: String,
    /// A zone privilege, or the preset `viewer` or `admin`
    #[arg(required = true, value_name = "PRIVILEGE")]
    privileges: Vec<String>,
}

fn find<'z>(zone: &'z mut Zone, text: &str) -> anyhow::Result<(&'z mut Group, String)> {
    let place = find::group(zone, text)?;
    let group = &mut zone.groups[place];
    let target = Member::Group(group.id.clone()).to_string();
    Ok((group, target))
}

pub(super) async fn update(arguments: UpdateArguments, context: &Context<'_>) -> anyhow::Result<()> {
    ids::check_name("group name", &arguments.name)?;
    let edit = move |zone: &mut Zone| {
        let (group, target) = find(zone, &arguments.group)?;
        group.name.clone_from(&arguments.name);
        Ok(Note { action: "group.update", target })
    };
    context.change(Deed { command: "group update", kind: "group", done: "updated" }, edit).await
}

pub(super) async fn grant(arguments: PrivilegeArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let privileges = names::collect_privileges(PrivilegeKind::Zone, &arguments.privileges)?;
    let edit = move |zone: &mut Zone| {
        let (group, target) = find(zone, &arguments.group)?;
        group.privileges.extend(privileges.iter().cloned());
        Ok(Note { action: "group.grant", target })
    };
    context.change(Deed { command: "group grant", kind: "group", done: "granted privileges to" }, edit).await
}

pub(super) async fn revoke(arguments: PrivilegeArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let privileges = names::collect_privileges(PrivilegeKind::Zone, &arguments.privileges)?;
    let edit = move |zone: &mut Zone| {
        let (group, target) = find(zone, &arguments.group)?;
        group.privileges.retain(|privilege| !privileges.contains(privilege));
        Ok(Note { action: "group.revoke", target })
    };
    let deed = Deed { command: "group revoke", kind: "group", done: "took privileges from" };
    context.change(deed, edit).await
}

pub(super) async fn add_members(arguments: MemberArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let edit = move |zone: &mut Zone| {
        let members = find::members(zone, &arguments.members.users, &arguments.members.groups)?;
        let (group, target) = find(zone, &arguments.group)?;
        let id = group.id.clone();
        for member in members {
            match member {
                Member::User(id) => group.users.insert(id),
                Member::Group(id) => group.groups.insert(id),
            };
        }
        if let Some(cycle) = cycle_through(&zone.groups, &id) {
            bail!("a cycle of groups: {}: leave the last of them out", cycle.join(" -> "));
        }
        Ok(Note { action: "group.member_add", target })
    };
    let deed = Deed { command: "group member add", kind: "group", done: "added members to" };
    context.change(deed, edit).await
}

pub(super) async fn remove_members(arguments: MemberArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let edit = move |zone: &mut Zone| {
        let members = find::members(zone, &arguments.members.users, &arguments.members.groups)?;
        let (group, target) = find(zone, &arguments.group)?;
        for member in members {
            match member {
                Member::User(id) => group.users.remove(&id),
                Member::Group(id) => group.groups.remove(&id),
            };
        }
        Ok(Note { action: "group.member_remove", target })
    };
    let deed = Deed { command: "group member remove", kind: "group", done: "removed members from" };
    context.change(deed, edit).await
}

pub(super) async fn remove(
    text: String,
    confirmation: &Confirmation,
    context: &Context<'_>,
) -> anyhow::Result<()> {
    let zone = context.zone().await?;
    let group = &zone.groups[find::group(&zone, &text)?];
    let (id, members) = (group.id.clone(), group.users.len() + group.groups.len());
    let question = format!("Group {} ({id}) with {members} members is removed from the zone.", group.name);
    context.confirm(confirmation, &question)?;
    let edited = context
        .edit("group remove", move |zone| {
            anyhow::ensure!(
                zone.groups.iter().any(|group| group.id == id),
                "group {id:?} was removed meanwhile"
            );
            zone.remove_group(&id);
            Ok(Note { action: "group.remove", target: Member::Group(id.clone()).to_string() })
        })
        .await?;
    context.removed("group", &edited)
}
