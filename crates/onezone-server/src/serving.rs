//! Serving requests from an open store until the process is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use onezone_api::Server;
use onezone_handlers::{Clock, Handlers};
use onezone_store::Store;
use stubgen_runtime::{Options, ServeOptions, ServeReport, Service};
use tokio::net::TcpListener;

use crate::announcement::{self, Commands};
use crate::bootstrap::FirstStart;
use crate::environment::Environment;
use crate::output::Output;

/// Everything that serving needs beside the store.
pub(crate) struct Settings<'a> {
    /// Where requests come in.
    pub(crate) listener: TcpListener,
    /// The choices about the handlers.
    pub(crate) handlers: onezone_handlers::Settings,
    /// The choices about requests.
    pub(crate) options: Options,
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

/// Listens there; port 0 takes any that is free.
pub(crate) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: stop what listens there, or choose another address with --listen (port 0 takes a free one)")
    })
}

/// Announces the address and serves until the process is asked to stop. Returns when everything is finished and on disk.
pub(crate) async fn serve(store: Arc<dyn Store>, settings: Settings<'_>) -> anyhow::Result<()> {
    let listener = settings.listener;
    let clock = Arc::new(SystemClock(settings.environment.clone(), Instant::now()));
    let environment = onezone_handlers::Environment::new(clock, settings.environment.random()?);
    let handlers = Handlers::new(Arc::clone(&store), settings.handlers, environment);
    let service = Service::new(Server(handlers), settings.options);
    // Taken before the address is announced: whoever reads it may send a signal at once.
    let shutdown = stubgen_runtime::shutdown_signal();
    let address = listener.local_addr().context("the listener has no address")?;
    let program = std::env::args_os().next().unwrap_or_else(|| env!("CARGO_PKG_NAME").into());
    let commands = Commands { program: &program.to_string_lossy(), database: &settings.database };
    for line in announcement::lines("http", address, &commands, settings.first_start.as_ref()) {
        settings.output.raw(&line);
    }
    let served = stubgen_runtime::serve(listener, service, ServeOptions::default(), shutdown).await;
    store.close().await.context("the database could not be closed")?;
    let ServeReport { connections, aborted, unfinished } = served.context("serving ended early")?;
    tracing::info!(connections, aborted, unfinished, "stopped");
    if unfinished > 0 {
        bail!(
            "stopped with {unfinished} requests unfinished: what they were doing either happened whole or not at all"
        );
    }
    Ok(())
}
