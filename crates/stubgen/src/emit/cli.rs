//! The table of operations that the command line works from.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::{Result, ident};
use crate::files::Files;
use crate::ir::{Api, Location, Operation, SchemeKind};
use crate::render::{self, Header};

/// The files of the command line.
pub(crate) fn cli(api: &Api, header: &Header) -> Result<Files> {
    let mut files = Files::default();
    let doc = "The operations, as the command line offers them.";
    render::module(&mut files, header, "operations.rs", doc, table(api))?;
    render::module(&mut files, header, "mod.rs", "Generated tables.", quote! { pub(crate) mod operations; })?;
    Ok(files)
}

fn table(api: &Api) -> TokenStream {
    let (title, version) = (&api.info.title, &api.info.version);
    let description = api.info.description.as_deref().unwrap_or_default().trim();
    let base_path = &api.base_path;
    let operations = api.operations.iter().map(operation);
    let schemes = api.schemes.iter().map(|scheme| {
        let name = &scheme.name;
        let kind = match &scheme.kind {
            SchemeKind::Basic => quote! { SchemeKind::Basic },
            SchemeKind::Bearer => quote! { SchemeKind::Bearer },
            SchemeKind::ApiKeyHeader(header) => quote! { SchemeKind::ApiKeyHeader(#header) },
            // The command line sends what a header can carry.
            SchemeKind::ApiKeyQuery(_) | SchemeKind::ApiKeyCookie(_) | SchemeKind::MutualTls => {
                return TokenStream::new();
            }
        };
        quote! { Scheme { name: #name, kind: #kind }, }
    });
    let body = api.operations.iter().any(|operation| operation.body.is_some()).then(|| quote! { Body, });
    quote! {
        use crate::table::{Api, #body Location, Operation, Parameter, Response, Scheme, SchemeKind};

        /// The API of `openapi.yaml`.
        pub(crate) static API: Api = Api {
            title: #title,
            version: #version,
            description: #description,
            base_path: #base_path,
            operations: &[#(#operations),*],
            schemes: &[#(#schemes)*],
        };
    }
}

fn operation(operation: &Operation) -> TokenStream {
    let Operation { id, camel, path, deprecated, samples, .. } = operation;
    let method = operation.method.key().to_uppercase();
    let tag = operation.tags.first().map(String::as_str).unwrap_or_default();
    let summary = operation.summary.as_deref().unwrap_or_default().trim();
    let description = operation.description.as_deref().unwrap_or_default().trim();
    let authenticated = !operation.security.alternatives.is_empty();
    let parameters =
        operation.parameters.iter().filter(|p| p.location != Location::Cookie).map(|parameter| {
            let (name, required) = (&parameter.name, parameter.required);
            let location = ident(parameter.location.pascal());
            let type_name = parameter.shape.word();
            let description = parameter.description.as_deref().unwrap_or_default().trim();
            quote! {
                Parameter {
                    name: #name, location: Location::#location, required: #required, type_name: #type_name,
                    description: #description,
                }
            }
        });
    let body = match &operation.body {
        Some(body) => {
            let description = body.description.as_deref().unwrap_or_default().trim();
            let media_type = body.kinds.first().map_or("application/json", |kind| &kind.media_type);
            let required = body.required;
            quote! { Some(Body { media_type: #media_type, required: #required, description: #description }) }
        }
        None => quote! { None },
    };
    let responses = operation.responses.iter().map(|response| {
        let (status, description) = (response.status.key(), &response.description);
        quote! { Response { status: #status, description: #description } }
    });
    quote! {
        Operation {
            name: #camel, id: #id, method: #method, path: #path, tag: #tag, summary: #summary,
            description: #description, deprecated: #deprecated, parameters: &[#(#parameters),*], body: #body,
            responses: &[#(#responses),*], samples: &[#(#samples),*], authenticated: #authenticated,
        }
    }
}
