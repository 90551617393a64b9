//! The contract of the store, kept by the `SQLite` backend.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use onezone_store::conformance::keys;
use onezone_store::{OpenMode, SqliteStore, Store};

struct Opened {
    store: SqliteStore,
    _directory: tempfile::TempDir,
}

impl Opened {
    fn fresh() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("zone.db"), OpenMode::Serve, keys()).unwrap();
        Self { store, _directory: directory }
    }

    fn store(&self) -> &dyn Store {
        &self.store
    }
}

onezone_store::conformance_tests!(Opened::fresh());
