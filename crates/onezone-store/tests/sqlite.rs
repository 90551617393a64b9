//! The contract of the store, kept by the `SQLite` backend; and that a small document is applied without going through a
//! large store.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use onezone_store::conformance::{CONTRACT, audit, keys, of_user, people, token};
use onezone_store::{OpenMode, SqliteStore, Store, Unnamed, Zone};

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

/// A runtime of several threads asks short questions by itself; that of the tests above has one.
#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept_by_threads_that_ask_by_themselves() {
    for (_, clause) in CONTRACT {
        let opened = Opened::fresh();
        clause(opened.store()).await;
    }
}

#[tokio::test]
async fn a_small_document_is_applied_without_a_look_at_tokens_that_it_cannot_concern() {
    let opened = Opened::fresh();
    let store = opened.store();
    store.apply(&people(4), Unnamed::Keep, &audit(0)).await.unwrap();
    // A secret that cannot be read shows whether it is.
    let other = rusqlite::Connection::open(opened.store.path()).unwrap();
    other.execute("UPDATE named_tokens SET sealed_secret = x'00' WHERE subject = 'usr-u3'", []).unwrap();
    let tokens = vec![token(&of_user("u0"), "new", "new"), token(&of_user("u1"), "u2-0", "moves")];
    let document = Zone { tokens, ..Zone::default() };
    let report = store.apply(&document, Unnamed::Keep, &audit(1)).await.unwrap();
    assert_eq!((report.tokens.created, report.tokens.updated, report.tokens.removed), (1, 1, 0));
    let ids = async |user: &str| store.list_token_ids(&of_user(user)).await.unwrap();
    assert_eq!(ids("u0").await, ["new", "u0-0", "u0-1", "u0-2"]);
    assert_eq!(ids("u1").await, ["u2-0", "u1-0", "u1-1", "u1-2"]);
    assert_eq!(ids("u2").await, ["u2-1", "u2-2"]);
    // To remove what is not named takes going through everything.
    assert!(store.apply(&document, Unnamed::Remove, &audit(2)).await.is_err());
}
