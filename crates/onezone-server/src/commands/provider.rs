//! `provider add`.

use clap::{Args, Subcommand};
use onezone_store::{Cluster, Provider};
use onezone_tokens::ids;
use serde_json::json;

use super::Context;
use crate::names::{self, PrivilegeKind};

/// What to do with providers.
#[derive(Subcommand)]
pub(crate) enum ProviderCommand {
    /// Add a provider and its cluster
    Add(AddArguments),
}

/// The provider to add.
#[derive(Args)]
#[command(after_help = "Example:\n  onezone-server provider add --name Cracow --admin USER-ID")]
pub(crate) struct AddArguments {
    /// The name shown to people
    #[arg(long)]
    name: String,
    /// The provider's id, which is also its cluster's [default: generated]
    #[arg(long)]
    id: Option<String>,
    /// A user with all privileges in the provider's cluster; can be repeated
    #[arg(long = "admin", value_name = "USER-ID")]
    admins: Vec<String>,
}

pub(crate) async fn run(command: ProviderCommand, context: &Context<'_>) -> anyhow::Result<()> {
    let ProviderCommand::Add(arguments) = command;
    ids::check_name("provider name", &arguments.name)?;
    let id = context.given_or_new_id("provider id", arguments.id)?;
    let admin = names::collect_privileges(PrivilegeKind::Cluster, &["admin".to_owned()])?;
    let users = arguments.admins.into_iter().map(|user| (user, admin.clone())).collect();
    let cluster = Cluster { groups: [].into(), users };
    let provider = Provider { cluster, id: id.clone(), name: arguments.name };
    let store = context.open_or_create().await?;
    store.create_provider(&provider, &context.environment.audit("provider add")?).await?;
    store.close().await?;
    context.output.result(&json!({ "id": id }), &format!("added provider {id}"))
}
