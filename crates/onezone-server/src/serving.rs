//! Serving requests from an open store until the process is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use onezone_store::Store;

use crate::announcement;
use crate::bootstrap::FirstStart;
use crate::output::Output;

/// Everything that serving needs beside the store.
pub(crate) struct Settings<'a> {
    /// Where to listen; port 0 takes any that is free.
    pub(crate) listen: SocketAddr,
    /// The database's name for commands that are shown to people.
    pub(crate) database: String,
    /// What the first start set up, to be announced together with the address.
    pub(crate) first_start: Option<FirstStart>,
    /// Where to announce it.
    pub(crate) output: &'a Output,
}

/// Listens, announces the address and serves. Returns when everything is finished.
pub(crate) async fn serve(store: Arc<dyn Store>, settings: Settings<'_>) -> anyhow::Result<()> {
    let listen = settings.listen;
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}: choose another address with --listen"))?;
    let address = listener.local_addr()?;
    for line in announcement::lines("http", address, &settings.database, settings.first_start.as_ref()) {
        settings.output.raw(&line);
    }
    store.close().await?;
    bail!("requests cannot be answered yet: serving is not wired")
}
