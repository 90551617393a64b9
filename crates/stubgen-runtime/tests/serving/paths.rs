//! Paths and methods: what is found, what is refused, and what every path answers to HEAD and OPTIONS.

use crate::wire::{quiet, start, start_with};

const KEY: &str = "X-Auth-Token: k";

#[tokio::test]
async fn unknown_paths_and_paths_outside_of_the_base_are_not_found() {
    let server = start().await;
    for line in [
        "GET /api/v1/nope",
        "GET /items/x",
        "GET /",
        "FOO /api/v1/nope",
        "OPTIONS /api/v1/nope",
        "HEAD /api/v10/items/x",
        "GET /api/v1//items/x",
    ] {
        let reply = server.send(line, &[]).await;
        if line.starts_with("HEAD") {
            assert_eq!((reply.status, reply.body.as_str()), (404, ""));
        } else {
            reply.assert_error(404, "NotFound");
        }
    }
}

#[tokio::test]
async fn absolute_form_is_routed_by_its_path() {
    let server = start().await;
    assert_eq!(server.send("GET http://sample/api/v1/items/x", &[KEY]).await.status, 200);
}

#[tokio::test]
async fn other_methods_are_refused_with_what_is_allowed_before_any_credential() {
    let server = start().await;
    for method in ["POST", "PATCH", "TRACE", "FOO", "get", "PURGE"] {
        let reply = server.send(&format!("{method} /api/v1/items/x"), &[]).await;
        reply.assert_error(405, "MethodNotAllowed");
        assert_eq!(reply.header("allow"), Some("GET, HEAD, PUT, DELETE, OPTIONS"), "{method}");
    }
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let server = start().await;
    let get = server.send("GET /api/v1/items/x", &[KEY]).await;
    let head = server.send("HEAD /api/v1/items/x", &[KEY]).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    // The handler sees HEAD, which is one byte longer than GET in the echo.
    let length = get.body.len() + 1;
    assert_eq!(head.header("content-length"), Some(length.to_string().as_str()));
    assert_eq!(head.header("content-type"), Some("application/json"));
    head.assert_common();
}

#[tokio::test]
async fn head_of_an_error_has_no_body_and_the_length_of_one() {
    let server = start().await;
    let head = server.send("HEAD /api/v1/items/%zz", &[]).await;
    assert_eq!((head.status, head.body.as_str()), (400, ""));
    assert!(head.header("content-length").unwrap().parse::<usize>().unwrap() > 10);
}

#[tokio::test]
async fn preflight_lists_methods_and_echoes_plain_header_names() {
    let server = start().await;
    let headers = [
        "Origin: https://page.example",
        "Access-Control-Request-Method: DELETE",
        "Access-Control-Request-Headers: x-auth-token, content-type",
    ];
    let reply = server.send("OPTIONS /api/v1/items/x", &headers).await;
    assert_eq!((reply.status, reply.body.as_str()), (204, ""));
    reply.assert_common();
    assert_eq!(reply.header("access-control-allow-methods"), Some("GET, HEAD, PUT, DELETE, OPTIONS"));
    assert_eq!(reply.header("access-control-allow-headers"), Some("x-auth-token, content-type"));
    assert_eq!(reply.header("access-control-max-age"), Some("600"));
    assert_eq!(reply.header("content-type"), None);
}

#[tokio::test]
async fn preflight_does_not_echo_what_is_no_header_name() {
    let server = start().await;
    let headers = ["Access-Control-Request-Method: GET", "Access-Control-Request-Headers: a b, <x>"];
    let reply = server.send("OPTIONS /api/v1/items/x", &headers).await;
    assert_eq!((reply.status, reply.header("access-control-allow-headers")), (204, None));
}

#[tokio::test]
async fn options_without_cors_says_what_is_allowed_and_no_more() {
    let options = stubgen_runtime::Options { cors: stubgen_runtime::Cors::Off, ..quiet() };
    let server = start_with(options, stubgen_runtime::ServeOptions::default()).await;
    let reply = server.send("OPTIONS /api/v1/items/x", &["Access-Control-Request-Method: GET"]).await;
    assert_eq!((reply.status, reply.header("allow")), (204, Some("GET, HEAD, PUT, DELETE, OPTIONS")));
    assert!(reply.headers.iter().all(|(name, _)| !name.starts_with("access-control")), "{reply:?}");
}

#[tokio::test]
async fn options_of_the_whole_server_is_answered() {
    let server = start().await;
    assert_eq!(server.send("OPTIONS *", &[]).await.status, 204);
}

#[tokio::test]
async fn encoded_segments_stay_whole() {
    let server = start().await;
    let rows = [
        ("a%2Fb", "a/b"),
        ("a%00b", "a\0b"),
        ("%E2%82%AC", "\u{20ac}"),
        ("a+b", "a+b"),
        ("a%25b", "a%b"),
        ("x/", "x"),
        ("...", "..."),
    ];
    for (sent, seen) in rows {
        let reply = server.send(&format!("GET /api/v1/items/{sent}"), &[KEY]).await;
        assert_eq!(reply.json()["id"].as_str(), Some(seen), "{reply:?}");
    }
}

#[tokio::test]
async fn segments_that_are_no_value_name_their_parameter() {
    let server = start().await;
    for sent in ["%ff", "%zz", "%", "%2", "..", ".", "%2e%2E", "%2e"] {
        for method in ["GET", "DELETE", "POST", "OPTIONS"] {
            let reply = server.send(&format!("{method} /api/v1/items/{sent}"), &[]).await;
            let description = reply.assert_error(400, "MalformedPath");
            assert!(description.contains("`id`"), "{sent}: {description}");
        }
    }
}

#[tokio::test]
async fn malformed_segments_of_unknown_paths_are_refused_without_a_name() {
    let server = start().await;
    for path in ["/api/v1/nope/%ff", "/%zz", "/api/../v1/items/x", "/api/v1/items/x/..", "/./x"] {
        server.send(&format!("GET {path}"), &[]).await.assert_error(400, "MalformedPath");
    }
}

#[tokio::test]
async fn empty_segment_is_an_invalid_value() {
    let server = start().await;
    let description = server.send("GET /api/v1/items//", &[KEY]).await.assert_error(400, "InvalidParameter");
    assert_eq!(description, "path parameter `id` must not be empty");
}
