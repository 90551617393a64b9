//! The schema of a `PostgreSQL` database and its versions. Replicas of two versions of this program can share a database
//! while it is brought to the next: a step only adds, and what it makes superfluous goes one version later.

use deadpool_postgres::Client;
use tokio_postgres::GenericClient;

use super::session::database;
use crate::seal::wrong_keys;
use crate::{Keyring, Result, StoreError};

/// The schema, one file a version; a file is never changed once it has been released.
const MIGRATIONS: &[&str] =
    &[include_str!("migrations/0001_initial.sql"), include_str!("migrations/0002_audit_by_id.sql")];

/// The oldest version of the schema that this program can work with, as it stands after its own migrations: a program
/// of that version goes on working.
const OLDEST_COMPATIBLE: i64 = 1;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The version there was; 0 for an empty database.
    pub from: i64,
    /// The version there is.
    pub to: i64,
}

/// The version of the schema that this program works with.
pub(super) fn supported() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Brings the schema to the present version, all of it in one transaction, while nobody else does.
pub(super) async fn migrate(client: &mut Client, keys: &Keyring, name: &str) -> Result<Migrated> {
    let transaction = client.transaction().await.map_err(database)?;
    // Whoever comes second waits here, and finds the work done.
    transaction
        .batch_execute(
            "SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0; \
             CREATE TABLE IF NOT EXISTS meta (key TEXT COLLATE \"C\" PRIMARY KEY, value TEXT NOT NULL); \
             LOCK TABLE meta IN ACCESS EXCLUSIVE MODE",
        )
        .await
        .map_err(database)?;
    let from = number(&*transaction, "schema").await?.unwrap_or(0);
    let to = supported();
    let Some(missing) = usize::try_from(from).ok().and_then(|from| MIGRATIONS.get(from..)) else {
        return Err(StoreError::NewerSchema { path: name.into(), found: from, supported: to });
    };
    for migration in missing {
        transaction.batch_execute(migration).await.map_err(database)?;
    }
    let put = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    for (key, value) in [("schema", to), ("schema_compatible", OLDEST_COMPATIBLE)] {
        transaction.execute(put, &[&key, &value.to_string()]).await.map_err(database)?;
    }
    let insert = "INSERT INTO meta (key, value) VALUES ('key_check', $1) ON CONFLICT (key) DO NOTHING";
    transaction.execute(insert, &[&keys.check_value()?]).await.map_err(database)?;
    check_keys(&*transaction, keys, name).await?;
    transaction.commit().await.map_err(database)?;
    Ok(Migrated { from, to })
}

/// Whether this program can work with the schema, and the keys are the database's own.
pub(super) async fn check(client: &Client, keys: &Keyring, name: &str) -> Result<()> {
    let has_schema = client.query_opt(
        "SELECT 1 FROM pg_tables WHERE tablename = 'meta' AND schemaname = ANY (current_schemas(false))",
        &[],
    );
    let found = match has_schema.await.map_err(database)? {
        Some(_) => number(&***client, "schema").await?.unwrap_or(0),
        None => 0,
    };
    let required = supported();
    if found < required {
        return Err(StoreError::OlderSchema { database: name.to_owned(), found, required });
    }
    let compatible = number(&***client, "schema_compatible").await?.unwrap_or(found);
    if compatible > required {
        return Err(StoreError::NewerSchema { path: name.into(), found, supported: required });
    }
    check_keys(&***client, keys, name).await
}

/// The version of the schema that is there; 0 without one that can be read.
pub(super) async fn schema(client: &Client) -> Result<i64> {
    Ok(number(&***client, "schema").await?.unwrap_or(0))
}

async fn check_keys(client: &impl GenericClient, keys: &Keyring, name: &str) -> Result<()> {
    let row =
        client.query_opt("SELECT value FROM meta WHERE key = 'key_check'", &[]).await.map_err(database)?;
    let wrong = || StoreError::WrongKeys { database: name.to_owned() };
    let known: String = row.ok_or_else(wrong)?.try_get(0).map_err(database)?;
    keys.fits(&known).map_err(|error| wrong_keys(&error, name.to_owned()))
}

async fn number(client: &impl GenericClient, key: &str) -> Result<Option<i64>> {
    let row = client.query_opt("SELECT value FROM meta WHERE key = $1", &[&key]).await.map_err(database)?;
    let value: Option<String> = row.map(|row| row.try_get(0)).transpose().map_err(database)?;
    Ok(value.and_then(|value| value.parse().ok()))
}
