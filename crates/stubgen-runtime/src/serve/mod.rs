//! Serving a listener with hyper: accepting, connections, shutdown.

mod connection;
mod listener;
mod shutdown;

pub use self::listener::{ServeOptions, ServeReport, serve};
pub use self::shutdown::shutdown_signal;
