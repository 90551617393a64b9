//! Alternatives and combinations of credentials, enforced before a handler is called.

use stubgen_runtime::Request;

use crate::security_api::{
    AuthenticateError, ByBothError, ByBothResponse, ByChoiceError, ByChoiceResponse, ByDefaultError,
    ByDefaultResponse, Credentials, GoldenApi, OpenToAllError, OpenToAllResponse, Server, types as server,
};
use crate::security_client::Client;
use crate::{Shell, wire};

struct Door;

fn problem(message: &str) -> server::Problem {
    server::Problem { message: message.to_owned() }
}

impl GoldenApi for Door {
    type Principal = String;

    async fn authenticate(
        &self,
        _: &Request,
        credentials: Option<Credentials>,
    ) -> Result<String, AuthenticateError> {
        let refused = |why| Err(AuthenticateError::Unauthorized(problem(why)));
        match credentials {
            Some(Credentials::Token(token)) if token.expose() == b"good" => Ok("by token".to_owned()),
            Some(Credentials::Login(login)) => {
                let pair = login.decode().map_err(|_| AuthenticateError::Unauthorized(problem("no pair")))?;
                Ok(format!("by login of {}", String::from_utf8_lossy(pair.username())))
            }
            Some(Credentials::TokenAndKey(_, key)) if key.expose() == b"k" => Ok("by both".to_owned()),
            Some(_) => refused("bad credentials"),
            None => refused("no credentials"),
        }
    }

    async fn by_default(&self, _: &Request, principal: String) -> Result<ByDefaultResponse, ByDefaultError> {
        if principal == "by token" {
            Ok(ByDefaultResponse::NoContent)
        } else {
            Err(ByDefaultError::Forbidden(problem(&principal)))
        }
    }

    async fn by_both(&self, _: &Request, principal: String) -> Result<ByBothResponse, ByBothError> {
        assert_eq!(principal, "by both");
        Ok(ByBothResponse::NoContent)
    }

    async fn by_choice(
        &self,
        _: &Request,
        principal: Option<String>,
    ) -> Result<ByChoiceResponse, ByChoiceError> {
        match principal {
            Some(principal) => Err(ByChoiceError::Unauthorized(problem(&principal))),
            None => Ok(ByChoiceResponse::NoContent),
        }
    }

    async fn open_to_all(&self, _: &Request) -> Result<OpenToAllResponse, OpenToAllError> {
        Ok(OpenToAllResponse::NoContent)
    }
}

#[tokio::test]
async fn alternatives_and_combinations_decide_who_reaches_the_handler() {
    let server = wire::Server::start(Server(Door)).await;
    let (token, bad) = ("Authorization: Bearer good", "Authorization: bearer bad");
    let login = "Authorization: Basic YWxpY2U6c2VjcmV0";
    for (path, headers, status, part) in [
        ("/default", vec![token], 204, ""),
        ("/default", vec![bad], 401, "bad credentials"),
        ("/default", vec![login], 403, "by login of alice"),
        ("/default", vec![], 401, "no credentials"),
        ("/both", vec![token], 401, "no credentials"),
        ("/both", vec!["X-Key: k"], 401, "no credentials"),
        ("/both", vec![token, "X-Key: k"], 204, ""),
        ("/both", vec![token, "X-Key: wrong"], 401, "bad credentials"),
        ("/maybe", vec![], 204, ""),
        ("/maybe", vec![token], 401, "by token"),
        ("/maybe", vec![bad], 401, "bad credentials"),
        ("/open", vec![bad], 204, ""),
    ] {
        let reply = server.send(&format!("GET {path}"), &headers, b"").await;
        assert_eq!(reply.status, status, "{path} {headers:?}: {reply:?}");
        assert!(reply.body.contains(part), "{path} {headers:?}: {reply:?}");
        if status == 401 {
            assert!(reply.head.contains("www-authenticate:"), "{path} {headers:?}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn the_client_gets_refusals_as_typed_errors() {
    let server = wire::Server::start(Server(Door)).await;
    let error = Client::of(&server).by_default().send().await.expect_err("a refusal");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(401));
    let progenitor_client::Error::ErrorResponse(value) = error else { panic!("{error}") };
    assert_eq!(value.into_inner().message, "no credentials");
    let shell = Shell { headers: vec![("authorization", "Bearer good")] };
    Client::with(&server, shell).by_default().send().await.expect("a success");
}
