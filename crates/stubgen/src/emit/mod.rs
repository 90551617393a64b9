//! The emitters, one a file: plain data in, tokens or text out. None of them decides anything about the document.

mod api;
mod cli;
pub(crate) mod client;
mod credentials;
mod definition;
mod docs;
mod emission;
mod endpoints;
mod operations;
mod payload;
mod rejection;
mod responses;
mod schemas;
pub(crate) mod types;
mod used;
mod validation;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use serde_json::Value;

use crate::files::Files;
use crate::ir::Api;
use crate::parallel;
use crate::render::{self, Header};

/// What a failing emitter says; it becomes a finding.
pub(crate) type Result<T> = std::result::Result<T, syn::Error>;

pub(crate) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// A module: its path, its documentation, and what makes its tokens.
type Source = (&'static str, &'static str, fn(&Api) -> TokenStream);

/// Which crate a module belongs to; the types belong to two of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Server,
    Client,
    Both,
    CommandLine,
}

const TYPES: &str = "types.rs";

/// The generated files of each crate.
pub(crate) struct Crates {
    pub(crate) server: Files,
    pub(crate) client: Files,
    pub(crate) command_line: Files,
}

/// Emits all crates. Every module is emitted by itself, as many at a time as the machine can.
pub(crate) fn crates(api: &Api, document: &Value, text: &str, header: &Header) -> Result<Crates> {
    // The largest first, so that no processor is left with it at the end.
    let mut sources: Vec<(Side, Source)> = Vec::new();
    sources.extend(client::sources(api).into_iter().map(|source| (Side::Client, source)));
    sources.push((Side::Both, (TYPES, "", |api| types::definitions(&api.types))));
    sources.extend(cli::SOURCES.map(|source| (Side::CommandLine, source)));
    sources.extend(self::sources(api).into_iter().map(|source| (Side::Server, source)));
    let made = parallel::map(&sources, |(_, (path, doc, emit))| {
        let mut files = Files::default();
        render::module(&mut files, header, path, doc, emit(api)).map(|()| files)
    });
    let mut crates =
        Crates { server: Files::default(), client: client::run_time(header), command_line: Files::default() };
    for ((side, _), files) in sources.iter().zip(made) {
        let files = files?;
        match side {
            Side::Server => crates.server.append(files),
            Side::Client => crates.client.append(files),
            Side::CommandLine => crates.command_line.append(files),
            Side::Both => {
                let server = "Wire types: the component schemas, and the schemas written at their place.";
                crates.server.append(documented(&files, header, server));
                let client = "Types of parameters, bodies and answers.";
                crates.client.append(growing(&documented(&files, header, client)));
            }
        }
    }
    crates.server.insert("emission.json", emission::emission(api));
    crates.server.insert("validation.json", validation::validation(api));
    crates.server.insert("openapi.json", serde_json::to_string_pretty(document).unwrap_or_default() + "\n");
    crates.server.insert("openapi.yaml", header.comment("#") + text);
    Ok(crates)
}

/// The types with a documentation of their module.
fn documented(files: &Files, header: &Header, doc: &str) -> Files {
    let head = header.comment("//");
    let mut documented = Files::default();
    for (path, text) in files.iter() {
        match text.strip_prefix(&head).filter(|_| path == TYPES) {
            Some(rest) => documented.insert(path, format!("{head}//! {doc}\n{rest}")),
            None => documented.insert(path, text.clone()),
        }
    }
    documented
}

/// The types as a client has them: a structure or an enum may get more, and callers must not rely on what it has. (A server writes them out,
/// and is told by the compiler what a change of the document leaves to do.) Items begin their lines; nothing in them does.
fn growing(files: &Files) -> Files {
    let mut growing = Files::default();
    for (path, text) in files.iter() {
        let mut marked = String::with_capacity(text.len() + text.len() / 32);
        for line in text.split_inclusive('\n') {
            let is_item = line.starts_with("pub struct ") || line.starts_with("pub enum ");
            if is_item && line.trim_end().ends_with(['{', '}']) {
                marked.push_str("#[non_exhaustive]\n");
            }
            marked.push_str(line);
        }
        growing.insert(path, marked);
    }
    growing
}

/// The modules of the server crate but its types.
fn sources(api: &Api) -> Vec<Source> {
    let mut sources: Vec<Source> = vec![
        ("operations.rs", "What each operation takes and gives.", operations::operations),
        (
            "schemas.rs",
            "The schemas of the document, word for word (in `emission.json`), for the types that carry them.",
            schemas::schemas,
        ),
        ("api.rs", "The trait that a server fills in.", api::api),
        ("rejection.rs", "The forms of errors.", rejection::forms),
        ("definition.rs", "The API as a table for the runtime.", definition::definition),
        ("endpoints.rs", "The API as a dropshot API trait.", endpoints::endpoints),
        ("mod.rs", "The server side of the API: what `openapi.yaml` says, as Rust.", modules),
    ];
    if !api.alternatives.is_empty() {
        sources.push((
            "credentials.rs",
            "Credentials that the document's `security` names.",
            credentials::credentials,
        ));
    }
    sources
}

fn modules(api: &Api) -> TokenStream {
    let credentials = (!api.alternatives.is_empty()).then(|| {
        quote! { mod credentials; pub use credentials::Credentials; }
    });
    quote! {
        mod api;
        mod definition;
        pub mod endpoints;
        mod operations;
        mod rejection;
        mod schemas;
        pub mod types;
        pub use api::*;
        pub use definition::DEFINITION;
        pub use operations::*;
        pub use rejection::ERRORS;
        #credentials
    }
}
