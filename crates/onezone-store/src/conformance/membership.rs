//! Effective membership and effective privileges.

use super::{apply, audit, group, of_provider, of_user, provider, sample_zone, set, space, user};
use crate::{Member, RecordKind, Store, StoreError, Unnamed, Zone};

/// Direct, through a group, through a chain of groups; and only upwards.
pub async fn privileges_reach_users_through_nested_groups(store: &dyn Store) {
    let mut zone =
        Zone { users: vec![user("direct"), user("deep"), user("top"), user("out")], ..Zone::default() };
    zone.users[0].privileges = set(&["oz_users_view"]);
    let (mut low, mut middle, mut high) = (group("low"), group("middle"), group("high"));
    low.users = set(&["deep"]);
    low.privileges = set(&["oz_groups_list"]);
    middle.groups = set(&["low"]);
    high.groups = set(&["middle"]);
    high.users = set(&["top"]);
    high.privileges = set(&["oz_tokens_manage"]);
    zone.groups = vec![high, low, middle];
    let mut cracow = provider("cracow");
    cracow.cluster.users.insert("direct".to_owned(), set(&["cluster_update"]));
    cracow.cluster.groups.insert("middle".to_owned(), set(&["cluster_update"]));
    zone.providers = vec![cracow, provider("lisbon")];
    apply(store, &zone, 1).await;

    for (id, privilege, expected) in [
        ("direct", "oz_users_view", true),
        ("direct", "oz_tokens_manage", false),
        ("deep", "oz_tokens_manage", true),
        ("deep", "oz_groups_list", true),
        ("top", "oz_tokens_manage", true),
        ("top", "oz_groups_list", false),
        ("out", "oz_tokens_manage", false),
        ("missing", "oz_tokens_manage", false),
    ] {
        let found = store.has_zone_privilege(&of_user(id), privilege).await.expect("an answer");
        assert_eq!(found, expected, "{id} {privilege}");
    }
    for (id, cluster, expected) in [
        ("direct", "cracow", true),
        ("deep", "cracow", true),
        ("top", "cracow", false),
        ("out", "cracow", false),
        ("direct", "lisbon", false),
        ("deep", "missing", false),
    ] {
        let subject = of_user(id);
        let updates = store.has_cluster_privilege(&subject, cluster, "cluster_update").await;
        assert_eq!(updates.expect("an answer"), expected, "{id} {cluster}");
        let views = store.has_cluster_privilege(&subject, cluster, "cluster_view").await;
        assert!(!views.expect("an answer"), "{id} {cluster}");
        let member = store.is_cluster_member(&subject, cluster).await;
        assert_eq!(member.expect("an answer"), expected, "{id} {cluster}");
    }
}

/// Thousands of groups, each in the next: they are stored, give what they give at the far end, and are removed.
pub async fn long_chains_of_groups_are_followed_to_their_end(store: &dyn Store) {
    const LENGTH: usize = 5000;
    let id = |number: usize| format!("g{number:04}");
    let mut zone =
        Zone { users: vec![user("alice")], providers: vec![provider("cracow")], ..Zone::default() };
    for number in 0..LENGTH {
        let mut link = group(&id(number));
        if number > 0 {
            link.groups.insert(id(number - 1));
        }
        zone.groups.push(link);
    }
    zone.groups[0].users = set(&["alice"]);
    zone.groups[LENGTH - 1].privileges = set(&["oz_tokens_manage"]);
    zone.providers[0].cluster.groups.insert(id(LENGTH - 1), set(&["cluster_update"]));
    zone.spaces = vec![space("far")];
    (zone.spaces[0].groups, zone.spaces[0].providers) = (set(&[&id(LENGTH - 1)]), set(&["cracow"]));
    assert_eq!(apply(store, &zone, 1).await.groups.created, LENGTH as u64);

    let alice = of_user("alice");
    for answer in [
        store.has_zone_privilege(&alice, "oz_tokens_manage").await,
        store.has_cluster_privilege(&alice, "cracow", "cluster_update").await,
        store.is_cluster_member(&alice, "cracow").await,
        store.is_user_of_provider(&alice, "cracow").await,
        store.is_group_member(&alice, &id(LENGTH - 1)).await,
    ] {
        assert!(answer.expect("an answer"));
    }
    assert!(!store.has_zone_privilege(&alice, "oz_users_view").await.expect("an answer"));

    zone.groups.clear();
    zone.spaces.clear();
    zone.providers[0].cluster.groups.clear();
    let report = store.apply(&zone, Unnamed::Remove, &audit(2)).await.expect("the zone applies");
    assert_eq!(report.groups.removed, LENGTH as u64);
    assert!(!store.has_zone_privilege(&alice, "oz_tokens_manage").await.expect("an answer"));
}

/// A cycle makes its groups equal, and no question endless.
pub async fn cycles_of_groups_end(store: &dyn Store) {
    let mut zone = Zone { users: vec![user("alice"), user("bob")], ..Zone::default() };
    let (mut one, mut two, mut own) = (group("one"), group("two"), group("own"));
    (one.groups, one.users) = (set(&["two"]), set(&["alice"]));
    (two.groups, two.privileges) = (set(&["one"]), set(&["oz_tokens_manage"]));
    (own.groups, own.users) = (set(&["own"]), set(&["bob"]));
    zone.groups = vec![one, own, two];
    apply(store, &zone, 1).await;
    let (alice, bob) = (of_user("alice"), of_user("bob"));
    assert!(store.has_zone_privilege(&alice, "oz_tokens_manage").await.expect("an answer"));
    assert!(!store.has_zone_privilege(&bob, "oz_tokens_manage").await.expect("an answer"));
    for (subject, id, expected) in
        [(&alice, "two", true), (&alice, "one", true), (&bob, "one", false), (&bob, "own", true)]
    {
        assert_eq!(store.is_group_member(subject, id).await.expect("an answer"), expected, "{subject} {id}");
    }
}

/// Even where a provider has the id of a user who holds everything.
pub async fn providers_hold_no_privileges(store: &dyn Store) {
    let mut zone = Zone { users: vec![user("same")], providers: vec![provider("same")], ..Zone::default() };
    zone.users[0].privileges = set(&["oz_tokens_manage"]);
    zone.providers[0].cluster.users.insert("same".to_owned(), set(&["cluster_update"]));
    let mut all = group("all");
    all.users = set(&["same"]);
    zone.groups = vec![all];
    apply(store, &zone, 1).await;
    for (subject, expected) in [(of_user("same"), true), (of_provider("same"), false)] {
        let answers = [
            store.has_zone_privilege(&subject, "oz_tokens_manage").await.expect("an answer"),
            store.has_cluster_privilege(&subject, "same", "cluster_update").await.expect("an answer"),
            store.is_cluster_member(&subject, "same").await.expect("an answer"),
            store.is_group_member(&subject, "all").await.expect("an answer"),
            store.has_direct_group(&subject).await.expect("an answer"),
        ];
        assert_eq!(answers, [expected; 5], "{subject}");
    }
}

/// No privilege outlives the membership, the group or the grant it came from.
pub async fn privileges_are_gone_with_what_gave_them(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let (alice, bob) = (of_user("alice"), of_user("bob"));
    assert!(store.has_zone_privilege(&bob, "oz_users_view").await.expect("an answer"));
    assert!(store.has_cluster_privilege(&bob, "cracow", "cluster_view").await.expect("an answer"));

    let mut zone = sample_zone();
    zone.users[0].privileges = set(&["oz_users_list"]);
    zone.groups.retain(|group| group.id == "outer");
    zone.groups[0].groups = set(&[]);
    zone.providers[0].cluster.groups.clear();
    store.apply(&zone, Unnamed::Remove, &audit(2)).await.expect("the zone applies");
    assert!(!store.has_zone_privilege(&alice, "oz_tokens_manage").await.expect("an answer"));
    assert!(store.has_zone_privilege(&alice, "oz_users_list").await.expect("an answer"));
    assert!(!store.has_zone_privilege(&bob, "oz_users_view").await.expect("an answer"));
    assert!(!store.has_cluster_privilege(&bob, "cracow", "cluster_view").await.expect("an answer"));
    assert!(store.is_cluster_member(&bob, "cracow").await.expect("an answer"));
    assert!(!store.has_direct_group(&bob).await.expect("an answer"));
}

/// A grant adds to what a member has; it needs a cluster and a member that exist.
pub async fn cluster_grants_add_up(store: &dyn Store) {
    store.create_user(&user("alice"), &audit(1)).await.expect("a user is created");
    store.create_provider(&provider("cracow"), &audit(2)).await.expect("a provider is created");
    let alice = Member::User("alice".to_owned());
    for (number, privilege) in [(3, "cluster_view"), (4, "cluster_update"), (5, "cluster_update")] {
        store.grant_cluster("cracow", &alice, &set(&[privilege]), &audit(number)).await.expect("a grant");
    }
    let zone = store.export().await.expect("an export");
    assert_eq!(zone.providers[0].cluster.users["alice"], set(&["cluster_view", "cluster_update"]));

    let error = store.grant_cluster("lisbon", &alice, &set(&[]), &audit(6)).await.expect_err("no cluster");
    assert!(matches!(error, StoreError::NotFound { kind: RecordKind::Provider, .. }), "{error}");
    let nobody = Member::Group("nobody".to_owned());
    let error = store.grant_cluster("cracow", &nobody, &set(&[]), &audit(7)).await.expect_err("no group");
    assert!(matches!(error, StoreError::DanglingReference { kind: RecordKind::Group, .. }), "{error}");
}

/// What consumer caveats ask about.
pub async fn consumers_belong_to_groups(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let (alice, bob) = (of_user("alice"), of_user("bob"));
    for (subject, id, expected) in
        [(&bob, "inner", true), (&bob, "outer", true), (&alice, "outer", false), (&bob, "missing", false)]
    {
        assert_eq!(store.is_group_member(subject, id).await.expect("an answer"), expected, "{subject} {id}");
    }
    assert!(store.has_direct_group(&bob).await.expect("an answer"));
    assert!(!store.has_direct_group(&alice).await.expect("an answer"));
}
