//! Clients that hold connections: the kinds of slowloris, and who gets a place when there are few.

use std::sync::Arc;
use std::time::Duration;

use stubgen_runtime::{Ending, Options, ServeOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use crate::frames;
use crate::wire::{PATIENCE, Server, head, quiet, read_reply, start_with};

/// Deadlines that pass soon.
pub(crate) fn short() -> ServeOptions {
    let soon = Duration::from_millis(150);
    ServeOptions {
        first_byte_timeout: soon,
        handshake_timeout: soon,
        header_timeout: soon,
        idle_timeout: soon,
        send_timeout: soon,
        min_send_rate: 1_000_000,
        drain_grace: Duration::from_millis(20),
        ..ServeOptions::default()
    }
}

/// Reads until the server closes, which it has to.
pub(crate) async fn until_closed(mut stream: TcpStream) -> Vec<u8> {
    let mut received = Vec::new();
    let closed = timeout(PATIENCE, stream.read_to_end(&mut received)).await;
    // However it is closed, it is closed.
    let _ = closed.expect("the connection stays");
    received
}

/// Sends these bytes, then this again and again, until the server closes.
async fn drip(server: &Server, first: &[u8], again: &[u8]) -> Vec<u8> {
    let mut stream = server.connect().await;
    stream.write_all(first).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let again = again.to_vec();
    let writer = tokio::spawn(async move {
        while writing.write_all(&again).await.is_ok() {
            sleep(Duration::from_millis(15)).await;
        }
    });
    let mut received = Vec::new();
    let _ = timeout(PATIENCE, reading.read_to_end(&mut received)).await.expect("the connection stays");
    writer.abort();
    received
}

/// Waits until the counter says so: a connection is counted after it is closed.
pub(crate) async fn expect(server: &Server, ending: Ending) {
    let counted = async {
        while server.counters.ended(ending) == 0 || server.counters.open() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let seen = || Ending::ALL.map(|ending| (ending, server.counters.ended(ending)));
    assert!(timeout(PATIENCE, counted).await.is_ok(), "{ending:?}: {:?}", seen());
}

#[tokio::test]
async fn whoever_sends_nothing_or_half_a_header_loses_the_connection() {
    for (sent, ending) in [
        (&b""[..], Ending::FirstByte),
        (b"P", Ending::Header),
        (b"GET / HT", Ending::Header),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", Ending::Header),
        (frames::PREFACE, Ending::Header),
        (&frames::beginning(), Ending::Header),
    ] {
        let server = start_with(quiet(), short()).await;
        let mut stream = server.connect().await;
        stream.write_all(sent).await.unwrap();
        until_closed(stream).await;
        expect(&server, ending).await;
    }
}

#[tokio::test]
async fn dripping_does_not_help() {
    for (first, again) in [
        (&b"GET / HTTP/1.1\r\n"[..], &b"A: b\r\n"[..]),
        (b"GET /", b"a"),
        (&frames::beginning(), &frames::ping()),
        // A header that never ends, a few bytes a frame.
        (
            &[frames::beginning(), frames::headers(1, 0, &frames::get("/peer"))].concat(),
            &frames::continuation(1, 0, b"\0\x01a\x01b"),
        ),
    ] {
        let server = start_with(quiet(), short()).await;
        drip(&server, first, again).await;
        expect(&server, Ending::Header).await;
    }
}

#[tokio::test]
async fn a_dripped_body_is_answered_at_its_deadline_or_not_waited_for_at_all() {
    let options = Options { body_timeout: Duration::from_millis(150), ..quiet() };
    let server = start_with(options, short()).await;
    let head = "PUT /api/v1/items/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n";
    let answer = String::from_utf8(drip(&server, head.as_bytes(), b" ").await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    // An operation that takes no body does not wait for one.
    let head = "DELETE /api/v1/items/x HTTP/1.1\r\nHost: a\r\nContent-Length: 60\r\n\r\n";
    let answer = String::from_utf8(drip(&server, head.as_bytes(), b" ").await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 204 ") && answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn a_connection_without_a_further_request_is_closed() {
    let server = start_with(quiet(), short()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /api/v1/session HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let answer = String::from_utf8(until_closed(stream).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && !answer.contains("connection:"), "{answer}");
    expect(&server, Ending::Idle).await;
}

#[tokio::test]
async fn http2_without_a_further_request_is_closed_in_words_even_with_pings() {
    let server = start_with(quiet(), short()).await;
    let first = [frames::beginning(), frames::request(1, "/session")].concat();
    let received = drip(&server, &first, &frames::ping()).await;
    assert!(frames::goaways(&received).contains(&0), "{received:?}");
    expect(&server, Ending::Idle).await;
}

/// A connection with as small a receive buffer as there can be.
async fn narrow(server: &Server) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(server.address).await.unwrap()
}

#[tokio::test]
async fn whoever_does_not_read_loses_the_connection() {
    let no_window = [frames::PREFACE, &frames::settings(&[(4, 0)]), &frames::request(1, "/large")].concat();
    for request in [&head("GET /api/v1/large", &[]), &no_window] {
        let server = start_with(quiet(), short()).await;
        let mut stream = narrow(&server).await;
        stream.write_all(request).await.unwrap();
        expect(&server, Ending::Send).await;
        drop(stream);
    }
}

#[tokio::test]
async fn whoever_reads_a_little_at_a_time_loses_the_connection() {
    let server = start_with(quiet(), short()).await;
    let mut stream = narrow(&server).await;
    stream.write_all(&head("GET /api/v1/large", &[])).await.unwrap();
    let (mut reading, _writing) = stream.into_split();
    let reader = tokio::spawn(async move {
        let mut buffer = [0; 64];
        while let Ok(1..) = reading.read(&mut buffer).await {
            sleep(Duration::from_millis(10)).await;
        }
    });
    expect(&server, Ending::Send).await;
    reader.abort();
}

#[tokio::test]
async fn whoever_reads_a_window_at_a_time_over_http2_loses_the_connection() {
    let server = start_with(quiet(), short()).await;
    let first = [frames::PREFACE, &frames::settings(&[(4, 1)]), &frames::request(1, "/large")].concat();
    drip(&server, &first, &frames::window_update(1, 1)).await;
    expect(&server, Ending::Send).await;
}

#[tokio::test]
async fn no_connection_grows_older_than_it_may() {
    let options = ServeOptions {
        max_connection_age: Duration::from_millis(200),
        drain_grace: Duration::from_millis(20),
        ..ServeOptions::default()
    };
    let server = start_with(quiet(), options).await;
    // The busy one is the older one, so that it is of age when the idle one has ended.
    let mut busy = server.connect().await;
    busy.write_all(b"GET /api/v1/slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    server.service.api().slow_has_begun().await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /api/v1/session HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let answer = String::from_utf8(until_closed(idle).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    server.service.api().gate.notify_one();
    // What was asked for in time is answered, with the word that this was the last.
    let answer = read_reply(busy).await;
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    expect(&server, Ending::Age).await;
}

#[tokio::test]
async fn those_that_hold_connections_without_using_them_make_room() {
    let options = ServeOptions { max_connections: 3, ..ServeOptions::default() };
    let server = start_with(quiet(), options).await;
    let mut held = Vec::new();
    for sent in [&b""[..], b"GET /", b"GET /api/v1/session HTTP/1.1\r\nHost: a\r\n\r\n", frames::PREFACE] {
        for _ in 0..10 {
            let mut stream = server.connect().await;
            // It may have lost its place already.
            let _ = stream.write_all(sent).await;
            held.push(stream);
        }
        assert_eq!(server.send("GET /api/v1/session", &[]).await.status, 200);
    }
    assert!(server.counters.ended(Ending::Evicted) >= 30);
}

#[tokio::test]
async fn those_that_are_being_answered_keep_their_places_and_others_wait() {
    let options = ServeOptions { max_connections: 2, ..ServeOptions::default() };
    let server = start_with(quiet(), options).await;
    let mut busy = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect().await;
        stream.write_all(&head("GET /api/v1/slow", &[])).await.unwrap();
        server.service.api().slow_has_begun().await;
        busy.push(stream);
    }
    let mut third = server.connect().await;
    third.write_all(&head("GET /api/v1/session", &[])).await.unwrap();
    let service = Arc::clone(&server.service);
    let early = timeout(Duration::from_millis(200), third.read(&mut [0])).await;
    assert!(early.is_err(), "a third connection was let in");
    service.api().gate.notify_one();
    assert_eq!(read_reply(third).await.status, 200);
    service.api().gate.notify_one();
    for stream in busy {
        assert_eq!(read_reply(stream).await.status, 200);
    }
}

#[tokio::test]
async fn whose_request_has_come_when_the_place_is_asked_for_is_answered() {
    let options = ServeOptions { max_connections: 1, ..ServeOptions::default() };
    let server = start_with(quiet(), options).await;
    let mut kept = server.connect().await;
    kept.write_all(b"GET /api/v1/session HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut first = Vec::new();
    while !first.ends_with(b"\"nobody\"") {
        assert_ne!(timeout(PATIENCE, kept.read_buf(&mut first)).await.unwrap().unwrap(), 0);
    }
    // Both are there before the server, which shares this thread, looks at either: first the one that needs the place.
    let other = std::net::TcpStream::connect(server.address).unwrap();
    other.set_nonblocking(true).unwrap();
    let request = head("GET /api/v1/slow", &[]);
    assert_eq!(kept.try_write(&request).unwrap(), request.len());
    server.service.api().slow_has_begun().await;
    // The place is asked for again meanwhile.
    sleep(Duration::from_millis(120)).await;
    server.service.api().gate.notify_one();
    let answer = read_reply(kept).await;
    assert_eq!(answer.status, 200);
    let mut other = TcpStream::from_std(other).unwrap();
    other.write_all(&head("GET /api/v1/session", &[])).await.unwrap();
    assert_eq!(read_reply(other).await.status, 200);
    assert_eq!(server.counters.ended(Ending::Evicted), 0);
}

#[tokio::test]
async fn those_that_come_together_do_not_take_each_others_places() {
    let options = ServeOptions { max_connections: 2, ..ServeOptions::default() };
    let server = start_with(quiet(), options).await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = server.connect().await;
        stream.write_all(&head("GET /api/v1/session", &[])).await.unwrap();
        streams.push(stream);
    }
    for stream in streams {
        assert_eq!(read_reply(stream).await.status, 200);
    }
    assert_eq!(server.counters.ended(Ending::Evicted), 0);
}
