//! HTTP/2 over TLS, by the library that hyper is built on.

use anyhow::Context as _;
use baselines::zone::Sample;
use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::Request;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::Answer;

/// As much as a browser lets a server send ahead, so that a long answer does not wait for permission.
const WINDOW: u32 = 6 * 1024 * 1024;

/// A connection.
pub struct Connection {
    sender: SendRequest<Bytes>,
}

/// A request as it is sent.
pub struct Prepared {
    request: Request<()>,
    /// The status that it has to be answered with.
    pub status: u16,
}

impl Prepared {
    /// The head of a request.
    pub fn new(sample: &Sample) -> anyhow::Result<Self> {
        let mut request =
            Request::builder().method(sample.method).uri(format!("https://localhost{}", sample.path));
        if let Some((name, value)) = &sample.header {
            request = request.header(*name, value);
        }
        Ok(Self { request: request.header("accept", "*/*").body(())?, status: sample.status })
    }
}

impl Connection {
    /// A connection that is ready for requests.
    pub async fn new(stream: TlsStream<TcpStream>) -> anyhow::Result<Self> {
        let mut builder = Builder::new();
        builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW);
        let (sender, connection) =
            builder.handshake(stream).await.context("no HTTP/2 connection came about")?;
        tokio::task::spawn_local(async move {
            // Whoever waits for an answer hears of it.
            drop(connection.await);
        });
        Ok(Self { sender })
    }

    /// Sends a request and reads its answer.
    pub async fn send(&mut self, request: &Prepared, curious: bool) -> anyhow::Result<Answer> {
        std::future::poll_fn(|context| self.sender.poll_ready(context)).await?;
        let (answer, _) = self.sender.send_request(request.request.clone(), true)?;
        let (head, mut body) = answer.await?.into_parts();
        let mut text = Vec::new();
        while let Some(piece) = body.data().await {
            let piece = piece?;
            body.flow_control().release_capacity(piece.len())?;
            if curious {
                text.extend_from_slice(&piece);
            }
        }
        let mut headers = Vec::new();
        if curious {
            let shown = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers = head.headers.iter().map(|(name, value)| (name.to_string(), shown(value))).collect();
        }
        let body = String::from_utf8_lossy(&text).into_owned();
        Ok(Answer { status: head.status.as_u16(), headers, body })
    }
}
