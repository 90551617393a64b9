//! How hyper is set up. What it can be told about limits it is told; what it cannot, [`super::activity`] sees to.

use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;

use super::options::ServeOptions;
use crate::options::Options;

/// hyper's own lower bound for a read buffer.
const MIN_BUFFER: usize = 8 * 1024;
/// How much of one HTTP/2 request's body is taken before anybody reads it, and of all requests of a connection.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;
/// How much of one HTTP/2 answer is held until its client takes it.
const SEND_BUFFER: usize = 64 * 1024;

pub(super) fn builder(limits: &Options, options: &ServeOptions) -> Builder<TokioExecutor> {
    // hyper answers what exceeds its limits with an empty body; ours are lower, so that most of it gets a full one.
    let limit =
        usize::try_from(limits.max_header_bytes.saturating_add(limits.max_uri_bytes)).unwrap_or(usize::MAX);
    let buffer = limit.saturating_mul(2).clamp(MIN_BUFFER, u32::MAX as usize);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // Headers and idle connections have deadlines of their own here; hyper's is one for both.
        .header_read_timeout(None)
        .max_headers(limits.max_headers.saturating_mul(2).max(limits.max_headers + 1))
        .max_buf_size(buffer);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(options.max_concurrent_streams)
        .max_header_list_size(u32::try_from(buffer).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(options.max_reset_streams)
        .max_local_error_reset_streams(options.max_reset_streams)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(options.tcp_keepalive)
        .keep_alive_timeout(options.tcp_keepalive);
    builder
}
