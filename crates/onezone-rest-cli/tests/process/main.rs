//! The program as a shell sees it, against a local server. A module is one side of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic fails the test, which is what it is for"
)]

mod calls;
mod dry_run;
mod grammar;
mod printing;
mod readme;
mod shells;
mod surface;
mod tls;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use serde_json::json;
use tokio::net::TcpSocket;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const PROGRAM: &str = env!("CARGO_BIN_EXE_onezone-rest-cli");

const DELETE: [&str; 2] = ["deleteNamedTokensOfUser", "id=u1"];
const LIST: [&str; 2] = ["listNamedTokensOfProvider", "id=p1"];

/// The program in an environment that holds nothing of the one the tests run in.
fn program(words: &[&str], variables: &[(&str, &str)]) -> Assert {
    command(words, variables).assert()
}

fn command(words: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear().envs(variables.iter().copied()).args(words);
    command
}

fn stdout(outcome: &Assert) -> String {
    String::from_utf8(outcome.get_output().stdout.clone()).unwrap()
}

fn stderr(outcome: &Assert) -> String {
    String::from_utf8(outcome.get_output().stderr.clone()).unwrap()
}

/// An address at which nobody listens: as long as the socket is bound, nobody else gets it.
fn closed() -> (TcpSocket, String) {
    let held = TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = held.local_addr().unwrap().to_string();
    (held, address)
}

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn only_request(server: &MockServer) -> Request {
    let mut requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

fn tokens() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"tokens": ["t2", "t1"]}))
}
