//! Macro calls as text: one line if that is short, else one row a line. prettyplease knows no macro's grammar and fills lines instead.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Macro;

/// As wide as prettyplease makes code.
const WIDTH: usize = 89;

/// A call at the level of items.
pub(crate) fn printed(call: &Macro) -> String {
    let head = format!("{}!(", one_line(call.path.to_token_stream()));
    let whole = format!("{head}{});\n", one_line(call.tokens.clone()));
    if whole.len() <= WIDTH + 1 {
        return whole;
    }
    let mut tokens: Vec<TokenTree> = call.tokens.clone().into_iter().collect();
    match tokens.pop() {
        Some(TokenTree::Group(group)) if !group.stream().is_empty() => {
            let before = one_line(tokens.into_iter().collect());
            let (open, close, space) = match group.delimiter() {
                Delimiter::Brace => ("{", "}", " "),
                Delimiter::Bracket => ("[", "]", " "),
                _ => ("(", ")", ""),
            };
            let mut text = format!("{head}{before}{space}{open}\n");
            let rows = rows(group.stream());
            if group.delimiter() == Delimiter::Brace {
                for row in rows {
                    text.extend(["    ", &row, ",\n"]);
                }
            } else {
                fill(&rows, &mut text);
            }
            text + close + ");\n"
        }
        _ => {
            let mut text = format!("{head}\n");
            fill(&rows(call.tokens.clone()), &mut text);
            // Not every macro takes a comma behind the last of its arguments.
            text.truncate(text.trim_end_matches([',', '\n']).len());
            text + "\n);\n"
        }
    }
}

/// As many to a line as there is room for.
fn fill(rows: &[String], text: &mut String) {
    let mut line = String::new();
    for row in rows {
        if !line.is_empty() && 4 + line.len() + row.len() + 2 > WIDTH {
            text.extend(["    ", &line, "\n"]);
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(row);
        line.push(',');
    }
    text.extend(["    ", &line, "\n"]);
}

/// What stands between the commas.
fn rows(tokens: TokenStream) -> Vec<String> {
    let mut rows = vec![TokenStream::new()];
    for token in tokens {
        if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ',') {
            rows.push(TokenStream::new());
        } else if let Some(row) = rows.last_mut() {
            row.extend([token]);
        }
    }
    rows.into_iter().map(one_line).filter(|row| !row.is_empty()).collect()
}

/// Tokens with the spaces that a person would write, as far as generated calls need them.
fn one_line(tokens: TokenStream) -> String {
    let mut text = String::new();
    // Whether the next token follows without a space, whatever it is.
    let mut glued = true;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let inner = one_line(group.stream());
                let (written, is_apart) = match group.delimiter() {
                    Delimiter::Brace if inner.is_empty() => ("{}".to_owned(), true),
                    Delimiter::Brace => (format!("{{ {inner} }}"), true),
                    Delimiter::Bracket => (format!("[{inner}]"), true),
                    Delimiter::Parenthesis => (format!("({inner})"), text.ends_with(['=', '>', ','])),
                    Delimiter::None => (inner, true),
                };
                if is_apart && !glued {
                    text.push(' ');
                }
                text.push_str(&written);
                glued = false;
            }
            TokenTree::Punct(punct) => {
                let sign = punct.as_char();
                let starts_path =
                    sign == ':' && punct.spacing() == Spacing::Joint && text.ends_with(['=', ',']);
                let starts_word = starts_path || (matches!(sign, '=' | '&' | '#' | '\'') && !glued);
                if starts_word {
                    text.push(' ');
                }
                text.push(sign);
                glued = punct.spacing() == Spacing::Joint
                    || matches!(sign, '&' | '#' | '\'' | '<' | '.' | '!')
                    || text.ends_with("::");
            }
            word => {
                let word = word.to_string();
                if !glued {
                    text.push(' ');
                }
                text.push_str(&word);
                glued = false;
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn short_calls_are_one_line_and_long_ones_have_one_row_a_line() {
        let short: Macro =
            parse_quote! { a::b!(X { Ok(body) => json(200, &body), Gone(status) => empty(status) in 5 }) };
        assert_eq!(
            printed(&short),
            "a::b!(X { Ok(body) => json(200, &body), Gone(status) => empty(status) in 5 });\n"
        );
        let long: Macro = parse_quote! { responses!(DeleteEverythingThatThereIsResponse {
            Ok(body) => json_as(200, "application/problem+json", &body), NoContent(headers) => empty(204) with headers
        }) };
        let expected = "responses!(DeleteEverythingThatThereIsResponse {\n    \
            Ok(body) => json_as(200, \"application/problem+json\", &body),\n    \
            NoContent(headers) => empty(204) with headers,\n});\n";
        assert_eq!(printed(&long), expected);
        let list: Macro = parse_quote! { carried!(Carried, [types::AVeryLongNameOfAType, types::AnotherVeryLongNameOfAType, Vec<types::X>]) };
        let expected = "carried!(Carried, [\n    types::AVeryLongNameOfAType, types::AnotherVeryLongNameOfAType, Vec<types::X>,\n]);\n";
        assert_eq!(printed(&list), expected);
        let flat: Macro = parse_quote! { schema!(EMISSION, types::SomeNameThatIsLong, "SomeNameThatIsLongerThanThat", "and so on and on", 1) };
        let expected = "schema!(\n    EMISSION, types::SomeNameThatIsLong, \"SomeNameThatIsLongerThanThat\",\n    \"and so on and on\", 1\n);\n";
        assert_eq!(printed(&flat), expected);
    }
}
