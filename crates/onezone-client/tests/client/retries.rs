//! Repeated requests: which, how often, how long, and what is reported in the end.

use std::time::{Duration, Instant};

use crate::support::{RawServer, builder, client, deleting, error, listing, tokens};
use onezone_client::reqwest::Method;
use onezone_client::{Client, Error, RawRequest, RetryPolicy};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

const EMPTY: &str = "";
const LIST_ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\nconnection: close\r\n\r\n{\"tokens\":[\"a\"]}";
const GATEWAY_TIMEOUT: &str =
    "HTTP/1.1 504 Gateway Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const UNAUTHORIZED: &str = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

async fn list(client: &Client) -> Result<Vec<String>, Error> {
    Ok(client.list_named_tokens_of_provider().id("p1").send().await?.into_inner().tokens)
}

async fn delete(client: &Client) -> Result<(), Error> {
    client.delete_named_tokens_of_user().id("u1").send().await?;
    Ok(())
}

#[tokio::test]
async fn transient_statuses_are_repeated_until_they_pass() {
    for status in [429, 502, 503, 504] {
        let server = MockServer::start().await;
        listing().respond_with(error(status, "busy")).up_to_n_times(3).expect(3).mount(&server).await;
        listing().respond_with(tokens()).expect(1).mount(&server).await;
        list(&client(&server.uri())).await.unwrap();
    }
}

#[tokio::test]
async fn deletion_is_repeated_like_a_list() {
    let server = MockServer::start().await;
    deleting().respond_with(error(503, "busy")).up_to_n_times(1).expect(1).mount(&server).await;
    deleting().respond_with(ResponseTemplate::new(204)).expect(1).mount(&server).await;
    delete(&client(&server.uri())).await.unwrap();
}

#[tokio::test]
async fn last_answer_is_reported_when_the_attempts_are_used_up() {
    let server = MockServer::start().await;
    listing().respond_with(error(503, "serviceUnavailable")).expect(4).mount(&server).await;
    assert_eq!(list(&client(&server.uri())).await.unwrap_err().id(), Some("serviceUnavailable"));
}

#[tokio::test]
async fn other_errors_are_final() {
    for status in [400, 401, 403, 404, 406, 431, 500] {
        let server = MockServer::start().await;
        listing().respond_with(error(status, "final")).expect(1).mount(&server).await;
        assert_eq!(list(&client(&server.uri())).await.unwrap_err().id(), Some("final"), "{status}");
    }
}

#[tokio::test]
async fn policy_of_one_attempt_repeats_nothing() {
    let server = MockServer::start().await;
    listing().respond_with(error(503, "busy")).expect(1).mount(&server).await;
    list(&client(&server.uri()).with_retry(RetryPolicy::none())).await.unwrap_err();
}

#[tokio::test]
async fn methods_that_are_not_idempotent_are_never_repeated() {
    for name in ["POST", "PATCH"] {
        let server = MockServer::start().await;
        Mock::given(method(name)).respond_with(error(503, "busy")).expect(1).mount(&server).await;
        let request = RawRequest::new(Method::from_bytes(name.as_bytes()).unwrap(), "/x");
        client(&server.uri()).request(request).await.unwrap_err();
    }
}

#[tokio::test]
async fn connection_that_closes_without_an_answer_is_repeated() {
    let server =
        RawServer::start(vec![EMPTY, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", LIST_ANSWER]).await;
    assert_eq!(list(&client(&server.uri)).await.unwrap(), ["a"]);
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn wait_that_the_server_asks_for_is_kept() {
    let server = MockServer::start().await;
    let busy = error(503, "busy").insert_header("retry-after", "1");
    listing().respond_with(busy).up_to_n_times(1).mount(&server).await;
    listing().respond_with(tokens()).mount(&server).await;
    let started = Instant::now();
    list(&client(&server.uri())).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn wait_beyond_the_deadline_is_not_begun() {
    let server = MockServer::start().await;
    let busy = error(503, "busy").insert_header("retry-after", "3600");
    listing().respond_with(busy).expect(1).mount(&server).await;
    let error = list(&client(&server.uri())).await.unwrap_err();
    assert_eq!(error.api().unwrap().retry_after, Some(Duration::from_secs(3600)));
}

#[tokio::test]
async fn deadline_bounds_the_attempts_together() {
    let server = MockServer::start().await;
    listing().respond_with(tokens().set_delay(Duration::from_secs(60))).mount(&server).await;
    let policy =
        RetryPolicy::default().max_attempts(1000).deadline(Duration::from_millis(300)).random(|| 0.0);
    let client =
        builder(&server.uri()).retry(policy).request_timeout(Duration::from_millis(100)).build().unwrap();
    let started = Instant::now();
    let error = list(&client).await.unwrap_err();
    assert!(matches!(error, Error::Timeout(_)), "{error:?}");
    assert!((Duration::from_millis(300)..Duration::from_secs(10)).contains(&started.elapsed()));
}

#[tokio::test]
async fn refusal_after_a_lost_deletion_is_not_mistaken_for_bad_credentials() {
    let server = RawServer::start(vec![EMPTY, UNAUTHORIZED]).await;
    assert!(matches!(delete(&client(&server.uri)).await.unwrap_err(), Error::Transport(_)));
    assert_eq!(server.count(), 2);

    let server = RawServer::start(vec![GATEWAY_TIMEOUT, UNAUTHORIZED]).await;
    assert_eq!(delete(&client(&server.uri)).await.unwrap_err().status().unwrap().as_u16(), 504);
}

#[tokio::test]
async fn refusal_after_a_lost_list_is_a_refusal() {
    let server = RawServer::start(vec![EMPTY, UNAUTHORIZED]).await;
    assert_eq!(list(&client(&server.uri)).await.unwrap_err().status().unwrap().as_u16(), 401);
}

#[tokio::test]
async fn refusal_after_a_deletion_that_was_turned_away_is_a_refusal() {
    let server = MockServer::start().await;
    deleting().respond_with(error(503, "busy")).up_to_n_times(1).mount(&server).await;
    deleting().respond_with(error(401, "unauthorized")).mount(&server).await;
    assert_eq!(delete(&client(&server.uri())).await.unwrap_err().id(), Some("unauthorized"));
}
