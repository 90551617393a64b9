//! `JsonSchema` word for word: what dropshot emits is the schema of the document, not a guess from the Rust type.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use crate::emit::{ident, types};
use crate::ir::{Api, TypeUse};
use crate::lower::schema_form::{components_of, for_dropshot};

pub(super) fn schemas(api: &Api) -> TokenStream {
    let components = api.schemas.iter().filter_map(|schema| {
        let ty = component(api, &schema.name)?;
        let name = &schema.name;
        Some(implementation(&ty, &quote! { #name }, true, &schema.schema, api))
    });
    let inline = api.operations.iter().flat_map(|operation| {
        let uses = [operation.body.as_ref().map(|body| &body.ty), operation.success.ty.as_ref()];
        uses.into_iter().flatten().filter_map(|ty| marker(ty, api)).collect::<Vec<_>>()
    });
    let error = marker(&api.error, api);
    quote! {
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
    let components = components_of(schema);
    let registered: Vec<_> = components.iter().filter_map(|name| component(api, name)).collect();
    let unused = registered.is_empty().then(|| quote! { let _ = generator; });
    quote! {
        #unused
        #(let _ = generator.subschema_for::<#registered>();)*
        stubgen_runtime::declared_schema(#text)
    }
}
