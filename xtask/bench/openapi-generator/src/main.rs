//! The baseline that openapi-generator makes (`rust-axum`), filled in as its traits want it. They give a handler no address and no headers,
//! so that the headers travel in its claims; no say in most headers of answers, and of `WWW-Authenticate` a single one, so that a
//! layer adds them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use baselines::listen::Program;
use baselines::work::{Done, Operation, Refused, Work, challenge};
use headers::Host;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use hyper_util::service::TowerToHyperService;
use onezone_api::AuthenticateError;
use onezone_api::types::ErrorResponse;
use openapi::apis::token::{DeleteNamedTokensOfUserResponse, ListNamedTokensOfProviderResponse, Token};
use openapi::apis::{ApiAuthBasic, ApiKeyAuthHeader, BasicAuthKind, ErrorHandler};
use openapi::{models, types};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[derive(Clone)]
struct Server(Arc<Work>);

/// What a handler gets to know of a request: the headers that were sent with it. They are lent to the handler, which takes them all the
/// same: a lock that nobody else wants costs less than another copy.
struct Claims(Mutex<HeaderMap>);

/// An answer of ours that the generated types do not have.
#[derive(Debug)]
struct Inexpressible;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let program = Program::from_arguments()?;
    let server = Server(Work::on(&program.database)?);
    let router = openapi::server::new::<Server, Server, Inexpressible, Claims>(server)
        .layer(axum::middleware::map_response(finish));
    program.serve(|_| TowerToHyperService::new(router.clone())).await
}

async fn finish(mut response: Response) -> Response {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let is_unauthorized = response.status() == StatusCode::UNAUTHORIZED;
    let headers = response.headers_mut();
    if is_unauthorized {
        challenge(headers);
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if let Ok(id) = HeaderValue::from_str(&format!("{:016x}", NEXT.fetch_add(1, Ordering::Relaxed))) {
        headers.insert(X_REQUEST_ID, id);
    }
    response
}

impl Claims {
    fn of(headers: &HeaderMap) -> Self {
        Self(Mutex::new(headers.clone()))
    }

    fn take(&self) -> HeaderMap {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AsRef<Self> for Server {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Server {
    async fn operate(&self, operation: Operation, id: &str, claims: &Claims) -> Result<Done, Refused> {
        let (mut head, ()) = http::Request::new(()).into_parts();
        head.headers = claims.take();
        let peer = SocketAddr::from(([127, 0, 0, 1], 0));
        let request = self.0.request(operation, head, peer);
        self.0.operate(operation, id, &request).await
    }
}

#[async_trait]
impl ErrorHandler<Inexpressible> for Server {}

#[async_trait]
impl ApiKeyAuthHeader for Server {
    type Claims = Claims;

    async fn extract_claims_from_header(&self, headers: &HeaderMap, key: &str) -> Option<Claims> {
        headers.contains_key(key).then(|| Claims::of(headers))
    }
}

#[async_trait]
impl ApiAuthBasic for Server {
    type Claims = Claims;

    async fn extract_claims_from_auth_header(
        &self,
        _kind: BasicAuthKind,
        headers: &HeaderMap,
        _key: &str,
    ) -> Option<Claims> {
        headers.contains_key(AUTHORIZATION).then(|| Claims::of(headers))
    }
}

#[async_trait]
impl Token<Inexpressible> for Server {
    type Claims = Claims;

    async fn delete_named_tokens_of_user(
        &self,
        _method: &Method,
        _host: &Host,
        _cookies: &CookieJar,
        claims: &Claims,
        path_params: &models::DeleteNamedTokensOfUserPathParams,
    ) -> Result<DeleteNamedTokensOfUserResponse, Inexpressible> {
        use DeleteNamedTokensOfUserResponse as Response;
        match self.operate(Operation::Delete, &path_params.id, claims).await {
            Ok(_) => Ok(Response::Status204_AllUser),
            Err(Refused::Error(AuthenticateError::Unauthorized(body, _))) => {
                Ok(Response::Status401_AuthenticationError { body: converted(body), www_authenticate: None })
            }
            Err(Refused::Error(AuthenticateError::NotFound(body))) => {
                Ok(Response::Status404_ResourceNotFound(converted(body)))
            }
            Err(_) => Err(Inexpressible),
        }
    }

    async fn list_named_tokens_of_provider(
        &self,
        _method: &Method,
        _host: &Host,
        _cookies: &CookieJar,
        claims: &Claims,
        path_params: &models::ListNamedTokensOfProviderPathParams,
    ) -> Result<ListNamedTokensOfProviderResponse, Inexpressible> {
        use ListNamedTokensOfProviderResponse as Response;
        match self.operate(Operation::List, &path_params.id, claims).await {
            Ok(Done::Listed(list)) => {
                Ok(Response::Status200_TheListOfAllProviderNamedTokens(models::NamedTokenList {
                    tokens: list.tokens,
                }))
            }
            Err(Refused::Error(AuthenticateError::Unauthorized(body, _))) => {
                Ok(Response::Status401_AuthenticationError { body: converted(body), www_authenticate: None })
            }
            _ => Err(Inexpressible),
        }
    }
}

/// The same body in the types of another generator.
fn converted(body: ErrorResponse) -> models::ErrorResponse {
    let onezone_api::types::Error { id, details, description } = body.error;
    let object = |(key, value)| (key, types::Object(value));
    let details = details.map(|details| details.into_iter().map(object).collect());
    models::ErrorResponse { error: models::Error { id, details, description } }
}
