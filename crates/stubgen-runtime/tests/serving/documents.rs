//! The document endpoints.

use stubgen_runtime::{Options, ServeOptions};

use crate::sample::DEFINITION;
use crate::wire::{quiet, start, start_with};

#[tokio::test]
async fn document_is_served_in_both_forms() {
    let server = start().await;
    for (path, text, media_type) in [
        ("openapi.json", DEFINITION.json, "application/json"),
        ("openapi.yaml", DEFINITION.yaml, "application/yaml"),
    ] {
        let reply = server.send(&format!("GET /api/v1/{path}"), &["Accept: text/html"]).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, text));
        assert_eq!(reply.header("content-type"), Some(media_type));
        reply.assert_common();
        let head = server.send(&format!("HEAD /api/v1/{path}"), &[]).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        assert_eq!(head.header("content-length"), Some(text.len().to_string().as_str()));
        let post = server.send(&format!("POST /api/v1/{path}"), &[]).await;
        post.assert_error(405, "MethodNotAllowed");
        assert_eq!(post.header("allow"), Some("GET, HEAD, OPTIONS"));
    }
}

#[tokio::test]
async fn document_can_be_kept_back() {
    let server = start_with(Options { serve_document: false, ..quiet() }, ServeOptions::default()).await;
    server.send("GET /api/v1/openapi.json", &[]).await.assert_error(404, "NotFound");
    server.send("GET /api/v1/openapi.yaml", &[]).await.assert_error(404, "NotFound");
}
