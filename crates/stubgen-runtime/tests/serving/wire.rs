//! A served sample API, and a client that sends exactly the bytes it is told to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use stubgen_runtime::{ConnectionCounters, Options, ServeOptions, ServeReport, Service, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::sample::Sample;

/// Nothing here takes so long unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A server on a port of its own.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) service: Arc<Service<Sample>>,
    pub(crate) counters: Arc<ConnectionCounters>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<ServeReport>>,
}

/// An HTTP/1.1 response, taken apart.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// Serves the sample with the default options, without access log.
pub(crate) async fn start() -> Server {
    start_with(quiet(), ServeOptions::default()).await
}

pub(crate) fn quiet() -> Options {
    Options { access_log: false, ..Options::default() }
}

pub(crate) async fn start_with(options: Options, serve_options: ServeOptions) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = Service::new(Sample::default(), options);
    let (stop, stopped) = oneshot::channel::<()>();
    let counters = Arc::clone(&serve_options.counters);
    let task = tokio::spawn(serve(listener, Arc::clone(&service), serve_options, stopped));
    Server { address, service, counters, stop, task }
}

impl Server {
    /// Sends a request of one line and headers, and reads the whole answer.
    pub(crate) async fn send(&self, line: &str, headers: &[&str]) -> Reply {
        self.send_body(line, headers, b"").await
    }

    /// The same with a body, which the headers must announce.
    pub(crate) async fn send_body(&self, line: &str, headers: &[&str], body: &[u8]) -> Reply {
        let mut stream = self.connect().await;
        stream.write_all(&head(line, headers)).await.unwrap();
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(body).await;
        read_reply(stream).await
    }

    /// A JSON body, announced as such.
    pub(crate) async fn send_json(&self, line: &str, body: &str) -> Reply {
        let length = format!("Content-Length: {}", body.len());
        self.send_body(line, &["Content-Type: application/json", &length], body.as_bytes()).await
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Asks the server to stop, without waiting.
    pub(crate) fn stop(self) -> JoinHandle<std::io::Result<ServeReport>> {
        self.stop.send(()).unwrap();
        self.task
    }
}

/// The bytes of a request's head.
pub(crate) fn head(line: &str, headers: &[&str]) -> Vec<u8> {
    let mut text = format!("{line} HTTP/1.1\r\nHost: sample\r\nConnection: close\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// Reads until the server closes.
pub(crate) async fn read_reply(mut stream: TcpStream) -> Reply {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await.expect("the server hangs") {
            Ok(0) | Err(_) => break,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
    Reply::parse(&String::from_utf8(bytes).unwrap())
}

impl Reply {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no response: {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap();
        let header =
            |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { status, headers: lines.filter_map(header).collect(), body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts that this is an error in the one shape, and gives its description.
    pub(crate) fn assert_error(&self, status: u16, id: &str) -> String {
        assert_eq!((self.status, self.json()["error"]["id"].as_str()), (status, Some(id)), "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        self.assert_common();
        self.json()["error"]["description"].as_str().unwrap().to_owned()
    }

    /// Asserts what every answer has.
    pub(crate) fn assert_common(&self) {
        assert_eq!(self.header("access-control-allow-origin"), Some("*"), "{self:?}");
        let id = self.header("x-request-id").unwrap_or_default();
        assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{self:?}");
    }
}
