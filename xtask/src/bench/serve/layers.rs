//! What a request costs by layer: functions at which one layer calls the next.

use serde::Serialize;

use super::servers::Kind;

/// What a layer takes, with all that it calls.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Layer {
    /// What it does.
    pub(super) name: &'static str,
    /// How deep it lies within others.
    pub(super) depth: usize,
    /// Instructions per request.
    pub(super) instructions: f64,
}

/// The layers of our server: depth, name, and part of the name of a function that has all of it. One that the compiler
/// has put into its caller is not found, and left out.
const OURS: [(usize, &str, &str); 16] = [
    (0, "threads of the runtime", "tokio::runtime::scheduler::multi_thread::worker::run"),
    (1, "connection: deadlines, HTTP, socket", "stubgen_runtime::serve::connection::Connections<A>::drive"),
    (2, "reading the head", "Http1Transaction>::parse"),
    (2, "routing", "stubgen_runtime::shared::Shared::route"),
    (2, "writing head and body", "Dispatcher<D,Bs,I,T>::poll_write"),
    (
        1,
        "task of the request",
        "stubgen_runtime::service::Service<A>::call_in_task::{{closure}}::{{closure}}",
    ),
    (2, "authentication", "onezone_handlers::Handlers::principal"),
    (3, "reading the token", "onezone_tokens::token::Token::decode"),
    (3, "verifying the token", "onezone_tokens::verify::verify_access"),
    (3, "asking the store", "onezone_store::sqlite::threads::Readers::run"),
    (2, "answer as JSON", "stubgen_runtime::response::IntoResponse>::into_response"),
    (0, "thread of the store", "onezone_store::sqlite::threads::read_until_stopped"),
    (1, "record of the token", "onezone_store::operations::TokenForAuthentication as"),
    (2, "unsealing the secret", "onezone_store::operations::read::open_secret"),
    (1, "list of the ids", "onezone_store::operations::ListTokenIds as"),
    (1, "SQLite", "sqlite3_step"),
];

/// The layers of a server, by how many instructions a function has. Other servers are not taken apart.
pub(super) fn of(server: Kind, each: &dyn Fn(&str) -> f64) -> Vec<Layer> {
    if server != Kind::Ours {
        return Vec::new();
    }
    let layers = OURS.map(|(depth, name, function)| Layer { name, depth, instructions: each(function) });
    layers.into_iter().filter(|layer| layer.instructions >= 1.0).collect()
}
