//! A server on a port of its own, and plain requests to it.

use std::time::Duration;

use reqwest::{Method, Response, redirect};
use stubgen_runtime::{Api, Options, ServeOptions, Service, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Nothing here takes so long unless it hangs.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server that stops when it is dropped.
pub struct Server {
    /// Its address with the base path.
    pub base: String,
    address: std::net::SocketAddr,
    _stop: oneshot::Sender<()>,
}

/// An answer, taken apart.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Server {
    pub async fn start<A: Api>(api: A) -> Self {
        let base_path = api.definition().base_path;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let service = Service::new(api, Options { access_log: false, ..Options::default() });
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move {
            let _ = stopped.await;
        };
        tokio::spawn(serve(listener, service, ServeOptions::default(), stopped));
        Self { base: format!("http://{address}{base_path}"), address, _stop: stop }
    }

    /// Sends a request line, headers and a body, and reads the whole answer.
    pub async fn send(&self, line: &str, headers: &[&str], body: &[u8]) -> Reply {
        let mut text = format!("{line} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
        for header in headers {
            text += &format!("{header}\r\n");
        }
        if !body.is_empty() {
            text += &format!("Content-Length: {}\r\n", body.len());
        }
        let mut stream = TcpStream::connect(self.address).await.expect("a connection");
        let bytes = [text.as_bytes(), b"\r\n", body].concat();
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(&bytes).await;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        read.expect("the server hangs").expect("an answer");
        let text = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        Reply { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// Sends a request without a body, and follows no redirect.
    pub async fn request(&self, method: Method, target: &str, headers: &[(&str, &str)]) -> Response {
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).no_proxy();
        let client = client.timeout(PATIENCE).build().expect("a client");
        let request = client.request(method, format!("{}{target}", self.base));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.expect("an answer")
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(&format!("GET {path}"), &[], b"").await
    }
}

/// The values of a header, line by line.
pub fn texts<'a>(response: &'a Response, name: &str) -> Vec<&'a str> {
    response.headers().get_all(name).iter().map(|value| value.to_str().expect("text")).collect()
}
