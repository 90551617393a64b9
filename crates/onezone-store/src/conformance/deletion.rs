//! Lists of tokens, and deleting them all.

use super::{apply, audit, of_provider, of_user, sample_zone, token, user};
use crate::{RecordKind, Store, StoreError, TemporaryToken, Unnamed, Zone};

/// Names in ascending byte order; neither ids, nor letters' collation, nor the order of creation.
pub async fn token_ids_are_listed_in_byte_order_of_names(store: &dyn Store) {
    let alice = of_user("alice");
    store.create_user(&user("alice"), &audit(1)).await.expect("a user is created");
    let names = ["b", "Żółw", "a", "B", "a b", "é", "aa", "_", "(", "zz", "10", "9", "\u{10437}", "\u{fb01}"];
    for (number, name) in names.iter().enumerate() {
        let id = format!("id-{}", 90 - number);
        let audit_id = i64::try_from(number).expect("a small number") + 100;
        store.create_token(&token(&alice, &id, name), &audit(audit_id)).await.expect("a token is created");
    }
    let mut expected: Vec<(usize, &str)> = names.iter().copied().enumerate().collect();
    expected.sort_by(|(_, left), (_, right)| left.as_bytes().cmp(right.as_bytes()));
    let expected: Vec<String> = expected.iter().map(|(number, _)| format!("id-{}", 90 - number)).collect();
    assert_eq!(store.list_token_ids(&alice).await.expect("a list"), expected);
    let summaries = store.list_tokens(&alice).await.expect("a list");
    assert_eq!(summaries.into_iter().map(|summary| summary.id).collect::<Vec<_>>(), expected);
}

/// An empty list is an answer about a subject that exists; of any other there is none.
pub async fn listing_tells_a_missing_subject_from_an_empty_one(store: &dyn Store) {
    store.create_user(&user("alice"), &audit(1)).await.expect("a user is created");
    assert_eq!(store.list_token_ids(&of_user("alice")).await.expect("a list"), Vec::<String>::new());
    // A provider of the same id is somebody else.
    for missing in [of_user("nobody"), of_provider("alice")] {
        for found in [store.list_token_ids(&missing).await.err(), store.list_tokens(&missing).await.err()] {
            assert!(matches!(found, Some(StoreError::NotFound { kind: RecordKind::Subject, .. })));
        }
        assert_eq!(store.subject_state(&missing).await.expect("an answer"), None);
    }
    let state = store.subject_state(&of_user("alice")).await.expect("an answer").expect("a user");
    assert!(!state.blocked && state.temporary.is_none() && state.token_epoch == 0);
}

/// Access, identity and invite tokens, revoked or not: all gone. Others' tokens, temporary tokens, the
/// records themselves: all there.
pub async fn deleting_takes_all_tokens_and_leaves_everything_else(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let (alice, cracow) = (of_user("alice"), of_provider("cracow"));
    assert_eq!(store.delete_all_tokens(&alice, &audit(2)).await.expect("a deletion"), 2);
    assert_eq!(store.list_token_ids(&alice).await.expect("a list"), Vec::<String>::new());
    for id in ["t1", "t2"] {
        assert_eq!(store.token_for_authentication(&alice, id).await.expect("an answer"), None);
        assert_eq!(store.token_of_any_subject(id).await.expect("an answer"), None);
        assert_eq!(store.token(id).await.expect("an answer"), None);
    }
    let mut expected = sample_zone();
    expected.tokens.retain(|token| token.subject == cracow);
    assert_eq!(store.export().await.expect("an export"), expected);
    assert!(store.legacy_token_for_authentication("t4").await.expect("an answer").is_some());

    assert_eq!(store.delete_all_tokens(&cracow, &audit(3)).await.expect("a deletion"), 2);
    assert_eq!(store.legacy_token_for_authentication("t4").await.expect("an answer"), None);
    let state = store.subject_state(&alice).await.expect("an answer").expect("a user");
    assert_eq!(state.temporary.map(|TemporaryToken { generation, .. }| generation), Some(3));
    assert_eq!(state.token_epoch, 1);
}

/// A typo must not look like success, nor leave traces of one.
pub async fn deleting_the_tokens_of_a_missing_subject_changes_nothing(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let before = store.export().await.expect("an export");
    let missing = of_user("cracow");
    let error = store.delete_all_tokens(&missing, &audit(2)).await.expect_err("there is no such user");
    assert!(matches!(error, StoreError::NotFound { kind: RecordKind::Subject, .. }), "{error}");
    assert_eq!(store.export().await.expect("an export"), before);
    assert_eq!(store.audit_trail(&missing.to_string()).await.expect("a trail"), vec![]);
}

/// Nothing to delete is a success, and recorded as one.
pub async fn deleting_again_finds_nothing(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let alice = of_user("alice");
    let mut counts = Vec::new();
    for number in 2..5 {
        counts.push(store.delete_all_tokens(&alice, &audit(number)).await.expect("a deletion"));
    }
    assert_eq!(counts, [2, 0, 0]);
}

/// Who, when, how, whose, and which tokens: what the row says is what happened.
pub async fn the_audit_row_of_a_deletion_equals_its_effect(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let alice = of_user("alice");
    let expected = store.list_token_ids(&alice).await.expect("a list");
    store.delete_all_tokens(&alice, &audit(2)).await.expect("a deletion");
    store.delete_all_tokens(&alice, &audit(3)).await.expect("a deletion");
    let trail = store.audit_trail("usr-alice").await.expect("a trail");
    let [_, first, second] = trail.as_slice() else { panic!("three rows were expected: {trail:?}") };
    assert_eq!(first.entry, audit(2));
    assert_eq!(first.action, "tokens.delete_all");
    assert_eq!(first.target, "usr-alice");
    assert_eq!(first.token_ids, expected);
    assert_eq!((&second.entry, second.token_ids.len()), (&audit(3), 0));
    // One deletion, one row, one epoch: the three never part.
    let state = store.subject_state(&alice).await.expect("an answer").expect("a user");
    assert_eq!(state.token_epoch, 2);
}

/// Whatever the interleaving, every created token is either deleted and counted, or alive at the end.
pub async fn deletions_and_creations_at_once_take_effect_one_after_the_other(store: &dyn Store) {
    let alice = of_user("alice");
    let zone = Zone { users: vec![user("alice")], ..Zone::default() };
    store.apply(&zone, Unnamed::Keep, &audit(0)).await.expect("the zone applies");
    let create = |worker: i64| {
        let alice = alice.clone();
        async move {
            for number in 0..25 {
                let id = format!("t-{worker}-{number}");
                let entry = audit(1000 + worker * 100 + number);
                store.create_token(&token(&alice, &id, &id), &entry).await.expect("a token is created");
            }
        }
    };
    let delete = |worker: i64| {
        let alice = alice.clone();
        async move {
            let mut deleted = 0;
            for number in 0..10 {
                let entry = audit(5000 + worker * 100 + number);
                deleted += store.delete_all_tokens(&alice, &entry).await.expect("a deletion");
            }
            deleted
        }
    };
    let ((), (), first, second) = tokio::join!(create(1), create(2), delete(1), delete(2));
    let left = store.list_token_ids(&alice).await.expect("a list");
    assert_eq!(first + second + u64::try_from(left.len()).expect("a small number"), 50);
    let trail = store.audit_trail("usr-alice").await.expect("a trail");
    let deleted: Vec<&String> = trail
        .iter()
        .filter(|record| record.action == "tokens.delete_all")
        .flat_map(|record| &record.token_ids)
        .collect();
    assert_eq!(u64::try_from(deleted.len()).expect("a small number"), first + second);
    assert!(left.iter().all(|id| !deleted.contains(&id)), "a deleted token is alive");
}
