//! What callers build on without calling it: what the types can do, what goes along with each request, and how failures are told apart.

use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{RawServer, builder, client, error, listing, tokens};
use onezone_client::reqwest::header::{ACCEPT, AUTHORIZATION, HeaderName, HeaderValue};
use onezone_client::reqwest::{Method, StatusCode};
use onezone_client::{Client, Credentials, Error, RawRequest, RetryPolicy, types};
use wiremock::matchers::{header, header_exists};
use wiremock::{MockServer, ResponseTemplate};

const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

fn is_shared<T: Clone + Debug + Send + Sync + 'static>() {}
fn is_an_error<T: std::error::Error + Send + Sync + 'static>() {}
fn is_sent<T: Send>(value: T) -> T {
    value
}

#[test]
fn clients_and_errors_can_go_to_other_threads() {
    is_shared::<Client>();
    is_shared::<Credentials>();
    is_shared::<RetryPolicy>();
    is_shared::<RawRequest>();
    is_an_error::<Error>();
    is_an_error::<onezone_client::OperationError>();
}

#[tokio::test]
async fn calls_can_be_spawned_as_tasks() {
    let server = MockServer::start().await;
    listing().respond_with(tokens()).expect(2).mount(&server).await;
    let client = client(&server.uri());
    is_sent(client.list_named_tokens_of_provider().id("p1").send()).await.unwrap();
    let task = tokio::spawn(async move { client.list_named_tokens_of_provider().id("p1").send().await });
    assert_eq!(task.await.unwrap().unwrap().tokens, ["t2", "t1"]);
    drop(is_sent(crate::support::client("http://localhost").request(RawRequest::new(Method::GET, "/x"))));
}

#[tokio::test]
async fn ids_are_taken_as_texts_and_as_their_type() {
    let server = MockServer::start().await;
    listing().respond_with(tokens()).expect(4).mount(&server).await;
    let client = client(&server.uri());
    let text = String::from("p1");
    let id: types::ProviderId = "p1".parse().unwrap();
    assert_eq!(
        (id.to_string(), id.as_str(), String::from(id.clone())),
        ("p1".to_owned(), "p1", "p1".to_owned())
    );
    client.list_named_tokens_of_provider().id("p1").send().await.unwrap();
    client.list_named_tokens_of_provider().id(text.clone()).send().await.unwrap();
    client.list_named_tokens_of_provider().id(&text).send().await.unwrap();
    client.list_named_tokens_of_provider().id(id).send().await.unwrap();
}

#[tokio::test]
async fn requests_name_this_crate_and_its_version() {
    let server = RawServer::start(vec![NO_CONTENT]).await;
    client(&server.uri).delete_named_tokens_of_user().id("u1").send().await.unwrap();
    let head = server.requests.lock().unwrap()[0].clone();
    let expected = format!("user-agent: onezone-client/{}\r\n", env!("CARGO_PKG_VERSION"));
    assert!(head.contains(&expected), "{head}");
}

#[tokio::test]
async fn header_of_a_call_stands_in_place_of_what_the_client_would_send() {
    let server = RawServer::start(vec![NO_CONTENT, NO_CONTENT, NO_CONTENT]).await;
    let client =
        builder(&server.uri).header(HeaderName::from_static("x-own"), HeaderValue::from_static("1")).build();
    let client = client.unwrap();
    assert_eq!(client.base_url(), format!("{}/api/v3/onezone", server.uri));
    let other = client
        .with_header(ACCEPT, HeaderValue::from_static("text/plain"))
        .with_header(AUTHORIZATION, HeaderValue::from_static("Bearer canary"));
    assert!(!format!("{other:?} {other:#?}").contains("canary"));
    other.delete_named_tokens_of_user().id("u1").send().await.unwrap();
    other.request(RawRequest::new(Method::DELETE, "/x")).await.unwrap();
    client.delete_named_tokens_of_user().id("u1").send().await.unwrap();
    let heads = server.requests.lock().unwrap().clone();
    assert!(heads.iter().all(|head| head.contains("x-own: 1\r\n")), "{heads:?}");
    assert!(heads[0].contains("accept: text/plain\r\n"), "{heads:?}");
    for head in &heads[..2] {
        assert!(
            head.contains("authorization: Bearer canary\r\n") && !head.contains("x-auth-token"),
            "{head}"
        );
    }
    assert!(
        heads[1].contains("accept: application/json\r\n"),
        "what a request says itself counts: {heads:?}"
    );
    assert!(heads[2].contains("x-auth-token: the-token\r\n"), "{heads:?}");
}

#[tokio::test]
async fn hook_sees_every_attempt_with_its_credentials() {
    let server = MockServer::start().await;
    listing().and(header("x-attempt", "0")).respond_with(error(503, "busy")).expect(1).mount(&server).await;
    listing().and(header("x-attempt", "1")).respond_with(tokens()).expect(1).mount(&server).await;
    let (count, seen) = (AtomicUsize::new(0), Arc::new(Mutex::new(Vec::new())));
    let record = Arc::clone(&seen);
    let client = builder(&server.uri())
        .before_send(move |request| {
            let attempt = HeaderValue::from(count.fetch_add(1, Ordering::Relaxed));
            request.headers_mut().insert(HeaderName::from_static("x-attempt"), attempt);
            record.lock().unwrap().push(request.headers().contains_key("x-auth-token"));
        })
        .build()
        .unwrap();
    client.list_named_tokens_of_provider().id("p1").send().await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [true, true]);
}

#[tokio::test]
async fn failures_that_may_pass_are_told_from_those_that_stay() {
    for (status, passes) in
        [(400, false), (401, false), (403, false), (404, false), (500, false), (503, true)]
    {
        let server = MockServer::start().await;
        let answer = error(status, "someId").insert_header("retry-after", "7");
        listing().respond_with(answer).mount(&server).await;
        let client = client(&server.uri()).with_retry(RetryPolicy::none());
        let error = Error::from(client.list_named_tokens_of_provider().id("p1").send().await.unwrap_err());
        assert_eq!(error.is_retryable(), passes, "{status}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert!(error.body().is_none() && !error.is_connect() && !error.is_timeout());
    }

    let server = MockServer::start().await;
    listing().respond_with(ResponseTemplate::new(502).set_body_string("gate")).mount(&server).await;
    let client = client(&server.uri()).with_retry(RetryPolicy::none());
    let error = Error::from(client.list_named_tokens_of_provider().id("p1").send().await.unwrap_err());
    assert!(error.is_retryable());
    assert_eq!((error.status(), &error.body().unwrap()[..]), (Some(StatusCode::BAD_GATEWAY), &b"gate"[..]));
}

#[tokio::test]
async fn failures_to_connect_and_to_answer_in_time_are_told_apart() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = builder(&format!("http://{closed}")).retry(RetryPolicy::none()).build().unwrap();
    let error = Error::from(client.list_named_tokens_of_provider().id("p1").send().await.unwrap_err());
    assert!(error.is_connect() && !error.is_timeout() && error.is_retryable(), "{error:?}");

    let server = MockServer::start().await;
    listing().respond_with(tokens().set_delay(Duration::from_secs(30))).mount(&server).await;
    let hasty = builder(&server.uri()).retry(RetryPolicy::none()).request_timeout(Duration::from_millis(50));
    let error = hasty.build().unwrap().list_named_tokens_of_provider().id("p1").send().await.unwrap_err();
    let error = Error::from(error);
    assert!(error.is_timeout() && !error.is_connect() && error.is_retryable(), "{error:?}");

    let error = Error::from(client.list_named_tokens_of_provider().id("..").send().await.unwrap_err());
    assert!(!error.is_retryable() && !error.is_connect() && error.status().is_none(), "{error:?}");
}

#[tokio::test]
async fn call_that_is_dropped_ends_and_leaves_the_client_usable() {
    let server = MockServer::start().await;
    let slow = tokens().set_delay(Duration::from_secs(60));
    listing().respond_with(slow).up_to_n_times(1).expect(1).mount(&server).await;
    listing().and(header_exists("x-auth-token")).respond_with(tokens()).expect(1).mount(&server).await;
    let client = client(&server.uri());
    let call = client.list_named_tokens_of_provider().id("p1").send();
    tokio::time::timeout(Duration::from_millis(200), call).await.unwrap_err();
    client.list_named_tokens_of_provider().id("p1").send().await.unwrap();
}
