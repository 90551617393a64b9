//! What the client's tests share: a client for a local server, and a server that answers raw bytes.

use std::sync::{Arc, Mutex};

use onezone_client::{Client, ClientBuilder, Credentials, RetryPolicy};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockBuilder, ResponseTemplate};

pub(crate) const LIST: &str = "/api/v3/onezone/providers/p1/tokens/named";
pub(crate) const DELETE: &str = "/api/v3/onezone/users/u1/tokens/named";

/// A builder for a server on this machine, with a token and retries that take no time.
pub(crate) fn builder(uri: &str) -> ClientBuilder {
    Client::builder(uri)
        .credentials(Credentials::x_auth_token("the-token"))
        .retry(RetryPolicy::default().random(|| 0.0))
        .configure_http(onezone_client::reqwest::ClientBuilder::no_proxy)
}

pub(crate) fn client(uri: &str) -> Client {
    builder(uri).build().unwrap()
}

pub(crate) fn listing() -> MockBuilder {
    Mock::given(method("GET")).and(path(LIST))
}

pub(crate) fn deleting() -> MockBuilder {
    Mock::given(method("DELETE")).and(path(DELETE))
}

pub(crate) fn tokens() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"tokens": ["t2", "t1"]}))
}

pub(crate) fn error(status: u16, id: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(envelope(id))
}

pub(crate) fn envelope(id: &str) -> Value {
    json!({"error": {"id": id, "description": format!("What {id} means.")}})
}

/// A server that answers its connections one after the other with the given bytes and closes them.
pub(crate) struct RawServer {
    pub(crate) uri: String,
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
}

impl RawServer {
    pub(crate) async fn start(answers: Vec<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            for answer in answers {
                let (mut connection, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(connection.read_u8().await.unwrap());
                }
                seen.lock().unwrap().push(String::from_utf8(head).unwrap());
                connection.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { uri, requests }
    }

    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}
