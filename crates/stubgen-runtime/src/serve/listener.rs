//! The accept loop, and the order of a graceful shutdown.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use super::connection::Connections;
use crate::api::Api;
use crate::service::Service;

/// The choices about a listener.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// How long the first request's header, each further one's, and an idle HTTP/1 connection may take.
    pub header_timeout: Duration,
    /// How long requests in flight may go on after a shutdown was asked for.
    pub shutdown_timeout: Duration,
    /// How many requests of one HTTP/2 connection are handled at a time.
    pub max_concurrent_streams: u32,
}

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

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(30),
            max_concurrent_streams: 128,
        }
    }
}

/// Answers the listener until `shutdown` ends; then accepts nothing more, closes idle connections, and waits for
/// requests in flight until the deadline, also for those whose client went away.
pub async fn serve<A: Api>(
    listener: TcpListener,
    service: Arc<Service<A>>,
    options: ServeOptions,
    shutdown: impl Future + Send,
) -> io::Result<ServeReport> {
    let (stop, stopped) = watch::channel(false);
    let connections = Connections::new(Arc::clone(&service), &options, stopped);
    let mut tasks = JoinSet::new();
    let mut report = ServeReport::default();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            _ = &mut shutdown => break,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    report.connections += 1;
                    tasks.spawn(connections.serve(stream, peer));
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    // Most likely there are no file descriptors left; trying again at once would only spin.
                    tracing::error!(%error, "cannot accept connections");
                    sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    drop(listener);
    let deadline = Instant::now() + options.shutdown_timeout;
    stop.send_replace(true);
    let drained = timeout_at(deadline, async {
        while tasks.join_next().await.is_some() {}
        service.idle().await;
    });
    if drained.await.is_err() {
        report.aborted = tasks.len();
        report.unfinished = service.in_flight();
        tasks.shutdown().await;
    }
    Ok(report)
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}
