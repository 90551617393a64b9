//! The mock, as a user of the client tests with it.
#![allow(clippy::unwrap_used, reason = "a panic fails the test, which is what it is for")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use onezone_client::mock::MockOnezone;
use onezone_client::types::{self, ErrorResponse, NamedTokenList};
use onezone_client::{Client, Credentials, Error, RetryPolicy, error_ids};

async fn list(client: &Client, provider: &str) -> Result<Vec<String>, Error> {
    Ok(client.list_named_tokens_of_provider().id(provider).send().await?.into_inner().tokens)
}

/// What a mock says when it is dropped.
fn complaint(mock: MockOnezone) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(|| drop(mock))).err()?;
    Some(*panic.downcast::<String>().unwrap())
}

#[tokio::test]
async fn every_operation_gets_its_answer() {
    let onezone = MockOnezone::start().await;
    let listed = onezone.list_named_tokens_of_provider().id("p1").answers(NamedTokenList::new(["t2", "t1"]));
    let deleted = onezone.delete_named_tokens_of_user().answers(());
    let client = onezone.client();
    assert_eq!(list(&client, "p1").await.unwrap(), ["t2", "t1"]);
    client.delete_named_tokens_of_user().id("u1").send().await.unwrap();
    client.delete_named_tokens_of_user().id("u2").send().await.unwrap();
    assert_eq!((listed.count(), deleted.count()), (1, 2));
    let calls: Vec<_> =
        onezone.calls().iter().map(|call| (call.operation().unwrap(), call.path().to_owned())).collect();
    assert_eq!(
        calls,
        [
            ("list_named_tokens_of_provider", "/providers/p1/tokens/named".to_owned()),
            ("delete_named_tokens_of_user", "/users/u1/tokens/named".to_owned()),
            ("delete_named_tokens_of_user", "/users/u2/tokens/named".to_owned()),
        ]
    );
    assert_eq!(complaint(onezone), None);
}

#[tokio::test]
async fn client_of_the_users_own_making_reaches_it_by_its_address() {
    let onezone = MockOnezone::start().await;
    onezone.list_named_tokens_of_provider().answers(NamedTokenList::new(["t"]));
    for address in [onezone.uri(), onezone.base_url()] {
        let builder = Client::builder(address).credentials(Credentials::x_auth_token("canary"));
        let client =
            builder.configure_http(onezone_client::reqwest::ClientBuilder::no_proxy).build().unwrap();
        list(&client, "p1").await.unwrap();
    }
    let call = &onezone.calls()[1];
    assert_eq!((call.method(), call.query(), call.body()), ("GET", None, &b""[..]));
    assert_eq!(call.headers()["x-auth-token"], "canary");
    assert!(!format!("{call:?} {:?} {onezone:?}", call.headers()).contains("canary"));
}

#[tokio::test]
async fn errors_come_as_the_server_sends_them() {
    let onezone = MockOnezone::start().await;
    let error = types::Error::new(error_ids::FORBIDDEN, "No.");
    onezone.list_named_tokens_of_provider().with_header("x-request-id", "r-1").fails(403, error.clone());
    onezone.delete_named_tokens_of_user().fails(404, ErrorResponse::new(error));
    let error = list(&onezone.client(), "p1").await.unwrap_err();
    assert_eq!((error.id(), error.request_id()), (Some("forbidden"), Some("r-1")));
    let client = onezone.client();
    let error = Error::from(client.delete_named_tokens_of_user().id("u1").send().await.unwrap_err());
    assert_eq!(error.status().unwrap().as_u16(), 404);
}

#[tokio::test]
async fn answers_follow_each_other_and_repetitions_are_seen() {
    let onezone = MockOnezone::start().await;
    let busy = || types::Error::new(error_ids::SERVICE_UNAVAILABLE, "Later.");
    onezone.list_named_tokens_of_provider().times(2).fails(503, busy());
    let listed = onezone.list_named_tokens_of_provider().once().answers(NamedTokenList::new(["t"]));
    let client = onezone.client().with_retry(RetryPolicy::default().random(|| 0.0));
    assert_eq!(list(&client, "p1").await.unwrap(), ["t"]);
    assert_eq!((listed.count(), onezone.calls().len()), (1, 3));
    onezone.verify();
}

#[tokio::test]
async fn narrower_answer_decides_and_a_later_one_replaces_the_same() {
    let onezone = MockOnezone::start().await;
    let any = onezone.list_named_tokens_of_provider().answers(NamedTokenList::new(["any"]));
    onezone.list_named_tokens_of_provider().id("p1").answers(NamedTokenList::new(["one"]));
    let client = onezone.client();
    assert_eq!(list(&client, "p1").await.unwrap(), ["one"]);
    assert_eq!(list(&client, "a/../b é").await.unwrap(), ["any"]);
    onezone.list_named_tokens_of_provider().answers(NamedTokenList::new(["new"]));
    assert_eq!(list(&client, "p2").await.unwrap(), ["new"]);
    onezone.list_named_tokens_of_provider().id("a/../b é").answers(NamedTokenList::new(["odd"]));
    assert_eq!(list(&client, "a/../b é").await.unwrap(), ["odd"]);
    assert_eq!(any.count(), 1);
}

#[tokio::test]
async fn everything_that_goes_wrong_on_the_way_can_be_had() {
    let onezone = MockOnezone::start().await;
    let client = onezone.client().with_retry(RetryPolicy::none());
    onezone.list_named_tokens_of_provider().once().answers_raw(502, "text/html", "<html>");
    let error = list(&client, "p1").await.unwrap_err();
    assert_eq!(error.body().unwrap(), "<html>");

    onezone.list_named_tokens_of_provider().once().breaks_off();
    assert!(matches!(list(&client, "p1").await.unwrap_err(), Error::Transport(_)));

    let slow = onezone.list_named_tokens_of_provider().once().delayed_by(Duration::from_secs(60));
    slow.answers(NamedTokenList::new(["t"]));
    let hasty = Client::builder(onezone.uri())
        .configure_http(onezone_client::reqwest::ClientBuilder::no_proxy)
        // Long enough for the request to arrive on a busy machine.
        .request_timeout(Duration::from_secs(2))
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    assert!(list(&hasty, "p1").await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn unexpected_call_says_what_was_called_and_what_was_expected() {
    let onezone = MockOnezone::start().await;
    onezone.list_named_tokens_of_provider().id("p1").answers(NamedTokenList::new(["t"]));
    let error = list(&onezone.client(), "p2").await.unwrap_err();
    let expected = "unexpected call of `list_named_tokens_of_provider`, GET /providers/p2/tokens/named\n  \
                    an answer is set for `list_named_tokens_of_provider` with id = p1 (for any number of calls, 0 received)";
    assert_eq!((error.status().unwrap().as_u16(), error.body().unwrap()), (501, &expected.into()));
    assert_eq!(complaint(onezone), Some(format!("mock of Onezone: {expected}")));

    let onezone = MockOnezone::start().await;
    let request = onezone_client::RawRequest::new(onezone_client::reqwest::Method::POST, "/x");
    onezone.client().request(request).await.unwrap_err();
    let expected =
        "mock of Onezone: unexpected call of no known operation, POST /x; no answer is set for anything";
    assert_eq!(complaint(onezone).unwrap(), expected);
}

#[tokio::test]
async fn calls_that_do_not_come_as_often_as_they_have_to_are_told() {
    let onezone = MockOnezone::start().await;
    onezone.delete_named_tokens_of_user().id("u1").times(2).answers(());
    onezone.client().delete_named_tokens_of_user().id("u1").send().await.unwrap();
    let expected =
        "mock of Onezone: expected 2 calls of `delete_named_tokens_of_user` with id = u1, received 1 call";
    assert_eq!(complaint(onezone).unwrap(), expected);
}

#[tokio::test]
async fn calls_that_cannot_be_are_refused_where_they_are_set() {
    let onezone = MockOnezone::start().await;
    for id in ["", "..", "a\nb"] {
        let set = || onezone.delete_named_tokens_of_user().id(id).answers(());
        let panic = catch_unwind(AssertUnwindSafe(set)).unwrap_err();
        let text = panic.downcast::<String>().unwrap();
        assert!(text.starts_with("no call can be like this: `id` cannot be sent: "), "{text}");
    }
    assert_eq!(complaint(onezone), None);
}

#[tokio::test]
async fn many_mocks_at_a_time_are_apart() {
    let (one, other) = (MockOnezone::start().await, MockOnezone::start().await);
    one.list_named_tokens_of_provider().answers(NamedTokenList::new(["one"]));
    other.list_named_tokens_of_provider().answers(NamedTokenList::new(["other"]));
    let (one_client, other_client) = (one.client(), other.client());
    let both = tokio::join!(list(&one_client, "p1"), list(&other_client, "p1"));
    assert_eq!((both.0.unwrap(), both.1.unwrap()), (vec!["one".to_owned()], vec!["other".to_owned()]));
}
