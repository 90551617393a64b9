//! The start of a server: every operation answers 501 in the document's own error shape until a person writes it.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use serde_json::{Value, json};
use syn::{FnArg, Pat, ReturnType, TraitItemFn, Type, TypeParamBound};

use super::sample::{MESSAGE, STATUS, Sampler};
use super::{Context, Sources, conformance, naming};

/// The files of the server package, all of them for a person to go on with.
pub(super) fn files(context: &Context<'_>) -> syn::Result<Sources> {
    let fill = |template: &str| {
        template
            .replace("{{title}}", &naming::line(&context.surface.title))
            .replace("{{api}}", &context.krate("api"))
            .replace("{{server}}", &context.krate("server"))
            .replace("{{document}}", &format!("{}/src/generated/openapi.json", context.package("api")))
    };
    let mut sources = Sources::from([
        ("src/lib.rs".to_owned(), fill(include_str!("templates/server_lib.rs.in"))),
        ("src/main.rs".to_owned(), fill(include_str!("templates/server_main.rs.in"))),
        ("src/not_written.rs".to_owned(), fill(include_str!("templates/server_not_written.rs.in"))),
        ("src/handlers.rs".to_owned(), handlers(context)?),
        ("src/errors.rs".to_owned(), errors(context)?),
        ("schemathesis.toml".to_owned(), fill(include_str!("templates/server_schemathesis.toml.in"))),
    ]);
    if !context.surface.operations.is_empty() {
        sources.insert("tests/conformance.rs".to_owned(), conformance::tests(context));
    }
    Ok(sources)
}

fn handlers(context: &Context<'_>) -> syn::Result<String> {
    let surface = context.surface;
    let api = Ident::new(&context.krate("api"), Span::call_site());
    let trait_name = &surface.trait_name;
    let rejection = surface.rejection.as_ref().map(|method| {
        let signature = &method.sig;
        quote! {
            #signature {
                crate::errors::error_body(rejection.status(), &rejection.to_string())
            }
        }
    });
    let (caller, principal) = caller(context);
    let operations = surface.operations.iter().map(|operation| {
        let lines = format!(" `{} {}`", operation.method, operation.path);
        let method = method(&operation.signature);
        quote! { #[doc = #lines] #method }
    });
    let is_used = !surface.operations.is_empty() || principal.to_string().contains("not_written");
    let import = is_used.then(|| quote! { use crate::not_written::not_written; });
    let tokens = quote! {
        #import
        use #api::*;

        /// What the operations work with, such as a connection to a database: yours to fill.
        #[derive(Clone, Debug, Default)]
        pub struct Handlers {}

        #caller

        impl #trait_name for Handlers {
            #principal
            #rejection
            #(#operations)*
        }
    };
    let doc = format!(
        "The operations of {}: each answers 501 until it is written. Replace `not_written()` by what it does.",
        naming::line(&surface.title)
    );
    super::unowned(&doc, tokens)
}

/// Who calls, and how that is found out, when the document asks for credentials at all.
fn caller(context: &Context<'_>) -> (TokenStream, TokenStream) {
    if !context.surface.has_principal {
        return (TokenStream::new(), TokenStream::new());
    }
    let caller = quote! {
        /// Who a request comes from. Its `Display` stands in the access log, so it says nothing secret.
        #[derive(Clone, Debug)]
        pub enum Caller {
            /// Nobody in particular, where the document allows that.
            Anonymous,
        }

        impl std::fmt::Display for Caller {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    Self::Anonymous => formatter.write_str("anonymous"),
                }
            }
        }
    };
    let error = context.surface.error_type();
    let is_error = |ty: &Type| {
        error.is_some_and(|error| error.to_token_stream().to_string() == ty.to_token_stream().to_string())
    };
    let authenticate = context.surface.authenticate.as_ref().map(|method| {
        let refusal = ["Unauthorized", "Forbidden"]
            .into_iter()
            .find(|name| context.surface.refusals.iter().any(|(variant, ty)| variant == name && is_error(ty)));
        let refuse = refusal.map_or_else(
            || quote! { not_written() },
            |name| {
                let status = Literal::u16_unsuffixed(if name == "Unauthorized" { 401 } else { 403 });
                let name = Ident::new(name, Span::call_site());
                quote! {
                    let body = crate::errors::error_body(#status, "no credentials are accepted yet");
                    Err(AuthenticateError::#name(body))
                }
            },
        );
        let body = quote! {
            if credentials.is_none() && request.operation().security.optional {
                return Ok(Caller::Anonymous);
            }
            #refuse
        };
        let docs = " Refuses everybody, save where the document allows to come without credentials: say here what credentials are worth.";
        let method = with_body(method, &body);
        quote! { #[doc = #docs] #method }
    });
    (caller, quote! { type Principal = Caller; #authenticate })
}

/// A method that is not written.
fn method(signature: &TraitItemFn) -> TokenStream {
    let names: Vec<_> = arguments(signature).collect();
    let used = match names.as_slice() {
        [] => TokenStream::new(),
        [name] => quote! { let _ = #name; },
        names => quote! { let _ = (#(#names),*); },
    };
    with_body(signature, &quote! { #used not_written() })
}

/// The method as people write it: `async fn` where the trait names a future.
fn with_body(method: &TraitItemFn, body: &TokenStream) -> TokenStream {
    let mut signature = method.sig.clone();
    if let Some(output) = future_output(&signature.output) {
        signature.asyncness = Some(syn::token::Async::default());
        signature.output = ReturnType::Type(syn::token::RArrow::default(), Box::new(output));
    }
    quote! { #signature { #body } }
}

fn arguments(method: &TraitItemFn) -> impl Iterator<Item = &Ident> {
    method.sig.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(argument) => match &*argument.pat {
            Pat::Ident(pattern) => Some(&pattern.ident),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    })
}

fn future_output(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, ty) = output else { return None };
    let Type::ImplTrait(future) = &**ty else { return None };
    future.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let syn::PathArguments::AngleBracketed(arguments) = &bound.path.segments.last()?.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            syn::GenericArgument::AssocType(output) if output.ident == "Output" => Some(output.ty.clone()),
            _ => None,
        })
    })
}

fn errors(context: &Context<'_>) -> syn::Result<String> {
    let Some(ty) = context.surface.error_type() else {
        return super::unowned("Errors of the API.", TokenStream::new());
    };
    let api = Ident::new(&context.krate("api"), Span::call_site());
    let sample = error_schema(context, ty)
        .map(|schema| Sampler { document: context.document, is_error: true }.sample(schema));
    let sample = literal(&sample.unwrap_or_else(|| json!({ "message": MESSAGE })));
    let text = sample.to_string();
    let unused = |name: &str| {
        let ident = Ident::new(name, Span::call_site());
        (!text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name))
            .then(|| quote! { let _ = #ident; })
    };
    let (status, message) = (unused("status"), unused("message"));
    let types = needs_types(ty).then(|| quote! { use #api::types; });
    let tokens = quote! {
        #types

        /// An error in the form that the document gives its errors.
        pub fn error_body(status: u16, message: &str) -> #ty {
            #status
            #message
            let body = serde_json::json!(#sample);
            serde_json::from_value(body).expect("the form is that of the document")
        }
    };
    super::unowned(
        "Errors in the form of the document: yours to give them the ids and details that clients decide by.",
        tokens,
    )
}

fn needs_types(ty: &Type) -> bool {
    ty.to_token_stream()
        .into_iter()
        .next()
        .is_some_and(|token| matches!(token, TokenTree::Ident(ident) if ident == "types"))
}

/// The schema behind the type of errors: the component whose name it has, or else the first error body of the document.
fn error_schema<'a>(context: &Context<'a>, ty: &Type) -> Option<&'a Value> {
    let name = ty.to_token_stream().into_iter().last()?.to_string();
    let components = context.document["components"]["schemas"].as_object();
    let component = components.into_iter().flatten().find(|(key, _)| crate::names::pascal(key) == name);
    if let Some((_, schema)) = component {
        return Some(schema);
    }
    let sampler = Sampler { document: context.document, is_error: true };
    let items = context.document["paths"].as_object()?.values();
    let operations = items.filter_map(Value::as_object).flat_map(|item| item.values());
    let responses = operations.filter_map(|operation| operation["responses"].as_object()).flatten();
    let errors = responses.filter(|(status, _)| status.starts_with(['4', '5', 'd']));
    errors
        .filter_map(|(_, response)| sampler.resolve(response)["content"].as_object())
        .flatten()
        .find(|(media, _)| media.contains("json"))
        .map(|(_, media)| &media["schema"])
}

/// JSON as the tokens of `json!`, with names where the sample has marks.
fn literal(value: &Value) -> TokenStream {
    match value {
        Value::Null => quote! { null },
        Value::Bool(value) => quote! { #value },
        Value::Number(number) => number.to_string().parse().unwrap_or_else(|_| quote! { 0 }),
        Value::String(text) if text == MESSAGE => quote! { message },
        Value::String(text) if text == STATUS => quote! { status },
        Value::String(text) => quote! { #text },
        Value::Array(elements) => {
            let elements = elements.iter().map(literal);
            quote! { [#(#elements),*] }
        }
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| {
                let value = literal(value);
                quote! { #key: #value }
            });
            quote! { { #(#members),* } }
        }
    }
}
