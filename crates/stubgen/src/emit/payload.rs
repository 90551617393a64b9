//! Bodies of requests in Rust: what they are, and how they are read.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::emit::docs::doc;
use crate::emit::{ident, types};
use crate::ir::{Api, Body, Operation, Payload};
use crate::names;

/// The type of a request body as a handler takes it.
pub(super) fn body_type(api: &Api, operation: &Operation, body: &Body) -> TokenStream {
    let ty = match body.kinds.as_slice() {
        [only] => request_type(api, &only.payload),
        _ => {
            let name = ident(&format!("{}Body", operation.pascal));
            quote! { #name }
        }
    };
    if body.required {
        ty
    } else {
        quote! { Option<#ty> }
    }
}

fn request_type(api: &Api, payload: &Payload) -> TokenStream {
    match payload {
        Payload::Json(ty) | Payload::Form(ty, _) => types::outside(&api.types, &ty.ty),
        Payload::Text => quote! { String },
        Payload::Bytes => quote! { stubgen_runtime::Bytes },
        Payload::Multipart => quote! { stubgen_runtime::Multipart },
    }
}

/// The enum of a body that may come in several media types, and how it is read.
pub(super) fn body_definition(api: &Api, operation: &Operation) -> Option<TokenStream> {
    let body = operation.body.as_ref().filter(|body| body.kinds.len() > 1)?;
    let name = ident(&format!("{}Body", operation.pascal));
    let title = doc(&format!("The body of `{}`, in one of its media types.", operation.id));
    let mut taken: Vec<String> = Vec::new();
    let kinds: Vec<_> = body
        .kinds
        .iter()
        .map(|kind| {
            let stem = media_type_ident(&kind.media_type);
            let variant = names::numbered(&stem, &stem, |ident| taken.iter().any(|known| known == ident));
            taken.push(variant.clone());
            (ident(&variant), kind)
        })
        .collect();
    let variants = kinds.iter().map(|(variant, kind)| {
        let docs = doc(&format!("`{}`", kind.media_type));
        let ty = request_type(api, &kind.payload);
        quote! { #docs #variant(#ty) }
    });
    let rows = kinds.iter().map(|(variant, kind)| {
        let (media_type, read) = (&kind.media_type, reader(&kind.payload, false));
        quote! { #variant: #media_type #read }
    });
    Some(quote! {
        #title
        #[derive(Debug)]
        pub enum #name { #(#variants,)* }
        stubgen_runtime::bodies!(#name { #(#rows),* });
    })
}

/// `application/vnd.a+json` as `ApplicationVndAJson`.
pub(super) fn media_type_ident(media_type: &str) -> String {
    names::pascal(&media_type.replace('*', "any").replace('+', "_"))
}

/// The function of the runtime that reads the body in a call.
pub(super) fn body_reader(body: &Body) -> Ident {
    match body.kinds.as_slice() {
        [only] => reader(&only.payload, body.required),
        _ => ident(if body.required { "any_body" } else { "optional_any_body" }),
    }
}

fn reader(payload: &Payload, required: bool) -> Ident {
    let read = match payload {
        Payload::Json(_) => "json_body",
        Payload::Form(..) => "form_body",
        Payload::Text => "text_body",
        Payload::Bytes => "bytes_body",
        Payload::Multipart => "multipart_body",
    };
    if required { ident(read) } else { ident(&format!("optional_{read}")) }
}
