//! One connection asks with a token, one request after the other, in turns alone and beside many connections that send
//! passwords nobody has. Everything is over loopback HTTP, so that the flood takes its processor time from the same
//! machine: what is measured is more than what a flood from elsewhere does.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onezone_handlers::PasswordCounts;
use stubgen_runtime::ServeOptions;
use tokio::runtime::Runtime;

use crate::zone::{Fixture, VARIANTS, id, secret, token};

/// How many connections flood.
const CONNECTIONS: u64 = 64;

/// How long each waits between two requests, so that the flood is as large whatever is answered: 3,200 a second.
const PAUSE: Duration = Duration::from_millis(20);

const TARGET: &str = "/api/v3/onezone/providers/nowhere/tokens/named";

/// The times of answers, in nanoseconds.
#[derive(Default)]
struct Times(Vec<u64>);

/// What flooders were answered.
#[derive(Default)]
struct Flooded {
    unauthorized: Times,
    unavailable: Times,
}

/// A table, after so many rounds of this length at rest and as long in the flood.
pub(crate) fn measure(rounds: usize, length: Duration) -> String {
    let runtime = Runtime::new().unwrap();
    let fixture = runtime.block_on(Fixture::new());
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let service = Arc::clone(&fixture.service);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = runtime.spawn(stubgen_runtime::serve(listener, service, ServeOptions::default(), stopped));
    let (mut rest, mut beside, mut flooded) = (Times::default(), Times::default(), Flooded::default());
    let number = Arc::new(AtomicU64::new(0));
    ask_for(address, length, &mut Times::default());
    for _ in 0..rounds {
        ask_for(address, length, &mut rest);
        let flooding = Arc::new(AtomicBool::new(true));
        let flooders: Vec<_> = (0..CONNECTIONS).map(|_| flood(address, &flooding, &number)).collect();
        // Until it has come to its full size.
        std::thread::sleep(PAUSE * 2);
        ask_for(address, length, &mut beside);
        flooding.store(false, Ordering::Relaxed);
        for flooder in flooders {
            flooded.add(flooder.join().unwrap());
        }
    }
    let counts = fixture.service.api().0.password_counts();
    stop.send(()).unwrap();
    runtime.block_on(server).unwrap().unwrap();
    table(rounds, length, [&rest, &beside], &flooded, &counts)
}

fn table(
    rounds: usize,
    length: Duration,
    [rest, beside]: [&Times; 2],
    flooded: &Flooded,
    counts: &PasswordCounts,
) -> String {
    let seconds = length.as_secs_f64() * f64::from(u32::try_from(rounds).unwrap());
    let row = |name: &str, times: &Times| {
        let [p50, p99, most] = [0.5, 0.99, 1.0].map(|part| milliseconds(times.at(part)));
        let count = times.0.len();
        format!("| {name} | {count} | {p50:.3} | {p99:.3} | {most:.1} |\n")
    };
    #[allow(clippy::cast_precision_loss, reason = "times and counts are far below 2^52")]
    let (ratio, verified) = (beside.at(0.99) as f64 / rest.at(0.99) as f64, counts.wrong as f64 / seconds);
    [
        "| Requests | Answers | median, ms | 99 of 100, ms | longest, ms |\n| --- | --- | --- | --- | --- |\n",
        &row("token, at rest", rest),
        &row("token, in the flood", beside),
        &row("password in the flood, 401", &flooded.unauthorized),
        &row("password in the flood, 503", &flooded.unavailable),
        &format!("99 of 100 tokens in the flood to at rest: {ratio:.2}; {verified:.0} passwords verified a second"),
    ]
    .concat()
}

impl Times {
    fn at(&self, part: f64) -> u64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a part of a length"
        )]
        let index = (part * sorted.len() as f64) as usize;
        sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
    }

    fn push(&mut self, since: Instant) {
        self.0.push(u64::try_from(since.elapsed().as_nanos()).unwrap());
    }
}

impl Flooded {
    fn add(&mut self, other: Self) {
        self.unauthorized.0.extend(other.unauthorized.0);
        self.unavailable.0.extend(other.unavailable.0);
    }
}

#[allow(clippy::cast_precision_loss, reason = "times are far below 2^52 nanoseconds")]
fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

/// Asks with tokens, one after the other, for so long.
fn ask_for(address: SocketAddr, length: Duration, times: &mut Times) {
    let mut stream = connect(address);
    let started = Instant::now();
    for variant in (0..VARIANTS).cycle() {
        let record = id("valid", variant);
        let token = token(&format!("2/nmd/usr-{}/act/{record}", id("user", variant)), &secret(&record));
        let asked = Instant::now();
        assert_eq!(ask(&mut stream, &format!("x-auth-token: {token}")), 403);
        times.push(asked);
        if started.elapsed() >= length {
            return;
        }
        // As a client does: nobody asks without any pause.
        std::thread::sleep(Duration::from_micros(500));
    }
}

/// Sends passwords of names that nobody has, each once, until it is told to stop.
fn flood(address: SocketAddr, flooding: &Arc<AtomicBool>, number: &Arc<AtomicU64>) -> JoinHandle<Flooded> {
    let (flooding, number) = (Arc::clone(flooding), Arc::clone(number));
    std::thread::spawn(move || {
        let mut flooded = Flooded::default();
        let mut stream = connect(address);
        while flooding.load(Ordering::Relaxed) {
            let credentials = format!("nobody{}:password", number.fetch_add(1, Ordering::Relaxed));
            let header = format!("authorization: Basic {}", STANDARD.encode(credentials));
            let asked = Instant::now();
            match ask(&mut stream, &header) {
                401 => flooded.unauthorized.push(asked),
                503 => flooded.unavailable.push(asked),
                other => panic!("{other}"),
            }
            std::thread::sleep(PAUSE.saturating_sub(asked.elapsed()));
        }
        flooded
    })
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// The status of the answer, which is read whole.
fn ask(stream: &mut TcpStream, header: &str) -> u16 {
    // In one piece: a request that comes in several takes longer.
    let request = format!("GET {TARGET} HTTP/1.1\r\nhost: localhost\r\n{header}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::with_capacity(2048);
    let mut buffer = [0; 2048];
    loop {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the server closed the connection");
        answer.extend_from_slice(&buffer[..count]);
        let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&answer[..end]);
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if answer.len() == end + 4 + length.parse::<usize>().unwrap() {
            return head.split(' ').nth(1).unwrap().parse().unwrap();
        }
    }
}
