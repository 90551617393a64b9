//! The largest tokens that are read, and what a client sees beyond: over HTTP/1.1 and HTTP/2, as the server's own
//! process serves them.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use onezone_tokens::{Caveat, Limits, ServiceType, Token};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::processes::{Home, Server};

const TARGET: &str = "/api/v3/onezone/providers/krakow/tokens/named";
const ACCESS: &str = "x-auth-token";
const SERVICE: &str = "x-onedata-service-token";
const CONSUMER: &str = "x-onedata-consumer-token";

fn serve(home: &Home, arguments: &[&str]) -> Server {
    Server::start(home.command(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat()))
}

/// The same token with caveats that always hold, as many as fit into this length.
fn grown(token: &str, length: usize, service: bool) -> String {
    let limits = Limits { max_serialized: Limits::ONEZONE_MAX_SERIALIZED, max_caveats: usize::MAX };
    let mut token = Token::decode(token, &limits).unwrap();
    if service {
        token = token.with_service_indication(ServiceType::OpPanel);
    }
    let confined = |token: &Token, masks: usize| {
        let masks = vec!["0.0.0.0/0"; masks].join("|");
        token.confine(&Caveat::parse(&format!("ip = {masks}")).unwrap()).unwrap()
    };
    let fits = |token: &Token| token.serialize().expose().len() <= length;
    // A caveat of 6000 masks is nearly as long as caveats can be.
    for masks in [6000, 1000, 100, 10, 1] {
        while fits(&confined(&token, masks)) {
            token = confined(&token, masks);
        }
    }
    let text = token.serialize().expose().to_owned();
    assert!((length - 64..=length).contains(&text.len()), "{} of {length}", text.len());
    text
}

/// The status and the error of a request with these headers, the same over both versions of HTTP.
fn answer(server: &Server, headers: &[(&str, &str)]) -> (u16, Value) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let first = over_http1(server, headers).await;
        assert_eq!(first, over_http2(server, headers).await, "HTTP/1.1 and HTTP/2 differ");
        first
    })
}

async fn over_http1(server: &Server, headers: &[(&str, &str)]) -> (u16, Value) {
    let stream = TokioIo::new(TcpStream::connect(server.address()).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let mut request = request(TARGET.to_owned(), headers);
    request.headers_mut().insert("host", "localhost".parse().unwrap());
    read(sender.send_request(request).await.unwrap()).await
}

async fn over_http2(server: &Server, headers: &[(&str, &str)]) -> (u16, Value) {
    let stream = TokioIo::new(TcpStream::connect(server.address()).await.unwrap());
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    read(sender.send_request(request(format!("{}{TARGET}", server.origin), headers)).await.unwrap()).await
}

fn request(target: String, headers: &[(&str, &str)]) -> Request<Empty<Bytes>> {
    let mut request = Request::builder().uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Empty::new()).unwrap()
}

async fn read(response: Response<Incoming>) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap();
    (status, body["error"].clone())
}

/// An access, a service and a consumer token of this length are read together; one byte more is too large in each
/// header, and all of them together are still read.
fn expect_limit(home: &Home, server: &Server, limit: usize) {
    let (alice, krakow) = (home.token("alice-token"), home.token("p5"));
    let access = grown(&alice, limit, false);
    let (service, consumer) = (grown(&krakow, limit, true), grown(&krakow, limit, false));
    let all = [(ACCESS, access.as_str()), (SERVICE, &service), (CONSUMER, &consumer)];
    assert_eq!(answer(server, &all), (200, Value::Null));
    let bearer = format!("Bearer {access}");
    assert_eq!(answer(server, &[("authorization", &bearer), all[1], all[2]]), (200, Value::Null));

    let longer = "A".repeat(limit + 1);
    let too_large = json!({ "id": "tokenTooLarge", "details": { "limit": limit } });
    let is_too_large = |error: &Value| {
        assert_eq!((&error["id"], &error["details"]), (&too_large["id"], &too_large["details"]), "{error}");
        assert!(error["description"].as_str().unwrap().contains(&limit.to_string()), "{error}");
    };
    let (status, error) = answer(server, &[(ACCESS, &longer), (SERVICE, &longer), (CONSUMER, &longer)]);
    assert_eq!(status, 401);
    is_too_large(&error["details"]["authError"]);
    let bearer = format!("Bearer {longer}");
    for (name, value) in [("authorization", &bearer), ("macaroon", &longer)] {
        let (status, error) = answer(server, &[(name, value)]);
        assert_eq!(status, 401);
        is_too_large(&error["details"]["authError"]);
    }
    for (name, id) in [(SERVICE, "badServiceToken"), (CONSUMER, "badConsumerToken")] {
        let (status, error) = answer(server, &[(ACCESS, &alice), (name, &longer)]);
        assert_eq!((status, &error["details"]["authError"]["id"]), (401, &json!(id)));
        is_too_large(&error["details"]["authError"]["details"]["tokenError"]);
    }
    // More than three of them is too much of a request.
    let much = "A".repeat(limit * 3 + 40_000);
    assert_eq!(answer(server, &[(ACCESS, &much)]).0, 431);
    let third = "A".repeat(limit + 12_000);
    let many = [(ACCESS, third.as_str()), (SERVICE, &third), (CONSUMER, &third)];
    assert_eq!(answer(server, &many).0, 431);
}

#[test]
fn three_tokens_of_the_greatest_length_are_read_in_one_request() {
    let home = Home::with_zone();
    let server = serve(&home, &[]);
    expect_limit(&home, &server, 65_536);
    server.stop();
}

#[test]
fn the_greatest_length_can_be_as_small_as_a_token_and_as_large_as_in_onezone() {
    let home = Home::with_zone();
    for limit in [2048, Limits::ONEZONE_MAX_SERIALIZED] {
        let server = serve(&home, &["--max-token-size", &limit.to_string()]);
        expect_limit(&home, &server, limit);
        server.stop();
    }
}

#[test]
fn a_token_with_too_many_caveats_cannot_be_read() {
    let home = Home::with_zone();
    let with = |count: usize| {
        let limits = Limits { max_caveats: 1000, ..Limits::default() };
        let mut token = Token::decode(&home.token("alice-token"), &limits).unwrap();
        for _ in 0..count {
            token = token.confine(&Caveat::parse("interface = rest").unwrap()).unwrap();
        }
        token.serialize().expose().to_owned()
    };
    for (value, limit) in [(None, 256), (Some("3"), 3)] {
        let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
        if let Some(value) = value {
            command.env("ONEZONE_MAX_TOKEN_CAVEATS", value);
        }
        let server = Server::start(command);
        assert_eq!(answer(&server, &[(ACCESS, &with(limit))]).0, 200);
        let (status, error) = answer(&server, &[(ACCESS, &with(limit + 1))]);
        assert_eq!((status, &error["details"]["authError"]["id"]), (401, &json!("badToken")));
        server.stop();
    }
}

#[test]
fn settings_out_of_range_are_refused_with_their_range() {
    let home = Home::new();
    for (option, value, range) in [
        ("--max-token-size", "1048577", "1024..=1048576"),
        ("--max-token-size", "64KiB", "invalid digit"),
        ("--max-token-caveats", "0", "1..=65535"),
    ] {
        let error = home.fail(2, &["serve", option, value]);
        assert!(error.contains(option) && error.contains(range), "{error}");
    }
}

#[test]
fn passwords_can_be_turned_off_altogether() {
    let home = Home::with_zone();
    let token = home.token("alice-token");
    let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("ONEZONE_NO_BASIC_AUTH", "yes");
    let server = Server::start(command);
    let basic = |text: &str| format!("Basic {text}");
    // alice-login:alice's password; then something without a colon.
    for (credentials, id) in [
        ("YWxpY2UtbG9naW46YWxpY2UncyBwYXNzd29yZA==", "basicAuthNotSupported"),
        ("bm8gY29sb24=", "badBasicCredentials"),
    ] {
        let (status, error) = answer(&server, &[("authorization", &basic(credentials))]);
        assert_eq!((status, &error["details"]["authError"]["id"]), (401, &json!(id)));
    }
    assert_eq!(answer(&server, &[(ACCESS, &token)]).0, 200);
    server.stop();
}

#[test]
fn after_wrong_passwords_the_next_waits_and_tokens_do_not() {
    let home = Home::with_zone();
    let token = home.token("alice-token");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let waits = |name: &str| {
        let server = serve(&home, &["--password-lock-after", "2", "--password-lock-seconds", "3600"]);
        let log_in = |password: &str| {
            let credentials = format!("Basic {}", STANDARD.encode(format!("{name}:{password}")));
            runtime.block_on(over_http1(&server, &[("authorization", &credentials)]))
        };
        assert_eq!(log_in("one").0, 401, "{name}");
        let locked = Instant::now();
        assert_eq!(log_in("two").0, 401, "{name}");
        let (status, error) = log_in("three");
        let is_in_time = locked.elapsed() < Duration::from_millis(800);
        if is_in_time {
            assert_eq!((status, &error["id"]), (503, &json!("serviceUnavailable")), "{name}");
            let description = error["description"].as_str().unwrap();
            assert!(description.contains("Try again in 1 second, or use a token"), "{description}");
        }
        assert_eq!(answer(&server, &[(ACCESS, &token)]).0, 200);
        server.stop();
        is_in_time
    };
    // The wait is a second; where a busy machine takes longer until the third, another server knows of no wait.
    for name in ["alice-login", "nobody-at-all"] {
        assert!((0..10).any(|_| waits(name)), "{name} does not come in time");
    }
}
