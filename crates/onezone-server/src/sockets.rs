//! Where requests come in: sockets that the service manager opened and keeps open while the server is started anew,
//! or else our own.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener as StdListener};

use anyhow::Context as _;
#[cfg(unix)]
use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpSocket};

use crate::observability::ObservabilityArguments;

/// What the service manager calls the socket for health and metrics (`FileDescriptorName=`).
#[cfg(unix)]
const METRICS: &str = "metrics";

/// The sockets of a server.
pub(crate) struct Sockets {
    /// For the API.
    pub(crate) api: TcpListener,
    /// For health and metrics, unless nobody wants them.
    pub(crate) metrics: Option<StdListener>,
}

/// The sockets that the service manager passed, if any.
#[derive(Default)]
struct Inherited {
    api: Option<StdListener>,
    metrics: Option<StdListener>,
}

/// The sockets of the service manager where there are any, else ones that listen there; port 0 takes any that is free.
pub(crate) fn open(
    address: SocketAddr,
    backlog: u32,
    observability: &ObservabilityArguments,
) -> anyhow::Result<Sockets> {
    let inherited = inherited()?;
    let api = match inherited.api {
        Some(socket) => {
            tracing::info!("listening on the socket of the service manager; --listen is not used");
            TcpListener::from_std(socket).context("the socket of the service manager cannot be used")?
        }
        None => listen(address, backlog).with_context(|| {
            format!("cannot listen on {address}: stop what listens there, or choose another address with --listen (port 0 takes a free one)")
        })?,
    };
    let metrics = match inherited.metrics {
        Some(socket) => Some(socket),
        None => listen_for_metrics(observability)?,
    };
    if let Some(metrics) = &metrics {
        observability.check_address(metrics.local_addr()?)?;
    }
    Ok(Sockets { api, metrics })
}

fn listen(address: SocketAddr, backlog: u32) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that is started anew need not wait for the connections of the one before.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)
}

/// A port that nobody has asked for is no reason not to serve: a second server on the same machine has none.
fn listen_for_metrics(observability: &ObservabilityArguments) -> anyhow::Result<Option<StdListener>> {
    let (Some(address), is_usual) = observability.choice() else { return Ok(None) };
    // Before it is opened: nobody shall get in meanwhile.
    observability.check_address(address)?;
    let opened = StdListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    match opened {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if is_usual => {
            let reason = if error.kind() == ErrorKind::AddrInUse { "it is taken".to_owned() } else { error.to_string() };
            tracing::warn!(
                %address,
                reason,
                "health and metrics are not served: choose an address with --metrics-listen (port 0 takes a free one), or `off`"
            );
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| {
            format!("cannot listen on {address} for health and metrics: stop what listens there, or choose another address with --metrics-listen (port 0 takes a free one, `off` does without)")
        }),
    }
}

/// There is no such thing elsewhere.
#[cfg(not(unix))]
fn inherited() -> anyhow::Result<Inherited> {
    Ok(Inherited::default())
}

/// The TCP sockets that the process was started with, by the protocol of systemd: one for the API, and one by the name of
/// `metrics`, or either of them.
#[cfg(unix)]
fn inherited() -> anyhow::Result<Inherited> {
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut sockets = ListenFd::from_env();
    let names: Vec<&str> = names.split(':').collect();
    let is_metrics = |index: &usize| names.get(*index) == Some(&METRICS);
    let count = sockets.len();
    let of_metrics = (0..count).filter(is_metrics).count();
    if of_metrics > 1 || count - of_metrics > 1 {
        anyhow::bail!(
            "the service manager passed {count} sockets (LISTEN_FDS), and one is served, beside one for metrics: name one \
             in ListenStream=, and another by FileDescriptorName={METRICS} in a socket unit of its own"
        );
    }
    let mut inherited = Inherited::default();
    for index in 0..count {
        let place = if is_metrics(&index) { &mut inherited.metrics } else { &mut inherited.api };
        let socket = sockets
            .take_tcp_listener(index)
            .context("the socket that the service manager passed is no TCP socket")?;
        let socket = socket.context("the service manager passed a socket that is gone")?;
        socket.set_nonblocking(true).context("the socket of the service manager cannot be used")?;
        *place = Some(socket);
    }
    Ok(inherited)
}
