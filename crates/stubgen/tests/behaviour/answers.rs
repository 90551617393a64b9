//! Answers of every status, each with its own type; and those that are not as the document says.

use std::sync::{Arc, Mutex};

use progenitor_client::Error;
use serde_json::json;
use stubgen_runtime::{Body, Request};

use crate::statuses_api::{
    GoldenApi, ManyError, ManyResponse, OnlyDefaultError, OnlyDefaultResponse, Server, UniformError,
    UniformResponse, types as server,
};
use crate::statuses_client::{Client, Mismatch, errors, responses, types};
use crate::wire;

type Many = Result<ManyResponse, ManyError>;

#[derive(Clone, Default)]
struct Says {
    many: Arc<Mutex<Option<Many>>>,
    uniform: Arc<Mutex<Option<Result<UniformResponse, UniformError>>>>,
    default: Arc<Mutex<Option<Result<OnlyDefaultResponse, OnlyDefaultError>>>>,
}

impl GoldenApi for Says {
    async fn many(&self, _: &Request) -> Many {
        self.many.lock().unwrap().take().expect("an answer")
    }

    async fn only_default(&self, _: &Request) -> Result<OnlyDefaultResponse, OnlyDefaultError> {
        self.default.lock().unwrap().take().expect("an answer")
    }

    async fn uniform(&self, _: &Request) -> Result<UniformResponse, UniformError> {
        self.uniform.lock().unwrap().take().expect("an answer")
    }
}

async fn served() -> (Says, wire::Server, Client) {
    let says = Says::default();
    let server = wire::Server::start(Server(says.clone())).await;
    let client = Client::of(&server);
    (says, server, client)
}

fn problem() -> server::Problem {
    server::Problem { message: "why".to_owned() }
}

#[tokio::test]
async fn every_success_is_a_variant_of_its_own() {
    let (says, _server, client) = served().await;
    let many = async |answer: ManyResponse| {
        *says.many.lock().unwrap() = Some(Ok(answer));
        client.many().send().await.expect("a success")
    };
    let one: server::One = serde_json::from_value(json!({"one": 3})).unwrap();
    let answer = many(ManyResponse::Ok(one)).await;
    assert_eq!(answer.status(), 200);
    assert!(matches!(answer.into_inner(), responses::Many::Ok(one) if one.one == Some(3)));
    let answer = many(ManyResponse::Accepted).await;
    assert!(matches!((answer.status().as_u16(), answer.into_inner()), (202, responses::Many::Accepted)));
    let answer = many(ManyResponse::PartialContent(Body::from("part"))).await;
    assert!(matches!(answer.into_inner(), responses::Many::PartialContent(_)));
}

#[tokio::test]
async fn every_error_is_a_variant_of_its_own_and_keeps_its_status() {
    let (says, _server, client) = served().await;
    let many = async |answer: ManyError| {
        *says.many.lock().unwrap() = Some(Err(answer));
        match client.many().send().await.expect_err("an error") {
            Error::ErrorResponse(value) => (value.status().as_u16(), value.into_inner()),
            other => panic!("{other}"),
        }
    };
    let (status, error) = many(ManyError::NotFound(problem())).await;
    assert!(matches!((status, error), (404, errors::Many::NotFound(problem)) if problem.message == "why"));
    let (status, error) = many(ManyError::Conflict("text".to_owned())).await;
    assert!(matches!((status, error), (409, errors::Many::Conflict(text)) if text == "text"));
    let (status, error) = many(ManyError::Gone).await;
    assert!(matches!((status, error), (410, errors::Many::Gone)));
    let (status, error) = many(ManyError::Status5xx(507, problem())).await;
    assert!(matches!((status, error), (507, errors::Many::Status5xx(_))));
    let other: server::ManyDefaultError = serde_json::from_value(json!({"code": 8})).unwrap();
    let (status, error) = many(ManyError::Default(418, other)).await;
    assert!(matches!((status, error), (418, errors::Many::Default(other)) if other.code == Some(8)));
}

#[tokio::test]
async fn one_type_for_all_is_given_without_an_enum() {
    let (says, _server, client) = served().await;
    let one: server::One = serde_json::from_value(json!({"one": 1})).unwrap();
    *says.uniform.lock().unwrap() = Some(Ok(UniformResponse::Ok(one.clone())));
    let answer: types::One = client.uniform().send().await.unwrap().into_inner();
    assert_eq!(answer.one, Some(1));
    *says.default.lock().unwrap() = Some(Ok(OnlyDefaultResponse::Default(203, one)));
    assert_eq!(client.only_default().send().await.unwrap().status(), 203);
}

#[tokio::test]
async fn a_body_that_does_not_fit_keeps_its_status_and_is_kept_itself() {
    for (status, body) in [(200, "<html>"), (404, "{\"message\":1}"), (500, ""), (204, "")] {
        let foreign = foreign(status, body).await;
        let http = reqwest::Client::builder().timeout(wire::PATIENCE).build().unwrap();
        let client = Client::new_with_client(&foreign, http, crate::Shell::default());
        let error = client.uniform().send().await.expect_err("a mismatch");
        let Error::UnexpectedResponse(response) = error else { panic!("{error}") };
        assert_eq!(response.status(), status, "{body}");
        assert_eq!(response.headers()["x-from"], "elsewhere");
        assert!(response.extensions().get::<Mismatch>().is_some(), "{body}");
        assert_eq!(response.text().await.unwrap(), body);
    }
}

/// A server that knows nothing of the document, for one request.
async fn foreign(status: u16, body: &'static str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        let text = format!(
            "HTTP/1.1 {status} X\r\nx-from: elsewhere\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(text.as_bytes()).await.unwrap();
    });
    format!("http://{address}")
}
