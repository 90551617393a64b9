//! The API as a table: what the runtime routes, authenticates and reads by.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::emit::ident;
use crate::ir::{Api, Body, Location, Operation, Parameter, Payload, Response, SchemeKind, Shape, Style};

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
    let alternatives = api.alternatives.iter().map(|set| {
        let set = set.iter().copied().map(Literal::usize_unsuffixed);
        quote! { &[#(#set),*] }
    });
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
        names.push("Operation");
    }
    let parameters = || api.operations.iter().flat_map(|operation| &operation.parameters);
    if parameters().next().is_some() {
        names.push("Parameter");
    }
    if parameters().any(|parameter| !has_default_style(parameter)) {
        names.push("Style");
    }
    let bodies = || api.operations.iter().filter_map(|operation| operation.body.as_ref());
    if bodies().next().is_some() {
        names.push("RequestBody");
    }
    if parameters().next().is_some() || bodies().any(|body| form(body).is_some()) {
        names.push("Shape");
    }
    if !api.schemes.is_empty() {
        names.extend(["SchemeKind", "SecurityScheme"]);
    }
    names.sort_unstable();
    names
}

fn operation(operation: &Operation) -> TokenStream {
    let (id, path) = (&operation.id, &operation.route);
    let method = ident(operation.method.key());
    let parameters = (!operation.parameters.is_empty()).then(|| {
        let each = operation.parameters.iter().map(parameter);
        quote! { .parameters(&[#(#each),*]) }
    });
    let body = operation.body.as_ref().map(|body| {
        let body = self::body(body);
        quote! { .body(#body) }
    });
    let contents = operation.responses.iter().flat_map(Response::contents);
    let mut produces: Vec<_> = contents.map(|(media_type, _)| media_type).collect();
    produces.sort_unstable();
    produces.dedup();
    let produces = (!produces.is_empty()).then(|| quote! { .produces(&[#(#produces),*]) });
    let statuses =
        operation.responses.iter().map(|response| Literal::u16_unsuffixed(response.status.number()));
    let security = (!operation.security.alternatives.is_empty()).then(|| {
        let alternatives = operation.security.alternatives.iter().copied().map(Literal::usize_unsuffixed);
        let name = ident(if operation.security.optional { "optional_security" } else { "security" });
        quote! { .#name(&[#(#alternatives),*]) }
    });
    quote! {
        Operation::#method(#id).at(#path) #parameters #body #produces .statuses(&[#(#statuses),*]) #security
    }
}

fn body(body: &Body) -> TokenStream {
    let media_types = body.kinds.iter().map(|kind| &kind.media_type);
    let name = ident(if body.required { "required" } else { "optional" });
    let form = form(body).map(|shape| {
        let shape = self::shape(shape);
        quote! { .form(#shape) }
    });
    quote! { RequestBody::#name(&[#(#media_types),*]) #form }
}

/// The shape of a body that is a form.
fn form(body: &Body) -> Option<&Shape> {
    body.kinds.iter().find_map(|kind| match &kind.payload {
        Payload::Form(_, shape) => Some(shape),
        _ => None,
    })
}

fn parameter(parameter: &Parameter) -> TokenStream {
    let name = &parameter.name;
    let place = ident(parameter.location.key());
    let shape = shape(&parameter.shape);
    let required =
        (parameter.required && parameter.location != Location::Path).then(|| quote! { .required() });
    let style = (!has_default_style(parameter)).then(|| {
        let (style, explode) = (ident(parameter.style.pascal()), parameter.explode);
        quote! { .style(Style::#style, #explode) }
    });
    let default = parameter.default.as_ref().map(|default| {
        let text = default.to_string();
        quote! { .default(#text) }
    });
    quote! { Parameter::#place(#name, #shape) #required #style #default }
}

/// Whether a parameter is written as its place has it by default.
fn has_default_style(parameter: &Parameter) -> bool {
    let is_form = matches!(parameter.location, Location::Query | Location::Cookie);
    let style = if is_form { Style::Form } else { Style::Simple };
    parameter.style == style && parameter.explode == is_form
}

/// A shape as a constant.
fn shape(shape: &Shape) -> TokenStream {
    let path = quote! { Shape };
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
