//! The service: every request of the process goes through [`Service::handle`], and every answer leaves it in the
//! same shape. Which request is answered how stands in the crate's documentation.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Method as HttpMethod, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::sync::Notify;
use tokio::task::JoinError;

use crate::accept::is_acceptable;
use crate::access_log::Entry;
use crate::api::Api;
use crate::body::IncomingBody;
use crate::cors;
use crate::credentials::{self, challenges};
use crate::definition::{Definition, Method, SchemeKind};
use crate::options::Options;
use crate::rejection::Rejection;
use crate::request::{Call, Request, RequestId};
use crate::response::{Body, BoxError, Broken, Response, empty};
use crate::route::{Document, Endpoint, Matched, Routes, check_capture};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// An API, ready to answer requests.
pub struct Service<A> {
    api: A,
    shared: Arc<Shared>,
}

/// What does not depend on the API's type.
pub(crate) struct Shared {
    definition: &'static Definition,
    routes: Routes,
    options: Options,
    challenges: Vec<Vec<(SchemeKind, HeaderValue)>>,
    in_flight: InFlight,
}

/// Counts the requests that are being handled, also those whose client went away.
#[derive(Clone, Default)]
struct InFlight(Arc<(AtomicUsize, Notify)>);

/// One request that is being handled.
struct InFlightGuard(InFlight);

/// Where a request goes.
enum Routed {
    Answer(Response),
    Call(usize, Vec<std::ops::Range<usize>>),
}

impl<A: Api> Service<A> {
    /// A service for the API.
    pub fn new(api: A, options: Options) -> Arc<Self> {
        let definition = api.definition();
        let shared = Shared {
            definition,
            routes: Routes::new(definition, options.serve_document),
            challenges: definition
                .operations
                .iter()
                .map(|operation| challenges(definition, operation))
                .collect(),
            in_flight: InFlight::default(),
            options,
        };
        Arc::new(Self { api, shared: Arc::new(shared) })
    }

    /// The API.
    pub const fn api(&self) -> &A {
        &self.api
    }

    /// The choices it was made with.
    pub fn options(&self) -> &Options {
        &self.shared.options
    }

    /// How many requests are being handled, including those whose client went away.
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.count()
    }

    /// Waits until no request is being handled.
    pub async fn idle(&self) {
        self.shared.in_flight.idle().await;
    }

    /// Answers a request.
    pub async fn handle<B>(self: &Arc<Self>, request: http::Request<B>, peer: SocketAddr) -> Response
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let id = RequestId::from_number(self.shared.options.identifiers.next());
        let (head, body) = request.into_parts();
        let entry = Entry::new(self.shared.options.access_log, self.shared.definition, id, &head, peer);
        let routed = self.shared.route(&head);
        self.answer(entry, routed, head, body, peer).await
    }

    /// Answers a request that dropshot routed to an operation.
    pub(crate) async fn handle_mounted(
        self: &Arc<Self>,
        operation: usize,
        request: http::Request<dropshot::Body>,
        peer: SocketAddr,
        id: &str,
    ) -> Response {
        let id = RequestId::from_text(id)
            .unwrap_or_else(|| RequestId::from_number(self.shared.options.identifiers.next()));
        let (head, body) = request.into_parts();
        let entry = Entry::new(self.shared.options.access_log, self.shared.definition, id, &head, peer);
        let routed = self.shared.route_mounted(operation, &head);
        self.answer(entry, routed, head, body, peer).await
    }

    async fn answer<B>(
        self: &Arc<Self>,
        mut entry: Entry,
        routed: Result<Routed, Rejection>,
        head: http::request::Parts,
        body: B,
        peer: SocketAddr,
    ) -> Response
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let page_fetch = head.headers.get(SEC_FETCH_MODE).is_some_and(|mode| mode != "navigate");
        let result = match routed {
            Ok(Routed::Answer(response)) => Ok(response),
            Ok(Routed::Call(operation, captures)) => {
                entry.operation = Some(operation);
                let request =
                    Request::new(Arc::clone(&self.shared), operation, head, peer, entry.id.clone(), captures);
                let request = Arc::new(request);
                entry.request = Some(Arc::clone(&request));
                let body = request.operation().body.map(|_| body.map_err(Into::into).boxed_unsync());
                self.call_in_task(request, body).await
            }
            Err(rejection) => Err(rejection),
        };
        self.finish(entry, result, page_fetch)
    }

    /// Runs the operation in a task of its own, so that a client that goes away does not cancel it half way and a
    /// panic in it stays in it.
    async fn call_in_task(
        self: &Arc<Self>,
        request: Arc<Request>,
        body: Option<IncomingBody>,
    ) -> Result<Response, Rejection> {
        let guard =
            self.shared.in_flight.enter(self.shared.options.max_in_flight).ok_or(Rejection::Overloaded)?;
        let service = Arc::clone(self);
        let running = Arc::clone(&request);
        let task = tokio::spawn(async move {
            let _guard = guard;
            let deadline = service.shared.options.handler_timeout;
            tokio::time::timeout(deadline, service.call(running, body)).await
        });
        match task.await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Rejection::Timeout),
            Err(error) => Err(request.internal_error(task_failure(error))),
        }
    }

    async fn call(&self, request: Arc<Request>, body: Option<IncomingBody>) -> Result<Response, Rejection> {
        let operation = request.operation();
        let principal = if operation.security.alternatives.is_empty() {
            None
        } else {
            let presented = credentials::find(&request)?;
            match self.api.authenticate(&request, presented).await {
                Ok(principal) => Some(principal),
                Err(response) => return Ok(response),
            }
        };
        if let Some(principal) = principal.as_ref().filter(|_| self.shared.options.access_log) {
            request.set_principal(principal.to_string());
        }
        if !is_acceptable(request.headers(), operation.produces) {
            return Err(Rejection::NotAcceptable { produces: operation.produces });
        }
        let index = request.operation_index();
        self.api.call(index, principal, Call::new(request, body)).await
    }

    /// Gives every answer its common form.
    fn finish(&self, entry: Entry, result: Result<Response, Rejection>, page_fetch: bool) -> Response {
        let mut response = result.unwrap_or_else(|rejection| self.reject(&rejection));
        if let Some(Broken(cause)) = response.extensions_mut().remove() {
            let operation = entry.operation.map_or("", |index| self.shared.definition.operations[index].id);
            response = self.reject(&self.shared.internal_error(operation, entry.id.as_str(), &cause));
        }
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some(operation) = entry.operation
        {
            self.shared.challenge(operation, &mut response, page_fetch);
        }
        if matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            *response.body_mut() = Body::empty();
            response.headers_mut().remove(CONTENT_TYPE);
            response.headers_mut().remove(CONTENT_LENGTH);
        }
        cors::decorate(response.headers_mut(), &self.shared.options);
        response.headers_mut().insert(X_REQUEST_ID, entry.id.header());
        if entry.method == HttpMethod::HEAD {
            strip_body(&mut response);
        }
        entry.finish(&response, |response| self.api.error_id(response));
        response
    }

    fn reject(&self, rejection: &Rejection) -> Response {
        // The API's own code must not be able to take the connection down.
        let mut response =
            catch_unwind(AssertUnwindSafe(|| self.api.reject(rejection))).unwrap_or_else(|_| {
                tracing::error!(%rejection, "the API cannot render a rejection");
                empty(rejection.status())
            });
        for (name, value) in &rejection.headers() {
            if !response.headers().contains_key(name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        response
    }
}

impl Shared {
    pub(crate) const fn definition(&self) -> &'static Definition {
        self.definition
    }

    pub(crate) const fn routes(&self) -> &Routes {
        &self.routes
    }

    pub(crate) const fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn internal_error(
        &self,
        operation: &str,
        request_id: &str,
        cause: &dyn std::fmt::Display,
    ) -> Rejection {
        let reference = format!("{:010x}", self.options.identifiers.next() & 0xff_ffff_ffff);
        tracing::error!(reference, request_id, operation, %cause, "internal error");
        Rejection::Internal { reference }
    }

    fn route(&self, head: &http::request::Parts) -> Result<Routed, Rejection> {
        self.check_limits(head)?;
        let path = head.uri.path();
        if path == "*" && head.method == HttpMethod::OPTIONS {
            return Ok(Routed::Answer(empty(204)));
        }
        let Matched { endpoint, captures } = self.routes.find(path)?;
        let operation = operation(endpoint, &head.method);
        for (position, range) in captures.iter().enumerate() {
            let named = operation.or_else(|| endpoint.any_operation());
            let name = named.and_then(|operation| self.capture_name(operation, position));
            check_capture(&path[range.clone()], name)?;
        }
        match (operation, endpoint.document) {
            (Some(operation), _) => Ok(Routed::Call(operation, captures)),
            (None, Some(document)) if matches!(head.method, HttpMethod::GET | HttpMethod::HEAD) => {
                Ok(Routed::Answer(self.document(document)))
            }
            _ if head.method == HttpMethod::OPTIONS => {
                Ok(Routed::Answer(cors::options_response(&head.headers, &endpoint.allow, &self.options)))
            }
            _ => Err(Rejection::MethodNotAllowed { allow: endpoint.allow.clone() }),
        }
    }

    fn route_mounted(&self, operation: usize, head: &http::request::Parts) -> Result<Routed, Rejection> {
        self.check_limits(head)?;
        let path = head.uri.path();
        let captures =
            self.routes.find_mounted(self.definition, operation, path).ok_or(Rejection::NotFound)?;
        for (position, range) in captures.iter().enumerate() {
            check_capture(&path[range.clone()], self.capture_name(operation, position))?;
        }
        Ok(Routed::Call(operation, captures))
    }

    fn check_limits(&self, head: &http::request::Parts) -> Result<(), Rejection> {
        let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
        if target as u64 > self.options.max_uri_bytes {
            return Err(Rejection::UriTooLong { limit: self.options.max_uri_bytes });
        }
        let headers = &head.headers;
        let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if headers.len() > self.options.max_headers || bytes as u64 > self.options.max_header_bytes {
            return Err(Rejection::HeadersTooLarge { limit: self.options.max_header_bytes });
        }
        Ok(())
    }

    fn capture_name(&self, operation: usize, position: usize) -> Option<&'static str> {
        let parameters = self.definition.operations[operation].parameters;
        let index =
            (0..parameters.len()).find(|&index| self.routes.capture(operation, index) == Some(position))?;
        Some(parameters[index].name)
    }

    fn document(&self, document: Document) -> Response {
        let (text, media_type) = match document {
            Document::Json => (self.definition.json, "application/json"),
            Document::Yaml => (self.definition.yaml, "application/yaml"),
        };
        let mut response = Response::new(Body::from(text));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        response
    }

    /// Says how to authenticate, unless the API said so itself. A page that fetches by itself gets no Basic
    /// challenge, since its browser would open a log-in window.
    fn challenge(&self, operation: usize, response: &mut Response, page_fetch: bool) {
        if response.headers().contains_key(WWW_AUTHENTICATE) {
            return;
        }
        for (kind, challenge) in &self.challenges[operation] {
            if !(page_fetch && *kind == SchemeKind::Basic) {
                response.headers_mut().append(WWW_AUTHENTICATE, challenge.clone());
            }
        }
    }
}

impl InFlight {
    fn enter(&self, limit: Option<usize>) -> Option<InFlightGuard> {
        let before = self.0.0.fetch_add(1, Ordering::AcqRel);
        let guard = InFlightGuard(self.clone());
        limit.is_none_or(|limit| before < limit).then_some(guard)
    }

    fn count(&self) -> usize {
        self.0.0.load(Ordering::Acquire)
    }

    async fn idle(&self) {
        loop {
            let mut notified = std::pin::pin!(self.0.1.notified());
            // Registered before the count is read, so that the last request cannot slip through between.
            notified.as_mut().enable();
            if self.count() == 0 {
                return;
            }
            notified.await;
        }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        if self.0.0.0.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.0.1.notify_waiters();
        }
    }
}

fn operation(endpoint: &Endpoint, method: &HttpMethod) -> Option<usize> {
    let method = Method::from_http(method)?;
    endpoint.operation(method).or_else(|| match method {
        Method::Head => endpoint.operation(Method::Get),
        _ => None,
    })
}

/// Keeps the length that the body would have had.
fn strip_body(response: &mut Response) {
    let length = response.body().size_hint().exact();
    if let Some(length) = length.filter(|_| response.status() != StatusCode::NO_CONTENT) {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    *response.body_mut() = Body::empty();
}

fn task_failure(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => {
            let text = panic.downcast_ref::<&str>().copied();
            let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            format!("a panic: {}", text.unwrap_or("without a message"))
        }
        Err(error) => format!("the task ended early: {error}"),
    }
}
