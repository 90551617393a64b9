//! The work of a request: credentials, operation, answer. The handlers, the tokens and the store are the server's own crates; what the
//! server's runtime does around them is done here in the fewest words, as somebody would write it who needs no more.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use onezone_api::types::NamedTokenList;
use onezone_api::{
    AuthenticateError, Credentials, DeleteNamedTokensOfUserParameters, ListNamedTokensOfProviderParameters,
    ListNamedTokensOfProviderResponse, OnezoneApi as _, Server,
};
use onezone_handlers::{Clock, Environment, Handlers, Settings};
use onezone_store::{OpenMode, SqliteStore};
use serde::Serialize;
use stubgen_runtime::{ApiKey, BasicCredentials, BearerToken, Options, Problem, Rejection, Request, Service};
use tokio::time::timeout;

use crate::zone;

/// An answer that any of the frameworks can send.
pub type Answer = http::Response<Bytes>;

/// What can be asked for, by its index in the document.
#[derive(Clone, Copy)]
pub enum Operation {
    /// Delete the named tokens of a user.
    Delete = 0,
    /// List the named tokens of a provider.
    List = 1,
}

/// What was done.
pub enum Done {
    /// The tokens are deleted.
    Deleted,
    /// The tokens are these.
    Listed(NamedTokenList),
}

/// Why nothing was done.
pub enum Refused {
    /// The handlers say so.
    Error(AuthenticateError),
    /// It did not get as far as them.
    Rejection(Rejection),
}

impl From<AuthenticateError> for Refused {
    fn from(error: AuthenticateError) -> Self {
        Self::Error(error)
    }
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self::Rejection(rejection)
    }
}

/// The paths of the operations, in the form that matchit and axum read.
pub const PATHS: [(&str, Method, Operation); 2] = [
    ("/api/v3/onezone/users/{id}/tokens/named", Method::DELETE, Operation::Delete),
    ("/api/v3/onezone/providers/{id}/tokens/named", Method::GET, Operation::List),
];

/// As long as the server gives a request by default.
const TIMEOUT: Duration = Duration::from_secs(30);

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// What the document's schemes are challenged with.
const CHALLENGES: [&str; 3] =
    ["ApiKey header=\"X-Auth-Token\"", "Bearer", "Basic realm=\"Onezone\", charset=\"UTF-8\""];

/// The handlers over a store, and what they need of a request.
pub struct Work {
    service: Arc<Service<Server<Handlers>>>,
}

/// The machine's clock.
struct SystemClock(Instant);

impl Clock for SystemClock {
    fn now_unix(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Work {
    /// The work on the zone in this file.
    pub fn on(database: &Path) -> anyhow::Result<Arc<Self>> {
        let store = SqliteStore::open(database, OpenMode::Serve, zone::keys()?)
            .with_context(|| format!("cannot open {}", database.display()))?;
        let environment = Environment::new(Arc::new(SystemClock(Instant::now())), [7; 32]);
        let handlers = Handlers::new(Arc::new(store), Settings::default(), environment);
        Ok(Arc::new(Self { service: Service::new(Server(handlers), Options::default()) }))
    }

    /// Answers a request that was routed to an operation, with the text of its one parameter.
    pub async fn perform(&self, operation: Operation, id: &str, head: Parts, peer: SocketAddr) -> Answer {
        let request = self.request(operation, head, peer);
        let answer = match self.operate(operation, id, &request).await {
            Ok(Done::Deleted) => empty(StatusCode::NO_CONTENT),
            Ok(Done::Listed(list)) => json(StatusCode::OK, &list),
            Err(Refused::Error(error)) => refusal(error),
            Err(Refused::Rejection(rejection)) => self.rejection(&rejection),
        };
        finish(answer, request.id())
    }

    /// A request as the handlers see it.
    pub fn request(&self, operation: Operation, head: Parts, peer: SocketAddr) -> Request {
        self.service.routed_request(operation as usize, head, peer)
    }

    /// Answers a request that no route fits.
    pub fn not_found(&self, head: Parts, peer: SocketAddr) -> Answer {
        let request = self.request(Operation::Delete, head, peer);
        finish(self.rejection(&Rejection::NotFound), request.id())
    }

    /// Authenticates a request and does what it asks for.
    pub async fn operate(&self, operation: Operation, id: &str, request: &Request) -> Result<Done, Refused> {
        timeout(TIMEOUT, self.operate_in_time(operation, id, request))
            .await
            .unwrap_or(Err(Refused::Rejection(Rejection::Timeout)))
    }

    async fn operate_in_time(
        &self,
        operation: Operation,
        id: &str,
        request: &Request,
    ) -> Result<Done, Refused> {
        let handlers = &self.service.api().0;
        let principal = handlers.authenticate(request, credentials(request.headers())?).await?;
        match operation {
            Operation::Delete => {
                let parameters = DeleteNamedTokensOfUserParameters { id: id.try_into().map_err(invalid)? };
                handlers.delete_named_tokens_of_user(request, principal, parameters).await?;
                Ok(Done::Deleted)
            }
            Operation::List => {
                let parameters = ListNamedTokensOfProviderParameters { id: id.try_into().map_err(invalid)? };
                let listed = handlers.list_named_tokens_of_provider(request, principal, parameters).await?;
                let ListNamedTokensOfProviderResponse::Ok(list) = listed;
                Ok(Done::Listed(list))
            }
        }
    }

    fn rejection(&self, rejection: &Rejection) -> Answer {
        let status = StatusCode::from_u16(rejection.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = match self.service.api().0.rejection(rejection) {
            Some(body) => json(status, &body),
            None => empty(status),
        };
        if status == StatusCode::UNAUTHORIZED {
            challenge(answer.headers_mut());
        }
        answer
    }
}

/// What the request presents, by the order of the document.
fn credentials(headers: &HeaderMap) -> Result<Option<Credentials>, Rejection> {
    let key = only(headers, &X_AUTH_TOKEN)?;
    let authorization = only(headers, &AUTHORIZATION)?;
    if let Some(key) = key {
        return Ok(Some(Credentials::XAuthToken(ApiKey::new(key.as_bytes()))));
    }
    let Some(text) = authorization.and_then(|value| value.to_str().ok()) else { return Ok(None) };
    Ok(match text.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => {
            Some(Credentials::Bearer(BearerToken::new(rest)))
        }
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("basic") => {
            Some(Credentials::Basic(BasicCredentials::new(rest)))
        }
        _ => None,
    })
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Rejection> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(Rejection::DuplicateCredential { header: "authorization", scheme: None });
    }
    Ok(value)
}

fn invalid(complaint: String) -> Rejection {
    Rejection::InvalidParameter {
        name: "id",
        location: stubgen_runtime::Location::Path,
        problem: Problem::Malformed(complaint),
    }
}

fn refusal(error: AuthenticateError) -> Answer {
    match error {
        AuthenticateError::BadRequest(body) => json(StatusCode::BAD_REQUEST, &body),
        AuthenticateError::Unauthorized(body, _) => {
            let mut answer = json(StatusCode::UNAUTHORIZED, &body);
            challenge(answer.headers_mut());
            answer
        }
        AuthenticateError::Forbidden(body) => json(StatusCode::FORBIDDEN, &body),
        AuthenticateError::NotFound(body) => json(StatusCode::NOT_FOUND, &body),
        AuthenticateError::NotAcceptable(body) => json(StatusCode::NOT_ACCEPTABLE, &body),
        AuthenticateError::RequestHeaderFieldsTooLarge(body) => {
            json(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, &body)
        }
        AuthenticateError::InternalServerError(body) => json(StatusCode::INTERNAL_SERVER_ERROR, &body),
        AuthenticateError::ServiceUnavailable(body, headers) => {
            let mut answer = json(StatusCode::SERVICE_UNAVAILABLE, &body);
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(headers.retry_after.unwrap_or(1)));
            answer
        }
    }
}

fn json<T: Serialize>(status: StatusCode, body: &T) -> Answer {
    let Ok(bytes) = serde_json::to_vec(body) else { return empty(StatusCode::INTERNAL_SERVER_ERROR) };
    let mut answer = http::Response::new(Bytes::from(bytes));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    answer
}

fn empty(status: StatusCode) -> Answer {
    let mut answer = http::Response::new(Bytes::new());
    *answer.status_mut() = status;
    answer
}

/// Adds what a caller is told who has to authenticate.
pub fn challenge(headers: &mut HeaderMap) {
    for text in CHALLENGES {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(text));
    }
}

fn finish(mut answer: Answer, request_id: &str) -> Answer {
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(X_REQUEST_ID, id);
    }
    answer
}
