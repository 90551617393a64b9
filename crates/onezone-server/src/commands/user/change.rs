//! Changing and removing users.

use clap::Args;
use clap::builder::BoolishValueParser;
use onezone_store::{Note, Subject, User, Zone};
use onezone_tokens::ids;

use crate::commands::Context;
use crate::commands::edit::{Confirmation, Deed, tokens};
use crate::commands::find;
use crate::names::{self, PrivilegeKind};

/// What to change.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    onezone-server user update alice --full-name 'Alice Example'\n  \
    onezone-server user update alice --username alice.example\n  \
    onezone-server user update alice --basic-auth off    refuse the password")]
pub(crate) struct UpdateArguments {
    /// The user's id or username
    user: String,
    #[command(flatten)]
    changes: Changes,
}

/// What becomes different, at least one of these.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// Another name to log in with
    #[arg(long, value_name = "NAME", conflicts_with = "no_username")]
    username: Option<String>,
    /// Take the username away; the user cannot log in with a password then
    #[arg(long)]
    no_username: bool,
    /// Another name shown to people
    #[arg(long, value_name = "NAME", conflicts_with = "no_full_name")]
    full_name: Option<String>,
    /// Take the name shown to people away
    #[arg(long)]
    no_full_name: bool,
    /// Whether the user may authenticate with a password: on or off
    #[arg(long, value_name = "ON|OFF", value_parser = BoolishValueParser::new(), hide_possible_values = true)]
    basic_auth: Option<bool>,
}

/// Whose privileges, and which.
#[derive(Args)]
pub(crate) struct PrivilegeArguments {
    /// The user's id or username
    user: String,
    /// A zone privilege, or the preset `viewer` or `admin`
    #[arg(required = true, value_name = "PRIVILEGE")]
    privileges: Vec<String>,
}

fn find<'z>(zone: &'z mut Zone, text: &str) -> anyhow::Result<(&'z mut User, String)> {
    let place = find::user(zone, text)?;
    let user = &mut zone.users[place];
    let target = Subject::User(user.id.clone()).to_string();
    Ok((user, target))
}

pub(super) async fn update(arguments: UpdateArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let UpdateArguments { user, changes } = arguments;
    if let Some(username) = &changes.username {
        ids::check_username(username)?;
    }
    if let Some(full_name) = &changes.full_name {
        ids::check_full_name(full_name)?;
    }
    let deed = Deed { command: "user update", kind: "user", done: "updated" };
    let edit = move |zone: &mut Zone| {
        let (found, target) = find(zone, &user)?;
        if changes.username.is_some() || changes.no_username {
            found.username.clone_from(&changes.username);
        }
        if changes.full_name.is_some() || changes.no_full_name {
            found.full_name.clone_from(&changes.full_name);
        }
        found.basic_auth = changes.basic_auth.unwrap_or(found.basic_auth);
        Ok(Note { action: "user.update", target })
    };
    context.change(deed, edit).await
}

pub(super) async fn block(user: String, blocked: bool, context: &Context<'_>) -> anyhow::Result<()> {
    let (command, done, action) = if blocked {
        ("user block", "blocked", "user.block")
    } else {
        ("user unblock", "unblocked", "user.unblock")
    };
    let edit = move |zone: &mut Zone| {
        let (user, target) = find(zone, &user)?;
        user.blocked = blocked;
        Ok(Note { action, target })
    };
    context.change(Deed { command, kind: "user", done }, edit).await
}

pub(super) async fn grant(arguments: PrivilegeArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let privileges = names::collect_privileges(PrivilegeKind::Zone, &arguments.privileges)?;
    let edit = move |zone: &mut Zone| {
        let (user, target) = find(zone, &arguments.user)?;
        user.privileges.extend(privileges.iter().cloned());
        Ok(Note { action: "user.grant", target })
    };
    context.change(Deed { command: "user grant", kind: "user", done: "granted privileges to" }, edit).await
}

pub(super) async fn revoke(arguments: PrivilegeArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let privileges = names::collect_privileges(PrivilegeKind::Zone, &arguments.privileges)?;
    let edit = move |zone: &mut Zone| {
        let (user, target) = find(zone, &arguments.user)?;
        user.privileges.retain(|privilege| !privileges.contains(privilege));
        Ok(Note { action: "user.revoke", target })
    };
    context.change(Deed { command: "user revoke", kind: "user", done: "took privileges from" }, edit).await
}

pub(super) async fn remove(
    user: String,
    confirmation: &Confirmation,
    context: &Context<'_>,
) -> anyhow::Result<()> {
    let (_, (id, name), count) = context
        .zone_and_tokens(|zone| {
            let user = &zone.users[find::user(zone, &user)?];
            let name = user.username.clone().unwrap_or_else(|| user.id.clone());
            Ok(((user.id.clone(), name), Subject::User(user.id.clone())))
        })
        .await?;
    let count = tokens(u64::try_from(count).unwrap_or(u64::MAX));
    let question =
        format!("User {name} ({id}) with {count} is removed from the zone, which cannot be undone.");
    context.confirm(confirmation, &question)?;
    let edited = context
        .edit("user remove", move |zone| {
            // By the id that was shown: another user may have the name by now.
            anyhow::ensure!(zone.users.iter().any(|user| user.id == id), "user {id:?} was removed meanwhile");
            zone.remove_user(&id);
            Ok(Note { action: "user.remove", target: Subject::User(id.clone()).to_string() })
        })
        .await?;
    context.removed("user", &edited)
}
