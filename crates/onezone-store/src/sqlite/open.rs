//! Opening a database file: what it must be, who may read it, its settings and its schema.

use std::fs::{DirBuilder, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs4::{FileExt, TryLockError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::OpenMode;
use super::threads::{Failure, one_line};
use crate::{Result, StoreError};

/// The connections of a store, ready to work.
pub(super) struct Opened {
    pub(super) writer: Connection,
    pub(super) readers: Vec<Connection>,
    pub(super) lock: Option<File>,
    /// The file's true path, whichever way led to it.
    pub(super) path: PathBuf,
}

/// Earlier versions can corrupt a file that two connections write and checkpoint at once.
const EARLIEST_SAFE_ENGINE: (i32, &str) = (3_051_003, "3.51.3");

/// Tells our files from those of other programs: "1zon".
const APPLICATION_ID: i64 = 0x317a_6f6e;

/// The schema, one file a version; a file is never changed once it has been released.
const MIGRATIONS: &[&str] =
    &[include_str!("migrations/0001_initial.sql"), include_str!("migrations/0002_spaces.sql")];

/// How long to wait for another process to finish its change.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Every text of this crate and some to spare.
const STATEMENT_CACHE: usize = 128;

/// Databases up to this size are checked as a whole before they are served: about a second of work at most.
const CHECKED_SIZE: u64 = 256 * 1024 * 1024;

const SETTINGS: &str = "PRAGMA foreign_keys=ON; PRAGMA cache_size=-65536; PRAGMA mmap_size=0; \
    PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;";
const WRITER_SETTINGS: &str = "PRAGMA synchronous=FULL; PRAGMA secure_delete=FAST; \
    PRAGMA wal_autocheckpoint=1000; PRAGMA journal_size_limit=67108864;";

pub(super) fn open(path: &Path, mode: OpenMode, reader_count: usize) -> Result<Opened> {
    if rusqlite::version_number() < EARLIEST_SAFE_ENGINE.0 {
        let found = rusqlite::version().to_owned();
        return Err(StoreError::UnsafeEngine { found, required: EARLIEST_SAFE_ENGINE.1 });
    }
    create_directory(path)?;
    let size = create_file(path)?;
    let true_path = path.canonicalize().map_err(|source| file_error("resolve", path, source))?;
    let path = true_path.as_path();
    let lock = match mode {
        OpenMode::Serve => Some(lock(path)?),
        OpenMode::Admin => None,
    };
    let writer = open_writer(path)?;
    if mode == OpenMode::Serve && size <= CHECKED_SIZE {
        check(&writer, path)?;
    }
    let readers = (0..reader_count)
        .map(|_| open_reader(path).map_err(|error| Failure::from(error).into_error(path)))
        .collect::<Result<_>>()?;
    Ok(Opened { writer, readers, lock, path: true_path })
}

fn create_directory(path: &Path) -> Result<()> {
    let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) else {
        return Ok(());
    };
    if directory.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|source| file_error("create the directory", directory, source))
}

/// Creates the file before `SQLite` does, so that it is never readable by others, not even for a moment; the
/// write-ahead log and its index inherit the mode. Returns the size of what is there.
fn create_file(path: &Path) -> Result<u64> {
    let file = open_private(path).map_err(|source| file_error("open", path, source))?;
    let metadata = file.metadata().map_err(|source| file_error("open", path, source))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        if metadata.nlink() > 1 {
            return Err(StoreError::HardLinked { path: path.to_owned(), links: metadata.nlink() });
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            let private = std::fs::Permissions::from_mode(0o600);
            file.set_permissions(private).map_err(|source| file_error("protect", path, source))?;
        }
    }
    Ok(metadata.len())
}

fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn lock(path: &Path) -> Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let file = open_private(&lock_path).map_err(|source| file_error("open", &lock_path, source))?;
    // Not the standard library's method of that name, which is younger than the oldest compiler supported.
    match FileExt::try_lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(file_error("lock", &lock_path, source)),
    }
}

fn open_writer(path: &Path) -> Result<Connection> {
    let in_file = |error: rusqlite::Error| Failure::from(error).into_error(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(in_file)?;
    prepare(&connection).map_err(in_file)?;
    // A file of another program must be recognised before any setting is written into it.
    if !is_ours(&connection).map_err(in_file)? {
        return Err(StoreError::NotADatabase { path: path.to_owned() });
    }
    let mode: String =
        connection.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0)).map_err(in_file)?;
    if mode != "wal" {
        let reason = "the file system cannot keep a write-ahead log; keep the database on a local disk";
        return Err(StoreError::Database(reason.into()));
    }
    connection.execute_batch(WRITER_SETTINGS).map_err(in_file)?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection)?;
    connection.execute_batch("PRAGMA query_only=ON")?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // Plans do not depend on parameters. Without this guarantee the engine plans a statement anew for every execution
    // that the cache has it for, which takes longer than the execution.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(SETTINGS)
}

/// An empty file is ours to fill; anything else has to say that it is one of ours.
fn is_ours(connection: &Connection) -> rusqlite::Result<bool> {
    let application: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(application == APPLICATION_ID || (application == 0 && tables == 0))
}

/// Brings the schema to the present version, all of it in one transaction. Forward only.
fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    let in_file = |error: rusqlite::Error| Failure::from(error).into_error(path);
    let supported = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if schema_version(connection).map_err(in_file)? == supported {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(in_file)?;
    // Read again: another process may have been faster.
    let found = schema_version(&transaction).map_err(in_file)?;
    let Some(missing) = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found..)) else {
        return Err(StoreError::NewerSchema { path: path.to_owned(), found, supported });
    };
    for migration in missing {
        transaction.execute_batch(migration).map_err(in_file)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(in_file)?;
    transaction.pragma_update(None, "user_version", supported).map_err(in_file)?;
    transaction.commit().map_err(in_file)
}

fn schema_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn check(connection: &Connection, path: &Path) -> Result<()> {
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| Failure::from(error).into_error(path))?;
    if found == "ok" {
        return Ok(());
    }
    // Its first line is a heading that names the file within the connection.
    let finding = found.lines().filter(|line| !line.starts_with("***"));
    Err(StoreError::Corrupt { path: path.to_owned(), found: one_line(finding) })
}

fn file_error(doing: &'static str, path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File { doing, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        for migration in MIGRATIONS {
            connection.execute_batch(migration).unwrap();
        }
        connection
    }

    #[test]
    fn every_statement_prepares_and_numbers_its_parameters_in_order() {
        let connection = database();
        for (name, text) in crate::sql::ALL {
            let statement = connection.prepare(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            for index in 1..=statement.parameter_count() {
                let expected = format!("${index}");
                assert_eq!(statement.parameter_name(index), Some(expected.as_str()), "{name}");
            }
        }
    }

    #[test]
    fn the_list_of_token_ids_is_read_from_one_index_without_sorting() {
        let connection = database();
        let explain = format!("EXPLAIN QUERY PLAN {}", crate::sql::LIST_TOKEN_IDS);
        let plan: Vec<String> = connection
            .prepare(&explain)
            .unwrap()
            .query_map(["usr-a"], |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(plan.len(), 1, "{plan:?}");
        assert!(plan[0].contains("USING COVERING INDEX named_tokens_by_name"), "{plan:?}");
    }

    #[test]
    fn the_spaces_of_a_user_are_found_without_scanning_tables() {
        let connection = database();
        let explain = format!("EXPLAIN QUERY PLAN {}", crate::sql::IS_USER_OF_PROVIDER);
        let plan: Vec<String> = connection
            .prepare(&explain)
            .unwrap()
            .query_map(["usr-a", "p"], |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert!(plan.iter().any(|step| step.starts_with("SEARCH p USING")), "{plan:?}");
        // What may be walked from end to end is the set of one user's groups.
        let scans: Vec<_> =
            plan.iter().filter(|step| step.starts_with("SCAN") && *step != "SCAN g").collect();
        assert!(scans.is_empty(), "{plan:?}");
    }

    #[test]
    fn the_linked_engine_is_free_of_the_log_reset_defect() {
        assert!(rusqlite::version_number() >= EARLIEST_SAFE_ENGINE.0);
    }

    #[test]
    fn a_statement_is_planned_once_however_often_it_runs() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("migrations/0001_initial.sql")).unwrap();
        super::prepare(&connection).unwrap();
        let sql = crate::sql::TOKEN_FOR_AUTHENTICATION;
        for key in ["a", "b", "c"] {
            assert!(!connection.prepare_cached(sql).unwrap().exists([key, key]).unwrap());
        }
        let statement = connection.prepare_cached(sql).unwrap();
        assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
    }
}
