//! The parser of what stands before a request on a connection, for fuzz targets only. Not a part of the interface.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::serve::read_proxy_header;

/// The client that a header of the PROXY protocol names, if it names one, and how long the header is.
pub fn proxy_header(bytes: &[u8]) -> io::Result<(Option<SocketAddr>, usize)> {
    let mut rest = bytes;
    let client = {
        let reading = pin!(read_proxy_header(&mut rest));
        match reading.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(client) => client?,
            // Bytes that are all there keep nobody waiting.
            Poll::Pending => return Err(io::ErrorKind::WouldBlock.into()),
        }
    };
    Ok((client, bytes.len() - rest.len()))
}
