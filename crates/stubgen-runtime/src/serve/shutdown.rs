//! What the operating system says to end a service.

/// Listens, from the call on, for the process being asked to end (SIGTERM or SIGINT; elsewhere than on Unix Ctrl-C); the future ends with
/// it. Call it within the tokio runtime, and before anybody is told that the service is up.
pub fn shutdown_signal() -> impl Future<Output = ()> + Send {
    #[cfg(unix)]
    let signals = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate())
            .and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)))
    };
    #[cfg(not(unix))]
    let signals = Ok::<_, std::io::Error>(tokio::signal::ctrl_c());
    async move {
        match signals {
            #[cfg(unix)]
            Ok((mut terminate, mut interrupt)) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
            #[cfg(not(unix))]
            Ok(interrupt) if interrupt.await.is_ok() => {}
            #[cfg(not(unix))]
            Ok(_) => std::future::pending().await,
            Err(error) => {
                // Without a handler the signals keep their default effect, which ends the process.
                tracing::error!(%error, "cannot listen to signals");
                std::future::pending::<()>().await;
            }
        }
    }
}
