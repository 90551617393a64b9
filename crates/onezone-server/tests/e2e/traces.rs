//! Traces of requests, as a collector gets them, and what becomes of requests when it does not.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::{Span, status::StatusCode};
use prost::Message as _;
use serde_json::Value;

use crate::curl::curl;
use crate::fixture::{ALICE, CAROL};
use crate::observed::PATIENCE;
use crate::processes::{Ended, Home, Server};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
const ROUTE: &str = "/api/v3/onezone/providers/{id}/tokens/named";

/// A collector that takes everything.
struct Collector {
    endpoint: String,
    received: Receiver<(String, ExportTraceServiceRequest)>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (sender, received) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let sender = sender.clone();
                std::thread::spawn(move || collect(stream, &sender));
            }
        });
        Self { endpoint, received }
    }

    /// Everything that comes from a server, which is stopped when so many spans are there: what it sends at its end may
    /// be lost on a busy machine.
    fn all(&self, server: Server, least: usize) -> (Vec<(String, ExportTraceServiceRequest)>, Ended) {
        let mut all = Vec::new();
        while spans(&all).len() < least {
            all.push(self.received.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("that is all: {all:?}")));
        }
        let ended = server.stop();
        all.extend(self.received.try_iter());
        (all, ended)
    }
}

fn spans(all: &[(String, ExportTraceServiceRequest)]) -> Vec<&Span> {
    all.iter()
        .flat_map(|(_, request)| &request.resource_spans)
        .flat_map(|resource| &resource.scope_spans)
        .flat_map(|scope| &scope.spans)
        .collect()
}

/// Answers the requests of one connection, and passes on head and body of each.
fn collect(stream: TcpStream, sender: &Sender<(String, ExportTraceServiceRequest)>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap()];
        reader.read_exact(&mut body).unwrap();
        sender.send((head, ExportTraceServiceRequest::decode(&body[..]).unwrap())).unwrap();
        reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    }
}

/// A server that sends its spans soon.
fn serve(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.command(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
    command.env("OTEL_BSP_SCHEDULE_DELAY", "20");
    command
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let pair = |attribute: &KeyValue| {
        let value = attribute.value.as_ref().and_then(|value| value.value.as_ref());
        (attribute.key.clone(), value.map(text).unwrap_or_default())
    };
    attributes.iter().map(pair).collect()
}

fn text(value: &Any) -> String {
    match value {
        Any::StringValue(text) => text.clone(),
        Any::IntValue(number) => number.to_string(),
        Any::ArrayValue(array) => {
            let values = array.values.iter().filter_map(|value| value.value.as_ref());
            values.map(text).collect::<Vec<_>>().join(",")
        }
        other => format!("{other:?}"),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

#[test]
fn a_collector_gets_a_span_of_each_request_within_the_trace_of_its_caller() {
    let home = Home::with_zone();
    let collector = Collector::start();
    let mut command = serve(&home, &["--otlp-endpoint", &collector.endpoint, "--log", "trace"]);
    command.env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test");
    command.env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=of%20collector");
    let server = Server::start(command);
    let url = format!("{}/providers/krakow/tokens/named", server.base());
    let parent = format!("traceparent: 00-{TRACE}-{PARENT}-01");
    let listed = curl(&["-u", CAROL, "-H", &parent, "-H", "tracestate: a=1", &url]).expect(200);
    curl(&["-u", CAROL, "-X", "BREW", &url]).expect(405);

    // The first has its parts as well.
    let (all, ended) = collector.all(server, 4);
    let (head, first) = &all[0];
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("x-key: of collector"), "{head}");
    let resource = texts(&first.resource_spans[0].resource.as_ref().unwrap().attributes);
    assert_eq!(resource["service.name"], "onezone-server");
    assert_eq!(
        (resource["service.version"].is_empty(), resource["deployment.environment.name"].as_str()),
        (false, "test")
    );

    let spans = spans(&all);
    let of = |name: &str| {
        *spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {spans:?}"))
    };
    let span = of(&format!("GET {ROUTE}"));
    assert_eq!(
        (hexadecimal(&span.trace_id), hexadecimal(&span.parent_span_id)),
        (TRACE.to_owned(), PARENT.to_owned())
    );
    assert_eq!((span.trace_state.as_str(), span.kind), ("a=1", 2));
    assert!(span.start_time_unix_nano < span.end_time_unix_nano);
    let found = texts(&span.attributes);
    for (name, value) in [
        ("http.request.method", "GET"),
        ("http.route", ROUTE),
        ("http.response.status_code", "200"),
        ("http.response.header.x-request-id", listed.header("x-request-id")),
        ("url.scheme", "http"),
        ("server.address", "127.0.0.1"),
        ("client.address", "127.0.0.1"),
        ("network.protocol.version", "1.1"),
    ] {
        assert_eq!(found.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(found["user_agent.original"].starts_with("curl/"));
    for name in ["authenticate", "list_named_tokens_of_provider"] {
        let part = of(name);
        assert_eq!((&part.trace_id, &part.parent_span_id), (&span.trace_id, &span.span_id));
        assert!(span.start_time_unix_nano <= part.start_time_unix_nano);
        assert!(part.start_time_unix_nano <= part.end_time_unix_nano);
        assert!(part.end_time_unix_nano <= span.end_time_unix_nano);
    }
    let refused = of("HTTP");
    assert!(refused.parent_span_id.is_empty() && hexadecimal(&refused.trace_id) != TRACE);
    assert_eq!(texts(&refused.attributes)["http.request.method"], "_OTHER");
    assert_eq!(refused.status.as_ref().map_or(0, |status| status.code), StatusCode::Unset as i32);
    // Nothing that the access log does not have, and nobody's id.
    let everything = format!("{spans:?}");
    for absent in ["krakow", "carol", "BREW", "of collector"] {
        assert!(!everything.contains(absent), "{absent} in {everything}");
    }
    assert!(!ended.stderr.contains("of collector") && !ended.stderr.contains("of%20collector"));
    let traces: Vec<Value> =
        ended.stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect();
    let logged: Vec<&str> = traces.iter().filter_map(|line| line["trace_id"].as_str()).collect();
    assert_eq!(logged, [TRACE.to_owned(), hexadecimal(&refused.trace_id)]);
}

#[test]
fn callers_decide_what_is_sampled_and_the_ratio_what_they_leave_open() {
    let home = Home::with_zone();
    for (ratio, variable, expected) in [
        (Some("0"), None, 1),
        (None, Some("parentbased_always_off"), 1),
        (None, Some("always_off"), 0),
        (None, None, 2),
        (Some("1"), Some("always_off"), 2),
    ] {
        let collector = Collector::start();
        let arguments: Vec<&str> =
            ratio.into_iter().flat_map(|ratio| ["--otlp-sample-ratio", ratio]).collect();
        let mut command = serve(&home, &arguments);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint);
        command.envs(variable.map(|sampler| ("OTEL_TRACES_SAMPLER", sampler)));
        let server = Server::start(command);
        let url = format!("{}/nothing", server.base());
        for parent in [
            "X-None: 1".to_owned(),
            format!("traceparent: 00-{TRACE}-{PARENT}-00"),
            format!("traceparent: 00-{TRACE}-{PARENT}-01"),
        ] {
            curl(&["-H", &parent, &url]).expect(404);
        }
        let (all, _) = collector.all(server, expected);
        assert_eq!(spans(&all).len(), expected, "{ratio:?} {variable:?}");
    }
}

/// Requests against a server whose collector takes nothing. Gives what the server logged.
fn without_collector(endpoint: &str, requests: usize) -> Vec<Value> {
    let home = Home::with_zone();
    let server = Server::start(serve(&home, &["--otlp-endpoint", endpoint, "--log", "info,access=off"]));
    curl(&["-u", ALICE, &format!("{}/providers/krakow/tokens/named", server.base())]).expect(200);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    for _ in 0..requests {
        stream.write_all(b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let (mut head, mut length) = (String::new(), 0);
        while head != "\r\n" {
            head.clear();
            reader.read_line(&mut head).unwrap();
            length = head
                .to_lowercase()
                .strip_prefix("content-length: ")
                .map_or(length, |text| text.trim().parse().unwrap());
        }
        reader.read_exact(&mut vec![0; length]).unwrap();
    }
    let asked = Instant::now();
    let ended = server.stop();
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_collector_that_is_gone_is_told_of_once_and_slows_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let lines = without_collector(&endpoint, 100);
    let with =
        |part: &str| lines.iter().filter(|line| line["message"].as_str().unwrap().contains(part)).count();
    assert_eq!((with("takes no traces"), with("traces were lost since the start")), (1, 1), "{lines:?}");
}

#[test]
fn a_collector_that_never_answers_slows_neither_requests_nor_the_end() {
    // It is connected to by the kernel, and read by nobody.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let lines = without_collector(&format!("http://{}", listener.local_addr().unwrap()), 3000);
    let lost = lines.iter().find(|line| line["message"].as_str().unwrap().contains("were lost")).unwrap();
    // The first request has its parts as well.
    assert_eq!(lost["spans"], 3003, "{lines:?}");
}

#[test]
fn what_is_no_collector_is_refused_before_anything_is_created() {
    let home = Home::new();
    for endpoint in ["collector:4318", "http://user:s3cret@collector"] {
        let error = home.fail(1, &["serve", "--log-format", "text", "--otlp-endpoint", endpoint]);
        assert!(error.contains("--otlp-endpoint: ") && !error.contains("s3cret"), "{error}");
        assert!(!home.path("data").exists());
    }
    assert!(home.fail(2, &["serve", "--otlp-sample-ratio", "2"]).contains("from 0 to 1"));
}
