//! Requests that two readers could take differently, and requests that are none, byte by byte. What counts is how many
//! answers there are: one for what is one request, and nothing read after what was refused.

use std::time::Duration;

use stubgen_runtime::{Options, ServeOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::guard::until_closed;
use crate::wire::{PATIENCE, Server, quiet, start, start_with};

/// The statuses of all answers to these bytes, until the server closes; 100 Continue included.
async fn statuses(server: &Server, bytes: &[u8]) -> Vec<u16> {
    let mut stream = server.connect().await;
    // It may answer and close before it has read everything.
    let _ = stream.write_all(bytes).await;
    // What is not refused ends with the client's end.
    let _ = stream.shutdown().await;
    let received = String::from_utf8(until_closed(stream).await).unwrap();
    let starts = received.split("HTTP/1.").skip(1);
    // The second number of the version, a blank, the status.
    starts.map(|answer| answer[2..5].parse().unwrap()).collect()
}

/// A request that would be answered 200, to stand after another one.
const NEXT: &str = "GET /api/v1/session HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn what_two_readers_could_take_differently_is_refused_and_nothing_after_it_is_read() {
    let server = start().await;
    let put = "PUT /api/v1/items/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    for (name, headers, body) in [
        ("two lengths", "Content-Length: 2\r\nContent-Length: 40\r\n", "{}"),
        ("a list of lengths", "Content-Length: 2, 40\r\n", "{}"),
        ("a length with a sign", "Content-Length: +2\r\n", "{}"),
        ("a negative length", "Content-Length: -2\r\n", "{}"),
        ("a hexadecimal length", "Content-Length: 0x2\r\n", "{}"),
        ("a length with a blank in it", "Content-Length: 1 2\r\n", "{}"),
        ("an empty length", "Content-Length:\r\n", "{}"),
        ("a length beyond 64 bits", "Content-Length: 18446744073709551618\r\n", "{}"),
        ("an unknown coding", "Transfer-Encoding: xchunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
        ("chunked that is not last", "Transfer-Encoding: chunked, identity\r\n", "2\r\n{}\r\n0\r\n\r\n"),
        ("an empty coding", "Transfer-Encoding:\r\n", "2\r\n{}\r\n0\r\n\r\n"),
        ("a blank before the colon", "Transfer-Encoding : chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
        ("a blank before the name", " Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
        ("a folded line", "Transfer-Encoding:\r\n chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
        ("a vertical tab in the coding", "Transfer-Encoding: \x0bchunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
        ("NUL in a value", "A: b\0c\r\n", "{}"),
        ("NUL in a name", "A\0: b\r\n", "{}"),
        ("a carriage return in a value", "A: b\rContent-Length: 2\r\n", "{}"),
        ("a name of nothing", ": b\r\n", "{}"),
        ("a line without a colon", "Content-Length 2\r\n", "{}"),
        ("a chunk size that is none", "Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"),
        ("a chunk size with a sign", "Transfer-Encoding: chunked\r\n", "+2\r\n{}\r\n0\r\n\r\n"),
        (
            "a chunk size beyond 64 bits",
            "Transfer-Encoding: chunked\r\n",
            "10000000000000002\r\n{}\r\n0\r\n\r\n",
        ),
        (
            "a chunk longer than its size",
            "Transfer-Encoding: chunked\r\n",
            "2\r\n{}GET / HTTP/1.1\r\n0\r\n\r\n",
        ),
    ] {
        let request = format!("{put}{headers}\r\n{body}{NEXT}");
        let seen = statuses(&server, request.as_bytes()).await;
        assert_eq!(seen, [400], "{name}");
    }
}

#[tokio::test]
async fn a_length_beside_chunks_ends_the_connection_after_one_answer() {
    let server = start().await;
    // RFC 9112, section 6.1: the chunks decide, or it is refused; either way the connection ends.
    for headers in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 400\r\n",
    ] {
        let request = format!(
            "PUT /api/v1/items/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{headers}\r\n0\r\n\r\n{NEXT}"
        );
        let seen = statuses(&server, request.as_bytes()).await;
        assert_eq!(seen, [400], "{headers}");
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let server = start().await;
    for (name, bytes) in [
        ("HTTP/0.9", "GET /api/v1/session\r\n\r\n"),
        ("HTTP/1.2", "GET /api/v1/session HTTP/1.2\r\nHost: a\r\n\r\n"),
        ("HTTP/2 in words", "GET /api/v1/session HTTP/2.0\r\nHost: a\r\n\r\n"),
        ("a tab in the first line", "GET\t/api/v1/session\tHTTP/1.1\r\nHost: a\r\n\r\n"),
        ("a blank in the target", "GET /api/v1/session x HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("a control character in the target", "GET /api/v1/se\x01ssion HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("a brace in the method", "GE{T /api/v1/session HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("no target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("a relative target", "GET api/v1/session HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("the preface of HTTP/2, almost", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r"),
        ("SSH", "SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        ("SMTP", "EHLO example.org\r\n\r\n"),
        ("nothing but NUL", "\0\0\0\0\0\0\0\0\r\n\r\n"),
    ] {
        let seen = statuses(&server, format!("{bytes}{NEXT}").as_bytes()).await;
        assert_eq!(seen, [400], "{name}");
    }
}

#[tokio::test]
async fn what_the_standard_allows_is_one_request_each() {
    let server = start().await;
    for (name, bytes, expected) in [
        ("empty lines before the first", format!("\r\n\r\n{NEXT}"), &[200][..]),
        ("line feeds alone", "GET /api/v1/session HTTP/1.1\nHost: a\n\n".to_owned(), &[200]),
        ("lower case and blanks", "GET /api/v1/session HTTP/1.1\r\nhOST:   a  \r\n\r\n".to_owned(), &[200]),
        ("an absolute target", "GET http://b/api/v1/session HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), &[200]),
        ("HTTP/1.0", "GET /api/v1/session HTTP/1.0\r\n\r\n".to_owned(), &[200]),
        ("two at once", format!("{NEXT}{NEXT}"), &[200, 200]),
        ("an authority as target", format!("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n{NEXT}"), &[404, 200]),
        ("asterisk with OPTIONS", format!("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n{NEXT}"), &[204, 200]),
        ("asterisk with GET", format!("GET * HTTP/1.1\r\nHost: a\r\n\r\n{NEXT}"), &[404, 200]),
        (
            "a method of one's own",
            format!("get /api/v1/session HTTP/1.1\r\nHost: a\r\n\r\n{NEXT}"),
            &[405, 200],
        ),
        ("TRACE", format!("TRACE /api/v1/session HTTP/1.1\r\nHost: a\r\n\r\n{NEXT}"), &[405, 200]),
    ] {
        assert_eq!(statuses(&server, bytes.as_bytes()).await, expected, "{name}");
    }
}

#[tokio::test]
async fn an_upgrade_is_not_made_and_the_request_is_answered() {
    let server = start().await;
    for protocol in ["websocket", "h2c", "TLS/1.2"] {
        let request = format!(
            "GET /api/v1/session HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: {protocol}\r\n\
             HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n{NEXT}"
        );
        assert_eq!(statuses(&server, request.as_bytes()).await, [200, 200], "{protocol}");
    }
}

#[tokio::test]
async fn continue_is_said_only_to_whom_a_body_is_wanted_from() {
    let server = start().await;
    let expecting = |line: &str, length: usize| {
        format!(
            "{line} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             Expect: 100-continue\r\nConnection: close\r\n\r\n"
        )
    };
    let body = "{\"name\":\"x\",\"count\":[]}";
    let wanted = expecting("PUT /api/v1/items/x", body.len()) + body;
    assert_eq!(statuses(&server, wanted.as_bytes()).await, [100, 200]);
    for (line, status) in
        [("PUT /api/v1/items/x", 413), ("DELETE /api/v1/items/x", 204), ("PUT /api/v1/nothing", 404)]
    {
        assert_eq!(statuses(&server, expecting(line, 1_000_000).as_bytes()).await, [status], "{line}");
    }
}

#[tokio::test]
async fn chunk_extensions_and_trailers_without_end_are_cut_off() {
    let options = Options { body_timeout: Duration::from_millis(500), ..quiet() };
    let server = start_with(options, ServeOptions::default()).await;
    let put = "POST /api/v1/blobs HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\n\
               Transfer-Encoding: chunked\r\n\r\n";
    for (name, start, piece) in [
        ("an extension", "1;a=", "b"),
        ("extensions", "", "1;a=b\r\nx\r\n"),
        ("a trailer", "1\r\nx\r\n0\r\nA: ", "b"),
        ("trailers", "1\r\nx\r\n0\r\n", "A: b\r\n"),
        ("a chunk size", "", "0"),
    ] {
        let mut stream = server.connect().await;
        stream.write_all(format!("{put}{start}").as_bytes()).await.unwrap();
        let (mut reading, mut writing) = stream.into_split();
        let piece = piece.repeat(4096 / piece.len());
        let writer = tokio::spawn(async move {
            let mut sent = 0_usize;
            while writing.write_all(piece.as_bytes()).await.is_ok() {
                sent += piece.len();
                // Megabytes are sent in a moment; who takes them all for seconds would take them for ever.
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            sent
        });
        let mut answer = Vec::new();
        let _ =
            timeout(PATIENCE, reading.read_to_end(&mut answer)).await.unwrap_or_else(|_| panic!("{name}"));
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 4"), "{name}: {answer}");
        drop(reading);
        let sent = timeout(PATIENCE, writer).await.expect("the connection stays").unwrap();
        assert!(sent < 64 * 1024 * 1024, "{name}: {sent} bytes");
    }
}

#[tokio::test]
async fn giant_requests_get_an_answer_that_can_be_read() {
    let server = start().await;
    let long = "a".repeat(4 * 1024 * 1024);
    for (name, request, expected) in [
        ("a header", format!("GET /api/v1/session HTTP/1.1\r\nHost: a\r\nA: {long}\r\n\r\n"), &[431][..]),
        (
            "a header name",
            format!("GET /api/v1/session HTTP/1.1\r\nHost: a\r\n{long}: b\r\n\r\n"),
            &[431, 400],
        ),
        ("a target", format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), &[414, 431]),
        ("a method", format!("{long} / HTTP/1.1\r\nHost: a\r\n\r\n"), &[400, 414, 431]),
        (
            "a body",
            format!(
                "PUT /api/v1/items/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 4194304\r\n\r\n{long}"
            ),
            &[413],
        ),
        (
            "a body that nobody asked for",
            format!("DELETE /api/v1/items/x HTTP/1.1\r\nHost: a\r\nContent-Length: 4194304\r\n\r\n{long}"),
            &[204],
        ),
        (
            "headers",
            format!("GET /api/v1/session HTTP/1.1\r\nHost: a\r\n{}\r\n", "A: b\r\n".repeat(100_000)),
            &[431],
        ),
    ] {
        let seen = statuses(&server, request.as_bytes()).await;
        assert!(seen.len() == 1 && expected.contains(&seen[0]), "{name}: {seen:?}");
    }
}
