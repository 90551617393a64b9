//! Prepares the zone of the benchmark, and puts load on a server: as many connections as asked for, each with one request in flight, in one
//! thread. A connection sends its next request when it has the answer, so that a slow server is asked less often; of times of answers,
//! only those measured in the same way can be compared.

mod http1;
mod http2;
mod measure;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use baselines::zone::{self, Sample, Workload};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::task::LocalSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::measure::{Measured, Window};

/// What to do, as JSON in the only argument.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
enum Order {
    /// Make the zone, and a certificate for `localhost` with its key.
    Prepare { database: PathBuf, certificate: PathBuf, key: PathBuf },
    /// Print the answer to one request of each workload.
    Answers { target: Target, workloads: Vec<String> },
    /// Send requests, and print what was measured.
    Load { target: Target, workload: String, connections: usize, amount: Amount, server: u32 },
}

/// The server.
#[derive(Clone, Deserialize)]
struct Target {
    address: SocketAddr,
    /// The certificate to trust; plain HTTP when none.
    certificate: Option<PathBuf>,
    http2: bool,
}

/// How much is sent.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Amount {
    /// As much as there is time for, after that of a warm-up.
    Seconds { warm_up: f64, measured: f64 },
    /// So many requests on each connection, of other numbers each, or as many as there is time for.
    Requests { each: usize, at_most: f64 },
}

/// A connection that requests can be sent on.
enum Connection {
    Http1(http1::Connection),
    Http2(http2::Connection),
}

/// An answer, as far as the load looks at it.
#[derive(Debug, serde::Serialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

fn main() -> anyhow::Result<()> {
    let text = std::env::args().nth(1).context("this is started by `cargo xtask bench serve`")?;
    let order: Order = serde_json::from_str(&text).context("the order cannot be read")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let printed = LocalSet::new().block_on(&runtime, carry_out(order))?;
    println!("{printed}");
    Ok(())
}

async fn carry_out(order: Order) -> anyhow::Result<serde_json::Value> {
    match order {
        Order::Prepare { database, certificate, key } => {
            zone::prepare(&database).await?;
            let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
            std::fs::write(certificate, made.cert.pem())?;
            std::fs::write(key, made.signing_key.serialize_pem())?;
            Ok(serde_json::Value::Null)
        }
        Order::Answers { target, workloads } => {
            let mut answers = serde_json::Map::new();
            for name in workloads {
                let sample = Workload::named(&name)?.sample(0)?;
                let mut connection = target.connect().await?;
                let answer = connection.send(&connection.prepared(&sample)?, true).await?;
                answers.insert(name, serde_json::to_value(answer)?);
            }
            Ok(answers.into())
        }
        Order::Load { target, workload, connections, amount, server } => {
            let workload = Workload::named(&workload)?;
            let measured = load(&target, workload, connections, amount, server).await?;
            Ok(serde_json::to_value(measured)?)
        }
    }
}

async fn load(
    target: &Target,
    workload: Workload,
    connections: usize,
    amount: Amount,
    server: u32,
) -> anyhow::Result<Measured> {
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        opened.push(target.connect().await?);
    }
    let window = Window::new(server, amount)?;
    let mut tasks = Vec::with_capacity(connections);
    for (index, connection) in opened.into_iter().enumerate() {
        let samples: Vec<Sample> = match amount {
            Amount::Seconds { .. } => vec![workload.sample(0)?],
            Amount::Requests { each, .. } => {
                let numbers = (0..each).map(|number| index * each + number);
                numbers.map(|number| workload.sample(number)).collect::<Result<_, _>>()?
            }
        };
        let window = window.clone();
        tasks.push(tokio::task::spawn_local(async move { one(connection, &samples, &window).await }));
    }
    window.begin().await?;
    for task in tasks {
        task.await.context("a connection broke off")??;
    }
    window.end()
}

/// What one connection does.
async fn one(mut connection: Connection, samples: &[Sample], window: &Window) -> anyhow::Result<()> {
    let prepared: Vec<Prepared> =
        samples.iter().map(|sample| connection.prepared(sample)).collect::<Result<_, _>>()?;
    window.begun().await;
    let mut next = 0;
    while window.goes_on(next) {
        let request = &prepared[next % prepared.len()];
        let started = window.now();
        let answer = connection.send(request, false).await?;
        window.record(started, answer.status == request.status());
        next += 1;
    }
    Ok(())
}

/// A request in the form in which its connection sends it.
enum Prepared {
    Http1(http1::Prepared),
    Http2(http2::Prepared),
}

impl Prepared {
    fn status(&self) -> u16 {
        match self {
            Self::Http1(request) => request.status,
            Self::Http2(request) => request.status,
        }
    }
}

impl Connection {
    fn prepared(&self, sample: &Sample) -> anyhow::Result<Prepared> {
        Ok(match self {
            Self::Http1(_) => Prepared::Http1(http1::Prepared::new(sample)),
            Self::Http2(_) => Prepared::Http2(http2::Prepared::new(sample)?),
        })
    }

    /// Sends a request and reads its answer; headers and body are kept only for whoever is curious.
    async fn send(&mut self, request: &Prepared, curious: bool) -> anyhow::Result<Answer> {
        let answer = match (self, request) {
            (Self::Http1(connection), Prepared::Http1(request)) => connection.send(request, curious).await,
            (Self::Http2(connection), Prepared::Http2(request)) => connection.send(request, curious).await,
            _ => bail!("the request was prepared for another protocol"),
        };
        answer.context("the server did not answer")
    }
}

impl Target {
    async fn connect(&self) -> anyhow::Result<Connection> {
        let connecting = tokio::time::timeout(Duration::from_secs(20), TcpStream::connect(self.address));
        let socket = connecting.await.context("the server takes no connection")??;
        socket.set_nodelay(true)?;
        Ok(match &self.certificate {
            None if self.http2 => bail!("HTTP/2 is measured with TLS"),
            None => Connection::Http1(http1::Connection::new(Box::new(socket))),
            Some(certificate) => {
                let socket = self.handshake(socket, certificate).await?;
                if self.http2 {
                    Connection::Http2(http2::Connection::new(socket).await?)
                } else {
                    Connection::Http1(http1::Connection::new(Box::new(socket)))
                }
            }
        })
    }

    async fn handshake(&self, socket: TcpStream, certificate: &Path) -> anyhow::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(certificate).context("cannot read the certificate")?)?;
        let mut config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![if self.http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        let name = ServerName::try_from("localhost")?;
        Ok(TlsConnector::from(Arc::new(config)).connect(name, socket).await?)
    }
}
