//! `space add`, `list`, `update`, `member add`, `member remove`, `support`, `unsupport`, `remove`.

mod add;
mod change;

use clap::{Args, Subcommand};

use super::Context;
use super::edit::Confirmation;

/// What to do with spaces.
#[derive(Subcommand)]
pub(crate) enum SpaceCommand {
    /// Add a space that users and groups have and providers support
    Add(add::AddArguments),
    /// List all spaces
    #[command(after_help = "Example:\n  onezone-server space list")]
    List,
    /// Give a space another name
    #[command(after_help = "Example:\n  onezone-server space update Genome --name 'Genome 2'")]
    Update(change::UpdateArguments),
    /// Give a space to users and groups, or take it from them
    #[command(subcommand)]
    Member(MemberCommand),
    /// Have providers support a space
    #[command(after_help = "Example:\n  onezone-server space support Genome --provider Cracow")]
    Support(SupportArguments),
    /// End the support of a space by providers
    #[command(after_help = "Example:\n  onezone-server space unsupport Genome --provider Cracow")]
    Unsupport(SupportArguments),
    /// Remove a space
    #[command(alias = "delete", after_help = "Example:\n  onezone-server space remove Genome --yes")]
    Remove(RemoveArguments),
}

/// What to do with those who have a space.
#[derive(Subcommand)]
pub(crate) enum MemberCommand {
    /// Give a space to users and groups
    #[command(after_help = "Example:\n  onezone-server space member add Genome --group Operators")]
    Add(MemberArguments),
    /// Take a space from users and groups
    #[command(after_help = "Example:\n  onezone-server space member remove Genome --user alice")]
    Remove(MemberArguments),
}

/// Which space, and who.
#[derive(Args)]
pub(crate) struct MemberArguments {
    /// The space's id, or its name if no other space has it
    space: String,
    #[command(flatten)]
    members: Members,
}

/// At least one of these.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct Members {
    /// A user's id or username; can be repeated
    #[arg(long = "user", value_name = "USER")]
    users: Vec<String>,
    /// A group's id or name, whose effective members are meant; can be repeated
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
}

/// Which space, and which providers.
#[derive(Args)]
pub(crate) struct SupportArguments {
    /// The space's id, or its name if no other space has it
    space: String,
    /// A provider's id or name; can be repeated
    #[arg(long = "provider", value_name = "PROVIDER", required = true)]
    providers: Vec<String>,
}

/// Which space, and whether it is meant.
#[derive(Args)]
pub(crate) struct RemoveArguments {
    /// The space's id, or its name if no other space has it
    space: String,
    #[command(flatten)]
    confirmation: Confirmation,
}

pub(crate) async fn run(command: SpaceCommand, context: &Context<'_>) -> anyhow::Result<()> {
    match command {
        SpaceCommand::Add(arguments) => add::run(arguments, context).await,
        SpaceCommand::List => change::list(context).await,
        SpaceCommand::Update(arguments) => change::update(arguments, context).await,
        SpaceCommand::Member(MemberCommand::Add(arguments)) => change::member(arguments, true, context).await,
        SpaceCommand::Member(MemberCommand::Remove(arguments)) => {
            change::member(arguments, false, context).await
        }
        SpaceCommand::Support(arguments) => change::support(arguments, true, context).await,
        SpaceCommand::Unsupport(arguments) => change::support(arguments, false, context).await,
        SpaceCommand::Remove(arguments) => {
            change::remove(arguments.space, &arguments.confirmation, context).await
        }
    }
}
