//! What the `SQLite` backend says about files it cannot or must not work with.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use onezone_store::conformance::{audit, keys, of_user, space, token, user};
use onezone_store::{OpenMode, SqliteStore, Store, StoreError, Unnamed, Zone};

fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(path, OpenMode::Serve, keys())
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

    let admin = SqliteStore::open(&path, OpenMode::Admin, keys()).unwrap();
    admin.create_user(&user("alice"), &audit(1)).await.unwrap();
    admin.close().await.unwrap();
    assert!(serving.subject_state(&of_user("alice")).await.unwrap().is_some());
    serving.close().await.unwrap();
    // Closed, though not dropped: the next one may serve.
    open(&path).unwrap();
}

#[cfg(unix)]
#[test]
fn a_device_is_refused_and_keeps_its_mode() {
    let device = Path::new("/dev/null");
    let before = std::fs::metadata(device).unwrap().permissions();
    assert!(matches!(error_of(device), StoreError::NotADatabase { .. }));
    assert_eq!(std::fs::metadata(device).unwrap().permissions(), before);
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

/// What the first version of the schema held: one of everything it knew.
const FIRST_SCHEMA: &str = include_str!("../src/sqlite/migrations/0001_initial.sql");
const FIRST_RECORDS: &str = "
    INSERT INTO subjects (subject, tmp_secret, tmp_generation) VALUES ('usr-alice', '00ff', 3), ('prv-cracow', NULL, 1);
    INSERT INTO users VALUES ('alice', 'alice', NULL, NULL, 1, 1700000000);
    INSERT INTO groups VALUES ('grp-all', 'All');
    INSERT INTO group_members VALUES ('usr-alice', 'grp-all');
    INSERT INTO zone_privileges VALUES ('grp-all', 'oz_tokens_manage');
    INSERT INTO providers VALUES ('cracow', 'Cracow');
    INSERT INTO cluster_members VALUES ('cracow', 'grp-all');
    INSERT INTO cluster_privileges VALUES ('cracow', 'cluster_update', 'grp-all');
    INSERT INTO named_tokens VALUES
        ('usr-alice', 't1', 'laptop', 2, '\"accessToken\"', '[]', 'secret of t1', 0, 1700000000);
    INSERT INTO audit_log VALUES
        ('usr-alice', 'a1', 1700000000, 'somebody', 'local', NULL, NULL, NULL, 'user.create', 0, '[]');
    PRAGMA application_id = 830107502;
    PRAGMA user_version = 1;";

/// A secret among them.
const SECRET: &[u8] = b"secret of t1";

#[tokio::test]
async fn a_database_of_the_first_schema_is_upgraded_with_everything_in_it() {
    for mode in [OpenMode::Serve, OpenMode::Admin] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("zone.db");
        let old = rusqlite::Connection::open(&path).unwrap();
        old.execute_batch(FIRST_SCHEMA).unwrap();
        old.execute_batch(FIRST_RECORDS).unwrap();
        drop(old);
        let in_the_clear = |path: &Path| {
            let bytes = std::fs::read(path).unwrap_or_default();
            bytes.windows(SECRET.len()).any(|window| window == SECRET)
        };
        assert!(in_the_clear(&path));
        let store = SqliteStore::open(&path, mode, keys()).unwrap();
        // Neither in a page that is used no more, nor in the log.
        assert!(!in_the_clear(&path) && !in_the_clear(&directory.path().join("zone.db-wal")));
        let (alice, zone) = (of_user("alice"), store.export().await.unwrap());
        assert_eq!((zone.users.len(), zone.groups.len(), zone.providers.len()), (1, 1, 1));
        assert_eq!((zone.tokens, zone.spaces), (vec![token(&alice, "t1", "laptop")], vec![]));
        assert_eq!(zone.temporary_tokens[0].generation, 3);
        assert!(store.has_cluster_privilege(&alice, "cracow", "cluster_update").await.unwrap());
        assert_eq!(store.audit_trail("usr-alice").await.unwrap().len(), 1);
        // And it works as a new one does.
        assert!(!store.is_user_of_provider(&alice, "cracow").await.unwrap());
        let mut data = space("data");
        data.groups.insert("all".to_owned());
        data.providers.insert("cracow".to_owned());
        store.create_space(&data, &audit(1)).await.unwrap();
        assert!(store.is_user_of_provider(&alice, "cracow").await.unwrap());
        store.close().await.unwrap();
        let again = SqliteStore::open(&path, mode, keys()).unwrap();
        assert_eq!(again.export().await.unwrap().spaces, [data]);
    }
}

#[test]
fn an_upgrade_that_fails_leaves_the_database_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(FIRST_SCHEMA).unwrap();
    old.execute_batch(FIRST_RECORDS).unwrap();
    // In the way of a later statement of the upgrade.
    old.execute_batch("CREATE TABLE space_providers (id TEXT)").unwrap();
    drop(old);
    let error = error_of(&path);
    assert!(matches!(error, StoreError::Database(_)), "{error}");
    let old = rusqlite::Connection::open(&path).unwrap();
    let version: i64 = old.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    let created = "SELECT count(*) FROM sqlite_schema WHERE name IN ('spaces', 'space_members')";
    let created: i64 = old.query_row(created, [], |row| row.get(0)).unwrap();
    assert_eq!((version, created), (1, 0));
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
async fn a_damaged_database_is_refused_in_one_line_with_the_way_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    filled(&path).await;
    let pages = File::open(&path).unwrap().metadata().unwrap().len() / 4096;
    let whole = std::fs::read(&path).unwrap();
    // Everything but the header, which the engine trips over; then single pages, which its check finds.
    let damages = std::iter::once(1..pages).chain((1..pages).map(|page| page..page + 1));
    let mut found_by_check = 0;
    for damage in damages {
        let mut bytes = whole.clone();
        let range =
            usize::try_from(damage.start * 4096).unwrap()..usize::try_from(damage.end * 4096).unwrap();
        bytes[range].fill(0xA5);
        write(&path, &bytes);
        let error = error_of(&path);
        assert!(matches!(error, StoreError::Corrupt { .. }), "{damage:?}: {error}");
        let chain = chain(&error);
        assert_eq!(chain.lines().count(), 1, "{damage:?}: {chain}");
        for part in ["zone.db is damaged (", "restore a backup"] {
            assert_eq!(chain.matches(part).count(), 1, "{damage:?}: {chain}");
        }
        assert!(chain.matches("malformed").count() <= 1, "{damage:?}: {chain}");
        assert!(!chain.contains("***"), "{damage:?}: {chain}");
        found_by_check += usize::from(chain.contains("Tree"));
    }
    assert!(found_by_check > 0, "no damage was left to the check");
}

fn chain(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(unix)]
#[tokio::test]
async fn a_database_is_served_once_whatever_link_leads_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    let (link, folder) = (directory.path().join("link.db"), directory.path().join("folder"));
    std::os::unix::fs::symlink(&path, &link).unwrap();
    std::os::unix::fs::symlink(directory.path(), &folder).unwrap();
    // The link leads nowhere yet: the file comes into being at its end.
    let serving = open(&link).unwrap();
    assert_eq!(serving.path(), path.canonicalize().unwrap());
    for way in [&path, &link, &folder.join("zone.db"), &folder.join("link.db")] {
        let error = error_of(way);
        assert!(matches!(error, StoreError::InUse { .. }), "{}: {error}", way.display());
    }
    let admin = SqliteStore::open(&folder.join("link.db"), OpenMode::Admin, keys()).unwrap();
    admin.create_user(&user("alice"), &audit(1)).await.unwrap();
    admin.close().await.unwrap();
    assert!(serving.subject_state(&of_user("alice")).await.unwrap().is_some());
    serving.close().await.unwrap();
    open(&path).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_database_with_several_hard_links_is_refused_under_each() {
    let directory = tempfile::tempdir().unwrap();
    let (path, other) = (directory.path().join("zone.db"), directory.path().join("other.db"));
    let serving = open(&path).unwrap();
    serving.close().await.unwrap();
    std::fs::hard_link(&path, &other).unwrap();
    for (path, name) in [(&other, "other.db"), (&path, "zone.db")] {
        for mode in [OpenMode::Serve, OpenMode::Admin] {
            let error = SqliteStore::open(path, mode, keys()).err().expect("the file must be refused");
            assert!(matches!(error, StoreError::HardLinked { links: 2, .. }), "{error}");
            let message = error.to_string();
            assert!(message.contains(name) && message.contains("find -samefile"), "{message}");
        }
    }
    std::fs::remove_file(&other).unwrap();
    open(&path).unwrap();
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
