//! Single tokens, temporary secrets and users, as authentication and administration see them.

use super::{apply, audit, group, of_provider, of_user, provider, sample_zone, set, token, user};
use crate::{RecordKind, Secret, Store, StoreError, TokenRecord, TokenType};

/// The record is exactly what was stored, and nobody else's.
pub async fn a_token_is_found_by_its_owner_and_id(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let expected = TokenRecord {
        id: "t1".to_owned(),
        subject: of_user("alice"),
        version: 2,
        secret: Secret::new("secret of t1"),
        revoked: false,
        subject_blocked: false,
    };
    let found = store.token_for_authentication(&of_user("alice"), "t1").await.expect("an answer");
    assert_eq!(found.as_ref(), Some(&expected));
    for (subject, id) in [(of_user("bob"), "t1"), (of_provider("alice"), "t1"), (of_user("alice"), "T1")] {
        assert_eq!(store.token_for_authentication(&subject, id).await.expect("an answer"), None);
    }
    assert_eq!(store.token_of_any_subject("t1").await.expect("an answer"), Some(expected));
    assert_eq!(store.token_of_any_subject("t9").await.expect("an answer"), None);

    let stored = store.token("t2").await.expect("an answer").expect("a token");
    assert_eq!(Some(&stored.token), sample_zone().tokens.iter().find(|token| token.id == "t2"));
    assert_eq!(stored.created_at, audit(1).at);
}

/// Only tokens of version 1 are found without their subject.
pub async fn a_legacy_token_is_found_by_its_id(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let found = store.legacy_token_for_authentication("t4").await.expect("an answer").expect("a token");
    assert_eq!((found.version, found.subject), (1, of_provider("cracow")));
    assert_eq!(store.legacy_token_for_authentication("t1").await.expect("an answer"), None);
}

/// Another name, or another subject, and the token is created; the same ones, and nothing changes.
pub async fn token_names_are_unique_within_a_subject(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let before = store.export().await.expect("an export");
    let alice = of_user("alice");
    let error = store.create_token(&token(&alice, "t9", "laptop"), &audit(2)).await.expect_err("taken");
    assert!(matches!(error, StoreError::TokenNameTaken { .. }), "{error}");
    let error = store.create_token(&token(&alice, "t3", "other"), &audit(3)).await.expect_err("taken");
    assert!(matches!(error, StoreError::AlreadyExists { kind: RecordKind::Token, .. }), "{error}");
    let error =
        store.create_token(&token(&of_user("nobody"), "t9", "x"), &audit(4)).await.expect_err("nobody");
    assert!(matches!(error, StoreError::NotFound { kind: RecordKind::Subject, .. }), "{error}");
    let mut secretless = token(&alice, "t9", "other");
    secretless.secret = None;
    let error = store.create_token(&secretless, &audit(5)).await.expect_err("no secret");
    assert!(matches!(error, StoreError::SecretMissing(_)), "{error}");
    assert_eq!(store.export().await.expect("an export"), before);

    // Names are compared byte by byte, and a name is free again once its token is deleted.
    store.create_token(&token(&alice, "t8", "Laptop"), &audit(6)).await.expect("a token is created");
    store.create_token(&token(&of_user("bob"), "t7", "laptop"), &audit(7)).await.expect("a token is created");
    store.delete_all_tokens(&alice, &audit(8)).await.expect("a deletion");
    store.create_token(&token(&alice, "t1", "laptop"), &audit(9)).await.expect("a token is created");
}

/// Revocation is seen by the next read, keeps the token in lists and can be repeated.
pub async fn a_revoked_token_stays_and_says_so(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let alice = of_user("alice");
    let before = store.list_token_ids(&alice).await.expect("a list");
    store.revoke_token("t1", &audit(2)).await.expect("a revocation");
    store.revoke_token("t1", &audit(3)).await.expect("a revocation");
    let record = store.token_for_authentication(&alice, "t1").await.expect("an answer").expect("a token");
    assert!(record.revoked);
    assert_eq!(store.list_token_ids(&alice).await.expect("a list"), before);
    let summaries = store.list_tokens(&alice).await.expect("a list");
    let states: Vec<_> = summaries.iter().map(|summary| (summary.id.as_str(), summary.revoked)).collect();
    assert_eq!(states, [("t1", true), ("t2", false)]);
    assert_eq!(summaries[0].token_type, TokenType::AccessToken);
    let error = store.revoke_token("missing", &audit(4)).await.expect_err("no token");
    assert!(matches!(error, StoreError::NotFound { kind: RecordKind::Token, .. }), "{error}");
}

/// One read is enough to refuse a blocked user's token.
pub async fn a_blocked_subject_is_seen_with_its_token(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let bob = of_user("bob");
    store.create_token(&token(&bob, "t9", "laptop"), &audit(2)).await.expect("a token is created");
    let record = store.token_for_authentication(&bob, "t9").await.expect("an answer").expect("a token");
    assert!(record.subject_blocked);
    assert!(store.subject_state(&bob).await.expect("an answer").expect("a user").blocked);
    assert!(!store.subject_state(&of_user("alice")).await.expect("an answer").expect("a user").blocked);
}

/// Anonymous requests reach this read.
pub async fn reading_creates_no_temporary_secret(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let before = store.export().await.expect("an export");
    for subject in [of_user("bob"), of_provider("cracow"), of_user("nobody")] {
        let state = store.subject_state(&subject).await.expect("an answer");
        assert_eq!(state.and_then(|state| state.temporary), None);
    }
    assert_eq!(store.export().await.expect("an export"), before);
}

/// One secret a subject, the first of generation 1; revocation replaces it and counts.
pub async fn temporary_tokens_are_revoked_by_generation(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let bob = of_user("bob");
    let (first, second, third) = (Secret::new("11"), Secret::new("22"), Secret::new("33"));
    for fresh in [&first, &second] {
        let made = store.ensure_temporary_secret(&bob, fresh, &audit(2)).await.expect("a secret");
        assert_eq!((made.secret, made.generation), (first.clone(), 1));
    }
    let generation = store.revoke_temporary_tokens(&bob, &third, &audit(3)).await.expect("a revocation");
    let state = store.subject_state(&bob).await.expect("an answer").expect("a user");
    let temporary = state.temporary.expect("a secret");
    assert_eq!((generation, temporary.generation, temporary.secret), (2, 2, third.clone()));
    // Tokens made before there was a secret cannot exist, yet the count starts as if generation 1 was in use.
    let cracow = of_provider("cracow");
    assert_eq!(store.revoke_temporary_tokens(&cracow, &third, &audit(4)).await.expect("a revocation"), 2);
    for error in [
        store.ensure_temporary_secret(&of_user("nobody"), &first, &audit(5)).await.err(),
        store.revoke_temporary_tokens(&of_user("nobody"), &first, &audit(6)).await.err(),
    ] {
        assert!(matches!(error, Some(StoreError::NotFound { kind: RecordKind::Subject, .. })));
    }
}

/// Usernames are case-sensitive, and no user has the empty one by having none.
pub async fn users_log_in_by_their_exact_name(store: &dyn Store) {
    apply(store, &sample_zone(), 1).await;
    let alice = store.user_by_username("alice").await.expect("an answer").expect("a user");
    assert_eq!((alice.id.as_str(), alice.basic_auth, alice.blocked), ("alice", true, false));
    assert_eq!(alice.password_hash.expect("a hash").expose(), [7; 65]);
    for name in ["Alice", "alice ", "", "bob"] {
        assert_eq!(store.user_by_username(name).await.expect("an answer"), None, "{name:?}");
    }
}

/// Ids and usernames are unique; members must exist.
pub async fn records_are_created_once(store: &dyn Store) {
    assert!(!store.has_users().await.expect("an answer"));
    store.create_user(&user("alice"), &audit(1)).await.expect("a user is created");
    assert!(store.has_users().await.expect("an answer"));
    let mut admins = group("admins");
    (admins.users, admins.privileges) = (set(&["alice"]), set(&["oz_tokens_manage"]));
    store.create_group(&admins, &audit(2)).await.expect("a group is created");
    store.create_provider(&provider("cracow"), &audit(3)).await.expect("a provider is created");
    assert!(store.has_zone_privilege(&of_user("alice"), "oz_tokens_manage").await.expect("an answer"));

    let before = store.export().await.expect("an export");
    let mut namesake = user("other");
    namesake.username = Some("alice".to_owned());
    let mut dangling = group("dangling");
    dangling.users = set(&["alice", "missing"]);
    let errors = [
        store.create_user(&user("alice"), &audit(4)).await.err(),
        store.create_user(&namesake, &audit(5)).await.err(),
        store.create_user(&user("with\u{0}nul"), &audit(6)).await.err(),
        store.create_group(&admins, &audit(7)).await.err(),
        store.create_group(&dangling, &audit(8)).await.err(),
        store.create_provider(&provider("cracow"), &audit(9)).await.err(),
    ];
    assert!(
        matches!(
            &errors,
            [
                Some(StoreError::AlreadyExists { kind: RecordKind::User, .. }),
                Some(StoreError::UsernameTaken(_)),
                Some(StoreError::InvalidId(_)),
                Some(StoreError::AlreadyExists { kind: RecordKind::Group, .. }),
                Some(StoreError::DanglingReference { kind: RecordKind::User, .. }),
                Some(StoreError::AlreadyExists { kind: RecordKind::Provider, .. }),
            ]
        ),
        "{errors:?}"
    );
    assert_eq!(store.export().await.expect("an export"), before);
}
