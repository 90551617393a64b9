//! A small value that a schema allows: what the conformance tests of a server's start send.

use std::cell::Cell;

use serde_json::{Map, Number, Value, json};

use super::pattern;

/// How deep schemas are followed; a recursive one ends earlier with what is not required.
const DEEPEST: usize = 12;

/// Keywords that a sample does not look at.
const ODD: [&str; 6] = ["not", "minProperties", "propertyNames", "if", "dependentRequired", "contains"];

/// Makes samples for schemas of a document.
pub(super) struct Sampler<'a> {
    document: &'a Value,
    /// Whether a schema said something that a sample may not keep.
    doubtful: Cell<bool>,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(document: &'a Value) -> Self {
        Self { document, doubtful: Cell::new(false) }
    }

    /// A value for the schema.
    pub(super) fn sample(&self, schema: &Value) -> Value {
        self.value(schema, 0)
    }

    /// Whether a sample since the last question may not be valid.
    pub(super) fn was_doubtful(&self) -> bool {
        self.doubtful.take()
    }

    fn value(&self, schema: &Value, depth: usize) -> Value {
        if depth > DEEPEST {
            self.doubtful.set(true);
            return Value::Null;
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer));
            return target.map_or(Value::Null, |target| self.value(target, depth + 1));
        }
        if let Some(example) = example(schema) {
            return example.clone();
        }
        if let Some(fixed) = schema.get("const").or_else(|| schema.get("enum")?.get(0)) {
            return fixed.clone();
        }
        if ODD.iter().any(|key| schema.get(*key).is_some()) {
            self.doubtful.set(true);
        }
        if let Some(all) = schema.get("allOf").and_then(Value::as_array) {
            return self.all(schema, all, depth);
        }
        for key in ["oneOf", "anyOf"] {
            let Some(branches) = schema.get(key).and_then(Value::as_array) else { continue };
            // What fits one of several may fit another one, too, and then it is of none.
            if key == "oneOf" && branches.len() > 1 {
                self.doubtful.set(true);
            }
            return self.chosen(schema, branches, depth);
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => self.text(schema),
            Some("integer") => self.number(schema, true),
            Some("number") => self.number(schema, false),
            Some("boolean") => json!(false),
            Some("array") => self.array(schema, depth),
            Some("null") => Value::Null,
            kind if kind == Some("object") || schema.get("properties").is_some() => {
                self.object(schema, depth)
            }
            _ => json!({}),
        }
    }

    /// The first of several, together with what stands beside them.
    fn chosen(&self, schema: &Value, branches: &[Value], depth: usize) -> Value {
        let Some(first) = branches.first() else { return json!({}) };
        let mut value = self.value(first, depth + 1);
        if let Some(members) = value.as_object_mut() {
            if schema.get("properties").is_some()
                && let Value::Object(more) = self.object(schema, depth)
            {
                members.extend(more);
            }
            if let Some((name, tag)) = tag(schema, first) {
                members.insert(name, tag);
            }
        }
        value
    }

    fn all(&self, schema: &Value, all: &[Value], depth: usize) -> Value {
        let mut merged = match self.object(schema, depth) {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        for part in all {
            match self.value(part, depth + 1) {
                Value::Object(members) => merged.extend(members),
                other if all.len() == 1 => return other,
                _ => self.doubtful.set(true),
            }
        }
        Value::Object(merged)
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let mut members = Map::new();
        for name in required.filter_map(Value::as_str) {
            let property = schema.get("properties").and_then(|all| all.get(name));
            // The server makes it, so that it is not sent.
            if property.is_some_and(|property| property.get("readOnly") == Some(&Value::Bool(true))) {
                continue;
            }
            members.insert(
                name.to_owned(),
                property.map_or_else(|| json!({}), |property| self.value(property, depth + 1)),
            );
        }
        Value::Object(members)
    }

    fn array(&self, schema: &Value, depth: usize) -> Value {
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0).min(64);
        if least > 1 && schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            self.doubtful.set(true);
        }
        let items = schema.get("items").unwrap_or(&Value::Null);
        (0..least).map(|_| self.value(items, depth + 1)).collect()
    }

    fn text(&self, schema: &Value) -> Value {
        let length =
            |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let least = length("minLength").unwrap_or(1).clamp(1, 4096);
        let most = length("maxLength").unwrap_or(usize::MAX);
        let known = match schema.get("format").and_then(Value::as_str).unwrap_or_default() {
            "date-time" => "2020-01-01T00:00:00Z",
            "date" => "2020-01-01",
            "time" => "00:00:00Z",
            "duration" => "P1D",
            "uuid" => "00000000-0000-4000-8000-000000000000",
            "email" | "idn-email" => "name@example.org",
            "uri" | "url" | "iri" | "uri-reference" => "https://example.org/",
            "hostname" => "example.org",
            "ipv4" | "ip" => "192.0.2.1",
            "ipv6" => "2001:db8::1",
            "byte" => "AAAA",
            "json-pointer" => "/a",
            "regex" => "a",
            _ => "",
        };
        let pattern = schema.get("pattern").and_then(Value::as_str);
        let text = match pattern {
            Some(pattern) => pattern::example(pattern, least, most),
            None if known.is_empty() => Some("a".repeat(least)),
            None => Some(known.to_owned()),
        };
        let length = text.as_ref().map_or(0, |text| text.chars().count());
        if !(least..=most).contains(&length) || (pattern.is_some() && !known.is_empty()) {
            self.doubtful.set(true);
        }
        json!(text.unwrap_or_else(|| "a".repeat(least)))
    }

    fn number(&self, schema: &Value, whole: bool) -> Value {
        let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
        let excluded = |key: &str| schema.get(key) == Some(&Value::Bool(true));
        let step = if whole { 1.0 } else { 0.5 };
        let least =
            bound("minimum").map(|least| if excluded("exclusiveMinimum") { least + step } else { least });
        let most = bound("maximum").map(|most| if excluded("exclusiveMaximum") { most - step } else { most });
        let value = match (least, most) {
            (Some(least), _) if least > 1.0 => least,
            (_, Some(most)) if most < 1.0 => most,
            _ => 1.0,
        };
        let value = if whole { value.ceil() } else { value };
        let factor = bound("multipleOf").filter(|factor| *factor > 0.0);
        let value = factor.map_or(value, |factor| (value / factor).ceil() * factor);
        if least.is_some_and(|least| value < least) || most.is_some_and(|most| value > most) {
            self.doubtful.set(true);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast of floats saturates, and any number will do"
        )]
        if whole { json!(value as i64) } else { Number::from_f64(value).map_or(json!(1), Value::Number) }
    }
}

/// The property that says which of several schemas an object is of, and its value for one of them.
fn tag(schema: &Value, branch: &Value) -> Option<(String, Value)> {
    let name = schema.pointer("/discriminator/propertyName")?.as_str()?;
    let reference = branch.get("$ref")?.as_str()?;
    let mapping = schema.pointer("/discriminator/mapping").and_then(Value::as_object);
    let mapped = mapping.into_iter().flatten().find(|(_, to)| to.as_str() == Some(reference));
    let tag = mapped.map_or_else(|| reference.rsplit('/').next().unwrap_or_default(), |(tag, _)| tag);
    Some((name.to_owned(), json!(tag)))
}

/// The example of a text or number, if it is one: many are not what their schema says.
fn example(schema: &Value) -> Option<&Value> {
    let example = schema.get("example").or_else(|| schema.get("default"))?;
    let fits = match schema.get("type").and_then(Value::as_str)? {
        "string" => {
            let length = example.as_str()?.chars().count() as u64;
            let within = |key: &str, fits: &dyn Fn(u64) -> bool| {
                schema.get(key).and_then(Value::as_u64).is_none_or(fits)
            };
            let pattern = schema.get("pattern").and_then(Value::as_str);
            let matches = |pattern: &str| {
                regress::Regex::new(pattern)
                    .is_ok_and(|regex| regex.find(example.as_str().unwrap_or_default()).is_some())
            };
            length > 0
                && schema.get("format").is_none()
                && within("minLength", &|least| length >= least)
                && within("maxLength", &|most| length <= most)
                && pattern.is_none_or(matches)
        }
        "integer" => {
            let number = example.as_i64()?;
            let bounds = ["exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"];
            let least = schema.get("minimum").and_then(Value::as_i64);
            let most = schema.get("maximum").and_then(Value::as_i64);
            bounds.iter().all(|key| schema.get(*key).is_none())
                && least.is_none_or(|least| number >= least)
                && most.is_none_or(|most| number <= most)
        }
        _ => false,
    };
    let choices = schema.get("enum").and_then(Value::as_array);
    (fits && choices.is_none_or(|choices| choices.contains(example))).then_some(example)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(schema: &Value) -> Value {
        let document = json!({"components": {"schemas": {
            "Name": {"type": "string", "minLength": 3},
            "Loop": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Loop"}}},
        }}});
        Sampler::new(&document).sample(schema)
    }

    #[test]
    fn a_sample_has_what_is_required_and_keeps_the_bounds() {
        let rows = [
            (
                json!({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/components/schemas/Name"}, "b": {"type": "string"}}}),
                json!({"a": "aaa"}),
            ),
            (json!({"type": "integer", "minimum": 7}), json!(7)),
            (json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true}), json!(2)),
            (json!({"type": "integer", "multipleOf": 5}), json!(5)),
            (json!({"type": "number", "maximum": 0.5}), json!(0.5)),
            (json!({"type": "array", "minItems": 2, "items": {"type": "boolean"}}), json!([false, false])),
            (json!({"type": "string", "enum": ["x", "y"]}), json!("x")),
            (json!({"type": "string", "example": "given"}), json!("given")),
            (json!({"type": "string", "example": "given", "maxLength": 3}), json!("a")),
            (json!({"type": "string", "pattern": "^[0-9]{3}$"}), json!("111")),
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
            assert_eq!(sampled(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn a_sample_that_may_not_be_valid_is_said_to_be_doubtful() {
        let sampler = Sampler::new(&Value::Null);
        for (schema, doubtful) in [
            (json!({"type": "string", "pattern": "^(?=x)y$"}), true),
            (json!({"type": "string", "pattern": "^x$"}), false),
            (json!({"type": "integer", "minimum": 3, "maximum": 4, "multipleOf": 5}), true),
            (json!({"type": "object", "minProperties": 1}), true),
            (json!({"type": "object"}), false),
        ] {
            sampler.sample(&schema);
            assert_eq!(sampler.was_doubtful(), doubtful, "{schema}");
        }
    }

    #[test]
    fn a_schema_that_contains_itself_ends() {
        assert!(sampled(&json!({"$ref": "#/components/schemas/Loop"})).is_object());
    }
}
