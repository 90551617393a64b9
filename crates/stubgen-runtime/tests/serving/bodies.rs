//! Request bodies: presence, type, size, pace and content.

use std::time::Duration;

use stubgen_runtime::{Options, ServeOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::wire::{head, quiet, read_reply, start, start_with};

const PUT: &str = "PUT /api/v1/items/x";
const ITEM: &str = r#"{"name":"a","count":[1]}"#;

#[tokio::test]
async fn json_of_any_media_type_name_is_read() {
    let server = start().await;
    let length = format!("Content-Length: {}", ITEM.len());
    for media_type in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.item+json"] {
        let content_type = format!("Content-Type: {media_type}");
        let reply = server.send_body(PUT, &[&content_type, &length], ITEM.as_bytes()).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, ITEM), "{media_type}");
    }
    assert_eq!(server.send_body(PUT, &[&length], ITEM.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn other_media_types_are_refused_with_what_is_read() {
    let server = start().await;
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "json", "application/jsonp", ""] {
        let content_type = format!("Content-Type: {media_type}");
        let reply = server.send_body(PUT, &[&content_type, "Content-Length: 2"], b"{}").await;
        let description = reply.assert_error(415, "UnsupportedMediaType");
        assert!(description.contains("send application/json"), "{description}");
    }
}

#[tokio::test]
async fn missing_body_is_told_from_an_invalid_one() {
    let server = start().await;
    server.send(PUT, &["Content-Type: application/json"]).await.assert_error(400, "MissingBody");
    server
        .send(PUT, &["Content-Length: 0", "Content-Type: text/plain"])
        .await
        .assert_error(400, "MissingBody");
    let chunked = ["Content-Type: application/json", "Transfer-Encoding: chunked"];
    server.send_body(PUT, &chunked, b"0\r\n\r\n").await.assert_error(400, "MissingBody");
}

#[tokio::test]
async fn optional_body_may_be_absent_and_must_be_right_when_present() {
    let server = start().await;
    assert_eq!(server.send("POST /api/v1/notes", &[]).await.body, "null");
    assert_eq!(server.send_json("POST /api/v1/notes", ITEM).await.body, ITEM);
    server.send_json("POST /api/v1/notes", "{}").await.assert_error(400, "InvalidBody");
}

#[tokio::test]
async fn invalid_json_names_the_place() {
    let server = start().await;
    let rows = [
        ("not json", "request body is not valid: expected"),
        (r#"{"name":"a","count":[1]} xyz"#, "trailing characters"),
        (r#"{"name":"a","count":[1]}{}"#, "trailing characters"),
        (r#"{"name":"a","count":[1"#, "EOF"),
        (r#"{"name":"a","count":[1,"x"]}"#, "at `/count/1`"),
        (r#"{"name":7,"count":[]}"#, "at `/name`"),
        (r#"{"count":[]}"#, "missing field `name`"),
        (r#"{"name":"a","name":"b","count":[]}"#, "duplicate field"),
    ];
    for (body, reason) in rows {
        let description = server.send_json(PUT, body).await.assert_error(400, "InvalidBody");
        assert!(description.contains(reason), "{body}: {description}");
    }
}

#[tokio::test]
async fn declared_length_over_the_limit_is_refused_unread() {
    let server = start().await;
    let headers = ["Content-Type: application/json", "Content-Length: 65", "Expect: 100-continue"];
    let reply = server.send(PUT, &headers).await;
    assert_eq!(reply.assert_error(413, "PayloadTooLarge"), "the request body exceeds 64 bytes");
}

#[tokio::test]
async fn chunked_body_over_the_limit_is_refused_while_it_is_read() {
    let server = start().await;
    let chunk = format!("40\r\n{}\r\n", " ".repeat(64)).repeat(2);
    let headers = ["Content-Type: application/json", "Transfer-Encoding: chunked"];
    // The last chunk never comes: whoever waits for the end hangs.
    server.send_body(PUT, &headers, chunk.as_bytes()).await.assert_error(413, "PayloadTooLarge");
}

#[tokio::test]
async fn body_of_exactly_the_limit_is_read() {
    let server = start().await;
    let body = format!("{ITEM}{}", " ".repeat(64 - ITEM.len()));
    assert_eq!(server.send_json(PUT, &body).await.status, 200);
}

#[tokio::test]
async fn general_limit_holds_where_the_operation_has_none() {
    let options = Options { max_body_bytes: 10, ..quiet() };
    let server = start_with(options, ServeOptions::default()).await;
    server.send_json("POST /api/v1/notes", ITEM).await.assert_error(413, "PayloadTooLarge");
    assert_eq!(server.send_json(PUT, ITEM).await.status, 200);
}

#[tokio::test]
async fn body_that_does_not_arrive_in_time_is_given_up() {
    let options = Options { body_timeout: Duration::from_millis(100), ..quiet() };
    let server = start_with(options, ServeOptions::default()).await;
    let headers = ["Content-Type: application/json", "Content-Length: 24"];
    server.send_body(PUT, &headers, b"{").await.assert_error(408, "BodyTimeout");
}

#[tokio::test]
async fn broken_chunks_are_an_invalid_body() {
    let server = start().await;
    let headers = ["Content-Type: application/json", "Transfer-Encoding: chunked"];
    server.send_body(PUT, &headers, b"zz\r\n").await.assert_error(400, "InvalidBody");
}

#[tokio::test]
async fn bytes_are_read_as_they_are() {
    let server = start().await;
    let headers = ["Content-Type: application/octet-stream", "Content-Length: 3"];
    assert_eq!(server.send_body("POST /api/v1/blobs", &headers, b"\x00\xff\x01").await.body, "3");
    server.send_json("POST /api/v1/blobs", "{}").await.assert_error(415, "UnsupportedMediaType");
}

#[tokio::test]
async fn body_that_no_operation_asks_for_is_ignored() {
    let server = start().await;
    let reply = server.send_json("DELETE /api/v1/items/x", "not json").await;
    assert_eq!((reply.status, reply.body.as_str()), (204, ""));
}

#[tokio::test]
async fn expecting_client_is_told_to_go_on_before_it_sends() {
    let server = start().await;
    let mut stream = server.connect().await;
    let length = format!("Content-Length: {}", ITEM.len());
    let headers = ["Content-Type: application/json", &length, "Expect: 100-continue"];
    stream.write_all(&head(PUT, &headers)).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(ITEM.as_bytes()).await.unwrap();
    assert_eq!(read_reply(stream).await.body, ITEM);
}

#[tokio::test]
async fn client_that_sends_on_regardless_still_reads_its_refusal() {
    let server = start().await;
    let body = vec![b' '; 4 * 1024 * 1024];
    let length = format!("Content-Length: {}", body.len());
    for _ in 0..5 {
        let reply = server.send_body(PUT, &["Content-Type: application/json", &length], &body).await;
        reply.assert_error(413, "PayloadTooLarge");
        let reply = server.send_body("GET /api/v1/items/x", &[&length], &body).await;
        reply.assert_error(401, "unauthorized");
    }
}
