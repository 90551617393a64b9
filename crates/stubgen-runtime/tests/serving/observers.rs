//! What whoever watches a service is told.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stubgen_runtime::{Finished, Observer, Options, Rejection, ServeOptions};

use crate::wire::{PATIENCE, Server, head, start_with};

/// Writes down what it is told, a line each.
#[derive(Debug, Default)]
struct Witness(Mutex<Vec<String>>);

impl Witness {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Observer for Witness {
    fn finished(&self, request: &Finished<'_>) {
        assert!(request.duration > Duration::ZERO);
        let Finished { operation, method, status, bytes, .. } = request;
        self.note(format!("{operation:?} {method} {status:?} {bytes:?}"));
    }

    fn rejected(&self, operation: Option<usize>, rejection: &Rejection) {
        self.note(format!("{operation:?} {}", rejection.word()));
    }

    fn panicked(&self, operation: usize) {
        self.note(format!("{operation} panicked"));
    }
}

async fn watched(options: Options) -> (Server, Arc<Witness>) {
    let witness = Arc::new(Witness::default());
    let options = Options { access_log: false, observer: Some(witness.clone()), ..options };
    (start_with(options, ServeOptions::default()).await, witness)
}

#[tokio::test]
async fn each_request_is_told_once_with_its_operation_status_and_size() {
    let (server, witness) = watched(Options::default()).await;
    let key = ["X-Auth-Token: k"];
    let length = server.send("GET /api/v1/items/x", &key).await.body.len();
    assert_eq!(witness.take(), [format!("Some(0) GET Some(200) Some({length})")]);
    server.send("HEAD /api/v1/items/x", &key).await;
    assert_eq!(witness.take(), ["Some(0) HEAD Some(200) Some(0)"]);
    server.send("DELETE /api/v1/items/x", &[]).await;
    assert_eq!(witness.take(), ["Some(1) DELETE Some(204) Some(0)"]);
    let length = server.send("GET /api/v1/items/x", &["X-Auth-Token: bad"]).await.body.len();
    assert_eq!(witness.take(), [format!("Some(0) GET Some(401) Some({length})")]);
    let length = server.send("GET /api/v1/openapi.json", &[]).await.body.len();
    assert_eq!(witness.take(), [format!("None GET Some(200) Some({length})")]);
}

#[tokio::test]
async fn what_the_runtime_refuses_is_told_with_its_reason_before() {
    let (server, witness) = watched(Options { max_in_flight: Some(0), ..Options::default() }).await;
    for (line, operation, word, status) in [
        ("GET /api/v1/nope", "None", "not_found", 404),
        ("BREW /api/v1/items/x", "None", "method_not_allowed", 405),
        ("GET /api/v1/items/%00%zz", "Some(0)", "malformed_path", 400),
        ("DELETE /api/v1/items/x", "Some(1)", "overloaded", 503),
    ] {
        let length = server.send(line, &[]).await.body.len();
        let method = line.split(' ').next().unwrap();
        let finished = format!("{operation} {method} Some({status}) Some({length})");
        assert_eq!(witness.take(), [format!("{operation} {word}"), finished], "{line}");
    }
}

#[tokio::test]
async fn a_panic_is_told_as_one() {
    let (server, witness) = watched(Options::default()).await;
    server.send("GET /api/v1/panic", &[]).await.assert_error(500, "Internal");
    let told = witness.take();
    assert_eq!(told[..2], ["4 panicked", "Some(4) internal"]);
    assert!(told[2].starts_with("Some(4) GET Some(500)") && told.len() == 3, "{told:?}");
}

#[tokio::test]
async fn a_request_whose_client_went_away_is_told_without_a_status() {
    let (server, witness) = watched(Options::default()).await;
    let mut stream = server.connect().await;
    tokio::io::AsyncWriteExt::write_all(&mut stream, &head("GET /api/v1/slow", &[])).await.unwrap();
    server.service.api().slow_has_begun().await;
    drop(stream);
    let told = async {
        loop {
            let told = witness.take();
            if !told.is_empty() {
                return told;
            }
            tokio::task::yield_now().await;
        }
    };
    let told = tokio::time::timeout(PATIENCE, told).await.expect("nothing is told");
    assert_eq!(told, ["Some(5) GET None None"]);
    server.service.api().gate.notify_one();
    server.stop().await.unwrap().unwrap();
    assert_eq!(witness.take(), Vec::<String>::new());
}

#[tokio::test]
async fn a_panic_after_waiting_and_one_of_what_is_left_at_the_deadline_are_told() {
    for handler_timeout in [PATIENCE, Duration::from_millis(50)] {
        let (server, witness) = watched(Options { handler_timeout, ..Options::default() }).await;
        let api = server.service.api();
        api.fails.store(true, Ordering::SeqCst);
        let go_on = async {
            api.slow_has_begun().await;
            if handler_timeout == PATIENCE {
                api.gate.notify_one();
            }
        };
        let (reply, ()) = tokio::join!(server.send("GET /api/v1/slow", &[]), go_on);
        reply.assert_error(500, "Internal");
        assert_eq!(witness.take()[..2], ["5 panicked", "Some(5) internal"]);
    }
}

#[tokio::test]
async fn a_panic_is_told_also_when_its_client_went_away() {
    let (server, witness) = watched(Options::default()).await;
    server.service.api().fails.store(true, Ordering::SeqCst);
    let mut stream = server.connect().await;
    tokio::io::AsyncWriteExt::write_all(&mut stream, &head("GET /api/v1/slow", &[])).await.unwrap();
    server.service.api().slow_has_begun().await;
    drop(stream);
    while server.counters.open() > 0 {
        tokio::task::yield_now().await;
    }
    server.service.api().gate.notify_one();
    server.stop().await.unwrap().unwrap();
    assert_eq!(witness.take(), ["Some(5) GET None None", "5 panicked"]);
}

#[test]
fn every_word_for_a_rejection_is_another() {
    let words: std::collections::BTreeSet<_> = Rejection::WORDS.into_iter().collect();
    assert_eq!(words.len(), Rejection::WORDS.len());
    assert_eq!(Rejection::NotFound.word(), "not_found");
    assert_eq!(Rejection::Internal { reference: String::new() }.word(), "internal");
}
