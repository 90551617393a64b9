//! Looking at a database on a server without changing anything there.

use std::collections::BTreeMap;

use tokio_postgres::Row;

use super::migrate;
use super::session::database;
use crate::{Examination, Keyring, Result, StoreError};

/// What is asked: the column's name is the setting's.
const FACTS: &str = "SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync, \
    current_setting('full_page_writes') AS full_page_writes, \
    (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit') AS synchronous_commit, \
    current_setting('synchronous_standby_names') AS synchronous_standby_names, \
    current_setting('server_encoding') AS server_encoding, current_setting('data_checksums') AS data_checksums, \
    current_setting('max_connections') AS max_connections, \
    (SELECT datcollate FROM pg_database WHERE datname = current_database()) AS collation, \
    COALESCE((SELECT CASE WHEN ssl THEN version ELSE 'off' END FROM pg_stat_ssl WHERE pid = pg_backend_pid()), 'off') AS tls";

const NAMES: [&str; 9] = [
    "fsync",
    "full_page_writes",
    "synchronous_commit",
    "synchronous_standby_names",
    "server_encoding",
    "data_checksums",
    "max_connections",
    "collation",
    "tls",
];

pub(super) async fn examine(
    client: &deadpool_postgres::Client,
    keys: &Keyring,
    name: &str,
) -> Result<Examination> {
    let row = client.query_one(FACTS, &[]).await.map_err(database)?;
    let text = |row: &Row, column: &str| -> Result<String> {
        Ok(row.try_get::<_, Option<String>>(column).map_err(database)?.unwrap_or_default())
    };
    let mut settings = BTreeMap::new();
    for name in NAMES {
        settings.insert(name, text(&row, name)?);
    }
    let supported = migrate::supported();
    let (schema, keys) = match migrate::check(client, keys, name).await {
        Err(StoreError::OlderSchema { found, .. } | StoreError::NewerSchema { found, .. }) => (found, Ok(())),
        keys => (migrate::schema(client).await?, keys),
    };
    let version = text(&row, "version")?;
    Ok(Examination {
        engine: format!("PostgreSQL {version}"),
        schema,
        supported,
        settings,
        keys,
        problems: None,
    })
}
