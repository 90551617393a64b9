//! Requests put together at run time: the same way out as the generated operations.

use crate::support::{client, error, listing, tokens};
use onezone_client::reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use onezone_client::reqwest::{Method, StatusCode};
use onezone_client::{Error, RawRequest};
use wiremock::matchers::{any, body_string, header, header_exists, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn list_request() -> RawRequest {
    RawRequest::new(Method::GET, "/providers/{id}/tokens/named").path_parameter("id", "p1")
}

#[tokio::test]
async fn answer_comes_as_it_is() {
    let server = MockServer::start().await;
    listing().and(header("x-auth-token", "the-token")).respond_with(tokens()).expect(1).mount(&server).await;
    let answer = client(&server.uri()).request(list_request()).await.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &br#"{"tokens":["t2","t1"]}"#[..]));
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json");
}

#[tokio::test]
async fn query_headers_and_body_are_sent() {
    let server = MockServer::start().await;
    Mock::given(method("PUT"))
        .and(path("/api/v3/onezone/x"))
        .and(query_param("q", "a b&c"))
        .and(header("x-own", "1"))
        .and(header("accept", "text/plain"))
        .and(body_string("the body"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    let request = RawRequest::new(Method::PUT, "/x")
        .query("q", "a b&c")
        .header(HeaderName::from_static("x-own"), HeaderValue::from_static("1"))
        .header(HeaderName::from_static("accept"), HeaderValue::from_static("text/plain"))
        .body("the body");
    client(&server.uri()).request(request).await.unwrap();
}

#[tokio::test]
async fn own_authorization_header_stands_in_place_of_the_credentials() {
    let server = MockServer::start().await;
    listing()
        .and(header_exists("x-auth-token"))
        .respond_with(error(500, "both"))
        .expect(0)
        .mount(&server)
        .await;
    listing()
        .and(header("authorization", "Bearer own"))
        .respond_with(tokens())
        .expect(1)
        .mount(&server)
        .await;
    let request = list_request()
        .header(HeaderName::from_static("authorization"), HeaderValue::from_static("Bearer own"));
    client(&server.uri()).request(request).await.unwrap();
}

#[tokio::test]
async fn transient_answers_are_repeated() {
    let server = MockServer::start().await;
    listing().respond_with(error(503, "busy")).up_to_n_times(2).expect(2).mount(&server).await;
    listing().respond_with(tokens()).expect(1).mount(&server).await;
    client(&server.uri()).request(list_request()).await.unwrap();
}

#[tokio::test]
async fn errors_are_the_same_as_of_the_operations() {
    let server = MockServer::start().await;
    listing().respond_with(error(403, "forbidden")).mount(&server).await;
    assert_eq!(client(&server.uri()).request(list_request()).await.unwrap_err().id(), Some("forbidden"));

    let server = MockServer::start().await;
    listing().respond_with(ResponseTemplate::new(502).set_body_string("gate")).mount(&server).await;
    let error = client(&server.uri()).request(list_request()).await.unwrap_err();
    let Error::Unexpected(response) = error else { panic!("{error}") };
    assert_eq!((response.status, &response.body[..]), (Some(StatusCode::BAD_GATEWAY), &b"gate"[..]));
}

#[tokio::test]
async fn values_that_no_path_can_carry_are_refused_before_anything_is_sent() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(tokens()).expect(0).mount(&server).await;
    for id in ["", ".", ".."] {
        let request = RawRequest::new(Method::GET, "/providers/{id}/tokens/named").path_parameter("id", id);
        let error = client(&server.uri()).request(request).await.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest { .. }), "{id:?}: {error}");
    }
}
