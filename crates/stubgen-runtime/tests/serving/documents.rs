//! The document and the reference page that is made of it.

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

#[tokio::test]
async fn page_is_served_with_what_browsers_need_to_know() {
    let server = start().await;
    let reply = server.send("GET /api/v1/docs", &["Accept: text/html"]).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(reply.body.starts_with("<!DOCTYPE html>") && reply.body.contains("href=\"openapi.json\""));
    let policy = reply.header("content-security-policy").unwrap();
    for part in ["default-src 'none'", "script-src 'sha256-", "connect-src 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(reply.header("vary"), Some("accept-encoding"));
    reply.assert_common();
    let head = server.send("HEAD /api/v1/docs", &[]).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), Some(reply.body.len().to_string().as_str()));
    let post = server.send("POST /api/v1/docs", &[]).await;
    post.assert_error(405, "MethodNotAllowed");
    assert_eq!(post.header("allow"), Some("GET, HEAD, OPTIONS"));
}

#[tokio::test]
async fn page_that_a_browser_has_is_not_sent_again_and_each_form_has_a_tag_of_its_own() {
    let server = start().await;
    let plain = server.send("HEAD /api/v1/docs", &[]).await;
    let gzip = server.send("HEAD /api/v1/docs", &["Accept-Encoding: gzip"]).await;
    assert_eq!((plain.header("content-encoding"), gzip.header("content-encoding")), (None, Some("gzip")));
    let length =
        |reply: &crate::wire::Reply| reply.header("content-length").unwrap().parse::<usize>().unwrap();
    assert!(length(&gzip) * 3 < length(&plain), "{} of {}", length(&gzip), length(&plain));
    let tag = plain.header("etag").unwrap();
    assert_ne!(gzip.header("etag"), Some(tag));
    let condition = format!("If-None-Match: {tag}");
    let again = server.send("GET /api/v1/docs", &[&condition]).await;
    assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", Some(tag)));
    // A length would be that of the page, RFC 9110, section 8.6.
    let again = server.send("HEAD /api/v1/docs", &[&condition]).await;
    assert_eq!((again.status, again.header("content-length")), (304, None));
    assert_eq!(server.send("HEAD /api/v1/docs", &[&condition, "Accept-Encoding: gzip"]).await.status, 200);
}

#[tokio::test]
async fn page_with_a_slash_leads_to_the_page_whose_links_are_right() {
    let server = start().await;
    let reply = server.send("GET /api/v1/docs/", &[]).await;
    assert_eq!((reply.status, reply.header("location")), (308, Some("../docs")));
}

#[tokio::test]
async fn page_can_be_kept_back_and_names_no_document_that_is() {
    let server = start_with(Options { serve_page: false, ..quiet() }, ServeOptions::default()).await;
    server.send("GET /api/v1/docs", &[]).await.assert_error(404, "NotFound");
    let server = start_with(Options { serve_document: false, ..quiet() }, ServeOptions::default()).await;
    let page = server.send("GET /api/v1/docs", &[]).await;
    assert!(page.status == 200 && !page.body.contains("openapi.json"), "{page:?}");
}
