//! Spans of requests, by OpenTelemetry's semantic conventions for HTTP servers. Nothing is made of a request that is not sampled.
//! `url.path` is left out, although the conventions want it: it has the ids of users in it, which `http.route` has not.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{Method, Version};
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, Context, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchSpanProcessor, IdGenerator as _, RandomIdGenerator, SamplingDecision, ShouldSample, SpanData,
    SpanEvents, SpanLinks, SpanProcessor as _,
};
use stubgen_runtime::{Span, Tracer};

use super::Served;
use super::failures::Counts;

/// Makes spans, and hands them to the queue.
pub(super) struct Spans {
    processor: BatchSpanProcessor,
    sampler: Box<dyn ShouldSample>,
    served: Served,
    /// Path and id of each operation.
    operations: Vec<(String, &'static str)>,
    scope: InstrumentationScope,
    counts: Arc<Counts>,
}

impl Spans {
    pub(super) fn new(
        processor: BatchSpanProcessor,
        sampler: Box<dyn ShouldSample>,
        served: Served,
        counts: Arc<Counts>,
    ) -> Self {
        let definition = &onezone_api::DEFINITION;
        let route = |operation: &stubgen_runtime::Operation| {
            (format!("{}{}", definition.base_path, operation.path), operation.id)
        };
        let operations = definition.operations.iter().map(route).collect();
        let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME")).build();
        Self { processor, sampler, served, operations, scope, counts }
    }

    /// Sends what is there, in so long at most.
    pub(super) fn end(&self, patience: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(patience)
    }

    /// The caller's part of the trace.
    fn parent(span: &Span<'_>) -> SpanContext {
        let Some(parent) = span.parent else { return SpanContext::empty_context() };
        let flags = if parent.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::default() };
        let state = span.trace_state.and_then(|state| TraceState::from_str(state).ok()).unwrap_or_default();
        let trace_id = TraceId::from(parent.trace_id().get());
        SpanContext::new(trace_id, SpanId::from(parent.parent_id()), flags, true, state)
    }

    fn attributes(&self, span: &Span<'_>, method: &'static str) -> Vec<KeyValue> {
        let mut attributes = Vec::with_capacity(14);
        let mut add = |name: &'static str, value: Value| attributes.push(KeyValue::new(name, value));
        add("http.request.method", method.into());
        if let Some((route, _)) = span.operation.and_then(|index| self.operations.get(index)) {
            add("http.route", route.clone().into());
        }
        add("url.scheme", self.served.scheme.into());
        add("server.address", self.served.address.ip().to_string().into());
        add("server.port", i64::from(self.served.address.port()).into());
        add("client.address", span.client.ip().to_canonical().to_string().into());
        add("network.protocol.name", "http".into());
        add(
            "network.protocol.version",
            match span.version {
                Version::HTTP_10 => "1.0",
                Version::HTTP_2 => "2",
                _ => "1.1",
            }
            .into(),
        );
        if let Some(agent) = span.user_agent {
            add("user_agent.original", agent.to_owned().into());
        }
        let id = vec![StringValue::from(span.request_id.to_owned())];
        add("http.response.header.x-request-id", Value::Array(Array::String(id)));
        match span.status {
            Some(status) => {
                add("http.response.status_code", i64::from(status).into());
                if status >= 500 {
                    add("error.type", status.to_string().into());
                }
            }
            None => add("error.type", "client_went_away".into()),
        }
        attributes
    }

    /// The parts of a request that take time.
    fn parts(&self, span: &Span<'_>, whole: &SpanData) -> Vec<SpanData> {
        let Some(authentication) = span.authentication.clone() else { return Vec::new() };
        let operation = span.operation.and_then(|index| self.operations.get(index)).map(|(_, id)| *id);
        let after = authentication.end..span.duration;
        // Who was refused had nothing done.
        let after = operation.map(|id| (id, after)).filter(|_| span.status != Some(401));
        let parts = [Some(("authenticate", authentication)), after];
        let part = |(name, range): (&'static str, std::ops::Range<Duration>)| SpanData {
            span_context: Self::within(&whole.span_context),
            parent_span_id: whole.span_context.span_id(),
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: Cow::Borrowed(name),
            start_time: whole.start_time + range.start,
            end_time: whole.start_time + range.end,
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: self.scope.clone(),
        };
        parts.into_iter().flatten().map(part).collect()
    }

    /// The context of a part of what has this one.
    fn within(whole: &SpanContext) -> SpanContext {
        let (trace_id, state) = (whole.trace_id(), whole.trace_state().clone());
        SpanContext::new(
            trace_id,
            RandomIdGenerator::default().new_span_id(),
            TraceFlags::SAMPLED,
            false,
            state,
        )
    }

    fn hand_on(&self, span: SpanData) {
        self.counts.make();
        self.processor.on_end(span);
    }
}

impl Tracer for Spans {
    fn finished(&self, span: &Span<'_>) {
        let parent = Self::parent(span);
        let trace_id = TraceId::from(span.trace_id.get());
        let around = if parent.is_valid() {
            Context::new().with_remote_span_context(parent.clone())
        } else {
            Context::new()
        };
        let method = method(span.method);
        let sampled =
            self.sampler.should_sample(Some(&around), trace_id, method, &SpanKind::Server, &[], &[]);
        if sampled.decision != SamplingDecision::RecordAndSample {
            return;
        }
        let route = span.operation.and_then(|index| self.operations.get(index));
        let name = match (route, method) {
            (Some((route, _)), OTHER) => Cow::Owned(format!("HTTP {route}")),
            (Some((route, _)), method) => Cow::Owned(format!("{method} {route}")),
            (None, OTHER) => Cow::Borrowed("HTTP"),
            (None, method) => Cow::Borrowed(method),
        };
        let end = UNIX_EPOCH + self.served.environment.since_epoch();
        let start = end.checked_sub(span.duration).unwrap_or(SystemTime::UNIX_EPOCH);
        let span_id = RandomIdGenerator::default().new_span_id();
        let whole = SpanData {
            span_context: SpanContext::new(
                trace_id,
                span_id,
                TraceFlags::SAMPLED,
                false,
                sampled.trace_state,
            ),
            parent_span_id: parent.span_id(),
            parent_span_is_remote: parent.is_valid(),
            span_kind: SpanKind::Server,
            name,
            start_time: start,
            end_time: end,
            attributes: self.attributes(span, method),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            // What a client did wrong is no error of the server, say the conventions.
            status: if span.status.is_none_or(|status| status >= 500) {
                Status::error("")
            } else {
                Status::Unset
            },
            instrumentation_scope: self.scope.clone(),
        };
        for part in self.parts(span, &whole) {
            self.hand_on(part);
        }
        self.hand_on(whole);
    }
}

/// What the conventions call a method that is none of the known ones: it may be any client's invention.
const OTHER: &str = "_OTHER";

fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    KNOWN.into_iter().find(|known| method == known).unwrap_or(OTHER)
}

impl fmt::Debug for Spans {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Spans").field("counts", &self.counts).finish_non_exhaustive()
    }
}
