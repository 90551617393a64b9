//! Response headers: typed values as the text that OpenAPI's style `simple` gives them.

use serde::Serialize;
use serde_json::Value;

use crate::response::{Broken, Response, with_header};

/// The headers of a response. The generator implements it for the headers that a document declares.
pub trait ResponseHeaders {
    /// The response with them.
    fn add_to(self, response: Response) -> Response;
}

/// Adds a header in style `simple`. What is null, such as `None`, is not sent; a value that no header can carry is answered as an
/// internal error.
pub fn simple<T: Serialize + ?Sized>(response: Response, name: &str, value: &T) -> Response {
    written(response, name, value, |value| text(value, ','))
}

/// The same for objects that are exploded: `a=1,b=2`.
pub fn exploded<T: Serialize + ?Sized>(response: Response, name: &str, value: &T) -> Response {
    written(response, name, value, |value| text(value, '='))
}

/// Adds a header whose text is JSON.
pub fn json<T: Serialize + ?Sized>(response: Response, name: &str, value: &T) -> Response {
    written(response, name, value, Value::to_string)
}

/// Adds a header line for each value: `Set-Cookie` cannot be one line (RFC 6265, section 3).
pub fn each<T: Serialize>(response: Response, name: &str, values: &[T]) -> Response {
    values.iter().fold(response, |response, value| simple(response, name, value))
}

fn written<T: Serialize + ?Sized>(
    mut response: Response,
    name: &str,
    value: &T,
    text: impl FnOnce(&Value) -> String,
) -> Response {
    match serde_json::to_value(value) {
        Ok(Value::Null) => response,
        Ok(value) => with_header(response, name, text(&value)),
        Err(error) => {
            response
                .extensions_mut()
                .insert(Broken(format!("the header `{name}` cannot be serialised: {error}")));
            response
        }
    }
}

/// `between` stands between the name and the value of a property.
fn text(value: &Value, between: char) -> String {
    match value {
        Value::Array(items) => items.iter().map(scalar).collect::<Vec<_>>().join(","),
        Value::Object(members) => {
            let pairs = members.iter().filter(|(_, value)| !value.is_null());
            let pairs = pairs.map(|(name, value)| format!("{name}{between}{}", scalar(value)));
            pairs.collect::<Vec<_>>().join(",")
        }
        scalar_value => scalar(scalar_value),
    }
}

/// What is inside of something else again has no notation of its own but JSON.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::response::empty;

    #[test]
    fn values_are_written_in_style_simple() {
        let rows = [
            (json!("a b"), Some("a b")),
            (json!(7), Some("7")),
            (json!(true), Some("true")),
            (json!(["a", 1]), Some("a,1")),
            (json!({ "a": 1, "b": null, "c": "x" }), Some("a,1,c,x")),
            (json!(null), None),
        ];
        for (value, expected) in rows {
            let response = simple(empty(200), "X-A", &value);
            let written = response.headers().get("x-a").map(|value| value.to_str().unwrap());
            assert_eq!(written, expected, "{value}");
        }
        let response = exploded(empty(200), "X-A", &json!({ "a": 1, "b": [2] }));
        assert_eq!(response.headers()["x-a"], "a=1,b=[2]");
        assert_eq!(json(empty(200), "X-A", &json!([1])).headers()["x-a"], "[1]");
    }

    #[test]
    fn each_value_has_a_line_of_its_own() {
        let response = each(empty(200), "Set-Cookie", &["a=1", "b=2"]);
        let lines: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(lines, ["a=1", "b=2"]);
    }

    #[test]
    fn a_value_that_no_header_can_carry_breaks_the_response() {
        let response = simple(empty(200), "X-A", "a\nb");
        assert!(response.extensions().get::<Broken>().is_some());
        assert!(response.headers().is_empty());
    }
}
