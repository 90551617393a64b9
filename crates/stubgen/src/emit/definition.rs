//! The API as a table: what the runtime routes, authenticates and reads by.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::ident;
use crate::ir::{Api, Location, Operation, Parameter, SchemeKind};

pub(super) fn definition(api: &Api) -> TokenStream {
    let (title, version, base_path) = (&api.info.title, &api.info.version, &api.base_path);
    let schemes = api.schemes.iter().map(|scheme| {
        let name = &scheme.name;
        let kind = match &scheme.kind {
            SchemeKind::Basic => quote! { SchemeKind::Basic },
            SchemeKind::Bearer => quote! { SchemeKind::Bearer },
            SchemeKind::ApiKeyHeader(header) => quote! { SchemeKind::ApiKeyHeader(#header) },
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
        names.extend(["Location", "Parameter", "Shape", "Style"]);
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
    let (id, path) = (&operation.id, &operation.path);
    let method = ident(operation.method.pascal());
    let parameters = operation.parameters.iter().map(parameter);
    let body = match operation.body {
        Some(_) => {
            quote! { Some(RequestBody { media_types: &["application/json"], required: true, max_bytes: None }) }
        }
        None => quote! { None },
    };
    let statuses =
        std::iter::once(operation.success.status).chain(operation.errors.iter().map(|error| error.status));
    let alternatives = &operation.security.alternatives;
    let optional = operation.security.optional;
    quote! {
        Operation {
            id: #id,
            method: Method::#method,
            path: #path,
            parameters: &[#(#parameters),*],
            body: #body,
            produces: &["application/json"],
            statuses: &[#(#statuses),*],
            security: Security { alternatives: &[#(#alternatives),*], optional: #optional },
        }
    }
}

fn parameter(parameter: &Parameter) -> TokenStream {
    let (name, required) = (&parameter.name, parameter.required);
    let location = ident(parameter.location.pascal());
    let shape = ident(parameter.shape.pascal());
    // The styles that places have by default: no other one is read from documents.
    let (style, explode) = match parameter.location {
        Location::Query => (ident("Form"), true),
        Location::Path | Location::Header => (ident("Simple"), false),
    };
    quote! {
        Parameter {
            name: #name,
            location: Location::#location,
            required: #required,
            shape: Shape::#shape,
            style: Style::#style,
            explode: #explode,
            default: None,
        }
    }
}
