//! What each operation takes and gives: parameters, responses and errors, each able to say only what the document says.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::docs::doc;
use crate::emit::responses::{Responses, described, is_same};
use crate::emit::used::Used;
use crate::emit::{ident, payload, types};
use crate::ir::{Api, Operation, Response, Status};

pub(super) fn operations(api: &Api) -> TokenStream {
    let mut responses = Responses::new(api);
    let mut items = TokenStream::new();
    for operation in &api.operations {
        items.extend(parameters(operation, api));
        items.extend(payload::body_definition(api, operation));
        let title = format!("What `{}` answers when it succeeds.", operation.id);
        let name = format!("{}Response", operation.pascal);
        items.extend(responses.definition(&operation.pascal, &name, &title, &successes(operation), None));
        let title = format!("Every error that `{}` can answer.", operation.id);
        items.extend(responses.errors(&operation.pascal, &title, operation.errors().collect()));
    }
    items.extend(authenticate_error(api, &mut responses));
    let has_parameters = api.operations.iter().any(|operation| !operation.parameters.is_empty());
    let parameters = has_parameters.then(|| quote! { use stubgen_runtime::parameters; });
    let has_responses = !api.operations.is_empty() || !api.alternatives.is_empty();
    let responses = has_responses.then(|| quote! { use stubgen_runtime::responses; });
    let types = Used::by(&items).module("types").then(|| quote! { use super::types; });
    quote! { #types #parameters #responses #items }
}

/// The responses that say an operation succeeded. With nothing but `default`, that is a success as well.
pub(super) fn successes(operation: &Operation) -> Vec<&Response> {
    let mut successes: Vec<_> = operation.successes().collect();
    if successes.is_empty() {
        successes.extend(operation.responses.iter().filter(|response| response.status == Status::Default));
    }
    successes
}

/// The errors that a request can be refused with before its operation starts: each status that an operation with security has, with the
/// body that most of them give it. An operation that does not document a status is refused with it all the same, since nobody can say
/// more of a request than the credentials allow; and a new operation takes nothing away from the others.
fn shared_errors(api: &Api) -> Vec<&Response> {
    let secured = api.operations.iter().filter(|operation| !operation.security.alternatives.is_empty());
    let mut counts: Vec<(&Response, usize)> = Vec::new();
    for error in secured.flat_map(Operation::errors) {
        match counts.iter_mut().find(|(known, _)| is_same(known, error)) {
            Some((_, count)) => *count += 1,
            None => counts.push((error, 1)),
        }
    }
    // The sort is stable: of equally frequent bodies the document's first one stays first.
    counts.sort_by_key(|(error, count)| (error.status, std::cmp::Reverse(*count)));
    counts.dedup_by_key(|(error, _)| error.status);
    counts.into_iter().map(|(error, _)| error).collect()
}

/// Whether a request can be refused as not authenticated in the document's own terms.
pub(super) fn declares_unauthorized(api: &Api) -> bool {
    shared_errors(api).iter().any(|error| error.status == Status::Code(401))
}

/// Whether `AuthenticateError` has more than the variant for documents that declare no 401.
pub(super) fn has_other_refusals(api: &Api) -> bool {
    !shared_errors(api).is_empty()
}

fn authenticate_error<'a>(api: &'a Api, responses: &mut Responses<'a>) -> Option<TokenStream> {
    if api.alternatives.is_empty() {
        return None;
    }
    let title =
        "Why a request is refused before its operation starts: the errors of operations with security.";
    if declares_unauthorized(api) {
        return Some(responses.errors("Authenticate", title, shared_errors(api)));
    }
    let more = (
        "Unauthenticated",
        "401, in the form that the document gives errors in general, as for everything that the runtime answers.",
    );
    let errors = shared_errors(api);
    Some(responses.definition("Authenticate", "AuthenticateError", title, &errors, Some(more)))
}

fn parameters(operation: &Operation, api: &Api) -> Option<TokenStream> {
    if operation.parameters.is_empty() {
        return None;
    }
    let name = ident(&format!("{}Parameters", operation.pascal));
    let title = doc(&format!("Parameters of `{}`.", operation.id));
    let fields = operation.parameters.iter().map(|parameter| {
        let field = ident(&parameter.ident);
        let ty = types::outside(&api.types, &parameter.ty);
        let place = format!("`{}` in the {}", parameter.name, parameter.location.key());
        let docs = doc(&described(&place, parameter.description.as_deref()));
        if parameter.required || parameter.default.is_some() {
            quote! { #docs pub #field: #ty }
        } else {
            quote! { #docs pub #field: Option<#ty> }
        }
    });
    let reads = operation.parameters.iter().map(|parameter| {
        let field = ident(&parameter.ident);
        let is_there = parameter.required || parameter.default.is_some();
        let read = ident(if is_there { "required" } else { "optional" });
        quote! { #field: #read }
    });
    Some(quote! {
        #title
        #[derive(Clone, Debug)]
        pub struct #name {
            #(#fields,)*
        }
        parameters!(#name { #(#reads),* });
    })
}
