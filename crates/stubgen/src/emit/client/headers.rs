//! Headers of answers: a structure for each set of them that the document has, named after the first answer with it.

use std::collections::{BTreeSet, HashMap};

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::client::method_name;
use crate::emit::docs::doc;
use crate::emit::ident;
use crate::emit::responses::{headers_structure, status_ident};
use crate::emit::used::Used;
use crate::ir::types::TypeRef;
use crate::ir::{Api, HeaderForm, Operation, Response, ResponseHeader};
use crate::names;

/// The structures, each with the headers it reads.
pub(super) struct Headers<'a> {
    sets: Vec<Set<'a>>,
    /// Where a set stands in `sets`.
    known: HashMap<Vec<Read<'a>>, usize>,
}

struct Set<'a> {
    headers: &'a [ResponseHeader],
    name: String,
    title: String,
}

/// What two headers have in common that are read and described the same way.
#[derive(PartialEq, Eq, Hash)]
struct Read<'a> {
    name: String,
    required: bool,
    ty: &'a TypeRef,
    form: HeaderForm,
    description: Option<&'a str>,
}

/// Whether there is a structure for any answer.
pub(super) fn has_definitions(api: &Api) -> bool {
    api.operations.iter().flat_map(|operation| &operation.responses).any(|r| !r.headers.is_empty())
}

impl<'a> Headers<'a> {
    /// Finds every set.
    pub(super) fn new(api: &'a Api) -> Self {
        let mut all = Self { sets: Vec::new(), known: HashMap::new() };
        let mut taken = BTreeSet::new();
        for operation in &api.operations {
            for response in operation.responses.iter().filter(|response| !response.headers.is_empty()) {
                let reads = reads(&response.headers);
                if all.known.contains_key(&reads) {
                    continue;
                }
                let stem = format!("{}{}", operation.pascal, status_ident(response.status));
                // `list` and its 404 is called as `list_not` and its 302 is.
                let name = names::numbered(&stem, &stem, |name| taken.contains(name));
                taken.insert(name.clone());
                let title = format!(
                    "Headers of the answer {} of [`Client::{2}`](super::Client::{2}){1}",
                    response.status.key(),
                    " and of all answers with the same.",
                    method_name(operation)
                );
                all.known.insert(reads, all.sets.len());
                all.sets.push(Set { headers: &response.headers, name, title });
            }
        }
        all
    }

    /// What the documentation of an operation says of them.
    pub(super) fn note(&self, operation: &'a Operation) -> Option<String> {
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

    fn name(&self, response: &'a Response) -> Option<&str> {
        let index = self.known.get(&reads(&response.headers))?;
        Some(&self.sets[*index].name)
    }

    /// The definitions.
    pub(super) fn definitions(&self, api: &Api) -> TokenStream {
        let each: TokenStream = self.sets.iter().map(|set| definition(api, set)).collect();
        let types = Used::by(&each).module("types").then(|| quote! { use super::types; });
        quote! { #types use crate::call::headers; #each }
    }
}

fn reads(headers: &[ResponseHeader]) -> Vec<Read<'_>> {
    headers
        .iter()
        .map(|header| Read {
            name: header.name.to_ascii_lowercase(),
            required: header.required,
            ty: &header.ty,
            form: header.form,
            description: header.description.as_deref(),
        })
        .collect()
}

fn definition(api: &Api, set: &Set<'_>) -> TokenStream {
    let (name, title) = (ident(&set.name), doc(&set.title));
    let structure = headers_structure(api, &set.name, set.headers);
    let rows = set.headers.iter().map(|header| {
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
        #[non_exhaustive]
        #structure
        headers!(#name { #(#rows),* });
    }
}
