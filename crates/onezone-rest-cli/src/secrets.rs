//! Which values are secrets, by the names that they go under, and what is shown in their place.

/// What is shown in the place of a secret.
pub(crate) const MASK: &str = "***";

/// Parts of names of what is not to be shown.
const SECRET: [&str; 8] = ["auth", "token", "cookie", "macaroon", "secret", "key", "password", "credential"];

/// Whether what goes under this name is likely to be a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let lower = name.to_lowercase();
    SECRET.iter().any(|word| lower.contains(word))
}

/// The value of a header, unless it is a secret. The scheme of `Authorization` is none.
pub(crate) fn masked(name: &str, value: &str) -> String {
    if !is_secret(name) {
        return value.to_owned();
    }
    match value.split_once(' ') {
        Some((scheme, _)) if name.eq_ignore_ascii_case("authorization") => format!("{scheme} {MASK}"),
        _ => MASK.to_owned(),
    }
}

/// The value of a header of an answer. A cookie that is set is a secret; what an answer says of tokens in general is none.
pub(crate) fn masked_answer<'a>(name: &str, value: &'a str) -> &'a str {
    if name.eq_ignore_ascii_case("set-cookie") { MASK } else { value }
}

/// A JSON value without the members that are secrets by their names.
pub(crate) fn masked_json(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let secret = is_secret(name) && !value.is_object() && !value.is_array();
                (name.clone(), if secret { Value::from(MASK) } else { masked_json(value) })
            })
            .collect(),
        Value::Array(items) => items.iter().map(masked_json).collect(),
        other => other.clone(),
    }
}

/// A pair of name and password without the password.
pub(crate) fn without_password(pair: &str) -> String {
    pair.split_once(':').map_or_else(|| pair.to_owned(), |(name, _)| format!("{name}:{MASK}"))
}

/// A URL without the credentials in it. Without a scheme it may be `NAME:PASSWORD@HOST`, too.
pub(crate) fn without_credentials(url: &str) -> String {
    let (scheme, rest) =
        url.split_once("://").map_or(("", url), |(scheme, rest)| (&url[..scheme.len() + 3], rest));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((_, host)) => format!("{scheme}{MASK}@{host}{}", &rest[end..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_the_rest_is_not() {
        assert_eq!(masked("Authorization", "Bearer x"), "Bearer ***");
        assert_eq!(masked("authorization", "x"), "***");
        assert_eq!(masked("X-Auth-Token", "a b"), "***");
        assert_eq!(masked("Accept", "a b"), "a b");
        assert_eq!(without_password("a:b:c"), "a:***");
        for (url, shown) in [
            ("http://a:b@h:1/x", "http://***@h:1/x"),
            ("a:b@h", "***@h"),
            ("http://a:b@c@h", "http://***@h"),
            ("http://h/x@y", "http://h/x@y"),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
        let shown = masked_json(&serde_json::json!({"password": "x", "n": [{"token": "y", "id": 1}]}));
        assert_eq!(shown.to_string(), r#"{"password":"***","n":[{"token":"***","id":1}]}"#);
    }
}
