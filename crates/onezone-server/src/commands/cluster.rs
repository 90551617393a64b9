//! `cluster grant`.

use clap::{Args, Subcommand};
use onezone_store::Member;
use serde_json::json;

use super::Context;
use crate::names::{self, PrivilegeKind};

/// What to do with clusters.
#[derive(Subcommand)]
pub(crate) enum ClusterCommand {
    /// Make a user or group a member of a provider's cluster, or add to its privileges there
    Grant(GrantArguments),
}

/// Who gets what, where.
#[derive(Args)]
#[command(after_help = "Whoever has `cluster_update` may list the provider's tokens.\n\nExamples:\n  \
    onezone-server cluster grant PROVIDER-ID --user USER-ID --privilege manager\n  \
    onezone-server cluster grant PROVIDER-ID --group GROUP-ID --privilege admin")]
pub(crate) struct GrantArguments {
    /// The id of the provider, which is also its cluster's
    cluster: String,
    /// The user who gets the privileges
    #[arg(long, value_name = "USER-ID", required_unless_present = "group", conflicts_with = "group")]
    user: Option<String>,
    /// The group whose effective members get the privileges
    #[arg(long, value_name = "GROUP-ID")]
    group: Option<String>,
    /// A cluster privilege, or the preset `member`, `manager` or `admin`; can be repeated
    #[arg(long = "privilege", value_name = "PRIVILEGE", default_value = "member")]
    privileges: Vec<String>,
}

pub(crate) async fn run(command: ClusterCommand, context: &Context<'_>) -> anyhow::Result<()> {
    let ClusterCommand::Grant(arguments) = command;
    let member = match (arguments.user, arguments.group) {
        (Some(user), _) => Member::User(user),
        (None, Some(group)) => Member::Group(group),
        (None, None) => anyhow::bail!("name who gets the privileges: --user or --group"),
    };
    let privileges = names::collect_privileges(PrivilegeKind::Cluster, &arguments.privileges)?;
    let cluster = arguments.cluster;
    let store = context.open_existing().await?;
    let audit = context.environment.audit("cluster grant")?;
    store.grant_cluster(&cluster, &member, &privileges, &audit).await?;
    store.close().await?;
    let list = privileges.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let value = json!({ "cluster": cluster, "member": member.to_string(), "privileges": privileges });
    context.output.result(&value, &format!("granted {member} in cluster {cluster}: {list}"))
}
