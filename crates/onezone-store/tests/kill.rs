//! `kill -9` at any moment: what was acknowledged is done, what was not is done wholly or not at all.

#![allow(clippy::unwrap_used, clippy::explicit_write, reason = "a test helper that fails fails its test")]

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use onezone_store::conformance::{audit, keys, of_user, token, user};
use onezone_store::{OpenMode, SqliteStore, Store, Unnamed, Zone};

const USERS: usize = 400;
const TOKENS_EACH: usize = 4;
const KILLS: usize = 10;
/// Names the database to the child process, which is this test started again.
const CHILD: &str = "ONEZONE_STORE_KILL_TEST_DATABASE";
const ACKNOWLEDGED: &str = "acknowledged:";

#[tokio::test]
async fn acknowledged_deletions_survive_kill_9_and_none_is_half_done() {
    if let Some(path) = std::env::var_os(CHILD) {
        return delete_until_killed(Path::new(&path)).await;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    fill(&path).await;
    let mut acknowledged = BTreeSet::new();
    for _ in 0..KILLS {
        acknowledged.extend(run_and_kill(&path));
        verify(&path, &acknowledged).await;
    }
    assert!(acknowledged.len() >= KILLS, "too few deletions to have tested anything");
}

async fn fill(path: &Path) {
    let mut zone = Zone::default();
    for number in 0..USERS {
        let id = format!("u{number}");
        for token_number in 0..TOKENS_EACH {
            let token_id = format!("{id}-{token_number}");
            zone.tokens.push(token(&of_user(&id), &token_id, &token_id));
        }
        zone.users.push(user(&id));
    }
    let store = SqliteStore::open(path, OpenMode::Serve, keys()).unwrap();
    store.apply(&zone, Unnamed::Keep, &audit(0)).await.unwrap();
    store.close().await.unwrap();
}

/// The child: deletes what is left, several users at once, and says whose deletion was acknowledged.
async fn delete_until_killed(path: &Path) {
    let store = SqliteStore::open(path, OpenMode::Serve, keys()).unwrap();
    let store = &store;
    let worker = |offset: usize| async move {
        for number in (offset..USERS).step_by(4) {
            let subject = of_user(&format!("u{number}"));
            if store.list_token_ids(&subject).await.unwrap().is_empty() {
                continue;
            }
            let entry = audit(i64::try_from(number).unwrap() + 1);
            assert_eq!(store.delete_all_tokens(&subject, &entry).await.unwrap(), TOKENS_EACH as u64);
            writeln!(std::io::stdout(), "{ACKNOWLEDGED}{number}").unwrap();
        }
    };
    tokio::join!(worker(0), worker(1), worker(2), worker(3));
    // Nothing is left to delete; the parent kills this process all the same.
    std::future::pending::<()>().await;
}

/// Starts the child, kills it after a random number of acknowledgements, and gives back all it managed to send.
fn run_and_kill(path: &Path) -> Vec<usize> {
    let name = "acknowledged_deletions_survive_kill_9_and_none_is_half_done";
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let wanted = 1 + RandomState::new().hash_one(path) % 30;
    let mut numbers = Vec::new();
    for line in lines {
        // The first acknowledgement shares its line with what the test harness prints.
        let line = line.unwrap();
        let Some((_, number)) = line.split_once(ACKNOWLEDGED) else { continue };
        numbers.push(number.parse().unwrap());
        if numbers.len() as u64 == wanted {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(numbers.len() as u64 >= wanted, "the child ended by itself");
    numbers
}

async fn verify(path: &Path, acknowledged: &BTreeSet<usize>) {
    let store = SqliteStore::open(path, OpenMode::Serve, keys()).unwrap();
    for number in 0..USERS {
        let subject = of_user(&format!("u{number}"));
        let left = store.list_token_ids(&subject).await.unwrap().len();
        assert!(left == 0 || left == TOKENS_EACH, "{subject} is half deleted: {left} tokens left");
        assert!(
            left == 0 || !acknowledged.contains(&number),
            "an acknowledged deletion of {subject} is undone"
        );
        let trail = store.audit_trail(&subject.to_string()).await.unwrap();
        let deletions = trail.iter().filter(|record| record.action == "tokens.delete_all").count();
        assert_eq!(deletions, usize::from(left == 0), "the trail of {subject} differs from what happened");
        let state = store.subject_state(&subject).await.unwrap().unwrap();
        assert_eq!(state.token_epoch, i64::from(left == 0));
    }
    store.close().await.unwrap();
}
