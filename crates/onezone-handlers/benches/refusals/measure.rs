//! Sends requests of the classes in random order, and takes the time of each answer.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::Request;
use http_body_util::Empty;
use onezone_api::Server;
use onezone_handlers::Handlers;
use stubgen_runtime::{ServeOptions, Service};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::classes::{Class, Group, Headers};
use crate::zone::Fixture;

/// How a request gets to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// By a call.
    Service,
    /// By HTTP/1.1 over the loopback interface, on one connection.
    Loopback,
}

const TARGET: &str = "/api/v3/onezone/providers/nowhere/tokens/named";

/// The first part of what is measured settles caches and branch predictors, and is thrown away.
const WARM_UP: usize = 10;

/// The times of the answers in nanoseconds, for each class of the group.
pub(crate) fn measure(way: Way, group: &Group, samples: usize) -> Vec<Vec<u64>> {
    // With several threads, since a store asks short questions on the thread that has them only where another is left.
    let runtime = Runtime::new().unwrap();
    let fixture = runtime.block_on(Fixture::new());
    match way {
        Way::Service => {
            let mut call = |headers: &Headers| {
                let request = request(headers);
                let peer = SocketAddr::from(([127, 0, 0, 1], 50_000));
                let started = Instant::now();
                let response = runtime.block_on(fixture.service.handle(request, peer));
                let elapsed = started.elapsed();
                (nanoseconds(elapsed), response.body().as_bytes().unwrap().to_vec())
            };
            sample(group, samples, &mut call)
        }
        Way::Loopback => {
            let (address, stop) = listen(&runtime, Arc::clone(&fixture.service));
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_nodelay(true).unwrap();
            let mut call = |headers: &Headers| {
                let request = text(headers);
                let started = Instant::now();
                stream.write_all(request.as_bytes()).unwrap();
                let body = read_answer(&mut stream);
                (nanoseconds(started.elapsed()), body)
            };
            let times = sample(group, samples, &mut call);
            drop(stream);
            stop.send(()).unwrap();
            times
        }
    }
}

type Call<'a> = &'a mut dyn FnMut(&Headers) -> (u64, Vec<u8>);

fn sample(group: &Group, samples: usize, call: Call<'_>) -> Vec<Vec<u64>> {
    for headers in &group.first {
        let body = call(headers).1;
        assert!(!contains(&body, "unauthorized"), "{}: the preparation is refused", group.name);
    }
    for headers in &group.then {
        let body = call(headers).1;
        assert!(contains(&body, "unauthorized"), "{}: the preparation is accepted", group.name);
    }
    let samples = samples.div_ceil(group.one_in);
    let warm_up = samples / WARM_UP;
    let mut dice = fastrand::Rng::with_seed(4);
    let mut order: Vec<usize> = (0..group.classes.len()).collect();
    let mut times = vec![Vec::with_capacity(samples); group.classes.len()];
    for round in 0..samples + warm_up {
        // Every class once a round: what changes in the course of time hits all of them alike.
        dice.shuffle(&mut order);
        for index in &order {
            let class = &group.classes[*index];
            let (time, body) = call(dice.choice(&class.requests).unwrap());
            check(group, class, &body);
            if round >= warm_up {
                times[*index].push(time);
            }
        }
    }
    times
}

/// An answer for another reason would be the time of something else.
fn check(group: &Group, class: &Class, body: &[u8]) {
    let expected = format!("\"id\":\"{}\"", class.error);
    assert!(contains(body, &expected), "{}, {}: {}", group.name, class.name, String::from_utf8_lossy(body));
}

fn contains(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|window| window == text.as_bytes())
}

fn request(headers: &Headers) -> Request<Empty<Bytes>> {
    let mut request = Request::builder().uri(TARGET);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    request.body(Empty::new()).unwrap()
}

fn text(headers: &Headers) -> String {
    let mut text = format!("GET {TARGET} HTTP/1.1\r\nhost: localhost\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text + "\r\n"
}

/// The body of the next answer on the connection.
fn read_answer(stream: &mut TcpStream) -> Vec<u8> {
    let mut answer = Vec::with_capacity(2048);
    let mut buffer = [0; 2048];
    loop {
        if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&answer[..end]);
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let length: usize = length.parse().unwrap();
            if answer.len() == end + 4 + length {
                return answer.split_off(end + 4);
            }
        }
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the server closed the connection");
        answer.extend_from_slice(&buffer[..count]);
    }
}

/// Serves on a free port until the sender is used or dropped.
fn listen(runtime: &Runtime, service: Arc<Service<Server<Handlers>>>) -> (SocketAddr, oneshot::Sender<()>) {
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    runtime.spawn(stubgen_runtime::serve(listener, service, ServeOptions::default(), stopped));
    (address, stop)
}

fn nanoseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
