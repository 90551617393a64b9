//! Every table again over HTTP/2, where headers come in another form and cookies may be split.

use std::net::IpAddr;

use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::claims::all_rows;
use crate::row::{Row, failure, report};
use crate::wire::{Reply, connect};
use crate::world::World;

async fn send(world: &World, row: &Row) -> Reply {
    let stream = connect(world.address, row.peer).await;
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let response = client.send_request(row.as_request()).await.unwrap();
    let (head, body) = response.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    connection.abort();
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    Reply { status: head.status.as_u16(), headers, body }
}

#[tokio::test]
async fn every_row_is_answered_in_the_same_way_over_http2() {
    let world = World::new().await;
    let is_loopback = |peer: IpAddr| peer.is_loopback();
    let rows = all_rows();
    let rows = rows.iter().filter(|row| !row.only_http1 && row.body.is_empty() && is_loopback(row.peer));
    let mut failures = Vec::new();
    let mut count = 0;
    for row in rows {
        count += 1;
        world.set_time(row.now);
        let reply = send(&world, row).await;
        failures.extend(row.complaint(&reply).map(|complaint| failure(row, &complaint)));
        if row.method == "DELETE" && row.status == 204 {
            world.restore().await;
        }
    }
    report(&failures, count);
}
