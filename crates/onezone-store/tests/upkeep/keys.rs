//! Rotation of keys, and secrets in places that are not theirs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use onezone_store::conformance::{audit, of_user, token, user};
use onezone_store::{KeyChange, KeyUses, Keys, Position, Resealed, StoreError, Upkeep};

use crate::place::{Place, fill, ring};

/// Everything that 1,300 tokens, two secrets of temporary tokens and three passwords are.
const ALL: u64 = 1305;

async fn reseal_all(store: &dyn Upkeep) -> Vec<Resealed> {
    let mut steps = Vec::new();
    let mut next = Some(Position::default());
    while let Some(position) = next.take() {
        let step = store.reseal(&position).await.unwrap();
        next.clone_from(&step.next);
        steps.push(step);
    }
    steps
}

async fn sealed_by(store: &dyn Upkeep) -> Vec<(u32, u64)> {
    let usage = store.key_usage().await.unwrap();
    usage.keys.iter().map(|(number, uses)| (*number, uses.total())).collect()
}

pub(crate) async fn secrets_are_sealed_anew_step_by_step(place: &Place<'_>) {
    let before = place.open(ring(1)).await;
    fill(&*before).await;
    let expected = before.export().await.unwrap();
    assert_eq!(sealed_by(&*before).await, [(1, ALL)]);

    let store = place.open(ring(2)).await;
    assert_eq!(store.rotate_key(&audit(2)).await.unwrap(), KeyChange { from: 1, to: 2 });
    assert_eq!(sealed_by(&*store).await, [(1, ALL), (2, 0)], "a rotation alone seals nothing anew");
    let first = store.reseal(&Position::default()).await.unwrap();
    assert!(first.resealed > 0 && first.resealed < ALL / 2 && first.next.is_some(), "{first:?}");
    assert_eq!(store.export().await.unwrap(), expected, "half way");
    store.close().await.unwrap();

    // Whoever comes later begins at the start and finishes what is left.
    let again = place.open(ring(2)).await;
    assert_eq!(again.rotate_key(&audit(3)).await.unwrap(), KeyChange { from: 2, to: 2 });
    let steps = reseal_all(&*again).await;
    let sum = |of: fn(&Resealed) -> u64| steps.iter().map(of).sum::<u64>();
    assert_eq!((sum(|step| step.seen), sum(|step| step.resealed)), (ALL, ALL - first.resealed));
    let usage = again.key_usage().await.unwrap();
    assert_eq!((usage.sealing, usage.keys[&1].total()), (2, 0));
    let uses = KeyUses { available: true, tokens: 1300, temporary_tokens: 2, passwords: 3 };
    assert_eq!(usage.keys[&2], uses);
    assert_eq!(reseal_all(&*again).await.iter().map(|step| step.resealed).sum::<u64>(), 0);
    // One rotation, one row: sealing anew changes nothing that anybody could see.
    assert_eq!(again.audit_trail("key-2").await.unwrap().len(), 1);

    // The first key may go, and nothing is missed.
    let alone = place.open(ring(2).retaining(|_| false)).await;
    assert_eq!(alone.export().await.unwrap(), expected);
    let gone = place.try_open(Keys::fixed(ring(1))).await.err().unwrap();
    assert!(matches!(gone, StoreError::KeyMissing { number: 2 }), "{gone}");
}

pub(crate) async fn a_key_that_was_added_seals_nothing_before_its_turn(place: &Place<'_>) {
    let one = place.open(ring(1)).await;
    one.create_user(&user("alice"), &audit(1)).await.unwrap();
    let both = place.open(ring(2)).await;
    both.create_token(&token(&of_user("alice"), "t1", "laptop"), &audit(2)).await.unwrap();
    assert_eq!(sealed_by(&*both).await, [(1, 2), (2, 0)]);
    // Replicas that do not have the new key yet go on reading.
    assert!(one.token_for_authentication(&of_user("alice"), "t1").await.unwrap().is_some());
}

pub(crate) async fn after_a_rotation_nobody_seals_with_the_key_before(place: &Place<'_>) {
    let stale = place.open(ring(1)).await;
    stale.create_user(&user("alice"), &audit(1)).await.unwrap();
    let distributed = Arc::new(AtomicBool::new(false));
    let is_there = Arc::clone(&distributed);
    let load = move || Ok(if is_there.load(Ordering::Relaxed) { ring(2) } else { ring(1) });
    let serving = place.try_open(Keys::loaded_by(load).unwrap()).await.unwrap();
    distributed.store(true, Ordering::Relaxed);

    let store = place.open(ring(2)).await;
    store.rotate_key(&audit(2)).await.unwrap();
    reseal_all(&*store).await;
    let alice = of_user("alice");
    // Without the new key nothing is written; with a file that has it, it is read again.
    let refused = stale.create_token(&token(&alice, "t1", "laptop"), &audit(3)).await.unwrap_err();
    assert!(matches!(refused, StoreError::KeyMissing { number: 2 }), "{refused}");
    assert!(store.token("t1").await.unwrap().is_none());
    serving.create_token(&token(&alice, "t2", "phone"), &audit(4)).await.unwrap();
    assert!(serving.user_by_username("alice").await.unwrap().is_some());
    assert_eq!(sealed_by(&*store).await, [(1, 0), (2, 2)]);
    // What needs no secret goes on in any case.
    assert_eq!(stale.delete_all_tokens(&alice, &audit(5)).await.unwrap(), 1);
}

pub(crate) async fn a_secret_that_does_not_open_is_left_and_told(place: &Place<'_>) {
    let store = place.open(ring(2)).await;
    fill(&*store).await;
    swap(place, "alice-0007", "bob-0007");
    let third = place.open(ring(3)).await;
    third.rotate_key(&audit(2)).await.unwrap();
    let steps = reseal_all(&*third).await;
    let unreadable: Vec<&String> = steps.iter().flat_map(|step| &step.unreadable).collect();
    assert_eq!(unreadable.len(), 2, "{unreadable:?}");
    assert!(unreadable[0].contains("\"alice-0007\" of usr-alice"), "{unreadable:?}");
    let usage = third.key_usage().await.unwrap();
    let sealing = if matches!(place, Place::Sqlite { .. }) { 2 } else { 1 };
    assert_eq!((usage.keys[&sealing].total(), usage.keys[&3].total()), (2, ALL - 2));
}

fn swap(place: &Place<'_>, one: &str, other: &str) {
    place.execute(&format!(
        "CREATE TABLE old AS SELECT id, sealed_secret FROM named_tokens WHERE id IN ('{one}', '{other}'); \
         UPDATE named_tokens SET sealed_secret = (SELECT old.sealed_secret FROM old WHERE old.id <> named_tokens.id) \
         WHERE id IN ('{one}', '{other}'); DROP TABLE old"
    ));
}

/// Whoever can write to the database cannot give somebody else's secret, or a hash that he knows, to anybody.
pub(crate) async fn moved_secrets_are_refused_in_both_places(place: &Place<'_>) {
    let store = place.open(ring(1)).await;
    fill(&*store).await;
    let (alice, bob) = (of_user("alice"), of_user("bob"));
    swap(place, "alice-0001", "bob-0001");
    swap(place, "alice-0002", "alice-0003");
    for (subject, id) in
        [(&alice, "alice-0001"), (&bob, "bob-0001"), (&alice, "alice-0002"), (&alice, "alice-0003")]
    {
        let error = store.token_for_authentication(subject, id).await.unwrap_err();
        assert!(matches!(error, StoreError::Unreadable { .. }), "{id}: {error}");
        let said = error.to_string();
        assert!(said.contains(&format!("the secret of token {id:?} of {subject} does not open")), "{said}");
        assert!(!said.contains("secret of alice-"), "{said}");
    }
    assert!(store.token_for_authentication(&alice, "alice-0004").await.unwrap().is_some());

    place.execute("UPDATE users SET password_hash = (SELECT o.password_hash FROM users o WHERE o.id = 'bob') WHERE id = 'alice'");
    let error = store.user_by_username("alice").await.unwrap_err();
    assert!(error.to_string().contains("the password hash of user \"alice\" does not open"), "{error}");
    assert!(store.user_by_username("bob").await.unwrap().is_some());

    place.execute(
        "UPDATE subjects SET tmp_sealed_secret = (SELECT o.tmp_sealed_secret FROM subjects o \
         WHERE o.subject = 'usr-carol') WHERE subject IN ('usr-alice', 'usr-bob')",
    );
    for subject in [&alice, &bob] {
        let error = store.subject_state(subject).await.unwrap_err();
        assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
    }
    assert!(store.subject_state(&of_user("carol")).await.unwrap().is_some());
}

/// A row copied from a database with other keys is as good as none, even if everything else about it is the same.
#[tokio::test]
async fn rows_of_another_database_do_not_open() {
    let (place, other) = (Place::sqlite(), Place::sqlite());
    let store = place.open(ring(1)).await;
    fill(&*store).await;
    let foreign = place_keys([9; 32]);
    let stranger = other.open(foreign).await;
    fill(&*stranger).await;
    let (Place::Sqlite { path, .. }, Place::Sqlite { path: from, .. }) = (&place, &other) else {
        unreachable!()
    };
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute("ATTACH ?1 AS other", [from.to_str().unwrap()]).unwrap();
    connection
        .execute_batch(
            "UPDATE named_tokens SET sealed_secret = (SELECT o.sealed_secret FROM other.named_tokens o \
             WHERE o.id = named_tokens.id) WHERE id = 'alice-0001'",
        )
        .unwrap();
    let error = store.token_for_authentication(&of_user("alice"), "alice-0001").await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
}

fn place_keys(key: [u8; 32]) -> onezone_store::Keyring {
    onezone_store::Keyring::new(key, Arc::new(|| Ok([5; 24])))
}
