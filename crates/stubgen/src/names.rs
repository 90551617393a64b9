//! Names of the document as Rust identifiers: one rule for each case, and no keyword slips through.

use heck::{ToLowerCamelCase, ToSnakeCase, ToUpperCamelCase};

/// `listNamedTokens` to `list_named_tokens`.
pub(crate) fn snake(name: &str) -> String {
    identifier(cleaned(name).to_snake_case(), '_')
}

/// `list_named_tokens` to `ListNamedTokens`.
pub(crate) fn pascal(name: &str) -> String {
    // Only `Self` of such names is a keyword, and an underscore after it would stand within the names that are made from it.
    let name = cleaned(name).to_upper_camel_case();
    identifier(if name == "Self" { "XSelf".to_owned() } else { name }, 'X')
}

/// The names of an operation's method and types. The generated trait has two methods of its own, so that operations of their names get
/// others.
pub(crate) fn operation(id: &str) -> (String, String) {
    let ident = snake(id);
    if ["authenticate", "rejection"].contains(&ident.as_str()) {
        return (format!("{ident}_operation"), format!("{}Operation", pascal(id)));
    }
    (ident, pascal(id))
}

/// `list_named_tokens` to `listNamedTokens`: what a command line calls an operation, so keywords are no matter.
pub(crate) fn camel(name: &str) -> String {
    cleaned(name).to_lower_camel_case()
}

/// `name` if it is free, else the first of `stem2`, `stem3` and so on that is.
pub(crate) fn numbered(name: &str, stem: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut ident = name.to_owned();
    for number in 2.. {
        if !taken(&ident) {
            break;
        }
        ident = format!("{stem}{number}");
    }
    ident
}

fn cleaned(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn identifier(mut name: String, lead: char) -> String {
    if name.chars().next().is_none_or(|c| c.is_ascii_digit()) {
        name.insert(0, lead);
    }
    if name == "_" {
        "__".clone_into(&mut name);
    }
    // `gen` is reserved since edition 2024, which syn does not tell from earlier ones.
    if name == "gen" || syn::parse_str::<syn::Ident>(&name).is_err() {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_an_identifier() {
        let rows = [
            ("listThings", "list_things", "ListThings"),
            ("type", "type_", "Type"),
            ("self", "self_", "XSelf"),
            ("gen", "gen_", "Gen"),
            ("2fa", "_2fa", "X2fa"),
            ("", "__", "X"),
            ("a.b-c", "a_b_c", "ABC"),
            ("żółw", "w", "W"),
        ];
        for (name, snaked, pascaled) in rows {
            assert_eq!(snake(name), snaked, "{name}");
            assert_eq!(pascal(name), pascaled, "{name}");
            for identifier in [snake(name), pascal(name)] {
                assert!(syn::parse_str::<syn::Ident>(&identifier).is_ok(), "{identifier}");
            }
        }
    }
}
