//! A process that deletes and creates tokens and says what was acknowledged, and the question whether that is so.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use onezone_store::conformance::{answered, audit, keys, of_user, token, user};
use onezone_store::{OpenMode, SqliteStore, Store, Unnamed, Zone};

const TOKENS_EACH: usize = 4;
/// Name the database, the number of users, and whether to end when there is nothing left to do.
const CHILD: [&str; 3] = ["ONEZONE_DELETIONS_DATABASE", "ONEZONE_DELETIONS_USERS", "ONEZONE_DELETIONS_END"];
pub(crate) const ACKNOWLEDGED: &str = "acknowledged:";
const REFUSED: &str = "refused:";

/// What a process said of its work.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    /// Changes that were acknowledged: `d` and the user's number for a deletion, `c` for a creation.
    pub(crate) acknowledged: BTreeSet<String>,
    /// Changes that were answered with an error.
    pub(crate) refused: BTreeSet<String>,
}

impl Said {
    /// Takes in a line; whether it acknowledged anything. The first one may share its line with what the harness prints.
    pub(crate) fn hear(&mut self, line: &str) -> bool {
        if let Some((_, change)) = line.split_once(REFUSED) {
            self.refused.insert(change.to_owned());
        }
        let acknowledged = line.split_once(ACKNOWLEDGED);
        acknowledged.is_some_and(|(_, change)| self.acknowledged.insert(change.to_owned()))
    }

    /// The same of all lines.
    #[cfg(target_os = "linux")]
    pub(crate) fn hear_all(&mut self, text: &str) {
        for line in text.lines() {
            self.hear(line);
        }
    }
}

/// A database with this many users that have tokens, and as many that have none yet.
pub(crate) async fn fill(path: &Path, users: usize) {
    let mut zone = Zone::default();
    for number in 0..users {
        let id = format!("d{number}");
        for token_number in 0..TOKENS_EACH {
            let token_id = format!("{id}-{token_number}");
            zone.tokens.push(token(&of_user(&id), &token_id, &token_id));
        }
        zone.users.extend([user(&id), user(&format!("c{number}"))]);
    }
    let store = SqliteStore::open(path, OpenMode::Serve, keys()).unwrap();
    store.apply(&zone, Unnamed::Keep, &audit(0)).await.unwrap();
    store.close().await.unwrap();
}

/// This test program again, as a process that works on the database. The test of this name must begin with [`if_child`].
pub(crate) fn child(test: &str, path: &Path, users: usize, ends: bool) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(CHILD[0], path).env(CHILD[1], users.to_string());
    if ends {
        command.env(CHILD[2], "yes");
    }
    command
}

/// In the child, does its work and says that there is nothing else to do.
pub(crate) async fn if_child() -> bool {
    let [Some(path), Some(users), ends] = CHILD.map(std::env::var_os) else { return false };
    let users = users.to_str().unwrap().parse().unwrap();
    // In two lives of the store, so that what its closing does is there to be disturbed as well.
    for half in [0..users / 2, users / 2..users] {
        let Ok(store) = SqliteStore::open(Path::new(&path), OpenMode::Serve, keys()) else { continue };
        let (store, half) = (&store, &half);
        let worker = |offset: usize| async move {
            for number in half.clone().skip(offset).step_by(4) {
                change(store, number).await;
            }
        };
        tokio::join!(worker(0), worker(1), worker(2), worker(3));
        // What a failing disk lets it do is looked at afterwards.
        let _ = store.close().await;
    }
    if ends.is_none() {
        std::future::pending::<()>().await;
    }
    true
}

/// Deletes the tokens of one user and gives another one a token, unless that was done in an earlier life.
async fn change(store: &SqliteStore, number: usize) {
    let (deleting, creating) = (of_user(&format!("d{number}")), of_user(&format!("c{number}")));
    if store.list_token_ids(&deleting).await.is_ok_and(|ids| !ids.is_empty()) {
        let entry = audit(i64::try_from(number).unwrap() * 2 + 1);
        let result = store.delete_all_tokens(&deleting, &entry).await;
        assert!(result.as_ref().ok().is_none_or(|count| *count == TOKENS_EACH as u64));
        say(result.is_ok(), deleting.id());
    }
    if store.list_token_ids(&creating).await.is_ok_and(|ids| ids.is_empty()) {
        let id = format!("new-{number}");
        let entry = audit(i64::try_from(number).unwrap() * 2 + 2);
        let result = store.create_token(&token(&creating, &id, &id), &entry).await;
        say(result.is_ok(), creating.id());
    }
}

fn say(is_acknowledged: bool, change: &str) {
    let what = if is_acknowledged { ACKNOWLEDGED } else { REFUSED };
    writeln!(std::io::stdout(), "{what}{change}").unwrap();
}

/// What is wrong with a database after what was said: nothing, if all is well. And which changes it holds.
pub(crate) async fn examine(path: &Path, users: usize, said: &Said) -> (Vec<String>, BTreeSet<String>) {
    let (mut wrong, mut made) = (Vec::new(), BTreeSet::new());
    let store = match SqliteStore::open(path, OpenMode::Serve, keys()) {
        Ok(store) => store,
        Err(error) => return (vec![format!("it does not open: {error}")], made),
    };
    for number in 0..users {
        for (id, full, goal) in [(format!("d{number}"), TOKENS_EACH, 0), (format!("c{number}"), 0, 1)] {
            let subject = of_user(&id);
            let left = answered(async || store.list_token_ids(&subject).await).await.unwrap().len();
            let is_made = left == goal;
            if !is_made && left != full {
                wrong.push(format!("{id} is half done: {left} tokens"));
            }
            if !is_made && said.acknowledged.contains(&id) {
                wrong.push(format!("{id} was acknowledged and is undone"));
            }
            let name = subject.to_string();
            let mut trail = answered(async || store.audit_trail(&name).await).await.unwrap();
            trail.retain(|record| record.action != "zone.apply");
            if trail.len() != usize::from(is_made) {
                wrong.push(format!("the trail of {id} differs from what happened"));
            }
            let state = answered(async || store.subject_state(&subject).await).await.unwrap();
            let epoch = state.unwrap().token_epoch;
            if epoch != i64::from(is_made && full > 0) {
                wrong.push(format!("the epoch of {id} differs from what happened"));
            }
            if is_made {
                made.insert(id);
            }
        }
    }
    if let Err(error) = store.close().await {
        wrong.push(format!("it does not close: {error}"));
    }
    (wrong, made)
}
