//! Copies of a database file: made while others work on it, and brought back.
//!
//! Both ways go through the engine's backup, which copies pages inside transactions. So a copy is the state of one moment,
//! and bringing one back happens whole or not at all: a log never meets a file that it does not belong to, which is
//! what moving files about can end in.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use tempfile::{NamedTempFile, TempDir};

use super::open::{self, file_error};
use super::threads::{Failure, one_line};
use super::{OpenMode, SqliteStore};
use crate::{Keys, Result, StoreError};

/// How many pages are copied between two reports: 16 MiB.
const STEP: i32 = 4096;

/// Is told how much is copied, and how much there is, in bytes.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// A copy that is going to replace a database, which nobody serves meanwhile.
pub struct Restoration {
    database: PathBuf,
    directory: TempDir,
    _lock: File,
}

impl SqliteStore {
    /// Copies the database in `path` to `target`, a file that this makes, or replaces if it may; readable by its owner
    /// alone, checked and on disk when this returns. Gives its size in bytes. Others may go on working.
    pub fn back_up(path: &Path, target: &Path, replace: bool, progress: Progress<'_>) -> Result<u64> {
        let exists = || StoreError::FileExists { path: target.to_owned() };
        if target.try_exists().map_err(|source| file_error("look at", target, source))? {
            let same = |path: &Path| path.canonicalize().ok();
            if same(target).is_some() && same(target) == same(path) {
                let source = std::io::Error::other("it is the database itself");
                return Err(file_error("write the backup to", target, source));
            }
            if !replace {
                return Err(exists());
            }
        }
        let directory =
            target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let failed = |source| file_error("write the backup to", target, source);
        let draft = NamedTempFile::new_in(directory).map_err(failed)?;
        copy(path, draft.path(), progress)?;
        settle(draft.path())?;
        draft.as_file().sync_all().map_err(failed)?;
        let size = draft.as_file().metadata().map_err(failed)?.len();
        let persisted = if replace { draft.persist(target) } else { draft.persist_noclobber(target) };
        persisted.map_err(|failure| match failure.error.kind() {
            std::io::ErrorKind::AlreadyExists => exists(),
            _ => failed(failure.error),
        })?;
        // The name is on disk once its directory is.
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)?;
        Ok(size)
    }
}

impl Restoration {
    /// Makes a copy of `backup` beside the database, which it keeps everybody from serving. A backup that is damaged, or
    /// is none, is refused. Nothing about the database is changed yet.
    pub fn begin(database: &Path, backup: &Path, progress: Progress<'_>) -> Result<Self> {
        // What is not there shall not come into being by being looked at.
        File::open(backup).map_err(|source| file_error("open", backup, source))?;
        open::create_directory(database)?;
        let database = match database.canonicalize() {
            Ok(path) => path,
            Err(_) => {
                std::path::absolute(database).map_err(|source| file_error("resolve", database, source))?
            }
        };
        let lock = open::lock(&database)?;
        let parent = database.parent().unwrap_or(Path::new("/"));
        let directory = TempDir::with_prefix_in(".restore-", parent)
            .map_err(|source| file_error("write into", parent, source))?;
        let restoration = Self { database, directory, _lock: lock };
        let copied = restoration.path();
        open::create_file(&copied)?;
        copy(backup, &copied, progress)?;
        settle(&copied).map_err(|error| match error {
            StoreError::Corrupt { found, .. } => StoreError::Corrupt { path: backup.to_owned(), found },
            other => other,
        })?;
        Ok(restoration)
    }

    /// The copy as a store: of the present schema, and with these keys or not at all.
    pub fn open(&self, keys: Keys) -> Result<SqliteStore> {
        SqliteStore::open(&self.path(), OpenMode::Admin, keys)
    }

    /// Replaces the database by the copy, which must be closed. What was there until now is kept in the file `kept`,
    /// where there was anything. Whether it was.
    pub fn finish(self, kept: &Path) -> Result<bool> {
        let copied = self.path();
        if !self.database.exists() {
            open::create_file(&self.database)?;
            copy(&copied, &self.database, &mut |_, _| {})?;
            return Ok(false);
        }
        match SqliteStore::back_up(&self.database, kept, false, &mut |_, _| {}) {
            Ok(_) => copy(&copied, &self.database, &mut |_, _| {}).map(|()| true),
            // Nobody can work with it, so that nobody is in the way of moving it.
            Err(StoreError::Corrupt { .. } | StoreError::NotADatabase { .. }) => {
                self.swap(&copied, kept).map_err(|source| file_error("replace", &self.database, source))?;
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("zone.db")
    }

    /// Never leaves the place empty: whoever started a server then would find a new zone.
    fn swap(&self, copied: &Path, kept: &Path) -> std::io::Result<()> {
        std::fs::hard_link(&self.database, kept)?;
        for suffix in ["-wal", "-shm"] {
            match std::fs::rename(with_suffix(&self.database, suffix), with_suffix(kept, suffix)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        std::fs::rename(copied, &self.database)?;
        let parent = self.database.parent().unwrap_or(Path::new("/"));
        File::open(parent)?.sync_all()
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Copies the state of one moment into a file, in one transaction of that file.
fn copy(from: &Path, to: &Path, progress: Progress<'_>) -> Result<()> {
    let in_source = |error: rusqlite::Error| Failure::from(error).into_error(from);
    let in_target = |error: rusqlite::Error| Failure::from(error).into_error(to);
    let source = connect(from).map_err(in_source)?;
    if !open::is_ours(&source).map_err(in_source)? {
        return Err(StoreError::NotADatabase { path: from.to_owned() });
    }
    let page: u32 = source.query_row("PRAGMA page_size", [], |row| row.get(0)).map_err(in_source)?;
    // As long as this transaction lasts, what others write does not make the copying begin again.
    source.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema").map_err(in_source)?;
    let mut target = connect(to).map_err(in_target)?;
    target.execute_batch("PRAGMA synchronous=FULL").map_err(in_target)?;
    {
        let backup = Backup::new(&source, &mut target).map_err(in_target)?;
        loop {
            let step = backup.step(STEP).map_err(in_target)?;
            let counted = backup.progress();
            let bytes = |pages: i32| u64::try_from(pages).unwrap_or_default() * u64::from(page);
            progress(bytes(counted.pagecount - counted.remaining), bytes(counted.pagecount));
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => return Err(StoreError::Busy { path: to.to_owned() }),
            }
        }
    }
    // In a file with a log, the copy lies in the log until now.
    target.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(in_target)
}

/// Makes a copy one whole file without a log, and checks everything in it.
fn settle(path: &Path) -> Result<()> {
    let in_file = |error: rusqlite::Error| Failure::from(error).into_error(path);
    let connection = connect(path).map_err(in_file)?;
    connection.query_row("PRAGMA journal_mode=DELETE", [], |_| Ok(())).map_err(in_file)?;
    let problems = open::problems(&connection).map_err(in_file)?;
    if problems.is_empty() {
        return Ok(());
    }
    Err(StoreError::Corrupt { path: path.to_owned(), found: one_line(problems.iter().map(String::as_str)) })
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(open::BUSY_TIMEOUT)?;
    connection.execute_batch("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON")?;
    Ok(connection)
}
