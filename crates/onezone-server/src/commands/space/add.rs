//! `space add`.

use clap::Args;
use onezone_store::Space;
use onezone_tokens::ids;
use serde_json::json;

use crate::commands::Context;

/// The space to add.
#[derive(Args)]
#[command(
    after_help = "A provider may use the tokens of the users who have a space that it supports.\n\nExample:\n  \
    onezone-server space add --name Genome --group GROUP-ID --provider ID"
)]
pub(crate) struct AddArguments {
    /// The name shown to people
    #[arg(long)]
    name: String,
    /// The space's id [default: generated]
    #[arg(long)]
    id: Option<String>,
    /// A user who has the space; can be repeated
    #[arg(long = "user", value_name = "USER-ID")]
    users: Vec<String>,
    /// A group whose effective members have the space; can be repeated
    #[arg(long = "group", value_name = "GROUP-ID")]
    groups: Vec<String>,
    /// A provider that supports the space; can be repeated
    #[arg(long = "provider", value_name = "PROVIDER-ID")]
    providers: Vec<String>,
}

pub(super) async fn run(arguments: AddArguments, context: &Context<'_>) -> anyhow::Result<()> {
    ids::check_name("space name", &arguments.name)?;
    let id = context.given_or_new_id("space id", arguments.id)?;
    let space = Space {
        groups: arguments.groups.into_iter().collect(),
        id: id.clone(),
        name: arguments.name,
        providers: arguments.providers.into_iter().collect(),
        users: arguments.users.into_iter().collect(),
    };
    let store = context.open_or_create().await?;
    store.create_space(&space, &context.environment.audit("space add")?).await?;
    store.close().await?;
    context.output.result(&json!({ "id": id }), &format!("added space {id}"))
}
