//! A network between the server and its database, which can swallow what is sent: nobody learns that it is gone, since both
//! ends go on to be there.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// It lives as long as the test does.
pub(super) struct Relay {
    pub(super) port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    swallows: AtomicBool,
    /// How many connections were lost to it.
    swallowed: AtomicUsize,
}

impl Relay {
    /// From a port of the loopback interface to this socket.
    pub(super) fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A server that is not there is told by the end of the connection.
                let Ok(server) = UnixStream::connect(&socket) else { continue };
                let is_lost = Arc::new(AtomicBool::new(false));
                let (from_client, to_client) = (client.try_clone().unwrap(), client);
                let (from_server, to_server) = (server.try_clone().unwrap(), server);
                let there = (Arc::clone(&shared), Arc::clone(&is_lost));
                std::thread::spawn(move || {
                    carry(from_client, &to_server, &there.0, &there.1);
                    let _ = to_server.shutdown(std::net::Shutdown::Write);
                });
                let back = Arc::clone(&shared);
                std::thread::spawn(move || carry_back(from_server, &to_client, &back, &is_lost));
            }
        });
        Self { port, state }
    }

    /// From now on nothing arrives. What is sent meanwhile is lost, and with it the connection, for good.
    pub(super) fn swallow(&self) {
        self.state.swallows.store(true, Ordering::SeqCst);
    }

    /// How many connections have lost something.
    pub(super) fn swallowed(&self) -> usize {
        self.state.swallowed.load(Ordering::SeqCst)
    }

    /// New connections work again.
    pub(super) fn heal(&self) {
        self.state.swallows.store(false, Ordering::SeqCst);
    }
}

fn carry(from: impl Read, to: impl Write, state: &State, is_lost: &AtomicBool) {
    let (mut from, mut to, mut buffer) = (from, to, [0; 16_384]);
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if state.swallows.load(Ordering::SeqCst) && !is_lost.swap(true, Ordering::SeqCst) {
            state.swallowed.fetch_add(1, Ordering::SeqCst);
        }
        if !is_lost.load(Ordering::SeqCst) && to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
}

fn carry_back(from: UnixStream, to: &TcpStream, state: &State, is_lost: &AtomicBool) {
    carry(from, to, state, is_lost);
    // The end of the other side is one of the things that do not arrive.
    if !is_lost.load(Ordering::SeqCst) {
        let _ = to.shutdown(std::net::Shutdown::Both);
    }
}
