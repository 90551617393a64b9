//! Whole states: applying, pruning, exporting. And what is asked of a store as a whole.

use super::{apply, audit, group, of_user, provider, sample_zone, set, space, token, user};
use crate::{Counts, RecordKind, Report, Secret, Store, StoreError, Unnamed, Zone};

/// Makes a document wrong.
type Mistake = fn(&mut Zone);

const fn counts(created: u64, updated: u64, removed: u64) -> Counts {
    Counts { created, updated, removed }
}

/// The first time creates, the second finds everything as it should be and leaves no audit row.
pub async fn applying_again_changes_nothing(store: &dyn Store) {
    let first = apply(store, &sample_zone(), 1).await;
    let expected = Report {
        users: counts(2, 0, 0),
        groups: counts(2, 0, 0),
        providers: counts(1, 0, 0),
        spaces: counts(2, 0, 0),
        tokens: counts(4, 0, 0),
        temporary_tokens: counts(1, 0, 0),
    };
    assert_eq!(first, expected);
    for unnamed in [Unnamed::Keep, Unnamed::Remove] {
        let again = store.apply(&sample_zone(), unnamed, &audit(2)).await.expect("the zone applies");
        assert!(again.is_empty(), "{again:?}");
    }
    assert_eq!(store.export().await.expect("an export"), sample_zone());
    assert_eq!(store.audit_trail("zone").await.expect("a trail").len(), 1);
}

/// What a document names gets the document's contents; the rest stays.
pub async fn applying_updates_what_is_named_and_keeps_the_rest(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let mut changed = sample_zone();
    changed.users.retain(|user| user.id == "bob");
    changed.users[0].blocked = false;
    changed.groups.retain(|group| group.id == "inner");
    changed.groups[0].users = set(&["alice", "carol"]);
    changed.users.push(user("carol"));
    changed.providers.clear();
    changed.spaces.retain(|space| space.id == "genome");
    changed.spaces[0].users = set(&["carol"]);
    "Genome II".clone_into(&mut changed.spaces[0].name);
    changed.tokens.retain(|token| token.id == "t1");
    "desktop".clone_into(&mut changed.tokens[0].name);
    changed.temporary_tokens[0].generation = 4;
    let report = apply(store, &changed, 2).await;
    let expected = Report {
        users: counts(1, 1, 0),
        groups: counts(0, 1, 0),
        providers: counts(0, 0, 0),
        spaces: counts(0, 1, 0),
        tokens: counts(0, 1, 0),
        temporary_tokens: counts(0, 1, 0),
    };
    assert_eq!(report, expected);

    let mut zone = sample_zone();
    zone.users[1].blocked = false;
    zone.users.push(user("carol"));
    zone.groups[0].users = set(&["alice", "carol"]);
    zone.spaces[0].users = set(&["carol"]);
    "Genome II".clone_into(&mut zone.spaces[0].name);
    let laptop = zone.tokens.iter_mut().find(|token| token.id == "t1").expect("the token");
    "desktop".clone_into(&mut laptop.name);
    zone.temporary_tokens[0].generation = 4;
    assert_eq!(store.export().await.expect("an export"), zone);
    // A token that was only renamed is as old as it was.
    let stored = store.token("t1").await.expect("an answer").expect("a token");
    assert_eq!(stored.created_at, audit(1).at);
}

/// With everything that hangs on it, and nothing else.
pub async fn pruning_removes_what_is_not_named(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let alice = of_user("alice");
    let mut zone =
        Zone { users: vec![user("alice")], tokens: vec![token(&alice, "t9", "new")], ..Zone::default() };
    zone.users[0].privileges = set(&["oz_users_list"]);
    let report = store.apply(&zone, Unnamed::Remove, &audit(2)).await.expect("the zone applies");
    let expected = Report {
        users: counts(0, 1, 1),
        groups: counts(0, 0, 2),
        providers: counts(0, 0, 1),
        spaces: counts(0, 0, 2),
        tokens: counts(1, 0, 4),
        temporary_tokens: counts(0, 0, 1),
    };
    assert_eq!(report, expected);
    assert_eq!(store.export().await.expect("an export"), zone);
    assert_eq!(store.subject_state(&of_user("bob")).await.expect("an answer"), None);
    assert_eq!(store.legacy_token_for_authentication("t4").await.expect("an answer"), None);

    let report = store.apply(&Zone::default(), Unnamed::Remove, &audit(3)).await.expect("the zone applies");
    assert_eq!((report.users, report.tokens), (counts(0, 0, 1), counts(0, 0, 1)));
    assert_eq!(store.export().await.expect("an export"), Zone::default());
}

/// What was exported, applied to an emptied store, is exported again; also by way of text.
pub async fn an_export_reproduces_the_state(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let exported = store.export().await.expect("an export");
    assert_eq!(exported, sample_zone());
    let text = serde_json::to_string(&exported).expect("a zone serializes");
    let read: Zone = serde_json::from_str(&text).expect("a zone deserializes");
    assert_eq!(read, exported);
    store.apply(&Zone::default(), Unnamed::Remove, &audit(2)).await.expect("the zone applies");
    apply(store, &read, 3).await;
    assert_eq!(store.export().await.expect("an export"), exported);
}

/// All or nothing, whatever the mistake.
pub async fn a_document_with_a_mistake_changes_nothing(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let before = store.export().await.expect("an export");
    let mistakes: [(&str, Mistake); 13] = [
        ("a duplicate id", |zone| zone.users.push(user("new"))),
        ("a username of somebody else", |zone| zone.users[0].username = Some("alice".to_owned())),
        ("a token name of another token", |zone| zone.tokens.push(token(&of_user("alice"), "t9", "laptop"))),
        ("a token of nobody", |zone| zone.tokens.push(token(&of_user("nobody"), "t9", "x"))),
        ("a member that is missing", |zone| {
            let mut dangling = group("dangling");
            dangling.groups = set(&["missing"]);
            zone.groups.push(dangling);
        }),
        ("a cluster member that is missing", |zone| {
            let mut dangling = provider("dangling");
            dangling.cluster.users.insert("missing".to_owned(), set(&[]));
            zone.providers.push(dangling);
        }),
        ("a space of a user that is missing", |zone| {
            let mut dangling = space("dangling");
            dangling.users = set(&["missing"]);
            zone.spaces.push(dangling);
        }),
        ("a space of a group that is missing", |zone| {
            let mut dangling = space("dangling");
            dangling.groups = set(&["missing"]);
            zone.spaces.push(dangling);
        }),
        ("a space on a provider that is missing", |zone| {
            let mut dangling = space("dangling");
            dangling.providers = set(&["missing"]);
            zone.spaces.push(dangling);
        }),
        ("a duplicate space", |zone| zone.spaces.extend([space("twice"), space("twice")])),
        ("a temporary secret of nobody", |zone| {
            let mut secret = sample_zone().temporary_tokens.remove(0);
            secret.subject = of_user("nobody");
            zone.temporary_tokens.push(secret);
        }),
        ("a token without a secret", |zone| {
            let mut secretless = token(&of_user("new"), "t9", "x");
            secretless.secret = None;
            zone.tokens.push(secretless);
        }),
        ("an id that cannot be stored", |zone| zone.users.push(user(""))),
    ];
    for (mistake, make) in mistakes {
        let mut zone = Zone { users: vec![user("new")], ..Zone::default() };
        make(&mut zone);
        let result = store.apply(&zone, Unnamed::Keep, &audit(2)).await;
        assert!(result.is_err(), "{mistake} was taken");
        assert_eq!(store.export().await.expect("an export"), before, "{mistake} changed something");
    }
    // Pruning what something named depends on is a mistake as well.
    let alone = Zone { groups: sample_zone().groups, ..Zone::default() };
    let error = store.apply(&alone, Unnamed::Remove, &audit(3)).await.expect_err("bob would be missing");
    assert!(matches!(error, StoreError::DanglingReference { kind: RecordKind::User, .. }), "{error}");
    assert_eq!(store.export().await.expect("an export"), before);
}

/// A document without secrets keeps the stored ones, and cannot bring back a token that was deleted meanwhile.
pub async fn absent_secrets_stay_and_are_never_resurrected(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let mut zone = sample_zone();
    zone.users.iter_mut().for_each(|user| user.password_hash = None);
    zone.tokens.iter_mut().for_each(|token| token.secret = None);
    assert!(apply(store, &zone, 2).await.is_empty());
    assert_eq!(store.export().await.expect("an export"), sample_zone());
    store.delete_all_tokens(&of_user("alice"), &audit(3)).await.expect("a deletion");
    let error = store.apply(&zone, Unnamed::Keep, &audit(4)).await.expect_err("t1 and t2 are gone");
    assert!(matches!(error, StoreError::SecretMissing(_)), "{error}");
    assert_eq!(store.list_token_ids(&of_user("alice")).await.expect("a list"), Vec::<String>::new());
}

/// Uniqueness is a property of the state that is reached, not of the way to it.
pub async fn names_may_be_swapped(store: &dyn Store) {
    let alice = of_user("alice");
    let mut zone = Zone { users: vec![user("alice"), user("bob")], ..Zone::default() };
    zone.tokens = vec![token(&alice, "t1", "one"), token(&alice, "t2", "two")];
    apply(store, &zone, 1).await;
    (zone.tokens[0].name, zone.tokens[1].name) = ("two".to_owned(), "one".to_owned());
    (zone.users[0].username, zone.users[1].username) = (Some("bob".to_owned()), Some("alice".to_owned()));
    let report = apply(store, &zone, 2).await;
    assert_eq!((report.users, report.tokens), (counts(0, 2, 0), counts(0, 2, 0)));
    assert_eq!(store.list_token_ids(&alice).await.expect("a list"), ["t2", "t1"]);
    let renamed = store.user_by_username("alice").await.expect("an answer").expect("a user");
    assert_eq!(renamed.id, "bob");
}

/// Whoever asks later can tell what was done to a subject, in order.
pub async fn every_change_is_audited(store: &dyn Store) {
    let alice = of_user("alice");
    store.create_user(&user("alice"), &audit(1)).await.expect("a user is created");
    store.create_token(&token(&alice, "t1", "one"), &audit(2)).await.expect("a token is created");
    store.revoke_token("t1", &audit(3)).await.expect("a revocation");
    let fresh = Secret::new("11");
    store.ensure_temporary_secret(&alice, &fresh, &audit(4)).await.expect("a secret");
    store.revoke_temporary_tokens(&alice, &fresh, &audit(5)).await.expect("a revocation");
    store.delete_all_tokens(&alice, &audit(6)).await.expect("a deletion");
    let trail = store.audit_trail("usr-alice").await.expect("a trail");
    let actions: Vec<_> = trail.iter().map(|record| (record.entry.at, record.action.as_str())).collect();
    let expected = [
        (audit(1).at, "user.create"),
        (audit(2).at, "token.create"),
        (audit(3).at, "token.revoke"),
        (audit(4).at, "temporary_tokens.create"),
        (audit(5).at, "temporary_tokens.revoke"),
        (audit(6).at, "tokens.delete_all"),
    ];
    assert_eq!(actions, expected);
    store.create_space(&space("genome"), &audit(7)).await.expect("a space is created");
    let trail = store.audit_trail("spc-genome").await.expect("a trail");
    assert_eq!(trail.len(), 1);
    assert_eq!(trail[0].action, "space.create");
    apply(store, &sample_zone(), 8).await;
    let trail = store.audit_trail("zone").await.expect("a trail");
    assert_eq!(trail.len(), 1);
    // A document can hold any number of tokens, so that they are named where their owner's trail is.
    assert_eq!(trail[0].token_ids, [""; 0]);
    for (subject, ids) in [("usr-alice", ["t1", "t2"]), ("prv-cracow", ["t3", "t4"])] {
        let trail = store.audit_trail(subject).await.expect("a trail");
        let last = trail.last().expect("a row");
        assert_eq!((&last.entry, last.action.as_str()), (&audit(8), "zone.apply"));
        assert_eq!(last.token_ids, ids);
    }
}

/// Ready while open, refusing once closed, and closed twice as well as once.
pub async fn a_closed_store_says_so(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    store.ping().await.expect("the store is ready");
    store.close().await.expect("the store closes");
    assert!(matches!(store.ping().await, Err(StoreError::Closed)));
    let deleted = store.delete_all_tokens(&of_user("alice"), &audit(2)).await;
    assert!(matches!(deleted, Err(StoreError::Closed)), "{deleted:?}");
    store.close().await.expect("the store closes");
}
