//! The service: every request of the process goes through [`Service::handle`], and every answer leaves it in the
//! same shape. Which request is answered how stands in the crate's documentation.

use std::any::Any;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method as HttpMethod, StatusCode, Version};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::time::Instant;

use crate::accept::is_acceptable;
use crate::access_log::Entry;
use crate::api::Api;
use crate::body::IncomingBody;
use crate::call::Call;
use crate::cors;
use crate::credentials::Presented;
use crate::not_written::{NotAuthenticated, NotWritten};
use crate::observer::Observer;
use crate::options::Options;
use crate::rejection::Rejection;
use crate::request::{Request, RequestId};
use crate::response::{Body, BoxError, Broken, Chosen, Response, empty};
use crate::security;
use crate::serve::Running;
use crate::shared::{Routed, Shared};
use crate::to_the_end::ToTheEnd;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// An API, ready to answer requests.
pub struct Service<A> {
    api: A,
    shared: Arc<Shared>,
}

/// A request of which everything is known that can be known without waiting.
struct Begun<'s> {
    entry: Entry<'s>,
    page_fetch: bool,
    step: Step,
}

/// What comes next.
enum Step {
    Send(Result<Response, Rejection>),
    /// The reference page, in the form that suits these headers.
    SendPage(Box<HeaderMap>),
    Call(Arc<Request>, Option<IncomingBody>),
}

impl<A: Api> Service<A> {
    /// A service for the API.
    pub fn new(api: A, options: Options) -> Arc<Self> {
        let shared = Arc::new(Shared::new(api.definition(), options));
        Arc::new(Self { api, shared })
    }

    /// The API.
    pub const fn api(&self) -> &A {
        &self.api
    }

    /// The choices it was made with.
    pub fn options(&self) -> &Options {
        self.shared.options()
    }

    /// How many requests are being handled, including those whose client went away.
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.count()
    }

    /// Waits until no request is being handled.
    pub async fn idle(&self) {
        self.shared.in_flight.idle().await;
    }

    /// A request as handlers see it, for whoever calls an API without this service, after routing it to the operation of the
    /// index. It has an id of its own. Nothing about it has been checked, and its parameters are the caller's to read.
    pub fn routed_request(&self, operation: usize, head: http::request::Parts, peer: SocketAddr) -> Request {
        Request::new(Arc::clone(&self.shared), operation, head, peer, self.next_id(), Vec::new())
    }

    /// Answers a request.
    pub async fn handle<B>(self: &Arc<Self>, request: http::Request<B>, peer: SocketAddr) -> Response
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let route = |head: &_| self.shared.route(head);
        self.answer(self.begin(self.next_id(), request, peer, None, route)).await
    }

    /// Answers a request as a connection delivered it, which has to say what host it is for. What the connection
    /// itself has against it goes first.
    pub(crate) fn handle_received<B>(
        self: &Arc<Self>,
        checked: Result<(), Rejection>,
        request: http::Request<B>,
        peer: SocketAddr,
        running: Running,
    ) -> impl Future<Output = Response> + Send + use<'_, A, B>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let hosts = request.headers().get_all(HOST).iter().count();
        let is_ambiguous = request.version() == Version::HTTP_11 && hosts != 1;
        let checked = checked.and(if is_ambiguous { Err(Rejection::AmbiguousHost) } else { Ok(()) });
        let route = |head: &_| checked.and_then(|()| self.shared.route(head));
        self.answer(self.begin(self.next_id(), request, peer, Some(running), route))
    }

    /// What is said to a connection on which no request can be read.
    pub(crate) fn reject_connection(&self, rejection: &Rejection) -> Response {
        let mut response = self.reject(None, rejection);
        cors::decorate(response.headers_mut(), self.shared.options());
        response.headers_mut().insert(X_REQUEST_ID, self.next_id().header());
        response
    }

    fn next_id(&self) -> RequestId {
        RequestId::from_number(self.shared.options().identifiers.next())
    }

    /// Answers a request that dropshot routed to an operation.
    pub(crate) async fn handle_mounted(
        self: &Arc<Self>,
        operation: usize,
        request: http::Request<dropshot::Body>,
        peer: SocketAddr,
        id: &str,
    ) -> Response {
        let id = RequestId::from_text(id).unwrap_or_else(|| self.next_id());
        let route = |head: &_| self.shared.route_mounted(operation, head);
        self.answer(self.begin(id, request, peer, None, route)).await
    }

    /// Everything that can be done at once. It is no part of a future, so that the futures are small: they are moved several times, and each
    /// would keep the head of the request.
    fn begin<B>(
        &self,
        id: RequestId,
        request: http::Request<B>,
        peer: SocketAddr,
        running: Option<Running>,
        route: impl FnOnce(&http::request::Parts) -> Result<Routed, Rejection>,
    ) -> Begun<'_>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let (head, body) = request.into_parts();
        let mut entry = Entry::new(&self.shared, id, &head, peer);
        let page_fetch = head.headers.get(SEC_FETCH_MODE).is_some_and(|mode| mode != "navigate");
        let step = match route(&head) {
            Ok(Routed::Answer(response)) => Step::Send(Ok(response)),
            Ok(Routed::Page) => Step::SendPage(Box::new(head.headers)),
            Ok(Routed::Refused(operation, rejection)) => {
                entry.operation = Some(operation);
                Step::Send(Err(rejection))
            }
            Ok(Routed::Call(operation, captures)) => {
                entry.operation = Some(operation);
                let (id, shared) = (entry.id.clone(), Arc::clone(&self.shared));
                let mut request = Request::new(shared, operation, head, peer, id, captures);
                request.is_logged = entry.enabled;
                request.running = running;
                let request = Arc::new(request);
                entry.request = Some(Arc::clone(&request));
                let body = request.operation().body.map(|_| body.map_err(Into::into).boxed_unsync());
                Step::Call(request, body)
            }
            Err(rejection) => Step::Send(Err(rejection)),
        };
        Begun { entry, page_fetch, step }
    }

    /// No `async fn`, since that would keep what it is given twice.
    fn answer<'s>(
        self: &'s Arc<Self>,
        begun: Begun<'s>,
    ) -> impl Future<Output = Response> + Send + use<'s, A> {
        let Begun { entry, page_fetch, step } = begun;
        async move {
            let result = match step {
                Step::Send(result) => result,
                Step::SendPage(headers) => match self.shared.page().await {
                    Ok(page) => Ok(page.response(&headers)),
                    Err(error) => {
                        let cause = format!("the reference page cannot be made: {error}");
                        Err(self.shared.internal_error("", entry.id.as_str(), entry.trace_id(), &cause))
                    }
                },
                Step::Call(request, body) => self.call_to_the_end(request, body).await,
            };
            self.finish(entry, result, page_fetch)
        }
    }

    /// Runs the operation so that a client that goes away does not cancel it half way and a panic in it stays in it.
    async fn call_to_the_end(
        self: &Arc<Self>,
        request: Arc<Request>,
        body: Option<IncomingBody>,
    ) -> Result<Response, Rejection> {
        let guard =
            self.shared.in_flight.enter(self.shared.options().max_in_flight).ok_or(Rejection::Overloaded)?;
        let service = Arc::clone(self);
        let call = ToTheEnd::new(async move {
            let _guard = guard;
            let options = service.shared.options();
            let call = async {
                // Pinned where it is: it is long, and the time limit would move it twice.
                let call = pin!(service.call(Arc::clone(&request), body));
                tokio::time::timeout(options.handler_timeout, call).await
            };
            match AssertUnwindSafe(call).catch_unwind().await {
                Ok(Ok(result)) => result,
                Ok(Err(_)) => Err(Rejection::Timeout),
                // Here, where it is told and counted also when nobody waits for the answer any more.
                Err(panic) => Err(rejection_of_panic(&*panic, &request, options.observer.as_deref())),
            }
        });
        call.await
    }

    async fn call(&self, request: Arc<Request>, body: Option<IncomingBody>) -> Result<Response, Rejection> {
        let operation = request.operation();
        let principal = if operation.security.alternatives.is_empty() {
            None
        } else {
            match security::find(&request)? {
                None if operation.security.optional => None,
                presented => match self.authenticate(&request, presented).await {
                    Ok(principal) => Some(principal),
                    Err(response) => return Ok(response),
                },
            }
        };
        if let Some(principal) = principal.as_ref().filter(|_| request.is_logged) {
            request.set_principal(principal.to_string());
        }
        if !is_acceptable(request.headers(), operation.produces) {
            return Err(Rejection::NotAcceptable { produces: operation.produces });
        }
        let index = request.operation_index();
        self.api.call(index, principal, Call::new(request, body)).await
    }

    /// Lets the API look at the credentials, and a trace know when it did.
    async fn authenticate(
        &self,
        request: &Request,
        presented: Option<Presented>,
    ) -> Result<A::Principal, Response> {
        if self.shared.options().tracer.is_none() {
            return self.api.authenticate(request, presented).await;
        }
        let begun = Instant::now();
        let authenticated = self.api.authenticate(request, presented).await;
        request.set_authentication_time(begun, Instant::now());
        authenticated
    }

    /// Gives every answer its common form.
    fn finish(&self, entry: Entry<'_>, result: Result<Response, Rejection>, page_fetch: bool) -> Response {
        let mut response = result.unwrap_or_else(|rejection| self.reject(entry.operation, &rejection));
        let operation = entry.operation.map(|index| &self.shared.definition().operations[index]);
        let chosen: Option<Chosen> = response.extensions_mut().remove();
        let misled = chosen
            .zip(operation)
            .and_then(|(chosen, operation)| chosen.fault(response.status().as_u16(), operation.statuses));
        if let Some(Broken(cause)) = response.extensions_mut().remove().or(misled) {
            let operation = operation.map_or("", |operation| operation.id);
            let rejection =
                self.shared.internal_error(operation, entry.id.as_str(), entry.trace_id(), &cause);
            response = self.reject(entry.operation, &rejection);
        }
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some(operation) = entry.operation
        {
            self.shared.challenge(operation, &mut response, page_fetch);
        }
        // When to come back is part of saying that one cannot be served now.
        if response.status() == StatusCode::SERVICE_UNAVAILABLE
            && !response.headers().contains_key(RETRY_AFTER)
        {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            *response.body_mut() = Body::empty();
            response.headers_mut().remove(CONTENT_TYPE);
            response.headers_mut().remove(CONTENT_LENGTH);
        } else if entry.method == HttpMethod::HEAD {
            strip_body(&mut response);
        }
        cors::decorate(response.headers_mut(), self.shared.options());
        response.headers_mut().insert(X_REQUEST_ID, entry.id.header());
        entry.finish(&response, |response| self.api.error_id(response));
        response
    }

    fn reject(&self, operation: Option<usize>, rejection: &Rejection) -> Response {
        if let Some(observer) = &self.shared.options().observer {
            observer.rejected(operation, rejection);
        }
        // The API's own code must not be able to take the connection down.
        let mut response = catch_unwind(AssertUnwindSafe(|| self.api.reject(operation, rejection)))
            .unwrap_or_else(|_| {
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

/// Keeps the length that the body would have had.
fn strip_body(response: &mut Response) {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    *response.body_mut() = Body::empty();
}

/// What became of a call that panicked.
fn rejection_of_panic(
    panic: &(dyn Any + Send),
    request: &Request,
    observer: Option<&dyn Observer>,
) -> Rejection {
    if panic.is::<NotWritten>() {
        return Rejection::NotImplemented { operation: request.operation().id };
    }
    if panic.is::<NotAuthenticated>() {
        return Rejection::Unauthenticated;
    }
    if let Some(observer) = observer {
        observer.panicked(request.operation_index());
    }
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    request.internal_error(format!("a panic: {}", text.unwrap_or("without a message")))
}
