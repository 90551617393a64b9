//! `provider add`, `list`, `show`, `update`, `remove`.

use clap::{Args, Subcommand};
use onezone_store::{Cluster, Note, Provider, Subject, Zone};
use onezone_tokens::ids;
use serde_json::json;

use super::edit::{Confirmation, Deed, list as joined, tokens};
use super::{Context, find};
use crate::names::{self, PrivilegeKind};

/// What to do with providers.
#[derive(Subcommand)]
pub(crate) enum ProviderCommand {
    /// Add a provider and its cluster
    Add(AddArguments),
    /// List all providers
    #[command(after_help = "Example:\n  onezone-server provider list")]
    List,
    /// Show a provider: its spaces, how many members its cluster has, and how many tokens there are
    #[command(after_help = "`onezone-server cluster list PROVIDER` shows who belongs to its cluster.\n\n\
        Example:\n  onezone-server provider show Cracow")]
    Show(ProviderArgument),
    /// Give a provider another name
    #[command(after_help = "Example:\n  onezone-server provider update Cracow --name Krakow")]
    Update(UpdateArguments),
    /// Remove a provider with its cluster and its tokens
    #[command(
        alias = "delete",
        after_help = "All named tokens of the provider are deleted, temporary ones are refused from then on, and it supports no \
        space any more. The tokens of its users stay.\n\n\
        Example:\n  onezone-server provider remove Cracow --yes"
    )]
    Remove(RemoveArguments),
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

/// Which provider.
#[derive(Args)]
pub(crate) struct ProviderArgument {
    /// The provider's id, or its name if no other provider has it
    provider: String,
}

/// What to change.
#[derive(Args)]
pub(crate) struct UpdateArguments {
    /// The provider's id, or its name if no other provider has it
    provider: String,
    /// Another name shown to people
    #[arg(long)]
    name: String,
}

/// Which provider, and whether it is meant.
#[derive(Args)]
pub(crate) struct RemoveArguments {
    /// The provider's id, or its name if no other provider has it
    provider: String,
    #[command(flatten)]
    confirmation: Confirmation,
}

pub(crate) async fn run(command: ProviderCommand, context: &Context<'_>) -> anyhow::Result<()> {
    match command {
        ProviderCommand::Add(arguments) => add(arguments, context).await,
        ProviderCommand::List => list(context).await,
        ProviderCommand::Show(arguments) => show(&arguments.provider, context).await,
        ProviderCommand::Update(arguments) => update(arguments, context).await,
        ProviderCommand::Remove(arguments) => remove(arguments, context).await,
    }
}

async fn add(arguments: AddArguments, context: &Context<'_>) -> anyhow::Result<()> {
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

async fn list(context: &Context<'_>) -> anyhow::Result<()> {
    let zone = context.zone().await?;
    let row = |provider: &Provider| {
        let cluster = &provider.cluster;
        let counts = [cluster.users.len(), cluster.groups.len(), spaces(&zone, provider).len()];
        [provider.id.clone(), provider.name.clone()]
            .into_iter()
            .chain(counts.map(|count| count.to_string()))
            .collect()
    };
    let rows: Vec<Vec<String>> = zone.providers.iter().map(row).collect();
    let headings = ["id", "name", "cluster users", "cluster groups", "spaces"];
    let nothing = "there is no provider; `onezone-server provider add` adds one";
    context.output.list(&headings, &rows, &zone.providers, nothing)
}

/// The ids of the spaces that a provider supports.
fn spaces<'z>(zone: &'z Zone, provider: &Provider) -> Vec<&'z String> {
    let supported = zone.spaces.iter().filter(|space| space.providers.contains(&provider.id));
    supported.map(|space| &space.id).collect()
}

async fn show(text: &str, context: &Context<'_>) -> anyhow::Result<()> {
    let (zone, place, count) = context
        .zone_and_tokens(|zone| {
            let place = find::provider(zone, text)?;
            Ok((place, Subject::Provider(zone.providers[place].id.clone())))
        })
        .await?;
    let provider = &zone.providers[place];
    let spaces = spaces(&zone, provider);
    let mut value = json!(provider);
    value["spaces"] = json!(spaces);
    value["namedTokens"] = json!(count);
    let rows = [
        ("id", provider.id.clone()),
        ("name", provider.name.clone()),
        ("cluster users", provider.cluster.users.len().to_string()),
        ("cluster groups", provider.cluster.groups.len().to_string()),
        ("spaces", joined(spaces)),
        ("named tokens", count.to_string()),
    ]
    .map(|(name, cell)| vec![name.to_owned(), cell]);
    context.output.table(&["field", "value"], &rows, &value)
}

async fn update(arguments: UpdateArguments, context: &Context<'_>) -> anyhow::Result<()> {
    ids::check_name("provider name", &arguments.name)?;
    let edit = move |zone: &mut Zone| {
        let place = find::provider(zone, &arguments.provider)?;
        let provider = &mut zone.providers[place];
        provider.name.clone_from(&arguments.name);
        let target = Subject::Provider(provider.id.clone()).to_string();
        Ok(Note { action: "provider.update", target })
    };
    context.change(Deed { command: "provider update", kind: "provider", done: "updated" }, edit).await
}

async fn remove(arguments: RemoveArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let (_, (id, name), count) = context
        .zone_and_tokens(|zone| {
            let provider = &zone.providers[find::provider(zone, &arguments.provider)?];
            let subject = Subject::Provider(provider.id.clone());
            Ok(((provider.id.clone(), provider.name.clone()), subject))
        })
        .await?;
    let count = tokens(u64::try_from(count).unwrap_or(u64::MAX));
    let question = format!(
        "Provider {name} ({id}) with its cluster and {count} is removed from the zone, which cannot be undone."
    );
    context.confirm(&arguments.confirmation, &question)?;
    let edited = context
        .edit("provider remove", move |zone| {
            let is_there = zone.providers.iter().any(|provider| provider.id == id);
            anyhow::ensure!(is_there, "provider {id:?} was removed meanwhile");
            zone.remove_provider(&id);
            Ok(Note { action: "provider.remove", target: Subject::Provider(id.clone()).to_string() })
        })
        .await?;
    context.removed("provider", &edited)
}
