//! Who may do what, and what the two operations do.

use onezone_store::{Store, Subject};
use serde_json::json;

use crate::support::{NOW, Onezone, PASSWORD, access, basic, named, root, settings, token, zone};

fn confined(user: &str, caveat: &str) -> String {
    token(&format!("2/nmd/usr-{user}/act/{user}-token"), &[caveat])
}

async fn tokens_of(store: &dyn Store, subject: &str) -> Vec<String> {
    store.list_token_ids(&subject.parse().unwrap()).await.unwrap()
}

#[tokio::test]
async fn who_may_delete_the_tokens_of_a_user() {
    let elsewhere = "api = ozw/get/*.*.*:*";
    for (caller, user, outcome) in [
        (None, "alice", "401 unauthorized"),
        (None, "nobody", "401 unauthorized"),
        (Some(access("alice")), "alice", "204"),
        (
            Some(confined("alice", "api = ozw/delete/token.null.user_named_tokens,alice:private")),
            "alice",
            "204",
        ),
        (Some(confined("alice", "api = ozw/delete/token.*.user_named_tokens,*")), "alice", "204"),
        (Some(confined("alice", elsewhere)), "alice", "401 tokenCaveatUnverified"),
        (Some(confined("alice", "api = opw/all/*.*.*:*")), "alice", "401 tokenCaveatUnverified"),
        (
            Some(confined("alice", "api = ozw/all/token.null.user_named_tokens:*")),
            "alice",
            "401 tokenCaveatUnverified",
        ),
        (Some(access("bob")), "alice", "403 forbidden"),
        (Some(access("bob")), "nobody", "403 forbidden"),
        (Some(access("erin")), "alice", "403 forbidden"),
        (Some(access("carol")), "alice", "204"),
        (Some(access("dora")), "alice", "204"),
        (Some(access("carol")), "nobody", "404 notFound"),
        (Some(confined("carol", elsewhere)), "alice", "401 tokenCaveatUnverified"),
        (Some(confined("bob", elsewhere)), "alice", "401 tokenCaveatUnverified"),
        (Some(confined("bob", elsewhere)), "nobody", "401 tokenCaveatUnverified"),
        (Some(root("paris")), "bob", "403 forbidden"),
        (Some(root("alice")), "alice", "403 forbidden"), // a provider of the same id
    ] {
        let onezone = Onezone::new().await;
        let headers: Vec<_> = caller.iter().map(|token| ("x-auth-token", token.as_str())).collect();
        assert_eq!(onezone.delete(user, &headers).await, outcome, "{caller:?} {user}");
        if user != "nobody" {
            let left = tokens_of(&*onezone.store, &format!("usr-{user}")).await.len();
            assert_eq!(left, usize::from(outcome != "204"), "{caller:?} {user}");
        }
    }
}

#[tokio::test]
async fn who_may_list_the_tokens_of_a_provider() {
    let onezone = Onezone::new().await;
    let elsewhere = "api = ozw/delete/*.*.*:*";
    for (caller, provider, outcome) in [
        (None, "paris", "401 unauthorized"),
        (None, "nowhere", "401 unauthorized"),
        (Some(root("paris")), "paris", "200"),
        (Some(root("prague")), "paris", "403 forbidden"),
        (Some(access("erin")), "paris", "200"),
        (Some(access("frank")), "paris", "200"),
        (Some(access("erin")), "prague", "403 forbidden"),
        (Some(access("gwen")), "paris", "403 forbidden"),
        (Some(access("carol")), "paris", "200"),
        (Some(access("dora")), "paris", "200"),
        (Some(access("carol")), "nowhere", "404 notFound"),
        (Some(access("carol")), "onezone", "404 notFound"),
        (Some(access("alice")), "paris", "403 forbidden"),
        (Some(access("alice")), "alice", "403 forbidden"), // a user of the same id
        (Some(access("bob")), "nowhere", "403 forbidden"),
        (
            Some(confined("erin", "api = ozw/get/token.null.provider_named_tokens,paris:private")),
            "paris",
            "200",
        ),
        (Some(confined("erin", elsewhere)), "paris", "401 tokenCaveatUnverified"),
        (Some(confined("bob", elsewhere)), "paris", "401 tokenCaveatUnverified"),
    ] {
        let headers: Vec<_> = caller.iter().map(|token| ("x-auth-token", token.as_str())).collect();
        assert_eq!(onezone.list(provider, &headers).await, outcome, "{caller:?} {provider}");
    }
}

#[tokio::test]
async fn a_password_opens_what_its_user_may_do() {
    let onezone = Onezone::new().await;
    for (user, path_user, outcome) in
        [("bob", "alice", "403 forbidden"), ("alice", "alice", "204"), ("carol", "bob", "204")]
    {
        let authorization = basic(&format!("{user}.name"), PASSWORD);
        assert_eq!(onezone.delete(path_user, &[("authorization", &authorization)]).await, outcome, "{user}");
    }
}

#[tokio::test]
async fn tokens_are_listed_in_the_order_of_their_names_whatever_they_are() {
    let mut zone = zone();
    for (id, name, revoked) in [("b", "ą", false), ("a", "zz", true), ("d", "Zz", false), ("c", "z", false)]
    {
        let mut token = named("prv-prague", id);
        (token.name, token.revoked) = (name.to_owned(), revoked);
        zone.tokens.push(token);
    }
    let onezone = Onezone::over(zone, settings()).await;
    let path = "/providers/prague/tokens/named";
    let answer = onezone.send("GET", path, &[("x-auth-token", &root("prague"))]).await;
    assert_eq!(answer.body, r#"{"tokens":["d","prague-root","c","a","b"]}"#);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn deleting_takes_the_token_that_authorised_it_and_leaves_temporary_ones() {
    let onezone = Onezone::new().await;
    let alice = access("alice");
    assert_eq!(onezone.delete("alice", &[("x-auth-token", &alice)]).await, "204");
    assert_eq!(onezone.delete("alice", &[("x-auth-token", &alice)]).await, "401 tokenInvalid");
    let temporary = crate::support::signed("2/tmp-2/usr-alice/act/t", &[], crate::support::TEMPORARY_SECRET);
    for _ in 0..2 {
        assert_eq!(onezone.delete("alice", &[("x-auth-token", &temporary)]).await, "204", "nothing is left");
    }
    assert_eq!(tokens_of(&*onezone.store, "prv-alice").await, ["alice-root"], "a namesake keeps its tokens");
    assert_eq!(tokens_of(&*onezone.store, "usr-bob").await, ["bob-token"]);
}

#[tokio::test]
async fn a_deletion_leaves_an_audit_row_that_says_who_and_how() {
    let onezone = Onezone::new().await;
    let path = "/users/alice/tokens/named";
    let by_token = onezone.send("DELETE", path, &[("x-auth-token", &access("carol"))]).await;
    let by_password =
        onezone.send("DELETE", path, &[("authorization", &basic("alice.name", PASSWORD))]).await;
    assert_eq!((by_token.status, by_password.status), (204, 204));
    onezone.delete("alice", &[("x-auth-token", &access("bob"))]).await;
    let trail = onezone.store.audit_trail(&Subject::User("alice".to_owned()).to_string()).await.unwrap();
    let rows: Vec<_> = trail
        .iter()
        .map(|row| {
            let entry = &row.entry;
            json!([entry.actor, entry.authentication, entry.token_id, entry.peer, entry.at, row.token_ids])
        })
        .collect();
    assert_eq!(
        json!(rows),
        json!([
            ["usr-carol", "token", "carol-token", "192.0.2.1", NOW, ["alice-token"]],
            ["usr-alice", "basic", null, "192.0.2.1", NOW, []],
        ])
    );
    for (row, answer) in trail.iter().zip([&by_token, &by_password]) {
        assert_eq!(row.entry.request_id.as_deref(), answer.headers["x-request-id"].to_str().ok());
    }
}
