//! Conformance of a server to its document, one operation and documented status at a time, for the tests that `stubgen` emits.
//!
//! What the runtime answers by itself is provoked for real: 400 by a parameter or body that is not allowed, 401 without credentials, 406,
//! 413, 415. An operation that is not written yet has to answer 501; once it is written, a request that the document allows has to be
//! answered with a documented success. What only the operation itself can decide, such as a 409, needs a request that leads to it: a
//! fixture, which somebody has to write together with the operation, or the reason why there is none. Whatever is answered has to be
//! documented, of a documented media type, and valid by its schema.

mod document;
mod fixtures;
mod request;

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};

use crate::api::Api;
use crate::call::Call;
use crate::credentials::Presented;
use crate::definition::{Definition, Method};
use crate::media_type;
use crate::options::Options;
use crate::rejection::Rejection;
use crate::request::Request;
use crate::response::{Body, Response};
use crate::service::Service;
use document::{Document, Documented};
use fixtures::{Fixture, Fixtures};
use request::Draft;

/// The statuses that the runtime answers with, documented or not.
const ALWAYS: [u16; 13] = [400, 401, 404, 405, 406, 408, 413, 414, 415, 431, 500, 501, 503];

/// A server, its document, and requests for each of its operations.
pub struct Suite<A: Api> {
    definition: &'static Definition,
    /// As it is served.
    guarded: Arc<Service<A>>,
    /// The same without authentication, so that what comes behind it can be tested.
    trusting: Arc<Service<Trusting<A>>>,
    document: Document,
    fixtures: Fixtures,
}

/// Where the requests come from.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    /// The document as JSON, in terms of OpenAPI 3.0.
    pub document: &'a str,
    /// The requests that the generator made, one an operation.
    pub requests: &'a str,
    /// What people say about them, and about further requests.
    pub fixtures: &'a str,
}

impl<A: Api> Suite<A> {
    /// A suite for an API, for requests of that caller wherever the document asks for credentials. `Err` says which text cannot be read.
    pub fn new(api: fn() -> A, caller: fn() -> A::Principal, texts: Texts<'_>) -> Result<Self, String> {
        let options = || Options { access_log: false, ..Options::default() };
        let guarded = Service::new(api(), options());
        let trusting = Service::new(Trusting { api: api(), caller }, options());
        Ok(Self {
            definition: guarded.api().definition(),
            guarded,
            trusting,
            document: Document::read(texts.document)?,
            fixtures: Fixtures::read(texts.requests, texts.fixtures)?,
        })
    }

    /// Whether the operation does what the document says of a status (`201`, `4XX`, `default`); otherwise what it does instead.
    pub async fn check(&self, operation: &str, status: &str) -> Result<(), String> {
        let mut operations = self.definition.operations.iter();
        let index = operations
            .position(|known| known.id == operation)
            .ok_or_else(|| format!("the document has no operation `{operation}`: generate again"))?;
        let key = status.to_ascii_uppercase();
        match self.fixtures.of(operation, &key) {
            Fixture::Waived => Ok(()),
            Fixture::Request(request) => {
                let draft = Draft::new(self.definition, index, &request)?;
                self.expect(&draft, Expected::of(&key), false).await
            }
            Fixture::Nothing => self.by_itself(operation, index, &key).await,
        }
    }

    /// What can be said about a status without a fixture.
    async fn by_itself(&self, operation: &str, index: usize, key: &str) -> Result<(), String> {
        let declared = &self.definition.operations[index];
        let valid = || Draft::new(self.definition, index, &self.fixtures.request(operation));
        let has_body = declared.body.is_some();
        let is_guarded = !declared.security.alternatives.is_empty() && !declared.security.optional;
        let is_success = key.starts_with(['1', '2', '3']);
        match key {
            "400" | "4XX" => match valid()?.broken() {
                Some(draft) => self.expect(&draft, Expected::Status(400), false).await,
                None => self.needs_fixture(valid()?, operation, key).await,
            },
            "401" if is_guarded => self.expect(&valid()?, Expected::Status(401), true).await,
            "406" if !is_open(declared.produces) => {
                let draft = valid()?.with_header("accept", "application/x-nothing");
                self.expect(&draft, Expected::Status(406), false).await
            }
            "413" if has_body => {
                let limit = declared.body.and_then(|body| body.max_bytes);
                let draft = valid()?.longer_than(limit.unwrap_or(self.trusting.options().max_body_bytes));
                self.expect(&draft, Expected::Status(413), false).await
            }
            "415" if declared.body.is_some_and(|body| !is_open(body.media_types)) => {
                let draft = valid()?.with_header("content-type", "application/x-nothing");
                self.expect(&draft, Expected::Status(415), false).await
            }
            "500" | "5XX" => self.form(index, &Rejection::Internal { reference: "0".repeat(10) }),
            "501" => self.form(index, &Rejection::NotImplemented { operation: declared.id }),
            "503" => self.form(index, &Rejection::Overloaded),
            "DEFAULT"
                if declared
                    .statuses
                    .iter()
                    .any(|status| (2..4).contains(status) || (200..400).contains(status)) =>
            {
                self.form(index, &Rejection::Internal { reference: "0".repeat(10) })
            }
            _ if (is_success && self.document.first_success(declared) == key) || key == "DEFAULT" => {
                self.expect(&valid()?, Expected::Success, false).await
            }
            _ => self.needs_fixture(valid()?, operation, key).await,
        }
    }

    /// Nobody knows how to get there before the operation is written; then its author does.
    async fn needs_fixture(&self, valid: Draft, operation: &str, key: &str) -> Result<(), String> {
        let response = self.send(&valid, false).await;
        let status = response.status().as_u16();
        if status == 501 || (status == 400 && self.fixtures.is_doubtful(operation)) {
            return self.check_body(valid.operation(), &response);
        }
        Err(format!(
            "`{operation}` is written, and nothing says which request it answers with {key}. Say so in tests/fixtures.json:\n  \
             \"{operation}\": {{\"{key}\": {{\"parameters\": {{..}}, \"headers\": {{..}}, \"body\": ..}}}}\n\
             or, in the place of the request, the reason why it is not tested, as text"
        ))
    }

    async fn expect(&self, draft: &Draft, expected: Expected, guarded: bool) -> Result<(), String> {
        let response = self.send(draft, guarded).await;
        let status = response.status().as_u16();
        if status == 401 && !response.headers().contains_key(WWW_AUTHENTICATE) {
            return Err("a 401 without `WWW-Authenticate`".to_owned());
        }
        let fits = match expected {
            Expected::Status(wanted) => status == wanted || (status == 501 && !ALWAYS.contains(&wanted)),
            Expected::Class(class) => status / 100 == class || status == 501,
            Expected::Any => true,
            Expected::Success => (200..400).contains(&status) || status == 501,
        };
        let doubtful =
            status == 400 && self.fixtures.is_doubtful(self.definition.operations[draft.operation()].id);
        if !fits && !doubtful {
            return Err(format!(
                "{draft}\nis answered with {status}, not with {expected}: {}",
                text(&response)
            ));
        }
        self.check_body(draft.operation(), &response)
    }

    /// Whether the form of errors of a status, which no request can provoke, is what the document says.
    fn form(&self, index: usize, rejection: &Rejection) -> Result<(), String> {
        self.check_body(index, &self.guarded.api().reject(Some(index), rejection))
    }

    async fn send(&self, draft: &Draft, guarded: bool) -> Response {
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        let request = draft.request();
        if guarded {
            self.guarded.handle(request, peer).await
        } else {
            self.trusting.handle(request, peer).await
        }
    }

    /// Whether an answer is one that the document describes.
    fn check_body(&self, index: usize, response: &Response) -> Result<(), String> {
        let operation = &self.definition.operations[index];
        let status = response.status().as_u16();
        let Some(declared) = self.document.response(operation, status) else {
            let is_ours = ALWAYS.contains(&status);
            return if is_ours {
                Ok(())
            } else {
                Err(format!("the document does not have {status}: {}", text(response)))
            };
        };
        let (Documented::Content(media), Some(bytes)) = (declared, response.body().as_bytes()) else {
            return Ok(());
        };
        // The runtime writes errors as JSON or plain text, so that it cannot keep to a document that has them as XML alone.
        let can_be_written =
            |name: &String| media_type::is_json(name) || name.contains('*') || name.starts_with("text/plain");
        let unwritable = ALWAYS.contains(&status) && !media.keys().any(can_be_written);
        if operation.method == Method::Head || unwritable {
            return Ok(());
        }
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let names: Vec<&str> = media.keys().map(String::as_str).collect();
        let Some(position) = media_type::position(content_type, &names).filter(|_| content_type.is_some())
        else {
            if bytes.is_empty() && names.is_empty() {
                return Ok(());
            }
            return Err(format!(
                "{status} has the media type {content_type:?}, documented are {}",
                names.join(", ")
            ));
        };
        self.document
            .check(&media[names[position]], content_type.unwrap_or_default(), bytes)
            .map_err(|reason| format!("the body of the {status} is not valid: {reason}: {}", text(response)))
    }
}

/// What a request should be answered with.
#[derive(Clone, Copy, Debug)]
enum Expected {
    Status(u16),
    Class(u16),
    Any,
    /// Any documented success.
    Success,
}

impl Expected {
    fn of(key: &str) -> Self {
        match (key.parse(), key.strip_suffix("XX").and_then(|class| class.parse().ok())) {
            (Ok(status), _) => Self::Status(status),
            (_, Some(class)) => Self::Class(class),
            _ => Self::Any,
        }
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => write!(formatter, "{status}"),
            Self::Class(class) => write!(formatter, "{class}XX"),
            Self::Any => formatter.write_str("anything"),
            Self::Success => formatter.write_str("a success"),
        }
    }
}

/// Whether there is no media type that could not be meant.
fn is_open(media_types: &[&str]) -> bool {
    media_types.is_empty() || media_types.iter().any(|media_type| media_type.contains('*'))
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(response.body().as_bytes().unwrap_or_default()).chars().take(2000).collect()
}

/// An API that takes every request for one of a certain caller.
struct Trusting<A: Api> {
    api: A,
    caller: fn() -> A::Principal,
}

impl<A: Api> Api for Trusting<A> {
    type Principal = A::Principal;

    fn definition(&self) -> &'static Definition {
        self.api.definition()
    }

    async fn authenticate(&self, _: &Request, _: Option<Presented>) -> Result<Self::Principal, Response> {
        Ok((self.caller)())
    }

    fn reject(&self, operation: Option<usize>, rejection: &Rejection) -> Response {
        self.api.reject(operation, rejection)
    }

    async fn call(
        &self,
        operation: usize,
        principal: Option<Self::Principal>,
        call: Call,
    ) -> Result<Response, Rejection> {
        self.api.call(operation, principal, call).await
    }
}

impl<A: Api> std::fmt::Debug for Suite<A> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Suite").field("title", &self.definition.title).finish_non_exhaustive()
    }
}

/// The body of a request that is sent.
type Sent = http::Request<Body>;
