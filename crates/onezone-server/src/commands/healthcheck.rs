//! `healthcheck`: whether a server answers, for containers and load balancers that can only run a command.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Context;
use super::serve::ListenArguments;
use crate::announcement::BASE_PATH;

/// How long everything may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which server.
#[derive(Args)]
#[command(
    after_help = "It asks for the server's own document, at the address that the server listens on by the same settings. The exit \
    status is 0 if the server answers, and 1 if not.\n\n\
    Examples:\n  \
    onezone-server healthcheck\n  \
    onezone-server healthcheck --listen 127.0.0.1:9090"
)]
pub(crate) struct HealthcheckArguments {
    #[command(flatten)]
    listen: ListenArguments,
}

pub(crate) async fn run(arguments: &HealthcheckArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let address = reachable(arguments.listen.listen);
    probe(address).await.with_context(|| format!("no server answers at {address}"))?;
    context.output.result(&json!({ "address": address, "healthy": true }), &format!("{address} answers"))
}

/// A server that listens everywhere is asked where it is nearest.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Whether a server of this program answers.
pub(super) async fn probe(address: SocketAddr) -> anyhow::Result<()> {
    let asked = async {
        let mut stream = TcpStream::connect(address).await.context("cannot connect")?;
        let request =
            format!("HEAD {BASE_PATH}/openapi.json HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.context("cannot ask")?;
        let mut answer = Vec::new();
        // The status is at the very beginning.
        stream.take(64).read_to_end(&mut answer).await.context("no answer")?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        match answer.split(' ').nth(1).filter(|_| answer.starts_with("HTTP/1.1 ")) {
            Some("200") => Ok(()),
            Some(status) => bail!("it answers with status {status}"),
            None => bail!("what answers is no such server"),
        }
    };
    tokio::time::timeout(PATIENCE, asked)
        .await
        .with_context(|| format!("it takes longer than {} s", PATIENCE.as_secs()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_on_this_machine() {
        for (listen, asked) in
            [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("192.0.2.1:80", "192.0.2.1:80")]
        {
            assert_eq!(reachable(listen.parse().unwrap()), asked.parse().unwrap());
        }
    }
}
