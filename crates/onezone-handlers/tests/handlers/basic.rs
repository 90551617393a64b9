//! User name and password: the memory of passwords that were right.

use std::sync::atomic::Ordering;

use onezone_store::{PasswordHash, Unnamed};

use crate::support::{NOW, Onezone, PASSWORD, audit, basic, hash, settings, zone};

async fn log_in(onezone: &Onezone, authorization: &str) -> String {
    onezone.list("nowhere", &[("authorization", authorization)]).await
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
