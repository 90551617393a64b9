//! Serving a listener with hyper: who is let in, for how long, through TLS and from behind proxies; shutdown.

mod activity;
mod admission;
mod client_address;
mod connection;
mod counters;
mod drive;
mod listener;
mod options;
mod protocol;
mod proxy_protocol;
mod shutdown;
mod tls;
mod transport;

pub(crate) use self::activity::Running;
pub use self::counters::{ConnectionCounters, Ending};
pub use self::listener::{ServeReport, serve};
pub use self::options::{ClientAddressHeader, ServeOptions};
pub(crate) use self::proxy_protocol::read as read_proxy_header;
pub use self::shutdown::shutdown_signal;
pub use self::tls::{Tls, TlsError, TlsVersion, Validity};
