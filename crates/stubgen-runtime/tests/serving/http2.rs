//! Floods over HTTP/2: whoever floods loses the connection, and everybody else is answered meanwhile.

use std::time::Duration;

use stubgen_runtime::{Options, ServeOptions};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::frames;
use crate::guard::{short, until_closed};
use crate::wire::{PATIENCE, Server, quiet, start_with};

/// Sends the beginning and then what is made for each number, without reading, until the server has closed; gives what it said in
/// the end, and how many frames it took.
async fn flood(server: &Server, limit: u32, mut make: impl FnMut(u32) -> Vec<u8>) -> (Vec<u8>, u32) {
    let mut stream = server.connect().await;
    stream.write_all(&frames::beginning()).await.unwrap();
    let mut sent = 0;
    let flooding = async {
        while sent < limit && stream.write_all(&make(sent)).await.is_ok() {
            sent += 1;
        }
    };
    timeout(PATIENCE, flooding).await.expect("the server neither reads nor closes");
    (until_closed(stream).await, sent)
}

async fn expect_well(server: &Server) {
    assert_eq!(server.send("GET /api/v1/session", &[]).await.status, 200);
}

#[tokio::test]
async fn rapid_reset_ends_the_connection_and_starts_few_handlers() {
    let options = Options { handler_timeout: Duration::from_secs(2), ..quiet() };
    let server = start_with(options, ServeOptions::default()).await;
    let (_, sent) = flood(&server, 100_000, |number| {
        let stream = number * 2 + 1;
        [frames::request(stream, "/slow"), frames::reset(stream)].concat()
    })
    .await;
    assert!(sent < 50_000, "{sent} requests were taken back before the connection was closed");
    assert!(server.service.in_flight() <= 300, "{} handlers run", server.service.in_flight());
    expect_well(&server).await;
}

#[tokio::test]
async fn requests_beyond_the_limit_of_a_connection_are_not_handled() {
    let server =
        start_with(quiet(), ServeOptions { max_concurrent_streams: 3, ..ServeOptions::default() }).await;
    let mut stream = server.connect().await;
    let requests: Vec<u8> = (0..20).flat_map(|number| frames::request(number * 2 + 1, "/slow")).collect();
    stream.write_all(&[frames::beginning(), requests].concat()).await.unwrap();
    server.service.api().slow_has_begun().await;
    expect_well(&server).await;
    assert!(server.service.in_flight() <= 3, "{}", server.service.in_flight());
}

#[tokio::test]
async fn a_header_without_end_is_refused() {
    let server = start_with(quiet(), ServeOptions::default()).await;
    let field = [&b"\0\x05x-abc\x7f\x81\x07"[..], &[b'a'; 256]].concat();
    for fragment in [&b""[..], b"\0\x01a\x01b", &field.repeat(30)] {
        let (said, sent) = flood(&server, 2_000_000, |number| {
            if number == 0 {
                frames::headers(1, 0, &frames::get("/session"))
            } else {
                frames::continuation(1, 0, fragment)
            }
        })
        .await;
        assert!(sent < 1_000_000, "{sent} frames of {} bytes", fragment.len());
        drop(said);
        expect_well(&server).await;
    }
}

#[tokio::test]
async fn answers_that_nobody_reads_end_the_connection() {
    let server = start_with(quiet(), short()).await;
    for frame in [frames::ping(), frames::settings(&[(3, 100)])] {
        flood(&server, 20_000_000, |_| frame.repeat(200)).await;
        expect_well(&server).await;
    }
}

#[tokio::test]
async fn frames_that_make_no_sense_end_the_connection_with_a_reason() {
    let server = start_with(quiet(), ServeOptions::default()).await;
    let huge = [&[0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1][..], &[0; 64]].concat();
    for (name, bytes) in [
        ("data on no stream", frames::frame(0, 0, 0, b"x")),
        ("data on an idle stream", frames::frame(0, 0, 5, b"x")),
        ("a frame longer than allowed", huge),
        ("a stream of even number", frames::request(2, "/session")),
        ("a continuation of nothing", frames::continuation(1, frames::END_HEADERS, b"\x82")),
        ("a window beyond its size", frames::window_update(0, 0x7fff_ffff)),
        ("a window update of nothing", frames::window_update(0, 0)),
        ("headers that are no HPACK", frames::headers(1, 5, &[0xff; 40])),
        ("a push", frames::frame(5, 4, 1, &[0, 0, 0, 2, 0x82])),
    ] {
        let mut stream = server.connect().await;
        stream.write_all(&[frames::beginning(), bytes].concat()).await.unwrap();
        let said = until_closed(stream).await;
        assert!(frames::goaways(&said).iter().any(|code| *code != 0), "{name}: {said:?}");
    }
    expect_well(&server).await;
}
