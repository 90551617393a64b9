//! Clients that mean no good, beside those of the load: slow ones, garbage, floods of connections and of passwords.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::arena::Arena;
use super::workers::basic;
use crate::faults::exchange::{Asked, Caller};

const TARGET: &str = "/api/v3/onezone/providers/krakow/tokens/named";

/// How long garbage waits for its answer or the end of its connection, which the deadlines of the server bring about.
const PATIENCE: Duration = Duration::from_secs(60);

/// Names that nobody has, so few that what is remembered of them does not grow.
const NAMES: usize = 200;

/// Beginnings of requests that never end.
const SLOW: [&str; 5] = [
    "",
    "G",
    "GET /api HTTP/1.1\r\nHost: a\r\nX-Slow: ",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "POST /api/v3/onezone HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n",
];

/// What is no request.
const GARBAGE: [&str; 9] = [
    "\0\0\0\0\r\n\r\n",
    "\x16\x03\x01\x02\0\x01\0\x01\u{7f}\r\n\r\n",
    "GET\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    "GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
];

/// Holds a connection with a request that never ends, and another one when the server has had enough of it.
pub(crate) async fn be_slow(arena: Arc<Arena>, number: usize) {
    while !arena.over.load(Ordering::Relaxed) {
        // A server that is just not there is nothing to be noted here.
        if let Ok(mut stream) = TcpStream::connect(arena.address()).await {
            let _ = stream.write_all(SLOW[number % SLOW.len()].as_bytes()).await;
            let mut buffer = [0; 512];
            while !arena.over.load(Ordering::Relaxed) {
                if number.is_multiple_of(2) && stream.write_all(b"x").await.is_err() {
                    break;
                }
                if let Ok(Ok(0) | Err(_)) = timeout(Duration::from_secs(1), stream.read(&mut buffer)).await {
                    break;
                }
            }
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Sends garbage, which has to be refused or cut off.
pub(crate) async fn send_garbage(arena: Arc<Arena>, mut random: fastrand::Rng) {
    while !arena.over.load(Ordering::Relaxed) {
        let mut bytes = GARBAGE[random.usize(..GARBAGE.len())].as_bytes().to_vec();
        match random.u8(0..3) {
            0 => bytes = (0..random.usize(1..600)).map(|_| random.u8(..)).collect(),
            1 => {
                let place = random.usize(..bytes.len());
                bytes[place] = random.u8(..);
            }
            _ => {}
        }
        let cuts = arena.cuts.mark();
        let answer = timeout(PATIENCE, exchange(&arena.address(), &bytes)).await;
        let status = match answer {
            Err(_) if arena.cuts.was_since(cuts) => continue,
            Err(_) => {
                arena.violate(format!(
                    "{:?} is neither answered nor cut off",
                    String::from_utf8_lossy(&bytes)
                ));
                continue;
            }
            Ok(answer) => answer.get(9..12).and_then(|status| status.parse::<u16>().ok()),
        };
        if status.is_some_and(|status| !(400..500).contains(&status)) {
            arena.violate(format!("{:?} is answered {status:?}", String::from_utf8_lossy(&bytes)));
        }
        sleep(Duration::from_millis(30)).await;
    }
}

async fn exchange(address: &str, bytes: &[u8]) -> String {
    let mut answer = Vec::new();
    if let Ok(mut stream) = TcpStream::connect(address).await {
        // It may answer and close before it has read everything.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        let _ = stream.read_to_end(&mut answer).await;
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// More connections than the server lets in, for a while.
pub(crate) async fn flood_of_connections(arena: &Arena, count: usize, time: Duration) {
    let mut held = Vec::with_capacity(count);
    for _ in 0..count {
        if let Ok(Ok(stream)) = timeout(Duration::from_secs(1), TcpStream::connect(arena.address())).await {
            held.push(stream);
        }
    }
    sleep(time).await;
}

/// Wrong passwords from many connections at once.
pub(crate) async fn flood_of_passwords(arena: &Arc<Arena>, time: Duration) {
    let end = Instant::now() + time;
    let floods: Vec<_> = (0..32_u64)
        .map(|number| {
            let (arena, mut random) = (Arc::clone(arena), fastrand::Rng::with_seed(number));
            tokio::spawn(async move {
                let mut caller = Caller::default();
                while Instant::now() < end {
                    let (name, password) = (random.usize(..NAMES), random.u32(..));
                    let asked = Asked { method: "GET", target: TARGET.to_owned(), header: None };
                    let asked = asked.with("authorization", basic(&format!("nobody{name}:{password}")));
                    let cuts = arena.cuts.mark();
                    match caller.ask(&arena.address(), &asked).await {
                        Ok(answer) if [401, 503].contains(&answer.status) => {
                            arena.count(format!("{} of a flood", answer.status), Instant::now());
                        }
                        Err(_) if arena.cuts.was_since(cuts) => {}
                        other => arena.violate(format!("a wrong password is answered {other:?}")),
                    }
                }
            })
        })
        .collect();
    for flood in floods {
        if flood.await.is_err() {
            arena.violate("a client of the flood of passwords has ended".to_owned());
        }
    }
}
