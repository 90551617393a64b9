//! Prose of a document as rustdoc comments: readable, and never code. Rust code blocks would be compiled and run as tests.

use proc_macro2::{Ident, Span};
use syn::visit_mut::VisitMut;
use syn::{
    AttrStyle, Attribute, Block, Expr, ExprLit, Generics, Lit, LitStr, Meta, MetaNameValue, Signature, Token,
    Type, token,
};

/// The text of a doc attribute.
pub(crate) fn doc_of(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Rewrites documentation: one attribute a line with one leading space, without the JSON schema that a backend may repeat under a type
/// (the document itself is beside the code), and without anything that rustdoc would run.
pub(crate) struct TidyDocs;

impl VisitMut for TidyDocs {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        let mut lines = Lines::default();
        let mut tidied = Vec::new();
        for attribute in attributes.drain(..) {
            let Some(doc) = doc_of(&attribute) else {
                tidied.push(attribute);
                continue;
            };
            let spaced = doc.starts_with(' ');
            // A carriage return by itself may not stand in a comment.
            for line in doc.trim_end().replace("\r\n", "\n").split(['\n', '\r']) {
                let line = if spaced { line.strip_prefix(' ').unwrap_or(line) } else { line };
                if let Some(line) = lines.tidy(line.trim_end()) {
                    let line = if line.is_empty() { line } else { format!(" {line}") };
                    tidied.push(doc_attribute(&line));
                }
            }
        }
        *attributes = tidied;
    }

    // Nothing in these has documentation, and most of a file is in them.

    fn visit_block_mut(&mut self, _: &mut Block) {}

    fn visit_expr_mut(&mut self, _: &mut Expr) {}

    fn visit_generics_mut(&mut self, _: &mut Generics) {}

    fn visit_signature_mut(&mut self, _: &mut Signature) {}

    fn visit_type_mut(&mut self, _: &mut Type) {}
}

/// The attribute for a line. It is not parsed, which would take longer than all else that is done with it.
fn doc_attribute(line: &str) -> Attribute {
    let lit = Lit::Str(LitStr::new(line, Span::call_site()));
    Attribute {
        pound_token: <Token![#]>::default(),
        style: AttrStyle::Outer,
        bracket_token: token::Bracket::default(),
        meta: Meta::NameValue(MetaNameValue {
            path: Ident::new("doc", Span::call_site()).into(),
            eq_token: <Token![=]>::default(),
            value: Expr::Lit(ExprLit { attrs: Vec::new(), lit }),
        }),
    }
}

/// Where in the Markdown of one item the next line stands.
#[derive(Default)]
struct Lines {
    in_schema: bool,
    /// The marker that closes the code block which the line stands in.
    fence: Option<String>,
    after_blank: bool,
}

impl Lines {
    /// The line as it is to stand; `None` if it is left out.
    fn tidy(&mut self, line: &str) -> Option<String> {
        if self.in_schema || line.trim() == "<details><summary>JSON schema</summary>" {
            self.in_schema = line.trim() != "</details>";
            return None;
        }
        let line = visible(line);
        let trimmed = line.trim_start();
        if let Some(fence) = &self.fence {
            if trimmed.starts_with(fence.as_str())
                && trimmed.trim_start_matches(&fence[..1]).trim().is_empty()
            {
                self.fence = None;
            }
            return Some(line);
        }
        let indent = line.len() - trimmed.len();
        let marker: String = trimmed.chars().take_while(|c| *c == '`').collect();
        let marker =
            if marker.is_empty() { trimmed.chars().take_while(|c| *c == '~').collect() } else { marker };
        if marker.len() >= 3 {
            self.fence = Some(marker.clone());
            return Some(format!("{}{marker}text", " ".repeat(indent.min(3))));
        }
        let code_by_indent = self.after_blank && indent >= 4;
        self.after_blank = trimmed.is_empty();
        Some(if code_by_indent { format!("   {trimmed}") } else { line })
    }
}

/// Characters that change the direction of text are written out, since code must read as it runs (CVE-2021-42574), and so are those that
/// control a terminal.
fn visible(line: &str) -> String {
    let hidden = |c: char| {
        matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') || (c.is_control() && c != '\t')
    };
    if !line.contains(hidden) {
        return line.to_owned();
    }
    line.chars().flat_map(|c| if hidden(c) { c.escape_unicode().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn tidied(text: &str) -> Vec<String> {
        let mut lines = Lines::default();
        text.split('\n').filter_map(|line| lines.tidy(line)).collect()
    }

    #[test]
    fn no_code_block_is_left_that_rustdoc_would_run() {
        let rows = [
            ("```rust\nfn main() {}\n```", vec!["```text", "fn main() {}", "```"]),
            ("```\n    x\n```\n    y", vec!["```text", "    x", "```", "    y"]),
            ("~~~~ should_panic\n~~~\n~~~~", vec!["~~~~text", "~~~", "~~~~"]),
            ("a\n\n    panic!()", vec!["a", "", "   panic!()"]),
            ("- a\n  b", vec!["- a", "  b"]),
        ];
        for (text, expected) in rows {
            assert_eq!(tidied(text), expected, "{text}");
        }
    }

    #[test]
    fn schemas_are_left_out_and_hidden_characters_shown() {
        let text = "a\n<details><summary>JSON schema</summary>\n```json\n{}\n```\n</details>\n\u{202e}b";
        assert_eq!(tidied(text), ["a", "\\u{202e}b"]);
        assert_eq!(tidied("a\u{0}\tb"), ["a\\u{0}\tb"]);
    }

    #[test]
    fn a_carriage_return_ends_a_line() {
        let mut item: syn::Item = parse_quote! { #[doc = " a\r\nb\rc"] struct S; };
        TidyDocs.visit_item_mut(&mut item);
        let syn::Item::Struct(item) = &item else { panic!("{item:?}") };
        let lines: Vec<_> = item.attrs.iter().filter_map(doc_of).collect();
        assert_eq!(lines, [" a", " b", " c"]);
    }
}
