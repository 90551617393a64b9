//! User name and password: the order of outcomes, and the memory of passwords that were right.

use std::sync::atomic::Ordering;

use onezone_handlers::Settings;
use onezone_store::{PasswordHash, Unnamed};

use crate::support::{NOW, Onezone, PASSWORD, audit, basic, hash, settings, zone};

async fn log_in(onezone: &Onezone, authorization: &str) -> String {
    onezone.list("nowhere", &[("authorization", authorization)]).await
}

#[tokio::test]
async fn outcomes_come_in_their_order() {
    let enabled = Onezone::new().await;
    let disabled = Onezone::over(zone(), Settings { basic_auth: false, ..settings() }).await;
    let (bad, off) = ("401 badBasicCredentials", "401 basicAuthNotSupported");
    for (authorization, if_enabled, if_disabled) in [
        ("Basic !!!".to_owned(), bad, bad),
        ("Basic YWxpY2U=".to_owned(), bad, bad), // no colon
        ("Basic YTpi\u{105}".to_owned(), bad, bad),
        ("Basic YWxpY2UubmFtZTr/".to_owned(), bad, off), // not UTF-8
        (basic("nobody", PASSWORD), bad, off),
        (basic("alice", PASSWORD), bad, off), // the id is not the name
        (basic("ALICE.NAME", PASSWORD), bad, off),
        (basic("", ""), bad, off),
        (basic("\0", PASSWORD), bad, off),
        (basic(&"x".repeat(256), PASSWORD), bad, off),
        (basic("mallory.name", PASSWORD), "401 userBlocked", off),
        (basic("mallory.name", "wrong"), "401 userBlocked", off),
        (basic("nora.name", PASSWORD), "401 basicAuthDisabled", off),
        (basic("otto.name", "wrong"), "401 basicAuthDisabled", off),
        (basic("alice.name", "wrong"), bad, off),
        (basic("alice.name", &format!("{PASSWORD}:")), bad, off),
        (basic("alice.name", ""), bad, off),
        (basic("alice.name", &"x".repeat(1025)), bad, off),
        (basic("alice.name", PASSWORD), "403 forbidden", off),
        (basic("paris", PASSWORD), bad, off), // providers have no passwords
    ] {
        assert_eq!(log_in(&enabled, &authorization).await, if_enabled, "{authorization}");
        assert_eq!(log_in(&disabled, &authorization).await, if_disabled, "{authorization}");
    }
}

#[tokio::test]
async fn a_password_may_have_colons() {
    let mut zone = zone();
    zone.users[0].password_hash = Some(hash("a:b::c"));
    let onezone = Onezone::over(zone, settings()).await;
    assert_eq!(log_in(&onezone, &basic("alice.name", "a:b::c")).await, "403 forbidden");
}

#[tokio::test]
async fn modifying_headers_are_ignored_without_a_token_even_bad_ones() {
    let onezone = Onezone::new().await;
    let good = basic("alice.name", PASSWORD);
    for header in ["x-onedata-service-token", "x-onedata-consumer-token"] {
        assert_eq!(
            onezone.list("nowhere", &[("authorization", &good), (header, "x")]).await,
            "403 forbidden",
            "{header}"
        );
        assert_eq!(onezone.list("nowhere", &[(header, "x")]).await, "401 unauthorized", "{header}");
    }
}

#[tokio::test]
async fn a_change_of_the_user_acts_at_once_on_a_password_that_was_right_before() {
    let onezone = Onezone::new().await;
    let (old, new) = (basic("alice.name", PASSWORD), basic("alice.name", "battery staple"));
    assert_eq!(log_in(&onezone, &old).await, "403 forbidden");

    let mut zone = zone();
    zone.users[0].password_hash = Some(hash("battery staple"));
    onezone.store.apply(&zone, Unnamed::Keep, &audit("password")).await.unwrap();
    assert_eq!(log_in(&onezone, &old).await, "401 badBasicCredentials");
    assert_eq!(log_in(&onezone, &new).await, "403 forbidden");

    zone.users[0].basic_auth = false;
    onezone.store.apply(&zone, Unnamed::Keep, &audit("disable")).await.unwrap();
    assert_eq!(log_in(&onezone, &new).await, "401 basicAuthDisabled");

    zone.users[0].blocked = true;
    onezone.store.apply(&zone, Unnamed::Keep, &audit("block")).await.unwrap();
    assert_eq!(log_in(&onezone, &new).await, "401 userBlocked");
}

#[tokio::test]
async fn a_right_password_is_right_again_after_its_memory_has_ended() {
    let onezone = Onezone::new().await;
    for later in [0, 1, 599, 600, 100_000] {
        onezone.clock.0.store(NOW + later, Ordering::Relaxed);
        assert_eq!(log_in(&onezone, &basic("alice.name", PASSWORD)).await, "403 forbidden", "{later}");
        assert_eq!(log_in(&onezone, &basic("alice.name", "wrong")).await, "401 badBasicCredentials");
    }
}

#[tokio::test]
async fn a_damaged_hash_is_an_error_of_the_server() {
    let mut zone = zone();
    zone.users[0].password_hash = Some(PasswordHash::new(vec![7; 10]));
    let onezone = Onezone::over(zone, settings()).await;
    assert_eq!(log_in(&onezone, &basic("alice.name", PASSWORD)).await, "500 internalServerError");
}
