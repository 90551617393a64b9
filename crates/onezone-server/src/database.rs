//! Which database is meant, and opening it. The one module that names a storage backend.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use onezone_store::postgres::Migrated;
use onezone_store::{Examination, OpenMode, PostgresOptions, PostgresStore, SqliteStore, Upkeep};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::cli::{Common, Durability};
use crate::environment::Environment;
use crate::keys::KeySource;

const FILE_NAME: &str = "zone.db";
const DIRECTORY_NAME: &str = "onezone-server";

/// A database that can be opened, and where its keys are.
pub(crate) struct Database {
    kind: Kind,
    keys: KeySource,
}

enum Kind {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A database on a server.
    Postgres(PostgresOptions),
}

impl Database {
    /// The database that the options name; else the one in the data directory.
    pub(crate) fn from_options(common: &Common) -> anyhow::Result<Self> {
        let kind = Kind::from_options(common)?;
        let default = match &kind {
            Kind::Sqlite(path) => Some(key_file(path)),
            Kind::Postgres(_) => None,
        };
        Ok(Self { kind, keys: KeySource::choose(common.key_file.as_deref(), default)? })
    }

    /// Opens it, creating a file where there is none.
    pub(crate) async fn open(
        &self,
        mode: OpenMode,
        environment: &Environment,
    ) -> anyhow::Result<Arc<dyn Upkeep>> {
        match &self.kind {
            Kind::Sqlite(path) => {
                refuse_foreign_directory(path)?;
                if !SqliteStore::has_keys(path)? {
                    self.keys.ensure(environment)?;
                }
                Ok(Arc::new(SqliteStore::open(path, mode, self.keys.open(environment)?)?))
            }
            Kind::Postgres(options) => {
                Ok(Arc::new(PostgresStore::open(options, self.keys.open(environment)?).await?))
            }
        }
    }

    /// Says what it is like without changing it; a file has to be there.
    pub(crate) async fn examine(&self, environment: &Environment) -> anyhow::Result<Examination> {
        let keys = self.keys.open(environment)?;
        match &self.kind {
            Kind::Sqlite(path) => Ok(SqliteStore::examine(path, &keys)?),
            Kind::Postgres(options) => Ok(PostgresStore::examine(options, keys).await?),
        }
    }

    /// Where its keys are.
    pub(crate) fn keys(&self) -> &KeySource {
        &self.keys
    }

    /// Its file, when it is one.
    pub(crate) fn sqlite_file(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Sqlite(path) => Some(path),
            Kind::Postgres(_) => None,
        }
    }

    /// Refuses a file that is certainly not there; what cannot be looked at is for the opening to explain.
    pub(crate) fn expect(&self) -> anyhow::Result<()> {
        if let Kind::Sqlite(path) = &self.kind
            && matches!(path.try_exists(), Ok(false))
        {
            bail!(
                "there is no database {}: name another one with --database or --data-dir; `serve` and `zone apply` create one",
                path.display()
            );
        }
        Ok(())
    }

    /// Brings its schema to this version.
    pub(crate) async fn migrate(self, environment: &Environment) -> anyhow::Result<Migrated> {
        match self.kind {
            Kind::Sqlite(_) => bail!("an SQLite database is brought up to date whenever it is opened"),
            Kind::Postgres(options) => {
                Ok(PostgresStore::migrate(&options, self.keys.open(environment)?).await?)
            }
        }
    }

    /// The value of `--database` that names it, wherever the command is run; without any password.
    pub(crate) fn url(&self) -> String {
        match &self.kind {
            Kind::Sqlite(path) => {
                // It fails when there is no current directory any more; then no relative path means anything.
                let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                format!("sqlite:{}", path.display())
            }
            Kind::Postgres(options) => options.name(),
        }
    }
}

impl Kind {
    fn from_options(common: &Common) -> anyhow::Result<Self> {
        let Some(url) = &common.database else {
            let directory = match &common.data_dir {
                Some(directory) => directory.clone(),
                None => default_directory(std::env::var_os("XDG_DATA_HOME"), std::env::var_os("HOME"))?,
            };
            return Ok(Self::Sqlite(directory.join(FILE_NAME)));
        };
        match url.split_once(':') {
            Some(("sqlite", "")) => bail!("--database names no file: write sqlite:PATH"),
            Some(("sqlite", path)) => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", _)) => {
                let durability = match common.durability {
                    Durability::Local => onezone_store::Durability::Local,
                    Durability::Replicated => onezone_store::Durability::Replicated,
                };
                let max_connections = usize::from(common.database_connections);
                let url = match &common.database_password_file {
                    Some(file) => with_password(url, file)?,
                    None => url.clone(),
                };
                Ok(Self::Postgres(PostgresOptions { url, durability, max_connections }))
            }
            // It may hold a password, so that it is not repeated.
            _ => bail!("--database is of an unknown kind: write sqlite:PATH or postgres://..."),
        }
    }
}

/// A connection string with the password that a file holds, without the line break that ends it.
fn with_password(url: &str, file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file)
        .map(Zeroizing::new)
        .with_context(|| format!("cannot read the password for the database from {}", file.display()))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() || line.contains(char::is_control) {
        bail!("{} holds no password: write it in one line", file.display());
    }
    if holds_password(url) {
        bail!("--database has a password, and --database-password-file another one: keep one of the two");
    }
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let separator = if query.is_empty() { "" } else { "&" };
    Ok(format!("{base}?{query}{separator}password={}", utf8_percent_encode(line, NON_ALPHANUMERIC)))
}

/// Whether there is a password in a connection string.
pub(crate) fn holds_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let user = credentials(rest).map_or("", |(user, _)| user);
    let (_, query) = url.split_once('?').unwrap_or((url, ""));
    user.contains(':') || query.split('&').any(|pair| pair.to_ascii_lowercase().starts_with("password="))
}

/// User and password, and what stands behind them, of what follows the scheme of a connection string. The driver ends them at the
/// first `@`, so that a `?` before it is the password's; people forget to encode an `@` as well.
pub(crate) fn credentials(rest: &str) -> Option<(&str, &str)> {
    let first = rest.find('@')?;
    let query = rest[first..].find('?').map_or(rest.len(), |at| first + at);
    let last = rest[..query].rfind('@')?;
    Some((&rest[..last], &rest[last + 1..]))
}

/// Opens the database of a command that administers it, creating it where there is none.
pub(crate) async fn open_or_create(
    common: &Common,
    environment: &Environment,
) -> anyhow::Result<Arc<dyn Upkeep>> {
    Database::from_options(common)?.open(OpenMode::Admin, environment).await
}

/// Opens the database of a command that has nothing to do in an empty one. A mistyped path is told apart from an empty zone, which for
/// an export would make an empty backup.
pub(crate) async fn open_existing(
    common: &Common,
    environment: &Environment,
) -> anyhow::Result<Arc<dyn Upkeep>> {
    let database = Database::from_options(common)?;
    database.expect()?;
    database.open(OpenMode::Admin, environment).await
}

/// Root must not make files in the directory of a service's user, who could not open them.
fn refuse_foreign_directory(path: &Path) -> anyhow::Result<()> {
    #[cfg(unix)]
    if !path.exists()
        && let Some(directory) = path.parent()
        && let Ok(metadata) = directory.metadata()
    {
        let owner = std::os::unix::fs::MetadataExt::uid(&metadata);
        if is_foreign(rustix::process::geteuid().as_raw(), owner) {
            bail!(
                "{} belongs to the user with the number {owner}, and a database that root makes there could not be \
                 opened by them: run this as that user, as in `sudo -u '#{owner}' onezone-server ...`",
                directory.display()
            );
        }
    }
    Ok(())
}

/// Others are kept from it by the file system.
fn is_foreign(user: u32, owner: u32) -> bool {
    user == 0 && owner != 0
}

/// Beside the database, under a name that tells which one it belongs to.
fn key_file(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
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

    fn kind(url: &str) -> anyhow::Result<Kind> {
        let line = ["onezone-server", "--database", url, "migrate"];
        let cli = <crate::cli::Cli as clap::Parser>::try_parse_from(line)?;
        Kind::from_options(&cli.common)
    }

    #[test]
    fn a_password_comes_from_a_file_and_from_nowhere_else_then() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("password");
        let write = |text: &str| {
            std::io::Write::write_all(&mut std::fs::File::create(&file).unwrap(), text.as_bytes()).unwrap();
        };
        write("hunter2 &/?=%ż\r\n");
        let encoded = "password=hunter2%20%26%2F%3F%3D%25%C5%BC";
        for (url, expected) in [
            ("postgres://u@db/zone", format!("postgres://u@db/zone?{encoded}")),
            (
                "postgres://u@db/zone?sslmode=disable",
                format!("postgres://u@db/zone?sslmode=disable&{encoded}"),
            ),
            ("postgres://db:5433/zone", format!("postgres://db:5433/zone?{encoded}")),
        ] {
            assert_eq!(with_password(url, &file).unwrap(), expected);
            // The driver understands it, and no message has it.
            let options = PostgresOptions {
                url: expected,
                durability: onezone_store::Durability::default(),
                max_connections: 1,
            };
            assert!(options.name().starts_with("postgres://db:") && !options.name().contains("hunter2"));
        }
        for url in ["postgres://u:p@db/zone", "postgres://u@db/zone?password=p", "postgres://u:p?p@db/zone"] {
            assert!(
                with_password(url, &file).unwrap_err().to_string().contains("keep one of the two"),
                "{url}"
            );
        }
        for text in ["", "\n", "two\nlines\n"] {
            write(text);
            assert!(with_password("postgres://u@db/zone", &file).is_err(), "{text:?}");
        }
    }

    #[test]
    fn only_root_can_make_files_that_their_user_cannot_open() {
        assert!(is_foreign(0, 1000));
        assert!(!is_foreign(0, 0) && !is_foreign(1000, 1000) && !is_foreign(1000, 0));
    }

    #[test]
    fn database_urls_name_a_kind_and_a_place() {
        assert!(matches!(kind("sqlite:a/b.db").unwrap(), Kind::Sqlite(path) if path == Path::new("a/b.db")));
        let url = "postgres://u:hunter2@db/zone";
        assert!(matches!(kind(url).unwrap(), Kind::Postgres(options) if options.url == url));
        for url in ["", "a.db", "sqlite:", "mysql://u:hunter2@x", "Sqlite:x"] {
            let error = kind(url).err().unwrap_or_else(|| panic!("{url:?} was taken"));
            assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
        }
    }
}
