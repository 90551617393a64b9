//! The alternatives of the document's `security` as one enum.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::docs::doc;
use crate::emit::ident;
use crate::ir::{Api, Scheme, SchemeKind};
use crate::names;

pub(super) fn credentials(api: &Api) -> TokenStream {
    let schemes = |set: &[usize]| set.iter().map(|&index| &api.schemes[index]).collect::<Vec<_>>();
    let variants: Vec<_> = api.alternatives.iter().map(|set| variant(&schemes(set))).collect();
    let docs = api.alternatives.iter().map(|set| {
        let text = schemes(set).iter().map(|scheme| describe(scheme)).collect::<Vec<_>>().join("\n\n");
        doc(&text)
    });
    let payloads = api.alternatives.iter().map(|set| {
        let types = schemes(set).into_iter().map(|scheme| payload(&scheme.kind).0);
        quote! { (#(#types),*) }
    });
    let arms = api.alternatives.iter().enumerate().map(|(index, set)| {
        let name = &variants[index];
        let reads = schemes(set).into_iter().enumerate().map(|(place, scheme)| {
            let read = payload(&scheme.kind).1;
            quote! { presented.#read(#place) }
        });
        let pattern = if index + 1 == api.alternatives.len() {
            quote! { _ }
        } else {
            quote! { #index }
        };
        (pattern, quote! { Self::#name(#(#reads),*) })
    });
    let arms: Vec<_> = arms.collect();
    let found = match arms.as_slice() {
        [(_, only)] => only.clone(),
        arms => {
            let arms = arms.iter().map(|(pattern, arm)| quote! { #pattern => #arm });
            quote! { match presented.alternative() { #(#arms,)* } }
        }
    };
    quote! {
        /// The credentials of a request: the first of an operation's alternatives that the request has all parts of.
        #[derive(Debug)]
        pub enum Credentials {
            #(#docs #variants #payloads,)*
        }

        impl From<stubgen_runtime::Presented> for Credentials {
            fn from(presented: stubgen_runtime::Presented) -> Self {
                #found
            }
        }
    }
}

fn variant(schemes: &[&Scheme]) -> proc_macro2::Ident {
    ident(&schemes.iter().map(|scheme| names::pascal(&scheme.name)).collect::<Vec<_>>().join("And"))
}

fn describe(scheme: &Scheme) -> String {
    match &scheme.description {
        Some(description) => description.trim().to_owned(),
        None => format!("The security scheme `{}`.", scheme.name),
    }
}

fn payload(kind: &SchemeKind) -> (TokenStream, proc_macro2::Ident) {
    match kind {
        SchemeKind::Basic => (quote! { stubgen_runtime::BasicCredentials }, ident("basic")),
        SchemeKind::Bearer => (quote! { stubgen_runtime::BearerToken }, ident("bearer")),
        SchemeKind::ApiKeyHeader(_) | SchemeKind::ApiKeyQuery(_) | SchemeKind::ApiKeyCookie(_) => {
            (quote! { stubgen_runtime::ApiKey }, ident("api_key"))
        }
        SchemeKind::MutualTls => (quote! { stubgen_runtime::PeerCertificate }, ident("peer_certificate")),
    }
}
