//! The end of a request: one line in the access log, without secrets, and word to the observer. A request whose client went
//! away before the answer has both as well, without a status.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;

use http::{HeaderMap, Method};
use http_body::Body as _;
use tokio::time::Instant;

use crate::definition::Definition;
use crate::observer::Finished;
use crate::options::Options;
use crate::request::{Request, RequestId};
use crate::response::Response;

const MAX_CLIENT_ID: usize = 64;

/// What is known of a request while it is answered.
pub(crate) struct Entry<'a> {
    options: &'a Options,
    enabled: bool,
    is_finished: bool,
    started: Instant,
    pub(crate) id: RequestId,
    pub(crate) method: Method,
    peer: SocketAddr,
    client_request_id: Option<String>,
    definition: &'static Definition,
    pub(crate) operation: Option<usize>,
    pub(crate) request: Option<Arc<Request>>,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(
        options: &'a Options,
        definition: &'static Definition,
        id: RequestId,
        head: &http::request::Parts,
        peer: SocketAddr,
    ) -> Self {
        let enabled = options.access_log && tracing::enabled!(target: "access", tracing::Level::INFO);
        Self {
            options,
            enabled,
            is_finished: false,
            started: Instant::now(),
            id,
            method: head.method.clone(),
            peer,
            client_request_id: if enabled { client_request_id(&head.headers) } else { None },
            definition,
            operation: None,
            request: None,
        }
    }

    /// Tells of an answered request. The error id is looked for only when somebody reads it.
    pub(crate) fn finish<'r>(
        mut self,
        response: &'r Response,
        error_id: impl FnOnce(&'r Response) -> Option<Cow<'r, str>>,
    ) {
        self.is_finished = true;
        let status = response.status().as_u16();
        let bytes = response.body().size_hint().exact();
        self.observe(Some(status), bytes);
        if self.enabled {
            let error_id = if status >= 400 { error_id(response) } else { None };
            self.write(Some(status), error_id.as_deref(), bytes);
        }
    }

    fn observe(&self, status: Option<u16>, bytes: Option<u64>) {
        let Some(observer) = &self.options.observer else { return };
        observer.finished(&Finished {
            operation: self.operation,
            method: &self.method,
            status,
            duration: self.started.elapsed(),
            bytes,
        });
    }

    fn write(&self, status: Option<u16>, error_id: Option<&str>, bytes: Option<u64>) {
        tracing::info!(
            target: "access",
            request_id = self.id.as_str(),
            client_request_id = self.client_request_id.as_deref(),
            method = self.method.as_str(),
            operation = self.operation.map(|index| self.definition.operations[index].id),
            principal = self.request.as_deref().and_then(Request::principal),
            status,
            error_id,
            ms = self.started.elapsed().as_secs_f64() * 1000.0,
            bytes,
            peer = %self.peer,
            "{}",
            if status.is_some() { "request answered" } else { "client went away" },
        );
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        self.observe(None, None);
        if self.enabled {
            self.write(None, None, None);
        }
    }
}

/// The client's own id for the request, cut to what is safe in any log.
fn client_request_id(headers: &HeaderMap) -> Option<String> {
    let safe = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    let bytes = headers.get("x-request-id")?.as_bytes().iter().copied().filter(safe);
    let text: String = bytes.take(MAX_CLIENT_ID).map(char::from).collect();
    (!text.is_empty()).then_some(text)
}
