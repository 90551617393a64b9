//! A mock of the API for the tests of the client's users: a method an operation, with the setters of its call for which calls are meant, and
//! its answers by their types. The server below is the same for every document (`run_time/mock_server.rs`).
//!
//! The modules stand apart from the rest: the shell declares `mock/mod.rs` as its module `mock` if its users ask for it.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::client::answers::{Answer, Content, Kind, answers, content_type, differ};
use crate::emit::client::builder::{self, bodies, body_setter, method};
use crate::emit::client::{method_name, type_name};
use crate::emit::docs::doc;
use crate::emit::ident;
use crate::emit::used::Used;
use crate::ir::{Api, Operation, Payload, SchemeKind, Status};
use crate::names;

/// Methods of the mock beside those of the operations.
const METHODS: [&str; 6] = ["base_url", "calls", "client", "start", "uri", "verify"];

/// Methods of every answer beside the setters.
const TAKEN: [&str; 9] =
    ["answers", "answers_raw", "breaks_off", "delayed_by", "fails", "new", "once", "times", "with_header"];

/// The table of operations that mocks and spans know them by.
pub(super) fn paths(api: &Api) -> TokenStream {
    let mut operations: Vec<_> = api.operations.iter().collect();
    operations.sort_by(|one, other| one.ident.cmp(&other.ident));
    let rows = operations.iter().map(|operation| {
        let method = operation.method.key().to_uppercase();
        let (name, route) = (&operation.ident, &operation.route);
        quote! { (#name, #method, #route) }
    });
    let base_path = &api.base_path;
    quote! {
        /// The path that all operations share.
        #[allow(dead_code, reason = "only mocks and spans need it")]
        pub(crate) const BASE_PATH: &str = #base_path;

        /// Name, method and path of each operation, by name. Behind a path stands what tells its operations apart: a pair of the query behind
        /// `?`, a header behind `#`.
        #[allow(dead_code, reason = "only mocks and spans need it")]
        pub(crate) static PATHS: &[(&str, &str, &str)] = &[#(#rows),*];
    }
}

/// The mock.
pub(super) fn mock(api: &Api) -> TokenStream {
    let name = ident(&format!("Mock{}", api.ident));
    let title = doc(&format!(
        "{} as a server in this process, for tests: it answers what it is told to, and nothing else.",
        api.info.title.trim()
    ));
    let secrets = api.schemes.iter().filter_map(|scheme| match &scheme.kind {
        SchemeKind::ApiKeyHeader(name) | SchemeKind::ApiKeyQuery(name) => Some(name),
        _ => None,
    });
    let operations = api.operations.iter().map(|operation| {
        let known = method_name(operation);
        let docs = doc(&format!("Sets what calls of [`Client::{known}`](super::Client::{known}) get."));
        let method = if METHODS.contains(&known.as_str()) { format!("{known}_") } else { known };
        let (method, stub) = (ident(&method), type_name(operation));
        quote! {
            #docs
            pub fn #method(&self) -> stubs::#stub<'_> { stubs::#stub::new(&self.0) }
        }
    });
    let (title_text, stubs) = (api.info.title.trim(), stubs(api));
    quote! {
        use super::{Client, paths};
        use crate::mock_server::{Facts, Server};

        pub use crate::mock_server::{Received, Stub};

        #[doc = " What calls of each operation get."]
        pub mod stubs { #stubs }

        static FACTS: Facts = Facts {
            name: #title_text,
            base_path: paths::BASE_PATH,
            operations: paths::PATHS,
            secrets: &[#(#secrets),*],
        };

        #title
        ///
        /// It listens on a free port of this machine. A call that no answer was set for is answered 501 with a text that says what was called
        /// and what was expected. When the mock is dropped, such calls and calls that did not come as often as they had to
        /// ([`times`](stubs)) make the test fail with the same text.
        ///
        /// Of several answers for the same call the one decides that names most of it; of those the one that was set first, as long as it is
        /// for more calls. One for any number of calls is replaced by the next for the same calls.
        #[derive(Debug)]
        pub struct #name(Server);

        impl #name {
            /// Starts it, with no answers.
            pub async fn start() -> Self { Self(Server::start(&FACTS).await) }

            /// Scheme, address and port, such as `http://127.0.0.1:40123`.
            pub fn uri(&self) -> String { self.0.uri() }

            /// The same with the path that all operations share.
            pub fn base_url(&self) -> String { self.0.base_url() }

            /// A client of it, without credentials and with everything else as it is by default. No proxy of the environment is used.
            pub fn client(&self) -> Client {
                Client::new_with_client(&self.base_url(), Server::http_client(), crate::Shell::default())
            }

            /// All calls so far, repetitions by the client included.
            pub fn calls(&self) -> Vec<Received> { self.0.received() }

            /// Panics with what is wrong when calls and expectations do not fit together. Dropping the mock does the same.
            #[track_caller]
            pub fn verify(&self) {
                if let Some(problems) = self.0.problems() {
                    panic!("{problems}");
                }
            }

            #(#operations)*
        }
    }
}

fn stubs(api: &Api) -> TokenStream {
    let each: TokenStream = api.operations.iter().map(|operation| stub(api, operation)).collect();
    let used = Used::by(&each);
    let call = ["Body", "Call", "Method", "Style"];
    let call = call.into_iter().filter(|name| used.name(name)).map(ident);
    let display = used.name("Display").then(|| quote! { use std::fmt::Display; });
    let types = used.module("types").then(|| quote! { use super::super::types; });
    let imports = (!each.is_empty()).then(|| {
        quote! {
            use crate::call::{#(#call),*};
            use crate::mock_server::stub;
        }
    });
    quote! { #display #types #imports #each }
}

fn stub(api: &Api, operation: &Operation) -> TokenStream {
    let name = type_name(operation);
    let title = doc(&format!(
        "What calls of [`Client::{0}`](super::super::Client::{0}) get.",
        method_name(operation)
    ));
    let successes = answers(operation, Kind::Success);
    let errors = answers(operation, Kind::Error);
    let mut taken: Vec<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
    let replies: Vec<_> = [(Kind::Success, successes), (Kind::Error, errors)]
        .into_iter()
        .flat_map(|(kind, answers)| replies(api, kind, &answers, &mut taken))
        .collect();
    let bodies: Vec<_> = bodies(operation, &mut taken)
        .into_iter()
        .filter(|(_, kind)| !matches!(kind.payload, Payload::Multipart))
        .collect();
    let parameters: Vec<_> =
        operation.parameters.iter().map(|parameter| builder::setter(api, parameter, &mut taken)).collect();
    let bodies = bodies.iter().map(|(setter, kind)| body_setter(api, operation, setter, kind));
    let (id, method, path) = (&operation.ident, method(operation.method), &operation.path);
    quote! {
        #title
        #[derive(Debug)]
        #[must_use = "nothing is set before `answers` or `fails`"]
        pub struct #name<'a> {
            server: &'a crate::mock_server::Server,
            call: Call,
            answer: crate::mock_server::Answer,
        }
        stub!(#name);
        impl<'a> #name<'a> {
            pub(super) fn new(server: &'a crate::mock_server::Server) -> Self {
                Self { server, call: Call::new(#id, #method, #path), answer: Default::default() }
            }
            #(#parameters)*
            #(#bodies)*
            #(#replies)*
        }
    }
}

/// The methods that set an answer: one for all where they are alike, else one for each.
fn replies(api: &Api, kind: Kind, answers: &[Answer<'_>], taken: &mut Vec<String>) -> Vec<TokenStream> {
    let word = if kind == Kind::Success { "answers" } else { "fails" };
    let Some(first) = answers.first() else { return Vec::new() };
    if !differ(answers) {
        let docs = match kind {
            Kind::Success => format!("Answers {}", first.description),
            Kind::Error => {
                let lines: Vec<_> =
                    answers.iter().map(|answer| format!("- {}", answer.description)).collect();
                format!("Answers with an error and its status:\n\n{}", lines.join("\n"))
            }
        };
        let status = if kind == Kind::Success { Some(code(first.status)) } else { None };
        return vec![reply(api, word, &docs, first, status)];
    }
    let each = answers.iter().map(|answer| {
        let name = format!("{word}_{}", names::snake(&answer.variant));
        let name = super::free(&name, taken);
        let status = matches!(answer.status, Status::Code(_)).then(|| code(answer.status));
        reply(api, &name, &format!("Answers {}", answer.description), answer, status)
    });
    each.collect()
}

fn reply(api: &Api, name: &str, docs: &str, answer: &Answer<'_>, status: Option<u16>) -> TokenStream {
    let (name, docs) = (ident(name), doc(docs));
    let parameter = status.is_none().then(|| quote! { status: u16, });
    let status = match status {
        Some(code) => {
            let code = proc_macro2::Literal::u16_unsuffixed(code);
            quote! { #code }
        }
        None => quote! { status },
    };
    let media_type = media_type(answer);
    let ty = content_type(api, &answer.content);
    let (body, set) = match answer.content {
        Content::Nothing => (quote! { _nothing: () }, quote! { empty(self.server, self.call, #status) }),
        Content::Json(_) => (
            quote! { body: impl Into<#ty> },
            quote! { json(self.server, self.call, #status, #media_type, &Into::<#ty>::into(body)) },
        ),
        Content::Text => (
            quote! { body: impl Into<String> },
            quote! { bytes(self.server, self.call, #status, #media_type, body.into().into_bytes()) },
        ),
        Content::Bytes => (
            quote! { body: impl Into<Vec<u8>> },
            quote! { bytes(self.server, self.call, #status, #media_type, body.into()) },
        ),
    };
    quote! {
        #docs
        #[track_caller]
        pub fn #name(self, #parameter #body) -> crate::mock_server::Stub {
            self.answer.#set
        }
    }
}

fn code(status: Status) -> u16 {
    match status {
        Status::Code(code) => code,
        Status::Range(class) => class * 100,
        Status::Default => 500,
    }
}

/// A media type that an answer can have; the document may have a range of them.
fn media_type(answer: &Answer<'_>) -> String {
    let fallback = match answer.content {
        Content::Json(_) => "application/json",
        Content::Text => "text/plain",
        _ => "application/octet-stream",
    };
    match answer.content_type {
        Some(named) if !named.contains('*') => named.to_owned(),
        Some(range)
            if !range.starts_with('*') && matches!(answer.content, Content::Bytes | Content::Text) =>
        {
            range.replace('*', "x")
        }
        _ => fallback.to_owned(),
    }
}
