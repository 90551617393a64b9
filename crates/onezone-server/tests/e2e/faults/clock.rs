//! Jumps of the wall clock: what is confined to a time follows it, forwards and backwards; what only lasts does not care.

use std::time::{Duration, Instant, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::exchange::Asked;
use super::place::{Kind, Place};
use super::{ask, figure, status};
use crate::fixture::{ALICE, ZONE};

const HOUR: i64 = 3600;

/// A day ahead, a month, and before any of this was written.
const JUMPS: [i64; 4] = [2 * HOUR, 30 * 24 * HOUR, -2 * HOUR, -10 * 365 * 24 * HOUR];

fn list() -> Asked {
    Asked::new("GET", "/providers/krakow/tokens/named")
}

fn basic(credentials: &str) -> Asked {
    list().with("authorization", format!("Basic {}", STANDARD.encode(credentials)))
}

/// The present time, by a file that is written now.
fn now(place: &Place) -> u64 {
    let written = place.home.write("now", "").metadata().unwrap().modified().unwrap();
    written.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_are_good_for_a_time_follow_the_clock_forwards_and_backwards() {
    let place = Place::new(Kind::Sqlite, ZONE);
    let caveat = format!("time < {}", now(&place) + 3600);
    let create = |how: &[&str]| {
        let said = place.run(&[&["token", "create", "--subject", "usr-alice"], how].concat());
        said.lines().last().unwrap().trim().to_owned()
    };
    let short = list().with_token(&create(&["--name", "short", "--caveat", &caveat]));
    let temporary = list().with_token(&create(&["--temporary", "--ttl", "1h"]));
    let plain = list().with_token(place.run(&["token", "print", "alice-token"]).trim());
    let server = place.serve(&[]);
    let address = server.address();
    for jump in [0].into_iter().chain(JUMPS).chain([0]) {
        place.shim.move_clock(jump);
        let expected = if jump > HOUR { 401 } else { 200 };
        assert_eq!(status(address, &short).await, expected, "{jump}");
        assert_eq!(status(address, &temporary).await, expected, "{jump}");
        for asked in [&plain, &basic(ALICE)] {
            assert_eq!(status(address, asked).await, 200, "{jump}");
        }
        let deletion =
            Asked { header: plain.header.clone(), ..Asked::new("DELETE", "/users/none/tokens/named") };
        assert_eq!(status(address, &deletion).await, 403, "{jump}");
    }
    server.stop();
    figure(
        "Jumps of the wall clock by 2 hours, 30 days and 10 years, forwards and backwards: tokens with a time follow it at once",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waits_after_wrong_passwords_last_as_long_as_they_last() {
    let place = Place::new(Kind::Sqlite, ZONE);
    // The wait is a second; where a busy machine takes longer before it has made a jump, another server knows of no wait.
    for _ in 0..10 {
        place.shim.move_clock(0);
        let server = place.serve(&["--password-lock-after", "2", "--password-lock-seconds", "3600"]);
        let address = server.address();
        assert_eq!(status(address, &basic("alice-login:one")).await, 401);
        let locked = Instant::now();
        assert_eq!(status(address, &basic("alice-login:two")).await, 401);
        let mut refused = 0;
        for jump in [0].into_iter().chain(JUMPS) {
            place.shim.move_clock(jump);
            let answer = status(address, &basic("alice-login:three")).await;
            if locked.elapsed() > Duration::from_millis(800) {
                break;
            }
            assert_eq!(answer, 503, "{jump}");
            refused += 1;
        }
        // With the clock years ahead or back, the wait ends when it has to.
        while status(address, &basic(ALICE)).await != 200 {
            assert!(locked.elapsed() < Duration::from_secs(60), "the wait does not end");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        server.stop();
        if refused > 1 {
            return;
        }
    }
    panic!("no jump is made in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlines_of_requests_and_connections_do_not_jump() {
    let place = Place::new(Kind::Sqlite, ZONE);
    let token = place.run(&["token", "print", "carol-token"]).trim().to_owned();
    let server = place.serve(&[]);
    // In flight: one whose head has not arrived, and one that waits for somebody else's transaction.
    let mut half = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "GET {} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Auth-Token: {token}\r\n",
        list().target
    );
    half.write_all(head.as_bytes()).await.unwrap();
    let other = rusqlite::Connection::open(place.home.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting = tokio::spawn({
        let asked = Asked::new("DELETE", "/users/bob/tokens/named").with_token(&token);
        let address = server.address().to_owned();
        async move { ask(&address, &asked).await.0 }
    });
    for jump in JUMPS {
        place.shim.move_clock(jump);
        // Whoever comes now is answered as always.
        assert_eq!(status(server.address(), &list().with_token(&token)).await, 200, "{jump}");
    }
    other.execute_batch("ROLLBACK").unwrap();
    let answer = waiting.await.unwrap().unwrap();
    assert_eq!(answer.status, 204, "{answer:?}");
    half.write_all(b"\r\n").await.unwrap();
    let mut answer = String::new();
    half.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    place.shim.move_clock(0);
    assert!(place.run(&["audit", "list", "--target", "usr-bob"]).contains("tokens.delete_all"));
    server.stop();
}
