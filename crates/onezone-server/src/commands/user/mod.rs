//! `user add`, `list`, `show`, `update`, `password`, `block`, `unblock`, `grant`, `revoke`, `remove`.

mod add;
mod change;
mod password;
mod show;

use clap::{Args, Subcommand};

pub(super) use self::show::member_name;

use super::Context;
use super::edit::Confirmation;

/// What to do with users.
#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Add a user
    Add(add::AddArguments),
    /// List all users
    #[command(after_help = "Examples:\n  \
        onezone-server user list\n  \
        onezone-server user list --output json | jq '.[] | select(.blocked)'")]
    List,
    /// Show a user: privileges, groups, clusters, spaces, and how many tokens there are
    #[command(after_help = "Example:\n  onezone-server user show alice")]
    Show(UserArgument),
    /// Change names, and whether a password is taken
    Update(change::UpdateArguments),
    /// Set a password: asked for twice on a terminal, or from a file, or generated
    #[command(alias = "passwd")]
    Password(password::PasswordArguments),
    /// Refuse a user whatever they present: password, named and temporary tokens
    #[command(
        after_help = "Takes effect with the next request. Tokens stay as they are; `user unblock` makes them valid again.\n\n\
        Example:\n  onezone-server user block alice"
    )]
    Block(UserArgument),
    /// Let a blocked user in again
    #[command(after_help = "Example:\n  onezone-server user unblock alice")]
    Unblock(UserArgument),
    /// Give a user zone privileges
    #[command(after_help = "Example:\n  onezone-server user grant alice oz_tokens_manage")]
    Grant(change::PrivilegeArguments),
    /// Take zone privileges from a user; those from groups stay
    #[command(after_help = "Example:\n  onezone-server user revoke alice oz_tokens_manage")]
    Revoke(change::PrivilegeArguments),
    /// Remove a user with all their tokens
    #[command(
        alias = "delete",
        after_help = "All named tokens of the user are deleted, temporary ones are refused from then on, and the user leaves all \
        groups, clusters and spaces. Blocking (`user block`) can be undone, this cannot.\n\n\
        Example:\n  onezone-server user remove alice --yes"
    )]
    Remove(RemoveArguments),
}

/// Which user.
#[derive(Args)]
pub(crate) struct UserArgument {
    /// The user's id or username
    user: String,
}

/// Which user, and whether it is meant.
#[derive(Args)]
pub(crate) struct RemoveArguments {
    /// The user's id or username
    user: String,
    #[command(flatten)]
    confirmation: Confirmation,
}

pub(crate) async fn run(command: UserCommand, context: &Context<'_>) -> anyhow::Result<()> {
    match command {
        UserCommand::Add(arguments) => add::run(arguments, context).await,
        UserCommand::List => show::list(context).await,
        UserCommand::Show(arguments) => show::show(&arguments.user, context).await,
        UserCommand::Update(arguments) => change::update(arguments, context).await,
        UserCommand::Password(arguments) => password::run(arguments, context).await,
        UserCommand::Block(arguments) => change::block(arguments.user, true, context).await,
        UserCommand::Unblock(arguments) => change::block(arguments.user, false, context).await,
        UserCommand::Grant(arguments) => change::grant(arguments, context).await,
        UserCommand::Revoke(arguments) => change::revoke(arguments, context).await,
        UserCommand::Remove(arguments) => {
            change::remove(arguments.user, &arguments.confirmation, context).await
        }
    }
}
