//! The access log: one line a request, and no secret in it.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use stubgen_runtime::{Options, ServeOptions};
use tracing_subscriber::fmt::MakeWriter;

use crate::wire::{PATIENCE, start_with};

#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Lines {
    /// Waits until the access log has a line.
    pub(crate) async fn first_access(&self) -> Value {
        let written = async {
            while self.of("access").is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, written).await.expect("no line is written");
        self.of("access").remove(0)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The fields of the lines of a target.
    pub(crate) fn of(&self, target: &str) -> Vec<Value> {
        let text = self.text();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["target"] == target).map(|line| line["fields"].clone()).collect()
    }
}

/// The default subscriber is the thread's: these tests run on one thread.
pub(crate) fn record() -> (Lines, tracing::subscriber::DefaultGuard) {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().json().with_writer(lines.clone()).finish();
    (lines, tracing::subscriber::set_default(subscriber))
}

#[tokio::test]
async fn each_request_has_one_line_without_secrets() {
    let (lines, _guard) = record();
    let server = start_with(Options::default(), ServeOptions::default()).await;
    let line = "GET /api/v1/items/x?limit=1&key=s3cret";
    let headers =
        ["Authorization: Basic YWxpY2U6czNjcmV0", "X-Request-Id: ab c\u{e9}<1>", "Cookie: sid=s3cret"];
    let reply = server.send(line, &headers).await;
    server.send("GET /api/v1/nope?s3cret", &[]).await.assert_error(404, "NotFound");
    let access = lines.of("access");
    assert_eq!(access.len(), 2, "{access:?}");
    assert_eq!(access[0]["request_id"].as_str(), reply.header("x-request-id"));
    assert_eq!(access[0]["client_request_id"], "abc1");
    assert_eq!(access[0]["operation"], "get_item");
    assert_eq!(access[0]["method"], "GET");
    assert_eq!(access[0]["principal"], "Basic alice");
    assert_eq!(access[0]["status"], 200);
    assert_eq!(access[0]["bytes"].as_u64(), Some(reply.body.len() as u64));
    assert!(access[0]["ms"].as_f64().unwrap() > 0.0);
    assert_eq!(
        (&access[0]["auth_method"], &access[0]["credential_id"]),
        (&"basic".into(), &"of alice".into())
    );
    assert_eq!(access[0]["http"], "1.1");
    assert!(access[0]["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert_eq!(access[0].get("error_id"), None);
    assert_eq!((&access[1]["status"], &access[1]["error_id"]), (&404.into(), &"NotFound".into()));
    assert_eq!(access[1].get("operation"), None);
    assert!(!lines.text().contains("s3cret") && !lines.text().contains("czNjcmV0"));
}

#[tokio::test]
async fn refused_credentials_are_told_by_their_kind_alone() {
    let (lines, _guard) = record();
    let server = start_with(Options::default(), ServeOptions::default()).await;
    server.send("GET /api/v1/items/x", &["Authorization: Basic !"]).await.assert_error(401, "badBasic");
    let line = lines.first_access().await;
    assert_eq!(
        (&line["auth_method"], line.get("credential_id"), line.get("principal")),
        (&"basic".into(), None, None)
    );
}

#[tokio::test]
async fn what_a_client_says_of_itself_is_cut_and_left_out_when_it_cannot_be_shown() {
    let (lines, _guard) = record();
    let server = start_with(Options::default(), ServeOptions::default()).await;
    let long = format!("User-Agent: {}", "x".repeat(4000));
    for agent in ["User-Agent: curl/8.1 (x; \"y\")", &long, "User-Agent: \u{e9}", "User-Agent:"] {
        server.send("GET /api/v1/nope", &[agent]).await;
    }
    let agents: Vec<Value> = lines.of("access").iter().map(|line| line["user_agent"].clone()).collect();
    let cut = "x".repeat(128);
    assert_eq!(agents, ["curl/8.1 (x; \"y\")".into(), cut.into(), Value::Null, Value::Null]);
}

#[tokio::test]
async fn cause_of_an_internal_error_is_logged_once_under_its_reference() {
    let (lines, _guard) = record();
    let server = start_with(Options::default(), ServeOptions::default()).await;
    let reply = server.send("GET /api/v1/panic", &[]).await;
    let description = reply.assert_error(500, "Internal");
    let errors: Vec<Value> = lines
        .of("stubgen_runtime::shared")
        .into_iter()
        .filter(|line| line["message"] == "internal error")
        .collect();
    assert_eq!(errors.len(), 1);
    assert!(description.ends_with(errors[0]["reference"].as_str().unwrap()));
    assert_eq!(errors[0]["cause"], "a panic: a handler that panics");
    assert_eq!(
        (&errors[0]["operation"], errors[0]["request_id"].as_str()),
        (&"panic".into(), reply.header("x-request-id"))
    );
}

#[tokio::test]
async fn request_whose_client_went_away_has_a_line_without_a_status() {
    let (lines, _guard) = record();
    let server = start_with(Options::default(), ServeOptions::default()).await;
    let service = Arc::clone(&server.service);
    let mut stream = server.connect().await;
    tokio::io::AsyncWriteExt::write_all(&mut stream, &crate::wire::head("GET /api/v1/slow", &[]))
        .await
        .unwrap();
    service.api().slow_has_begun().await;
    drop(stream);
    // The handler still waits: the line does not.
    let line = lines.first_access().await;
    assert_eq!((&line["operation"], &line["message"]), (&"slow".into(), &"client went away".into()));
    assert_eq!((line.get("status"), service.in_flight()), (None, 1));
    service.api().gate.notify_one();
    tokio::time::timeout(PATIENCE, server.stop()).await.unwrap().unwrap().unwrap();
    assert_eq!(lines.of("access").len(), 1);
}

#[tokio::test]
async fn access_log_can_be_switched_off() {
    let (lines, _guard) = record();
    let server =
        start_with(Options { access_log: false, ..Options::default() }, ServeOptions::default()).await;
    assert_eq!(server.send("GET /api/v1/session", &[]).await.status, 200);
    assert_eq!(lines.of("access"), Vec::<Value>::new());
}
