//! Distributed traces: what the log and a tracer are told of the trace that a request belongs to.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use stubgen_runtime::{Options, ServeOptions, Span, Tracer};
use tokio::io::AsyncWriteExt as _;

use crate::logs::record;
use crate::wire::{PATIENCE, Server, head, start_with};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Writes down what it is told.
#[derive(Debug, Default)]
struct Witness(Mutex<Vec<Told>>);

#[derive(Debug)]
struct Told {
    trace_id: String,
    parent: Option<(u64, bool)>,
    state: Option<String>,
    operation: Option<usize>,
    status: Option<u16>,
    request_id: String,
    is_authenticated: bool,
}

impl Tracer for Witness {
    fn finished(&self, span: &Span<'_>) {
        if let Some(authentication) = &span.authentication {
            assert!(authentication.start <= authentication.end && authentication.end <= span.duration);
        }
        self.0.lock().unwrap().push(Told {
            trace_id: span.trace_id.to_string(),
            parent: span.parent.map(|parent| (parent.parent_id(), parent.is_sampled())),
            state: span.trace_state.map(str::to_owned),
            operation: span.operation,
            status: span.status,
            request_id: span.request_id.to_owned(),
            is_authenticated: span.authentication.is_some(),
        });
    }
}

async fn traced(options: Options) -> (Server, Arc<Witness>) {
    let witness = Arc::new(Witness::default());
    let options = Options { tracer: Some(witness.clone()), ..options };
    (start_with(options, ServeOptions::default()).await, witness)
}

fn take(witness: &Witness) -> Told {
    let mut told = witness.0.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    told.remove(0)
}

#[tokio::test]
async fn access_lines_and_errors_have_the_trace_of_the_caller_and_none_without_one() {
    let (lines, _guard) = record();
    let server = start_with(Options::default(), ServeOptions::default()).await;
    server.send("GET /api/v1/panic", &[PARENT]).await;
    server.send("GET /api/v1/nope", &[PARENT]).await;
    server.send("GET /api/v1/panic", &[&PARENT.replace('4', "X")]).await;
    server.send("GET /api/v1/panic", &[]).await;
    let access = lines.of("access");
    for line in &access[..2] {
        assert_eq!((&line["trace_id"], &line["parent_id"]), (&TRACE.into(), &"00f067aa0ba902b7".into()));
    }
    for line in &access[2..] {
        assert_eq!((line.get("trace_id"), line.get("parent_id")), (None, None));
    }
    let errors = lines.of("stubgen_runtime::shared");
    let traces: Vec<&Value> = errors.iter().map(|line| &line["trace_id"]).collect();
    assert_eq!(traces, [&Value::from(TRACE), &Value::Null, &Value::Null]);
}

#[tokio::test]
async fn a_span_is_in_the_trace_of_its_caller() {
    let (server, witness) = traced(Options { access_log: false, ..Options::default() }).await;
    let headers = [PARENT, "Tracestate: a=1", "Tracestate: b=2", "X-Auth-Token: k"];
    let reply = server.send("GET /api/v1/items/x", &headers).await;
    let told = take(&witness);
    assert_eq!((told.trace_id.as_str(), told.parent), (TRACE, Some((0x00f0_67aa_0ba9_02b7, true))));
    assert_eq!(told.state.as_deref(), Some("a=1,b=2"));
    assert_eq!((told.operation, told.status), (Some(0), Some(200)));
    assert_eq!(Some(told.request_id.as_str()), reply.header("x-request-id"));
    assert!(told.is_authenticated);
    for header in ["traceparent", "tracestate", "traceresponse"] {
        assert_eq!(reply.header(header), None, "the answer says nothing of traces");
    }
}

#[tokio::test]
async fn a_span_without_a_parent_is_in_a_trace_of_its_own_which_the_log_has_as_well() {
    let (lines, _guard) = record();
    let (server, witness) = traced(Options::default()).await;
    let mut traces = Vec::new();
    for state in [None, Some("Tracestate: a=1")] {
        server.send("GET /api/v1/panic", &state.into_iter().collect::<Vec<_>>()).await;
        let told = take(&witness);
        assert_eq!((told.parent, told.state), (None, None), "state is nothing without a parent");
        assert!(!told.is_authenticated);
        traces.push(told.trace_id);
    }
    assert_ne!(traces[0], traces[1]);
    let logged = |lines: Vec<Value>| lines.iter().map(|line| line["trace_id"].clone()).collect::<Vec<_>>();
    assert_eq!(logged(lines.of("access")), traces);
    assert_eq!(logged(lines.of("stubgen_runtime::shared")), traces);
}

#[tokio::test]
async fn a_request_whose_client_went_away_has_a_span_without_a_status() {
    let (server, witness) = traced(Options::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(&head("GET /api/v1/slow", &[])).await.unwrap();
    server.service.api().slow_has_begun().await;
    drop(stream);
    let told = async {
        while witness.0.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, told).await.expect("nothing is told");
    let told = take(&witness);
    assert_eq!((told.operation, told.status), (Some(5), None));
    server.service.api().gate.notify_one();
    server.stop().await.unwrap().unwrap();
}
