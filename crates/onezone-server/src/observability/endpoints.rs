//! What the second listener answers: three questions, and where they are asked.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use http::HeaderMap;
use http::header::{ACCEPT, CACHE_CONTROL};
use stubgen_runtime::{
    Api, Call, Definition, Operation, Presented, Rejection, Request, Response, empty, raw, with_header,
};

use super::health::Health;
use super::report::Report;
use super::scrape::{self, Sources};
use super::text_format;

/// In which header every answer names the address of the API, so that two servers on one machine can be told apart.
pub(crate) const SERVES: &str = "x-serves";

const TEXT: &str = "text/plain; charset=utf-8";

const INDEX: &str = "onezone-server\n\n\
    /livez    whether the server is alive; start it anew when it is not\n\
    /readyz   whether it can answer requests; send it none when it cannot\n\
    /metrics  what it has counted, for Prometheus\n\n\
    /livez?verbose and /readyz?verbose name every check.\n";

static DEFINITION: Definition = Definition {
    title: "onezone-server",
    version: env!("CARGO_PKG_VERSION"),
    base_path: "",
    schemes: &[],
    alternatives: &[],
    operations: &[
        Operation::get("index").at("/").produces(&["text/plain"]).statuses(&[200]),
        Operation::get("livez").at("/livez").produces(&["text/plain"]).statuses(&[200, 503]),
        Operation::get("readyz").at("/readyz").produces(&["text/plain"]).statuses(&[200, 503]),
        // Whatever is accepted: one of the two formats is sent in any case, as by other servers.
        Operation::get("metrics").at("/metrics").produces(&[]).statuses(&[200, 503]),
    ],
    validation: "{}",
    json: "{}",
    yaml: "{}",
};

/// The three questions.
pub(super) struct Endpoints {
    health: Arc<Health>,
    sources: Arc<OnceLock<Sources>>,
}

impl Endpoints {
    pub(super) fn new(health: Arc<Health>, sources: Arc<OnceLock<Sources>>) -> Self {
        Self { health, sources }
    }

    fn serves(&self, response: Response) -> Response {
        let response = with_header(response, CACHE_CONTROL.as_str(), "no-store");
        match self.sources.get() {
            Some(sources) => with_header(response, SERVES, sources.address),
            None => response,
        }
    }

    async fn metrics(&self, headers: &HeaderMap) -> Response {
        if self.sources.get().is_none() {
            return raw(503, TEXT, "the server is starting\n");
        }
        let is_ready = self.health.readiness().await.is_good();
        let Ok(text) = scrape::encode(&self.sources, is_ready) else {
            return raw(503, TEXT, "the figures cannot be written\n");
        };
        let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
        if text_format::wants_open_metrics(accept) {
            raw(200, text_format::OPEN_METRICS, text)
        } else {
            raw(200, text_format::PLAIN, text_format::plain(&text))
        }
    }
}

impl Api for Endpoints {
    type Principal = Infallible;

    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    async fn authenticate(&self, _: &Request, _: Option<Presented>) -> Result<Infallible, Response> {
        // No operation asks for it.
        Err(empty(401))
    }

    fn reject(&self, _: Option<usize>, rejection: &Rejection) -> Response {
        let hint = "ask for /livez, /readyz or /metrics";
        raw(rejection.status(), TEXT, format!("{rejection}: {hint}\n"))
    }

    async fn call(&self, operation: usize, _: Option<Infallible>, call: Call) -> Result<Response, Rejection> {
        let request = call.request();
        let response = match operation {
            0 => raw(200, TEXT, INDEX),
            1 => probe("livez", &self.health.liveness(), request),
            2 => probe("readyz", &self.health.readiness().await, request),
            3 => self.metrics(request.headers()).await,
            _ => return Err(Rejection::NotFound),
        };
        Ok(self.serves(response))
    }
}

/// The answer to a probe, as Kubernetes gives its own: the checks by name when they are asked for, or one has failed.
fn probe(name: &str, report: &Report, request: &Request) -> Response {
    let is_verbose = request
        .uri()
        .query()
        .is_some_and(|query| query.split('&').any(|pair| pair.split('=').next() == Some("verbose")));
    match (report.is_good(), is_verbose) {
        (true, false) => raw(200, TEXT, "ok\n"),
        (true, true) => raw(200, TEXT, report.lines(name)),
        (false, _) => raw(503, TEXT, report.lines(name)),
    }
}
