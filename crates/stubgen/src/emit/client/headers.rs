//! Headers of answers: a structure for each set of them that the document has, named after the first answer with it.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::client::method_name;
use crate::emit::docs::doc;
use crate::emit::responses::{described, status_ident};
use crate::emit::{ident, types};
use crate::ir::types::TypeRef;
use crate::ir::{Api, HeaderForm, Operation, Response, ResponseHeader};

/// The structures, each with the headers it reads.
pub(super) struct Headers<'a> {
    sets: Vec<(&'a [ResponseHeader], String, String)>,
}

impl<'a> Headers<'a> {
    /// Finds every set.
    pub(super) fn new(api: &'a Api) -> Self {
        let mut sets: Vec<(&'a [ResponseHeader], String, String)> = Vec::new();
        for operation in &api.operations {
            for response in operation.responses.iter().filter(|response| !response.headers.is_empty()) {
                if sets.iter().all(|(known, ..)| !is_same(known, &response.headers)) {
                    let name = format!("{}{}", operation.pascal, status_ident(response.status));
                    let first = format!(
                        "Headers of the answer {} of [`Client::{2}`](super::Client::{2}){1}",
                        response.status.key(),
                        " and of all answers with the same.",
                        method_name(operation)
                    );
                    sets.push((&response.headers, name, first));
                }
            }
        }
        Self { sets }
    }

    /// What the documentation of an operation says of them.
    pub(super) fn note(&self, operation: &Operation) -> Option<String> {
        let mut notes: Vec<(String, &str)> = Vec::new();
        for response in &operation.responses {
            let Some(name) = self.name(response) else { continue };
            match notes.iter_mut().find(|(_, known)| *known == name) {
                Some((statuses, _)) => statuses.extend([", ", &response.status.key()]),
                None => notes.push((response.status.key(), name)),
            }
        }
        let lines: Vec<_> = notes
            .iter()
            .map(|(statuses, name)| format!("Headers of {statuses}: [`{name}`](super::headers::{name})."))
            .collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn name(&self, response: &Response) -> Option<&str> {
        let set = self.sets.iter().find(|(known, ..)| is_same(known, &response.headers))?;
        Some(&set.1)
    }

    /// The definitions, if there are any.
    pub(super) fn definitions(&self, api: &Api) -> Option<TokenStream> {
        let each: Vec<_> =
            self.sets.iter().map(|(headers, name, title)| definition(api, headers, name, title)).collect();
        let mentions = |word: &str| each.iter().any(|tokens| tokens.to_string().contains(word));
        let types = mentions("types ::").then(|| quote! { use super::types; });
        (!each.is_empty()).then(|| quote! { #types use crate::call::headers; #(#each)* })
    }
}

fn is_same(one: &[ResponseHeader], other: &[ResponseHeader]) -> bool {
    let same = |a: &ResponseHeader, b: &ResponseHeader| {
        a.name.eq_ignore_ascii_case(&b.name)
            && (a.required, &a.ty, a.form) == (b.required, &b.ty, b.form)
            && a.description == b.description
    };
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same(a, b))
}

fn definition(api: &Api, headers: &[ResponseHeader], name: &str, title: &str) -> TokenStream {
    let (name, title) = (ident(name), doc(title));
    let is_plain = |header: &ResponseHeader| {
        header.required || header.form == HeaderForm::Each || matches!(header.ty, TypeRef::Nullable(_))
    };
    let fields = headers.iter().map(|header| {
        let docs = doc(&described(&format!("`{}`", header.name), header.description.as_deref()));
        let (field, ty) = (ident(&header.ident), types::outside(&api.types, &header.ty));
        if is_plain(header) {
            quote! { #docs pub #field: #ty }
        } else {
            quote! { #docs pub #field: Option<#ty> }
        }
    });
    let rows = headers.iter().map(|header| {
        let need = match header.form {
            HeaderForm::Each => "each",
            _ if header.required && !matches!(header.ty, TypeRef::Nullable(_)) => "required",
            _ => "optional",
        };
        let form = if header.form == HeaderForm::Each { "simple" } else { header.form.key() };
        let (field, need, form, name) = (ident(&header.ident), ident(need), ident(form), &header.name);
        quote! { #field: #need #form #name }
    });
    quote! {
        #title
        #[derive(Clone, Debug)]
        pub struct #name { #(#fields,)* }
        headers!(#name { #(#rows),* });
    }
}
