//! Query and header parameters.

use crate::wire::start;

const KEY: &str = "X-Auth-Token: k";

#[tokio::test]
async fn parameters_reach_the_handler_typed() {
    let server = start().await;
    let reply = server.send("GET /api/v1/items/x?other=1&limit=7", &[KEY, "x-trace: -9"]).await;
    let json = reply.json();
    assert_eq!((&json["limit"], &json["trace"]), (&7.into(), &(-9).into()), "{reply:?}");
    let json = server.send("GET /api/v1/items/x", &[KEY]).await.json();
    assert!(json["limit"].is_null() && json["trace"].is_null());
}

#[tokio::test]
async fn bad_query_parameters_name_themselves_and_the_reason() {
    let server = start().await;
    let rows = [
        ("limit=x", "must be an integer"),
        ("limit=", "must be an integer"),
        ("limit", "must be an integer"),
        ("limit=300", "expected u8"),
        ("limit=-1", "expected u8"),
        ("limit=1&limit=1", "more than once"),
        ("limit=1&lim%69t=2", "more than once"),
        ("limit=%zz", "hexadecimal"),
        ("limit=%ff", "UTF-8"),
    ];
    for (query, reason) in rows {
        let reply = server.send(&format!("GET /api/v1/items/x?{query}"), &[KEY]).await;
        let description = reply.assert_error(400, "InvalidParameter");
        assert!(
            description.starts_with("query parameter `limit`") && description.contains(reason),
            "{description}"
        );
    }
}

#[tokio::test]
async fn missing_query_parameter_is_named() {
    let server = start().await;
    for query in ["", "?", "?pages=1", "?PAGE=1"] {
        let reply = server.send(&format!("GET /api/v1/search{query}"), &[]).await;
        assert_eq!(reply.assert_error(400, "InvalidParameter"), "query parameter `page` is required");
    }
}

#[tokio::test]
async fn query_text_is_decoded_as_forms_encode_it() {
    let server = start().await;
    let reply = server.send("GET /api/v1/search?page=a+b%2Bc%26d", &[]).await;
    assert_eq!(reply.json().as_str(), Some("a b+c&d"));
}

#[tokio::test]
async fn bad_header_parameters_are_refused() {
    let server = start().await;
    for headers in [&[KEY, "X-Trace: many"][..], &[KEY, "X-Trace: 1", "X-Trace: 2"], &[KEY, "X-Trace:"]] {
        let reply = server.send("GET /api/v1/items/x", headers).await;
        let description = reply.assert_error(400, "InvalidParameter");
        assert!(description.starts_with("header parameter `X-Trace`"), "{description}");
    }
}

#[tokio::test]
async fn header_parameter_that_is_not_utf8_is_refused() {
    let server = start().await;
    let mut request = crate::wire::head("GET /api/v1/items/x", &[KEY, "X-Trace: QQ"]);
    let at = request.windows(2).position(|bytes| bytes == b"QQ").unwrap();
    request[at..at + 2].fill(0xff);
    let mut stream = server.connect().await;
    tokio::io::AsyncWriteExt::write_all(&mut stream, &request).await.unwrap();
    let description = crate::wire::read_reply(stream).await.assert_error(400, "InvalidParameter");
    assert!(description.ends_with("is not UTF-8"), "{description}");
}

#[tokio::test]
async fn credentials_are_judged_before_parameters() {
    let server = start().await;
    server.send("GET /api/v1/items/x?limit=x", &[]).await.assert_error(401, "unauthorized");
}
