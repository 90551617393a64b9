//! What the document says of responses, and whether a body is as it says.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::definition::Operation;
use crate::media_type;

/// A document in terms of OpenAPI 3.0.
pub(super) struct Document {
    root: Value,
    /// Its component schemas as JSON Schema.
    components: Value,
}

/// What a response is documented to carry.
#[derive(Clone, Copy, Debug)]
pub(super) enum Documented<'a> {
    Empty,
    /// By media type.
    Content(&'a Map<String, Value>),
}

impl Document {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let root: Value =
            serde_json::from_str(text).map_err(|error| format!("the document is not JSON: {error}"))?;
        let schemas = root.pointer("/components/schemas").and_then(Value::as_object);
        let converted =
            schemas.into_iter().flatten().map(|(name, schema)| (name.clone(), json_schema(schema)));
        let components = json!({ "schemas": converted.collect::<Map<_, _>>() });
        Ok(Self { root, components })
    }

    /// The first status of an operation that is a success, as the document writes it, in capitals.
    pub(super) fn first_success(&self, operation: &Operation) -> String {
        let responses = self.responses(operation);
        let keys = responses.into_iter().flatten().map(|(key, _)| key.to_ascii_uppercase());
        let mut keys: Vec<_> = keys.filter(|key| key.starts_with(['1', '2', '3'])).collect();
        keys.sort();
        keys.into_iter().next().unwrap_or_default()
    }

    /// What is documented for a status, if it is.
    pub(super) fn response(&self, operation: &Operation, status: u16) -> Option<Documented<'_>> {
        let responses = self.responses(operation)?;
        let of = |wanted: &str| {
            let mut found = responses.iter().filter(|(key, _)| key.eq_ignore_ascii_case(wanted));
            found.next().map(|(_, response)| response)
        };
        let class = format!("{}XX", status / 100);
        let response = of(&status.to_string()).or_else(|| of(&class)).or_else(|| of("default"))?;
        let content = self.resolve(response).get("content").and_then(Value::as_object);
        Some(content.filter(|content| !content.is_empty()).map_or(Documented::Empty, Documented::Content))
    }

    /// Whether a body of a media type is valid; otherwise why not.
    pub(super) fn check(&self, media: &Value, content_type: &str, body: &[u8]) -> Result<(), String> {
        if !media_type::is_json(content_type) {
            return Ok(());
        }
        let value: Value =
            serde_json::from_slice(body).map_err(|error| format!("it is not JSON: {error}"))?;
        let Some(schema) = media.get("schema") else { return Ok(()) };
        let whole = json!({ "allOf": [json_schema(schema)], "components": self.components });
        let options =
            jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
        // A schema that no validator can read, as for a pattern of another dialect, cannot be held against anything.
        let Ok(validator) = options.build(&whole) else { return Ok(()) };
        validator.validate(&value).map_err(|error| format!("{error} at `{}`", error.instance_path()))
    }

    fn responses(&self, operation: &Operation) -> Option<&Map<String, Value>> {
        let item = self.resolve(self.root.get("paths")?.get(operation.path)?);
        let described = item.get(operation.method.as_str().to_ascii_lowercase())?;
        described.get("responses")?.as_object()
    }

    fn resolve<'a>(&'a self, mut value: &'a Value) -> &'a Value {
        for _ in 0..32 {
            let reference = value.get("$ref").and_then(Value::as_str);
            let target = reference.and_then(|reference| reference.strip_prefix('#'));
            // A path in a reference is percent-encoded.
            let pointer =
                target.map(|target| percent_encoding::percent_decode_str(target).decode_utf8_lossy());
            match pointer.and_then(|pointer: Cow<'_, str>| self.root.pointer(&pointer)) {
                Some(target) => value = target,
                None => break,
            }
        }
        value
    }
}

/// A schema of OpenAPI 3.0 for answers as JSON Schema 2020-12.
fn json_schema(schema: &Value) -> Value {
    let Some(object) = schema.as_object() else { return schema.clone() };
    if let Some(reference) = object.get("$ref") {
        return json!({ "$ref": reference });
    }
    let mut converted = Map::new();
    for (key, value) in object {
        let value = match (key.as_str(), value) {
            ("properties", Value::Object(inner)) => {
                inner.iter().map(|(name, schema)| (name.clone(), json_schema(schema))).collect()
            }
            ("items" | "not" | "additionalProperties", schema) => json_schema(schema),
            ("allOf" | "anyOf" | "oneOf", Value::Array(branches)) => {
                branches.iter().map(json_schema).collect()
            }
            ("nullable" | "discriminator" | "example" | "examples" | "default" | "xml", _) => continue,
            (_, value) => value.clone(),
        };
        converted.insert(key.clone(), value);
    }
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match converted.get(exclusive) {
            Some(Value::Bool(true)) => {
                let limit = converted.remove(bound);
                converted.remove(exclusive);
                converted.extend(limit.map(|limit| (exclusive.to_owned(), limit)));
            }
            Some(Value::Bool(false)) => {
                converted.remove(exclusive);
            }
            _ => {}
        }
    }
    // What is only ever sent to the server need not come back.
    let for_server = |name: &Value| {
        let property = object.get("properties").and_then(|all| all.get(name.as_str()?));
        property.is_some_and(|property| property.get("writeOnly") == Some(&Value::Bool(true)))
    };
    if let Some(required) = converted.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !for_server(name));
    }
    if object.get("nullable") == Some(&Value::Bool(true)) {
        json!({ "anyOf": [converted, { "type": "null" }] })
    } else {
        Value::Object(converted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_held_against_its_schema() {
        let text = r#"{"paths": {}, "components": {"schemas": {"A": {"type": "object", "required": ["b", "secret"], "properties":
            {"b": {"type": "integer", "nullable": true, "minimum": 1, "exclusiveMinimum": true}, "secret": {"type": "string", "writeOnly": true}}}}}}"#;
        let document = Document::read(text).expect("JSON");
        let media = json!({"schema": {"$ref": "#/components/schemas/A"}});
        let check = |body: &str| document.check(&media, "application/json", body.as_bytes());
        assert_eq!(check(r#"{"b": 2}"#), Ok(()));
        assert_eq!(check(r#"{"b": null}"#), Ok(()));
        for wrong in ["{}", r#"{"b": 1}"#, r#"{"b": "2"}"#, "{"] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        assert_eq!(document.check(&media, "text/plain", b"{"), Ok(()));
    }
}
