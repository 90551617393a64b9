//! The second listener: whether the server is alive, whether it is ready, and what it has counted. It has a thread and an
//! event loop of its own, so that it answers whatever the API is busy with, and is the first to open and the last to close.

mod arguments;
mod endpoints;
mod health;
mod histogram;
mod process;
mod report;
mod requests;
mod scrape;
mod stores;
mod text_format;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use stubgen_runtime::{Cors, Options, ServeOptions, Service};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub(crate) use self::arguments::{Listen, ObservabilityArguments};
use self::endpoints::Endpoints;
pub(crate) use self::endpoints::SERVES;
pub(crate) use self::health::Health;
pub(crate) use self::requests::RequestMetrics;
pub(crate) use self::scrape::Sources;
pub(crate) use self::stores::StoreMetrics;

/// How many connections there may be. Beyond, whoever waits longest for a request makes room.
const MAX_CONNECTIONS: usize = 16;

/// How long the thread is waited for at the end.
const FAREWELL: Duration = Duration::from_secs(1);

/// What the listener tells, for as long as it listens.
pub(crate) struct Observability {
    /// Whether the server is well.
    pub(crate) health: Arc<Health>,
    /// What there is to count of the server; nothing until it serves.
    pub(crate) sources: Arc<OnceLock<Sources>>,
    listener: Option<Running>,
}

/// A listener with its thread.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Observability {
    /// Listens from now on, if there is a socket to listen on, and says that the server is starting.
    pub(crate) fn start(listener: Option<std::net::TcpListener>) -> anyhow::Result<Self> {
        let (health, sources) = (Health::new(), Arc::new(OnceLock::new()));
        let running = match listener {
            Some(listener) => Some(listen(listener, &health, &sources)?),
            None => None,
        };
        Ok(Self { health, sources, listener: running })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(|running| running.address)
    }

    /// Closes it, when everything else is over.
    pub(crate) fn stop(self) {
        let Some(running) = self.listener else { return };
        // Fails only when the thread has ended.
        let _ = running.stop.send(());
        // It gives up by itself what takes longer, and there is nothing to lose.
        let _ = running.thread.join();
    }
}

fn listen(
    listener: std::net::TcpListener,
    health: &Arc<Health>,
    sources: &Arc<OnceLock<Sources>>,
) -> anyhow::Result<Running> {
    let address = listener.local_addr().context("the listener of metrics has no address")?;
    let endpoints = Endpoints::new(Arc::clone(health), Arc::clone(sources));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the event loop of metrics cannot be started")?;
    let (stop, stopped) = oneshot::channel();
    let serving = async move {
        let listener = TcpListener::from_std(listener)?;
        // It also ends when nobody is left to tell it to.
        let shutdown = async move { drop(stopped.await) };
        stubgen_runtime::serve(listener, Service::new(endpoints, requests()), connections(), shutdown).await
    };
    let thread = std::thread::Builder::new()
        .name("observability".to_owned())
        .spawn(move || {
            if let Err(error) = runtime.block_on(serving) {
                tracing::error!(%error, "health and metrics are not served any more");
            }
            runtime.shutdown_timeout(FAREWELL);
        })
        .context("the thread of metrics cannot be started")?;
    Ok(Running { address, stop, thread })
}

/// The choices about requests, whose answers are all short and made at once.
fn requests() -> Options {
    Options {
        handler_timeout: Duration::from_secs(5),
        max_uri_bytes: 1024,
        max_header_bytes: 8 * 1024,
        max_in_flight: Some(2 * MAX_CONNECTIONS),
        cors: Cors::Off,
        serve_document: false,
        serve_page: false,
        access_log: false,
        ..Options::default()
    }
}

/// The choices about connections: few, and none for long.
fn connections() -> ServeOptions {
    ServeOptions {
        max_connections: MAX_CONNECTIONS,
        max_connections_per_network: None,
        first_byte_timeout: Duration::from_secs(5),
        header_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_secs(90),
        send_timeout: Duration::from_secs(5),
        max_concurrent_streams: 4,
        drain_grace: Duration::from_millis(10),
        shutdown_timeout: FAREWELL,
        ..ServeOptions::default()
    }
}
