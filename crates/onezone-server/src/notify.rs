//! Word to the service manager, where there is one that listens (`sd_notify`): ready, reloading, stopping, and that the
//! server is alive. Nothing here can fail for the server: a manager that cannot be told is told nothing.

use sd_notify::NotifyState;

/// The server takes requests.
pub(crate) fn ready(address: &str) {
    send(&[NotifyState::Ready, NotifyState::Status(&format!("serving {address}"))]);
}

/// Certificates are being read anew; [`ready`] says that it is over.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => send(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!(%error, "no monotonic clock"),
    }
}

/// The server finishes what it has.
pub(crate) fn stopping() {
    send(&[NotifyState::Stopping, NotifyState::Status("finishing the requests in flight")]);
}

/// Says from now on that the server is alive, twice as often as the manager wants to hear it. It is said by the same
/// threads that answer requests: when they are stuck, nobody says it, and the manager starts the server anew.
pub(crate) fn keep_alive() {
    let Some(interval) = sd_notify::watchdog_enabled() else { return };
    tracing::info!(seconds = interval.as_secs_f64(), "the service manager watches");
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(interval / 2);
        loop {
            ticks.tick().await;
            send(&[NotifyState::Watchdog]);
        }
    });
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager cannot be told");
    }
}
