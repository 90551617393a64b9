//! Looking at a database file with a connection that cannot write.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::open::{BUSY_TIMEOUT, CHECKED_SIZE, is_ours, schema_version, supported};
use super::threads::Failure;
use crate::seal::wrong_keys;
use crate::{Examination, Keyring, Result, StoreError};

/// What the file holds. It has to be there.
pub(super) fn examine(path: &Path, keys: &Keyring) -> Result<Examination> {
    let in_file = |error: rusqlite::Error| Failure::from(error).into_error(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(in_file)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(in_file)?;
    connection.execute_batch("PRAGMA query_only=ON; PRAGMA trusted_schema=OFF").map_err(in_file)?;
    if !is_ours(&connection).map_err(in_file)? {
        return Err(StoreError::NotADatabase { path: path.to_owned() });
    }
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).map_err(in_file)?;
    let schema = schema_version(&connection).map_err(in_file)?;
    let is_small = path.metadata().is_ok_and(|metadata| metadata.len() <= CHECKED_SIZE);
    let problems = if is_small { Some(quick_check(&connection).map_err(in_file)?) } else { None };
    Ok(Examination {
        engine: format!("SQLite {}", rusqlite::version()),
        schema,
        supported: supported(),
        // What the program sets itself, whatever the file says.
        settings: BTreeMap::from([("journal_mode", mode), ("synchronous", "full".to_owned())]),
        keys: if schema == 0 { Ok(()) } else { check_keys(&connection, path, keys) },
        problems,
    })
}

fn quick_check(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA quick_check(10)")?;
    let found =
        statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let lines = found.iter().flat_map(|text| text.lines()).map(str::trim);
    Ok(lines.filter(|line| *line != "ok" && !line.starts_with("***")).map(str::to_owned).collect())
}

pub(super) fn check_keys(connection: &Connection, path: &Path, keys: &Keyring) -> Result<()> {
    let known: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE key = 'key_check'", [], |row| row.get(0))
        .optional()
        .map_err(|error| Failure::from(error).into_error(path))?;
    // Without one, secrets are sealed when the file is opened to be used.
    known.map_or(Ok(()), |known| {
        keys.fits(&known).map_err(|error| wrong_keys(&error, path.display().to_string()))
    })
}
