//! `group add`.

use clap::Args;
use onezone_store::Group;
use onezone_tokens::ids;
use serde_json::json;

use crate::commands::Context;
use crate::names::{self, PrivilegeKind};

/// The group to add.
#[derive(Args)]
#[command(after_help = "Example:\n  \
    onezone-server group add --name Operators --user USER-ID --privilege viewer")]
pub(crate) struct AddArguments {
    /// The name shown to people
    #[arg(long)]
    name: String,
    /// The group's id [default: generated]
    #[arg(long)]
    id: Option<String>,
    /// A member's user id; can be repeated
    #[arg(long = "user", value_name = "USER-ID")]
    users: Vec<String>,
    /// A subgroup's id, whose members become effective members; can be repeated
    #[arg(long = "group", value_name = "GROUP-ID")]
    groups: Vec<String>,
    /// A zone privilege, or the preset `viewer` or `admin`, for all effective members; can be repeated
    #[arg(long = "privilege", value_name = "PRIVILEGE")]
    privileges: Vec<String>,
}

pub(super) async fn run(arguments: AddArguments, context: &Context<'_>) -> anyhow::Result<()> {
    ids::check_name("group name", &arguments.name)?;
    let id = context.given_or_new_id("group id", arguments.id)?;
    // A new group has no way back to itself but this one.
    anyhow::ensure!(
        !arguments.groups.contains(&id),
        "a group cannot be its own subgroup: leave out --group {id}"
    );
    let group = Group {
        groups: arguments.groups.into_iter().collect(),
        id: id.clone(),
        name: arguments.name,
        privileges: names::collect_privileges(PrivilegeKind::Zone, &arguments.privileges)?,
        users: arguments.users.into_iter().collect(),
    };
    let store = context.open_or_create().await?;
    store.create_group(&group, &context.environment.audit("group add")?).await?;
    store.close().await?;
    context.output.result(&json!({ "id": id }), &format!("added group {id}"))
}
