//! What each operation takes and gives: parameters, responses and errors, each able to say only what the document says.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value, json};

use crate::emit::docs::doc;
use crate::emit::schemas::{declaration, declared, verbatim_marker};
use crate::emit::{ident, payload, types};
use crate::ir::{Api, Location, Operation, Parameter, Payload, Response, Status};
use crate::lower::schema_form::for_dropshot;

pub(super) fn operations(api: &Api) -> TokenStream {
    let each = api.operations.iter().map(|operation| {
        let parameters = (!operation.parameters.is_empty()).then(|| parameters(operation, api));
        let declare = operation.verbatim.is_none().then(|| declare_parameters(operation, api));
        let body = payload::body_definition(api, operation);
        let response = response(operation, api);
        let errors: Vec<_> = operation.errors().collect();
        let title = format!("Every error that `{}` can answer.", operation.id);
        let errors = payload::responses(api, &format!("{}Error", operation.pascal), &title, &errors, None);
        quote! { #parameters #declare #body #response #errors }
    });
    let authenticate = authenticate_error(api);
    quote! {
        #[allow(unused_imports)]
        use super::types;
        #authenticate
        #(#each)*
    }
}

/// The errors that a request can be refused with before its operation starts: each status that an operation with security has, with the
/// body that most of them give it. An operation that does not document a status is refused with it all the same, since nobody can say
/// more of a request than the credentials allow; and a new operation takes nothing away from the others.
pub(super) fn shared_errors(api: &Api) -> Vec<&Response> {
    let secured = api.operations.iter().filter(|operation| !operation.security.alternatives.is_empty());
    let mut counts: Vec<(&Response, usize)> = Vec::new();
    for error in secured.flat_map(Operation::errors) {
        match counts.iter_mut().find(|(known, _)| known.status == error.status && same_content(known, error))
        {
            Some((_, count)) => *count += 1,
            None => counts.push((error, 1)),
        }
    }
    // The sort is stable: of equally frequent bodies the document's first one stays first.
    counts.sort_by_key(|(error, count)| (error.status, std::cmp::Reverse(*count)));
    counts.dedup_by_key(|(error, _)| error.status);
    counts.into_iter().map(|(error, _)| error).collect()
}

/// The variants of `AuthenticateError` that carry a JSON body and nothing else, each with its type.
pub(crate) fn refusals(api: &Api) -> Vec<(String, TokenStream)> {
    let carried = shared_errors(api).into_iter().filter_map(|error| match (&error.status, &error.content) {
        (Status::Code(_), Some((_, Payload::Json(ty)))) => {
            Some((payload::variant(error.status), types::outside(&api.types, &ty.ty)))
        }
        _ => None,
    });
    carried.collect()
}

fn same_content(one: &Response, other: &Response) -> bool {
    match (&one.content, &other.content) {
        (None, None) => true,
        (Some((one_type, Payload::Json(one))), Some((other_type, Payload::Json(other)))) => {
            one_type == other_type && one.schema == other.schema
        }
        (one, other) => one == other,
    }
}

/// Whether a request can be refused as not authenticated in the document's own terms.
pub(super) fn declares_unauthorized(api: &Api) -> bool {
    shared_errors(api).iter().any(|error| error.status == Status::Code(401))
}

fn authenticate_error(api: &Api) -> Option<TokenStream> {
    if api.alternatives.is_empty() {
        return None;
    }
    let title =
        "Why a request is refused before its operation starts: the errors of operations with security.";
    let more = (!declares_unauthorized(api)).then_some((
        "Unauthenticated",
        "401: The document does not say how it looks, so that `rejection` gives the body.",
    ));
    Some(payload::responses(api, "AuthenticateError", title, &shared_errors(api), more))
}

fn parameters(operation: &Operation, api: &Api) -> TokenStream {
    let name = ident(&format!("{}Parameters", operation.pascal));
    let title = doc(&format!("Parameters of `{}`.", operation.id));
    let fields = operation.parameters.iter().map(|parameter| {
        let field = ident(&parameter.ident);
        let ty = types::outside(&api.types, &parameter.ty);
        let place = format!("`{}` in the {}.", parameter.name, parameter.location.key());
        let text = match &parameter.description {
            Some(description) => format!("{}\n\n{place}", description.trim()),
            None => place,
        };
        let docs = doc(&text);
        if parameter.required || parameter.default.is_some() {
            quote! { #docs pub #field: #ty }
        } else {
            quote! { #docs pub #field: Option<#ty> }
        }
    });
    let reads = operation.parameters.iter().enumerate().map(|(index, parameter)| {
        let field = ident(&parameter.ident);
        let read =
            ident(if parameter.required || parameter.default.is_some() { "required" } else { "optional" });
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
    let places = [Location::Path, Location::Query, Location::Header];
    let arms = places.into_iter().filter_map(|location| {
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
    let name = format!("{}Response", operation.pascal);
    let title = format!("What `{}` answers when it succeeds.", operation.id);
    let mut successes: Vec<_> = operation.successes().collect();
    if successes.is_empty() {
        // With nothing but `default`, that is a success as well.
        successes.extend(operation.responses.iter().filter(|response| response.status == Status::Default));
    }
    let definition = payload::responses(api, &name, &title, &successes, None);
    let name = ident(&name);
    let declared = match (&operation.verbatim, successes.first()) {
        (None, Some(Response { status, description, content: Some((_, Payload::Json(ty))) })) => {
            let (schema, status) = (declared(ty, api), status.number());
            quote! { stubgen_runtime::declare_json::<#schema>(#status, #description) }
        }
        (None, Some(Response { status, description, .. })) => {
            let status = status.number();
            quote! { stubgen_runtime::declare_empty(#status, #description) }
        }
        _ => {
            let schema = verbatim_marker(operation);
            quote! { stubgen_runtime::declare_json::<super::schemas::#schema>(200, "") }
        }
    };
    quote! {
        #definition
        impl stubgen_runtime::DeclareResponse for #name {
            fn declare() -> dropshot::ApiEndpointResponse {
                #declared
            }
        }
    }
}
