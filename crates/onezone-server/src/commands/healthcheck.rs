//! `healthcheck`: whether a server answers, for containers and load balancers that can only run a command.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Context;
use super::serve::ListenArguments;
use crate::announcement::BASE_PATH;
use crate::any_certificate;
use crate::observability::{Listen, ObservabilityArguments, SERVES};

/// How long everything may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much of an answer is read: more than any that is asked for here.
const LONGEST: u64 = 16 * 1024;

/// Which server.
#[derive(Args)]
#[command(
    after_help = "It asks /readyz at the address of --metrics-listen, or /livez with --live. Without such an address, and where \
    another server has the usual one, it asks the API for its document, by HTTP or HTTPS. The exit status is 0 if all is \
    well, and 1 if not; then the checks that failed are told.\n\n\
    Examples:\n  \
    onezone-server healthcheck\n  \
    onezone-server healthcheck --live\n  \
    onezone-server healthcheck --listen 127.0.0.1:9090 --metrics-listen off"
)]
pub(crate) struct HealthcheckArguments {
    #[command(flatten)]
    listen: ListenArguments,
    #[command(flatten)]
    observability: ObservabilityArguments,
    /// Ask whether the server is alive, and not whether it can answer requests now
    #[arg(long)]
    live: bool,
}

/// An answer, as far as it matters.
struct Answer {
    status: String,
    /// In lower case.
    head: String,
    body: String,
}

/// Who has answered.
struct Healthy {
    address: SocketAddr,
    words: String,
}

pub(crate) async fn run(arguments: &HealthcheckArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let checked = tokio::time::timeout(PATIENCE, check(arguments));
    let Healthy { address, words } =
        checked.await.with_context(|| format!("it takes longer than {} s", PATIENCE.as_secs()))??;
    context.output.result(&json!({ "address": address, "healthy": true }), &words)
}

async fn check(arguments: &HealthcheckArguments) -> anyhow::Result<Healthy> {
    let api = reachable(arguments.listen.listen);
    let path = if arguments.live { "/livez" } else { "/readyz" };
    let (observed, is_usual) = arguments.observability.choice();
    // Where the system has chosen, only the server knows.
    if let Some(address) = observed.filter(|address| address.port() != 0).map(reachable) {
        match get("GET", address, path, None).await {
            // With the usual address, what answers may be another server of this machine.
            Ok(answer) if !is_usual || serves(&answer, arguments.listen.listen) => {
                return judge(address, path, &answer);
            }
            Err(error) if !is_usual => {
                return Err(error.context(format!("no server answers at {address}")));
            }
            Ok(_) | Err(_) => {}
        }
    } else if arguments.live && arguments.observability.metrics_listen == Some(Listen::Off) {
        bail!("whether a server is alive is told at the address of --metrics-listen, which is `off`");
    }
    probe(api).await.with_context(|| format!("no server answers at {api}"))?;
    Ok(Healthy { address: api, words: format!("{api} answers") })
}

/// Whether an answer comes from the server that listens there.
fn serves(answer: &Answer, listen: SocketAddr) -> bool {
    let named = answer.head.lines().find_map(|line| line.strip_prefix(SERVES)?.strip_prefix(':'));
    match named.and_then(|address| address.trim().parse::<SocketAddr>().ok()) {
        Some(address) => reachable(address) == reachable(listen),
        // It is starting, and has no other address yet.
        None => answer.status == "503" && answer.body.contains("starting"),
    }
}

fn judge(address: SocketAddr, path: &str, answer: &Answer) -> anyhow::Result<Healthy> {
    match answer.status.as_str() {
        "200" => Ok(Healthy { address, words: format!("{address}{path} is well") }),
        "503" => {
            let failed: Vec<&str> = answer.body.lines().filter_map(|line| line.strip_prefix("[-]")).collect();
            bail!("{address}{path} is not well: {}", failed.join("; "))
        }
        status => bail!("{address}{path} answers with status {status}: it is no such server"),
    }
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

/// Whether the second listener of such a server answers, whatever it says.
pub(super) async fn is_observed(address: SocketAddr) -> bool {
    let asked = tokio::time::timeout(PATIENCE, get("GET", address, "/livez", None)).await;
    matches!(asked, Ok(Ok(answer)) if answer.head.contains(&format!("\n{SERVES}:")))
}

/// Whether a server of this program answers, by HTTP or by HTTPS.
pub(super) async fn probe(address: SocketAddr) -> anyhow::Result<()> {
    let path = format!("{BASE_PATH}/openapi.json");
    let asked = async {
        let mut answer = get("HEAD", address, &path, None).await?;
        // That is what the server says to plain HTTP where it speaks TLS, and some proxies, too.
        if answer.status == "400" {
            let tls = any_certificate::connector()?;
            answer = get("HEAD", address, &path, Some(&tls)).await?;
        }
        match answer.status.as_str() {
            "200" => Ok(()),
            status => bail!("it answers with status {status}"),
        }
    };
    tokio::time::timeout(PATIENCE, asked)
        .await
        .with_context(|| format!("it takes longer than {} s", PATIENCE.as_secs()))?
}

async fn get(
    method: &str,
    address: SocketAddr,
    path: &str,
    tls: Option<&tokio_rustls::TlsConnector>,
) -> anyhow::Result<Answer> {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let stream = TcpStream::connect(address).await.context("cannot connect")?;
    let Some(tls) = tls else { return exchange(stream, &request).await };
    let name = tokio_rustls::rustls::pki_types::ServerName::from(address.ip());
    exchange(tls.connect(name, stream).await.context("no TLS connection comes about")?, &request).await
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> anyhow::Result<Answer> {
    stream.write_all(request.as_bytes()).await.context("cannot ask")?;
    let mut bytes = Vec::new();
    let read = stream.take(LONGEST).read_to_end(&mut bytes).await;
    // Who does not close a TLS connection in words has answered all the same.
    if let Err(error) = read
        && bytes.is_empty()
    {
        return Err(error).context("no answer");
    }
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    match head.split(' ').nth(1).filter(|_| head.starts_with("HTTP/1.1 ")) {
        Some(status) => {
            Ok(Answer { status: status.to_owned(), head: head.to_ascii_lowercase(), body: body.to_owned() })
        }
        None => bail!("what answers is no such server"),
    }
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

    #[test]
    fn another_server_at_the_usual_address_is_told_apart() {
        let answer = |head: &str, body: &str| Answer {
            status: "503".to_owned(),
            head: format!("http/1.1 503 service unavailable\r\n{head}"),
            body: body.to_owned(),
        };
        let listen = "0.0.0.0:8080".parse().unwrap();
        assert!(serves(&answer("x-serves: 127.0.0.1:8080", ""), listen));
        assert!(!serves(&answer("x-serves: 127.0.0.1:8081", ""), listen));
        assert!(!serves(&answer("", "[-]store failed"), listen));
        assert!(serves(&answer("", "[-]starting failed: not serving yet"), listen));
    }
}
