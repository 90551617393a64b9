//! What the runtime answers by itself: the forms of the document's errors as a table, and the hook for saying more.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::docs::doc;
use crate::emit::{ident, types};
use crate::ir::Api;
use crate::ir::errors::{ErrorForm, ErrorPlace, ErrorValue};

/// The table.
pub(super) fn forms(api: &Api) -> TokenStream {
    let forms = &api.error_forms;
    let document = form(&forms.document);
    let others = forms.others.iter().map(form);
    // Without other forms no operation can differ.
    let operations = forms.operations.iter().filter(|_| !forms.others.is_empty()).map(|statuses| {
        let statuses = statuses.iter().map(|(status, form)| {
            let form = option(form.as_ref());
            quote! { (#status, #form) }
        });
        quote! { &[#(#statuses),*] }
    });
    quote! {
        use stubgen_runtime::{ErrorForm, ErrorForms};
        #[allow(unused_imports)]
        use stubgen_runtime::{ErrorPart, ErrorPlace, ErrorValue};

        /// How the document writes its errors, and so what the runtime answers by itself.
        pub static ERRORS: ErrorForms = ErrorForms {
            document: #document,
            others: &[#(#others),*],
            operations: &[#(#operations),*],
        };
    }
}

fn form(form: &ErrorForm) -> TokenStream {
    let (media_type, template, is_typed) = (&form.media_type, form.template.to_string(), form.is_typed);
    let places = form.places.iter().map(place);
    quote! {
        ErrorForm { media_type: #media_type, template: #template, places: &[#(#places),*], is_typed: #is_typed }
    }
}

fn place(place: &ErrorPlace) -> TokenStream {
    let pointer = &place.pointer;
    let part = ident(place.part.pascal());
    let value = match &place.value {
        ErrorValue::Text(usize::MAX) => quote! { ErrorValue::Text(usize::MAX) },
        ErrorValue::Text(most) => quote! { ErrorValue::Text(#most) },
        ErrorValue::Choice(choices) => quote! { ErrorValue::Choice(&[#(#choices),*]) },
        ErrorValue::Number => quote! { ErrorValue::Number },
        ErrorValue::Object => quote! { ErrorValue::Object },
    };
    quote! { ErrorPlace { pointer: #pointer, part: ErrorPart::#part, value: #value } }
}

fn option(index: Option<&usize>) -> TokenStream {
    index.map_or_else(|| quote! { None }, |index| quote! { Some(#index) })
}

/// The method of the trait by which a server says more than the form does.
pub(super) fn hook(api: &Api) -> TokenStream {
    let docs = doc(
        "The body of an answer that the runtime gives by itself, such as for an unknown path or a bad parameter, for those who want to \
         say more than [`ERRORS`] does. `None`: it is made from there, as are the bodies of errors for which the document has another \
         form.",
    );
    let error = api
        .error
        .as_ref()
        .map_or_else(|| quote! { serde_json::Value }, |error| types::outside(&api.types, &error.ty));
    quote! {
        #docs
        fn rejection(&self, rejection: &stubgen_runtime::Rejection) -> Option<#error> {
            let _ = rejection;
            None
        }
    }
}

/// The method by which the runtime asks for such an answer.
pub(super) fn reject() -> TokenStream {
    quote! {
        fn reject(
            &self,
            operation: Option<usize>,
            rejection: &stubgen_runtime::Rejection,
        ) -> stubgen_runtime::Response {
            let form = ERRORS.form(operation, rejection.status());
            let own = if form.is_typed { self.0.rejection(rejection) } else { None };
            match own {
                Some(body) => stubgen_runtime::json_as(rejection.status(), form.media_type, &body),
                None => form.response(rejection),
            }
        }
    }
}
