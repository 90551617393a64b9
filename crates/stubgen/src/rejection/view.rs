//! A schema as far as errors go: what is behind references and compositions, and which properties an object has.

use std::collections::BTreeSet;

use serde_json::Value;

/// References and compositions are followed this deep.
pub(super) const DEEPEST: usize = 12;

/// A property or item that nothing is said of.
static ANYTHING: Value = Value::Null;

/// The schemas of a document in terms of OpenAPI 3.0.
#[derive(Clone, Copy)]
pub(super) struct Schemas<'a>(pub(super) &'a Value);

/// What a schema describes.
#[derive(Debug)]
pub(super) enum View<'a> {
    Object(Object<'a>),
    List {
        items: &'a Value,
        least: usize,
    },
    Text {
        longest: usize,
        is_free: bool,
    },
    Choice(Vec<&'a str>),
    Number,
    Boolean,
    Anything,
    /// A value of no use for an error.
    Other,
}

#[derive(Debug, Default)]
pub(super) struct Object<'a> {
    pub(super) properties: Vec<Property<'a>>,
    /// Whether it may have properties of any name and kind.
    pub(super) is_open: bool,
}

#[derive(Debug)]
pub(super) struct Property<'a> {
    pub(super) name: &'a str,
    pub(super) schema: &'a Value,
    pub(super) required: bool,
    /// The value that says which schema of a choice the object is of.
    pub(super) tag: Option<String>,
}

impl<'a> Object<'a> {
    pub(super) fn property(&self, name: &str) -> Option<&Property<'a>> {
        self.properties.iter().find(|property| property.name == name)
    }
}

impl<'a> Schemas<'a> {
    /// The schema behind references.
    pub(super) fn resolve(self, mut schema: &'a Value) -> &'a Value {
        for _ in 0..DEEPEST {
            let target = schema.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#'));
            match target.and_then(|pointer| self.0.pointer(pointer)) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// What a schema describes; of a choice its first object.
    pub(super) fn view(self, schema: &'a Value) -> View<'a> {
        self.view_at(schema, 0)
    }

    fn view_at(self, schema: &'a Value, depth: usize) -> View<'a> {
        let schema = self.resolve(schema);
        if depth > DEEPEST {
            return View::Other;
        }
        if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
            let texts: Vec<_> = choices.iter().filter_map(Value::as_str).collect();
            return if texts.is_empty() { View::Other } else { View::Choice(texts) };
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => {
                let longest = schema.get("maxLength").and_then(Value::as_u64);
                let longest = longest.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
                let plain = |format: &Value| matches!(format.as_str(), Some("string" | "text" | ""));
                let is_free = schema.get("pattern").is_none() && schema.get("format").is_none_or(plain);
                View::Text { longest, is_free }
            }
            Some("integer" | "number") => View::Number,
            Some("boolean") => View::Boolean,
            Some("array") => {
                let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
                let items = schema.get("items").unwrap_or(&ANYTHING);
                View::List { items, least: usize::try_from(least).unwrap_or(0).min(16) }
            }
            Some("object") => View::Object(self.object(schema)),
            Some(_) => View::Other,
            None => self.untyped(schema, depth),
        }
    }

    fn untyped(self, schema: &'a Value, depth: usize) -> View<'a> {
        let Some(members) = schema.as_object() else { return View::Anything };
        if members.contains_key("properties") || members.contains_key("required") {
            return View::Object(self.object(schema));
        }
        let branches = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
        let all: Vec<_> = ["allOf", "oneOf", "anyOf"].into_iter().flat_map(branches).collect();
        let views: Vec<_> = all.iter().map(|branch| self.view_at(branch, depth + 1)).collect();
        if views.iter().any(|view| matches!(view, View::Object(_))) {
            return View::Object(self.object(schema));
        }
        let useful = |view: &View<'_>| !matches!(view, View::Anything | View::Other);
        match (views.is_empty(), views.into_iter().find(useful)) {
            (_, Some(view)) => view,
            (true, None) => View::Anything,
            (false, None) => View::Other,
        }
    }

    fn object(self, schema: &'a Value) -> Object<'a> {
        let mut object = Object { properties: Vec::new(), is_open: true };
        let mut required = BTreeSet::new();
        self.collect(schema, &mut object, &mut required, 0);
        for property in &mut object.properties {
            property.required = required.remove(property.name);
        }
        let unnamed =
            required.into_iter().map(|name| Property { name, schema: &ANYTHING, required: true, tag: None });
        object.properties.extend(unnamed);
        object
    }

    /// Adds the properties of a schema, of all parts that hold at once, and of the first object of a choice.
    fn collect(
        self,
        schema: &'a Value,
        object: &mut Object<'a>,
        required: &mut BTreeSet<&'a str>,
        depth: usize,
    ) {
        let schema = self.resolve(schema);
        if depth > DEEPEST {
            return;
        }
        let list = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
        for (name, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if object.property(name).is_none() {
                object.properties.push(Property { name, schema, required: false, tag: None });
            }
        }
        required.extend(list("required").filter_map(Value::as_str));
        match schema.get("additionalProperties") {
            None | Some(Value::Bool(true)) => {}
            Some(Value::Object(members)) if members.is_empty() => {}
            Some(_) => object.is_open = false,
        }
        for branch in list("allOf") {
            self.collect(branch, object, required, depth + 1);
        }
        for key in ["oneOf", "anyOf"] {
            let chosen = list(key).find(|branch| matches!(self.view_at(branch, depth + 1), View::Object(_)));
            let Some(branch) = chosen else { continue };
            self.collect(branch, object, required, depth + 1);
            let property = schema.pointer("/discriminator/propertyName").and_then(Value::as_str);
            let Some((property, tag)) = property.zip(tag(schema, branch)) else { continue };
            if let Some(known) = object.properties.iter_mut().find(|known| known.name == property) {
                known.tag = Some(tag);
            }
        }
    }
}

/// The value of the discriminator for a branch.
fn tag(schema: &Value, branch: &Value) -> Option<String> {
    let reference = branch.get("$ref")?.as_str()?;
    let name = reference.rsplit('/').next()?;
    let mapping = schema.pointer("/discriminator/mapping").and_then(Value::as_object);
    let mapped = mapping
        .into_iter()
        .flatten()
        .find(|(_, to)| to.as_str().is_some_and(|to| to == reference || to == name));
    Some(mapped.map_or(name, |(tag, _)| tag).to_owned())
}
