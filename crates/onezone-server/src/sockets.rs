//! Where requests come in: a socket that the service manager opened and keeps open while the server is started anew,
//! or else one of our own.

use std::net::SocketAddr;

use anyhow::Context as _;
#[cfg(unix)]
use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpSocket};

/// The socket of the service manager if there is one, else one that listens there; port 0 takes any that is free.
pub(crate) fn listen(address: SocketAddr, backlog: u32) -> anyhow::Result<TcpListener> {
    if let Some(inherited) = inherited()? {
        return Ok(inherited);
    }
    open(address, backlog).with_context(|| {
        format!("cannot listen on {address}: stop what listens there, or choose another address with --listen (port 0 takes a free one)")
    })
}

fn open(address: SocketAddr, backlog: u32) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that is started anew need not wait for the connections of the one before.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)
}

/// There is no such thing elsewhere.
#[cfg(not(unix))]
fn inherited() -> anyhow::Result<Option<TcpListener>> {
    Ok(None)
}

/// The one TCP socket that the process was started with, by the protocol of systemd.
#[cfg(unix)]
fn inherited() -> anyhow::Result<Option<TcpListener>> {
    let mut sockets = ListenFd::from_env();
    match sockets.len() {
        0 => return Ok(None),
        1 => {}
        count => anyhow::bail!(
            "the service manager passed {count} sockets (LISTEN_FDS), and one is served: name one in ListenStream="
        ),
    }
    let socket = sockets
        .take_tcp_listener(0)
        .context("the socket that the service manager passed is no TCP socket")?;
    let socket = socket.context("the service manager passed a socket that is gone")?;
    socket.set_nonblocking(true).context("the socket of the service manager cannot be used")?;
    let listener =
        TcpListener::from_std(socket).context("the socket of the service manager cannot be used")?;
    tracing::info!("listening on the socket of the service manager; --listen is not used");
    Ok(Some(listener))
}
