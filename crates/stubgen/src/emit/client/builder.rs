//! The builders: what an operation is called with, and what becomes of its answer.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::client::headers::Headers;
use crate::emit::client::{answers, documented, free, method_name, type_name};
use crate::emit::docs::{doc, paragraphs};
use crate::emit::used::Used;
use crate::emit::{ident, types};
use crate::ir::{Api, BodyKind, Location, Method, Operation, Parameter, Payload, Shape, Style};
use crate::names;

/// The builders of all operations.
pub(super) fn builders(api: &Api) -> TokenStream {
    let headers = Headers::new(api);
    let each = api.operations.iter().map(|operation| builder(api, &headers, operation));
    let each: TokenStream = each.collect();
    // Not every API needs everything, and an import that is not needed is a warning.
    let used = Used::by(&each);
    let call = ["Body", "ByteStream", "Call", "Method", "Outcome", "Style", "failed", "same"];
    let call: Vec<_> = call.into_iter().filter(|name| used.name(name)).map(ident).collect();
    let call = (!call.is_empty()).then(|| quote! { use crate::call::{#(#call),*}; });
    let display = used.name("Display").then(|| quote! { use std::fmt::Display; });
    let modules = ["errors", "responses", "types"];
    let modules = modules.into_iter().filter(|name| used.module(name)).map(ident);
    let client = used.name("Client").then(|| quote! { Client, });
    quote! {
        #display
        use super::{#client #(#modules),*};
        #call
        #each
    }
}

fn builder<'a>(api: &'a Api, headers: &Headers<'a>, operation: &'a Operation) -> TokenStream {
    let name = type_name(operation);
    let title = doc(&format!("A call of [`Client::{0}`](super::Client::{0}).", method_name(operation)));
    let mut taken = vec!["new".to_owned(), "send".to_owned()];
    let bodies: Vec<_> = bodies(operation, &mut taken);
    let parameters = operation.parameters.iter().map(|parameter| setter(api, parameter, &mut taken));
    let parameters: Vec<_> = parameters.collect();
    let setters = bodies.iter().map(|(setter, kind)| body_setter(api, operation, setter, kind));
    let form = has_form(operation);
    let field = form.then(|| quote! { form: Option<reqwest::multipart::Form>, });
    let nothing = form.then(|| quote! { form: None, });
    let begin = begin(operation);
    let send = send(api, headers, operation, form);
    quote! {
        #title
        #[derive(Debug)]
        #[must_use = "nothing is sent before `send`"]
        pub struct #name<'a> {
            client: &'a Client,
            call: Call,
            #field
        }
        impl<'a> #name<'a> {
            pub(super) fn new(client: &'a Client) -> Self {
                let call = #begin;
                Self { client, call, #nothing }
            }
            #(#parameters)*
            #(#setters)*
            #send
        }
    }
}

fn has_form(operation: &Operation) -> bool {
    let kinds = operation.body.iter().flat_map(|body| &body.kinds);
    kinds.into_iter().any(|kind| matches!(kind.payload, Payload::Multipart))
}

/// The request without anything set.
fn begin(operation: &Operation) -> TokenStream {
    let (id, path) = (&operation.ident, &operation.path);
    let method = method(operation.method);
    let accept = accept(operation);
    let mut needed: Vec<TokenStream> = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.required && parameter.location != Location::Path)
        .map(|parameter| {
            let (place, name) = (parameter.location.key(), &parameter.name);
            quote! { (#place, #name) }
        })
        .collect();
    if operation.body.as_ref().is_some_and(|body| body.required) {
        needed.push(quote! { ("body", "body") });
    }
    let needs = (!needed.is_empty()).then(|| quote! { .needs(&[#(#needed),*]) });
    let accepts = (accept != "application/json").then(|| quote! { .accepts(#accept) });
    quote! { Call::new(#id, #method, #path) #accepts #needs }
}

pub(super) fn method(method: Method) -> TokenStream {
    let name = ident(&method.key().to_uppercase());
    quote! { Method::#name }
}

/// The media types of all answers, in the order of the document.
fn accept(operation: &Operation) -> String {
    let mut types: Vec<&str> = Vec::new();
    for response in &operation.responses {
        for (media_type, _) in response.contents() {
            let plain = media_type.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
            let media_type = if plain { media_type } else { "*/*" };
            if !types.contains(&media_type) {
                types.push(media_type);
            }
        }
    }
    types.join(", ")
}

pub(super) fn setter(api: &Api, parameter: &Parameter, taken: &mut Vec<String>) -> TokenStream {
    let wanted = &parameter.ident;
    let wanted = if taken.contains(wanted) { format!("{wanted}_parameter") } else { wanted.clone() };
    let name = ident(&free(&wanted, taken));
    let place = if parameter.required { "" } else { ", optional" };
    let first = format!("`{}` in the {}{place}", parameter.name, parameter.location.key());
    let docs = documented(&first, parameter.description.as_deref());
    let ty = types::outside(&api.types, &parameter.ty);
    let (set, key, style) = (ident(parameter.location.key()), &parameter.name, style(parameter));
    let explode = parameter.explode;
    quote! {
        #docs
        pub fn #name(mut self, value: impl TryInto<#ty, Error: Display>) -> Self {
            self.call.#set(#key, #style, #explode, value);
            self
        }
    }
}

fn style(parameter: &Parameter) -> TokenStream {
    let style = match (&parameter.shape, parameter.style) {
        (Shape::Json, _) => "Json",
        (_, Style::Simple) => "Simple",
        (_, Style::Label) => "Label",
        (_, Style::Matrix) => "Matrix",
        (_, Style::Form) => "Form",
        (_, Style::SpaceDelimited) => "SpaceDelimited",
        (_, Style::PipeDelimited) => "PipeDelimited",
        (_, Style::DeepObject) => "DeepObject",
    };
    let style = ident(style);
    quote! { Style::#style }
}

/// The setters of the body: `body` for JSON or for what comes first, and one more for each further media type.
pub(super) fn bodies<'a>(operation: &'a Operation, taken: &mut Vec<String>) -> Vec<(String, &'a BodyKind)> {
    let Some(body) = &operation.body else { return Vec::new() };
    let main = body.kinds.iter().position(|kind| matches!(kind.payload, Payload::Json(_))).unwrap_or(0);
    let kinds = body.kinds.iter().enumerate();
    kinds
        .map(|(index, kind)| {
            let name = if index == main {
                "body".to_owned()
            } else {
                format!("body_as_{}", names::snake(&kind.media_type.replace('*', "any")))
            };
            (free(&name, taken), kind)
        })
        .collect()
}

pub(super) fn body_setter(api: &Api, operation: &Operation, name: &str, kind: &BodyKind) -> TokenStream {
    let name = ident(name);
    let media_type = &kind.media_type;
    let description = operation.body.as_ref().and_then(|body| body.description.as_deref());
    let docs = documented(&format!("The body, as `{media_type}`"), description);
    let is_range = media_type.contains('*');
    let set = match &kind.payload {
        Payload::Json(ty) | Payload::Form(ty, _) => {
            let ty = types::outside(&api.types, &ty.ty);
            let is_json = matches!(kind.payload, Payload::Json(_));
            let media_type = if is_range { "application/json" } else { media_type };
            let set = ident(if is_json { "json" } else { "form" });
            return quote! {
                #docs
                pub fn #name(mut self, value: impl TryInto<#ty, Error: Display>) -> Self {
                    self.call.#set(#media_type, value);
                    self
                }
            };
        }
        Payload::Multipart => {
            return quote! {
                #docs
                pub fn #name(mut self, form: reqwest::multipart::Form) -> Self {
                    self.call.has_body();
                    self.form = Some(form);
                    self
                }
            };
        }
        Payload::Text => quote! { String },
        Payload::Bytes => quote! { Body },
    };
    if is_range {
        return quote! {
            #docs
            pub fn #name(mut self, media_type: &str, value: impl Into<#set>) -> Self {
                self.call.bytes(media_type, value.into());
                self
            }
        };
    }
    quote! {
        #docs
        pub fn #name(mut self, value: impl Into<#set>) -> Self {
            self.call.bytes(#media_type, value.into());
            self
        }
    }
}

fn send<'a>(api: &'a Api, headers: &Headers<'a>, operation: &'a Operation, form: bool) -> TokenStream {
    let place = format!("Sends `{} {}`.", operation.method.key().to_uppercase(), operation.path);
    let docs = paragraphs(&[Some(&place), headers.note(operation).as_deref()]);
    let answers::Reading { success, error, arms } = answers::reading(api, operation);
    let sent = if form {
        quote! {
            let Self { client, call, form } = self;
            let answer = call
                .send_with(client, |request| match form {
                    Some(form) => request.multipart(form),
                    None => request,
                })
                .await?;
        }
    } else {
        quote! { let answer = self.call.send(self.client).await?; }
    };
    quote! {
        #docs
        pub async fn send(self) -> Outcome<#success, #error> {
            #sent
            match answer.status() { #(#arms)* }
        }
    }
}
