//! The contract of the store, kept by the `PostgreSQL` backend; and what is particular to it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use onezone_store::conformance::{CONTRACT, PostgresServer, TOKENS_EACH, audit, keys, of_user, people};
use onezone_store::{Durability, PostgresOptions, PostgresStore, Store, StoreError, Unnamed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_is_kept() {
    let server = PostgresServer::start();
    let database = server.create_database();
    let options = server.options(&database);
    PostgresStore::migrate(&options, keys()).await.unwrap();
    let mut broken = Vec::new();
    for (name, clause) in CONTRACT {
        server.empty(&database);
        let store = PostgresStore::open(&options, keys()).await.unwrap();
        // A task of its own, so that a clause that panics does not keep the others from being tried.
        if tokio::spawn(async move { clause(&store).await }).await.is_err() {
            broken.push(name);
        }
    }
    assert!(broken.is_empty(), "{broken:?}");
}

#[tokio::test]
async fn a_database_without_a_schema_is_refused_with_the_command_that_makes_one() {
    let server = PostgresServer::start();
    let options = server.options(&server.create_database());
    let error = PostgresStore::open(&options, keys()).await.err().unwrap();
    assert!(matches!(error, StoreError::OlderSchema { found: 0, required: 2, .. }), "{error}");
    assert!(error.to_string().contains("onezone-server migrate"), "{error}");
}

#[tokio::test]
async fn a_server_that_keeps_less_than_was_promised_is_refused_and_never_ready() {
    let server = PostgresServer::start();
    let mut options = server.options(&server.create_database());
    options.durability = Durability::Replicated;
    PostgresStore::migrate(&options, keys()).await.unwrap();
    let alone = PostgresStore::open(&options, keys()).await.err().unwrap();
    assert!(matches!(alone, StoreError::NotDurable { setting: "synchronous_standby_names", .. }), "{alone}");
    let standby = server.start_synchronous_standby();
    let store = PostgresStore::open(&options, keys()).await.unwrap();
    store.ping().await.unwrap();
    server.set("synchronous_standby_names", "");
    eventually(async || matches!(store.ping().await, Err(StoreError::NotDurable { .. }))).await;
    drop(standby);
}

#[tokio::test]
async fn a_newer_schema_is_worked_with_as_long_as_it_says_that_it_can_be() {
    let server = PostgresServer::start();
    let database = server.create_database();
    let options = server.options(&database);
    let made = PostgresStore::migrate(&options, keys()).await.unwrap();
    let again = PostgresStore::migrate(&options, keys()).await.unwrap();
    assert_eq!((made.from, again.from), (0, made.to));
    let say = |key: &str, version: i64| {
        server.execute_in(&database, &format!("UPDATE meta SET value = '{version}' WHERE key = '{key}'"));
    };
    // What a program of the next version leaves behind, first adding only, then taking something away.
    say("schema", made.to + 1);
    PostgresStore::open(&options, keys()).await.unwrap().ping().await.unwrap();
    say("schema_compatible", made.to + 1);
    for error in [
        PostgresStore::open(&options, keys()).await.err().unwrap(),
        PostgresStore::migrate(&options, keys()).await.err().unwrap(),
    ] {
        assert!(matches!(error, StoreError::NewerSchema { .. }), "{error}");
    }
}

#[tokio::test]
async fn other_keys_than_the_databases_own_are_refused() {
    let server = PostgresServer::start();
    let options = server.options(&server.create_database());
    PostgresStore::migrate(&options, keys()).await.unwrap();
    let others = || {
        let nonces: onezone_store::Nonces = Arc::new(|| Ok([1; 24]));
        onezone_store::Keys::fixed(onezone_store::Keyring::new([8; 32], nonces))
    };
    for error in [
        PostgresStore::open(&options, others()).await.err().unwrap(),
        PostgresStore::migrate(&options, others()).await.err().unwrap(),
    ] {
        assert!(matches!(error, StoreError::WrongKeys { .. }), "{error}");
    }
}

/// A certificate authority, and a certificate of it for `localhost` with its key, in PEM form.
fn certificates() -> (String, String, String) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::default();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = authority.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    (root.pem(), server.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem())
}

#[tokio::test]
async fn a_server_is_spoken_to_by_tls_and_only_if_its_certificate_is_good() {
    let (root, certificate, key) = certificates();
    let server = PostgresServer::start_with_tls(&certificate, &key);
    let database = server.create_database();
    let directory = tempfile::tempdir().unwrap();
    let authorities = |name: &str, pem: &str| {
        use std::io::Write as _;
        let path = directory.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(pem.as_bytes()).unwrap();
        format!("sslmode=verify-full&sslrootcert={}", path.display())
    };
    let (good, wrong) = (authorities("root.pem", &root), authorities("other.pem", &certificates().0));

    let options = server.tls_options("localhost", &database, &good);
    PostgresStore::migrate(&options, keys()).await.unwrap();
    let store = PostgresStore::open(&options, keys()).await.unwrap();
    store.ping().await.unwrap();
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
        WHERE application_name = 'onezone-server'";
    assert_eq!(server.execute(encrypted), "t");

    for (host, further, reason) in [
        ("localhost", wrong.as_str(), "certificate"),
        ("localhost", "sslmode=require", "certificate"),
        // The certificate is for another name.
        ("127.0.0.1", &good, "certificate"),
        // The server takes nothing in the clear.
        ("localhost", "sslmode=disable", "pg_hba.conf"),
    ] {
        let options = server.tls_options(host, &database, further);
        let error = PostgresStore::open(&options, keys()).await.err().unwrap();
        let StoreError::Unreachable { source, .. } = error else { panic!("{error}") };
        assert!(source.to_string().contains(reason), "{further}: {source}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_whose_commit_is_not_confirmed_is_found_out_about() {
    let server = PostgresServer::start();
    let database = server.create_database();
    let options = server.options(&database);
    PostgresStore::migrate(&options, keys()).await.unwrap();
    let store = Arc::new(PostgresStore::open(&options, keys()).await.unwrap());
    store.apply(&people(50), Unnamed::Keep, &audit(0)).await.unwrap();
    // Nobody of this name will ever confirm a commit. The server learns of it in a moment: deletions before that do not wait.
    server.set("synchronous_standby_names", "nobody");
    let waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    let (subject, deleting) = 'waits: {
        for number in 0..50 {
            let subject = of_user(&format!("u{number}"));
            let deleting = tokio::spawn({
                let (store, subject) = (Arc::clone(&store), subject.clone());
                async move { store.delete_all_tokens(&subject, &audit(1)).await }
            });
            eventually(async || deleting.is_finished() || !server.execute(waiting).is_empty()).await;
            if !deleting.is_finished() {
                break 'waits (subject, deleting);
            }
        }
        panic!("no deletion waits for a standby");
    };
    server.execute(&format!("SELECT pg_terminate_backend(pid) FROM ({waiting}) AS waiting"));
    // What was deleted is seen to be, and is not acknowledged as long as it is not confirmed.
    eventually(async || store.list_token_ids(&subject).await.unwrap().is_empty()).await;
    assert!(!deleting.is_finished());
    server.set("synchronous_standby_names", "");
    assert_eq!(deleting.await.unwrap().unwrap(), TOKENS_EACH);
    assert_eq!(deletions(&*store, &subject.to_string()).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_finds_no_connection_free_is_refused_after_a_second() {
    let server = PostgresServer::start();
    let options = PostgresOptions { max_connections: 1, ..server.options(&server.create_database()) };
    PostgresStore::migrate(&options, keys()).await.unwrap();
    let store = Arc::new(PostgresStore::open(&options, keys()).await.unwrap());
    store.apply(&people(1), Unnamed::Keep, &audit(0)).await.unwrap();
    // Nobody of this name will ever confirm a commit, which keeps the only connection.
    server.set("synchronous_standby_names", "nobody");
    let waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    let changing = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            let mut number = 1;
            // The server learns of it in a moment: changes before that do not wait.
            while store.delete_all_tokens(&of_user("u0"), &audit(number)).await.is_ok() && number < 10_000 {
                number += 1;
            }
        }
    });
    eventually(async || !server.execute(waiting).is_empty()).await;
    let asked = Instant::now();
    let refused = store.list_token_ids(&of_user("u0")).await;
    assert!(matches!(refused, Err(StoreError::Overloaded)), "{refused:?}");
    let waited = asked.elapsed();
    assert!(waited >= Duration::from_secs(1) && waited < Duration::from_secs(8), "{waited:?}");
    server.set("synchronous_standby_names", "");
    eventually(async || store.list_token_ids(&of_user("u0")).await.is_ok()).await;
    changing.abort();
}

/// How many deletions are on record.
async fn deletions(store: &dyn Store, subject: &str) -> usize {
    let trail = store.audit_trail(subject).await.unwrap();
    trail.iter().filter(|record| record.action == "tokens.delete_all").count()
}

/// Waits until something becomes true, for as long as a busy machine may take.
async fn eventually(mut is_true: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !is_true().await {
        assert!(started.elapsed() < Duration::from_secs(60), "it does not become true");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
