//! The client: a method an operation, each giving a builder with a setter a parameter, in the manner of progenitor and on its run-time
//! crate. progenitor's own generator is not used: it knows one type for all successes of an operation and one for all errors, no cookies,
//! styles or several media types, gives up or panics on what many documents have, and drops the status of a body that does not fit.

mod answers;
mod builder;
mod constructors;
mod headers;
mod mock;

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::docs::{doc, paragraphs};
use crate::emit::{Source, ident};
use crate::files::Files;
use crate::ir::{Api, Operation};
use crate::names;
use crate::render::Header;

/// What every client has, word for word.
const RUN_TIME: [(&str, &str); 8] = [
    ("answer.rs", include_str!("run_time/answer.rs")),
    ("call.rs", include_str!("run_time/call.rs")),
    ("header.rs", include_str!("run_time/header.rs")),
    ("mock_pattern.rs", include_str!("run_time/mock_pattern.rs")),
    ("mock_server.rs", include_str!("run_time/mock_server.rs")),
    ("mock_stub.rs", include_str!("run_time/mock_stub.rs")),
    ("style.rs", include_str!("run_time/style.rs")),
    ("trace.rs", include_str!("run_time/trace.rs")),
];

/// The modules of the client crate but its types, which are the server's. Its shell has to declare `call.rs` as its module `call`, and to
/// have a type `Shell`. For mocks it declares `mock_server.rs` and `mock/mod.rs` as `mock_server` and `mock`, for spans `trace.rs` as `trace`,
/// each as a feature or not at all.
pub(super) fn sources(api: &Api) -> Vec<Source> {
    let mut sources: Vec<Source> = vec![
        ("mock/mod.rs", "A mock of the API, for tests.", mock::mock),
        ("builder.rs", "Calls: one builder an operation, with a setter a parameter.", builder::builders),
        ("mod.rs", "The client: a method an operation.", modules),
        ("paths.rs", "The operations as a table.", mock::paths),
        ("prelude.rs", "What most callers need.", |_| quote! { pub use super::Client; }),
    ];
    if answers::has_definitions(api, answers::Kind::Success) {
        let doc = "Successes of the operations that have several, by status.";
        sources.push(("responses.rs", doc, |api| {
            answers::definitions(api, answers::Kind::Success).unwrap_or_default()
        }));
    }
    if answers::has_definitions(api, answers::Kind::Error) {
        let doc = "Errors of the operations that have several, by status.";
        sources.push(("errors.rs", doc, |api| {
            answers::definitions(api, answers::Kind::Error).unwrap_or_default()
        }));
    }
    if constructors::has_definitions(api) {
        sources.push(("constructors.rs", "Constructors of structures.", constructors::constructors));
    }
    if headers::has_definitions(api) {
        sources.push((
            "headers.rs",
            "Headers of answers, read from what `headers()` of an answer gives.",
            |api| headers::Headers::new(api).definitions(api),
        ));
    }
    sources
}

/// The files that are the same for every document.
pub(super) fn run_time(header: &Header) -> Files {
    let mut files = Files::default();
    for (path, text) in RUN_TIME {
        files.insert(path, header.comment("//") + text);
    }
    files
}

fn modules(api: &Api) -> TokenStream {
    let client = client_type(api);
    let methods = api.operations.iter().map(method);
    let optional = [(answers::Kind::Success, "responses"), (answers::Kind::Error, "errors")];
    let optional =
        optional.into_iter().filter(|(kind, _)| answers::has_definitions(api, *kind)).map(|(_, name)| {
            let name = ident(name);
            quote! { pub mod #name; }
        });
    let headers = headers::has_definitions(api).then(|| quote! { pub mod headers; });
    let deprecated = uses_deprecated(api).then(|| {
        quote! { #[allow(deprecated, reason = "what the document calls deprecated is part of it")] }
    });
    let constructors = constructors::has_definitions(api).then(|| quote! { #deprecated mod constructors; });
    quote! {
        pub use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
        pub use crate::call::{HeaderMismatch, Mismatch};
        #deprecated
        pub mod builder;
        #constructors
        #(#optional)*
        #headers
        pub(crate) mod paths;
        pub mod prelude;
        #deprecated
        pub mod types;
        #client
        impl Client { #(#methods)* }
    }
}

fn uses_deprecated(api: &Api) -> bool {
    use crate::ir::types::TypeShape;
    api.types.definitions.iter().any(|definition| {
        definition.deprecated
            || matches!(&definition.shape, TypeShape::Struct(shape) if shape.fields.iter().any(|field| field.deprecated))
    })
}

fn client_type(api: &Api) -> TokenStream {
    let info = &api.info;
    let title = format!("Client for {}", info.title.trim());
    let version = format!("Version: {}", info.version);
    let docs = paragraphs(&[Some(&title), info.description.as_deref(), Some(&version)]);
    let version = &info.version;
    quote! {
        #docs
        #[derive(Clone, Debug)]
        pub struct Client {
            pub(crate) baseurl: String,
            pub(crate) client: reqwest::Client,
            pub(crate) inner: crate::Shell,
        }
        impl Client {
            /// A client that sends by `client` to `baseurl`, which has a scheme, a host and the path that all operations share.
            pub fn new_with_client(baseurl: &str, client: reqwest::Client, inner: crate::Shell) -> Self {
                Self { baseurl: baseurl.trim_end_matches('/').to_owned(), client, inner }
            }
        }
        impl ClientInfo<crate::Shell> for Client {
            fn api_version() -> &'static str {
                #version
            }
            fn baseurl(&self) -> &str {
                &self.baseurl
            }
            fn client(&self) -> &reqwest::Client {
                &self.client
            }
            fn inner(&self) -> &crate::Shell {
                &self.inner
            }
        }
    }
}

fn method(operation: &Operation) -> TokenStream {
    let place = format!("`{} {}`", operation.method.key().to_uppercase(), operation.path);
    let docs = paragraphs(&[operation.summary.as_deref(), operation.description.as_deref(), Some(&place)]);
    let deprecated = operation.deprecated.then(|| quote! { #[deprecated] });
    let (name, builder) = (ident(&method_name(operation)), type_name(operation));
    quote! {
        #docs
        #deprecated
        pub fn #name(&self) -> builder::#builder<'_> {
            builder::#builder::new(self)
        }
    }
}

/// Methods that a client has beside its operations, those of its shell among them.
const METHODS: [&str; 9] = [
    "base_url",
    "builder",
    "clone",
    "exchange",
    "new_with_client",
    "request",
    "with_credentials",
    "with_header",
    "with_retry",
];

/// The name of the method: the operation's own, unless the client has another method of that name.
fn method_name(operation: &Operation) -> String {
    let name = &operation.ident;
    if METHODS.contains(&name.as_str()) { format!("{name}_") } else { name.clone() }
}

/// Names that mean something else in the modules of the builders and of the answers.
const TAKEN: [&str; 31] = [
    "Answer",
    "Body",
    "Box",
    "ByteStream",
    "Call",
    "Client",
    "Clone",
    "Copy",
    "Debug",
    "Display",
    "Drop",
    "Eq",
    "Err",
    "Fn",
    "From",
    "Into",
    "Method",
    "None",
    "Ok",
    "Option",
    "Ord",
    "Outcome",
    "Result",
    "Send",
    "Some",
    "String",
    "Style",
    "Sync",
    "ToString",
    "TryInto",
    "Vec",
];

/// The name of the builder and of the enums of answers: the operation's own, unless that would hide what their modules need.
fn type_name(operation: &Operation) -> proc_macro2::Ident {
    let name = &operation.pascal;
    if TAKEN.contains(&name.as_str()) { ident(&format!("{name}_")) } else { ident(name) }
}

/// A name among those that are taken already.
fn free(name: &str, taken: &mut Vec<String>) -> String {
    let free = names::numbered(name, name, |name| taken.iter().any(|known| known == name));
    taken.push(free.clone());
    free
}

/// What something is, and what the document says of it.
fn documented(what: &str, description: Option<&str>) -> TokenStream {
    match description.map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) if !text.contains('\n') => doc(&format!("{what}: {text}")),
        Some(text) => doc(&format!("{what}.\n\n{text}")),
        None => doc(&format!("{what}.")),
    }
}
