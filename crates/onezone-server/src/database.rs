//! Which database is meant, and opening it. The one module that names a storage backend.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use onezone_store::{OpenMode, SqliteStore, Store};

use crate::cli::Common;

const FILE_NAME: &str = "zone.db";
const DIRECTORY_NAME: &str = "onezone-server";

/// A database that can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    /// An SQLite file.
    Sqlite(PathBuf),
}

impl Database {
    /// The database that the options name; else the one in the data directory.
    pub(crate) fn from_options(common: &Common) -> anyhow::Result<Self> {
        let Some(url) = &common.database else {
            let directory = match &common.data_dir {
                Some(directory) => directory.clone(),
                None => default_directory(std::env::var_os("XDG_DATA_HOME"), std::env::var_os("HOME"))?,
            };
            return Ok(Self::Sqlite(directory.join(FILE_NAME)));
        };
        Self::parse(url)
    }

    /// Opens it, creating it where there is none.
    pub(crate) fn open(&self, mode: OpenMode) -> anyhow::Result<Arc<dyn Store>> {
        let Self::Sqlite(path) = self;
        Ok(Arc::new(SqliteStore::open(path, mode)?))
    }

    /// The value of `--database` that names it, wherever the command is run.
    pub(crate) fn url(&self) -> String {
        let Self::Sqlite(path) = self;
        // It fails when there is no current directory any more; then no relative path means anything.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        format!("sqlite:{}", path.display())
    }

    fn parse(url: &str) -> anyhow::Result<Self> {
        match url.split_once(':') {
            Some(("sqlite", "")) => bail!("--database names no file: write sqlite:PATH"),
            Some(("sqlite", path)) => Ok(Self::Sqlite(PathBuf::from(path))),
            _ => bail!("--database {url:?} is of an unknown kind: write sqlite:PATH"),
        }
    }
}

/// Opens the database of a command that administers it, creating it where there is none.
pub(crate) fn open_or_create(common: &Common) -> anyhow::Result<Arc<dyn Store>> {
    Database::from_options(common)?.open(OpenMode::Admin)
}

/// Opens the database of a command that has nothing to do in an empty one. A mistyped path is told apart from an empty zone, which for
/// an export would make an empty backup.
pub(crate) fn open_existing(common: &Common) -> anyhow::Result<Arc<dyn Store>> {
    let database = Database::from_options(common)?;
    let Database::Sqlite(path) = &database;
    // Only what is certainly not there is refused here; what cannot be looked at is for the opening to explain.
    if matches!(path.try_exists(), Ok(false)) {
        bail!(
            "there is no database {}: name another one with --database or --data-dir; `serve` and `zone apply` create one",
            path.display()
        );
    }
    database.open(OpenMode::Admin)
}

/// A relative `XDG_DATA_HOME` counts as none, as its specification says.
fn default_directory(
    data_home: Option<std::ffi::OsString>,
    home: Option<std::ffi::OsString>,
) -> anyhow::Result<PathBuf> {
    let data_home = data_home.map(PathBuf::from).filter(|path| path.is_absolute());
    let home = home.filter(|home| !home.is_empty()).map(|home| PathBuf::from(home).join(".local/share"));
    let base = data_home.or(home);
    let base = base.context("neither XDG_DATA_HOME nor HOME is set: name a directory with --data-dir")?;
    Ok(base.join(DIRECTORY_NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_directory_follows_the_environment() {
        let of = |data_home: Option<&str>, home: Option<&str>| {
            default_directory(data_home.map(Into::into), home.map(Into::into)).ok()
        };
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(of(Some("/data"), Some("/home/a")), path("/data/onezone-server"));
        for data_home in [None, Some(""), Some("relative")] {
            assert_eq!(of(data_home, Some("/home/a")), path("/home/a/.local/share/onezone-server"));
            assert_eq!(of(data_home, None), None);
        }
    }

    #[test]
    fn database_urls_name_a_kind_and_a_place() {
        assert_eq!(Database::parse("sqlite:a/b.db").unwrap(), Database::Sqlite("a/b.db".into()));
        for url in ["", "a.db", "sqlite:", "mysql://x", "Sqlite:x"] {
            assert!(Database::parse(url).is_err(), "{url:?} was taken");
        }
    }
}
