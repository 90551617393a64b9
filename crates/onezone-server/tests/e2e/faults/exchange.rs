//! A client that is told everything: it holds one connection, tries nothing again, and gives each answer or how there was
//! none.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than the server takes for any request, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(45);

/// What a server has to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) header: Option<(&'static str, String)>,
}

/// What it answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) has_request_id: bool,
    pub(crate) has_retry_after: bool,
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Broken {
    /// Nothing was sent.
    NotConnected,
    /// Something may have been.
    Cut(String),
    /// The server has had [`PATIENCE`].
    Silent,
}

enum Sender {
    One(http1::SendRequest<Empty<Bytes>>),
    Two(http2::SendRequest<Empty<Bytes>>),
}

/// One connection at a time, made when it is needed.
#[derive(Default)]
pub(crate) struct Caller {
    sender: Option<(String, Sender)>,
    is_http2: bool,
}

impl Asked {
    pub(crate) fn new(method: &'static str, path: &str) -> Self {
        Self { method, target: format!("/api/v3/onezone{path}"), header: None }
    }

    pub(crate) fn with_token(self, token: &str) -> Self {
        self.with("x-auth-token", token.to_owned())
    }

    pub(crate) fn with(self, name: &'static str, value: String) -> Self {
        Self { header: Some((name, value)), ..self }
    }
}

impl Answer {
    /// The id of the error, if it is one.
    pub(crate) fn error(&self) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        Some(body["error"]["id"].as_str()?.to_owned())
    }

    /// The ids of a list.
    pub(crate) fn tokens(&self) -> Option<Vec<String>> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        body["tokens"].as_array()?.iter().map(|id| Some(id.as_str()?.to_owned())).collect()
    }
}

impl Caller {
    pub(crate) fn over_http2() -> Self {
        Self { is_http2: true, ..Self::default() }
    }

    /// Asks a server at this address.
    pub(crate) async fn ask(&mut self, address: &str, asked: &Asked) -> Result<Answer, Broken> {
        match timeout(PATIENCE, self.exchange(address, asked)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(broken)) => {
                self.hang_up();
                Err(broken)
            }
            Err(_) => {
                self.hang_up();
                Err(Broken::Silent)
            }
        }
    }

    /// Closes the connection.
    pub(crate) fn hang_up(&mut self) {
        self.sender = None;
    }

    async fn exchange(&mut self, address: &str, asked: &Asked) -> Result<Answer, Broken> {
        let cut = |error: hyper::Error| Broken::Cut(format!("{error:?}"));
        let sender = self.sender(address).await?;
        let response = match sender {
            Sender::One(sender) => {
                // The connection may have been closed since the last answer, which is no fault.
                sender.ready().await.map_err(|_| Broken::NotConnected)?;
                sender.send_request(request(asked, address, true)).await.map_err(cut)?
            }
            Sender::Two(sender) => {
                sender.ready().await.map_err(|_| Broken::NotConnected)?;
                sender.send_request(request(asked, address, false)).await.map_err(cut)?
            }
        };
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(cut)?.to_bytes();
        if head.headers.get("connection").is_some_and(|value| value == "close") {
            self.hang_up();
        }
        Ok(Answer {
            status: head.status.as_u16(),
            has_request_id: head.headers.contains_key("x-request-id"),
            has_retry_after: head.headers.contains_key("retry-after"),
            body: if head.status == StatusCode::NO_CONTENT { Bytes::new() } else { body },
        })
    }

    async fn sender(&mut self, address: &str) -> Result<&mut Sender, Broken> {
        let is_usable = self.sender.as_ref().is_some_and(|(other, sender)| {
            other == address
                && match sender {
                    Sender::One(sender) => !sender.is_closed(),
                    Sender::Two(sender) => !sender.is_closed(),
                }
        });
        if !is_usable {
            self.sender = Some((address.to_owned(), self.connect(address).await?));
        }
        match &mut self.sender {
            Some((_, sender)) => Ok(sender),
            None => Err(Broken::NotConnected),
        }
    }

    async fn connect(&self, address: &str) -> Result<Sender, Broken> {
        let stream = TcpStream::connect(address).await.map_err(|_| Broken::NotConnected)?;
        // What fails from here on fails at the request, which says so.
        let _ = stream.set_nodelay(true);
        let stream = TokioIo::new(stream);
        if self.is_http2 {
            let (sender, connection) =
                http2::handshake(TokioExecutor::new(), stream).await.map_err(|_| Broken::NotConnected)?;
            tokio::spawn(connection);
            Ok(Sender::Two(sender))
        } else {
            let (sender, connection) = http1::handshake(stream).await.map_err(|_| Broken::NotConnected)?;
            tokio::spawn(connection);
            Ok(Sender::One(sender))
        }
    }
}

fn request(asked: &Asked, address: &str, is_http1: bool) -> Request<Empty<Bytes>> {
    let target = if is_http1 { asked.target.clone() } else { format!("http://{address}{}", asked.target) };
    let mut request = Request::builder().method(asked.method).uri(target);
    if is_http1 {
        request = request.header("host", "localhost");
    }
    if let Some((name, value)) = &asked.header {
        request = request.header(*name, value);
    }
    request.body(Empty::new()).unwrap()
}
