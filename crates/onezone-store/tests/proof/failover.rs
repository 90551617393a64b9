//! The loss of the primary, of which a synchronous standby takes the place, under load.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use onezone_store::conformance::{PostgresServer, TOKENS_EACH, audit, keys, of_user, people};
use onezone_store::{Durability, PostgresStore, Store, Unnamed};

use crate::{eventually, figure, times};

const PEOPLE: usize = 600;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_deletions_survive_the_loss_of_the_primary_under_load() {
    let rounds = times(1);
    let (mut acknowledged, mut all_the_same) = (0, 0);
    for _ in 0..rounds {
        let counts = lose_the_primary().await;
        acknowledged += counts.0;
        all_the_same += counts.1;
    }
    figure(&format!(
        "PostgreSQL, kill -9 of the primary under load and promotion of the standby: {rounds} times, {acknowledged} \
         deletions acknowledged, 0 of them alive afterwards, 0 half done ({all_the_same} had taken effect without an answer)"
    ));
}

/// How many deletions were acknowledged, and how many others had taken effect all the same.
async fn lose_the_primary() -> (usize, usize) {
    let mut primary = PostgresServer::start();
    let database = primary.create_database();
    let standby = primary.start_synchronous_standby();
    let mut options = PostgresServer::options_of(&[&primary, &standby], &database);
    options.durability = Durability::Replicated;
    PostgresStore::migrate(&options, keys()).await.unwrap();
    let store = Arc::new(PostgresStore::open(&options, keys()).await.unwrap());
    store.apply(&people(PEOPLE), Unnamed::Keep, &audit(0)).await.unwrap();

    let (next, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let (store, next, done) = (Arc::clone(&store), Arc::clone(&next), Arc::clone(&done));
            tokio::spawn(async move {
                let mut acknowledged = BTreeSet::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= PEOPLE {
                        return acknowledged;
                    }
                    let entry = audit(i64::try_from(number).unwrap() + 1);
                    // A failure is told as one, and promises nothing.
                    if let Ok(deleted) =
                        store.delete_all_tokens(&of_user(&format!("u{number}")), &entry).await
                    {
                        assert_eq!(deleted, TOKENS_EACH, "u{number}");
                        acknowledged.insert(number);
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    eventually(async || done.load(Ordering::Relaxed) >= PEOPLE / 5).await;
    primary.kill();
    standby.promote();
    let mut acknowledged = BTreeSet::new();
    for worker in workers {
        acknowledged.extend(worker.await.unwrap());
    }

    assert!(
        acknowledged.len() > PEOPLE * 9 / 10,
        "only {} of {PEOPLE} deletions went on",
        acknowledged.len()
    );
    let mut all_the_same = 0;
    for number in 0..PEOPLE {
        let subject = of_user(&format!("u{number}"));
        let left = store.list_token_ids(&subject).await.unwrap().len() as u64;
        assert!(left == 0 || left == TOKENS_EACH, "{subject} is half deleted");
        assert!(
            left == 0 || !acknowledged.contains(&number),
            "an acknowledged deletion of {subject} is undone"
        );
        all_the_same += usize::from(left == 0 && !acknowledged.contains(&number));
        let mut trail = store.audit_trail(&subject.to_string()).await.unwrap();
        trail.retain(|record| record.action != "zone.apply");
        assert_eq!(trail.len(), usize::from(left == 0), "the trail of {subject} differs from what happened");
    }
    (acknowledged.len(), all_the_same)
}
