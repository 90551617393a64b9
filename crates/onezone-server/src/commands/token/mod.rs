//! `token create`, `print`, `inspect`, `list`, `show`, `rename`, `revoke`, `unrevoke`, `delete`, `delete-all`, `generation`,
//! `revoke-temporary`, `revoke-all`: named tokens one by one, and the temporary tokens of a subject.

mod change;
mod create;
mod duration;
mod inspect;
mod known;
mod report;
mod temporary;

use clap::{Args, Subcommand};
use onezone_store::{RecordKind, StoreError, Subject};
use serde_json::json;

use super::{Context, backup, moment};
use crate::{names, tokens};

/// What to do with tokens.
#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Issue a token and print its serialized form, and nothing else, on standard output
    Create(create::Arguments),
    /// Print the serialized form of a stored token
    Print(PrintArguments),
    /// Explain a token from standard input: what it is and which of its caveats hold
    Inspect(inspect::Arguments),
    /// List the tokens of a subject, without their secrets
    List(ListArguments),
    /// Show the record of a token, without its secret
    #[command(after_help = "Example:\n  onezone-server token show TOKEN-ID")]
    Show(TokenArgument),
    /// Give a token another name, unique within its subject
    #[command(after_help = "The token itself does not change: its name is not in it.\n\n\
        Example:\n  onezone-server token rename TOKEN-ID 'old laptop'")]
    Rename(change::RenameArguments),
    /// Revoke a token; it stays listed, and `unrevoke` makes it valid again
    Revoke(RevokeArguments),
    /// Make a revoked token valid again
    #[command(after_help = "Example:\n  onezone-server token unrevoke TOKEN-ID")]
    Unrevoke(TokenArgument),
    /// Delete a token and its record
    #[command(
        alias = "remove",
        after_help = "The token is refused from then on, and cannot be printed or made valid again.\n\n\
        Example:\n  onezone-server token delete TOKEN-ID --yes"
    )]
    Delete(change::DeleteArguments),
    /// Delete all named tokens of a subject, as the API does
    #[command(after_help = "Temporary tokens stay: `token revoke-temporary` revokes those.\n\n\
        Example:\n  onezone-server token delete-all --subject usr-ID --yes")]
    DeleteAll(change::DeleteAllArguments),
    /// Show the generation of a subject's temporary tokens; earlier ones are revoked
    Generation(temporary::Arguments),
    /// Revoke all temporary tokens of a subject
    RevokeTemporary(temporary::Arguments),
    /// Revoke every token of everybody, as after an old state of the database has come back
    #[command(after_help = "Example:\n  onezone-server token revoke-all --yes")]
    RevokeAll(RevokeAllArguments),
}

/// The token to print.
#[derive(Args)]
#[command(
    after_help = "Temporary tokens are not stored, so that they are printed once, when they are created.\n\n\
    Example:\n  onezone-server token print TOKEN-ID > token.txt"
)]
pub(crate) struct PrintArguments {
    /// The token's id
    id: String,
    #[command(flatten)]
    domain: Domain,
}

/// Whose tokens to list.
#[derive(Args)]
#[command(after_help = "Example:\n  onezone-server token list --subject usr-ID")]
pub(crate) struct ListArguments {
    /// Whose tokens: usr-ID or prv-ID
    #[arg(long, value_name = "SUBJECT")]
    subject: Subject,
}

/// The token to revoke.
#[derive(Args)]
#[command(
    after_help = "Temporary tokens have no record to revoke: `token revoke-temporary` revokes all of a subject's.\n\n\
    Example:\n  onezone-server token revoke TOKEN-ID"
)]
pub(crate) struct RevokeArguments {
    /// The token's id
    id: String,
}

/// Which token.
#[derive(Args)]
pub(crate) struct TokenArgument {
    /// The token's id
    id: String,
}

/// Whether it is meant.
#[derive(Args)]
pub(crate) struct RevokeAllArguments {
    /// Yes, every named token and all temporary tokens of the zone
    #[arg(long, required = true)]
    yes: bool,
}

/// Where a token says it comes from.
#[derive(Args)]
#[command(next_help_heading = "Tokens")]
pub(crate) struct Domain {
    /// The zone's domain, for the token's holder to know where it belongs; not checked by the server
    #[arg(long, default_value = "localhost", env = "ONEZONE_DOMAIN")]
    domain: String,
}

pub(crate) async fn run(command: TokenCommand, context: &Context<'_>) -> anyhow::Result<()> {
    match command {
        TokenCommand::Create(arguments) => create::run(arguments, context).await,
        TokenCommand::Print(arguments) => print(&arguments, context).await,
        TokenCommand::Inspect(arguments) => inspect::run(&arguments, context).await,
        TokenCommand::List(arguments) => list(&arguments.subject, context).await,
        TokenCommand::Show(arguments) => change::show(&arguments.id, context).await,
        TokenCommand::Rename(arguments) => change::rename(&arguments, context).await,
        TokenCommand::Unrevoke(arguments) => change::unrevoke(&arguments.id, context).await,
        TokenCommand::Delete(arguments) => change::delete(&arguments, context).await,
        TokenCommand::DeleteAll(arguments) => change::delete_all(&arguments, context).await,
        TokenCommand::Revoke(arguments) => revoke(&arguments.id, context).await,
        TokenCommand::Generation(arguments) => temporary::generation(&arguments, context).await,
        TokenCommand::RevokeTemporary(arguments) => temporary::revoke(&arguments, context).await,
        TokenCommand::RevokeAll(_) => revoke_all(context).await,
    }
}

async fn print(arguments: &PrintArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let store = context.open_existing().await?;
    let stored = store.token(&arguments.id).await?;
    store.close().await?;
    let missing = || {
        let error = StoreError::NotFound { kind: RecordKind::Token, id: arguments.id.clone() };
        anyhow::anyhow!(
            "{error}; a temporary token is not stored and cannot be printed again, only created anew"
        )
    };
    let issued = tokens::issue(&stored.ok_or_else(missing)?.token, &arguments.domain.domain)?;
    context.output.raw(issued.expose());
    Ok(())
}

async fn list(subject: &Subject, context: &Context<'_>) -> anyhow::Result<()> {
    let store = context.open_existing().await?;
    let tokens = store.list_tokens(subject).await?;
    store.close().await?;
    let values: Vec<_> = tokens
        .iter()
        .map(|token| {
            json!({
                "id": token.id,
                "name": token.name,
                "type": token.token_type,
                "revoked": token.revoked,
                "createdAt": token.created_at,
            })
        })
        .collect();
    let rows: Vec<Vec<String>> = tokens
        .into_iter()
        .map(|token| {
            let state = if token.revoked { "revoked" } else { "valid" };
            let token_type = names::describe_type(&token.token_type);
            vec![token.id, token.name, token_type, state.to_owned(), moment::show(token.created_at)]
        })
        .collect();
    let nothing = format!("{subject} has no named token; `onezone-server token create` makes one");
    context.output.list(&["id", "name", "type", "state", "created"], &rows, &values, &nothing)
}

async fn revoke(id: &str, context: &Context<'_>) -> anyhow::Result<()> {
    let store = context.open_existing().await?;
    store.revoke_token(id, &context.environment.audit("token revoke")?).await?;
    store.close().await?;
    context.output.result(&json!({ "id": id, "revoked": true }), &format!("revoked token {id}"))
}

async fn revoke_all(context: &Context<'_>) -> anyhow::Result<()> {
    let store = context.open_existing().await?;
    let revoked = backup::revoke_all(&*store, "token revoke-all", context).await?;
    store.close().await?;
    let value = json!({ "tokens": revoked.tokens, "temporaryTokens": revoked.temporary_tokens });
    let text = format!(
        "revoked {} named tokens, and the temporary tokens of {} subjects",
        revoked.tokens, revoked.temporary_tokens
    );
    context.output.result(&value, &text)
}
