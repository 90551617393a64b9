//! Bodies of requests and responses in Rust: what they are, how they are read and how they are sent.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::docs::{doc, sentence};
use crate::emit::{definition, ident, types};
use crate::ir::{Api, Body, BodyKind, Operation, Payload, Response, Status};
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

/// The enum of a body that may come in several media types.
pub(super) fn body_definition(api: &Api, operation: &Operation) -> Option<TokenStream> {
    let body = operation.body.as_ref().filter(|body| body.kinds.len() > 1)?;
    let name = ident(&format!("{}Body", operation.pascal));
    let title = doc(&format!("The body of `{}`, in one of its media types.", operation.id));
    let variants = body.kinds.iter().map(|kind| {
        let docs = doc(&format!("`{}`", kind.media_type));
        let variant = body_variant(kind);
        let ty = request_type(api, &kind.payload);
        quote! { #docs #variant(#ty) }
    });
    Some(quote! {
        #title
        #[derive(Debug)]
        pub enum #name { #(#variants,)* }
    })
}

fn body_variant(kind: &BodyKind) -> proc_macro2::Ident {
    ident(&names::pascal(&kind.media_type.replace('*', "any").replace('+', "_")))
}

/// Code that reads the body in a call.
pub(super) fn read_body(operation: &Operation, body: &Body) -> TokenStream {
    if let [only] = body.kinds.as_slice() {
        let read = read_kind(&only.payload, body.required);
        return quote! { let body = #read; };
    }
    let name = ident(&format!("{}Body", operation.pascal));
    let arms = body.kinds.iter().map(|kind| {
        let (media_type, variant) = (&kind.media_type, body_variant(kind));
        let read = read_kind(&kind.payload, body.required);
        if body.required {
            quote! { Some(#media_type) => #name::#variant(#read) }
        } else {
            quote! { Some(#media_type) => #read.map(#name::#variant) }
        }
    });
    let none = if body.required {
        quote! { return Err(stubgen_runtime::Rejection::MissingBody) }
    } else {
        quote! { None }
    };
    quote! {
        let body = match call.media_type() {
            #(#arms,)*
            _ => #none,
        };
    }
}

fn read_kind(payload: &Payload, required: bool) -> TokenStream {
    let (read, argument) = match payload {
        Payload::Json(_) => ("json_body", TokenStream::new()),
        Payload::Form(_, shape) => {
            let shape = definition::shape(shape);
            ("form_body", quote! { &#shape })
        }
        Payload::Text => ("text_body", TokenStream::new()),
        Payload::Bytes => ("bytes_body", TokenStream::new()),
        Payload::Multipart => ("multipart_body", TokenStream::new()),
    };
    let read = if required { ident(read) } else { ident(&format!("optional_{read}")) };
    quote! { call.#read(#argument).await? }
}

/// An enum with one variant a response, and how each is sent.
pub(super) fn responses(
    api: &Api,
    name: &str,
    title: &str,
    responses: &[&Response],
    more: Option<(&str, &str)>,
) -> TokenStream {
    let name = ident(name);
    let title = doc(title);
    let variants: Vec<_> = responses.iter().map(|response| ident(&variant(response.status))).collect();
    let docs = responses
        .iter()
        .map(|response| doc(&format!("{}: {}", response.status.key(), sentence(&response.description))));
    let fields = responses.iter().map(|response| {
        let status = (!matches!(response.status, Status::Code(_))).then(|| quote! { u16 });
        let body = response.content.as_ref().map(|(_, payload)| match payload {
            Payload::Json(ty) => types::outside(&api.types, &ty.ty),
            Payload::Text => quote! { String },
            _ => quote! { stubgen_runtime::Body },
        });
        match (status, body) {
            (None, None) => TokenStream::new(),
            (status, body) => {
                let all: Vec<_> = status.into_iter().chain(body).collect();
                quote! { (#(#all),*) }
            }
        }
    });
    let arms = responses.iter().zip(&variants).map(|(response, variant)| send(response, variant));
    let streams = responses
        .iter()
        .any(|r| matches!(r.content, Some((_, Payload::Bytes | Payload::Form(..) | Payload::Multipart))));
    let derived = if streams {
        quote! { Debug }
    } else {
        quote! { Clone, Debug }
    };
    let extra = more.map(|(variant, docs)| {
        let (variant, docs) = (ident(variant), doc(docs));
        quote! { #docs #variant, }
    });
    let extra_arm = more.map(|(variant, _)| {
        let variant = ident(variant);
        quote! { Self::#variant => stubgen_runtime::empty(401), }
    });
    quote! {
        #title
        #[derive(#derived)]
        pub enum #name {
            #(#docs #variants #fields,)*
            #extra
        }
        impl stubgen_runtime::IntoResponse for #name {
            fn into_response(self) -> stubgen_runtime::Response {
                match self {
                    #(#arms)*
                    #extra_arm
                }
            }
        }
    }
}

fn send(response: &Response, variant: &proc_macro2::Ident) -> TokenStream {
    let (status, pattern) = match response.status {
        Status::Code(code) => (quote! { #code }, None),
        _ => (quote! { status }, Some(quote! { status })),
    };
    let Some((media_type, payload)) = &response.content else {
        let pattern = pattern.map(|status| quote! { (#status) });
        return quote! { Self::#variant #pattern => stubgen_runtime::empty(#status), };
    };
    let all: Vec<_> = pattern.into_iter().chain([quote! { body }]).collect();
    let answer = match payload {
        Payload::Json(_) if media_type == "application/json" || media_type == "*/*" => {
            quote! { stubgen_runtime::json(#status, &body) }
        }
        Payload::Json(_) => quote! { stubgen_runtime::json_as(#status, #media_type, &body) },
        _ => quote! { stubgen_runtime::raw(#status, #media_type, body) },
    };
    quote! { Self::#variant(#(#all),*) => #answer, }
}

/// The Rust name of a status: its phrase in the registry (RFC 9110, section 15), or its number.
pub(super) fn variant(status: Status) -> String {
    match status {
        Status::Code(code) => {
            let phrase = http::StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason());
            phrase.map_or_else(|| format!("Status{code}"), names::pascal)
        }
        Status::Range(class) => format!("Status{class}xx"),
        Status::Default => "Default".to_owned(),
    }
}
