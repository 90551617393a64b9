//! What goes wrong inside, and limits that are not about bodies: still one shape.

use std::time::Duration;

use stubgen_runtime::{Options, ServeOptions};
use tokio::io::AsyncWriteExt;

use crate::wire::{head, quiet, read_reply, start, start_with};

#[tokio::test]
async fn panic_is_an_internal_error_with_a_reference_and_no_cause() {
    let server = start().await;
    let reply = server.send("GET /api/v1/panic", &[]).await;
    let description = reply.assert_error(500, "Internal");
    let reference = description.rsplit(' ').next().unwrap();
    assert!(
        reference.len() == 10 && reference.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
        "{reference}"
    );
    assert!(!reply.body.contains("panics"));
    assert_eq!(server.send("GET /api/v1/session", &[]).await.status, 200);
}

#[tokio::test]
async fn response_that_cannot_be_serialised_is_an_internal_error() {
    let server = start().await;
    server.send("GET /api/v1/broken", &[]).await.assert_error(500, "Internal");
}

#[tokio::test]
async fn handler_that_takes_too_long_is_given_up() {
    let options = Options { handler_timeout: Duration::from_millis(50), ..quiet() };
    let server = start_with(options, ServeOptions::default()).await;
    let reply = server.send("GET /api/v1/slow", &[]).await;
    reply.assert_error(503, "Timeout");
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(server.service.in_flight(), 0);
}

#[tokio::test]
async fn requests_over_the_limit_in_flight_are_sent_away() {
    let options = Options { max_in_flight: Some(1), ..quiet() };
    let server = start_with(options, ServeOptions::default()).await;
    let mut slow = server.connect().await;
    slow.write_all(&head("GET /api/v1/slow", &[])).await.unwrap();
    server.service.api().slow_has_begun().await;
    let reply = server.send("GET /api/v1/session", &[]).await;
    reply.assert_error(503, "Overloaded");
    assert_eq!(reply.header("retry-after"), Some("1"));
    server.service.api().gate.notify_one();
    assert_eq!(read_reply(slow).await.status, 200);
    assert_eq!(server.send("GET /api/v1/session", &[]).await.status, 200);
}

#[tokio::test]
async fn no_content_has_neither_body_nor_content_type() {
    let server = start().await;
    let reply = server.send("DELETE /api/v1/items/x", &[]).await;
    assert_eq!((reply.status, reply.body.as_str(), reply.header("content-type")), (204, "", None));
    reply.assert_common();
}

#[tokio::test]
async fn long_targets_are_refused() {
    let server = start().await;
    let fits = server.send(&format!("GET /api/v1/search?page={}", "a".repeat(8000)), &[]).await;
    assert_eq!(fits.status, 200);
    for target in [
        "/api/v1/items/".to_owned() + &"a".repeat(9000),
        "/api/v1/search?page=".to_owned() + &"a".repeat(60_000),
    ] {
        server.send(&format!("GET {target}"), &[]).await.assert_error(414, "UriTooLong");
    }
}

#[tokio::test]
async fn large_and_many_headers_are_refused() {
    let server = start().await;
    let large = format!("X-Large: {}", "a".repeat(66_000));
    server.send("GET /api/v1/session", &[&large]).await.assert_error(431, "HeadersTooLarge");
    let many = vec!["X-Many: 1"; 101];
    server.send("GET /api/v1/session", &many).await.assert_error(431, "HeadersTooLarge");
    let enough = vec!["X-Many: 1"; 90];
    assert_eq!(server.send("GET /api/v1/session", &enough).await.status, 200);
}

#[tokio::test]
async fn what_hyper_refuses_itself_has_its_status() {
    let server = start().await;
    let many = vec!["X-Many: 1"; 300];
    assert_eq!(server.send("GET /api/v1/session", &many).await.status, 431);
    let huge = format!("X-Large: {}", "a".repeat(400_000));
    assert_eq!(server.send("GET /api/v1/session", &[&huge]).await.status, 431);
    assert_eq!(server.send(&format!("GET /{}", "a".repeat(66_000)), &[]).await.status, 414);
    assert_eq!(server.send("GET /api/v1/session", &["no colon"]).await.status, 400);
}

#[tokio::test]
async fn header_limit_can_be_raised_beyond_a_mebibyte() {
    let options = Options { max_header_bytes: 2 * 1024 * 1024, ..quiet() };
    let server = start_with(options, ServeOptions::default()).await;
    let token = format!("X-Auth-Token: {}", "a".repeat(1024 * 1024 + 1));
    let reply = server.send("GET /api/v1/items/x", &[&token]).await;
    assert_eq!(reply.json()["principal"].as_str().map(str::len), Some(1024 * 1024 + 1 + 4));
}

#[tokio::test]
async fn request_ids_are_distinct_and_not_the_client_s() {
    let server = start().await;
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let reply = server.send("GET /api/v1/session", &["X-Request-Id: mine"]).await;
        reply.assert_common();
        ids.insert(reply.header("x-request-id").unwrap().to_owned());
    }
    assert_eq!(ids.len(), 20);
}
