//! `key create`, `list`, `add`, `reseal`, `rotate`: the keys that seal secrets, and replacing them while servers run.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use onezone_store::{KeyUsage, KeyUses, Position, Upkeep};
use serde_json::json;

use super::Context;
use crate::database::Database;
use crate::keys::{self, KeySource};
use crate::progress::Unit;

/// What to do with keys.
#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a file with a new key; never replaces one
    #[command(after_help = "Example:\n  onezone-server key create /etc/onezone-server/zone.key")]
    Create(CreateArguments),
    /// List the keys by their numbers, and how many secrets each still seals; never shows a key
    #[command(after_help = "Example:\n  onezone-server key list")]
    List,
    /// Add a new key to the key file, which seals nothing yet
    #[command(
        after_help = "The first of two steps where several servers share a zone: give the file to all of them, \
        then run `key reseal`. Servers read the file again when they meet a secret that its new key has sealed.\n\n\
        Example:\n  onezone-server key add --key-file /etc/onezone-server/zone.key"
    )]
    Add,
    /// Let the newest key seal from now on, and seal everything anew with it
    #[command(after_help = "Can be interrupted and run again at any time. Servers go on serving.\n\n\
        Example:\n  onezone-server key reseal")]
    Reseal(ResealArguments),
    /// Replace the key that seals: `key add` and `key reseal` in one, for a zone served by one machine
    #[command(
        after_help = "A rotation that was interrupted is finished by running it again. Servers go on serving.\n\n\
        Example:\n  onezone-server key rotate"
    )]
    Rotate(ResealArguments),
}

/// The file to make.
#[derive(Args)]
pub(crate) struct CreateArguments {
    /// The file, which must not exist yet
    file: PathBuf,
}

/// What becomes of the keys before.
#[derive(Args)]
pub(crate) struct ResealArguments {
    /// Leave keys that seal nothing any more in the key file, for backups of the database that were made before
    #[arg(long)]
    keep_old_keys: bool,
}

pub(crate) async fn run(command: &KeyCommand, context: &Context<'_>) -> anyhow::Result<()> {
    match command {
        KeyCommand::Create(arguments) => create(&arguments.file, context),
        KeyCommand::List => list(context).await,
        KeyCommand::Add => add(context),
        KeyCommand::Reseal(arguments) => {
            let database = Database::from_options(&context.common)?;
            database.expect()?;
            let _lock = database.keys().file().map(keys::lock).transpose()?;
            reseal(arguments.keep_old_keys, &database, context).await
        }
        KeyCommand::Rotate(arguments) => rotate(arguments.keep_old_keys, context).await,
    }
}

fn create(file: &Path, context: &Context<'_>) -> anyhow::Result<()> {
    keys::create(file, &context.environment)?;
    let text = format!("made {}: keep a copy of it, apart from the database", file.display());
    context.output.result(&json!({ "file": file }), &text)
}

async fn list(context: &Context<'_>) -> anyhow::Result<()> {
    let store = context.open_existing().await?;
    let usage = store.key_usage().await?;
    store.close().await?;
    let of = |number: u32, uses: &KeyUses| match number {
        _ if !uses.available => "missing",
        number if number == usage.sealing => "seals",
        number if number > usage.sealing => "waits for `key reseal`",
        _ => "opens",
    };
    let values: Vec<_> = usage
        .keys
        .iter()
        .map(|(number, uses)| {
            let KeyUses { available, tokens, temporary_tokens, passwords } = uses;
            let seals = *number == usage.sealing;
            json!({
                "number": number, "available": available, "seals": seals, "tokens": tokens,
                "temporaryTokens": temporary_tokens, "passwords": passwords,
            })
        })
        .collect();
    let rows: Vec<Vec<String>> = usage
        .keys
        .iter()
        .map(|(number, uses)| {
            let counts = [uses.tokens, uses.temporary_tokens, uses.passwords].map(|count| count.to_string());
            [number.to_string(), of(*number, uses).to_owned()].into_iter().chain(counts).collect()
        })
        .collect();
    context.output.table(&["key", "state", "tokens", "temporary tokens", "passwords"], &rows, &values)
}

/// The key file, which only then can be changed; with keys from the environment, what to do instead.
fn key_file(database: &Database, environment: &crate::environment::Environment) -> anyhow::Result<PathBuf> {
    if let Some(file) = database.keys().file() {
        return Ok(file.to_owned());
    }
    let next = database.keys().open(environment)?.current().newest().saturating_add(1);
    bail!(
        "the keys are in {}, which a command cannot change: add a line to it, `{next}` with a blank and 32 random bytes \
         in base64 (`head -c 32 /dev/urandom | base64`); start every server with both keys; then run \
         `onezone-server key reseal`",
        KeySource::VARIABLE
    )
}

fn add(context: &Context<'_>) -> anyhow::Result<()> {
    let database = Database::from_options(&context.common)?;
    let file = key_file(&database, &context.environment)?;
    let _lock = keys::lock(&file)?;
    let number = keys::add(&file, &context.environment)?;
    let text = format!(
        "added key {number} to {}: give the file to every server, keep a copy, then run `onezone-server key reseal`",
        file.display()
    );
    context.output.result(&json!({ "file": file, "key": number }), &text)
}

async fn rotate(keep_old_keys: bool, context: &Context<'_>) -> anyhow::Result<()> {
    let database = Database::from_options(&context.common)?;
    database.expect()?;
    let file = key_file(&database, &context.environment)?;
    let _lock = keys::lock(&file)?;
    let store = context.open_existing().await?;
    let usage = store.key_usage().await?;
    store.close().await?;
    // A key that waits, or secrets that another key than the current one has sealed, are what an earlier run left.
    let unfinished =
        usage.keys.iter().any(|(number, uses)| *number > usage.sealing || is_left(&usage, *number, uses));
    if !unfinished {
        keys::add(&file, &context.environment)?;
    }
    reseal(keep_old_keys, &database, context).await
}

fn is_left(usage: &KeyUsage, number: u32, uses: &KeyUses) -> bool {
    number != usage.sealing && uses.total() > 0
}

async fn reseal(keep_old_keys: bool, database: &Database, context: &Context<'_>) -> anyhow::Result<()> {
    let store = context.open_existing().await?;
    let change = store.rotate_key(&context.environment.audit("key reseal")?).await?;
    let usage = store.key_usage().await?;
    let walked = seal_anew(&*store, &usage, context).await;
    let (resealed, unreadable) = walked.context("interrupted; run the command again to go on")?;
    let usage = store.key_usage().await?;
    store.close().await?;

    let retired = match database.keys().file() {
        Some(file) if !keep_old_keys => keys::retire(file, &usage, &context.environment)?,
        _ => vec![],
    };
    let value = json!({
        "from": change.from, "to": change.to, "resealed": resealed, "retired": retired, "unreadable": unreadable,
    });
    let mut text = format!("key {} seals everything; {resealed} secrets were sealed anew", change.to);
    if !unreadable.is_empty() {
        text = format!("key {} seals; {resealed} secrets were sealed anew, and some do not open", change.to);
    }
    if !retired.is_empty() {
        let numbers = retired.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        text = format!(
            "{text}\nkey {numbers} is gone from the key file; backups made until now need the file as it was before"
        );
    }
    context.output.result(&value, &text)?;
    if unreadable.is_empty() {
        return Ok(());
    }
    bail!("{}\ntheir key stays; `onezone-server verify` tells more", unreadable.join("\n"))
}

/// How many secrets were sealed anew, and those that do not open.
async fn seal_anew(
    store: &dyn Upkeep,
    usage: &KeyUsage,
    context: &Context<'_>,
) -> anyhow::Result<(u64, Vec<String>)> {
    let total: u64 = usage.keys.values().map(KeyUses::total).sum();
    let progress = context.output.progress("sealing anew", Unit::Secrets);
    progress.start(None, Some(total));
    let (mut resealed, mut unreadable) = (0, Vec::new());
    let mut next = Some(Position::default());
    while let Some(position) = next {
        let step = store.reseal(&position).await?;
        progress.advance(usize::try_from(step.seen).unwrap_or_default());
        resealed += step.resealed;
        unreadable.extend(step.unreadable);
        next = step.next;
    }
    Ok((resealed, unreadable))
}
