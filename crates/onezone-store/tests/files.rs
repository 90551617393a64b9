//! Copies of `SQLite` files: made, refused, brought back.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use onezone_store::conformance::{audit, keys, of_user, token, user};
use onezone_store::sqlite::Restoration;
use onezone_store::{OpenMode, SqliteStore, Store, StoreError, Unnamed, Zone};

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

async fn filled(path: &Path, count: usize) -> SqliteStore {
    let store = SqliteStore::open(path, OpenMode::Serve, keys()).unwrap();
    let alice = of_user("alice");
    let tokens = (0..count).map(|n| token(&alice, &format!("t{n}"), &format!("name {n}"))).collect();
    let zone = Zone { users: vec![user("alice")], tokens, ..Zone::default() };
    store.apply(&zone, Unnamed::Keep, &audit(1)).await.unwrap();
    store
}

fn back_up(path: &Path, target: &Path, replace: bool) -> Result<u64, StoreError> {
    SqliteStore::back_up(path, target, replace, &mut |_, _| {})
}

fn begin(database: &Path, backup: &Path) -> Result<Restoration, StoreError> {
    Restoration::begin(database, backup, &mut |_, _| {})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_served_database_is_one_moment_of_it() {
    let home = Home::new();
    let (path, target) = (home.path("zone.db"), home.path("backup.db"));
    let store = std::sync::Arc::new(filled(&path, 3000).await);
    let done = std::sync::Arc::new(AtomicBool::new(false));
    // Each change adds a user with two tokens, in one transaction: no copy has one of the two.
    let writing = tokio::spawn({
        let (store, done) = (std::sync::Arc::clone(&store), std::sync::Arc::clone(&done));
        async move {
            let mut number = 0;
            while !done.load(Ordering::Relaxed) {
                let id = format!("u{number}");
                let tokens =
                    [0, 1].map(|n| token(&of_user(&id), &format!("{id}-{n}"), &format!("{n}"))).to_vec();
                let zone = Zone { users: vec![user(&id)], tokens, ..Zone::default() };
                store.apply(&zone, Unnamed::Keep, &audit(number + 10)).await.unwrap();
                number += 1;
            }
            number
        }
    });
    for _ in 0..5 {
        let (from, to) = (path.clone(), target.clone());
        let size = tokio::task::spawn_blocking(move || back_up(&from, &to, true)).await.unwrap().unwrap();
        assert_eq!(size, std::fs::metadata(&target).unwrap().len());
        let copy = SqliteStore::open(&target, OpenMode::Admin, keys()).unwrap();
        let zone = copy.export().await.unwrap();
        assert_eq!(zone.tokens.len(), 3000 + 2 * (zone.users.len() - 1));
        copy.close().await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    assert!(writing.await.unwrap() > 0);
    let mut names: Vec<_> =
        std::fs::read_dir(home.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.retain(|name| !name.to_str().unwrap().starts_with("zone.db"));
    assert_eq!(names, ["backup.db"], "something is left behind");
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&target).unwrap().permissions()) & 0o777,
        0o600
    );
}

#[tokio::test]
async fn nothing_is_overwritten_unasked_and_the_database_itself_never() {
    let home = Home::new();
    let (path, target) = (home.path("zone.db"), home.path("backup.db"));
    let store = filled(&path, 3).await;
    back_up(&path, &target, false).unwrap();
    let before = std::fs::read(&target).unwrap();
    assert!(matches!(back_up(&path, &target, false), Err(StoreError::FileExists { .. })));
    assert_eq!(std::fs::read(&target).unwrap(), before);
    back_up(&path, &target, true).unwrap();
    let error = back_up(&path, &path, true).unwrap_err();
    assert!(error.to_string().contains("cannot write the backup to"), "{error}");
    assert_eq!(store.list_token_ids(&of_user("alice")).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_backup_replaces_the_database_which_is_kept() {
    let home = Home::new();
    let (path, backup, kept) = (home.path("zone.db"), home.path("backup.db"), home.path("kept.db"));
    let store = filled(&path, 1000).await;
    back_up(&path, &backup, false).unwrap();
    store.delete_all_tokens(&of_user("alice"), &audit(2)).await.unwrap();
    assert!(matches!(begin(&path, &backup), Err(StoreError::InUse { .. })));
    store.close().await.unwrap();

    let restoration = begin(&path, &backup).unwrap();
    assert!(matches!(
        SqliteStore::open(&path, OpenMode::Serve, keys()).err().unwrap(),
        StoreError::InUse { .. }
    ));
    // Somebody administers meanwhile: what he reads is before or after, and his log never meets the new file.
    let admin = SqliteStore::open(&path, OpenMode::Admin, keys()).unwrap();
    admin.create_user(&user("late"), &audit(3)).await.unwrap();
    assert!(restoration.finish(&kept).unwrap());
    assert_eq!(admin.list_token_ids(&of_user("alice")).await.unwrap().len(), 1000);
    admin.close().await.unwrap();

    let store = SqliteStore::open(&path, OpenMode::Serve, keys()).unwrap();
    assert_eq!(store.list_token_ids(&of_user("alice")).await.unwrap().len(), 1000);
    assert!(store.subject_state(&of_user("late")).await.unwrap().is_none());
    let old = SqliteStore::open(&kept, OpenMode::Admin, keys()).unwrap();
    assert_eq!(old.list_token_ids(&of_user("alice")).await.unwrap().len(), 0);
    assert!(old.subject_state(&of_user("late")).await.unwrap().is_some());
    // Nothing of the work is left behind.
    assert!(
        !std::fs::read_dir(home.0.path())
            .unwrap()
            .any(|entry| { entry.unwrap().file_name().to_str().unwrap().starts_with(".restore") })
    );
}

#[tokio::test]
async fn a_damaged_database_is_replaced_and_kept_as_it_is() {
    let home = Home::new();
    let (path, backup, kept) = (home.path("zone.db"), home.path("backup.db"), home.path("kept.db"));
    let store = filled(&path, 500).await;
    back_up(&path, &backup, false).unwrap();
    store.close().await.unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096..].fill(0xA5);
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), &bytes).unwrap();
    assert!(begin(&path, &backup).unwrap().finish(&kept).unwrap());
    assert_eq!(std::fs::read(&kept).unwrap(), bytes);
    let store = SqliteStore::open(&path, OpenMode::Serve, keys()).unwrap();
    assert_eq!(store.list_token_ids(&of_user("alice")).await.unwrap().len(), 500);
}

#[tokio::test]
async fn a_backup_comes_back_where_there_is_no_database() {
    let home = Home::new();
    let (path, backup) = (home.path("zone.db"), home.path("backup.db"));
    filled(&path, 5).await.close().await.unwrap();
    back_up(&path, &backup, false).unwrap();
    let elsewhere = home.path("new/zone.db");
    assert!(!begin(&elsewhere, &backup).unwrap().finish(&home.path("kept.db")).unwrap());
    let store = SqliteStore::open(&elsewhere, OpenMode::Serve, keys()).unwrap();
    assert_eq!(store.list_token_ids(&of_user("alice")).await.unwrap().len(), 5);
    assert!(!home.path("kept.db").exists());
}

#[tokio::test]
async fn what_is_no_whole_backup_is_refused_and_changes_nothing() {
    let home = Home::new();
    let (path, backup) = (home.path("zone.db"), home.path("backup.db"));
    filled(&path, 500).await.close().await.unwrap();
    back_up(&path, &backup, false).unwrap();
    let whole = std::fs::read(&backup).unwrap();
    let before = std::fs::read(&path).unwrap();
    let write = |bytes: &[u8]| {
        std::io::Write::write_all(&mut std::fs::File::create(&backup).unwrap(), bytes).unwrap();
    };
    let pages = whole.len() / 4096;
    for page in 1..pages {
        let mut damaged = whole.clone();
        damaged[page * 4096..(page + 1) * 4096].fill(0xA5);
        write(&damaged);
        let error = begin(&path, &backup).err().unwrap_or_else(|| panic!("page {page}"));
        assert!(matches!(error, StoreError::Corrupt { .. }), "{page}: {error}");
        assert!(error.to_string().contains("backup.db is damaged"), "{error}");
    }
    write(&whole[..whole.len() / 2]);
    assert!(begin(&path, &backup).is_err());
    write(b"no database at all, but long enough to have room for the header of one".repeat(20).as_slice());
    assert!(matches!(begin(&path, &backup), Err(StoreError::NotADatabase { .. })));
    assert!(matches!(begin(&path, &home.path("missing")), Err(StoreError::File { .. })));
    assert!(!home.path("missing").exists());
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_backup_of_a_newer_program_or_with_other_keys_does_not_open() {
    let home = Home::new();
    let (path, backup) = (home.path("zone.db"), home.path("backup.db"));
    filled(&path, 5).await.close().await.unwrap();
    back_up(&path, &backup, false).unwrap();
    let others = || {
        let nonces: onezone_store::Nonces = std::sync::Arc::new(|| Ok([1; 24]));
        onezone_store::Keys::fixed(onezone_store::Keyring::new([8; 32], nonces))
    };
    let error = begin(&path, &backup).unwrap().open(others()).err().unwrap();
    assert!(matches!(error, StoreError::WrongKeys { .. }), "{error}");
    rusqlite::Connection::open(&backup).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = begin(&path, &backup).unwrap().open(keys()).err().unwrap();
    assert!(matches!(error, StoreError::NewerSchema { found: 99, .. }), "{error}");
}
