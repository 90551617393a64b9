//! `JsonSchema` word for word: what dropshot emits is the schema of the document, not a guess from the Rust type.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Value, json};

use crate::emit::{ident, types};
use crate::ir::{Api, Operation, Payload, TypeUse};
use crate::lower::schema_form::for_dropshot;

pub(super) fn schemas(api: &Api) -> TokenStream {
    let components = api.schemas.iter().filter_map(|schema| {
        let ty = component(api, &schema.name)?;
        let name = &schema.name;
        Some(implementation(&ty, &quote! { #name }, true, &schema.schema, api))
    });
    let inline = api.operations.iter().flat_map(|operation| match &operation.verbatim {
        Some(text) => vec![verbatim(operation, text, api)],
        None => {
            let body = operation.body.iter().flat_map(|body| &body.kinds).map(|kind| &kind.payload);
            let responses =
                operation.responses.iter().filter_map(|response| Some(&response.content.as_ref()?.1));
            let uses = body.chain(responses).filter_map(|payload| match payload {
                Payload::Json(ty) => marker(ty, api),
                _ => None,
            });
            uses.collect()
        }
    });
    let error = api.error.as_ref().map(|error| shared_error_marker(error, api));
    quote! {
        #[allow(unused_imports)]
        use super::types;
        #(#components)*
        #error
        #(#inline)*
    }
}

/// The type of a component, as written beside `types`.
fn component(api: &Api, name: &str) -> Option<TokenStream> {
    api.components.get(name).map(|id| types::named(&api.types, *id))
}

/// The error body of operations that declare none.
fn shared_error_marker(error: &TypeUse, api: &Api) -> Option<TokenStream> {
    marker(&TypeUse { ident: "SharedError".to_owned(), ..error.clone() }, api)
}

/// The type that stands for an error body where dropshot asks for its `JsonSchema`: the one that all errors of the operation have.
pub(super) fn declared_error(operation: &Operation, api: &Api) -> TokenStream {
    let own = operation.errors().find_map(|error| match &error.content {
        Some((_, Payload::Json(ty))) => Some(declared(ty, api)),
        _ => None,
    });
    let shared = || {
        let shared = api.error.as_ref()?;
        Some(declared(&TypeUse { ident: "SharedError".to_owned(), ..shared.clone() }, api))
    };
    let declared = if operation.verbatim.is_some() { shared() } else { own.or_else(shared) };
    declared.unwrap_or_else(|| quote! { () })
}

/// The name of the type that carries an operation which dropshot cannot say part by part.
pub(super) fn verbatim_marker(operation: &Operation) -> proc_macro2::Ident {
    ident(&format!("{}OperationSchema", operation.pascal))
}

/// An operation as a schema with an extension, which dropshot keeps; [`stubgen_runtime::emitted`] puts it into its place.
fn verbatim(operation: &Operation, text: &Value, api: &Api) -> TokenStream {
    let name = verbatim_marker(operation);
    let whole = json!({ "path": operation.route, "method": operation.method.key(), "operation": text });
    let schema = json!({ "x-stubgen-operation": whole.to_string() }).to_string();
    let referenced = referenced(text);
    let registered = referenced.iter().filter_map(|name| component(api, name));
    let doc = format!(" Stands for the operation `{}`.", operation.ident);
    quote! {
        #[doc = #doc]
        #[derive(Debug, serde::Deserialize, serde::Serialize)]
        pub struct #name;
        impl schemars::JsonSchema for #name {
            fn schema_name() -> String {
                stubgen_runtime::UNTITLED.to_owned()
            }
            fn is_referenceable() -> bool {
                false
            }
            fn json_schema(generator: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
                let _ = &generator;
                #(let _ = generator.subschema_for::<#registered>();)*
                stubgen_runtime::declared_schema(#schema)
            }
        }
    }
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

/// The type that stands for a schema where dropshot asks for its `JsonSchema`.
pub(super) fn declared(ty: &TypeUse, api: &Api) -> TokenStream {
    ty.component().and_then(|name| component(api, name)).unwrap_or_else(|| {
        let marker = ident(&format!("{}Schema", ty.ident));
        quote! { super::schemas::#marker }
    })
}

/// A schema written at its place may become a type that is not ours (a `Vec`, say), so a type of no size stands for it.
fn marker(ty: &TypeUse, api: &Api) -> Option<TokenStream> {
    if ty.component().is_some() {
        return None;
    }
    let marker = ident(&format!("{}Schema", ty.ident));
    let implementation =
        implementation(&quote! { #marker }, &inline_name(&ty.schema), false, &ty.schema, api);
    let doc = format!(" Stands for the schema of `{}`.", ty.ident);
    Some(quote! {
        #[doc = #doc]
        #[derive(Debug, serde::Deserialize, serde::Serialize)]
        pub struct #marker;
        #implementation
    })
}

/// dropshot gives a schema that stands at its place the title that its name is, so the name has to be the document's own title.
fn inline_name(schema: &Value) -> TokenStream {
    schema["title"].as_str().map_or_else(|| quote! { stubgen_runtime::UNTITLED }, |title| quote! { #title })
}

fn implementation(
    ty: &TokenStream,
    name: &TokenStream,
    referenceable: bool,
    schema: &Value,
    api: &Api,
) -> TokenStream {
    let body = declaration(schema, api);
    quote! {
        impl schemars::JsonSchema for #ty {
            fn schema_name() -> String {
                #name.to_owned()
            }
            fn schema_id() -> std::borrow::Cow<'static, str> {
                #name.into()
            }
            fn is_referenceable() -> bool {
                #referenceable
            }
            fn json_schema(generator: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
                #body
            }
        }
    }
}

/// Code that registers the components a schema names and gives the schema itself.
pub(super) fn declaration(schema: &Value, api: &Api) -> TokenStream {
    let text = for_dropshot(schema).to_string();
    let components = referenced(schema);
    let registered: Vec<_> = components.iter().filter_map(|name| component(api, name)).collect();
    let unused = registered.is_empty().then(|| quote! { let _ = generator; });
    quote! {
        #unused
        #(let _ = generator.subschema_for::<#registered>();)*
        stubgen_runtime::declared_schema(#text)
    }
}
