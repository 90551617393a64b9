//! What each operation takes and gives: parameters, responses and errors, each able to say only what the document says.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value, json};

use crate::emit::docs::{doc, sentence};
use crate::emit::schemas::{declaration, declared};
use crate::emit::{ident, types};
use crate::ir::{Api, ErrorResponse, Location, Operation, Parameter, Success};
use crate::lower::schema_form::for_dropshot;

pub(super) fn operations(api: &Api) -> TokenStream {
    let error = types::outside(&api.types, &api.error.ty);
    let each = api.operations.iter().map(|operation| {
        let parameters = (!operation.parameters.is_empty()).then(|| parameters(operation, api));
        let declare = declare_parameters(operation, api);
        let response = response(operation, api);
        let name = format!("{}Error", operation.pascal);
        let title = format!("Every error that `{}` can answer.", operation.id);
        let errors = errors(&name, &title, &operation.errors, &error);
        quote! { #parameters #declare #response #errors }
    });
    let authenticate = authenticate_error(api, &error);
    quote! {
        use super::types;
        #authenticate
        #(#each)*
    }
}

/// The Rust name of a status: its phrase in the registry (RFC 9110, section 15), or its number.
pub(super) fn variant(status: u16) -> String {
    let phrase = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    phrase.map_or_else(|| format!("Status{status}"), crate::names::pascal)
}

fn authenticate_error(api: &Api, body: &TokenStream) -> Option<TokenStream> {
    let mut secured = api.operations.iter().filter(|operation| !operation.security.alternatives.is_empty());
    let mut common = secured.next()?.errors.clone();
    for operation in secured {
        common.retain(|error| operation.errors.iter().any(|other| other.status == error.status));
    }
    let title = "Why a request is refused before its operation starts: the errors that all operations with security share.";
    Some(errors("AuthenticateError", title, &common, body))
}

fn errors(name: &str, title: &str, errors: &[ErrorResponse], body: &TokenStream) -> TokenStream {
    let name = ident(name);
    let title = doc(title);
    if errors.is_empty() {
        return quote! {
            #title
            #[derive(Clone, Debug)]
            pub enum #name {}
            impl stubgen_runtime::IntoResponse for #name {
                fn into_response(self) -> stubgen_runtime::Response {
                    match self {}
                }
            }
        };
    }
    let variants: Vec<_> = errors.iter().map(|error| ident(&variant(error.status))).collect();
    let docs = errors.iter().map(|error| doc(&format!("{}: {}", error.status, sentence(&error.description))));
    let statuses: Vec<_> = errors.iter().map(|error| error.status).collect();
    quote! {
        #title
        #[derive(Clone, Debug)]
        pub enum #name {
            #(#docs #variants(#body),)*
        }
        impl stubgen_runtime::IntoResponse for #name {
            fn into_response(self) -> stubgen_runtime::Response {
                match self {
                    #(Self::#variants(body) => stubgen_runtime::json(#statuses, &body),)*
                }
            }
        }
    }
}

fn parameters(operation: &Operation, api: &Api) -> TokenStream {
    let name = ident(&format!("{}Parameters", operation.pascal));
    let title = doc(&format!("Parameters of `{}`.", operation.id));
    let fields = operation.parameters.iter().map(|parameter| {
        let field = ident(&parameter.ident);
        let ty = types::outside(&api.types, &parameter.ty);
        let place = format!("`{}` in the {}.", parameter.name, parameter.location.pascal().to_lowercase());
        let text = match &parameter.description {
            Some(description) => format!("{}\n\n{place}", description.trim()),
            None => place,
        };
        let docs = doc(&text);
        if parameter.required {
            quote! { #docs pub #field: #ty }
        } else {
            quote! { #docs pub #field: Option<#ty> }
        }
    });
    let reads = operation.parameters.iter().enumerate().map(|(index, parameter)| {
        let field = ident(&parameter.ident);
        let read = ident(if parameter.required { "required" } else { "optional" });
        quote! { #field: source.#read(#index)? }
    });
    quote! {
        #title
        #[derive(Clone, Debug)]
        pub struct #name {
            #(#fields,)*
        }
        impl stubgen_runtime::FromParameters for #name {
            fn from_parameters(
                source: &stubgen_runtime::ParameterSource<'_>,
            ) -> Result<Self, stubgen_runtime::Rejection> {
                Ok(Self { #(#reads,)* })
            }
        }
    }
}

fn declare_parameters(operation: &Operation, api: &Api) -> Option<TokenStream> {
    if operation.parameters.is_empty() {
        return None;
    }
    let name = ident(&format!("{}Parameters", operation.pascal));
    let arms = Location::ALL.into_iter().filter_map(|location| {
        let here: Vec<_> = operation.parameters.iter().filter(|p| p.location == location).collect();
        if here.is_empty() {
            return None;
        }
        let schema = object_of(&here);
        let body = declaration(&schema, api);
        let location = ident(location.pascal());
        Some(quote! { stubgen_runtime::Location::#location => Some({ #body }) })
    });
    Some(quote! {
        impl stubgen_runtime::DeclareParameters for #name {
            fn declare(
                location: stubgen_runtime::Location,
                generator: &mut schemars::r#gen::SchemaGenerator,
            ) -> Option<schemars::schema::Schema> {
                match location {
                    #(#arms,)*
                    _ => None,
                }
            }
        }
    })
}

/// Parameters as the properties of an object: the form in which dropshot takes them. It reads a parameter's description from the
/// property, and unwraps the `allOf` that a reference needs to have one.
fn object_of(parameters: &[&Parameter]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for parameter in parameters {
        let mut schema = for_dropshot(&parameter.schema);
        if let Some(description) = &parameter.description {
            if schema.get("$ref").is_some() {
                schema = json!({ "allOf": [schema], "description": description });
            } else {
                schema["description"] = json!(description);
            }
        }
        properties.insert(parameter.name.clone(), schema);
        if parameter.required {
            required.push(parameter.name.clone());
        }
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

fn response(operation: &Operation, api: &Api) -> TokenStream {
    let name = ident(&format!("{}Response", operation.pascal));
    let Success { status, description, ty } = &operation.success;
    let title = doc(&format!("What `{}` answers when it succeeds.", operation.id));
    let case = ident(&variant(*status));
    let docs = doc(&format!("{status}: {}", sentence(description)));
    let (payload, pattern, answer, base) = match ty {
        Some(ty) => {
            let wire = types::outside(&api.types, &ty.ty);
            let schema = declared(ty, api);
            (
                quote! { (#wire) },
                quote! { (body) },
                quote! { stubgen_runtime::json(#status, &body) },
                quote! { stubgen_runtime::declare_json::<#schema>(#status, #description) },
            )
        }
        None => (
            TokenStream::new(),
            TokenStream::new(),
            quote! { stubgen_runtime::empty(#status) },
            quote! { stubgen_runtime::declare_empty(#status, #description) },
        ),
    };
    quote! {
        #title
        #[derive(Clone, Debug)]
        pub enum #name {
            #docs
            #case #payload,
        }
        impl stubgen_runtime::IntoResponse for #name {
            fn into_response(self) -> stubgen_runtime::Response {
                match self {
                    Self::#case #pattern => #answer,
                }
            }
        }
        impl stubgen_runtime::DeclareResponse for #name {
            fn declare() -> dropshot::ApiEndpointResponse {
                #base
            }
        }
    }
}
