//! Responses: an enum for what an operation answers, a structure for the headers of a response, and one enum for all operations that have
//! the same errors.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::emit::docs::{doc, sentence};
use crate::emit::payload::media_type_ident;
use crate::emit::{ident, types};
use crate::ir::types::TypeRef;
use crate::ir::{Api, HeaderForm, Payload, Response, ResponseHeader, Status};
use crate::names;

/// What was written so far, so that nothing is written twice.
pub(super) struct Responses<'a> {
    api: &'a Api,
    /// Sets of errors with the enum that stands for each.
    errors: Vec<(Vec<&'a Response>, String)>,
    /// The headers of a response by the prefix of its operation and its variant.
    headers: BTreeMap<(String, String), String>,
    taken: BTreeSet<String>,
}

/// A variant of an enum of responses.
pub(super) struct Variant<'a> {
    pub(super) ident: String,
    pub(super) response: &'a Response,
    pub(super) content: Option<&'a (String, Payload)>,
}

impl<'a> Responses<'a> {
    pub(super) fn new(api: &'a Api) -> Self {
        Self { api, errors: Vec::new(), headers: BTreeMap::new(), taken: BTreeSet::new() }
    }

    /// The errors of an operation, or another name of those that an operation before it has.
    pub(super) fn errors(&mut self, prefix: &str, title: &str, errors: Vec<&'a Response>) -> TokenStream {
        let name = format!("{prefix}Error");
        let known = self.errors.iter().find(|(set, _)| is_same_set(set, &errors));
        if let Some((_, known)) = known {
            let title = doc(&format!("{title} They are those of [`{known}`]."));
            let (name, known) = (ident(&name), ident(known));
            return quote! { #title pub type #name = #known; };
        }
        let definition = self.definition(prefix, &name, &format!("{title} "), &errors, None);
        self.errors.push((errors, name));
        definition
    }

    /// An enum with a variant for each response and media type, and how each is sent.
    pub(super) fn definition(
        &mut self,
        prefix: &str,
        name: &str,
        title: &str,
        responses: &[&'a Response],
        more: Option<(&str, &str)>,
    ) -> TokenStream {
        let variants = variants(responses);
        let mut headers = TokenStream::new();
        let mut fields = Vec::new();
        let mut rows = Vec::new();
        for variant in &variants {
            let (name, definition) = self.headers_of(prefix, variant.response);
            headers.extend(definition);
            fields.push(self.variant(variant, name.as_deref()));
            rows.push(row(variant, name.is_some()));
        }
        if let Some((variant, docs)) = more {
            let (variant, docs) = (ident(variant), doc(docs));
            fields.push(quote! { #docs #variant });
            rows.push(quote! { #variant => empty(401) });
        }
        let is_stream = |variant: &Variant<'_>| {
            variant.content.is_some_and(|(_, payload)| !matches!(payload, Payload::Json(_) | Payload::Text))
        };
        let derived = if variants.iter().any(is_stream) {
            quote! { Debug }
        } else {
            quote! { Clone, Debug }
        };
        let (name, title) = (ident(name), doc(title));
        quote! {
            #title
            #[derive(#derived)]
            pub enum #name { #(#fields,)* }
            responses!(#name { #(#rows),* });
            #headers
        }
    }

    fn variant(&self, variant: &Variant<'_>, headers: Option<&str>) -> TokenStream {
        let response = variant.response;
        let key = response.status.key();
        let description = sentence(&response.description);
        let docs = match variant.content {
            Some((media_type, _)) if !response.further.is_empty() => {
                doc(&format!("{key}, `{media_type}`: {description}"))
            }
            _ => doc(&format!("{key}: {description}")),
        };
        let status = (!matches!(response.status, Status::Code(_))).then(|| quote! { u16 });
        let body = variant.content.map(|(media_type, payload)| match payload {
            Payload::Json(ty) => types::outside(&self.api.types, &ty.ty),
            Payload::Text => quote! { String },
            _ if media_type.contains('*') => quote! { stubgen_runtime::Content },
            _ => quote! { stubgen_runtime::Body },
        });
        let headers = headers.map(|name| {
            let name = ident(name);
            quote! { #name }
        });
        let all: Vec<_> = status.into_iter().chain(body).chain(headers).collect();
        let fields = (!all.is_empty()).then(|| quote! { (#(#all),*) });
        let name = ident(&variant.ident);
        quote! { #docs #name #fields }
    }

    /// The structure of a response's headers, and its definition unless it has one already.
    fn headers_of(&mut self, prefix: &str, response: &Response) -> (Option<String>, Option<TokenStream>) {
        if response.headers.is_empty() {
            return (None, None);
        }
        let key = (prefix.to_owned(), status_ident(response.status));
        if let Some(known) = self.headers.get(&key) {
            return (Some(known.clone()), None);
        }
        let stem = format!("{}{}Headers", key.0, key.1);
        let name = names::numbered(&stem, &stem, |name| self.taken.contains(name));
        self.taken.insert(name.clone());
        self.headers.insert(key, name.clone());
        let definition = self.headers_definition(&name, response);
        (Some(name), Some(definition))
    }

    fn headers_definition(&self, name: &str, response: &Response) -> TokenStream {
        let title = doc(&format!("Headers of the answer {}.", response.status.key()));
        let is_optional = |header: &ResponseHeader| !header.required || header.form == HeaderForm::Each;
        let derived = if response.headers.iter().all(is_optional) {
            quote! { Clone, Debug, Default }
        } else {
            quote! { Clone, Debug }
        };
        let structure = headers_structure(self.api, name, &response.headers);
        let rows = response.headers.iter().map(|header| {
            let (field, form, name) = (ident(&header.ident), ident(header.form.key()), &header.name);
            quote! { #field: #form #name }
        });
        let name = ident(name);
        quote! {
            #title
            #[derive(#derived)]
            #structure
            stubgen_runtime::headers!(#name { #(#rows),* });
        }
    }
}

/// The structure of headers. Those that need not be there are options, unless their type has a value for that.
pub(super) fn headers_structure(api: &Api, name: &str, headers: &[ResponseHeader]) -> TokenStream {
    let name = ident(name);
    let fields = headers.iter().map(|header| {
        let docs = doc(&described(&format!("`{}`", header.name), header.description.as_deref()));
        let (field, ty) = (ident(&header.ident), types::outside(&api.types, &header.ty));
        let says_absence = header.form == HeaderForm::Each || matches!(header.ty, TypeRef::Nullable(_));
        if header.required || says_absence {
            quote! { #docs pub #field: #ty }
        } else {
            quote! { #docs pub #field: Option<#ty> }
        }
    });
    quote! { pub struct #name { #(#fields,)* } }
}

/// What something is, with what the document says of it: in one line if that is one.
pub(super) fn described(what: &str, description: Option<&str>) -> String {
    match description.map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) if text.contains('\n') => format!("{what}.\n\n{text}"),
        Some(text) => format!("{what}: {text}"),
        None => format!("{what}."),
    }
}

/// A variant for each response, and one more for each further media type of it.
pub(super) fn variants<'a>(responses: &[&'a Response]) -> Vec<Variant<'a>> {
    let mut variants: Vec<Variant<'a>> = Vec::new();
    for &response in responses {
        let plain = status_ident(response.status);
        variants.push(Variant { ident: plain.clone(), response, content: response.content.as_ref() });
        for content in &response.further {
            let stem = format!("{plain}{}", media_type_ident(&content.0));
            let taken = |ident: &str| variants.iter().any(|variant| variant.ident == ident);
            let ident = names::numbered(&stem, &stem, taken);
            variants.push(Variant { ident, response, content: Some(content) });
        }
    }
    variants
}

/// How a variant is sent.
fn row(variant: &Variant<'_>, has_headers: bool) -> TokenStream {
    let name = ident(&variant.ident);
    let (status, class) = match variant.response.status {
        Status::Code(code) => {
            let code = Literal::u16_unsuffixed(code);
            (quote! { #code }, None)
        }
        other => {
            let class = Literal::u16_unsuffixed(other.number());
            (quote! { status }, Some(quote! { in #class }))
        }
    };
    let answer = match variant.content {
        None => quote! { empty(#status) },
        Some((media_type, Payload::Json(_)))
            if media_type == "application/json" || media_type.contains('*') =>
        {
            quote! { json(#status, &body) }
        }
        Some((media_type, Payload::Json(_))) => quote! { json_as(#status, #media_type, &body) },
        Some((media_type, Payload::Bytes)) if media_type.contains('*') => {
            quote! { content(#status, #media_type, body) }
        }
        Some((media_type, _)) => quote! { raw(#status, #media_type, body) },
    };
    let headers = has_headers.then(|| quote! { headers });
    let fields: Vec<_> = class
        .as_ref()
        .map(|_| quote! { status })
        .into_iter()
        .chain(variant.content.map(|_| quote! { body }))
        .chain(headers.clone())
        .collect();
    let fields = (!fields.is_empty()).then(|| quote! { (#(#fields),*) });
    let headers = headers.map(|headers| quote! { with #headers });
    quote! { #name #fields => #answer #headers #class }
}

/// The Rust name of a status: its phrase in the registry (RFC 9110, section 15), or its number.
pub(super) fn status_ident(status: Status) -> String {
    match status {
        Status::Code(code) => {
            let phrase = http::StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason());
            phrase.map_or_else(|| format!("Status{code}"), names::pascal)
        }
        Status::Range(class) => format!("Status{class}xx"),
        Status::Default => "Default".to_owned(),
    }
}

/// Whether two sets of responses are the same in Rust and on the wire.
fn is_same_set(one: &[&Response], other: &[&Response]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
}

pub(super) fn is_same(one: &Response, other: &Response) -> bool {
    let same_payload = |one: &Payload, other: &Payload| match (one, other) {
        (Payload::Json(one), Payload::Json(other)) => one.ty == other.ty,
        (one, other) => one == other,
    };
    let same_header = |one: &ResponseHeader, other: &ResponseHeader| {
        (&one.name, &one.ident, one.required, one.form, &one.ty)
            == (&other.name, &other.ident, other.required, other.form, &other.ty)
    };
    one.status == other.status
        && one.contents().count() == other.contents().count()
        && one
            .contents()
            .zip(other.contents())
            .all(|(one, other)| one.0 == other.0 && same_payload(&one.1, &other.1))
        && one.headers.len() == other.headers.len()
        && one.headers.iter().zip(&other.headers).all(|(one, other)| same_header(one, other))
}
