//! A database that stores are opened on again and again, with keys of a test's choice.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use onezone_store::conformance::{PostgresServer, of_user, token, user};
use onezone_store::{
    Keyring, Keys, OpenMode, PostgresOptions, PostgresStore, Result, SqliteStore, Subject,
    TemporaryTokenSecret, Unnamed, Upkeep, Zone,
};

pub(crate) enum Place<'a> {
    Sqlite { path: PathBuf, _directory: tempfile::TempDir },
    Postgres { server: &'a PostgresServer, database: String, options: PostgresOptions },
}

impl<'a> Place<'a> {
    pub(crate) fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self::Sqlite { path: directory.path().join("zone.db"), _directory: directory }
    }

    pub(crate) async fn postgres(server: &'a PostgresServer) -> Self {
        let database = server.create_database();
        let options = server.options(&database);
        PostgresStore::migrate(&options, Keys::fixed(ring(1))).await.unwrap();
        Self::Postgres { server, database, options }
    }

    pub(crate) async fn try_open(&self, keys: Keys) -> Result<Box<dyn Upkeep>> {
        Ok(match self {
            Self::Sqlite { path, .. } => Box::new(SqliteStore::open(path, OpenMode::Admin, keys)?),
            Self::Postgres { options, .. } => Box::new(PostgresStore::open(options, keys).await?),
        })
    }

    pub(crate) async fn open(&self, keys: Keyring) -> Box<dyn Upkeep> {
        self.try_open(Keys::fixed(keys)).await.unwrap()
    }

    /// Changes the database without the store.
    pub(crate) fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite { path, .. } => {
                rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
            }
            Self::Postgres { server, database, .. } => {
                server.execute_in(database, sql);
            }
        }
    }
}

/// Keys 1 to this number.
pub(crate) fn ring(newest: u8) -> Keyring {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let nonces = Arc::new(|| {
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        Ok(nonce)
    });
    (2..=newest).fold(Keyring::new([1; 32], nonces), |ring, number| ring.rotated([number; 32]))
}

/// Three users with passwords, two of them with temporary tokens, and 1,300 tokens.
pub(crate) fn zone() -> Zone {
    let users = ["alice", "bob", "carol"];
    let tokens = |name: &'static str, count: usize| {
        let subject: Subject = of_user(name);
        (0..count)
            .map(move |number| token(&subject, &format!("{name}-{number:04}"), &format!("name {number}")))
    };
    let temporary = |name: &str| TemporaryTokenSecret {
        generation: 3,
        secret: onezone_store::Secret::new(format!("temporary secret of {name}")),
        subject: of_user(name),
    };
    Zone {
        users: users.iter().map(|name| user(name)).collect(),
        temporary_tokens: vec![temporary("alice"), temporary("carol")],
        tokens: tokens("alice", 700).chain(tokens("bob", 600)).collect(),
        ..Zone::default()
    }
}

pub(crate) async fn fill(store: &dyn Upkeep) {
    store.apply(&zone(), Unnamed::Keep, &onezone_store::conformance::audit(1)).await.unwrap();
}
