//! `kill -9` at any moment: what was acknowledged is done, what was not is done wholly or not at all.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::deletions::{Said, child, examine, fill, if_child};
use crate::{figure, times};

const USERS: usize = 500;
const KILLS_EACH: usize = 10;

/// More changes than a life is waited for.
const ENOUGH_LEFT: usize = 100;

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9_and_nothing_is_half_done() {
    if if_child().await {
        return;
    }
    let (mut kills, mut acknowledged, mut unanswered) = (0, 0, 0);
    for _ in 0..times(1) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("zone.db");
        fill(&path, USERS).await;
        let mut said = Said::default();
        for _ in 0..KILLS_EACH {
            kills += 1;
            run_and_kill(&path, &mut said);
            let (wrong, made) = examine(&path, USERS, &said).await;
            assert!(wrong.is_empty() && said.refused.is_empty(), "{wrong:#?}, {:?}", said.refused);
            unanswered += made.difference(&said.acknowledged).count();
            // The answer was lost, not the change; the next life does not make it again.
            said.acknowledged.extend(made);
            // The next life may need as many as one between two looks at a busy machine.
            if said.acknowledged.len() + ENOUGH_LEFT > 2 * USERS {
                break;
            }
        }
        acknowledged += said.acknowledged.len();
    }
    assert!(acknowledged >= kills, "too few changes to have tested anything");
    figure(&format!(
        "SQLite, kill -9: {kills} kills, {acknowledged} changes found ({unanswered} whose answer was lost), \
         0 acknowledged ones lost, 0 half done"
    ));
}

/// Starts the child and kills it after a random number of acknowledgements, or a little later.
fn run_and_kill(path: &Path, said: &mut Said) {
    let mut child =
        child("kill::what_was_acknowledged_survives_kill_9_and_nothing_is_half_done", path, USERS, false)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let wanted = fastrand::u32(1..50);
    let mut heard = 0;
    for line in lines {
        heard += u32::from(said.hear(&line.unwrap()));
        if heard == wanted {
            heard += 1;
            // Not always right after an answer.
            std::thread::sleep(std::time::Duration::from_micros(fastrand::u64(0..5_000)));
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(heard >= wanted, "the child ended by itself");
}
