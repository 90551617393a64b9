//! Sending a request: credentials before, retries around, and a body that is read within the same deadline.

use std::sync::Arc;
use std::time::Duration;

use progenitor_client::{ClientHooks, ClientInfo as _, OperationInfo};
use reqwest::{Method, Request, Response, StatusCode};

use crate::extras::Extras;
use crate::time::{Instant, sleep};
use crate::{Client, Credentials, Error, RetryPolicy, paths, response, retry, trace};

/// How the requests of a [`Client`] are sent. A builder makes it; cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Shell {
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) retry: RetryPolicy,
    pub(crate) extras: Extras,
    pub(crate) request_timeout: Duration,
    pub(crate) max_response_bytes: usize,
}

impl Default for Shell {
    /// No credentials, the default retries, 30 seconds for an attempt and 64 MiB for an answer.
    fn default() -> Self {
        Self {
            credentials: Arc::default(),
            retry: RetryPolicy::default(),
            extras: Extras::default(),
            request_timeout: Duration::from_secs(30),
            max_response_bytes: 64 << 20,
        }
    }
}

impl Shell {
    /// Sends a request until it is answered for good, no further attempt is allowed, or the deadline has come.
    pub(crate) async fn execute(
        &self,
        http: &reqwest::Client,
        request: Request,
    ) -> reqwest::Result<Response> {
        let started = Instant::now();
        let mut request = request;
        let mut attempt = 1;
        let mut unanswered_deletion = None;
        loop {
            let repetition =
                self.retry.allows(request.method(), attempt).then(|| request.try_clone()).flatten();
            let is_deletion = request.method() == Method::DELETE;
            let outcome = self.attempt(http, request, started.elapsed()).await;
            if let Some(earlier) = unanswered_deletion.take_if(|_| is_refusal(&outcome)) {
                return earlier;
            }
            let (Some(next), Some(asked)) = (repetition, wait_asked_for(&outcome)) else { return outcome };
            let Some(delay) = self.retry.delay(attempt, asked, started.elapsed()) else { return outcome };
            if is_deletion && may_have_happened(&outcome) {
                unanswered_deletion = Some(outcome);
            }
            sleep(delay).await;
            trace::resent(attempt);
            request = next;
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        http: &reqwest::Client,
        mut request: Request,
        elapsed: Duration,
    ) -> reqwest::Result<Response> {
        *request.timeout_mut() = Some(self.request_timeout.min(self.retry.remaining(elapsed)));
        self.extras.see(&mut request);
        response::read(http.execute(request).await?, self.max_response_bytes).await
    }
}

/// `Some` when a repetition may help, with the wait that the server asks for.
#[expect(
    clippy::option_option,
    reason = "whether to repeat, and the server's wish if it has one, are two answers"
)]
fn wait_asked_for(outcome: &reqwest::Result<Response>) -> Option<Option<Duration>> {
    match outcome {
        Ok(response) if retry::is_transient(response.status()) => {
            Some(retry::retry_after(response.headers()))
        }
        Err(error) if !error.is_builder() => Some(None),
        _ => None,
    }
}

/// Whether the server may have acted on a request though its own answer is not known.
fn may_have_happened(outcome: &reqwest::Result<Response>) -> bool {
    match outcome {
        Ok(response) => matches!(response.status(), StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT),
        #[cfg(not(target_arch = "wasm32"))]
        Err(error) => !error.is_connect(),
        #[cfg(target_arch = "wasm32")]
        Err(_) => true,
    }
}

/// A deletion may take away the very token that authorised it. When its answer was lost, the repetition is then refused:
/// that 401 is the echo of the success, and what the caller has to know is that the first answer was lost.
fn is_refusal(outcome: &reqwest::Result<Response>) -> bool {
    outcome.as_ref().is_ok_and(|response| response.status() == StatusCode::UNAUTHORIZED)
}

impl ClientHooks<Shell> for Client {
    async fn pre<E>(
        &self,
        request: &mut Request,
        _info: &OperationInfo,
    ) -> Result<(), progenitor_client::Error<E>> {
        self.inner().extras.put_into(request.headers_mut());
        match self.inner().credentials.apply(request.headers_mut()) {
            Err(Error::InvalidRequest { reason }) => Err(progenitor_client::Error::InvalidRequest(reason)),
            Err(error) => Err(progenitor_client::Error::Custom(error.to_string())),
            Ok(()) => Ok(()),
        }
    }

    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let span = trace::operation(&request, info.operation_id, paths::BASE_PATH, paths::PATHS);
        trace::within(span, self.inner().execute(self.client(), request)).await
    }
}
