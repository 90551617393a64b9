//! What a request costs by layer: each function belongs to one, by the crate that it comes from, with what it does by itself. So the
//! layers add up to the whole, for every server alike. Code of a library that the compiler puts into its caller is the caller's.

use serde::Serialize;

use super::profile::Function;

/// What a layer takes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Layer {
    /// What it is.
    pub(super) name: &'static str,
    /// Instructions per request.
    pub(super) instructions: f64,
}

/// What is nobody else's.
const REST: &str = "Rust's library, and the rest";

/// The layers, from the socket to the disk and back, with parts of names of functions; the first that fits decides.
const LAYERS: [(&str, &[&str]); 13] = [
    ("SHA-256", &["sha2::"]),
    ("store: unsealing secrets", &["chacha20", "poly1305", "aead::", "onezone_store::seal"]),
    ("tokens: reading, verifying", &["onezone_tokens", "hmac::", "digest::", "base62"]),
    ("store: statements, hand-over to SQLite", &["onezone_store", "rusqlite", "hashlink", "crossbeam"]),
    ("authentication, operations", &["onezone_handlers"]),
    ("answer as JSON", &["serde", "NamedTokenList"]),
    ("parameters, generated code", &["onezone_api", "regress", "openapi::", "validator", "regex"]),
    ("runtime of generated servers", &["stubgen_runtime"]),
    ("framework", &["axum", "tower", "dropshot", "matchit", "slog", "baselines"]),
    (
        "HTTP",
        &[
            "hyper",
            "httparse",
            "http::",
            "http_body",
            "httpdate",
            "bytes::",
            "h2::",
            "itoa",
            "percent_encoding",
        ],
    ),
    ("tasks, sockets, timers", &["tokio", "mio::", "futures", "parking_lot"]),
    ("log, metrics", &["tracing", "metrics"]),
    (ALLOCATOR, ALLOCATING),
];

const ALLOCATOR: &str = "memory: allocator";
const ALLOCATING: &[&str] = &["mi_", "malloc", "realloc", "calloc", "_int_", "cfree", "mimalloc"];
const COPYING: &str = "memory: copying; system library";
const SQLITE: &str = "SQLite";

/// The layers by how many instructions the functions take by themselves, largest first.
pub(super) fn of<'a>(functions: impl Iterator<Item = (&'a Function, f64)>) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    for (function, instructions) in functions {
        let name = layer(function);
        match layers.iter_mut().find(|layer| layer.name == name) {
            Some(layer) => layer.instructions += instructions,
            None => layers.push(Layer { name, instructions }),
        }
    }
    layers.retain(|layer| layer.instructions >= 1.0);
    layers.sort_by(|one, other| other.instructions.total_cmp(&one.instructions));
    layers
}

fn layer(function: &Function) -> &'static str {
    let name = function.name.as_str();
    let is_rust = name.contains("::") || name.starts_with('<');
    if !is_rust && !ALLOCATING.iter().any(|part| name.contains(part)) {
        // Names in C have no path: what is in the program itself is the engine, which is built into it.
        let is_library = function.object.contains(".so");
        return if is_library || name.starts_with("mem") { COPYING } else { SQLITE };
    }
    let found = LAYERS.iter().find(|(_, parts)| parts.iter().any(|part| name.contains(part)));
    found.map_or(REST, |(layer, _)| layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str, object: &str) -> Function {
        Function { name: name.to_owned(), object: object.to_owned() }
    }

    #[test]
    fn every_function_belongs_to_one_layer() {
        for (name, object, expected) in [
            ("sqlite3VdbeExec", "/x/onezone-server", SQLITE),
            ("btreeBeginTrans", "/x/axum", SQLITE),
            ("__memcpy_avx_unaligned_erms", "/lib/libc.so.6", COPYING),
            ("malloc", "/lib/libc.so.6", ALLOCATOR),
            ("mi_malloc", "/x/axum", ALLOCATOR),
            ("sha2::sha256::soft::unroll::compress", "/x/axum", "SHA-256"),
            ("<T as aead::Aead>::decrypt", "/x/axum", "store: unsealing secrets"),
            ("hyper::proto::h1::role::Server::parse", "/x/axum", "HTTP"),
            ("core::fmt::write", "/x/axum", REST),
        ] {
            assert_eq!(layer(&function(name, object)), expected, "{name}");
        }
    }

    #[test]
    fn layers_add_up_to_the_whole() {
        let functions = [function("a::b", ""), function("sqlite3_step", ""), function("sqlite3_reset", "")];
        let layers = of(functions.iter().zip([3.0, 20.0, 4.0]));
        let told: Vec<_> = layers.iter().map(|layer| (layer.name, layer.instructions)).collect();
        assert_eq!(told, [(SQLITE, 24.0), (REST, 3.0)]);
    }
}
