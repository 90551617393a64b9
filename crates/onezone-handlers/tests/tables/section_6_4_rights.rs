//! Who may do what: tables 6.1, 6.2 and 6.4.

use onezone_store::Unnamed;
use serde_json::json;
use stubgen_runtime::Options;

use crate::expect::{plain, unverified};
use crate::mint::{signed, token};
use crate::row::{Row, access, confined, delete, list, root, run};
use crate::section_2_7_basic::basic;
use crate::world::{World, audit, settings};
use crate::zone::{PASSWORD, TEMPORARY_SECRET, document};

const OF_PARIS: [&str; 3] = ["legacy-paris", "paris-revoked", "paris-root"];
const ELSEWHERE: &str = "api = ozw/update/*.*.*:*";

pub(crate) fn rows() -> Vec<Row> {
    [deleting(), deleting_of_others(), listing(), listing_of_users()].concat()
}

fn deleting() -> Vec<Row> {
    let anonymous = "6.4 DELETE/anonymous (no or unrecognised credentials)";
    let invalid = "6.4 DELETE/invalid token / Basic / blocked / disabled";
    let own = "6.4 DELETE/user U, Basic or token";
    let excluded = "6.4 DELETE/user U, token whose API/service caveat excludes it";
    let mut rows = Vec::new();
    for user in ["alice", "nowhere"] {
        rows.push(delete(anonymous, "none", user).anonymous());
        rows.push(delete(anonymous, "unrecognised", user).header("Authorization", "Digest x").anonymous());
        rows.push(delete(invalid, "token", user).token("x").refused_as("badToken"));
        rows.push(
            delete(invalid, "Basic", user)
                .header("Authorization", basic("alice.name", "x"))
                .refused(plain("badBasicCredentials")),
        );
        rows.push(delete(invalid, "blocked", user).user("mallory").refused_as("userBlocked"));
        rows.push(
            delete(invalid, "disabled", user)
                .header("Authorization", basic("otto.name", PASSWORD))
                .refused(plain("basicAuthDisabled")),
        );
    }
    rows.push(delete(invalid, "blocked, one's own", "mallory").user("mallory").refused_as("userBlocked"));
    rows.push(delete(own, "Basic", "alice").header("Authorization", basic("alice.name", PASSWORD)).deleted());
    for token in [
        access("alice"),
        format!("opw-{}", access("alice")),
        token("legacy", &[]),
        signed("2/tmp-2/usr-alice/act/t", &[], TEMPORARY_SECRET),
        confined("alice", &["api = ozw/delete/token.null.user_named_tokens,alice:private"]),
        confined("alice", &["service = ozw-onezone", "interface = rest"]),
    ] {
        rows.push(delete(own, "token", "alice").token(token).deleted());
    }
    rows.push(delete(own, "nothing left but the token", "bob").user("bob").deleted());
    for caveat in [ELSEWHERE, "service = opw-paris"] {
        rows.push(
            delete(excluded, caveat, "alice").token(confined("alice", &[caveat])).refused(unverified(caveat)),
        );
    }
    rows
}

fn deleting_of_others() -> Vec<Row> {
    let without = "6.4 DELETE/user V without oz_tokens_manage, U exists or not";
    let with = "6.4 DELETE/user V with oz_tokens_manage, U exists";
    let missing = "6.4 DELETE/user V with oz_tokens_manage, U does not exist";
    let provider = "6.4 DELETE/any provider (even with id equal to U)";
    let gone = "6.4 DELETE/user U just deleted, with a formerly valid token";
    let mut rows = Vec::new();
    for user in ["bob", "erin", "gwen", "out", "twin"] {
        for whose in ["alice", "carol", "mallory", "nowhere", "usr-alice", "paris", "null", "ALICE"] {
            rows.push(delete(without, user, whose).user(user).forbidden());
        }
    }
    for user in ["carol", "dora"] {
        for whose in ["alice", "bob", "mallory", "nora", "twin"] {
            rows.push(delete(with, user, whose).user(user).deleted());
        }
        for whose in ["nowhere", "usr-alice", "paris", "onezone", "ALICE", "alice.name"] {
            rows.push(delete(missing, user, whose).also("compat/1").user(user).not_found());
        }
        rows.push(
            delete(missing, "Basic", "nowhere")
                .header("Authorization", basic(&format!("{user}.name"), PASSWORD))
                .not_found(),
        );
    }
    for whose in ["alice", "nowhere"] {
        let token = confined("carol", &[ELSEWHERE]);
        rows.push(
            delete("6.4 DELETE/V as above, but API caveat excludes it", "an administrator", whose)
                .token(token)
                .refused(unverified(ELSEWHERE)),
        );
        let token = confined("bob", &[ELSEWHERE]);
        rows.push(
            delete("6.4 DELETE/V without the privilege and API caveat excludes it", "another", whose)
                .token(token)
                .refused(unverified(ELSEWHERE)),
        );
    }
    for whose in ["alice", "twin", "paris", "nowhere"] {
        for token in [
            root("twin"),
            root("paris"),
            token("legacy-paris", &[]),
            signed("2/tmp-2/prv-paris/act/t", &[], TEMPORARY_SECRET),
        ] {
            rows.push(delete(provider, "a provider", whose).token(token).forbidden());
        }
    }
    for token in [
        token("2/nmd/usr-nowhere/act/nowhere-token", &[]),
        signed("2/tmp-1/usr-nowhere/act/t", &[], TEMPORARY_SECRET),
    ] {
        rows.push(delete(gone, "gone", "nowhere").token(token).refused_as("tokenInvalid"));
    }
    rows
}

fn listing() -> Vec<Row> {
    let mut rows = vec![
        list("6.4 GET/anonymous", "none", "paris").anonymous(),
        list("6.4 GET/anonymous", "none", "nowhere").anonymous(),
    ];
    let own = "6.4 GET/provider P";
    for token in [
        root("paris"),
        format!("opp-{}", root("paris")),
        token("legacy-paris", &[]),
        signed("2/tmp-2/prv-paris/act/t", &[], TEMPORARY_SECRET),
        token(
            "2/nmd/prv-paris/act/paris-root",
            &["api = ozw/get/token.null.provider_named_tokens,paris:private"],
        ),
    ] {
        rows.push(list(own, "its own", "paris").token(token.clone()).lists(&OF_PARIS));
        let other = list("6.4 GET/provider Q", "another's", "prague").token(token.clone());
        let caveat = "api = ozw/get/token.null.provider_named_tokens,paris:private";
        rows.push(if token.len() > 250 { other.refused(unverified(caveat)) } else { other.forbidden() });
    }
    for provider in ["paris", "nowhere", "onezone", "alice"] {
        rows.push(list("6.4 GET/provider Q", "another", provider).token(root("prague")).forbidden());
    }
    rows
}

fn listing_of_users() -> Vec<Row> {
    let update = "6.4 GET/user with effective cluster_update in cluster P";
    let without = "6.4 GET/member of cluster P without it (cluster_view only, or \"manager\" preset)";
    let manage = "6.4 GET/user with oz_tokens_manage, P exists";
    let missing = "6.4 GET/user with oz_tokens_manage, P does not exist";
    let others = "6.4 GET/other users, P exists or not";
    let onezone = "6.4 GET/user with cluster_update in the Onezone cluster, P = onezone";
    let garbage = "6.4 GET/empty or garbage P, ordinary user";
    let mut rows = Vec::new();
    for user in ["erin", "frank", "deep"] {
        rows.push(list(update, user, "paris").user(user).lists(&OF_PARIS));
        rows.push(list(update, user, "prague").user(user).forbidden());
        rows.push(
            list(update, "Basic", "paris")
                .header("Authorization", basic(&format!("{user}.name"), PASSWORD))
                .lists(&OF_PARIS),
        );
    }
    for user in ["gwen", "hugo", "iris"] {
        rows.push(list(without, user, "paris").user(user).forbidden());
    }
    for user in ["carol", "dora"] {
        rows.push(list(manage, user, "paris").user(user).lists(&OF_PARIS));
        rows.push(list(manage, user, "bare").user(user).lists(&[]));
        for provider in ["nowhere", "prv-paris", "alice", "PARIS"] {
            rows.push(list(missing, user, provider).also("compat/1").user(user).not_found());
        }
        // The cluster of Onezone is no provider, and this zone keeps none of its own.
        rows.push(list(onezone, user, "onezone").also("compat/1").user(user).not_found());
    }
    for user in ["alice", "bob", "out", "twin"] {
        for provider in ["paris", "prague", "twin", "nowhere", "onezone"] {
            rows.push(list(others, user, provider).user(user).forbidden());
        }
    }
    rows.push(list(onezone, "a member of another", "onezone").user("erin").forbidden());
    for id in ["%20", "a%2Fb", "..a", "%F0%9F%92%A5", "null", "*"] {
        rows.push(list(garbage, id, id).user("alice").forbidden());
    }
    rows
}

#[tokio::test]
async fn rights_decide_and_existence_is_for_those_who_may_know() {
    run(&World::new().await, &rows()).await;
}

#[tokio::test]
async fn a_user_that_is_deleted_takes_its_tokens_along() {
    let world = World::new().await;
    let gone = "6.4 DELETE/user U just deleted, with a formerly valid token";
    let temporary = signed("2/tmp-2/usr-alice/act/t", &[], TEMPORARY_SECRET);
    let first = signed("2/tmp-1/usr-alice/act/t", &[], TEMPORARY_SECRET);
    // Of the temporary ones it is as if her first secret had never been seen.
    let tokens = [access("alice"), token("legacy", &[]), temporary, first];
    let mut zone = world.store.export().await.unwrap();
    zone.users.retain(|user| user.id != "alice");
    zone.tokens.retain(|token| token.subject.to_string() != "usr-alice");
    zone.spaces.iter_mut().for_each(|space| space.users.retain(|user| user != "alice"));
    zone.temporary_tokens.retain(|secret| secret.subject.to_string() != "usr-alice");
    world.store.apply(&zone, Unnamed::Remove, &audit("remove alice")).await.unwrap();
    let mut rows: Vec<Row> =
        tokens.map(|token| delete(gone, "gone", "alice").token(token).refused_as("tokenInvalid")).into();
    rows.push(
        delete(gone, "an earlier generation", "alice")
            .token(signed("2/tmp-0/usr-alice/act/t", &[], TEMPORARY_SECRET))
            .refused_as("tokenRevoked"),
    );
    rows.push(delete(gone, "an administrator", "alice").user("carol").not_found());
    rows.push(delete(gone, "another", "alice").user("bob").forbidden());
    rows.push(
        delete(gone, "her password", "alice")
            .header("Authorization", basic("alice.name", PASSWORD))
            .refused_as("badBasicCredentials"),
    );
    run(&world, &rows).await;
}

/// A provider whose id is that of Onezone's own cluster is a provider like any other.
#[tokio::test]
async fn a_provider_called_onezone_is_listed() {
    let mut zone = document();
    let provider =
        json!({ "id": "onezone", "name": "O", "cluster": { "users": { "erin": ["cluster_update"] } } });
    zone["providers"].as_array_mut().unwrap().push(provider);
    let world = World::with(serde_json::from_value(zone).unwrap(), settings(), Options::default()).await;
    let label = "6.4 GET/user with cluster_update in the Onezone cluster, P = onezone";
    let rows = [
        list(label, "a member", "onezone").user("erin").lists(&[]),
        list(label, "another", "onezone").user("hugo").forbidden(),
        list(label, "an administrator", "onezone").user("carol").lists(&[]),
    ];
    run(&world, &rows).await;
}
