//! One connection: protocol, limits, deadlines. What later comes between the socket and HTTP (TLS, limits per
//! peer) belongs here.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;

use super::listener::ServeOptions;
use crate::api::Api;
use crate::options::Options;
use crate::service::Service;

/// hyper's own lower bound for a read buffer.
const MIN_BUFFER: usize = 8 * 1024;

/// How connections are served.
pub(super) struct Connections<A> {
    service: Arc<Service<A>>,
    builder: Arc<Builder<TokioExecutor>>,
    header_timeout: Duration,
    stopped: watch::Receiver<bool>,
}

impl<A: Api> Connections<A> {
    pub(super) fn new(
        service: Arc<Service<A>>,
        options: &ServeOptions,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let builder = Arc::new(builder(service.options(), options));
        Self { service, builder, header_timeout: options.header_timeout, stopped }
    }

    /// Serves a connection to its end.
    pub(super) fn serve(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> impl Future<Output = ()> + Send + 'static {
        let service = Arc::clone(&self.service);
        let builder = Arc::clone(&self.builder);
        let header_timeout = self.header_timeout;
        let mut stopped = self.stopped.clone();
        async move {
            // Without it, an HTTP/2 response of more than one segment waits for the peer's delayed acknowledgement.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "cannot set TCP_NODELAY");
            }
            let used = Arc::new(AtomicBool::new(false));
            let seen = Arc::clone(&used);
            let http = service_fn(move |request: http::Request<Incoming>| {
                seen.store(true, Ordering::Relaxed);
                let service = Arc::clone(&service);
                async move { Ok::<_, Infallible>(service.handle_received(request, peer).await) }
            });
            let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), http));
            let mut first_request = std::pin::pin!(sleep(header_timeout));
            let mut waiting = true;
            let mut stopping = false;
            loop {
                tokio::select! {
                    ended = connection.as_mut() => {
                        if let Err(error) = ended {
                            tracing::debug!(%peer, error, "connection ended badly");
                        }
                        return;
                    }
                    // hyper has no deadline before it knows the protocol, and none for HTTP/2.
                    () = first_request.as_mut(), if waiting => {
                        if !used.load(Ordering::Relaxed) {
                            return;
                        }
                        waiting = false;
                    }
                    _ = stopped.wait_for(|stopped| *stopped), if !stopping => {
                        stopping = true;
                        connection.as_mut().graceful_shutdown();
                    }
                }
            }
        }
    }
}

fn builder(limits: &Options, options: &ServeOptions) -> Builder<TokioExecutor> {
    // hyper answers what exceeds its limits with an empty body; ours are lower, so that most of it gets a full one.
    let limit =
        usize::try_from(limits.max_header_bytes.saturating_add(limits.max_uri_bytes)).unwrap_or(usize::MAX);
    let buffer = limit.saturating_mul(2).clamp(MIN_BUFFER, u32::MAX as usize);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_headers(limits.max_headers.saturating_mul(2).max(limits.max_headers + 1))
        .max_buf_size(buffer);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(options.max_concurrent_streams)
        .max_header_list_size(u32::try_from(buffer).unwrap_or(u32::MAX))
        .keep_alive_interval(options.header_timeout)
        .keep_alive_timeout(options.header_timeout);
    builder
}
