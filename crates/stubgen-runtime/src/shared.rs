//! What a service knows besides its API's code, and where it sends a request: limits, routing, methods.

use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;

use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Method as HttpMethod};
use tokio::sync::OnceCell;
use tokio::task::{JoinError, spawn_blocking};

use crate::cors;
use crate::definition::{Definition, Method, SchemeKind};
use crate::in_flight::InFlight;
use crate::options::Options;
use crate::page::{self, Page};
use crate::rejection::Rejection;
use crate::request::RequestId;
use crate::response::{Body, Response, empty};
use crate::route::{Document, Endpoint, Matched, Routes, check_capture, find_mounted};
use crate::security::{challenges, key_headers};
use crate::trace_context::{TraceContext, TraceId};
use crate::validation::Validation;

/// What does not depend on the API's type.
pub(crate) struct Shared {
    definition: &'static Definition,
    routes: Routes,
    options: Options,
    challenges: Vec<Vec<(SchemeKind, HeaderValue)>>,
    pub(crate) key_headers: Vec<Option<HeaderName>>,
    page: OnceCell<Page>,
    trace_seed: RandomState,
    pub(crate) in_flight: InFlight,
    pub(crate) validation: Validation,
}

/// Where a request goes.
pub(crate) enum Routed {
    Answer(Response),
    /// To the reference page.
    Page,
    Call(usize, Vec<Range<usize>>),
    /// Nowhere, although the operation is known that was meant.
    Refused(usize, Rejection),
}

impl Shared {
    pub(crate) fn new(definition: &'static Definition, options: Options) -> Self {
        Self {
            definition,
            routes: Routes::new(definition, &options),
            page: OnceCell::new(),
            key_headers: key_headers(definition),
            challenges: definition
                .operations
                .iter()
                .map(|operation| challenges(definition, operation))
                .collect(),
            trace_seed: RandomState::new(),
            in_flight: InFlight::default(),
            validation: Validation::new(definition),
            options,
        }
    }

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
        trace_id: Option<TraceId>,
        cause: &dyn std::fmt::Display,
    ) -> Rejection {
        let reference = format!("{:010x}", self.options.identifiers.next() & 0xff_ffff_ffff);
        let trace_id = trace_id.map(tracing::field::display);
        tracing::error!(reference, request_id, trace_id, operation, %cause, "internal error");
        Rejection::Internal { reference }
    }

    /// The trace that a request belongs to: its caller's, and without one a new one where traces are made. It is the same
    /// whenever it is asked for, so that nobody has to keep it.
    pub(crate) fn trace_id(&self, parent: Option<TraceContext>, id: &RequestId) -> Option<TraceId> {
        if let Some(parent) = parent {
            return Some(parent.trace_id());
        }
        self.options.tracer.as_ref()?;
        let half = |which: u8| u128::from(self.trace_seed.hash_one((which, id.as_str())));
        TraceId::new((half(0) << 64) | half(1))
    }

    /// Where a request of a server of its own goes.
    pub(crate) fn route(&self, head: &http::request::Parts) -> Result<Routed, Rejection> {
        self.check_limits(head)?;
        let path = head.uri.path();
        if path == "*" && head.method == HttpMethod::OPTIONS {
            return Ok(Routed::Answer(empty(204)));
        }
        let Matched { endpoint, captures } = self.routes.find(path)?;
        let operation = operation(endpoint, head);
        for (position, range) in captures.iter().enumerate() {
            let named = operation.or_else(|| endpoint.any_operation());
            let name = named.and_then(|operation| self.capture_name(operation, position));
            if let Err(rejection) = check_capture(&path[range.clone()], name) {
                return operation
                    .map_or(Err(rejection.clone()), |operation| Ok(Routed::Refused(operation, rejection)));
            }
        }
        if head.method == HttpMethod::OPTIONS && cors::is_preflight(&head.headers, &self.options) {
            return Ok(Routed::Answer(cors::options_response(&head.headers, &endpoint.allow, &self.options)));
        }
        match (operation, endpoint.document) {
            (Some(operation), _) => Ok(Routed::Call(operation, captures)),
            (None, Some(document)) if matches!(head.method, HttpMethod::GET | HttpMethod::HEAD) => {
                Ok(self.document(document, path))
            }
            _ if head.method == HttpMethod::OPTIONS => {
                Ok(Routed::Answer(cors::options_response(&head.headers, &endpoint.allow, &self.options)))
            }
            _ => Err(Rejection::MethodNotAllowed { allow: endpoint.allow.clone() }),
        }
    }

    /// Where a request goes that dropshot routed to an operation.
    pub(crate) fn route_mounted(
        &self,
        operation: usize,
        head: &http::request::Parts,
    ) -> Result<Routed, Rejection> {
        self.check_limits(head)?;
        let path = head.uri.path();
        let captures = find_mounted(self.definition, operation, path).ok_or(Rejection::NotFound)?;
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

    /// The reference page, which is made for its first reader.
    pub(crate) async fn page(&self) -> Result<&Page, JoinError> {
        let (json, has_document) = (self.definition.json, self.options.serve_document);
        // That takes a while for a long document, and other requests shall not wait for it.
        self.page.get_or_try_init(|| spawn_blocking(move || Page::new(json, has_document))).await
    }

    fn document(&self, document: Document, path: &str) -> Routed {
        let (text, media_type) = match document {
            Document::Json => (self.definition.json, "application/json"),
            Document::Yaml => (self.definition.yaml, "application/yaml"),
            Document::Page if path.ends_with('/') => return Routed::Answer(page::without_slash()),
            Document::Page => return Routed::Page,
        };
        let mut response = Response::new(Body::from(text));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        Routed::Answer(response)
    }

    /// Says how to authenticate, unless the API said so itself. A page that fetches by itself gets no Basic
    /// challenge, since its browser would open a log-in window.
    pub(crate) fn challenge(&self, operation: usize, response: &mut Response, page_fetch: bool) {
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

fn operation(endpoint: &Endpoint, head: &http::request::Parts) -> Option<usize> {
    let method = Method::from_http(&head.method)?;
    let of = |method| endpoint.operation_for(method, head.uri.query(), &head.headers);
    of(method).or_else(|| match method {
        Method::Head => of(Method::Get),
        _ => None,
    })
}
