//! The trait that a server fills in, and the glue by which the runtime calls it.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::emit::docs::{doc, paragraphs};
use crate::emit::used::Used;
use crate::emit::{ident, operations, payload, rejection};
use crate::ir::{Api, Operation};

pub(super) fn api(api: &Api) -> TokenStream {
    let trait_ = trait_definition(api);
    let glue = glue(api);
    let credentials = (!api.alternatives.is_empty()).then(|| quote! { use super::credentials::Credentials; });
    let has_operations = !api.operations.is_empty() || !api.alternatives.is_empty();
    let operations = has_operations.then(|| quote! { use super::operations::*; });
    let types = Used::by(&trait_).module("types").then(|| quote! { use super::types; });
    quote! {
        #credentials
        use super::definition::DEFINITION;
        use super::rejection::ERRORS;
        #operations
        #types
        #trait_
        #glue
    }
}

fn trait_definition(api: &Api) -> TokenStream {
    let name = ident(&format!("{}Api", api.ident));
    let title = doc(&format!(
        "{}: one required method an operation, so that after a change of the document the compiler says what to fill in.\n\n\
         Requests reach a method authenticated, with their parameters and body read; what a method returns can only be \
         what the document says.",
        api.info.title
    ));
    let rejection = rejection::hook(api);
    let security = (!api.alternatives.is_empty()).then(|| {
        quote! {
            /// Who a request comes from. Its `Display` stands in the access log, so it must not say anything secret.
            type Principal: std::fmt::Display + Send + Sync + 'static;

            /// Turns credentials into a principal, before parameters are read. `None`: the request satisfies none of the
            /// alternatives that the operation's `security` lists. An operation that can do without is then called without asking here.
            fn authenticate(
                &self,
                request: &stubgen_runtime::Request,
                credentials: Option<Credentials>,
            ) -> impl Future<Output = Result<Self::Principal, AuthenticateError>> + Send;
        }
    });
    let methods = api.operations.iter().map(|operation| method(operation, api));
    quote! {
        #title
        pub trait #name: Send + Sync + 'static {
            #security
            #rejection
            #(#methods)*
        }
    }
}

fn method(operation: &Operation, api: &Api) -> TokenStream {
    let name = ident(&operation.ident);
    let route = format!("`{} {}`", operation.method.key().to_uppercase(), operation.path);
    let docs = paragraphs(&[operation.summary.as_deref(), Some(&route), operation.description.as_deref()]);
    let principal = (!operation.security.alternatives.is_empty()).then(|| {
        if operation.security.optional {
            quote! { principal: Option<Self::Principal>, }
        } else {
            quote! { principal: Self::Principal, }
        }
    });
    let parameters = (!operation.parameters.is_empty()).then(|| {
        let ty = ident(&format!("{}Parameters", operation.pascal));
        quote! { parameters: #ty, }
    });
    let body = operation.body.as_ref().map(|body| {
        let ty = payload::body_type(api, operation, body);
        quote! { body: #ty, }
    });
    let response = ident(&format!("{}Response", operation.pascal));
    let error = ident(&format!("{}Error", operation.pascal));
    quote! {
        #docs
        fn #name(
            &self,
            request: &stubgen_runtime::Request,
            #principal
            #parameters
            #body
        ) -> impl Future<Output = Result<#response, #error>> + Send;
    }
}

fn glue(api: &Api) -> TokenStream {
    let name = ident(&format!("{}Api", api.ident));
    let rows = api.operations.iter().enumerate().map(|(index, operation)| row(index, operation));
    let is_closed = !operations::has_other_refusals(api);
    let reject = quote! {
        stubgen_runtime::Api::reject(
            self,
            Some(request.operation_index()),
            &stubgen_runtime::Rejection::Unauthenticated,
        )
    };
    let refused = if operations::declares_unauthorized(api) {
        quote! { principal.map_err(stubgen_runtime::IntoResponse::into_response) }
    } else if is_closed {
        quote! { principal.map_err(|AuthenticateError::Unauthenticated| #reject) }
    } else {
        quote! {
            principal.map_err(|error| match error {
                AuthenticateError::Unauthenticated => #reject,
                error => stubgen_runtime::IntoResponse::into_response(error),
            })
        }
    };
    let (principal, authenticate) = if api.alternatives.is_empty() {
        (quote! { &'static str }, quote! { let _ = (request, presented); Ok("") })
    } else {
        (
            quote! { A::Principal },
            quote! {
                let principal = self.0.authenticate(request, presented.map(Credentials::from)).await;
                #refused
            },
        )
    };
    let answer = rejection::reject();
    quote! {
        /// The API as the runtime serves it.
        #[derive(Clone, Debug)]
        pub struct Server<A>(pub A);

        impl<A: #name> stubgen_runtime::Api for Server<A> {
            type Principal = #principal;

            fn definition(&self) -> &'static stubgen_runtime::Definition {
                &DEFINITION
            }

            async fn authenticate(
                &self,
                request: &stubgen_runtime::Request,
                presented: Option<stubgen_runtime::Presented>,
            ) -> Result<Self::Principal, stubgen_runtime::Response> {
                #authenticate
            }

            #answer

            async fn call(
                &self,
                operation: usize,
                principal: Option<Self::Principal>,
                call: stubgen_runtime::Call,
            ) -> Result<stubgen_runtime::Response, stubgen_runtime::Rejection> {
                self.dispatch(operation, principal, call).await
            }
        }

        stubgen_runtime::dispatch!(#name for Server { #(#rows),* });
    }
}

/// How the runtime calls an operation.
fn row(index: usize, operation: &Operation) -> TokenStream {
    let name = ident(&operation.ident);
    let index = Literal::usize_unsuffixed(index);
    let principal = (!operation.security.alternatives.is_empty())
        .then(|| ident(if operation.security.optional { "optional_principal" } else { "principal" }));
    let parameters = (!operation.parameters.is_empty()).then(|| ident("parameters"));
    let body = operation.body.as_ref().map(payload::body_reader);
    let arguments = principal.into_iter().chain(parameters).chain(body);
    quote! { #index => #name(#(#arguments),*) }
}
