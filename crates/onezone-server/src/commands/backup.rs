//! `backup`, `restore` and `verify`: copies of an `SQLite` database, made and brought back, and whether a database is whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use chrono::DateTime;
use clap::Args;
use onezone_store::sqlite::Restoration;
use onezone_store::{Position, Secrets, SqliteStore, Store as _, Upkeep};
use serde_json::json;

use super::Context;
use crate::database::Database;
use crate::progress::Unit;

/// How many problems are listed; the rest is counted.
const LISTED: usize = 100;

/// Where to, and whether something may be lost by it.
#[derive(Args)]
#[command(
    after_help = "Works while the server runs. The copy is checked as a whole before it gets its name, and only its \
    owner can read it. It holds no keys: keep the key file, too, and elsewhere.\n\n\
    Examples:\n  \
    onezone-server backup /backup/zone.db\n  \
    onezone-server backup --force latest.db"
)]
pub(crate) struct BackupArguments {
    /// The file to write
    file: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

/// What from, and what becomes of tokens that were deleted since.
#[derive(Args)]
#[command(
    after_help = "The server has to be stopped. The backup is checked, secrets included, before anything is touched; \
    the replaced database is kept beside the new one.\n\n\
    With a backup come back the tokens that were deleted or revoked since it was made, and passwords, privileges and blocks \
    are those of then. --revoke-all revokes every token in it.\n\n\
    Examples:\n  \
    onezone-server restore /backup/zone.db\n  \
    onezone-server restore --revoke-all /backup/zone.db"
)]
pub(crate) struct RestoreArguments {
    /// The backup
    file: PathBuf,
    /// Revoke every named token and all temporary tokens in it
    #[arg(long)]
    revoke_all: bool,
}

pub(crate) fn back_up(arguments: &BackupArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let database = Database::from_options(&context.common)?;
    let Some(path) = database.sqlite_file() else { bail!(ON_A_SERVER) };
    database.expect()?;
    let started = Instant::now();
    let bytes =
        copying(context, |progress| SqliteStore::back_up(path, &arguments.file, arguments.force, progress))?;
    let seconds = started.elapsed().as_secs_f64();
    let file = arguments.file.display();
    let text = format!(
        "backed up {} to {file}: {} in {seconds:.1} s\nit is of use only with the keys: keep a copy of {} elsewhere",
        path.display(),
        size(bytes),
        database.keys(),
    );
    context.output.result(&json!({ "file": arguments.file, "bytes": bytes, "seconds": seconds }), &text)
}

/// Shows how much is copied.
fn copying<T, E>(
    context: &Context<'_>,
    copy: impl FnOnce(&mut dyn FnMut(u64, u64)) -> Result<T, E>,
) -> Result<T, E> {
    let progress = context.output.progress("copying", Unit::Bytes);
    let mut before = None;
    copy(&mut |done, total| {
        if before.is_none() {
            progress.start(None, Some(total));
        }
        progress.advance(usize::try_from(done.saturating_sub(before.unwrap_or(0))).unwrap_or_default());
        before = Some(done);
    })
}

const ON_A_SERVER: &str = "a database on a server is backed up and restored by PostgreSQL's own tools: `pg_basebackup`, or \
    pgBackRest with archived WAL for any point in time. After a restore, tokens that were deleted since are alive again: \
    `onezone-server token revoke-all --yes` revokes all there are";

pub(crate) async fn restore(arguments: &RestoreArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let database = Database::from_options(&context.common)?;
    let Some(path) = database.sqlite_file() else { bail!(ON_A_SERVER) };
    let file = arguments.file.display();
    let keys = database.keys().open(&context.environment)?;
    let restoration = copying(context, |progress| Restoration::begin(path, &arguments.file, progress))?;
    let unusable = || format!("{file} cannot be restored");
    let store = restoration.open(keys).with_context(unusable)?;
    let (records, problems) = walk(&store, context).await.with_context(unusable)?;
    if !problems.is_empty() {
        bail!("{file} cannot be restored:\n{}", listed(&problems).join("\n"));
    }
    store.record("zone.restore", "zone", &context.environment.audit("restore")?).await?;
    let revoked =
        if arguments.revoke_all { Some(revoke_all(&store, "restore", context).await?) } else { None };
    store.close().await?;
    let kept = kept_name(path, context.environment.now());
    let was_there = restoration.finish(&kept)?;

    let mut lines = vec![format!("restored {} from {file}: {records} records", path.display())];
    if was_there {
        lines.push(format!("the database that was there is kept in {}", kept.display()));
    }
    lines.push(match revoked {
        Some(revoked) => format!(
            "revoked {} named tokens, and the temporary tokens of {} subjects",
            revoked.tokens, revoked.temporary_tokens
        ),
        None => "tokens that were deleted or revoked since the backup are valid again; \
            `onezone-server token revoke-all --yes` revokes every token"
            .to_owned(),
    });
    let value = json!({
        "records": records,
        "kept": was_there.then_some(kept),
        "revokedTokens": revoked.map(|revoked| revoked.tokens),
        "revokedTemporaryTokens": revoked.map(|revoked| revoked.temporary_tokens),
    });
    context.output.result(&value, &lines.join("\n"))
}

/// Revokes everything, with new secrets of temporary tokens.
pub(crate) async fn revoke_all(
    store: &dyn Upkeep,
    command: &str,
    context: &Context<'_>,
) -> anyhow::Result<onezone_store::Revoked> {
    let environment = context.environment.clone();
    let fresh: Secrets = Arc::new(move || environment.new_secret().map_err(Into::into));
    Ok(store.revoke_everything(&fresh, &context.environment.audit(command)?).await?)
}

pub(crate) async fn verify(context: &Context<'_>) -> anyhow::Result<()> {
    let database = Database::from_options(&context.common)?;
    let url = database.url();
    let store = context.open_existing().await?;
    let walked = walk(&*store, context).await;
    store.close().await?;
    let (records, problems) = walked?;
    let text = if problems.is_empty() {
        format!("verified {records} records of {url}: all is well")
    } else {
        listed(&problems).join("\n")
    };
    let value = json!({ "database": url, "records": records, "problems": problems });
    context.output.result(&value, &text)?;
    if problems.is_empty() {
        return Ok(());
    }
    bail!(
        "{} problems were found in {url}: restore a backup, or remove the records and create them again",
        problems.len()
    )
}

/// How many records there are, and what is wrong with them.
async fn walk(store: &dyn Upkeep, context: &Context<'_>) -> anyhow::Result<(u64, Vec<String>)> {
    let progress = context.output.progress("verifying", Unit::Records);
    progress.start(None, None);
    let mut problems = store.inspect().await?;
    let (mut records, mut next) = (0, Some(Position::default()));
    while let Some(position) = next {
        let step = match store.verify(&position).await {
            Ok(step) => step,
            // Pages that cannot be read end the walk, and are a problem as any other.
            Err(error) if !problems.is_empty() => {
                problems.push(error.to_string());
                break;
            }
            Err(error) => return Err(error.into()),
        };
        records += step.records;
        problems.extend(step.problems);
        next = step.next;
        progress.advance(usize::try_from(step.records).unwrap_or_default());
    }
    Ok((records, problems))
}

fn listed(problems: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = problems.iter().take(LISTED).cloned().collect();
    if problems.len() > LISTED {
        lines.push(format!("and {} more", problems.len() - LISTED));
    }
    lines
}

/// Beside the database, with the time, and a number where that is not enough.
fn kept_name(path: &Path, now: i64) -> PathBuf {
    let time = DateTime::from_timestamp(now, 0);
    let time = time.map_or_else(|| now.to_string(), |time| time.format("%Y%m%dT%H%M%SZ").to_string());
    let name = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".replaced-{time}{suffix}"));
        PathBuf::from(name)
    };
    let numbered = (2..).map(|number: u32| name(&format!("-{number}")));
    std::iter::once(name("")).chain(numbered).find(|name| !name.exists()).unwrap_or_else(|| name(""))
}

#[expect(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_a_unit_that_is_read_at_a_glance() {
        for (bytes, text) in
            [(0, "0.0 kB"), (1_500, "1.5 kB"), (339_000_000, "339.0 MB"), (2_000_000_000, "2.0 GB")]
        {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn the_replaced_database_is_named_after_the_time() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("zone.db");
        for suffix in ["", "-2", "-3"] {
            let name = kept_name(&path, 1_700_000_000);
            assert_eq!(name, directory.path().join(format!("zone.db.replaced-20231114T221320Z{suffix}")));
            std::fs::File::create(name).unwrap();
        }
    }
}
