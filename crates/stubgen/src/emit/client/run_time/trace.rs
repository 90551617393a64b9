//! One span a call, by the semantic conventions of OpenTelemetry for HTTP clients. No values of parameters, queries, headers or bodies are in it.

#![allow(dead_code, reason = "a shell uses what it needs")]

use reqwest::{Request, Response};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

/// The span of an operation. Paths are a table by the operations' names, sorted, with the path in the end.
pub(crate) fn operation(
    request: &Request,
    operation: &str,
    base_path: &str,
    paths: &[(&str, &str, &str)],
) -> Span {
    let found = paths.binary_search_by_key(&operation, |(name, ..)| name);
    let path = found.map_or("", |index| paths[index].2);
    let template = path.split(['?', '#']).next().unwrap_or_default();
    span(request, &format!("{base_path}{template}"))
}

/// The span of a request to a path with its variables in braces.
pub(crate) fn span(request: &Request, template: &str) -> Span {
    let url = request.url();
    tracing::info_span!(
        "HTTP call",
        otel.name = %format_args!("{} {template}", request.method()),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = %request.method(),
        http.request.resend_count = Empty,
        http.response.status_code = Empty,
        error.type = Empty,
        server.address = url.host_str(),
        server.port = url.port_or_known_default(),
        url.scheme = url.scheme(),
        url.template = template,
    )
}

/// Runs a call in its span, which then tells how it ended.
pub(crate) async fn within(
    span: Span,
    call: impl Future<Output = reqwest::Result<Response>>,
) -> reqwest::Result<Response> {
    let outcome = call.instrument(span.clone()).await;
    match &outcome {
        Ok(response) => {
            let status = response.status();
            span.record("http.response.status_code", status.as_u16());
            if status.as_u16() >= 400 {
                failed(&span, status.as_str());
            }
        }
        Err(error) => failed(&span, kind(error)),
    }
    outcome
}

/// Notes in the span of the current call that its request is sent again, for the how-manieth time.
pub(crate) fn resent(count: u32) {
    Span::current().record("http.request.resend_count", count);
    tracing::debug!(count, "sending the request again");
}

fn failed(span: &Span, kind: &str) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", kind);
}

/// What went wrong, in one word of a few.
fn kind(error: &reqwest::Error) -> &'static str {
    #[cfg(not(target_arch = "wasm32"))]
    if error.is_connect() {
        return "connect";
    }
    if error.is_timeout() { "timeout" } else { "transport" }
}
