//! Traces in a program that was built without them: whoever asks for some is told so.

use std::future::Ready;
use std::sync::Arc;

use anyhow::bail;
use stubgen_runtime::Tracer;

use super::{Served, TraceArguments};

/// There are none.
pub(crate) enum Traces {}

/// Refuses to send traces.
pub(crate) fn check(arguments: &TraceArguments) -> anyhow::Result<()> {
    if arguments.otlp_endpoint.is_some() {
        bail!("--otlp-endpoint: this program was built without traces; build it with `--features otlp`");
    }
    Ok(())
}

/// The same.
pub(crate) fn start(arguments: &TraceArguments, _: Served) -> anyhow::Result<Option<Traces>> {
    check(arguments).map(|()| None)
}

impl Traces {
    pub(crate) fn tracer(&self) -> Arc<dyn Tracer> {
        match *self {}
    }

    pub(crate) fn end(self) -> Ready<()> {
        match self {}
    }
}
