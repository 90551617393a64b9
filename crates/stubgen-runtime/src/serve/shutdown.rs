//! What the operating system says to end a service.

/// Ends when the process is asked to end: SIGTERM or SIGINT, elsewhere than on Unix Ctrl-C.
pub async fn shutdown_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            (Ok(mut terminate), Ok(mut interrupt)) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
            (Err(error), _) | (_, Err(error)) => {
                // Without a handler the signals keep their default effect, which ends the process.
                tracing::error!(%error, "cannot listen to signals");
                std::future::pending::<()>().await;
            }
        }
    }
    #[cfg(not(unix))]
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "cannot listen to signals");
        std::future::pending::<()>().await;
    }
}
