//! The accept loop, and the order of a graceful shutdown.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use super::activity::Activity;
use super::admission::{Admission, NetworkPlace};
use super::client_address::Trust;
use super::connection::{Admitted, Connections, Phase};
use super::counters::{ConnectionCounters, Ending};
use super::options::ServeOptions;
use crate::api::Api;
use crate::service::Service;

/// How long nothing is accepted after that failed; most likely there are no file descriptors left, and trying again at
/// once would only spin.
const PAUSE: Duration = Duration::from_millis(100);

/// For how long, at the least, those are let in at the end that the kernel has connected already.
const LAST_CALL: Duration = Duration::from_millis(100);

/// How often a failure to accept is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// What became of the connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServeReport {
    /// How many were accepted.
    pub connections: u64,
    /// How many were cut off at the shutdown's deadline.
    pub aborted: usize,
    /// How many handlers were still running then.
    pub unfinished: usize,
}

/// Lets connections in.
struct Acceptor<A> {
    connections: Arc<Connections<A>>,
    admission: Arc<Admission>,
    counters: Arc<ConnectionCounters>,
    tasks: JoinSet<()>,
    accepted: u64,
    /// Accepted, and waiting for a place. Others stay in the kernel's queue meanwhile.
    waiting: Option<Newcomer>,
    failure_logged: Option<Instant>,
}

/// A connection that may come in when there is a place.
struct Newcomer {
    socket: TcpStream,
    peer: SocketAddr,
    network: NetworkPlace,
}

/// Answers the listener until `shutdown` ends. Then, for [`ServeOptions::drain_delay`], goes on and sends clients
/// elsewhere; then accepts nothing more, closes idle connections, and waits for requests in flight until the deadline,
/// also for those whose client went away.
pub async fn serve<A: Api>(
    listener: TcpListener,
    service: Arc<Service<A>>,
    options: ServeOptions,
    shutdown: impl Future + Send,
) -> io::Result<ServeReport> {
    let (announce, phase) = watch::channel(Phase::Serving);
    let ServeOptions { drain_delay, drain_grace, shutdown_timeout, .. } = options;
    let counters = Arc::clone(&options.counters);
    let trust = Trust::new(&options.trusted_proxies, options.client_address_header);
    let admission = Arc::new(Admission::new(&options, trust.clone()));
    let connections = Connections::new(Arc::clone(&service), options, trust, Arc::clone(&admission), phase);
    let mut acceptor = Acceptor {
        connections: Arc::new(connections),
        admission,
        counters,
        tasks: JoinSet::new(),
        accepted: 0,
        waiting: None,
        failure_logged: None,
    };
    acceptor.run(&listener, shutdown).await;
    announce.send_replace(Phase::Draining);
    if !drain_delay.is_zero() {
        acceptor.run(&listener, sleep(drain_delay)).await;
    }
    let deadline = Instant::now() + shutdown_timeout;
    // First, since it is what makes room for those that are accepted last.
    announce.send_replace(Phase::Stopping);
    acceptor.accept_the_last(listener, deadline.min(Instant::now() + drain_grace.max(LAST_CALL))).await;
    let mut report = ServeReport { connections: acceptor.accepted, ..ServeReport::default() };
    let drained = timeout_at(deadline, async {
        while acceptor.tasks.join_next().await.is_some() {}
        service.idle().await;
    });
    if drained.await.is_err() {
        report.aborted = acceptor.tasks.len();
        report.unfinished = service.in_flight();
        acceptor.tasks.shutdown().await;
    }
    Ok(report)
}

impl<A: Api> Acceptor<A> {
    /// Accepts until the end.
    async fn run(&mut self, listener: &TcpListener, end: impl Future) {
        let mut end = std::pin::pin!(end);
        loop {
            tokio::select! {
                biased;
                _ = &mut end => return,
                Some(_) = self.tasks.join_next(), if !self.tasks.is_empty() => {}
                permit = self.admission.free(), if self.waiting.is_some() => self.let_in(permit),
                accepted = listener.accept(), if self.waiting.is_none() => match accepted {
                    Ok((socket, peer)) => self.accept(socket, peer),
                    Err(error) if is_of_one_connection(&error) => {}
                    Err(error) => {
                        self.log_failure(&error);
                        // Its descriptor is what the next one needs.
                        self.admission.evict();
                        tokio::select! {
                            _ = &mut end => return,
                            () = sleep(PAUSE) => {}
                        }
                    }
                },
            }
        }
    }

    /// Takes what the kernel has already connected and would reset with the listener, as far as there are places for it in time.
    async fn accept_the_last(&mut self, listener: TcpListener, deadline: Instant) {
        let Ok(listener) = listener.into_std() else { return };
        loop {
            if self.waiting.is_some() {
                let Ok(permit) = timeout_at(deadline, self.admission.free()).await else { break };
                self.let_in(permit);
            }
            // Others may keep coming.
            if Instant::now() >= deadline {
                break;
            }
            let Ok((socket, peer)) = listener.accept() else { break };
            if socket.set_nonblocking(true).is_ok()
                && let Ok(socket) = TcpStream::from_std(socket)
            {
                self.accept(socket, peer);
            }
        }
        if self.waiting.take().is_some() {
            self.counters.close();
        }
    }

    fn accept(&mut self, socket: TcpStream, peer: SocketAddr) {
        self.accepted += 1;
        self.counters.accept();
        // Said before anything is read or set up, so that it costs next to nothing.
        let Some(network) = self.admission.enter_network(peer.ip()) else {
            self.counters.end(Ending::NetworkLimit);
            self.counters.close();
            return;
        };
        self.waiting = Some(Newcomer { socket, peer, network });
        if let Some(permit) = self.admission.try_free() {
            self.let_in(permit);
        }
    }

    fn let_in(&mut self, permit: OwnedSemaphorePermit) {
        let Some(Newcomer { socket, peer, network }) = self.waiting.take() else { return };
        let activity = Activity::new();
        let place = self.admission.enter(permit, &activity);
        let admitted = Admitted { socket, peer, activity, place, network };
        self.tasks.spawn(Arc::clone(&self.connections).serve(admitted));
    }

    fn log_failure(&mut self, error: &io::Error) {
        let times = self.counters.accept_error();
        if self.failure_logged.is_none_or(|logged| logged.elapsed() >= LOG_INTERVAL) {
            tracing::error!(%error, times, "cannot accept connections");
            self.failure_logged = Some(Instant::now());
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}
