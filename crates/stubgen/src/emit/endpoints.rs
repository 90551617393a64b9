//! The API as a dropshot API trait: what emits the document for the round trip, and mounts the API into a dropshot server.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use serde_json::Value;

use crate::emit::docs::doc;
use crate::emit::ident;
use crate::emit::operations::successes;
use crate::emit::schemas::{declared, declared_error, referenced_types, said};
use crate::ir::{Api, Operation, Payload};

pub(super) fn endpoints(api: &Api) -> TokenStream {
    let api_trait = ident(&format!("{}Api", api.ident));
    let trait_name = format!("{}Endpoints", api.ident);
    let module = ident(&format!("{}_mod", crate::names::snake(&trait_name)));
    let name = ident(&trait_name);
    let tags = api.tags.iter().map(|tag| {
        let (name, description) = (&tag.name, tag.description.as_deref().map(str::trim));
        let description = description.map(|text| quote! { description = #text });
        let docs = tag.external_docs.as_ref().map(|(url, description)| {
            let description = description.as_ref().map(|text| quote! { description = #text, });
            quote! { external_docs = { #description url = #url } }
        });
        let parts = description.into_iter().chain(docs);
        quote! { #name = { #(#parts),* } }
    });
    let operations = api.operations.iter().enumerate().filter(|(_, operation)| operation.verbatim.is_none());
    let methods = operations.map(|(index, operation)| endpoint(index, operation, api));
    let title = doc(&format!(
        "{} as dropshot endpoints; [`Mounted`] implements it for every [`{api_trait}`](super::{api_trait}). \
         An operation that dropshot cannot say part by part is none of them.",
        api.info.title
    ));
    let imports = imports(api);
    let declarations = declarations(api);
    let emitted = emitted(api, &module);
    let mounted = mounted(api, &module);
    quote! {
        #imports

        #title
        #[dropshot::api_description(tag_config = {
            allow_other_tags = true, policy = dropshot::EndpointTagPolicy::Any, tags = { #(#tags),* }
        })]
        pub trait #name {
            /// What answers: the service.
            type Context: stubgen_runtime::mount::Serves;
            #(#methods)*
        }

        /// The endpoints of an implementation of the API.
        #[derive(Debug)]
        pub struct Mounted<A>(std::marker::PhantomData<A>);

        impl<A: #api_trait> #name for Mounted<A> {
            type Context = Arc<Service<Server<A>>>;
        }

        #mounted
        #emitted
        #declarations
    }
}

fn imports(api: &Api) -> TokenStream {
    let is_said = said(api).next().is_some();
    let has_parameters = said(api).any(|operation| !operation.parameters.is_empty());
    let dropshot = is_said.then(|| quote! { use dropshot::RequestContext; });
    let parameters = has_parameters.then(|| quote! { Parameters, });
    let mount = if is_said {
        quote! { use stubgen_runtime::mount::{Answer, Body, Description, Failure, #parameters answer}; }
    } else {
        quote! { use stubgen_runtime::mount::Description; }
    };
    let declare_parameters = has_parameters.then(|| quote! { declare_parameters, });
    let declare = is_said.then(|| quote! { use stubgen_runtime::{#declare_parameters declare_response}; });
    quote! {
        use std::error::Error;
        use std::sync::Arc;
        #dropshot
        use stubgen_runtime::Service;
        #mount
        #declare
        use super::schemas::EMISSION;
        use super::*;
    }
}

fn mounted(api: &Api, module: &proc_macro2::Ident) -> TokenStream {
    let api_trait = ident(&format!("{}Api", api.ident));
    let others = api.operations.iter().enumerate();
    let others = others.filter(|(_, operation)| operation.verbatim.is_some() && operation.is_mountable);
    let others: Vec<_> = others.map(|(index, _)| Literal::usize_unsuffixed(index)).collect();
    let body = if others.is_empty() {
        quote! { Ok(#module::api_description::<Mounted<A>>()?) }
    } else {
        quote! {
            let mut description = #module::api_description::<Mounted<A>>()?;
            stubgen_runtime::mount::add(&mut description, &DEFINITION, &[#(#others),*])?;
            Ok(description)
        }
    };
    quote! {
        /// The API for a dropshot server whose context is the service.
        pub fn mounted<A: #api_trait>() -> Result<Description<Server<A>>, Box<dyn Error + Send + Sync>> {
            #body
        }
    }
}

fn emitted(api: &Api, module: &proc_macro2::Ident) -> TokenStream {
    let info = info(api);
    let mutable = (!info.is_empty()).then(|| quote! { mut });
    let wholes: Vec<&Value> =
        api.operations.iter().filter_map(|operation| operation.verbatim.as_ref()).collect();
    let carries = !wholes.is_empty();
    let description = if carries {
        quote! {
            let mut description = #module::stub_api_description()?;
            EMISSION.carry::<Carried>(&mut description)?;
        }
    } else {
        quote! { let description = #module::stub_api_description()?; }
    };
    let carried = carries.then(|| {
        let whole = Value::Array(wholes.into_iter().cloned().collect());
        let used = referenced_types(&whole, api);
        quote! { stubgen_runtime::carried!(Carried, [#(#used),*]); }
    });
    quote! {
        /// The document as dropshot emits it from the trait: what the round trip compares with `openapi.yaml`.
        pub fn emitted() -> Result<serde_json::Value, Box<dyn Error + Send + Sync>> {
            #description
            let version = stubgen_runtime::emitted_version(DEFINITION.version);
            let #mutable definition = description.openapi(DEFINITION.title, version);
            #(definition.#info;)*
            Ok(EMISSION.complete(definition.json()?))
        }
        #carried
    }
}

/// Calls of the setters of `dropshot::OpenApiDefinition`, for what the document says; it has none for the terms of service.
fn info(api: &Api) -> Vec<TokenStream> {
    let info = &api.info;
    let texts = [
        ("description", &info.description),
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
    let index = Literal::usize_unsuffixed(index);
    let name = ident(&operation.ident);
    let (path, tags) = (&operation.path, &operation.tags);
    // dropshot would re-flow it, so that the document's own text comes from `emission.json`.
    let route = format!("`{} {}`", operation.method.key().to_uppercase(), operation.path);
    let summary = operation.summary.as_deref().and_then(|text| text.trim().lines().next());
    let docs = doc(summary.filter(|line| !line.is_empty()).unwrap_or(&route));
    let id = (operation.id != operation.ident).then(|| {
        let id = &operation.id;
        quote! { , operation_id = #id }
    });
    let tags = (!tags.is_empty()).then(|| quote! { , tags = [#(#tags),*] });
    let deprecated = operation.deprecated.then(|| quote! { , deprecated = true });
    let parameters = (!operation.parameters.is_empty()).then(|| {
        let ty = ident(&format!("{}Parameters", operation.pascal));
        quote! { _parameters: Parameters<#ty>, }
    });
    let payload = operation.body.as_ref().and_then(|body| body.kinds.first()).map(|kind| &kind.payload);
    let body = match payload {
        Some(Payload::Json(ty)) => declared(ty, api),
        _ => quote! { () },
    };
    let response = ident(&format!("{}Response", operation.pascal));
    let error = declared_error(operation, api);
    quote! {
        #docs
        #[endpoint(method = #method, path = #path #tags #id #deprecated)]
        async fn #name(
            rqctx: RequestContext<Self::Context>,
            #parameters
            body: Body<#body>,
        ) -> Result<Answer<#response>, Failure<#error>> {
            answer(&rqctx, #index, body).await
        }
    }
}

/// What parameters and successes say of themselves.
fn declarations(api: &Api) -> TokenStream {
    let each = said(api).map(|operation| {
        let parameters = (!operation.parameters.is_empty()).then(|| {
            let name = ident(&format!("{}Parameters", operation.pascal));
            let schemas = operation.parameters.iter().map(|parameter| parameter.schema.clone()).collect();
            let used = referenced_types(&Value::Array(schemas), api);
            quote! { declare_parameters!(EMISSION, #name, [#(#used),*]); }
        });
        let name = ident(&format!("{}Response", operation.pascal));
        let success = successes(operation).into_iter().next();
        let response = success.map(|response| {
            let status = Literal::u16_unsuffixed(response.status.number());
            let body = match &response.content {
                Some((_, Payload::Json(ty))) => {
                    let ty = declared(ty, api);
                    Some(quote! { , #ty })
                }
                _ => None,
            };
            quote! { declare_response!(EMISSION, #name, #status #body); }
        });
        quote! { #parameters #response }
    });
    quote! { #(#each)* }
}
