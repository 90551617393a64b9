//! Prose of the document as doc attributes.

use proc_macro2::TokenStream;
use quote::quote;

/// One `#[doc]` a line, each with one leading space, as prettyplease prints best.
pub(super) fn doc(text: &str) -> TokenStream {
    let lines = text.trim().lines().map(|line| {
        let line = if line.trim().is_empty() { String::new() } else { format!(" {}", line.trim_end()) };
        quote! { #[doc = #line] }
    });
    quote! { #(#lines)* }
}

/// Paragraphs that are there, set apart.
pub(super) fn paragraphs(parts: &[Option<&str>]) -> TokenStream {
    let text: Vec<_> =
        parts.iter().flatten().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    doc(&text.join("\n\n"))
}

/// Text as the first words of a sentence that goes on.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}
