//! Bodies in every media type, there and back.

use std::sync::{Arc, Mutex};

use futures::TryStreamExt as _;
use serde_json::{Value, json};
use stubgen_runtime::{Body, Bytes, Multipart, Request};

use crate::media_types_api::{
    GoldenApi, MaybeJsonError, MaybeJsonResponse, MergeError, MergeResponse, SendAnyBody, SendAnyError,
    SendAnyResponse, SendBytesError, SendBytesResponse, SendFormError, SendFormResponse, SendPartsError,
    SendPartsResponse, SendTextError, SendTextResponse, Server, types as server,
};
use crate::media_types_client::{Client, types};
use crate::wire;

#[derive(Clone, Default)]
struct Echo(Arc<Mutex<Vec<Value>>>);

impl Echo {
    fn note(&self, value: Value) {
        self.0.lock().unwrap().push(value);
    }

    fn seen(&self) -> Value {
        self.0.lock().unwrap().pop().expect("a call")
    }
}

impl GoldenApi for Echo {
    async fn send_form(&self, _: &Request, body: server::Form) -> Result<SendFormResponse, SendFormError> {
        self.note(json!(body));
        Ok(SendFormResponse::NoContent)
    }

    async fn send_text(&self, _: &Request, body: Option<String>) -> Result<SendTextResponse, SendTextError> {
        Ok(SendTextResponse::Ok(body.unwrap_or_else(|| "nothing".to_owned())))
    }

    async fn send_bytes(&self, _: &Request, body: Bytes) -> Result<SendBytesResponse, SendBytesError> {
        Ok(SendBytesResponse::Ok(Body::from(body)))
    }

    async fn send_parts(&self, _: &Request, body: Multipart) -> Result<SendPartsResponse, SendPartsError> {
        let file = body.part("file").expect("a file");
        self.note(json!([file.file_name, file.content_type, file.bytes.to_vec()]));
        Ok(SendPartsResponse::NoContent)
    }

    async fn maybe_json(
        &self,
        _: &Request,
        body: Option<server::Form>,
    ) -> Result<MaybeJsonResponse, MaybeJsonError> {
        self.note(json!(body));
        Ok(MaybeJsonResponse::NoContent)
    }

    async fn send_any(&self, _: &Request, body: SendAnyBody) -> Result<SendAnyResponse, SendAnyError> {
        self.note(match body {
            SendAnyBody::ApplicationJson(form) => json!({"json": form}),
            SendAnyBody::ApplicationXWwwFormUrlencoded(form) => json!({"form": form}),
            SendAnyBody::TextCsv(text) => json!({"csv": text}),
        });
        Ok(SendAnyResponse::NoContent)
    }

    async fn merge(
        &self,
        request: &Request,
        body: serde_json::Map<String, Value>,
    ) -> Result<MergeResponse, MergeError> {
        let media_type =
            request.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
        self.note(json!([media_type, body]));
        Ok(MergeResponse::NoContent)
    }
}

async fn served() -> (Echo, wire::Server, Client) {
    let echo = Echo::default();
    let server = wire::Server::start(Server(echo.clone())).await;
    let client = Client::of(&server);
    (echo, server, client)
}

fn form() -> types::Form {
    serde_json::from_value(json!({"name": "ä & b=c", "age": 7, "tags": ["x,y", "z+ "]})).unwrap()
}

#[tokio::test]
async fn json_forms_and_text_arrive_as_they_were_set() {
    let (echo, _server, client) = served().await;
    let expected = json!(form());
    client.send_form().body(form()).send().await.unwrap();
    assert_eq!(echo.seen(), expected);
    client.maybe_json().body(form()).send().await.unwrap();
    assert_eq!(echo.seen(), expected);
    client.maybe_json().send().await.unwrap();
    assert_eq!(echo.seen(), Value::Null);
    client.send_any().body(form()).send().await.unwrap();
    assert_eq!(echo.seen(), json!({"json": expected}));
    client.send_any().body_as_application_x_www_form_urlencoded(form()).send().await.unwrap();
    assert_eq!(echo.seen(), json!({"form": expected}));
    client.send_any().body_as_text_csv("a;b\n").send().await.unwrap();
    assert_eq!(echo.seen(), json!({"csv": "a;b\n"}));
    let patch = serde_json::Map::from_iter([("gone".to_owned(), Value::Null)]);
    client.merge().body(patch).send().await.unwrap();
    assert_eq!(echo.seen(), json!(["application/merge-patch+json", {"gone": null}]));
}

#[tokio::test]
async fn bytes_and_text_come_back_as_they_were_sent() {
    let (_echo, _server, client) = served().await;
    assert_eq!(client.send_text().body("ä\n").send().await.unwrap().into_inner(), "ä\n");
    assert_eq!(client.send_text().send().await.unwrap().into_inner(), "nothing");
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let answer = client.send_bytes().body(bytes.clone()).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "image/png");
    let chunks: Vec<_> = answer.into_inner_stream().try_collect().await.unwrap();
    assert_eq!(chunks.concat(), bytes);
}

#[tokio::test]
async fn parts_keep_their_names_and_types() {
    let (echo, _server, client) = served().await;
    let part =
        reqwest::multipart::Part::bytes(vec![0, 255]).file_name("ä.bin").mime_str("image/png").unwrap();
    let form = reqwest::multipart::Form::new().part("file", part);
    client.send_parts().body(form).send().await.unwrap();
    assert_eq!(echo.seen(), json!(["ä.bin", "image/png", [0, 255]]));
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_refused_with_its_place() {
    let (echo, server, _client) = served().await;
    let json = "Content-Type: application/json";
    for (line, media_type, body, status, part) in [
        ("POST /any", json, r#"{"name":"a"}"#, 400, "/name"),
        ("POST /any", json, r#"{"name":"ab","tags":["x",1]}"#, 400, "/tags/1"),
        ("POST /any", json, r#"{"age":1}"#, 400, "name"),
        ("POST /any", json, r#"{"name":"ab"} x"#, 400, ""),
        ("POST /any", json, "{", 400, ""),
        ("POST /any", "Content-Type: application/xml", "<a/>", 415, ""),
        ("POST /any", json, "", 400, ""),
        ("POST /form", "Content-Type: application/x-www-form-urlencoded", "name=a", 400, "/name"),
        ("POST /form", "Content-Type: application/x-www-form-urlencoded", "name=ab&age=x", 400, "/age"),
        ("POST /form", json, r#"{"name":"ab"}"#, 415, ""),
        ("POST /text", "Content-Type: text/plain", "\u{0}", 200, ""),
        ("POST /text", "Content-Type: text/plain", &"ä".repeat(40), 200, ""),
        ("POST /text", "Content-Type: text/plain", &"ä".repeat(41), 400, "longer than 40"),
        ("POST /any", "Content-Type: text/csv", "a,b", 400, "does not match"),
    ] {
        let reply = server.send(line, &[media_type], body.as_bytes()).await;
        assert_eq!(reply.status, status, "{line} {body}: {reply:?}");
        assert!(reply.body.contains(part), "{line} {body}: {reply:?}");
    }
    let reply = server.send("POST /text", &["Content-Type: text/plain"], b"\xff\xfe").await;
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(echo.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_client_asks_for_the_body_that_is_needed() {
    let (_echo, _server, client) = served().await;
    let error = client.send_form().send().await.unwrap_err();
    assert!(error.to_string().contains("the body has to be set"), "{error}");
}
