//! Connections: protocols, reuse, and those that send nothing.

use std::time::Duration;

use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use stubgen_runtime::ServeOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::wire::{PATIENCE, quiet, read_reply, start, start_with};

#[tokio::test]
async fn client_reuses_its_connection() {
    let server = start().await;
    let client = reqwest::Client::new();
    let address = server.address;
    for _ in 0..3 {
        let request = client.get(format!("http://{address}/api/v1/items/a%2Fb")).bearer_auth("t");
        let json: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!((json["id"].as_str(), json["principal"].as_str()), (Some("a/b"), Some("Bearer t")));
    }
    drop(client);
    assert_eq!(server.stop().await.unwrap().unwrap().connections, 1);
}

#[tokio::test]
async fn http2_with_prior_knowledge_gets_the_same_answers() {
    let server = start().await;
    let io = TokioIo::new(server.connect().await);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let request = |method: &str, path: &str| {
        let builder = http::Request::builder().method(method).uri(format!("http://sample/api/v1{path}"));
        builder.header("x-auth-token", "t").body(Empty::<bytes::Bytes>::new()).unwrap()
    };
    for (method, path, status, length) in [
        ("GET", "/items/x", 200, None),
        ("HEAD", "/openapi.json", 200, Some("19")),
        ("DELETE", "/items/x", 204, None),
        ("GET", "/items/%ff", 400, None),
        ("FOO", "/items/x", 405, None),
        ("GET", "/panic", 500, None),
    ] {
        let response = sender.send_request(request(method, path)).await.unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        assert!(response.headers().contains_key("x-request-id"));
        if let Some(length) = length {
            assert_eq!(response.headers()["content-length"], length);
        }
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body.is_empty(), method == "HEAD" || status == 204, "{method} {path}");
    }
}

#[tokio::test]
async fn http2_body_over_the_limit_is_refused() {
    let server = start().await;
    let io = TokioIo::new(server.connect().await);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let builder =
        http::Request::put("http://sample/api/v1/items/x").header("content-type", "application/json");
    let request = builder.body(Full::new(bytes::Bytes::from(vec![b' '; 65]))).unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 413);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = start().await;
    let mut stream = server.connect().await;
    let requests = "GET /api/v1/search?page=one HTTP/1.1\r\nHost: a\r\n\r\n\
                    GET /api/v1/search?page=two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    stream.write_all(requests.as_bytes()).await.unwrap();
    let body = read_reply(stream).await.body;
    assert!(body.starts_with("\"one\"HTTP/1.1 200 OK") && body.ends_with("\"two\""), "{body}");
}

#[tokio::test]
async fn slow_handler_is_not_taken_for_a_silent_connection() {
    let short = Duration::from_millis(50);
    let options = ServeOptions {
        first_byte_timeout: short,
        header_timeout: short,
        idle_timeout: short,
        ..ServeOptions::default()
    };
    let server = start_with(quiet(), options).await;
    let mut stream = server.connect().await;
    stream.write_all(&crate::wire::head("GET /api/v1/slow", &[])).await.unwrap();
    server.service.api().slow_has_begun().await;
    // A second connection that is closed for its silence shows that the first one's time is over as well.
    let mut silent = server.connect().await;
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, silent.read_to_end(&mut rest)).await.expect("the server hangs");
    server.service.api().gate.notify_one();
    assert_eq!(read_reply(stream).await.status, 200);
}
