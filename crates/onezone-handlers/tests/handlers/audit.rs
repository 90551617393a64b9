//! What a deletion leaves behind: who did it and how.

use onezone_store::Subject;
use serde_json::json;

use crate::support::{NOW, Onezone, PASSWORD, access, basic};

#[tokio::test]
async fn a_deletion_leaves_an_audit_row_that_says_who_and_how() {
    let onezone = Onezone::new().await;
    let path = "/users/alice/tokens/named";
    let by_token = onezone.send("DELETE", path, &[("x-auth-token", &access("carol"))]).await;
    let by_password =
        onezone.send("DELETE", path, &[("authorization", &basic("alice.name", PASSWORD))]).await;
    assert_eq!((by_token.status, by_password.status), (204, 204));
    onezone.delete("alice", &[("x-auth-token", &access("bob"))]).await;
    let mut trail = onezone.store.audit_trail(&Subject::User("alice".to_owned()).to_string()).await.unwrap();
    // The zone was applied before.
    trail.retain(|row| row.action != "zone.apply");
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

#[tokio::test]
async fn what_is_not_done_leaves_nothing() {
    let onezone = Onezone::new().await;
    assert_eq!(onezone.delete("nobody", &[("x-auth-token", &access("carol"))]).await, "404 notFound");
    assert_eq!(onezone.delete("nobody", &[("x-auth-token", &access("bob"))]).await, "403 forbidden");
    assert!(onezone.store.audit_trail("usr-nobody").await.unwrap().is_empty());
}
