//! Who the client is: behind proxies that are trusted, and others.

use std::time::Duration;

use stubgen_runtime::{ClientAddressHeader, Ending, ServeOptions};
use tokio::io::AsyncWriteExt;

use crate::guard::until_closed;
use crate::wire::{Reply, Server, head, quiet, read_reply, start_with};

fn trusting(network: &str) -> ServeOptions {
    ServeOptions {
        trusted_proxies: vec![network.parse().unwrap()],
        client_address_header: Some(ClientAddressHeader::XForwardedFor),
        ..ServeOptions::default()
    }
}

async fn peer(server: &Server, prefix: &[u8], headers: &[&str]) -> Reply {
    let mut stream = server.connect().await;
    stream.write_all(&[prefix, &head("GET /api/v1/peer", headers)].concat()).await.unwrap();
    read_reply(stream).await
}

/// The address without the port.
fn host(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json().as_str().unwrap().rsplit_once(':').unwrap().0.to_owned()
}

#[tokio::test]
async fn the_word_of_a_trusted_proxy_is_taken_and_nobody_elses() {
    let header = ["X-Forwarded-For: 198.51.100.1, 192.0.2.9", "Forwarded: for=203.0.113.5"];
    for (network, expected) in [("127.0.0.0/8", "192.0.2.9"), ("10.0.0.0/8", "127.0.0.1")] {
        let server = start_with(quiet(), trusting(network)).await;
        assert_eq!(host(&peer(&server, b"", &header).await), expected);
        assert_eq!(host(&peer(&server, b"", &[]).await), "127.0.0.1");
    }
    let options = ServeOptions {
        client_address_header: Some(ClientAddressHeader::Forwarded),
        ..trusting("127.0.0.0/8")
    };
    let server = start_with(quiet(), options).await;
    assert_eq!(host(&peer(&server, b"", &header).await), "203.0.113.5");
    let server = start_with(quiet(), ServeOptions::default()).await;
    assert_eq!(host(&peer(&server, b"", &header).await), "127.0.0.1");
}

#[tokio::test]
async fn a_client_that_a_trusted_proxy_names_badly_is_refused() {
    let server = start_with(quiet(), trusting("127.0.0.1/32")).await;
    let reply = peer(&server, b"", &["X-Forwarded-For: 192.0.2.9, unknown"]).await;
    assert!(reply.assert_error(400, "UnreadableClient").contains("x-forwarded-for"));
}

#[tokio::test]
async fn the_proxy_header_names_the_client_of_all_requests_of_a_connection() {
    let options = ServeOptions { proxy_protocol: true, ..trusting("127.0.0.0/8") };
    let server = start_with(quiet(), options).await;
    let one = b"PROXY TCP4 192.0.2.9 127.0.0.1 4711 80\r\n";
    let signature = b"\r\n\r\n\0\r\nQUIT\n";
    let two = [&signature[..], b"\x21\x11\0\x0c", &[192, 0, 2, 9, 127, 0, 0, 1, 0x12, 0x67, 0, 80]].concat();
    for prefix in [&one[..], &two] {
        // A client of its own: its header counts for nothing.
        let reply = peer(&server, prefix, &["X-Forwarded-For: 198.51.100.1"]).await;
        assert_eq!(reply.json(), "192.0.2.9:4711");
    }
    let local = [&signature[..], b"\x20\0\0\0"].concat();
    assert_eq!(host(&peer(&server, &local, &[]).await), "127.0.0.1");
    assert_eq!(host(&peer(&server, b"PROXY UNKNOWN\r\n", &[]).await), "127.0.0.1");
}

#[tokio::test]
async fn a_trusted_proxy_has_to_send_its_header_and_nobody_else_may() {
    let options = ServeOptions {
        proxy_protocol: true,
        handshake_timeout: Duration::from_millis(150),
        ..trusting("127.0.0.0/8")
    };
    let server = start_with(quiet(), options).await;
    for (sent, ending) in [
        (&head("GET /api/v1/peer", &[])[..], Ending::ProxyHeader),
        (b"PROXY TCP4 192.0.2.9 127.0.0.1 4711\r\nGET", Ending::ProxyHeader),
        (b"PROXY TCP4 192.0.2.9 127.", Ending::HandshakeTimeout),
        (b"", Ending::HandshakeTimeout),
    ] {
        let before = server.counters.ended(ending);
        let mut stream = server.connect().await;
        stream.write_all(sent).await.unwrap();
        assert_eq!(until_closed(stream).await, b"", "nothing is said to a proxy that lies");
        assert_eq!(server.counters.ended(ending), before + 1, "{ending:?}");
    }
    let options = ServeOptions { proxy_protocol: true, ..trusting("10.0.0.0/8") };
    let server = start_with(quiet(), options).await;
    assert_eq!(host(&peer(&server, b"", &[]).await), "127.0.0.1");
    let lie = peer(&server, b"PROXY TCP4 10.0.0.1 127.0.0.1 4711 80\r\n", &[]).await;
    assert_eq!(lie.status, 400);
}

#[tokio::test]
async fn a_client_that_has_its_connections_is_closed_at_once_and_others_are_not() {
    let options = ServeOptions {
        proxy_protocol: true,
        max_connections_per_network: Some(2),
        ..trusting("127.0.0.0/8")
    };
    let server = start_with(quiet(), options).await;
    let header = |client: &str| format!("PROXY TCP6 {client} ::1 1 80\r\n").into_bytes();
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect().await;
        let request = [header("2001:db8::1"), head("GET /api/v1/slow", &[])].concat();
        stream.write_all(&request).await.unwrap();
        server.service.api().slow_has_begun().await;
        held.push(stream);
    }
    let mut third = server.connect().await;
    third.write_all(&header("2001:db8::2")).await.unwrap();
    assert_eq!(until_closed(third).await, b"");
    assert_eq!(server.counters.ended(Ending::NetworkLimit), 1);
    assert_eq!(host(&peer(&server, &header("2001:db8:0:1::1"), &[]).await), "[2001:db8:0:1::1]");
    for stream in held {
        server.service.api().gate.notify_one();
        assert_eq!(read_reply(stream).await.status, 200);
    }
    // Their places are free again.
    assert_eq!(host(&peer(&server, &header("2001:db8::3"), &[]).await), "[2001:db8::3]");
}
