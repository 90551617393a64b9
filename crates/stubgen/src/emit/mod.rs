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
use crate::render::{self, Header};

pub(crate) use cli::cli;
pub(crate) use operations::refusals;

/// What a failing emitter says; it becomes a finding.
pub(crate) type Result<T> = std::result::Result<T, syn::Error>;

pub(crate) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// The files of the server crate.
pub(crate) fn api(api: &Api, document: &Value, text: &str, header: &Header) -> Result<Files> {
    let mut files = Files::default();
    let mut write = |path, doc: &str, tokens| render::module(&mut files, header, path, doc, tokens);
    write("mod.rs", "The server side of the API: what `openapi.yaml` says, as Rust.", modules(api))?;
    write(
        "types.rs",
        "Wire types: the component schemas, and the schemas written at their place.",
        types::definitions(&api.types),
    )?;
    write(
        "schemas.rs",
        "The schemas of the document, word for word, for the types that carry them.",
        schemas::schemas(api),
    )?;
    write("operations.rs", "What each operation takes and gives.", operations::operations(api))?;
    write("api.rs", "The trait that a server fills in.", api::api(api))?;
    write("definition.rs", "The API as a table for the runtime.", definition::definition(api))?;
    write("endpoints.rs", "The API as a dropshot API trait.", endpoints::endpoints(api))?;
    if !api.alternatives.is_empty() {
        write(
            "credentials.rs",
            "Credentials that the document's `security` names.",
            credentials::credentials(api),
        )?;
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
