//! `JsonSchema` word for word: what dropshot emits is the schema of the document, not a guess from the Rust type. The texts themselves
//! stand in `emission.json`.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use crate::emit::used::Used;
use crate::emit::{ident, types};
use crate::ir::{Api, Operation, Payload, Response, TypeUse};

pub(super) fn schemas(api: &Api) -> TokenStream {
    let mut items = TokenStream::new();
    for schema in &api.schemas {
        if let Some(ty) = component(api, &schema.name) {
            let (name, used) = (&schema.name, referenced_types(&schema.schema, api));
            items.extend(quote! { schema!(EMISSION, #ty, #name, [#(#used),*]); });
        }
    }
    for ty in inline(api) {
        let name = marker(&ty);
        let title = inline_name(&ty.schema);
        let used = referenced_types(&ty.schema, api);
        items.extend(quote! { schema!(EMISSION, struct #name, #title, [#(#used),*]); });
    }
    let types = Used::by(&items).module("types").then(|| quote! { use super::types; });
    let schema = (!items.is_empty()).then(|| quote! { use stubgen_runtime::schema; });
    quote! {
        use stubgen_runtime::Emission;
        #schema
        #types

        /// The texts of the document that dropshot does not change.
        pub static EMISSION: Emission = Emission::new(include_str!("emission.json"));

        #items
    }
}

/// Operations that dropshot can say part by part.
pub(super) fn said(api: &Api) -> impl Iterator<Item = &Operation> {
    api.operations.iter().filter(|operation| operation.verbatim.is_none())
}

/// The schemas that such operations have at their place.
pub(super) fn inline(api: &Api) -> Vec<TypeUse> {
    let mut found: Vec<TypeUse> = Vec::new();
    let mut add = |ty: &TypeUse| {
        if ty.component().is_none() && !found.iter().any(|known| known.ident == ty.ident) {
            found.push(ty.clone());
        }
    };
    for operation in said(api) {
        let bodies = operation.body.iter().flat_map(|body| &body.kinds).map(|kind| &kind.payload);
        let contents = operation.responses.iter().flat_map(Response::contents).map(|(_, payload)| payload);
        for payload in bodies.chain(contents) {
            if let Payload::Json(ty) = payload {
                add(ty);
            }
        }
        if own_error(operation).is_none() {
            shared_error(api).iter().for_each(&mut add);
        }
    }
    found
}

/// The type of a component, as written beside `types`.
fn component(api: &Api, name: &str) -> Option<TokenStream> {
    api.components.get(name).map(|id| types::named(&api.types, *id))
}

/// The error body of operations that declare none.
fn shared_error(api: &Api) -> Option<TypeUse> {
    api.error.clone().map(|error| TypeUse { ident: "SharedError".to_owned(), ..error })
}

fn own_error(operation: &Operation) -> Option<&TypeUse> {
    operation.errors().find_map(|error| match &error.content {
        Some((_, Payload::Json(ty))) => Some(ty),
        _ => None,
    })
}

/// The type that stands for an error body where dropshot asks for its `JsonSchema`: the one that all errors of the operation have.
pub(super) fn declared_error(operation: &Operation, api: &Api) -> TokenStream {
    let error = own_error(operation).cloned().or_else(|| shared_error(api));
    error.map_or_else(|| quote! { () }, |error| declared(&error, api))
}

/// The components that any part of a value refers to.
fn referenced(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut pending = vec![value];
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items),
            Value::Object(members) => {
                let target = members.get("$ref").and_then(Value::as_str);
                found.extend(target.and_then(|t| t.strip_prefix("#/components/schemas/")).map(str::to_owned));
                pending.extend(members.values());
            }
            _ => {}
        }
    }
    found
}

/// The types of the components that any part of a value refers to.
pub(super) fn referenced_types(value: &Value, api: &Api) -> Vec<TokenStream> {
    referenced(value).iter().filter_map(|name| component(api, name)).collect()
}

/// The type that stands for a schema where dropshot asks for its `JsonSchema`.
pub(super) fn declared(ty: &TypeUse, api: &Api) -> TokenStream {
    ty.component().and_then(|name| component(api, name)).unwrap_or_else(|| {
        let marker = marker(ty);
        quote! { super::schemas::#marker }
    })
}

/// A schema written at its place may become a type that is not ours (a `Vec`, say), so a type of no size stands for it.
pub(super) fn marker(ty: &TypeUse) -> proc_macro2::Ident {
    ident(&format!("{}Schema", ty.ident))
}

/// dropshot gives a schema that stands at its place the title that its name is, so the name has to be the document's own title.
fn inline_name(schema: &Value) -> TokenStream {
    schema["title"].as_str().map_or_else(|| quote! { stubgen_runtime::UNTITLED }, |title| quote! { #title })
}
