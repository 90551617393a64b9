//! Constructors of structures: of what is required. The structures may get further members that are not, so that callers cannot write them
//! out.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::{ident, types};
use crate::ir::Api;
use crate::ir::types::{Additional, Definition, Field, Struct, TypeId, TypeRef, TypeShape};

/// Whether there is any structure.
pub(super) fn has_definitions(api: &Api) -> bool {
    api.types.definitions.iter().any(|definition| matches!(definition.shape, TypeShape::Struct(_)))
}

/// The constructors.
pub(super) fn constructors(api: &Api) -> TokenStream {
    let each = api.types.definitions.iter().enumerate();
    let each = each.filter_map(|(index, Definition { shape, .. })| match shape {
        TypeShape::Struct(structure) => Some(constructor(api, TypeId(index), structure)),
        _ => None,
    });
    let each: TokenStream = each.collect();
    quote! { use super::types; #each }
}

fn constructor(api: &Api, id: TypeId, structure: &Struct) -> TokenStream {
    let name = types::named(&api.types, id);
    let required: Vec<_> = structure.fields.iter().filter(|field| field.required).collect();
    let parameters = required.iter().map(|field| parameter(api, field));
    let values = structure.fields.iter().map(|field| {
        let name = ident(&field.ident);
        match (&field.ty, field.required) {
            (_, false) => quote! { #name: None },
            (TypeRef::List(_), true) => quote! { #name: #name.into_iter().map(Into::into).collect() },
            _ => quote! { #name: #name.into() },
        }
    });
    let kept = matches!(structure.additional, Additional::Kept(_)).then(|| {
        let name = ident(&types::kept(structure));
        quote! { #name: Default::default(), }
    });
    if required.is_empty() {
        return quote! {
            impl Default for #name {
                fn default() -> Self { Self::new() }
            }
            impl #name {
                /// Makes one without any members; set what there is.
                pub fn new() -> Self { Self { #(#values,)* #kept } }
            }
        };
    }
    let many = (required.len() > 7)
        .then(|| quote! { #[allow(clippy::too_many_arguments, reason = "as many are required")] });
    quote! {
        impl #name {
            /// Makes one of what is required, without the rest.
            #many
            pub fn new(#(#parameters),*) -> Self { Self { #(#values,)* #kept } }
        }
    }
}

fn parameter(api: &Api, field: &Field) -> TokenStream {
    let name = ident(&field.ident);
    match &field.ty {
        TypeRef::List(inner) => {
            let inner = types::outside(&api.types, inner);
            quote! { #name: impl IntoIterator<Item = impl Into<#inner>> }
        }
        ty => {
            let ty = types::outside(&api.types, ty);
            quote! { #name: impl Into<#ty> }
        }
    }
}
