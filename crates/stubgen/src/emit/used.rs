//! What tokens use of the names around them, so that a module imports that and nothing else: an import too many is a warning in the
//! generated crate, and one too few does not compile.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Spacing, TokenStream, TokenTree};

/// Names that tokens take from the scope that they stand in.
pub(super) struct Used {
    modules: BTreeSet<String>,
    names: BTreeSet<String>,
}

impl Used {
    /// Walks through all tokens once. Not taken from the scope are what stands behind `::` or a dot, what is defined there, and fields.
    pub(super) fn by(tokens: &TokenStream) -> Self {
        let mut used = Self { modules: BTreeSet::new(), names: BTreeSet::new() };
        used.walk(tokens.clone());
        used
    }

    /// Whether a path begins with the module.
    pub(super) fn module(&self, name: &str) -> bool {
        self.modules.contains(name)
    }

    /// Whether the name stands anywhere, by itself or at the beginning of a path.
    pub(super) fn name(&self, name: &str) -> bool {
        self.names.contains(name) || self.module(name)
    }

    fn walk(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        let mut is_taken_from_scope = true;
        while let Some(token) = tokens.next() {
            let mut next = true;
            match token {
                TokenTree::Group(group) => self.walk(group.stream()),
                TokenTree::Ident(ident) => {
                    let colon = match tokens.peek() {
                        Some(TokenTree::Punct(punct)) if punct.as_char() == ':' => Some(punct.spacing()),
                        _ => None,
                    };
                    next = !defines(&ident);
                    match colon {
                        _ if !is_taken_from_scope => {}
                        Some(Spacing::Joint) => _ = self.modules.insert(ident.to_string()),
                        Some(Spacing::Alone) => {}
                        None => _ = self.names.insert(ident.to_string()),
                    }
                }
                // The second colon of `::`, or the only one of a type.
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    let is_path = punct.spacing() == Spacing::Joint;
                    if is_path {
                        tokens.next();
                    }
                    next = !is_path;
                }
                TokenTree::Punct(punct) => next = punct.as_char() != '.',
                TokenTree::Literal(_) => {}
            }
            is_taken_from_scope = next;
        }
    }
}

/// Whether the name behind a word is a new one.
fn defines(word: &Ident) -> bool {
    ["fn", "struct", "enum", "trait", "type", "const", "static", "mod"].iter().any(|known| word == known)
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn names_are_used_where_they_are_taken_from_the_scope() {
        let used = Used::by(&quote! {
            fn types(mut self, types: impl Into<Body>) -> Outcome<types::Style> { self.errors.same().failed(Call::new()) }
        });
        assert!(used.module("types") && used.module("Call"));
        assert!(used.name("Body") && used.name("Outcome") && used.name("Call"));
        assert!(!used.module("Body"));
        for other in ["Style", "errors", "same", "failed", "new"] {
            assert!(!used.name(other), "{other}");
        }
    }

    #[test]
    fn fields_and_definitions_are_not_uses() {
        let used = Used::by(&quote! { pub struct ByteStream { pub types: String, errors: super::types::A } });
        assert!(!used.name("types") && !used.name("ByteStream") && !used.name("errors"));
        assert!(used.name("String") && used.module("super"));
    }
}
