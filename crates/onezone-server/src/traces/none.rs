//! Traces in a program that was built without them: whoever asks for some is told so.

use std::sync::Arc;

use anyhow::bail;
use stubgen_runtime::Tracer;

use super::{Served, TraceArguments};

/// No traces.
pub(crate) struct Traces;

/// Refuses to send traces.
pub(crate) fn check(arguments: &TraceArguments) -> anyhow::Result<()> {
    if arguments.otlp_endpoint.is_some() {
        bail!("--otlp-endpoint: this program was built without traces; build it with `--features otlp`");
    }
    Ok(())
}

/// The same.
pub(crate) fn start(arguments: &TraceArguments, _: Served) -> anyhow::Result<Traces> {
    check(arguments).map(|()| Traces)
}

impl Traces {
    pub(crate) fn tracer(&self) -> Option<Arc<dyn Tracer>> {
        None
    }

    pub(crate) async fn end(self) {}
}
