//! The API as a table: what the runtime routes, authenticates and reads by.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::ident;
use crate::ir::{Api, Operation, Parameter, SchemeKind, Shape};

pub(super) fn definition(api: &Api) -> TokenStream {
    let (title, version, base_path) = (&api.info.title, &api.info.version, &api.base_path);
    let schemes = api.schemes.iter().map(|scheme| {
        let name = &scheme.name;
        let kind = match &scheme.kind {
            SchemeKind::Basic => quote! { SchemeKind::Basic },
            SchemeKind::Bearer => quote! { SchemeKind::Bearer },
            SchemeKind::ApiKeyHeader(name) => quote! { SchemeKind::ApiKeyHeader(#name) },
            SchemeKind::ApiKeyQuery(name) => quote! { SchemeKind::ApiKeyQuery(#name) },
            SchemeKind::ApiKeyCookie(name) => quote! { SchemeKind::ApiKeyCookie(#name) },
            SchemeKind::MutualTls => quote! { SchemeKind::MutualTls },
        };
        quote! { SecurityScheme { name: #name, kind: #kind } }
    });
    let alternatives = api.alternatives.iter().map(|set| quote! { &[#(#set),*] });
    let operations = api.operations.iter().map(operation);
    let imports = imports(api).into_iter().map(ident);
    quote! {
        use stubgen_runtime::{#(#imports),*};

        /// The document, as far as requests are concerned.
        pub static DEFINITION: Definition = Definition {
            title: #title,
            version: #version,
            base_path: #base_path,
            schemes: &[#(#schemes),*],
            alternatives: &[#(#alternatives),*],
            operations: &[#(#operations),*],
            validation: include_str!("validation.json"),
            json: include_str!("openapi.json"),
            yaml: include_str!("openapi.yaml"),
        };
    }
}

/// The names that the table uses: an unused import would be a warning in the generated crate.
fn imports(api: &Api) -> Vec<&'static str> {
    let mut names = vec!["Definition"];
    if !api.operations.is_empty() {
        names.extend(["Method", "Operation", "Security"]);
    }
    if api.operations.iter().any(|operation| !operation.parameters.is_empty()) {
        names.extend(["Location", "Parameter"]);
    }
    if api.operations.iter().any(|operation| operation.body.is_some()) {
        names.push("RequestBody");
    }
    if !api.schemes.is_empty() {
        names.extend(["SchemeKind", "SecurityScheme"]);
    }
    names.sort_unstable();
    names
}

fn operation(operation: &Operation) -> TokenStream {
    let (id, path) = (&operation.id, &operation.route);
    let method = ident(operation.method.pascal());
    let parameters = operation.parameters.iter().map(parameter);
    let body = match &operation.body {
        Some(body) => {
            let media_types = body.kinds.iter().map(|kind| &kind.media_type);
            let required = body.required;
            quote! { Some(RequestBody { media_types: &[#(#media_types),*], required: #required, max_bytes: None }) }
        }
        None => quote! { None },
    };
    let mut produces: Vec<_> =
        operation.responses.iter().filter_map(|response| Some(&response.content.as_ref()?.0)).collect();
    produces.sort_unstable();
    produces.dedup();
    let statuses = operation.responses.iter().map(|response| response.status.number());
    let alternatives = &operation.security.alternatives;
    let optional = operation.security.optional;
    quote! {
        Operation {
            id: #id,
            method: Method::#method,
            path: #path,
            parameters: &[#(#parameters),*],
            body: #body,
            produces: &[#(#produces),*],
            statuses: &[#(#statuses),*],
            security: Security { alternatives: &[#(#alternatives),*], optional: #optional },
        }
    }
}

fn parameter(parameter: &Parameter) -> TokenStream {
    let (name, required, explode) = (&parameter.name, parameter.required, parameter.explode);
    let location = ident(parameter.location.pascal());
    let shape = shape(&parameter.shape);
    let style = ident(parameter.style.pascal());
    let default = match &parameter.default {
        Some(default) => {
            let text = default.to_string();
            quote! { Some(#text) }
        }
        None => quote! { None },
    };
    quote! {
        Parameter {
            name: #name, location: Location::#location, required: #required, shape: #shape,
            style: stubgen_runtime::Style::#style, explode: #explode, default: #default,
        }
    }
}

/// A shape as a constant.
pub(super) fn shape(shape: &Shape) -> TokenStream {
    let path = quote! { stubgen_runtime::Shape };
    match shape {
        Shape::String => quote! { #path::String },
        Shape::Integer => quote! { #path::Integer },
        Shape::Number => quote! { #path::Number },
        Shape::Boolean => quote! { #path::Boolean },
        Shape::Any => quote! { #path::Any },
        Shape::Json => quote! { #path::Json },
        Shape::Array(items) => {
            let items = self::shape(items);
            quote! { #path::Array(&#items) }
        }
        Shape::Object(properties, additional) => {
            let properties = properties.iter().map(|(name, inner)| {
                let inner = self::shape(inner);
                quote! { (#name, #inner) }
            });
            let additional = match additional {
                Some(inner) => {
                    let inner = self::shape(inner);
                    quote! { Some(&#inner) }
                }
                None => quote! { None },
            };
            quote! { #path::Object(&[#(#properties),*], #additional) }
        }
    }
}
