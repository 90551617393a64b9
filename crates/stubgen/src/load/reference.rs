//! What a `$ref` says: the file and the place in it (RFC 3986 as far as OpenAPI documents use it).

/// The file part and the fragment, which is empty for a whole file.
pub(super) fn split(reference: &str) -> (&str, &str) {
    reference.split_once('#').unwrap_or((reference, ""))
}

/// Whether the file part names something on the network or in another space of names, not a path.
pub(super) fn is_remote(file: &str) -> bool {
    let scheme = file.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1 && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    });
    scheme || file.starts_with("//")
}

/// The path that `file` means when the file at `base` says it: normalised, relative to the same folder as `base`.
pub(super) fn join(base: &str, file: &str) -> String {
    let file = decoded(file).replace('\\', "/");
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    let joined = if file.starts_with('/') { file } else { format!("{folder}/{file}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let code = (byte == b'%')
            .then(|| tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(code.unwrap_or(byte));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// A name for the component that is made of a place: the telling parts of the pointer, or else the name of the file.
pub(super) fn component_name(path: &str, pointer: &str) -> String {
    const STRUCTURE: [&str; 25] = [
        "paths",
        "components",
        "schemas",
        "parameters",
        "responses",
        "requestBodies",
        "headers",
        "examples",
        "links",
        "callbacks",
        "securitySchemes",
        "securityDefinitions",
        "definitions",
        "$defs",
        "properties",
        "patternProperties",
        "content",
        "schema",
        "items",
        "allOf",
        "anyOf",
        "oneOf",
        "additionalProperties",
        "requestBody",
        "application~1json",
    ];
    let telling: Vec<_> = pointer
        .split('/')
        .filter(|part| !part.is_empty() && !STRUCTURE.contains(part))
        .map(|part| part.replace("~1", "_").replace("~0", "_"))
        .collect();
    let name = if telling.is_empty() {
        let file = path.rsplit('/').next().unwrap_or_default();
        file.split('.').next().unwrap_or_default().to_owned()
    } else {
        telling.join("_")
    };
    valid_name(&name)
}

/// The nearest name that OpenAPI allows for a component.
pub(crate) fn valid_name(name: &str) -> String {
    let mut valid = String::with_capacity(name.len());
    for c in name.chars() {
        let c = if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' };
        if !(c == '_' && valid.ends_with('_')) {
            valid.push(c);
        }
    }
    let valid = valid.trim_matches('_');
    if valid.is_empty() { "unnamed".to_owned() } else { valid.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file_that_names_them() {
        let rows = [
            ("openapi.yaml", "a.yaml", "a.yaml"),
            ("openapi.yaml", "./a/b.yaml", "a/b.yaml"),
            ("a/b.yaml", "../c%20d.yaml", "c d.yaml"),
            ("a/b.yaml", "../../c.yaml", "../c.yaml"),
            ("a/b.yaml", "c\\d.yaml", "a/c/d.yaml"),
            ("../a.yaml", "../b.yaml", "../../b.yaml"),
        ];
        for (base, file, expected) in rows {
            assert_eq!(join(base, file), expected, "{base} {file}");
        }
    }

    #[test]
    fn addresses_are_told_from_paths() {
        for remote in ["http://a/b", "https://a", "urn:x:y", "//host/a", "file:///a"] {
            assert!(is_remote(remote), "{remote}");
        }
        for path in ["a.yaml", "./a:b.yaml", "../x", "C:\\a.yaml", ""] {
            assert!(!is_remote(path), "{path}");
        }
    }

    #[test]
    fn components_are_named_by_what_tells_them_apart() {
        let rows = [
            ("schemas/User.v1.yaml", "", "User"),
            ("a.yaml", "/components/schemas/User", "User"),
            ("a.yaml", "/components/schemas/User/properties/id", "User_id"),
            ("a.yaml", "/paths/~1a~1{id}/get/responses/200", "a_id_get_200"),
            ("a.yaml", "/definitions/ąę", "unnamed"),
        ];
        for (path, pointer, expected) in rows {
            assert_eq!(component_name(path, pointer), expected, "{pointer}");
        }
    }
}
