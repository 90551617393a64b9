//! `key create`: keys that the replicas of a zone on a database server share.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::Context;
use crate::keys;

/// What to do with keys.
#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a file with a new key; never replaces one
    #[command(after_help = "Example:\n  onezone-server key create /etc/onezone-server/zone.key")]
    Create(CreateArguments),
}

/// The file to make.
#[derive(Args)]
pub(crate) struct CreateArguments {
    /// The file, which must not exist yet
    file: PathBuf,
}

pub(crate) fn run(command: &KeyCommand, context: &Context<'_>) -> anyhow::Result<()> {
    let KeyCommand::Create(arguments) = command;
    keys::create(&arguments.file, &context.environment)?;
    let text = format!("made {}: keep a copy of it, apart from the database", arguments.file.display());
    context.output.result(&json!({ "file": arguments.file }), &text)
}
