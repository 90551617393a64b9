//! The emitters, one a file: plain data in, tokens or text out. None of them decides anything about the document.

mod api;
mod cli;
pub(crate) mod client;
mod credentials;
mod definition;
mod docs;
mod endpoints;
mod operations;
mod payload;
mod schemas;
pub(crate) mod types;
mod validation;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use serde_json::Value;

use crate::files::Files;
use crate::ir::Api;
use crate::parallel;
use crate::render::{self, Header};

pub(crate) use cli::cli;
pub(crate) use operations::refusals;

/// What a failing emitter says; it becomes a finding.
pub(crate) type Result<T> = std::result::Result<T, syn::Error>;

pub(crate) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// A file: its path, its documentation, and what makes its tokens.
type Module = (&'static str, &'static str, fn(&Api) -> TokenStream);

/// The files of the server crate.
pub(crate) fn api(api: &Api, document: &Value, text: &str, header: &Header) -> Result<Files> {
    // The largest first, so that no processor is left with it at the end.
    let mut sources: Vec<Module> = vec![
        ("types.rs", "Wire types: the component schemas, and the schemas written at their place.", |api| {
            types::definitions(&api.types)
        }),
        ("operations.rs", "What each operation takes and gives.", operations::operations),
        (
            "schemas.rs",
            "The schemas of the document, word for word, for the types that carry them.",
            schemas::schemas,
        ),
        ("api.rs", "The trait that a server fills in.", api::api),
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
    let mut files = Files::default();
    for made in parallel::map(&sources, |(path, doc, emit)| {
        let mut files = Files::default();
        render::module(&mut files, header, path, doc, emit(api)).map(|()| files)
    }) {
        files.append(made?);
    }
    files.insert("validation.json", validation::validation(api));
    files.insert("openapi.json", serde_json::to_string_pretty(document).unwrap_or_default() + "\n");
    files.insert("openapi.yaml", header.comment("#") + text);
    Ok(files)
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
        mod schemas;
        pub mod types;
        pub use api::*;
        pub use definition::DEFINITION;
        pub use operations::*;
        #credentials
    }
}
