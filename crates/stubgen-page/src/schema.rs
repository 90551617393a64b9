//! What a schema says, in words: its type, its constraints, its properties.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::{Map, Value};

use crate::code;
use crate::document::{Document, members, reference};

/// Schemas that are made of schemas are looked into so deep.
const DEEPEST: usize = 16;

/// Arrays of arrays are named so deep.
const DEEPEST_NAME: usize = 3;

/// A schema together with what it refers to and with the members of its `allOf`.
pub(crate) struct Schema<'d> {
    /// The component that it is, if it only refers to one.
    pub(crate) name: Option<&'d str>,
    /// Every reference that was followed.
    pub(crate) references: BTreeSet<&'d str>,
    /// Its parts; of two that say the same thing, the first counts.
    parts: Vec<&'d Map<String, Value>>,
}

impl<'d> Schema<'d> {
    /// Reads a schema.
    pub(crate) fn new(document: &Document<'d>, value: &'d Value) -> Self {
        let name = reference(value).and_then(|reference| document.component(reference, "schemas"));
        let mut schema = Self { name, references: BTreeSet::new(), parts: Vec::new() };
        schema.collect(document, value, 0);
        schema
    }

    fn collect(&mut self, document: &Document<'d>, value: &'d Value, depth: usize) {
        let Some(map) = value.as_object().filter(|_| depth < DEEPEST) else { return };
        self.parts.push(map);
        if let Some(reference) = reference(value)
            && self.references.insert(reference)
            && let Some(target) = document.target(reference)
        {
            self.collect(document, target, depth + 1);
        }
        for part in value.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.collect(document, part, depth + 1);
        }
    }

    /// What the schema says under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&'d Value> {
        self.parts.iter().find_map(|part| part.get(key))
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, key: &str) -> Option<&'d str> {
        self.get(key)?.as_str().filter(|text| !text.trim().is_empty())
    }

    /// Whether the key says `true`.
    pub(crate) fn is(&self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or_default()
    }

    /// Its properties, each once, in the order of the document.
    pub(crate) fn properties(&self) -> Vec<(&'d str, &'d Value)> {
        let mut seen = BTreeSet::new();
        let all = self.parts.iter().filter_map(|part| part.get("properties")?.as_object()).flatten();
        all.map(|(name, value)| (name.as_str(), value)).filter(|(name, _)| seen.insert(*name)).collect()
    }

    /// Whether a property of the name has to be there.
    pub(crate) fn requires(&self, name: &str) -> bool {
        let mut lists = self.parts.iter().filter_map(|part| part.get("required")?.as_array()).flatten();
        lists.any(|required| required == name)
    }

    /// The schema of the elements, if it says one.
    pub(crate) fn items(&self) -> Option<&'d Value> {
        self.get("items").filter(|items| items.is_object())
    }

    /// The schema of further properties, if it says one that says something.
    pub(crate) fn additional(&self) -> Option<&'d Value> {
        self.get("additionalProperties")
            .filter(|schema| schema.as_object().is_some_and(|schema| !schema.is_empty()))
    }

    /// Its alternatives, and whether exactly one of them holds.
    pub(crate) fn alternatives(&self) -> Option<(&'d [Value], bool)> {
        let list = |key| Some(self.get(key)?.as_array()?.as_slice()).filter(|list| !list.is_empty());
        list("oneOf").map(|list| (list, true)).or_else(|| list("anyOf").map(|list| (list, false)))
    }

    /// Its types without `null`.
    pub(crate) fn types(&self) -> Vec<&'d str> {
        let types: Vec<&str> = match self.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ if !self.properties().is_empty() || self.additional().is_some() => vec!["object"],
            _ if self.items().is_some() => vec!["array"],
            _ => self.values().first().map(|value| vec![type_of(value)]).unwrap_or_default(),
        };
        types.into_iter().filter(|name| *name != "null").collect()
    }

    /// Whether it is of this type, as far as it says.
    pub(crate) fn is_type(&self, name: &str) -> bool {
        self.types().contains(&name)
    }

    /// The values that are allowed, if they are listed.
    pub(crate) fn values(&self) -> Vec<&'d Value> {
        match (self.get("const"), self.get("enum").and_then(Value::as_array)) {
            (Some(value), _) => vec![value],
            (None, Some(values)) => values.iter().collect(),
            (None, None) => Vec::new(),
        }
    }

    /// Its type in words: "string", "array of objects", "integer or null".
    pub(crate) fn kind(&self, document: &Document<'d>) -> String {
        self.kind_at(document, 0)
    }

    fn kind_at(&self, document: &Document<'d>, depth: usize) -> String {
        let nullable = self.is("nullable")
            || self
                .get("type")
                .and_then(Value::as_array)
                .is_some_and(|types| types.contains(&Value::from("null")));
        let types = self.types();
        let named = |name: &&str| match (*name, self.items()) {
            // An array may be one of itself.
            ("array", Some(items)) if depth < DEEPEST_NAME => {
                format!("array of {}", plural(&Self::new(document, items).kind_at(document, depth + 1)))
            }
            (name, _) => name.to_owned(),
        };
        let mut kinds: Vec<String> = types.iter().map(named).collect();
        if kinds.is_empty() {
            kinds.push(if self.alternatives().is_some() { "one of several" } else { "anything" }.to_owned());
        }
        if nullable {
            kinds.push("null".to_owned());
        }
        kinds.join(" or ")
    }

    /// What its values are confined to, in words.
    pub(crate) fn constraints(&self) -> Vec<Markup> {
        let mut found = Vec::new();
        if let Some(format) = self.text("format") {
            found.push(html! { "format " code { (format) } });
        }
        self.range("minLength", "maxLength", "character", &mut found);
        self.range("minItems", "maxItems", "element", &mut found);
        self.range("minProperties", "maxProperties", "property", &mut found);
        for (key, words) in [
            ("minimum", "at least"),
            ("exclusiveMinimum", "more than"),
            ("maximum", "at most"),
            ("exclusiveMaximum", "less than"),
            ("multipleOf", "a multiple of"),
        ] {
            if let Some(limit) = self.get(key).filter(|limit| limit.is_number()) {
                found.push(html! { (words) " " (limit) });
            }
        }
        if let Some(pattern) = self.text("pattern") {
            found.push(html! { "matches " code { (pattern) } });
        }
        for (key, words) in [
            ("uniqueItems", "each element once"),
            ("readOnly", "only in answers"),
            ("writeOnly", "only in requests"),
        ] {
            if self.is(key) {
                found.push(html! { (words) });
            }
        }
        if let Some(default) = self.get("default") {
            found.push(html! { "by default " code { (default) } });
        }
        let values = self.values();
        if !values.is_empty() {
            found.push(html! {
                @if values.len() == 1 { "always " } @else { "one of " }
                @for (index, value) in values.iter().enumerate() {
                    @if index > 0 { ", " }
                    code { (value.as_str().map_or_else(|| value.to_string(), str::to_owned)) }
                }
            });
        }
        found
    }

    fn range(&self, least: &str, most: &str, unit: &str, found: &mut Vec<Markup>) {
        let number = |key| self.get(key).and_then(Value::as_u64);
        let units = |count: u64| if count == 1 { unit.to_owned() } else { plural(unit) };
        match (number(least).filter(|least| *least > 0), number(most)) {
            (Some(least), Some(most)) if least == most => found.push(html! { (least) " " (units(least)) }),
            (Some(least), Some(most)) => found.push(html! { (least) " to " (most) " " (units(most)) }),
            (Some(least), None) => found.push(html! { "at least " (least) " " (units(least)) }),
            (None, Some(most)) => found.push(html! { "at most " (most) " " (units(most)) }),
            (None, None) => {}
        }
    }

    /// The example that the schema gives itself.
    pub(crate) fn example(&self) -> Option<&'d Value> {
        self.get("example").or_else(|| match self.get("examples")? {
            Value::Array(examples) => examples.first(),
            _ => None,
        })
    }

    /// Examples of single values, to be shown beside their descriptions.
    pub(crate) fn shown_example(&self) -> Option<Markup> {
        let example = self.example().filter(|example| !example.is_object() && !example.is_array())?;
        Some(html! { code { (code::example(example, "text/plain")) } })
    }
}

/// The name of an alternative.
pub(crate) fn title<'d>(schema: &Schema<'d>, document: &Document<'d>) -> String {
    schema.name.or_else(|| schema.text("title")).map_or_else(|| schema.kind(document), str::to_owned)
}

/// The components that are schemas.
pub(crate) fn components<'d>(document: &Document<'d>) -> Vec<(&'d str, &'d Value)> {
    members(document.get(&["components", "schemas"])).collect()
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn plural(name: &str) -> String {
    match name.split_once(' ') {
        _ if name == "anything" => name.to_owned(),
        Some((first, rest)) => format!("{} {rest}", plural(first)),
        None => match name.strip_suffix('y') {
            Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
            _ => format!("{name}s"),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind(schema: &Value) -> String {
        let root = json!({ "components": { "schemas": { "S": schema, "T": { "type": "string" } } } });
        let document = Document::new(&root);
        Schema::new(&document, &root["components"]["schemas"]["S"]).kind(&document)
    }

    #[test]
    fn types_are_said_in_words() {
        let to = json!({ "$ref": "#/components/schemas/T" });
        for (schema, expected) in [
            (json!({ "type": "array", "items": to }), "array of strings"),
            (json!({ "items": { "items": { "properties": { "a": {} } } } }), "array of arrays of objects"),
            (json!({ "type": ["integer", "null"] }), "integer or null"),
            (json!({ "type": "string", "nullable": true }), "string or null"),
            (json!({ "allOf": [to] }), "string"),
            (json!({ "oneOf": [to, {}] }), "one of several"),
            (json!({ "enum": [1, 2] }), "integer"),
            (json!({ "type": "array", "items": {} }), "array of anything"),
            (json!(true), "anything"),
            (json!({ "items": { "$ref": "#/components/schemas/S" } }), "array of arrays of arrays of arrays"),
        ] {
            assert_eq!(kind(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn constraints_are_said_in_words() {
        let root = json!({ "minLength": 1, "maxLength": 255, "minItems": 2, "maximum": 7, "enum": ["a", "b"], "default": "a" });
        let schema = Schema::new(&Document::new(&root), &root);
        let said: Vec<String> = schema.constraints().into_iter().map(maud::PreEscaped::into_string).collect();
        let expected = [
            "1 to 255 characters",
            "at least 2 elements",
            "at most 7",
            "by default <code>&quot;a&quot;</code>",
            "one of <code>a</code>, <code>b</code>",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn a_schema_of_itself_ends() {
        let root = json!({ "components": { "schemas": { "A": { "allOf": [
            { "$ref": "#/components/schemas/A" }, { "properties": { "b": {} }, "required": ["b"] },
        ] } } } });
        let schema = Schema::new(&Document::new(&root), &root["components"]["schemas"]["A"]);
        assert_eq!(schema.properties().len(), 1);
        assert!(schema.requires("b") && !schema.requires("c"));
    }
}
