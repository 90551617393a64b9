//! Spans to a collector: sampled, queued and sent by OpenTelemetry's own SDK, on a thread of its own. A collector that is slow, silent or
//! gone costs spans, and neither a request nor the end of the server any time.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, Config, Sampler, ShouldSample, SpanProcessor as _};
use stubgen_runtime::Tracer;

use super::endpoint::{self, Endpoint};
use super::failures::{Counts, Told};
use super::spans::Spans;
use super::{Served, TraceArguments};

/// How long the end of the server waits for a collector.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the service is called unless somebody says otherwise.
const SERVICE: &str = env!("CARGO_PKG_NAME");

/// Traces of requests.
pub(crate) struct Traces {
    spans: Arc<Spans>,
    counts: Arc<Counts>,
}

/// Refuses a collector that cannot be one.
pub(crate) fn check(arguments: &TraceArguments) -> anyhow::Result<()> {
    endpoint::choose(arguments, |name| std::env::var(name).ok()).map(drop)
}

/// Begins to send traces, where a collector is named.
pub(crate) fn start(arguments: &TraceArguments, served: Served) -> anyhow::Result<Option<Traces>> {
    let variable = |name: &str| std::env::var(name).ok();
    let Some(Endpoint { url, named_by }) = endpoint::choose(arguments, variable)? else {
        return Ok(None);
    };
    if let Some(protocol) = endpoint::other_protocol(variable) {
        tracing::warn!(protocol, "traces are sent by OTLP over HTTP with protobuf, and by no other protocol");
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(&url)
        .with_protocol(Protocol::HttpBinary)
        .build()
        .with_context(|| format!("{named_by}: traces cannot be sent"))?;
    let counts = Arc::new(Counts::default());
    let mut processor = BatchSpanProcessor::builder(Told::new(exporter, Arc::clone(&counts))).build();
    processor.set_resource(&resource());
    let spans =
        Arc::new(Spans::new(processor, sampler(arguments.otlp_sample_ratio), served, Arc::clone(&counts)));
    tracing::info!(url, named_by, "traces are sent");
    Ok(Some(Traces { spans, counts }))
}

impl Traces {
    /// Who is told of requests.
    pub(crate) fn tracer(&self) -> Arc<dyn Tracer> {
        Arc::clone(&self.spans) as _
    }

    /// Sends what is still there, to a collector that takes it soon.
    pub(crate) async fn end(self) {
        let Self { spans, counts } = self;
        let ended = tokio::task::spawn_blocking(move || spans.end(PATIENCE)).await;
        if let Ok(Err(error)) = ended {
            tracing::debug!(%error, "the collector did not take the last traces in time");
        }
        let lost = counts.lost();
        if lost > 0 {
            tracing::warn!(spans = lost, "traces were lost since the start: the collector did not take them");
        }
    }
}

/// Callers decide; for what they leave open, the option or the environment does.
fn sampler(ratio: Option<f64>) -> Box<dyn ShouldSample> {
    match ratio {
        Some(ratio) => Box::new(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio)))),
        // It reads `OTEL_TRACES_SAMPLER` and its argument.
        None => Config::default().sampler,
    }
}

/// What the server is, `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` included.
fn resource() -> Resource {
    let found = Resource::builder().build();
    let name = found.get(&"service.name".into()).map(|name| name.to_string());
    let builder = Resource::builder()
        .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    // That is what the SDK calls what has no name.
    if name.is_none_or(|name| name.starts_with("unknown_service")) {
        builder.with_service_name(SERVICE).build()
    } else {
        builder.build()
    }
}
