//! The bytes of a connection: plain or through TLS, with what passes noted for the deadlines. When hyper lets go of
//! them, the socket comes back, so that it can be closed without losing the last answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::activity::Activity;

/// How long a client that was answered may go on sending before its connection is reset.
const LINGER: Duration = Duration::from_secs(1);
/// How much it may send in that time.
const LINGER_BYTES: usize = 1024 * 1024;

/// A socket, with or without TLS on it.
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A transport that is watched, and that comes back when it is dropped.
pub(super) struct Watched {
    transport: Option<Transport>,
    activity: Arc<Activity>,
    back: Option<oneshot::Sender<Transport>>,
}

impl Transport {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }

    /// Closes after the last answer. A socket that is closed while something unread waits in it is reset, and the reset
    /// can overtake the answer; so what still comes is read for a moment.
    pub(super) async fn close(mut self, ended_by_peer: bool) {
        let linger = async {
            if self.shutdown().await.is_err() || ended_by_peer {
                return;
            }
            let mut rest = LINGER_BYTES;
            // Not in the future itself, which every connection has from its beginning.
            let mut buffer = vec![0; 4096];
            while let Ok(count @ 1..) = self.read(&mut buffer).await
                && count < rest
            {
                rest -= count;
            }
        };
        // Beyond the time it is closed as it is.
        let _ = timeout(LINGER, linger).await;
    }

    /// Closes without waiting for what the other end has not taken, so that the kernel does not keep it either.
    pub(super) fn reset(self) {
        // Without the option the kernel goes on for some minutes, which is only a pity.
        let _ = socket2::SockRef::from(self.socket()).set_linger(Some(Duration::ZERO));
    }
}

impl Watched {
    /// Watches a transport; what is received is the transport after the last use.
    pub(super) fn new(transport: Transport, activity: Arc<Activity>) -> (Self, oneshot::Receiver<Transport>) {
        let (back, received) = oneshot::channel();
        (Self { transport: Some(transport), activity, back: Some(back) }, received)
    }

    fn transport(&mut self) -> io::Result<Pin<&mut Transport>> {
        // It is taken only when this is dropped.
        self.transport.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn note(&self, written: &Poll<io::Result<usize>>) {
        match written {
            Poll::Ready(Ok(count)) => self.activity.has_written(*count),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.activity.is_blocked(),
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let (Some(transport), Some(back)) = (self.transport.take(), self.back.take()) {
            // Nobody waits for it when the connection is cut off.
            let _ = back.send(transport);
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = self.transport()?.poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = result {
            self.activity.has_read(buffer.filled().len() - before);
        }
        result
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = self.transport()?.poll_write(context, bytes);
        self.note(&result);
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = self.transport()?.poll_write_vectored(context, bytes);
        self.note(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = self.transport()?.poll_flush(context);
        match &result {
            Poll::Pending => self.activity.is_blocked(),
            Poll::Ready(_) => self.activity.has_written(0),
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport()?.poll_shutdown(context)
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(context, buffer),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(context, bytes),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write_vectored(context, bytes),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_write_vectored(context, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(socket) => socket.is_write_vectored(),
            Self::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(context),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(context),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_shutdown(context),
        }
    }
}
