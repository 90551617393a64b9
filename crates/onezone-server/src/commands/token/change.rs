//! `token show`, `rename`, `unrevoke`, `delete` and `delete-all`.

use clap::Args;
use onezone_store::{RecordKind, StoreError, Subject, TokenChange};
use onezone_tokens::ids;
use serde_json::json;

use crate::commands::edit::{Confirmation, tokens};
use crate::commands::{Context, moment};
use crate::names;

/// Which token, and its name.
#[derive(Args)]
pub(crate) struct RenameArguments {
    /// The token's id
    id: String,
    /// Its new name
    name: String,
}

/// Which token, and whether it is meant.
#[derive(Args)]
pub(crate) struct DeleteArguments {
    /// The token's id
    id: String,
    #[command(flatten)]
    confirmation: Confirmation,
}

/// Whose tokens, and whether it is meant.
#[derive(Args)]
pub(crate) struct DeleteAllArguments {
    /// Whose tokens: usr-ID or prv-ID
    #[arg(long, value_name = "SUBJECT")]
    subject: Subject,
    #[command(flatten)]
    confirmation: Confirmation,
}

pub(super) async fn show(id: &str, context: &Context<'_>) -> anyhow::Result<()> {
    let store = context.open_existing().await?;
    let stored = store.token(id).await?;
    store.close().await?;
    let missing = || StoreError::NotFound { kind: RecordKind::Token, id: id.to_owned() };
    let onezone_store::StoredToken { token, created_at } = stored.ok_or_else(missing)?;
    let state = if token.revoked { "revoked" } else { "valid" };
    let mut rows = vec![
        ("id", token.id.clone()),
        ("name", token.name.clone()),
        ("subject", token.subject.to_string()),
        ("type", names::describe_type(&token.token_type)),
        ("state", state.to_owned()),
        ("created", moment::show(created_at)),
    ];
    rows.extend(token.caveats.iter().map(|caveat| ("caveat", caveat.clone())));
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(name, cell)| vec![name.to_owned(), cell]).collect();
    let value = json!({
        "id": token.id,
        "name": token.name,
        "subject": token.subject,
        "type": token.token_type,
        "caveats": token.caveats,
        "revoked": token.revoked,
        "createdAt": created_at,
        "version": token.version,
    });
    context.output.table(&["field", "value"], &rows, &value)
}

/// Changes one token; whether there was anything to do.
async fn change(
    id: &str,
    change: &TokenChange,
    command: &str,
    context: &Context<'_>,
) -> anyhow::Result<bool> {
    let store = context.open_existing().await?;
    let changed = store.change_token(id, change, &context.environment.audit(command)?).await?;
    store.close().await?;
    Ok(changed)
}

pub(super) async fn rename(arguments: &RenameArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let RenameArguments { id, name } = arguments;
    ids::check_name("token name", name)?;
    let changed = change(id, &TokenChange::Rename(name.clone()), "token rename", context).await?;
    let text = if changed {
        format!("renamed token {id} to {name}")
    } else {
        format!("nothing to change: token {id} has that name already")
    };
    context.output.result(&json!({ "id": id, "name": name, "changed": changed }), &text)
}

pub(super) async fn unrevoke(id: &str, context: &Context<'_>) -> anyhow::Result<()> {
    let changed = change(id, &TokenChange::Restore, "token unrevoke", context).await?;
    let text = if changed {
        format!("token {id} is valid again")
    } else {
        format!("nothing to change: token {id} is not revoked")
    };
    context.output.result(&json!({ "id": id, "revoked": false, "changed": changed }), &text)
}

pub(super) async fn delete(arguments: &DeleteArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let id = &arguments.id;
    context.confirm(&arguments.confirmation, &format!("Token {id} is deleted, which cannot be undone."))?;
    change(id, &TokenChange::Delete, "token delete", context).await?;
    context.output.result(&json!({ "id": id, "deleted": true }), &format!("deleted token {id}"))
}

pub(super) async fn delete_all(arguments: &DeleteAllArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let subject = &arguments.subject;
    let question = format!("All named tokens of {subject} are deleted, which cannot be undone.");
    context.confirm(&arguments.confirmation, &question)?;
    let store = context.open_existing().await?;
    let count = store.delete_all_tokens(subject, &context.environment.audit("token delete-all")?).await?;
    store.close().await?;
    let text = format!("deleted {} of {subject}", tokens(count));
    context.output.result(&json!({ "subject": subject, "deleted": count }), &text)
}
