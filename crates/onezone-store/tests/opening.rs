//! What the `SQLite` backend says about files it cannot or must not work with.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use onezone_store::conformance::{audit, of_user, token, user};
use onezone_store::{OpenMode, SqliteStore, Store, StoreError, Unnamed, Zone};

fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(path, OpenMode::Serve)
}

fn error_of(path: &Path) -> StoreError {
    open(path).err().expect("the file must be refused")
}

fn write(path: &Path, bytes: &[u8]) {
    File::create(path).unwrap().write_all(bytes).unwrap();
}

async fn filled(path: &Path) {
    let store = open(path).unwrap();
    let alice = of_user("alice");
    let tokens = (0..500).map(|n| token(&alice, &format!("t{n}"), &format!("name {n}"))).collect();
    let zone = Zone { users: vec![user("alice")], tokens, ..Zone::default() };
    store.apply(&zone, Unnamed::Keep, &audit(1)).await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test]
async fn what_was_written_is_there_after_opening_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    filled(&path).await;
    let store = open(&path).unwrap();
    assert_eq!(store.list_token_ids(&of_user("alice")).await.unwrap().len(), 500);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().join("deep/home");
    let path = home.join("zone.db");
    let store = open(&path).unwrap();
    store.create_user(&user("alice"), &audit(1)).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home), 0o700);
    let mut files = 0;
    for entry in std::fs::read_dir(&home).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
        files += 1;
    }
    assert!(files >= 3, "the database, its log and its lock were expected");
    drop(store);

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    open(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn one_process_serves_while_others_administer() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    let serving = open(&path).unwrap();
    assert!(matches!(error_of(&path), StoreError::InUse { .. }));

    let admin = SqliteStore::open(&path, OpenMode::Admin).unwrap();
    admin.create_user(&user("alice"), &audit(1)).await.unwrap();
    admin.close().await.unwrap();
    assert!(serving.subject_state(&of_user("alice")).await.unwrap().is_some());
    serving.close().await.unwrap();
    // Closed, though not dropped: the next one may serve.
    open(&path).unwrap();
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    let text = b"no database at all, but long enough to have room for the header of one; ".repeat(20);
    write(&path, &text);
    let error = error_of(&path);
    assert!(matches!(error, StoreError::NotADatabase { .. }), "{error}");
    assert!(error.to_string().contains("notes.txt"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), text);
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
    drop(other);
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(error_of(&path), StoreError::NotADatabase { .. }));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    filled(&path).await;
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = error_of(&path);
    assert!(matches!(error, StoreError::NewerSchema { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("run the newer program"), "{error}");
}

#[tokio::test]
async fn a_damaged_database_is_refused_with_the_way_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    filled(&path).await;
    let mut file = File::options().read(true).write(true).open(&path).unwrap();
    let mut header = [0; 4096];
    file.read_exact(&mut header).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(4096)).unwrap();
    file.write_all(&vec![0xA5; usize::try_from(length - 4096).unwrap()]).unwrap();
    drop(file);
    let error = error_of(&path);
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("zone.db") && message.contains("restore a backup"), "{message}");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    write(&file, b"in the way");
    let error = error_of(&file.join("home/zone.db"));
    assert!(matches!(error, StoreError::File { .. }), "{error}");
    assert!(error.to_string().contains("file/home"), "{error}");
    let error = error_of(directory.path());
    assert!(matches!(error, StoreError::File { .. }), "{error}");
}
