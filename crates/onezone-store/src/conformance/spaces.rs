//! Spaces, and who is an effective user of a provider because of them.

use super::{apply, audit, group, of_provider, of_user, provider, sample_zone, set, space, user};
use crate::{RecordKind, Store, StoreError, Unnamed, Zone};

async fn answers(store: &dyn Store, rows: &[(&str, &str, bool)]) {
    for (id, provider, expected) in rows {
        let found = store.is_user_of_provider(&of_user(id), provider).await.expect("an answer");
        assert_eq!(found, *expected, "{id} {provider}");
    }
}

/// Directly, through a group, through a chain of groups and around a cycle; only where a provider supports a
/// space that the user has. Being a member of the provider's cluster is something else.
pub async fn spaces_make_effective_users_of_providers(store: &dyn Store) {
    let users = ["direct", "member", "deep", "top", "round", "panel"].map(user);
    let mut zone = Zone { users: users.into(), ..Zone::default() };
    let (mut low, mut middle, mut high) = (group("low"), group("middle"), group("high"));
    (low.users, middle.users, high.users) = (set(&["deep"]), set(&["member"]), set(&["top"]));
    (middle.groups, high.groups) = (set(&["low"]), set(&["middle"]));
    let (mut one, mut two) = (group("one"), group("two"));
    (one.groups, two.groups, two.users) = (set(&["two"]), set(&["one"]), set(&["round"]));
    zone.groups = vec![high, low, middle, one, two];
    let (mut data, mut ring, mut alone) = (space("data"), space("ring"), space("alone"));
    (data.users, data.groups) = (set(&["direct"]), set(&["middle"]));
    data.providers = set(&["cracow", "lisbon"]);
    (ring.groups, ring.providers) = (set(&["one"]), set(&["lisbon"]));
    // Nobody supports it.
    alone.users = set(&["panel", "top"]);
    // Nobody has it.
    let mut empty = space("empty");
    empty.providers = set(&["cracow", "paris"]);
    zone.spaces = vec![alone, data, empty, ring];
    zone.providers = ["cracow", "lisbon", "paris"].map(provider).into();
    zone.providers[0].cluster.users.insert("panel".to_owned(), set(&["cluster_update"]));
    // An id that is a user's as well must not be mistaken for one.
    zone.providers.push(provider("direct"));
    apply(store, &zone, 1).await;
    assert_eq!(store.export().await.expect("an export").spaces, zone.spaces);
    answers(
        store,
        &[
            ("direct", "cracow", true),
            ("direct", "lisbon", true),
            ("direct", "paris", false),
            ("member", "cracow", true),
            ("deep", "cracow", true),
            ("deep", "lisbon", true),
            ("top", "cracow", false),
            ("round", "lisbon", true),
            ("round", "cracow", false),
            ("panel", "cracow", false),
            ("direct", "direct", false),
            ("direct", "missing", false),
            ("missing", "cracow", false),
            ("", "cracow", false),
        ],
    )
    .await;
    let found = store.is_user_of_provider(&of_provider("direct"), "cracow").await.expect("an answer");
    assert!(!found, "a provider is no user");
}

/// A user of thousands of groups, each with spaces of its own, none of them supported but the last.
pub async fn wide_memberships_are_answered_at_once(store: &dyn Store) {
    const WIDTH: usize = 3000;
    let mut zone =
        Zone { users: vec![user("alice")], providers: vec![provider("cracow")], ..Zone::default() };
    for number in 0..WIDTH {
        let (mut wide, mut own) = (group(&format!("g{number:04}")), space(&format!("s{number:04}")));
        wide.users = set(&["alice"]);
        own.groups.insert(wide.id.clone());
        zone.groups.push(wide);
        zone.spaces.push(own);
    }
    assert_eq!(apply(store, &zone, 1).await.spaces.created, WIDTH as u64);
    answers(store, &[("alice", "cracow", false)]).await;
    let mut last = zone.spaces[WIDTH - 1].clone();
    last.providers = set(&["cracow"]);
    let zone = Zone { spaces: vec![last], ..Zone::default() };
    assert_eq!(apply(store, &zone, 2).await.spaces.updated, 1);
    answers(store, &[("alice", "cracow", true)]).await;
}

/// The membership, the support, the space, the group: whatever goes takes the right with it, at once. A space is
/// created whole or not at all.
pub async fn effective_users_are_gone_with_what_made_them(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    answers(store, &[("alice", "cracow", true), ("bob", "cracow", true)]).await;
    let changes: [fn(&mut Zone); 4] = [
        |zone| zone.spaces[0].users = set(&[]),
        |zone| zone.spaces[0].providers = set(&[]),
        |zone| {
            zone.spaces.remove(0);
        },
        |zone| {
            zone.spaces[0].groups = set(&[]);
            zone.groups.retain(|group| group.id == "inner");
        },
    ];
    let expected = [(false, true), (false, false), (false, false), (true, false)];
    for (number, (change, (alice, bob))) in (2..).zip(changes.into_iter().zip(expected)) {
        let mut zone = sample_zone();
        change(&mut zone);
        store.apply(&zone, Unnamed::Remove, &audit(number)).await.expect("the zone applies");
        answers(store, &[("alice", "cracow", alice), ("bob", "cracow", bob)]).await;
        store.apply(&sample_zone(), Unnamed::Remove, &audit(number + 10)).await.expect("the zone applies");
        answers(store, &[("alice", "cracow", true), ("bob", "cracow", true)]).await;
    }

    // A user or provider that is removed leaves nothing behind that a new one of the same id would inherit.
    store.apply(&Zone::default(), Unnamed::Remove, &audit(30)).await.expect("the zone applies");
    let mut zone =
        Zone { users: vec![user("alice")], providers: vec![provider("cracow")], ..Zone::default() };
    zone.spaces = vec![space("genome")];
    apply(store, &zone, 31).await;
    answers(store, &[("alice", "cracow", false)]).await;

    let mut other = space("other");
    (other.users, other.providers) = (set(&["alice"]), set(&["cracow", "nowhere"]));
    let error = store.create_space(&other, &audit(32)).await.expect_err("no such provider");
    assert!(matches!(error, StoreError::DanglingReference { kind: RecordKind::Provider, .. }), "{error}");
    answers(store, &[("alice", "cracow", false)]).await;
    other.providers = set(&["cracow"]);
    store.create_space(&other, &audit(33)).await.expect("a space is created");
    answers(store, &[("alice", "cracow", true)]).await;
    let error = store.create_space(&other, &audit(34)).await.expect_err("it exists");
    assert!(matches!(error, StoreError::AlreadyExists { kind: RecordKind::Space, .. }), "{error}");
}
