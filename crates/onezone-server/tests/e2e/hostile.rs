//! Requests that nobody sends by accident, byte by byte: the server answers or closes, and goes on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::curl::{Reply, curl};
use crate::fixture::ALICE;
use crate::processes::Home;

const TARGET: &str = "/api/v3/onezone/providers/krakow/tokens/named";

/// Sends these bytes and gives everything that comes back until the server closes.
fn send(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // It may answer and close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..length]);
    }
    String::from_utf8(answer).unwrap()
}

fn status(answer: &str) -> u16 {
    if answer.is_empty() { 0 } else { Reply::parse(answer).status }
}

#[test]
fn malformed_requests_are_refused_and_the_server_goes_on() {
    let home = Home::with_zone();
    let server = home.serve();
    let get = |rest: &str| format!("GET {TARGET} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{rest}");
    let long = "a".repeat(600_000);
    let many = "X-A: b\r\n".repeat(150);
    let rows: [(String, &[u16]); 14] = [
        ("\0\0\0\0\r\n\r\n".to_owned(), &[400]),
        ("\x16\x03\x01\x02\0\x01\0\x01\u{7f}".to_owned() + "\r\n\r\n", &[400]),
        ("GET\r\n\r\n".to_owned(), &[400]),
        (format!("GET {TARGET} HTTP/9.9\r\n\r\n"), &[400]),
        (format!("GET {TARGET} HTTP/1.1\r\nNo colon\r\n\r\n"), &[400]),
        (format!("GET {TARGET} HTTP/1.1\r\nA: b\r\n C: folded\r\n\r\n"), &[400]),
        (get("Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), &[400]),
        (get("Content-Length: -1\r\n\r\n"), &[400]),
        (get("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"), &[400, 401]),
        (get(&format!("X-Long: {}\r\n\r\n", &long[..300_000])), &[431]),
        (get(&format!("X-Long: {long}\r\n\r\n")), &[431]),
        (get(&format!("{many}\r\n")), &[431]),
        (format!("GET /{} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", &long[..9000]), &[414]),
        (format!("GET /{long} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), &[414, 431]),
    ];
    for (bytes, expected) in rows {
        let answer = send(server.address(), bytes.as_bytes());
        let shown = &bytes[..bytes.len().min(80)];
        assert!(expected.contains(&status(&answer)), "{shown:?}: {answer:?}");
    }
    curl(&["-u", ALICE, &format!("{}{TARGET}", server.origin)]).expect(200);
    server.stop();
}

#[test]
fn a_request_says_once_what_host_it_is_for() {
    let home = Home::with_zone();
    let server = home.serve();
    let to = |version: &str, hosts: &str| {
        let request = format!("GET {TARGET} HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n");
        send(server.address(), request.as_bytes())
    };
    for hosts in ["", "Host: a\r\nHost: a\r\n", "Host: a\r\nX: y\r\nHost: b\r\n"] {
        let answer = to("1.1", hosts);
        assert_eq!(status(&answer), 400, "{hosts:?}: {answer}");
        assert!(answer.contains("malformedData") && answer.contains("exactly one Host header"), "{answer}");
        assert!(answer.contains("access-control-allow-origin: *"), "{answer}");
    }
    for (version, hosts) in [("1.1", "Host: a\r\n"), ("1.1", "Host:\r\n"), ("1.0", "")] {
        assert_eq!(status(&to(version, hosts)), 401, "{version} {hosts:?}");
    }
    server.stop();
}

#[test]
fn a_header_that_decides_something_comes_once() {
    let home = Home::with_zone();
    let server = home.serve();
    let (alice, krakow) = (home.token("alice-token"), home.token("p5"));
    let bearer = format!("Bearer {alice}");
    let basic = format!("Basic {}", STANDARD.encode(ALICE));
    let with_token = format!("X-Auth-Token: {alice}\r\n");
    // The header, two values of it, what stands beside it, and the status; 200 is what one of them alone would be.
    let rows: [(&str, [&str; 2], &str, u16); 24] = [
        ("X-Auth-Token", [&alice, &alice], "", 401),
        ("X-Auth-Token", [&alice, "x"], "", 401),
        ("X-Auth-Token", ["x", &alice], "", 401),
        ("x-auth-token", [&alice, ""], "", 401),
        ("Macaroon", [&alice, &alice], "", 401),
        ("Macaroon", ["x", &alice], "", 401),
        ("Authorization", [&bearer, &bearer], "", 401),
        ("Authorization", [&basic, &basic], "", 401),
        ("Authorization", [&basic, &bearer], "", 401),
        ("Authorization", [&bearer, &basic], "", 401),
        ("X-Onedata-Service-Token", [&krakow, &krakow], &with_token, 401),
        ("X-Onedata-Consumer-Token", [&krakow, &krakow], &with_token, 401),
        ("Host", ["a", "a"], &with_token, 400),
        ("Host", ["a", "b"], &with_token, 400),
        ("Content-Length", ["0", "1"], &with_token, 400),
        ("Content-Length", ["1", "0"], &with_token, 400),
        ("Content-Length", ["0", "+0"], &with_token, 400),
        ("Transfer-Encoding", ["chunked", "identity"], &with_token, 400),
        ("Transfer-Encoding", ["chunked", "gzip"], &with_token, 400),
        // These may be lists, and say the same as one header with a comma.
        ("Accept", ["text/html", "application/json"], &with_token, 200),
        ("Accept", ["text/html", "text/plain"], &with_token, 406),
        ("X-Forwarded-For", ["192.0.2.1", "192.0.2.2"], &with_token, 200),
        ("Cookie", ["a=b", "c=d"], &with_token, 200),
        ("Content-Length", ["0", "0"], &with_token, 200),
    ];
    for (name, [first, second], beside, expected) in rows {
        let host = if name == "Host" { "" } else { "Host: a\r\n" };
        for gap in ["", "X-Between: y\r\n"] {
            let request = format!(
                "GET {TARGET} HTTP/1.1\r\n{host}Connection: close\r\n{beside}{name}: {first}\r\n{gap}{name}: {second}\r\n\r\n"
            );
            let answer = send(server.address(), request.as_bytes());
            assert_eq!(status(&answer), expected, "{name} twice: {answer}");
            assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        }
    }
    server.stop();
}

#[test]
fn absolute_targets_and_two_requests_at_once_are_what_http_says_they_are() {
    let home = Home::with_zone();
    let server = home.serve();
    let absolute = send(
        server.address(),
        format!("GET http://elsewhere.example{TARGET} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .as_bytes(),
    );
    assert_eq!(status(&absolute), 401);
    let one = format!("GET {TARGET} HTTP/1.1\r\nHost: a\r\n");
    let both = send(server.address(), format!("{one}\r\n{one}Connection: close\r\n\r\n").as_bytes());
    assert_eq!(both.matches("HTTP/1.1 401 ").count(), 2, "{both}");
    // A body that nobody asked for does not become the next request.
    let smuggled =
        format!("{one}Content-Length: 18\r\n\r\nGET /x HTTP/1.1\r\n\n{one}Connection: close\r\n\r\n");
    let both = send(server.address(), smuggled.as_bytes());
    assert_eq!(both.matches("HTTP/1.1 ").count(), both.matches("HTTP/1.1 401 ").count(), "{both}");
    server.stop();
}

#[test]
fn credentials_that_nobody_was_given_are_401_however_they_are_made() {
    let home = Home::with_zone();
    let server = home.serve();
    let valid = home.token("alice-token");
    let tokens = [
        "A".repeat(60_000),
        "MDAy".repeat(1000),
        valid.repeat(3),
        format!("{valid}\u{e9}"),
        valid[..valid.len() / 2].to_owned(),
        valid.to_uppercase(),
        "%00".to_owned(),
        "=".to_owned(),
        "\u{a0}".to_owned(),
        "../../../etc/passwd".to_owned(),
    ];
    for token in tokens {
        for name in ["X-Auth-Token: ", "Authorization: Bearer ", "Macaroon: ", "Authorization: Basic "] {
            let request =
                format!("GET {TARGET} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{name}{token}\r\n\r\n");
            let answer = send(server.address(), request.as_bytes());
            assert_eq!(status(&answer), 401, "{name}{}: {answer}", &token[..token.len().min(40)]);
        }
    }
    server.stop();
}

#[test]
fn many_clients_at_once_are_all_answered() {
    let home = Home::with_zone();
    let server = home.serve();
    let token = home.token("alice-token");
    let request =
        format!("GET {TARGET} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Auth-Token: {token}\r\n\r\n");
    let password = format!(
        "GET {TARGET} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Basic YWxpY2UtbG9naW46d3Jvbmc=\r\n\r\n"
    );
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..40)
            .map(|number| {
                let (address, text) =
                    (server.address().to_owned(), if number % 4 == 0 { &password } else { &request });
                // On a busy machine, who has a token may be told to ask again.
                let ask = move || {
                    let began = Instant::now();
                    loop {
                        let answer = send(&address, text.as_bytes());
                        let is_told = number % 4 != 0
                            && status(&answer) == 503
                            && !Reply::parse(&answer).all("retry-after").is_empty();
                        if !is_told || began.elapsed() > Duration::from_secs(60) {
                            return status(&answer);
                        }
                        std::thread::sleep(Duration::from_millis(100));
                    }
                };
                scope.spawn(move || (0..5).map(|_| ask()).collect::<Vec<_>>())
            })
            .collect();
        for (number, client) in clients.into_iter().enumerate() {
            let expected: &[u16] = if number % 4 == 0 { &[401, 503] } else { &[200] };
            let statuses = client.join().unwrap();
            assert!(statuses.iter().all(|status| expected.contains(status)), "{number}: {statuses:?}");
        }
    });
    server.stop();
}
