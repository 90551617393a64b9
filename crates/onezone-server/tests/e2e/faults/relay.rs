//! A network between the server and its database, which can swallow what is sent: nobody learns that it is gone, since both
//! ends go on to be there.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// It lives as long as the test does.
pub(super) struct Relay {
    pub(super) port: u16,
    swallows: Arc<AtomicBool>,
}

impl Relay {
    /// From a port of the loopback interface to this socket.
    pub(super) fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let swallows = Arc::new(AtomicBool::new(false));
        let swallowing = Arc::clone(&swallows);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A server that is not there is told by the end of the connection.
                let Ok(server) = UnixStream::connect(&socket) else { continue };
                let is_lost = Arc::new(AtomicBool::new(swallowing.load(Ordering::SeqCst)));
                let (from_client, to_client) = (client.try_clone().unwrap(), client);
                let (from_server, to_server) = (server.try_clone().unwrap(), server);
                let lost = (Arc::clone(&swallowing), Arc::clone(&is_lost));
                std::thread::spawn(move || {
                    carry(from_client, &to_server, &lost.0, &lost.1);
                    let _ = to_server.shutdown(std::net::Shutdown::Write);
                });
                let swallowing = Arc::clone(&swallowing);
                std::thread::spawn(move || carry_back(from_server, &to_client, &swallowing, &is_lost));
            }
        });
        Self { port, swallows }
    }

    /// From now on nothing arrives. What is sent meanwhile is lost, and with it the connection, for good.
    pub(super) fn swallow(&self) {
        self.swallows.store(true, Ordering::SeqCst);
    }

    /// New connections work again.
    pub(super) fn heal(&self) {
        self.swallows.store(false, Ordering::SeqCst);
    }
}

fn carry(from: impl Read, to: impl Write, swallows: &AtomicBool, is_lost: &AtomicBool) {
    let (mut from, mut to, mut buffer) = (from, to, [0; 16_384]);
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if swallows.load(Ordering::SeqCst) {
            is_lost.store(true, Ordering::SeqCst);
        }
        if !is_lost.load(Ordering::SeqCst) && to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
}

fn carry_back(from: UnixStream, to: &TcpStream, swallows: &AtomicBool, is_lost: &AtomicBool) {
    carry(from, to, swallows, is_lost);
    // The end of the other side is one of the things that do not arrive.
    if !is_lost.load(Ordering::SeqCst) {
        let _ = to.shutdown(std::net::Shutdown::Both);
    }
}
