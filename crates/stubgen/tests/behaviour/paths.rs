//! Paths that overlap, name one place differently, or have several variables in a segment.

use std::sync::{Arc, Mutex};

use stubgen_runtime::Request;

use crate::paths_api::{
    ByIdError, ByIdParameters, ByIdResponse, GoldenApi, MeError, MeResponse, OnlyHeadError, OnlyHeadResponse,
    OtherNameError, OtherNameParameters, OtherNameResponse, PartialError, PartialParameters, PartialResponse,
    Server, SlashError, SlashResponse,
};
use crate::paths_client::Client;
use crate::wire;

#[derive(Clone, Default)]
struct Echo(Arc<Mutex<String>>);

impl Echo {
    fn note(&self, text: String) {
        *self.0.lock().unwrap() = text;
    }

    fn seen(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl GoldenApi for Echo {
    async fn by_id(&self, _: &Request, parameters: ByIdParameters) -> Result<ByIdResponse, ByIdError> {
        self.note(format!("by_id {}", parameters.id));
        Ok(ByIdResponse::NoContent)
    }

    async fn me(&self, _: &Request) -> Result<MeResponse, MeError> {
        self.note("me".to_owned());
        Ok(MeResponse::NoContent)
    }

    async fn other_name(
        &self,
        _: &Request,
        parameters: OtherNameParameters,
    ) -> Result<OtherNameResponse, OtherNameError> {
        self.note(format!("other_name {}", parameters.name));
        Ok(OtherNameResponse::NoContent)
    }

    async fn partial(
        &self,
        _: &Request,
        parameters: PartialParameters,
    ) -> Result<PartialResponse, PartialError> {
        self.note(format!("partial {} {}", parameters.name, parameters.ext));
        Ok(PartialResponse::NoContent)
    }

    async fn slash(&self, _: &Request) -> Result<SlashResponse, SlashError> {
        self.note("slash".to_owned());
        Ok(SlashResponse::NoContent)
    }

    async fn only_head(&self, _: &Request) -> Result<OnlyHeadResponse, OnlyHeadError> {
        self.note("head".to_owned());
        Ok(OnlyHeadResponse::Ok)
    }
}

#[tokio::test]
async fn the_client_reaches_each_operation_with_its_values() {
    let echo = Echo::default();
    let server = wire::Server::start(Server(echo.clone())).await;
    let client = Client::of(&server);
    for id in ["x", "a/b", r"..\..", "%2e%2e", "ä ?#;=", "...", "%"] {
        client.by_id().id(id).send().await.unwrap();
        assert_eq!(echo.seen(), format!("by_id {id}"));
    }
    client.me().send().await.unwrap();
    assert_eq!(echo.seen(), "me");
    client.other_name().name("me").send().await.unwrap();
    assert_eq!(echo.seen(), "other_name me");
    client.partial().name("a/b").ext("tar").send().await.unwrap();
    assert_eq!(echo.seen(), "partial a/b tar");
    client.slash().send().await.unwrap();
    assert_eq!(echo.seen(), "slash");
    client.only_head().send().await.unwrap();
    assert_eq!(echo.seen(), "head");
}

#[tokio::test]
async fn values_that_lead_elsewhere_are_refused_before_anything_is_sent() {
    let echo = Echo::default();
    let server = wire::Server::start(Server(echo.clone())).await;
    let client = Client::of(&server);
    for id in ["", ".", ".."] {
        let error = client.by_id().id(id).send().await.expect_err(id);
        assert!(error.to_string().contains("another endpoint"), "{error}");
        let error = client.other_name().name(id).send().await.expect_err(id);
        assert!(error.to_string().contains("another endpoint"), "{error}");
    }
    assert_eq!(echo.seen(), "");
}

#[tokio::test]
async fn plain_requests_are_told_apart() {
    let echo = Echo::default();
    let server = wire::Server::start(Server(echo.clone())).await;
    for (line, status, seen) in [
        ("GET /v1/users/you", 204, "by_id you"),
        ("GET /v1/users/me", 204, "me"),
        ("GET /v1/users/me/x", 204, "other_name me"),
        ("GET /v1/files/a.tar.gz", 204, "partial a tar.gz"),
        ("GET /v1/files/a", 404, ""),
        ("GET /v1/slash/", 204, "slash"),
        ("GET /v1/slash", 204, "slash"),
        ("HEAD /v1/head", 200, "head"),
        ("GET /v1/head", 405, ""),
        ("HEAD /v1/users/me", 204, "me"),
        ("POST /v1/users/me", 405, ""),
        ("GET /users/me", 404, ""),
        ("GET /v1/users/a%2Fb", 204, "by_id a/b"),
        ("GET /v1/users/%ff", 400, ""),
        ("GET /v1/users/%zz", 400, ""),
    ] {
        let reply = server.send(line, &[], b"").await;
        assert_eq!(reply.status, status, "{line}: {reply:?}");
        assert_eq!(echo.seen(), seen, "{line}");
    }
}
