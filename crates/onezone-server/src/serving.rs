//! Serving requests from an open store until the process is told to stop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use onezone_api::Server;
use onezone_handlers::{Clock, Handlers};
use onezone_store::{Store, Upkeep};
use stubgen_runtime::{Api as _, Options, ServeOptions, ServeReport, Service};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::announcement::{self, Commands};
use crate::bootstrap::FirstStart;
use crate::certificates::Certificates;
use crate::environment::Environment;
use crate::logging;
use crate::notify;
use crate::observability::{Observability, RequestMetrics, Sources, StoreMetrics};
use crate::output::Output;
use crate::traces::Traces;

/// Everything that serving needs beside the store.
pub(crate) struct Settings<'a> {
    /// Where requests come in.
    pub(crate) listener: TcpListener,
    /// The choices about the handlers.
    pub(crate) handlers: onezone_handlers::Settings,
    /// The choices about requests.
    pub(crate) options: Options,
    /// The choices about connections.
    pub(crate) serving: ServeOptions,
    /// Traces of requests, if there are any.
    pub(crate) traces: Option<Traces>,
    /// What is told on the second listener.
    pub(crate) observability: Observability,
    /// The certificate, if there is one, which is kept fresh.
    pub(crate) certificates: Arc<Certificates>,
    /// The database's name for commands that are shown to people.
    pub(crate) database: String,
    /// What the first start set up, to be announced together with the address.
    pub(crate) first_start: Option<FirstStart>,
    /// Where to announce it.
    pub(crate) output: &'a Output,
    /// The clock and the randomness of the handlers.
    pub(crate) environment: &'a Environment,
}

/// The clock of the handlers, and when it was started.
struct SystemClock(Environment, Instant);

impl Clock for SystemClock {
    fn now_unix(&self) -> i64 {
        self.0.now()
    }

    fn monotonic(&self) -> Duration {
        self.1.elapsed()
    }
}

/// Announces the address and serves until the process is asked to stop. Returns when everything is finished and on disk.
pub(crate) async fn serve(store: Arc<dyn Upkeep>, settings: Settings<'_>) -> anyhow::Result<()> {
    let listener = settings.listener;
    let clock = Arc::new(SystemClock(settings.environment.clone(), Instant::now()));
    let environment = onezone_handlers::Environment::new(clock, settings.environment.random()?);
    let handled: Arc<dyn Store> = Arc::clone(&store) as _;
    let server = Server(Handlers::new(handled, settings.handlers, environment));
    let requests = Arc::new(RequestMetrics::new(server.definition()));
    let service = Service::new(server, Options { observer: Some(requests.clone()), ..settings.options });
    // Taken before the address is announced: whoever reads it may send a signal at once.
    let shutdown = stubgen_runtime::shutdown_signal();
    let address = listener.local_addr().context("the listener has no address")?;
    let observability = settings.observability;
    let operations = Arc::new(StoreMetrics::default());
    store.watch(operations.clone());
    observability.health.serving(Arc::clone(&store), Arc::clone(&operations));
    let sources = Sources {
        address,
        service: Arc::clone(&service),
        requests,
        connections: Arc::clone(&settings.serving.counters),
        max_connections: settings.serving.max_connections,
        certificates: Arc::clone(&settings.certificates),
        store: Arc::clone(&store),
        operations,
        lost_log_lines: logging::lines_dropped,
        started: settings.environment.now(),
    };
    // There are none yet: a process serves once.
    let _ = observability.sources.set(sources);
    let scheme = if settings.serving.tls.is_some() { "https" } else { "http" };
    settings.certificates.keep_fresh();
    settings.certificates.reload_on_signal(format!("{scheme}://{address}"));
    let program = std::env::args_os().next().unwrap_or_else(|| env!("CARGO_PKG_NAME").into());
    let commands = Commands { program: &program.to_string_lossy(), database: &settings.database };
    for line in announcement::lines(
        scheme,
        address,
        observability.address(),
        &commands,
        settings.first_start.as_ref(),
    ) {
        settings.output.raw(&line);
    }
    notify::ready(&format!("{scheme}://{address}"));
    notify::keep_alive();
    let (told_again, cut) = oneshot::channel();
    let health = Arc::clone(&observability.health);
    let stopping = async move {
        shutdown.await;
        health.drain();
        let again = stubgen_runtime::shutdown_signal();
        notify::stopping();
        tracing::debug!("stopping: the requests in flight are finished first");
        tokio::spawn(async move {
            again.await;
            // Nobody listens when everything has ended meanwhile.
            let _ = told_again.send(());
        });
    };
    let served = tokio::select! {
        served = stubgen_runtime::serve(listener, Arc::clone(&service), settings.serving, stopping) => served,
        Ok(()) = cut => {
            tracing::warn!("told to stop again: what is in flight is cut off");
            Ok(ServeReport { unfinished: service.in_flight(), ..ServeReport::default() })
        }
    };
    store.close().await.context("the database could not be closed")?;
    if let Some(traces) = settings.traces {
        traces.end().await;
    }
    observability.stop();
    let ServeReport { connections, aborted, unfinished } = served.context("serving ended early")?;
    tracing::info!(connections, aborted, unfinished, "stopped");
    if unfinished > 0 {
        bail!(
            "stopped with {unfinished} requests unfinished: what they were doing either happened whole or not at all"
        );
    }
    Ok(())
}
