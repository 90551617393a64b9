//! How a baseline is started and listens: options, address, TLS, the end. It is what a program needs at the least; there are no limits and
//! no deadlines for connections.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What every program of the benchmark is told.
#[derive(Debug)]
pub struct Program {
    /// The zone.
    pub database: PathBuf,
    /// Certificate and key, for TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
}

impl Program {
    /// Reads `DATABASE [CERTIFICATE KEY]`.
    pub fn from_arguments() -> anyhow::Result<Self> {
        let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
        match arguments.as_slice() {
            [database] => Ok(Self { database: database.clone(), tls: None }),
            [database, certificate, key] => {
                Ok(Self { database: database.clone(), tls: Some((certificate.clone(), key.clone())) })
            }
            _ => bail!("this is started by `cargo xtask bench serve`, with DATABASE [CERTIFICATE KEY]"),
        }
    }

    /// Says where it listens, in the words of the server.
    pub fn announce(&self, address: SocketAddr) {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        println!("listening on {scheme}://{address}/api/v3/onezone");
    }

    /// Serves connections on a free port until the process is told to end; `service` makes what answers those of a client.
    pub async fn serve<S, B>(self, service: impl Fn(SocketAddr) -> S) -> anyhow::Result<()>
    where
        S: hyper::service::Service<
                http::Request<Incoming>,
                Response = http::Response<B>,
                Error = Infallible,
                Future: Send,
            > + Send
            + 'static,
        B: hyper::body::Body<Data: Send, Error: std::error::Error + Send + Sync> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("cannot listen")?;
        self.announce(listener.local_addr()?);
        let tls = self.acceptor()?;
        let mut end = std::pin::pin!(ended());
        loop {
            let (socket, peer) = tokio::select! {
                accepted = listener.accept() => accepted.context("cannot accept")?,
                () = &mut end => return Ok(()),
            };
            socket.set_nodelay(true).context("cannot set TCP_NODELAY")?;
            let (tls, service) = (tls.clone(), service(peer));
            tokio::spawn(async move {
                let builder = Builder::new(TokioExecutor::new());
                // The client of a benchmark goes away when it has measured enough.
                match tls {
                    None => drop(builder.serve_connection(TokioIo::new(socket), service).await),
                    Some(tls) => {
                        if let Ok(socket) = tls.accept(socket).await {
                            drop(builder.serve_connection(TokioIo::new(socket), service).await);
                        }
                    }
                }
            });
        }
    }

    fn acceptor(&self) -> anyhow::Result<Option<TlsAcceptor>> {
        let Some((certificate, key)) = &self.tls else { return Ok(None) };
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_file_iter(certificate).context("cannot read the certificate")?.collect();
        let key = PrivateKeyDer::from_pem_file(key).context("cannot read the key")?;
        let mut config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain.context("cannot read the certificate")?, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Some(TlsAcceptor::from(Arc::new(config))))
    }
}

/// Ends when the process is told to end.
pub async fn ended() {
    let mut told = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(told) => told,
        Err(_) => return,
    };
    told.recv().await;
}
