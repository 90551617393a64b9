//! `group add`, `list`, `show`, `update`, `grant`, `revoke`, `member add`, `member remove`, `remove`.

mod add;
mod change;
mod show;

use clap::{Args, Subcommand};

use super::Context;
use super::edit::Confirmation;

/// What to do with groups.
#[derive(Subcommand)]
pub(crate) enum GroupCommand {
    /// Add a group of users and groups
    Add(add::AddArguments),
    /// List all groups
    #[command(after_help = "Example:\n  onezone-server group list")]
    List,
    /// Show a group: its members, privileges, clusters and spaces
    #[command(after_help = "Example:\n  onezone-server group show Operators")]
    Show(GroupArgument),
    /// Give a group another name
    #[command(after_help = "Example:\n  onezone-server group update Operators --name 'Night shift'")]
    Update(change::UpdateArguments),
    /// Give all effective members of a group zone privileges
    #[command(after_help = "Example:\n  onezone-server group grant Operators viewer oz_tokens_manage")]
    Grant(change::PrivilegeArguments),
    /// Take zone privileges from a group
    #[command(after_help = "Example:\n  onezone-server group revoke Operators oz_tokens_manage")]
    Revoke(change::PrivilegeArguments),
    /// Add members to a group, or remove them
    #[command(subcommand)]
    Member(MemberCommand),
    /// Remove a group; its members stay
    #[command(
        alias = "delete",
        after_help = "Members lose what they had through the group: privileges, clusters, spaces.\n\n\
        Example:\n  onezone-server group remove Operators --yes"
    )]
    Remove(RemoveArguments),
}

/// What to do with the members of a group.
#[derive(Subcommand)]
pub(crate) enum MemberCommand {
    /// Add users and subgroups
    #[command(after_help = "Example:\n  onezone-server group member add Operators --user alice --user bob")]
    Add(MemberArguments),
    /// Remove users and subgroups
    #[command(after_help = "Example:\n  onezone-server group member remove Operators --user bob")]
    Remove(MemberArguments),
}

/// Which group.
#[derive(Args)]
pub(crate) struct GroupArgument {
    /// The group's id, or its name if no other group has it
    group: String,
}

/// Which group, and which members.
#[derive(Args)]
pub(crate) struct MemberArguments {
    /// The group's id, or its name if no other group has it
    group: String,
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
    /// A subgroup's id or name, whose members become effective members; can be repeated
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
}

/// Which group, and whether it is meant.
#[derive(Args)]
pub(crate) struct RemoveArguments {
    /// The group's id, or its name if no other group has it
    group: String,
    #[command(flatten)]
    confirmation: Confirmation,
}

pub(crate) async fn run(command: GroupCommand, context: &Context<'_>) -> anyhow::Result<()> {
    match command {
        GroupCommand::Add(arguments) => add::run(arguments, context).await,
        GroupCommand::List => show::list(context).await,
        GroupCommand::Show(arguments) => show::show(&arguments.group, context).await,
        GroupCommand::Update(arguments) => change::update(arguments, context).await,
        GroupCommand::Grant(arguments) => change::grant(arguments, context).await,
        GroupCommand::Revoke(arguments) => change::revoke(arguments, context).await,
        GroupCommand::Member(MemberCommand::Add(arguments)) => change::add_members(arguments, context).await,
        GroupCommand::Member(MemberCommand::Remove(arguments)) => {
            change::remove_members(arguments, context).await
        }
        GroupCommand::Remove(arguments) => {
            change::remove(arguments.group, &arguments.confirmation, context).await
        }
    }
}
