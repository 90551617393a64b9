//! The API as a dropshot API trait: what emits the document for the round trip, and mounts the API into a dropshot server.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::docs::{doc, paragraphs};
use crate::emit::ident;
use crate::emit::schemas::{declared, declared_error};
use crate::ir::{Api, Operation, Payload};

pub(super) fn endpoints(api: &Api) -> TokenStream {
    let api_trait = ident(&format!("{}Api", api.ident));
    let trait_name = format!("{}Endpoints", api.ident);
    let module = ident(&format!("{}_mod", crate::names::snake(&trait_name)));
    let name = ident(&trait_name);
    let tags = api.tags.iter().map(|tag| {
        let (name, description) = (&tag.name, tag.description.as_deref().map(str::trim));
        let description = description.map(|text| quote! { description = #text });
        quote! { #name = { #description } }
    });
    let methods = api.operations.iter().enumerate().map(|(index, operation)| endpoint(index, operation, api));
    let bodies = api.operations.iter().enumerate().map(|(index, operation)| body(index, operation, api));
    let title = doc(&format!(
        "{} as dropshot endpoints; [`Mounted`] implements it for every [`{api_trait}`](super::{api_trait}).",
        api.info.title
    ));
    let info = info(api);
    let mutable = (!info.is_empty()).then(|| quote! { mut });
    quote! {
        use super::*;

        #title
        #[dropshot::api_description(tag_config = { allow_other_tags = true, policy = dropshot::EndpointTagPolicy::Any, tags = { #(#tags),* } })]
        pub trait #name {
            /// What the endpoints share.
            type Context;
            #(#methods)*
        }

        /// The endpoints of an implementation of the API.
        #[derive(Debug)]
        pub struct Mounted<A>(std::marker::PhantomData<A>);

        impl<A: #api_trait> #name for Mounted<A> {
            type Context = std::sync::Arc<stubgen_runtime::Service<Server<A>>>;
            #(#bodies)*
        }

        /// The API for a dropshot server whose context is the service.
        pub fn mounted<A: #api_trait>() -> Result<
            dropshot::ApiDescription<std::sync::Arc<stubgen_runtime::Service<Server<A>>>>,
            dropshot::ApiDescriptionBuildErrors,
        > {
            #module::api_description::<Mounted<A>>()
        }

        /// The document as dropshot emits it from the trait: what the round trip compares with `openapi.yaml`.
        pub fn emitted() -> Result<serde_json::Value, Box<dyn std::error::Error + Send + Sync>> {
            let description = #module::stub_api_description()?;
            let version = stubgen_runtime::emitted_version(DEFINITION.version);
            let #mutable definition = description.openapi(DEFINITION.title, version);
            #(definition.#info;)*
            Ok(stubgen_runtime::emitted(definition.json()?))
        }
    }
}

/// Calls of the setters of `dropshot::OpenApiDefinition`, for what the document says.
fn info(api: &Api) -> Vec<TokenStream> {
    let info = &api.info;
    let texts = [
        ("description", &info.description),
        ("tos_url", &info.terms_of_service),
        ("contact_name", &info.contact_name),
        ("contact_url", &info.contact_url),
        ("contact_email", &info.contact_email),
    ];
    let said = texts.into_iter().filter_map(|(setter, text)| text.as_ref().map(|text| (ident(setter), text)));
    let mut calls: Vec<_> = said.map(|(setter, text)| quote! { #setter(#text) }).collect();
    match (&info.license_name, &info.license_url) {
        (Some(name), Some(url)) => calls.push(quote! { license(#name, #url) }),
        (Some(name), None) => calls.push(quote! { license_name(#name) }),
        _ => {}
    }
    calls
}

fn endpoint(index: usize, operation: &Operation, api: &Api) -> TokenStream {
    let method = ident(&operation.method.key().to_uppercase());
    if operation.verbatim.is_some() {
        // Said as a whole, under a path that cannot conflict; `stubgen_runtime::emitted` puts it into its place.
        let (path, signature) = (format!("/x-stubgen/{index}"), signature(operation, api));
        let id = format!("x_stubgen_{index}");
        return quote! {
            #[endpoint(method = GET, path = #path, operation_id = #id)]
            #signature;
        };
    }
    let (path, tags) = (&operation.path, &operation.tags);
    let docs = paragraphs(&[operation.summary.as_deref(), operation.description.as_deref()]);
    let deprecated = operation.deprecated.then(|| quote! { , deprecated = true });
    let id = &operation.id;
    let signature = signature(operation, api);
    quote! {
        #docs
        #[endpoint(method = #method, path = #path, tags = [#(#tags),*], operation_id = #id #deprecated)]
        #signature;
    }
}

fn signature(operation: &Operation, api: &Api) -> TokenStream {
    let name = ident(&operation.ident);
    let error = declared_error(operation, api);
    let parameters = (!operation.parameters.is_empty() && operation.verbatim.is_none()).then(|| {
        let ty = ident(&format!("{}Parameters", operation.pascal));
        quote! { parameters: stubgen_runtime::mount::Parameters<#ty>, }
    });
    let payload =
        operation.body.as_ref().filter(|_| operation.verbatim.is_none()).and_then(|body| body.kinds.first());
    let body = match payload.map(|kind| &kind.payload) {
        Some(Payload::Json(ty)) => declared(ty, api),
        _ => quote! { () },
    };
    let response = ident(&format!("{}Response", operation.pascal));
    quote! {
        async fn #name(
            rqctx: dropshot::RequestContext<Self::Context>,
            #parameters
            body: stubgen_runtime::mount::Body<#body>,
        ) -> Result<stubgen_runtime::mount::Answer<#response>, stubgen_runtime::mount::Failure<#error>>
    }
}

fn body(index: usize, operation: &Operation, api: &Api) -> TokenStream {
    let signature = signature(operation, api);
    let unused = (!operation.parameters.is_empty() && operation.verbatim.is_none())
        .then(|| quote! { let _ = parameters; });
    quote! {
        #signature {
            #unused
            stubgen_runtime::mount::answer(&rqctx, #index, body).await
        }
    }
}
