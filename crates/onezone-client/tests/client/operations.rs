//! The two operations against a local server: what is sent, and what becomes of each kind of answer.

use std::time::Duration;

use crate::support::{DELETE, LIST, RawServer, builder, client, deleting, envelope, error, listing, tokens};
use onezone_client::reqwest::StatusCode;
use onezone_client::{Client, Credentials, Error, OperationError, RetryPolicy, types};
use serde_json::json;
use wiremock::matchers::{any, header};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn list(client: &Client) -> Result<Vec<String>, Error> {
    Ok(client.list_named_tokens_of_provider().id("p1").send().await?.into_inner().tokens)
}

async fn failure(answer: ResponseTemplate) -> Error {
    let server = MockServer::start().await;
    listing().respond_with(answer).mount(&server).await;
    let client = builder(&server.uri()).retry(RetryPolicy::none()).build().unwrap();
    list(&client).await.unwrap_err()
}

#[tokio::test]
async fn list_comes_in_the_servers_order() {
    let server = MockServer::start().await;
    listing().respond_with(tokens()).expect(1).mount(&server).await;
    assert_eq!(list(&client(&server.uri())).await.unwrap(), ["t2", "t1"]);
}

#[tokio::test]
async fn deletion_succeeds_without_a_body() {
    let server = MockServer::start().await;
    deleting().respond_with(ResponseTemplate::new(204)).expect(1).mount(&server).await;
    let answer = client(&server.uri()).delete_named_tokens_of_user().id("u1").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn base_url_with_base_path_reaches_the_same_place() {
    let server = MockServer::start().await;
    listing().respond_with(tokens()).expect(1).mount(&server).await;
    list(&client(&format!("{}/api/v3/onezone/", server.uri()))).await.unwrap();
}

#[tokio::test]
async fn request_carries_one_credential_and_no_version_header() {
    for (credentials, expected) in [
        (Credentials::x_auth_token("T"), "x-auth-token: T\r\n"),
        (Credentials::bearer("T"), "authorization: Bearer T\r\n"),
        (Credentials::basic("alice", "pa:ss"), "authorization: Basic YWxpY2U6cGE6c3M=\r\n"),
    ] {
        let server = RawServer::start(vec!["HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"]).await;
        let client = builder(&server.uri).credentials(credentials).build().unwrap();
        client.delete_named_tokens_of_user().id("u1").send().await.unwrap();
        let head = server.requests.lock().unwrap()[0].clone();
        assert!(head.starts_with(&format!("DELETE {DELETE} HTTP/1.1\r\n")), "{head}");
        assert!(head.contains(expected), "{head}");
        assert!(head.contains("accept: application/json\r\n"), "{head}");
        assert!(!head.contains("api-version"), "{head}");
        assert_eq!(
            u8::from(head.contains("x-auth-token")) + u8::from(head.contains("authorization")),
            1,
            "{head}"
        );
    }
}

#[tokio::test]
async fn without_credentials_nothing_is_sent_to_authenticate() {
    let server = RawServer::start(vec!["HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"]).await;
    let client = client(&server.uri).with_credentials(Credentials::None);
    client.delete_named_tokens_of_user().id("u1").send().await.unwrap();
    let head = server.requests.lock().unwrap()[0].clone();
    assert!(!head.contains("x-auth-token") && !head.contains("authorization"), "{head}");
}

#[tokio::test]
async fn credentials_of_a_call_leave_the_client_as_it_is() {
    let server = MockServer::start().await;
    listing()
        .and(header("authorization", "Bearer other"))
        .respond_with(tokens())
        .expect(1)
        .mount(&server)
        .await;
    listing().and(header("x-auth-token", "the-token")).respond_with(tokens()).expect(1).mount(&server).await;
    let client = client(&server.uri());
    list(&client.with_credentials(Credentials::bearer("other"))).await.unwrap();
    list(&client).await.unwrap();
}

#[tokio::test]
async fn id_is_sent_as_one_encoded_segment() {
    for (id, segment) in
        [("a/../b", "a%2F..%2Fb"), ("a b?c#d%2e", "a%20b%3Fc%23d%252e"), ("é", "%C3%A9"), ("...", "...")]
    {
        let server = RawServer::start(vec!["HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"]).await;
        client(&server.uri).delete_named_tokens_of_user().id(id).send().await.unwrap();
        let head = server.requests.lock().unwrap()[0].clone();
        let expected = format!("DELETE /api/v3/onezone/users/{segment}/tokens/named HTTP/1.1\r\n");
        assert!(head.starts_with(&expected), "{id}: {head}");
    }
}

#[tokio::test]
async fn backslash_of_an_id_does_not_become_a_slash() {
    let server = RawServer::start(vec!["HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"]).await;
    client(&server.uri).delete_named_tokens_of_user().id(r"..\..\zone").send().await.unwrap();
    let head = server.requests.lock().unwrap()[0].clone();
    assert!(
        head.starts_with("DELETE /api/v3/onezone/users/..%5C..%5Czone/tokens/named HTTP/1.1\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn ids_that_no_path_can_carry_are_refused_before_anything_is_sent() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(tokens()).expect(0).mount(&server).await;
    let client = client(&server.uri());
    for id in ["", ".", "..", "a\nb", "\u{7f}", &"x".repeat(256)] {
        let error = Error::from(client.list_named_tokens_of_provider().id(id).send().await.unwrap_err());
        assert!(matches!(error, Error::InvalidRequest { .. }), "{id:?}: {error}");
        let error = Error::from(client.delete_named_tokens_of_user().id(id).send().await.unwrap_err());
        assert!(matches!(error, Error::InvalidRequest { .. }), "{id:?}: {error}");
    }
    let error = Error::from(client.delete_named_tokens_of_user().send().await.unwrap_err());
    assert!(matches!(error, Error::InvalidRequest { .. }), "{error}");
}

#[tokio::test]
async fn unsendable_credentials_are_refused_before_anything_is_sent() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(tokens()).expect(0).mount(&server).await;
    let client = client(&server.uri()).with_credentials(Credentials::basic("a:b", "canary"));
    let error = list(&client).await.unwrap_err();
    assert!(matches!(error, Error::InvalidRequest { .. }) && !format!("{error:?}").contains("canary"));
}

#[tokio::test]
async fn every_documented_error_keeps_what_the_server_said() {
    for status in [400, 401, 403, 404, 406, 431, 500, 503] {
        let body =
            json!({"error": {"id": "someId", "details": {"key": "id"}, "description": "What happened."}});
        let answer = ResponseTemplate::new(status)
            .set_body_json(body)
            .insert_header("x-request-id", "r-1")
            .insert_header("retry-after", "7");
        let error = failure(answer).await;
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!((error.id(), error.request_id()), (Some("someId"), Some("r-1")));
        let api = error.api().unwrap();
        assert_eq!(api.error.details.as_ref().expect("details")["key"], "id");
        assert_eq!(api.error.description, "What happened.");
        assert_eq!(api.retry_after, Some(Duration::from_secs(7)));
        assert_eq!(error.to_string(), format!("server answered {status}, someId: What happened."));
    }
}

#[tokio::test]
async fn undocumented_status_with_the_error_schema_is_understood_as_well() {
    let error = failure(error(405, "notSupported")).await;
    assert_eq!((error.status().unwrap().as_u16(), error.id()), (405, Some("notSupported")));
}

#[tokio::test]
async fn reason_of_refused_credentials_is_told() {
    let revoked = envelope("tokenRevoked")["error"].clone();
    let error = failure(ResponseTemplate::new(401).set_body_json(json!({"error": {
        "id": "unauthorized",
        "details": {"authError": {"id": "badServiceToken", "details": {"tokenError": revoked}, "description": "Bad."}},
        "description": "Refused.",
    }})))
    .await;
    assert_eq!(error.api().unwrap().cause().unwrap().id, "badServiceToken");
    assert_eq!(
        error.to_string(),
        "server answered 401, unauthorized: Refused. badServiceToken: Bad. tokenRevoked: What tokenRevoked means."
    );
}

#[tokio::test]
async fn error_body_that_does_not_fit_keeps_status_and_body() {
    for (status, body) in [(401, ""), (503, "<html>"), (404, r#"{"error": {"id": 1}}"#), (502, "bad gateway")]
    {
        let error =
            failure(ResponseTemplate::new(status).set_body_string(body).insert_header("x-request-id", "r-2"))
                .await;
        let Error::Unexpected(response) = &error else { panic!("{error}") };
        assert_eq!(response.status.unwrap().as_u16(), status);
        assert_eq!(response.body, body);
        assert_eq!(error.request_id(), Some("r-2"));
    }
}

#[tokio::test]
async fn plain_error_of_the_operation_keeps_the_status_too() {
    let server = MockServer::start().await;
    listing().respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let error = client(&server.uri()).list_named_tokens_of_provider().id("p1").send().await.unwrap_err();
    assert!(matches!(error, OperationError::UnexpectedResponse(_)));
    assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
}

#[tokio::test]
async fn success_that_is_not_json_keeps_status_and_body() {
    let error =
        failure(ResponseTemplate::new(200).set_body_string("<html>welcome to the hotel</html>")).await;
    let Error::Unexpected(response) = error else { panic!("{error}") };
    assert_eq!(
        (response.status, &response.body[..]),
        (Some(StatusCode::OK), &b"<html>welcome to the hotel</html>"[..])
    );
}

#[tokio::test]
async fn success_of_the_wrong_shape_keeps_the_body_and_says_what_is_wrong() {
    let error = failure(ResponseTemplate::new(200).set_body_json(json!({"token": []}))).await;
    let Error::Unexpected(response) = error else { panic!("{error}") };
    assert_eq!(response.body, r#"{"token":[]}"#);
    assert!(response.source.unwrap().to_string().contains("tokens"));
}

#[tokio::test]
async fn unknown_members_of_answers_are_accepted() {
    let server = MockServer::start().await;
    let body = json!({"tokens": [], "isLast": true});
    listing().respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
    assert!(list(&client(&server.uri())).await.unwrap().is_empty());
}

#[tokio::test]
async fn redirect_is_reported_and_not_followed() {
    let elsewhere = MockServer::start().await;
    Mock::given(any()).respond_with(tokens()).expect(0).mount(&elsewhere).await;
    let target = format!("{}{LIST}", elsewhere.uri());
    let error = failure(ResponseTemplate::new(307).insert_header("location", target.as_str())).await;
    let Error::Unexpected(response) = &error else { panic!("{error}") };
    assert_eq!(response.location.as_deref(), Some(target.as_str()));
    assert!(error.to_string().contains(&target));
}

#[tokio::test]
async fn answer_beyond_the_limit_is_refused() {
    let server = MockServer::start().await;
    listing().respond_with(tokens()).mount(&server).await;
    let body = r#"{"tokens":["t2","t1"]}"#;
    let exact = builder(&server.uri()).max_response_bytes(body.len()).build().unwrap();
    list(&exact).await.unwrap();
    let short = builder(&server.uri()).max_response_bytes(body.len() - 1).build().unwrap();
    let error = list(&short).await.unwrap_err();
    assert!(
        matches!(error, Error::ResponseTooLarge { status: StatusCode::OK, limit } if limit == body.len() - 1)
    );
}

#[tokio::test]
async fn refused_connection_slow_answer_and_broken_answer_are_told_apart() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = builder(&format!("http://{closed}")).retry(RetryPolicy::none()).build().unwrap();
    assert!(matches!(list(&refused).await.unwrap_err(), Error::Connect(_)));

    let server = MockServer::start().await;
    listing().respond_with(tokens().set_delay(Duration::from_secs(30))).mount(&server).await;
    let slow = builder(&server.uri())
        .retry(RetryPolicy::none())
        .request_timeout(Duration::from_millis(100))
        .build()
        .unwrap();
    let error = list(&slow).await.unwrap_err();
    assert!(matches!(error, Error::Timeout(_)), "{error:?}");

    let server = RawServer::start(vec!["HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"tok"]).await;
    let broken = builder(&server.uri).retry(RetryPolicy::none()).build().unwrap();
    assert!(matches!(list(&broken).await.unwrap_err(), Error::Transport(_)));
}

#[tokio::test]
async fn no_output_of_an_error_shows_the_credentials() {
    let server = MockServer::start().await;
    listing().respond_with(error(403, "forbidden")).mount(&server).await;
    let client = client(&server.uri()).with_credentials(Credentials::x_auth_token("canary"));
    let plain = client.list_named_tokens_of_provider().id("p1").send().await.unwrap_err();
    let shown = format!("{plain:?} {plain}");
    let error = Error::from(plain);
    assert!(!format!("{shown} {error:?} {error} {client:?}").contains("canary"));
}

#[test]
fn types_hold_the_constraints_of_the_document() {
    assert!("x".repeat(255).parse::<types::UserId>().is_ok());
    for id in ["", ".", "..", "a\u{0}", &"x".repeat(256)] {
        assert!(id.parse::<types::UserId>().is_err(), "{id:?}");
        assert!(id.parse::<types::ProviderId>().is_err(), "{id:?}");
    }
}
