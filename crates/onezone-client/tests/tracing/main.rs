//! The span of a call: its names are those of OpenTelemetry, and nothing in it is secret or belongs to one user.
#![allow(clippy::unwrap_used, reason = "a panic fails the test, which is what it is for")]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use onezone_client::reqwest::{self, Method};
use onezone_client::{Client, Credentials, RawRequest, RetryPolicy};
use serde_json::{Value, json};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// What was logged, in JSON, a line for each event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    /// Collects what this thread logs, in which a test runs its calls.
    fn start() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::DEBUG)
            .with_span_events(FmtSpan::CLOSE)
            .with_writer(log.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The spans of this crate that ended.
    fn spans(&self) -> Vec<Value> {
        let text = self.text();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let own = lines.filter(|line| line["target"] == "onezone_client::trace");
        own.filter(|line| line["fields"]["message"] == "close").map(|line| line["span"].clone()).collect()
    }
}

fn client(uri: &str) -> Client {
    Client::builder(uri)
        .credentials(Credentials::x_auth_token("canary"))
        .retry(RetryPolicy::default().random(|| 0.0))
        .configure_http(reqwest::ClientBuilder::no_proxy)
        .build()
        .unwrap()
}

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn call_has_one_span_with_the_names_of_opentelemetry() {
    let (log, _guard) = Log::start();
    let server = answering(ResponseTemplate::new(200).set_body_json(json!({"tokens": ["t-canary"]}))).await;
    client(&server.uri()).list_named_tokens_of_provider().id("p-canary").send().await.unwrap();
    let expected = json!({
        "name": "HTTP call",
        "otel.name": "GET /api/v3/onezone/providers/{id}/tokens/named",
        "otel.kind": "client",
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
        "server.port": server.address().port(),
        "url.scheme": "http",
        "url.template": "/api/v3/onezone/providers/{id}/tokens/named",
    });
    assert_eq!(log.spans(), [expected]);
    let own: Vec<_> =
        log.text().lines().filter(|line| line.contains("onezone_client")).map(str::to_owned).collect();
    assert!(!own.concat().contains("canary"), "{own:?}");
}

#[tokio::test]
async fn span_of_a_failed_call_says_how_and_how_often_it_was_sent_again() {
    let (log, _guard) = Log::start();
    let server = answering(ResponseTemplate::new(503)).await;
    client(&server.uri()).list_named_tokens_of_provider().id("p1").send().await.unwrap_err();
    let spans = log.spans();
    assert_eq!(spans.len(), 1, "{spans:?}");
    assert_eq!(spans[0]["http.response.status_code"], 503);
    assert_eq!((&spans[0]["error.type"], &spans[0]["otel.status_code"]), (&json!("503"), &json!("ERROR")));
    assert_eq!(spans[0]["http.request.resend_count"], 3);
}

#[tokio::test]
async fn span_of_a_call_without_an_answer_says_why() {
    let (log, _guard) = Log::start();
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let absent = client(&format!("http://{closed}")).with_retry(RetryPolicy::none());
    absent.list_named_tokens_of_provider().id("p1").send().await.unwrap_err();
    let server = answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    let hasty = RetryPolicy::none().deadline(Duration::from_millis(100));
    client(&server.uri())
        .with_retry(hasty)
        .list_named_tokens_of_provider()
        .id("p1")
        .send()
        .await
        .unwrap_err();
    let kinds: Vec<_> = log.spans().iter().map(|span| span["error.type"].clone()).collect();
    assert_eq!(kinds, ["connect", "timeout"]);
}

#[tokio::test]
async fn request_put_together_at_run_time_has_a_span_without_values() {
    let (log, _guard) = Log::start();
    let server = answering(ResponseTemplate::new(204)).await;
    let request =
        RawRequest::new(Method::GET, "/things/{id}").path_parameter("id", "canary").query("key", "canary");
    client(&server.uri()).request(request).await.unwrap();
    let spans = log.spans();
    assert_eq!(spans[0]["url.template"], "/api/v3/onezone/things/{id}");
    assert!(!spans[0].to_string().contains("canary"), "{spans:?}");
}
