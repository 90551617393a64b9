//! The programs in `examples/`, run as a reader of the documentation runs them, against servers on this machine.
#![allow(clippy::unwrap_used, reason = "a panic fails the test, which is what it is for")]

mod tls;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use wiremock::matchers::{any, basic_auth, header, method, path};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

const LIST: &str = "/api/v3/onezone/providers/p1/tokens/named";

/// An example as cargo builds it together with the tests, with nothing in its environment but what is given.
pub(crate) fn example(name: &str, environment: &[(&str, &str)]) -> Command {
    let program: PathBuf =
        std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(
        program.is_file(),
        "{} is not built: `cargo test -p onezone-client` builds it",
        program.display()
    );
    let mut command = Command::new(program);
    command.env_clear().envs(environment.iter().copied()).stdin(Stdio::null());
    command
}

/// Runs an example while the servers of this test answer.
pub(crate) async fn run(name: &'static str, environment: &[(&str, &str)]) -> (bool, String) {
    let mut command = example(name, environment);
    let Output { status, stdout, stderr } =
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    (status.success(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

fn listing() -> MockBuilder {
    Mock::given(method("GET")).and(path(LIST))
}

fn tokens() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"tokens": ["t2", "t1"]}))
}

fn settings(uri: &str) -> [(&str, &str); 3] {
    [("ONEZONE_HOST", uri), ("ONEZONE_API_KEY", "the-token"), ("ONEZONE_PROVIDER_ID", "p1")]
}

#[tokio::test]
async fn list_prints_an_id_a_line() {
    let server = MockServer::start().await;
    listing().and(header("x-auth-token", "the-token")).respond_with(tokens()).expect(1).mount(&server).await;
    assert_eq!(run("list", &settings(&server.uri())).await, (true, "t2\nt1\n".to_owned()));
}

#[tokio::test]
async fn list_goes_through_the_proxy_of_the_environment() {
    let proxy = MockServer::start().await;
    listing().and(header("host", "onezone.test")).respond_with(tokens()).expect(1).mount(&proxy).await;
    let uri = proxy.uri();
    let mut environment = settings("http://onezone.test").to_vec();
    environment.push(("http_proxy", &uri));
    assert_eq!(run("list", &environment).await, (true, "t2\nt1\n".to_owned()));
}

#[tokio::test]
async fn list_passes_by_the_proxy_where_the_environment_says_so() {
    let proxy = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(502)).expect(0).mount(&proxy).await;
    let server = MockServer::start().await;
    listing().respond_with(tokens()).expect(1).mount(&server).await;
    let (proxy_uri, uri) = (proxy.uri(), server.uri());
    let mut environment = settings(&uri).to_vec();
    environment.extend([("http_proxy", proxy_uri.as_str()), ("no_proxy", "127.0.0.1")]);
    assert_eq!(run("list", &environment).await, (true, "t2\nt1\n".to_owned()));
}

#[tokio::test]
async fn delete_authenticates_by_name_and_password() {
    let server = MockServer::start().await;
    Mock::given(method("DELETE"))
        .and(path("/api/v3/onezone/users/u1/tokens/named"))
        .and(basic_auth("alice", "pa:ss"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    let uri = server.uri();
    let environment =
        [("ONEZONE_HOST", uri.as_str()), ("ONEZONE_BASIC_AUTH", "alice:pa:ss"), ("ONEZONE_USER_ID", "u1")];
    assert_eq!(run("delete", &environment).await, (true, "the named tokens of u1 are deleted\n".to_owned()));
}

fn failing(status: u16, error: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"error": error})).insert_header("x-request-id", "r-1")
}

#[tokio::test]
async fn errors_gives_advice_for_every_kind_of_failure() {
    let error = |id: &str| json!({"id": id, "description": format!("What {id} means.")});
    let refused =
        |id: &str| json!({"id": "unauthorized", "description": "", "details": {"authError": error(id)}});
    let request = "the server calls this request r-1\n";
    let page = ResponseTemplate::new(200).set_body_string("<html>hotel");
    let busy = failing(503, &error("serviceUnavailable")).insert_header("retry-after", "9");
    for (answer, advice) in [
        (failing(401, &error("unauthorized")), format!("set ONEZONE_API_KEY\n{request}")),
        (
            failing(401, &refused("tokenRevoked")),
            format!("the token was revoked: get another one\n{request}"),
        ),
        (
            failing(401, &refused("badToken")),
            format!("the credentials are refused: What badToken means.\n{request}"),
        ),
        (
            failing(403, &error("forbidden")),
            format!("not yours to see: ask for the privilege `oz_tokens_manage`\n{request}"),
        ),
        (failing(404, &error("notFound")), format!("there is no such provider: check the id\n{request}")),
        (
            busy,
            format!(
                "try again in 9 s: server answered 503, serviceUnavailable: What serviceUnavailable means.\n{request}"
            ),
        ),
        (failing(500, &error("new")), format!("server answered 500, new: What new means.\n{request}")),
        (page, "this is no Onezone: status Some(200), \"<html>hotel\"\n".to_owned()),
    ] {
        let server = MockServer::start().await;
        listing().respond_with(answer).mount(&server).await;
        assert_eq!(run("errors", &settings(&server.uri())).await, (false, advice));
    }
}

#[tokio::test]
async fn errors_tells_an_absent_server_and_a_bad_argument() {
    // As long as it is bound, nobody else gets it.
    let held = tokio::net::TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let closed = held.local_addr().unwrap();
    let (_, printed) = run("errors", &settings(&format!("http://{closed}"))).await;
    assert_eq!(printed, "try again in 30 s: cannot connect to the server\n");
    let (_, printed) = run("errors", &[("ONEZONE_HOST", "http://localhost")]).await;
    assert!(printed.starts_with("check the arguments: `id` cannot be sent: "), "{printed}");
}

#[tokio::test]
async fn per_call_credentials_has_a_token_for_each_call() {
    let server = MockServer::start().await;
    for (token, answer) in [
        ("Bearer a", tokens()),
        ("Bearer b", failing(403, &json!({"id": "forbidden", "description": "No."}))),
    ] {
        listing().and(header("authorization", token)).respond_with(answer).expect(1).mount(&server).await;
    }
    let uri = server.uri();
    let environment =
        [("ONEZONE_HOST", uri.as_str()), ("ONEZONE_API_KEYS", "a b"), ("ONEZONE_PROVIDER_ID", "p1")];
    let expected = "caller 0: 2 tokens\ncaller 1: server answered 403, forbidden: No.\n".to_owned();
    assert_eq!(run("per_call_credentials", &environment).await, (true, expected));
}

#[test]
fn every_example_is_run_here() {
    let sources = [include_str!("main.rs"), include_str!("tls.rs")].concat();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(sources.contains(&format!("run(\"{name}\"")), "no test runs the example `{name}`");
    }
}
