//! What the two operations do: section 7.

use serde_json::json;
use stubgen_runtime::Options;

use crate::mint::{signed, token};
use crate::row::{Row, access, delete, list, request, root, run, run_without_restoring};
use crate::world::{World, settings};
use crate::zone::{LISTED, TEMPORARY_SECRET, document};

pub(crate) fn rows() -> Vec<Row> {
    let listed = LISTED.map(|(id, ..)| id);
    let mut expected = listed[..3].to_vec();
    // The root token is called `name of louvre-root`.
    expected.extend(["l3", "l2", "louvre-root", "l6", "l4"]);
    vec![
        // By the bytes of the names; revoked ones and the root token are among them, another subject's are not.
        list("7.2", "in the order of the names", "louvre").user("carol").lists(&expected),
        list("7.2", "for itself", "louvre").token(root("louvre")).lists(&expected),
        list("7.2", "none", "bare").user("carol").is(200, r#"{"tokens":[]}"#),
        request(
            "7.2",
            "a query changes nothing",
            "GET",
            "/api/v3/onezone/providers/louvre/tokens/named?limit=1&offset=1",
        )
        .user("carol")
        .lists(&expected),
        list("7.1", "a namesake's are others", "twin").token(root("twin")).lists(&["twin-root"]),
        list("7.2", "temporary ones are never listed", "prague")
            .token(signed("2/tmp-2/prv-prague/act/t", &[], TEMPORARY_SECRET))
            .lists(&["prague-root"]),
        delete("7.3", "and there is nothing to say", "alice").also("compat/6").user("alice").deleted(),
        list("7.2", "its form", "bare")
            .also("compat/7")
            .user("carol")
            .answers("content-type", "application/json")
            .is(200, r#"{"tokens":[]}"#),
    ]
}

#[tokio::test]
async fn tokens_are_listed_by_their_names_whatever_they_are() {
    run(&World::new().await, &rows()).await;
}

/// Rows that follow one another, in one zone that nobody restores.
#[tokio::test]
async fn deleting_takes_all_named_tokens_of_one_subject_and_nothing_else() {
    let world = World::new().await;
    let temporary = signed("2/tmp-2/usr-alice/act/t", &[], TEMPORARY_SECRET);
    let before = world.store.export().await.unwrap();
    let mut expected = before.clone();
    expected.tokens.retain(|token| token.subject.to_string() != "usr-alice");
    assert_eq!(before.tokens.len(), expected.tokens.len() + 4, "alice has four tokens");

    let step = |what: &str, token: &str| delete("7.3", what, "alice").also("compat/8").token(token);
    run_without_restoring(&world, &[step("all of them", &access("alice")).deleted()]).await;
    assert_eq!(world.store.export().await.unwrap(), expected, "revoked and old ones as well, and no other");
    let rows = [
        step("the token that authorised it", &access("alice")).refused_as("tokenInvalid"),
        step("one that was revoked", &token("2/nmd/usr-alice/act/alice-revoked", &[]))
            .refused_as("tokenInvalid"),
        step("an old one", &token("legacy", &[])).refused_as("tokenInvalid"),
        step("with a temporary one", &temporary).deleted(),
        step("again", &temporary).deleted(),
    ];
    run_without_restoring(&world, &rows).await;
    assert_eq!(world.store.export().await.unwrap(), expected, "nothing changes any more");
    let trail = world.store.audit_trail("usr-alice").await.unwrap();
    let deletions: Vec<_> = trail.iter().filter(|row| row.entry.authentication == "token").collect();
    assert_eq!(deletions.len(), 3, "each leaves its trace");
    assert_eq!(deletions[0].token_ids.len(), 4);
}

/// The same token is used for two deletions at once: both are answered, and none half way.
#[tokio::test]
async fn two_deletions_at_once_both_succeed_or_find_the_token_gone() {
    let world = World::new().await;
    for _ in 0..10 {
        let row = delete("7.3", "at once", "alice").user("carol").deleted();
        let rows = [row.clone()];
        tokio::join!(run_without_restoring(&world, &rows), run_without_restoring(&world, &rows));
        let left = world.store.export().await.unwrap().tokens;
        assert!(left.iter().all(|token| token.subject.to_string() != "usr-alice"));
        world.restore().await;
    }
}

/// All types are deleted, and all are listed.
#[tokio::test]
async fn types_of_tokens_make_no_difference() {
    let mut zone = document();
    let types = [
        json!("accessToken"),
        json!("identityToken"),
        json!({ "inviteToken": { "inviteType": "userJoinGroup", "groupId": "staff" } }),
        json!({ "inviteToken": { "inviteType": "supportSpace", "spaceId": "s" } }),
    ];
    let tokens = zone["tokens"].as_array_mut().unwrap();
    for (number, kind) in types.iter().enumerate() {
        for subject in ["prv-bare", "usr-bob"] {
            let id = format!("{subject}-{number}");
            tokens.push(json!({ "id": id, "name": id, "subject": subject, "secret": "x", "type": kind, "caveats": ["time < 1"] }));
        }
    }
    let world = World::with(serde_json::from_value(zone).unwrap(), settings(), Options::default()).await;
    let rows = [
        list("7.2", "all types, all expired", "bare").user("carol").lists(&[
            "prv-bare-0",
            "prv-bare-1",
            "prv-bare-2",
            "prv-bare-3",
        ]),
        delete("7.3", "all types", "bob").user("carol").deleted(),
    ];
    run_without_restoring(&world, &rows).await;
    let left = world.store.list_token_ids(&"usr-bob".parse().unwrap()).await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}
