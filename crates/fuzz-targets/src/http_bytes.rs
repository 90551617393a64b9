//! Whatever a client may send on a connection: the server answers or closes it, in time, and its own code does not fail.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use onezone_handlers::{Clock, Environment, Handlers, Settings};
use onezone_store::conformance::MemoryStore;
use stubgen_runtime::{Options, ServeOptions, Service};

/// Longer than an answer takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A time that stands still.
struct Stopped;

impl Clock for Stopped {
    fn now_unix(&self) -> i64 {
        1_700_000_000
    }
}

fn address() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let environment = Environment::new(Arc::new(Stopped), [7; 32]);
                let handlers =
                    Handlers::new(Arc::new(MemoryStore::default()), Settings::default(), environment);
                let service = Service::new(onezone_api::Server(handlers), Options::default());
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let options = ServeOptions { max_connections_per_network: None, ..ServeOptions::default() };
                stubgen_runtime::serve(listener, service, options, std::future::pending::<()>())
                    .await
                    .unwrap();
            });
        });
        address
    })
}

/// The bytes as all that a client ever sends.
pub(crate) fn connection(bytes: &[u8]) {
    let mut stream = TcpStream::connect(address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // The server may have closed the connection before it has read everything.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            panic!("the server neither answers nor closes")
        }
        // It is closed, one way or the other.
        _ => {}
    }
    assert!(!answer.starts_with(b"HTTP/1.1 500"), "{}", String::from_utf8_lossy(&answer));
}
