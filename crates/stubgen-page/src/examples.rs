//! Examples of bodies: those of the document, or one made of the schema.

use std::cell::Cell;

use serde_json::{Map, Value};

use crate::document::{Document, members, text};
use crate::schema::Schema;

/// An example is made of schemas inside of each other so deep.
const DEEPEST: usize = 5;

/// And of so many values: nobody reads a longer one.
const MOST: usize = 200;

/// One example of a body.
pub(crate) struct Example<'d> {
    /// What the document says of it.
    pub(crate) summary: Option<&'d str>,
    /// The body.
    pub(crate) value: Value,
}

/// The examples of a media type. Where the document has none, one is made of its schema.
pub(crate) fn of_media_type<'d>(document: &Document<'d>, media: &'d Value) -> Vec<Example<'d>> {
    let named = members(media.get("examples")).filter_map(|(name, example)| {
        let example = document.resolve(example);
        let summary = text(example, "summary").or_else(|| text(example, "description")).unwrap_or(name);
        Some(Example { summary: Some(summary), value: example.get("value")?.clone() })
    });
    let named: Vec<Example<'d>> = named.collect();
    if !named.is_empty() {
        return named;
    }
    let value = media.get("example").cloned().or_else(|| Some(made(document, media.get("schema")?)));
    value.map(|value| Example { summary: None, value }).into_iter().collect()
}

/// A value of the schema, as far as one can be made up.
pub(crate) fn made<'d>(document: &Document<'d>, value: &'d Value) -> Value {
    Maker { document, left: Cell::new(MOST) }.value(value, 0)
}

struct Maker<'m, 'd> {
    document: &'m Document<'d>,
    left: Cell<usize>,
}

impl<'d> Maker<'_, 'd> {
    fn value(&self, value: &'d Value, depth: usize) -> Value {
        let schema = Schema::new(self.document, value);
        let given = schema.example().or_else(|| schema.get("default"));
        if let Some(value) = given.or_else(|| schema.values().first().copied()) {
            return value.clone();
        }
        if depth >= DEEPEST || self.left.get() == 0 {
            return Value::Null;
        }
        self.left.set(self.left.get() - 1);
        let types = schema.types();
        if types.is_empty() {
            let first = schema.alternatives().and_then(|(alternatives, _)| alternatives.first());
            return first.map_or(Value::Null, |first| self.value(first, depth + 1));
        }
        match types.first().copied() {
            Some("object") => self.object(&schema, depth),
            Some("array") => {
                let element = schema.items().map(|items| self.value(items, depth + 1));
                element.into_iter().collect::<Vec<_>>().into()
            }
            Some("string") => string(schema.text("format")).into(),
            Some("integer") => schema.get("minimum").cloned().unwrap_or_else(|| 0.into()),
            Some("number") => schema.get("minimum").cloned().unwrap_or_else(|| 0.5.into()),
            Some("boolean") => true.into(),
            _ => Value::Null,
        }
    }

    fn object(&self, schema: &Schema<'d>, depth: usize) -> Value {
        let mut members = Map::new();
        for (name, property) in schema.properties() {
            if self.left.get() == 0 {
                break;
            }
            members.insert(name.to_owned(), self.value(property, depth + 1));
        }
        let first = schema.alternatives().and_then(|(alternatives, _)| alternatives.first());
        if let Some(Value::Object(first)) = first.map(|first| self.value(first, depth + 1)) {
            members.extend(first);
        }
        members.into()
    }
}

fn string(format: Option<&str>) -> &'static str {
    match format {
        Some("date-time") => "2030-01-31T12:00:00Z",
        Some("date") => "2030-01-31",
        Some("time") => "12:00:00Z",
        Some("uuid") => "123e4567-e89b-12d3-a456-426614174000",
        Some("email") => "somebody@example.com",
        Some("uri" | "url") => "https://example.com",
        Some("ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("byte") => "dGV4dA==",
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_example_is_made_of_the_schema_and_ends() {
        let root = json!({ "components": { "schemas": {
            "A": { "type": "object", "properties": {
                "id": { "type": "string", "format": "uuid" }, "again": { "$ref": "#/components/schemas/A" },
            } },
        } } });
        let document = Document::new(&root);
        let made = made(&document, &root["components"]["schemas"]["A"]);
        assert_eq!(made["id"], "123e4567-e89b-12d3-a456-426614174000");
        assert_eq!(made.to_string().matches("again").count(), DEEPEST);
    }

    #[test]
    fn named_examples_of_the_document_win_and_have_their_summaries() {
        let root = json!({ "examples": { "a": { "summary": "S", "value": 1 } }, "example": 2 });
        let document = Document::new(&root);
        let examples = of_media_type(&document, &root);
        assert_eq!((examples.len(), examples[0].summary, &examples[0].value), (1, Some("S"), &json!(1)));
    }
}
