//! Shutdown under load: whoever was connected gets an answer to everything that was asked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use stubgen_runtime::ServeOptions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::wire::{PATIENCE, quiet, start_with};

/// Longer than a client may be kept from sending its next request, on a busy machine.
const GRACE: Duration = Duration::from_secs(10);

/// What clients saw.
#[derive(Default)]
struct Seen {
    answered: AtomicUsize,
    lost: AtomicUsize,
}

/// Sends one request after the other over HTTP/1.1, on one connection for as long as the server keeps it, until nobody listens
/// any more. What was sent and not answered is lost: nothing is tried again. Between the last connection that a listener accepts and its end
/// the system may make one more, which nobody can keep; so the first request of a connection is lost only if there is a listener still.
async fn over_http1(address: SocketAddr, seen: Arc<Seen>) {
    while let Ok(mut stream) = TcpStream::connect(address).await {
        let mut was_answered = false;
        loop {
            let sent = stream.write_all(b"GET /api/v1/session HTTP/1.1\r\nHost: a\r\n\r\n").await;
            let mut answer = Vec::new();
            let mut buffer = [0; 1024];
            while sent.is_ok() && !answer.ends_with(b"\"nobody\"") {
                match stream.read(&mut buffer).await {
                    Ok(count @ 1..) => answer.extend_from_slice(&buffer[..count]),
                    _ => break,
                }
            }
            if !answer.ends_with(b"\"nobody\"") {
                if was_answered || TcpStream::connect(address).await.is_ok() {
                    seen.lost.fetch_add(1, Ordering::Relaxed);
                }
                break;
            }
            was_answered = true;
            seen.answered.fetch_add(1, Ordering::Relaxed);
            if String::from_utf8_lossy(&answer).contains("connection: close") {
                break;
            }
        }
    }
}

/// The same over HTTP/2. A request that the server says it has not begun may be sent again elsewhere, and is not lost.
async fn over_http2(address: SocketAddr, seen: Arc<Seen>) {
    while let Ok(stream) = TcpStream::connect(address).await {
        let handshake =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
        let Ok((mut sender, connection)) = handshake else { continue };
        tokio::spawn(connection);
        let mut was_answered = false;
        while sender.ready().await.is_ok() {
            let request =
                http::Request::get("http://a/api/v1/session").body(Empty::<bytes::Bytes>::new()).unwrap();
            let answer = async { sender.send_request(request).await?.into_body().collect().await };
            match answer.await {
                Ok(_) => {
                    was_answered = true;
                    seen.answered.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) if error.is_canceled() || is_refused(&error) => break,
                Err(_) => {
                    if was_answered || TcpStream::connect(address).await.is_ok() {
                        seen.lost.fetch_add(1, Ordering::Relaxed);
                    }
                    break;
                }
            }
        }
    }
}

/// Whether it is the server's word that the request was not begun: the client may send it elsewhere (RFC 9113, 8.7).
fn is_refused(error: &hyper::Error) -> bool {
    let text = format!("{error:?}");
    text.contains("GoAway") && text.contains("NO_ERROR") || text.contains("REFUSED_STREAM")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_lost_in_a_shutdown_under_load() {
    for delay in [0, 100] {
        let seen = Arc::new(Seen::default());
        let drain_delay = Duration::from_millis(delay);
        let options = ServeOptions { drain_delay, drain_grace: GRACE, ..ServeOptions::default() };
        let server = start_with(quiet(), options).await;
        let mut clients = JoinSet::new();
        for _ in 0..8 {
            clients.spawn(over_http1(server.address, Arc::clone(&seen)));
            clients.spawn(over_http2(server.address, Arc::clone(&seen)));
        }
        while seen.answered.load(Ordering::Relaxed) < 300 {
            tokio::task::yield_now().await;
        }
        let report =
            timeout(PATIENCE, server.stop()).await.expect("the server does not end").unwrap().unwrap();
        timeout(PATIENCE, clients.join_all()).await.expect("a client hangs");
        assert_eq!((report.aborted, report.unfinished), (0, 0));
        assert_eq!(seen.lost.load(Ordering::Relaxed), 0, "of {}", seen.answered.load(Ordering::Relaxed));
    }
}

#[tokio::test]
async fn what_had_connected_before_the_end_is_answered() {
    for _ in 0..5 {
        let server =
            start_with(quiet(), ServeOptions { drain_grace: GRACE, ..ServeOptions::default() }).await;
        // On this thread the server has had no turn to accept any of them.
        let mut streams = Vec::new();
        for _ in 0..50 {
            let stream = std::net::TcpStream::connect(server.address).unwrap();
            stream.set_nonblocking(true).unwrap();
            streams.push(TcpStream::from_std(stream).unwrap());
        }
        let task = server.stop();
        for mut stream in streams {
            stream.write_all(b"GET /api/v1/session HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            let mut answer = String::new();
            timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("connection: close"), "{answer}");
        }
        assert_eq!(task.await.unwrap().unwrap().connections, 50);
    }
}
