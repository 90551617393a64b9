//! JSON pointers (RFC 6901) as lists of segments: reading, setting and removing what one names, and the patterns
//! that the list of inexpressible things is written in.

use serde_json::{Map, Value};

/// The HTTP methods that a path item can describe.
pub(super) const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// One segment, escaped for a pointer.
pub(super) fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

/// The segments of a pointer, unescaped.
pub(super) fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect()
}

/// The pointer to the container of what `pointer` names.
pub(super) fn parent(pointer: &str) -> &str {
    pointer.rfind('/').map_or("", |end| &pointer[..end])
}

/// Sets the member that `pointer` names; containers that are missing on the way are created as objects.
pub(super) fn set(document: &mut Value, pointer: &str, value: Value) {
    let mut place = document;
    for segment in segments(pointer) {
        place = match place {
            Value::Array(items) => match segment.parse::<usize>().ok().and_then(|index| items.get_mut(index))
            {
                Some(item) => item,
                None => return,
            },
            other => {
                if !other.is_object() {
                    *other = Value::Object(Map::new());
                }
                match other {
                    Value::Object(members) => members.entry(segment).or_insert(Value::Null),
                    _ => return,
                }
            }
        };
    }
    *place = value;
}

/// Removes the member or element that `pointer` names and returns it.
pub(super) fn remove(document: &mut Value, pointer: &str) -> Option<Value> {
    let key = segments(pointer).pop()?;
    match document.pointer_mut(parent(pointer))? {
        Value::Object(members) => members.shift_remove(&key),
        Value::Array(items) => {
            let index = key.parse::<usize>().ok().filter(|index| *index < items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}

/// Whether a pointer matches a pattern. A pattern is a pointer whose segments may be
///
/// - `*`: any one segment; `**`: any number of segments;
/// - `a|b`: one of these words; `!a|b`: any other word;
/// - `{method}`: an HTTP method; `{extension}`: a name that starts with `x-`; `{cookie}`: the key of a cookie
///   parameter in canonical form;
/// - `{error}`: the status of an error (4xx, 5xx, a range of them, `default`); `{success}`: any other status;
/// - `{schema}`: the way from a schema to itself or to any schema inside it. It tells a keyword from a property of
///   the same name, which `**` cannot.
pub(super) fn matches(pattern: &str, pointer: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').skip(1).collect();
    let pointer = segments(pointer);
    let pointer: Vec<&str> = pointer.iter().map(String::as_str).collect();
    matches_segments(&pattern, &pointer)
}

/// Whether one segment of a pointer matches one segment of a pattern (not `**` and not `{schema}`).
pub(super) fn matches_one(pattern: &str, segment: &str) -> bool {
    match pattern {
        "*" => true,
        "{method}" => METHODS.contains(&segment),
        "{extension}" => segment.starts_with("x-"),
        "{cookie}" => segment.starts_with("cookie:"),
        "{error}" => is_error_status(segment),
        "{success}" => !is_error_status(segment) && !segment.starts_with("x-"),
        words => match words.strip_prefix('!') {
            Some(words) => words.split('|').all(|word| word != segment),
            None => words.split('|').any(|word| word == segment),
        },
    }
}

/// Whether a key of `responses` stands for errors.
pub(super) fn is_error_status(status: &str) -> bool {
    status == "default" || status.len() == 3 && matches!(status.as_bytes()[0], b'4' | b'5')
}

fn matches_segments(pattern: &[&str], pointer: &[&str]) -> bool {
    match pattern {
        [] => pointer.is_empty(),
        ["**", rest @ ..] => (0..=pointer.len()).any(|skipped| matches_segments(rest, &pointer[skipped..])),
        ["{schema}", rest @ ..] => {
            matches_segments(rest, pointer)
                || one_schema_deeper(pointer).is_some_and(|pointer| matches_segments(pattern, pointer))
        }
        [first, rest @ ..] => match pointer {
            [segment, pointer @ ..] => matches_one(first, segment) && matches_segments(rest, pointer),
            [] => false,
        },
    }
}

/// What is left of a way inside a schema after the step into the next schema, if it takes such a step.
fn one_schema_deeper<'a, 'b>(pointer: &'a [&'b str]) -> Option<&'a [&'b str]> {
    match pointer {
        ["properties" | "patternProperties" | "allOf" | "anyOf" | "oneOf", _, rest @ ..]
        | ["items" | "not" | "additionalProperties", rest @ ..] => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_keyword_is_told_from_a_property_of_the_same_name() {
        let pattern = "/components/schemas/*/{schema}/discriminator";
        assert!(matches(pattern, "/components/schemas/Pet/discriminator"));
        assert!(matches(pattern, "/components/schemas/Pet/properties/owner/items/discriminator"));
        assert!(matches(pattern, "/components/schemas/Pet/properties/properties/discriminator"));
        assert!(!matches(pattern, "/components/schemas/Pet/properties/discriminator"));
        assert!(!matches(pattern, "/components/schemas/Pet/example/discriminator"));
    }

    #[test]
    fn statuses_and_extensions_are_told_apart() {
        let success = "/paths/*/{method}/responses/{success}";
        assert!(matches(success, "/paths/~1a~1b/get/responses/204"));
        assert!(!matches(success, "/paths/~1a/get/responses/default"));
        assert!(!matches(success, "/paths/~1a/get/responses/x-note"));
        assert!(!matches(success, "/paths/~1a/parameters/responses/204"));
        assert!(matches("/paths/*/{method}/responses/{error}", "/paths/~1a/get/responses/4XX"));
    }

    #[test]
    fn set_and_remove_find_escaped_members() {
        let mut document = json!({"paths": {"/a~b": {"get": 1}}});
        set(&mut document, "/paths/~1a~0b/put", json!(2));
        assert_eq!(document, json!({"paths": {"/a~b": {"get": 1, "put": 2}}}));
        assert_eq!(remove(&mut document, "/paths/~1a~0b/get"), Some(json!(1)));
        assert_eq!(document, json!({"paths": {"/a~b": {"put": 2}}}));
    }
}
