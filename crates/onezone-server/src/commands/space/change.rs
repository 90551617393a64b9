//! Listing, changing and removing spaces.

use clap::Args;
use onezone_store::{Member, Note, Space, Zone};
use onezone_tokens::ids;

use super::{MemberArguments, SupportArguments};
use crate::commands::edit::{Confirmation, Deed, list as joined};
use crate::commands::{Context, find};

/// What to change.
#[derive(Args)]
pub(crate) struct UpdateArguments {
    /// The space's id, or its name if no other space has it
    space: String,
    /// Another name shown to people
    #[arg(long)]
    name: String,
}

fn target(id: &str) -> String {
    format!("spc-{id}")
}

fn find<'z>(zone: &'z mut Zone, text: &str) -> anyhow::Result<(&'z mut Space, String)> {
    let place = find::space(zone, text)?;
    let space = &mut zone.spaces[place];
    let target = target(&space.id);
    Ok((space, target))
}

pub(super) async fn list(context: &Context<'_>) -> anyhow::Result<()> {
    let zone = context.zone().await?;
    let row = |space: &Space| {
        vec![
            space.id.clone(),
            space.name.clone(),
            joined(&space.users),
            joined(&space.groups),
            joined(&space.providers),
        ]
    };
    let rows: Vec<Vec<String>> = zone.spaces.iter().map(row).collect();
    let headings = ["id", "name", "users", "groups", "providers"];
    let nothing = "there is no space; `onezone-server space add` adds one";
    context.output.list(&headings, &rows, &zone.spaces, nothing)
}

pub(super) async fn update(arguments: UpdateArguments, context: &Context<'_>) -> anyhow::Result<()> {
    ids::check_name("space name", &arguments.name)?;
    let edit = move |zone: &mut Zone| {
        let (space, target) = find(zone, &arguments.space)?;
        space.name.clone_from(&arguments.name);
        Ok(Note { action: "space.update", target })
    };
    context.change(Deed { command: "space update", kind: "space", done: "updated" }, edit).await
}

pub(super) async fn member(
    arguments: MemberArguments,
    joins: bool,
    context: &Context<'_>,
) -> anyhow::Result<()> {
    let (command, done, action) = if joins {
        ("space member add", "added members to", "space.member_add")
    } else {
        ("space member remove", "removed members from", "space.member_remove")
    };
    let edit = move |zone: &mut Zone| {
        let members = find::members(zone, &arguments.members.users, &arguments.members.groups)?;
        let (space, target) = find(zone, &arguments.space)?;
        for member in members {
            match (member, joins) {
                (Member::User(id), true) => space.users.insert(id),
                (Member::Group(id), true) => space.groups.insert(id),
                (Member::User(id), false) => space.users.remove(&id),
                (Member::Group(id), false) => space.groups.remove(&id),
            };
        }
        Ok(Note { action, target })
    };
    context.change(Deed { command, kind: "space", done }, edit).await
}

pub(super) async fn support(
    arguments: SupportArguments,
    begins: bool,
    context: &Context<'_>,
) -> anyhow::Result<()> {
    let (command, done, action) = if begins {
        ("space support", "added support of", "space.support")
    } else {
        ("space unsupport", "ended support of", "space.unsupport")
    };
    let edit = move |zone: &mut Zone| {
        let places: Vec<usize> =
            arguments.providers.iter().map(|text| find::provider(zone, text)).collect::<Result<_, _>>()?;
        let ids: Vec<String> = places.into_iter().map(|place| zone.providers[place].id.clone()).collect();
        let (space, target) = find(zone, &arguments.space)?;
        for id in ids {
            if begins {
                space.providers.insert(id)
            } else {
                space.providers.remove(&id)
            };
        }
        Ok(Note { action, target })
    };
    context.change(Deed { command, kind: "space", done }, edit).await
}

pub(super) async fn remove(
    text: String,
    confirmation: &Confirmation,
    context: &Context<'_>,
) -> anyhow::Result<()> {
    let zone = context.zone().await?;
    let space = &zone.spaces[find::space(&zone, &text)?];
    let id = space.id.clone();
    context.confirm(confirmation, &format!("Space {} ({id}) is removed from the zone.", space.name))?;
    let edited = context
        .edit("space remove", move |zone| {
            let is_there = zone.spaces.iter().any(|space| space.id == id);
            anyhow::ensure!(is_there, "space {id:?} was removed meanwhile");
            zone.remove_space(&id);
            Ok(Note { action: "space.remove", target: target(&id) })
        })
        .await?;
    context.removed("space", &edited)
}
