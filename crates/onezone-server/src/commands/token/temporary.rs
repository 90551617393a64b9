//! `token generation` and `token revoke-temporary`: the one secret that all temporary tokens of a subject share.

use clap::Args;
use onezone_store::{RecordKind, StoreError, Subject};
use serde_json::json;

use crate::commands::Context;

/// Whose temporary tokens.
#[derive(Args)]
#[command(
    after_help = "Temporary tokens carry the generation of the secret that signed them. Revoking them replaces the \
    secret and raises the generation: all tokens of earlier generations are refused from then on.\n\n\
    Examples:\n  \
    onezone-server token generation --subject usr-ID\n  \
    onezone-server token revoke-temporary --subject usr-ID"
)]
pub(crate) struct Arguments {
    /// Whose tokens: usr-ID or prv-ID
    #[arg(long, value_name = "SUBJECT")]
    subject: Subject,
}

pub(super) async fn generation(arguments: &Arguments, context: &Context<'_>) -> anyhow::Result<()> {
    let subject = &arguments.subject;
    let store = context.open_existing().await?;
    let state = store.subject_state(subject).await?;
    store.close().await?;
    let missing = || StoreError::NotFound { kind: RecordKind::Subject, id: subject.to_string() };
    let generation = state.ok_or_else(missing)?.temporary.map(|temporary| temporary.generation);
    let text = match generation {
        Some(generation) => format!("the temporary tokens of {subject} are of generation {generation}"),
        None => format!("{subject} has had no temporary token; the first will be of generation 1"),
    };
    context.output.result(&json!({ "subject": subject, "generation": generation }), &text)
}

pub(super) async fn revoke(arguments: &Arguments, context: &Context<'_>) -> anyhow::Result<()> {
    let subject = &arguments.subject;
    let fresh = context.environment.new_secret()?;
    let audit = context.environment.audit("token revoke-temporary")?;
    let store = context.open_existing().await?;
    let generation = store.revoke_temporary_tokens(subject, &fresh, &audit).await?;
    store.close().await?;
    let text = format!("revoked the temporary tokens of {subject}; the generation is now {generation}");
    context.output.result(&json!({ "subject": subject, "generation": generation }), &text)
}
