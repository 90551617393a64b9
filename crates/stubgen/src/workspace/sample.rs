//! A small value that a schema allows: what a server's start answers errors with, and what its conformance tests send.

use serde_json::{Map, Number, Value, json};

/// Stands for the message of an error, until code is made of the sample.
pub(super) const MESSAGE: &str = "\u{1}message";

/// Stands for the status of an error, until code is made of the sample.
pub(super) const STATUS: &str = "\u{1}status";

/// Property names under which errors say what happened.
const MESSAGES: [&str; 9] = [
    "message",
    "description",
    "detail",
    "title",
    "reason",
    "error_description",
    "msg",
    "error",
    "error_message",
];

/// Property names under which errors repeat the status.
const STATUSES: [&str; 5] = ["status", "code", "statusCode", "status_code", "httpStatus"];

/// How deep schemas are followed; a recursive one ends earlier with what is not required.
const DEEPEST: usize = 12;

/// Makes samples for schemas of a document.
pub(super) struct Sampler<'a> {
    pub(super) document: &'a Value,
    /// Whether texts and numbers that look like it become [`MESSAGE`] and [`STATUS`].
    pub(super) is_error: bool,
}

impl<'a> Sampler<'a> {
    /// A value for the schema.
    pub(super) fn sample(&self, schema: &Value) -> Value {
        self.value(schema, "", 0)
    }

    /// Follows references, as far as they lead.
    pub(super) fn resolve(&self, mut value: &'a Value) -> &'a Value {
        for _ in 0..DEEPEST {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { break };
            let target = reference.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer));
            match target {
                Some(target) => value = target,
                None => break,
            }
        }
        value
    }

    fn value(&self, schema: &Value, name: &str, depth: usize) -> Value {
        if depth > DEEPEST {
            return Value::Null;
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer));
            return target.map_or(Value::Null, |target| self.value(target, name, depth + 1));
        }
        if !self.is_error
            && let Some(example) = example(schema)
        {
            return example.clone();
        }
        if let Some(fixed) =
            schema.get("const").or_else(|| schema.get("enum").and_then(|values| values.get(0)))
        {
            return fixed.clone();
        }
        if let Some(all) = schema.get("allOf").and_then(Value::as_array) {
            return self.all(schema, all, name, depth);
        }
        let one = ["oneOf", "anyOf"].iter().find_map(|key| schema.get(*key)?.get(0));
        if let Some(one) = one {
            return self.value(one, name, depth + 1);
        }
        let kind = schema
            .get("type")
            .map(|kind| kind.as_str().or_else(|| kind.get(0)?.as_str()).unwrap_or_default());
        match kind {
            Some("string") => self.text(schema, name),
            Some("integer") => self.number(schema, name, true),
            Some("number") => self.number(schema, name, false),
            Some("boolean") => json!(false),
            Some("array") => self.array(schema, name, depth),
            Some("null") => Value::Null,
            _ if kind == Some("object") || schema.get("properties").is_some() => self.object(schema, depth),
            _ if self.is_error => json!(MESSAGE),
            _ => json!({}),
        }
    }

    fn all(&self, schema: &Value, all: &[Value], name: &str, depth: usize) -> Value {
        let mut merged = match self.object(schema, depth) {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        for part in all {
            match self.value(part, name, depth + 1) {
                Value::Object(members) => merged.extend(members),
                other if all.len() == 1 => return other,
                _ => {}
            }
        }
        Value::Object(merged)
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let required: Vec<_> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut members = Map::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            // An error that says nothing helps nobody, so its message is there even where it may be absent.
            let is_text = self.resolved_type(property) == "string";
            let says = self.is_error && is_text && MESSAGES.contains(&name.as_str());
            if required.contains(&name.as_str()) || says {
                members.insert(name.clone(), self.value(property, name, depth + 1));
            }
        }
        for name in required {
            if !members.contains_key(name) {
                members.insert(name.to_owned(), json!({}));
            }
        }
        Value::Object(members)
    }

    fn resolved_type(&self, schema: &Value) -> String {
        let target = match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => reference.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer)),
            None => Some(schema),
        };
        target.and_then(|schema| schema["type"].as_str()).unwrap_or_default().to_owned()
    }

    fn array(&self, schema: &Value, name: &str, depth: usize) -> Value {
        let least = schema["minItems"].as_u64().unwrap_or(0).min(16);
        (0..least).map(|_| self.value(&schema["items"], name, depth + 1)).collect()
    }

    fn text(&self, schema: &Value, name: &str) -> Value {
        let format = schema["format"].as_str().unwrap_or_default();
        let known = match format {
            "date-time" => "2020-01-01T00:00:00Z",
            "date" => "2020-01-01",
            "time" => "00:00:00Z",
            "uuid" => "00000000-0000-4000-8000-000000000000",
            "email" => "name@example.org",
            "uri" | "url" => "https://example.org/",
            "hostname" => "example.org",
            "ipv4" | "ip" => "192.0.2.1",
            "ipv6" => "2001:db8::1",
            "byte" => "AAAA",
            _ => "",
        };
        if !known.is_empty() {
            return json!(known);
        }
        if self.is_error && MESSAGES.contains(&name) && schema.get("pattern").is_none() {
            return json!(MESSAGE);
        }
        let least = usize::try_from(schema["minLength"].as_u64().unwrap_or(1)).unwrap_or(1).clamp(1, 4096);
        json!("a".repeat(least))
    }

    fn number(&self, schema: &Value, name: &str, whole: bool) -> Value {
        if self.is_error && whole && STATUSES.contains(&name) {
            return json!(STATUS);
        }
        let least = schema["minimum"].as_f64();
        let exclusive = schema["exclusiveMinimum"].as_bool() == Some(true);
        let least = schema["exclusiveMinimum"].as_f64().map(|bound| bound + 1.0).or(least);
        let value = match (least, schema["maximum"].as_f64()) {
            (Some(least), _) if least > 1.0 || exclusive => least + f64::from(u8::from(exclusive)),
            (_, Some(most)) if most < 1.0 => most,
            _ => 1.0,
        };
        let factor = schema["multipleOf"].as_f64().filter(|factor| *factor > 0.0);
        let value = factor.map_or(value, |factor| (value / factor).ceil() * factor);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast of floats saturates, and any number will do"
        )]
        if whole {
            json!(value.ceil() as i64)
        } else {
            Number::from_f64(value).map_or(json!(1), Value::Number)
        }
    }
}

fn example(schema: &Value) -> Option<&Value> {
    schema
        .get("example")
        .or_else(|| schema.get("examples")?.get(0))
        .or_else(|| schema.get("default"))
        .filter(|v| !v.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(schema: &Value, is_error: bool) -> Value {
        let document = json!({"components": {"schemas": {
            "Name": {"type": "string", "minLength": 3},
            "Loop": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Loop"}}},
        }}});
        Sampler { document: &document, is_error }.sample(schema)
    }

    #[test]
    fn a_sample_has_what_is_required_and_keeps_the_bounds() {
        let rows = [
            (
                json!({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/components/schemas/Name"}, "b": {"type": "string"}}}),
                json!({"a": "aaa"}),
            ),
            (json!({"type": "integer", "minimum": 7}), json!(7)),
            (json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true}), json!(1)),
            (json!({"type": "integer", "multipleOf": 5}), json!(5)),
            (json!({"type": "number", "maximum": 0.5}), json!(0.5)),
            (json!({"type": "array", "minItems": 2, "items": {"type": "boolean"}}), json!([false, false])),
            (json!({"type": "string", "enum": ["x", "y"]}), json!("x")),
            (json!({"type": "string", "example": "given"}), json!("given")),
            (
                json!({"oneOf": [{"type": "string", "format": "uuid"}]}),
                json!("00000000-0000-4000-8000-000000000000"),
            ),
            (
                json!({"allOf": [{"properties": {"a": {"type": "boolean"}}, "required": ["a"]}], "properties": {"b": {"type": "null"}}, "required": ["b"]}),
                json!({"b": null, "a": false}),
            ),
        ];
        for (schema, expected) in rows {
            assert_eq!(sampled(&schema, false), expected, "{schema}");
        }
    }

    #[test]
    fn an_error_says_its_message_and_status_where_it_can() {
        let schema = json!({"type": "object", "required": ["code"], "properties": {
            "code": {"type": "integer"}, "message": {"type": "string"}, "other": {"type": "string"}}});
        assert_eq!(sampled(&schema, true), json!({"code": STATUS, "message": MESSAGE}));
    }

    #[test]
    fn a_schema_that_contains_itself_ends() {
        assert!(sampled(&json!({"$ref": "#/components/schemas/Loop"}), false).is_object());
    }
}
