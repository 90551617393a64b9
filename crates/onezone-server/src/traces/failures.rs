//! Word in the log when a collector takes no spans, and when it does again: once each, however long it lasts.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// How much of a collector's own words is repeated.
const LONGEST: usize = 300;

/// What became of spans.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Handed to the queue.
    made: AtomicU64,
    /// Taken by the collector.
    sent: AtomicU64,
    is_failing: AtomicBool,
}

/// An exporter whose failures are told.
pub(super) struct Told<E> {
    exporter: E,
    counts: Arc<Counts>,
}

impl Counts {
    pub(super) fn make(&self) {
        self.made.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were not taken, those included that still wait.
    pub(super) fn lost(&self) -> u64 {
        self.made.load(Ordering::Relaxed).saturating_sub(self.sent.load(Ordering::Relaxed))
    }

    fn tell(&self, spans: u64, result: &OTelSdkResult) {
        match result {
            Ok(()) => {
                self.sent.fetch_add(spans, Ordering::Relaxed);
                if self.is_failing.swap(false, Ordering::Relaxed) {
                    tracing::info!(lost = self.lost(), "the collector takes traces again");
                }
            }
            Err(error) => {
                if !self.is_failing.swap(true, Ordering::Relaxed) {
                    let error: String = error.to_string().chars().take(LONGEST).collect();
                    tracing::warn!(error, "the collector takes no traces; they are lost until it does");
                }
            }
        }
    }
}

impl<E> Told<E> {
    pub(super) const fn new(exporter: E, counts: Arc<Counts>) -> Self {
        Self { exporter, counts }
    }
}

impl<E: SpanExporter> SpanExporter for Told<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len() as u64;
        let result = self.exporter.export(batch).await;
        self.counts.tell(spans, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E> fmt::Debug for Told<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The exporter has the headers that the collector wants, among them keys.
        formatter.debug_struct("Told").field("counts", &self.counts).finish_non_exhaustive()
    }
}
