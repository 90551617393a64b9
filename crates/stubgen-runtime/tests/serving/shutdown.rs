//! Graceful shutdown, and handlers whose client went away.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use stubgen_runtime::{Options, ServeOptions, ServeReport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::logs::record;
use crate::wire::{PATIENCE, Server, head, quiet, read_reply, start, start_with};

async fn slow_request(server: &Server) -> TcpStream {
    let mut stream = server.connect().await;
    stream.write_all(&head("GET /api/v1/slow", &[])).await.unwrap();
    server.service.api().slow_has_begun().await;
    stream
}

#[tokio::test]
async fn request_in_flight_is_finished_and_nothing_more_accepted() {
    let server = start().await;
    let service = Arc::clone(&server.service);
    let address = server.address;
    let stream = slow_request(&server).await;
    let task = server.stop();
    // The listener is gone as soon as the server has seen the request to stop.
    let refused = async { while TcpStream::connect(address).await.is_ok() {} };
    timeout(PATIENCE, refused).await.expect("the listener stays");
    service.api().gate.notify_one();
    assert_eq!(read_reply(stream).await.status, 200);
    let report = timeout(PATIENCE, task).await.unwrap().unwrap().unwrap();
    assert_eq!((report.aborted, report.unfinished), (0, 0));
}

#[tokio::test]
async fn idle_connections_do_not_delay_the_shutdown() {
    let server = start().await;
    let mut kept = server.connect().await;
    kept.write_all(b"GET /api/v1/session HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    kept.read_exact(&mut first).await.unwrap();
    let silent = server.connect().await;
    let mut half = server.connect().await;
    half.write_all(b"PRI * HT").await.unwrap();
    assert_eq!(server.send("GET /api/v1/session", &[]).await.status, 200);
    let report = timeout(PATIENCE, server.stop()).await.unwrap().unwrap().unwrap();
    assert_eq!((report.aborted, report.unfinished), (0, 0));
    drop((silent, half));
}

#[tokio::test]
async fn deadline_cuts_off_what_is_still_running() {
    let options = ServeOptions { shutdown_timeout: Duration::from_millis(50), ..ServeOptions::default() };
    let server = start_with(quiet(), options).await;
    let mut stream = slow_request(&server).await;
    let report = timeout(PATIENCE, server.stop()).await.unwrap().unwrap().unwrap();
    assert_eq!(report, ServeReport { connections: 1, aborted: 1, unfinished: 1 });
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
}

#[tokio::test]
async fn handler_goes_on_without_its_client_and_the_shutdown_waits_for_it() {
    let (lines, _guard) = record();
    let server = start_with(Options::default(), ServeOptions::default()).await;
    let service = Arc::clone(&server.service);
    drop(slow_request(&server).await);
    assert_eq!(lines.first_access().await["message"], "client went away");
    let task = server.stop();
    // All tasks share this thread: each of them has had many turns after these.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!((task.is_finished(), service.in_flight()), (false, 1));
    service.api().gate.notify_one();
    let report = timeout(PATIENCE, task).await.unwrap().unwrap().unwrap();
    assert_eq!((report.aborted, report.unfinished), (0, 0));
    assert_eq!(service.api().finished.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn clients_that_keep_coming_do_not_put_off_the_shutdown_of_a_full_server() {
    let options = ServeOptions {
        max_connections: 1,
        drain_grace: Duration::from_millis(50),
        ..ServeOptions::default()
    };
    let server = start_with(quiet(), options).await;
    let (address, service, counters) =
        (server.address, Arc::clone(&server.service), Arc::clone(&server.counters));
    let busy = slow_request(&server).await;
    let clients = tokio::spawn(async move {
        let mut clients = Vec::new();
        while let Ok(client) = TcpStream::connect(address).await {
            clients.push(client);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        clients
    });
    let task = server.stop();
    let clients = timeout(PATIENCE, clients).await.expect("the listener stays").unwrap();
    assert!(!clients.is_empty());
    service.api().gate.notify_one();
    assert_eq!(read_reply(busy).await.status, 200);
    let report = timeout(PATIENCE, task).await.unwrap().unwrap().unwrap();
    assert_eq!((report.aborted, report.unfinished), (0, 0));
    assert_eq!(counters.open(), 0);
}

#[tokio::test]
async fn who_was_connected_before_the_shutdown_is_answered_when_a_place_comes_free() {
    let options =
        ServeOptions { max_connections: 1, drain_grace: Duration::from_secs(10), ..ServeOptions::default() };
    let server = start_with(quiet(), options).await;
    let service = Arc::clone(&server.service);
    let busy = slow_request(&server).await;
    let mut queued = Vec::new();
    for _ in 0..3 {
        let mut stream = server.connect().await;
        stream.write_all(&head("GET /api/v1/session", &[])).await.unwrap();
        queued.push(stream);
    }
    let task = server.stop();
    // For longer than whoever listens took to look for a place in one go.
    tokio::time::sleep(Duration::from_millis(150)).await;
    service.api().gate.notify_one();
    assert_eq!(read_reply(busy).await.status, 200);
    for stream in queued {
        assert_eq!(read_reply(stream).await.status, 200);
    }
    let report = timeout(PATIENCE, task).await.unwrap().unwrap().unwrap();
    assert_eq!((report.connections, report.aborted, report.unfinished), (4, 0, 0));
}
