//! Operations of Swagger 2.0: parameters for bodies and forms become a request body, and schemas of responses become content.

use serde_json::{Map, Value, json};

use super::swagger::{media_types, servers};
use super::{Reduction, Terms};
use crate::pointer::Pointer;

/// Members of a parameter, or of a header, that describe its value.
const SCHEMA: [&str; 19] = [
    "type",
    "format",
    "items",
    "default",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "enum",
    "multipleOf",
    "x-nullable",
    "title",
    "$schema",
];

/// What operations refer to.
pub(super) struct Operations<'a> {
    pub(super) shared: Option<&'a Value>,
    pub(super) consumes: Vec<String>,
    pub(super) produces: Vec<String>,
    pub(super) document: &'a Map<String, Value>,
}

impl Operations<'_> {
    /// The shared parameter that a `$ref` names.
    fn shared<'v>(&'v self, value: &'v Value) -> Option<(Pointer, &'v Value)> {
        let name = value.get("$ref")?.as_str()?.strip_prefix("#/parameters/")?;
        let name = Pointer::from_fragment(&format!("/{name}"))?.parts().next()?;
        Some((Pointer::root().key("parameters").key(&name), self.shared?.get(&name)?))
    }

    /// Whether a parameter describes a body or a part of one.
    pub(super) fn is_body(&self, value: &Value) -> bool {
        let value = self.shared(value).map_or(value, |(_, value)| value);
        matches!(value.get("in").and_then(Value::as_str), Some("body" | "formData"))
    }

    /// Converts an operation; `bodies` are parameters of its path that describe a body.
    pub(super) fn convert(
        &self,
        operation: &mut Map<String, Value>,
        bodies: &[(Pointer, Value)],
        at: &Pointer,
        terms: &mut Terms<'_>,
    ) {
        let own = |key: &str, common: &[String]| {
            if operation.contains_key(key) { media_types(operation, key) } else { common.to_vec() }
        };
        let (consumes, produces) = (own("consumes", &self.consumes), own("produces", &self.produces));
        let mut parts: Vec<(Pointer, Value)> = bodies.to_vec();
        if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
            let from = at.key("parameters");
            let mut kept = Vec::new();
            for (index, mut value) in std::mem::take(parameters).into_iter().enumerate() {
                if self.is_body(&value) {
                    parts.push((from.index(index), value));
                    continue;
                }
                let to = from.index(kept.len());
                terms.moved(&from.index(index), &to);
                parameter(&mut value, &to, terms);
                kept.push(value);
            }
            *parameters = kept;
        }
        let parts: Vec<(Pointer, Value)> = parts
            .into_iter()
            .map(|(place, value)| match self.shared(&value) {
                Some((place, shared)) => (place, shared.clone()),
                None => (place, value),
            })
            .collect();
        if let Some(body) = request_body(&parts, &consumes, &at.key("requestBody"), terms) {
            operation.insert("requestBody".to_owned(), body);
        }
        for (status, value) in
            operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten()
        {
            if !status.starts_with("x-") {
                response(value, &produces, &at.key("responses").key(status), terms);
            }
        }
        operation.shift_remove("consumes");
        operation.shift_remove("produces");
        if let Some(schemes) = operation.shift_remove("schemes") {
            let mut document = self.document.clone();
            document.insert("schemes".to_owned(), schemes);
            operation.insert("servers".to_owned(), Value::Array(servers(&document)));
        }
    }
}

/// The schema that the members of a parameter or header make up.
fn take_schema(holder: &mut Map<String, Value>, at: &Pointer, terms: &mut Terms<'_>) -> Map<String, Value> {
    let mut schema = Map::new();
    for key in SCHEMA {
        if let Some(value) = holder.shift_remove(key) {
            terms.moved(&at.key(key), &at.key("schema").key(key));
            schema.insert(key.to_owned(), value);
        }
    }
    schema
}

/// A parameter of the path, the query or a header.
pub(super) fn parameter(value: &mut Value, at: &Pointer, terms: &mut Terms<'_>) {
    let Value::Object(parameter) = value else { return };
    if parameter.contains_key("$ref") || parameter.contains_key("schema") {
        return;
    }
    let is_query = parameter.get("in").is_some_and(|place| place == "query");
    let is_array = parameter.get("type").is_some_and(|kind| kind == "array");
    let schema = take_schema(parameter, at, terms);
    let format = parameter.shift_remove("collectionFormat");
    if !schema.is_empty() {
        parameter.insert("schema".to_owned(), Value::Object(schema));
    }
    if !is_array {
        return;
    }
    let (style, explode) = style(format.as_ref(), is_query, at, terms);
    if let Some(style) = style {
        parameter.insert("style".to_owned(), Value::from(style));
    }
    if is_query {
        parameter.insert("explode".to_owned(), Value::Bool(explode));
    }
}

/// The style of an array, unless it is the default one, and whether every element is a parameter of its own.
fn style(
    format: Option<&Value>,
    is_query: bool,
    at: &Pointer,
    terms: &mut Terms<'_>,
) -> (Option<&'static str>, bool) {
    match format.and_then(Value::as_str).unwrap_or("csv") {
        "csv" => (None, false),
        "multi" if is_query => (None, true),
        "ssv" if is_query => (Some("spaceDelimited"), false),
        "pipes" if is_query => (Some("pipeDelimited"), false),
        other => {
            let message =
                format!("OpenAPI 3.0 has no elements separated as `{other}` here, taken for commas");
            let help = "use `csv`, or a JSON body";
            terms.note(&at.key("collectionFormat"), Reduction::Swagger, &message, help);
            (None, false)
        }
    }
}

fn request_body(
    parts: &[(Pointer, Value)],
    consumes: &[String],
    at: &Pointer,
    terms: &mut Terms<'_>,
) -> Option<Value> {
    let (first, value) = parts.first()?;
    terms.moved(first, at);
    if let Some((place, body)) = parts.iter().find(|(_, value)| value["in"] == "body") {
        let json = ["application/json".to_owned()];
        let media = if consumes.is_empty() { &json } else { consumes };
        let mut content = Map::new();
        for name in media {
            let to = at.key("content").key(name).key("schema");
            terms.moved(&place.key("schema"), &to);
            let schema = body.get("schema").cloned().unwrap_or_else(|| json!({}));
            content.insert(name.clone(), json!({ "schema": schema }));
        }
        let mut made = Map::new();
        made.extend(body.get("description").map(|text| ("description".to_owned(), text.clone())));
        made.insert("content".to_owned(), Value::Object(content));
        made.extend(body.get("required").map(|required| ("required".to_owned(), required.clone())));
        return Some(Value::Object(made));
    }
    debug_assert_eq!(value["in"], "formData");
    Some(form(parts, consumes, at, terms))
}

/// The parameters of a form as the properties of one object.
fn form(parts: &[(Pointer, Value)], consumes: &[String], at: &Pointer, terms: &mut Terms<'_>) -> Value {
    const FORM: &str = "application/x-www-form-urlencoded";
    const MULTIPART: &str = "multipart/form-data";
    let with_file = parts.iter().any(|(_, part)| part["type"] == "file");
    let media: Vec<&str> = match (with_file, consumes.iter().map(String::as_str).collect::<Vec<_>>()) {
        (true, _) => vec![MULTIPART],
        (false, consumes) => {
            let fitting: Vec<_> =
                consumes.into_iter().filter(|name| [FORM, MULTIPART].contains(name)).collect();
            if fitting.is_empty() { vec![FORM] } else { fitting }
        }
    };
    let mut properties = Map::new();
    let mut encoding = Map::new();
    let mut required = Vec::new();
    for (place, part) in parts {
        let Value::Object(part) = part else { continue };
        let Some(name) = part.get("name").and_then(Value::as_str) else { continue };
        if part.get("required") == Some(&Value::Bool(true)) {
            required.push(Value::from(name));
        }
        for name_of_media in &media {
            let to = at.key("content").key(name_of_media).key("schema").key("properties").key(name);
            terms.moved(place, &to);
        }
        let mut schema: Map<String, Value> =
            SCHEMA.iter().filter_map(|key| Some(((*key).to_owned(), part.get(*key)?.clone()))).collect();
        schema.extend(part.get("description").map(|text| ("description".to_owned(), text.clone())));
        if part.get("type").is_some_and(|kind| kind == "array") {
            let (style, explode) = style(part.get("collectionFormat"), true, place, terms);
            encoding.insert(name.to_owned(), json!({"style": style.unwrap_or("form"), "explode": explode}));
        }
        properties.insert(name.to_owned(), Value::Object(schema));
    }
    let is_required = !required.is_empty();
    let mut schema = json!({"type": "object", "properties": properties});
    if is_required {
        schema["required"] = Value::Array(required);
    }
    let content: Map<String, Value> = media
        .into_iter()
        .map(|name| {
            let mut content = json!({ "schema": schema });
            if !encoding.is_empty() && name == FORM {
                content["encoding"] = Value::Object(encoding.clone());
            }
            (name.to_owned(), content)
        })
        .collect();
    json!({"content": content, "required": is_required})
}

/// A response, with its headers.
pub(super) fn response(value: &mut Value, produces: &[String], at: &Pointer, terms: &mut Terms<'_>) {
    let Value::Object(response) = value else { return };
    if response.contains_key("$ref") {
        return;
    }
    for (name, header) in response.get_mut("headers").and_then(Value::as_object_mut).into_iter().flatten() {
        let Value::Object(header) = header else { continue };
        let at = at.key("headers").key(name);
        let schema = take_schema(header, &at, terms);
        header.shift_remove("collectionFormat");
        if !schema.is_empty() {
            header.insert("schema".to_owned(), Value::Object(schema));
        }
    }
    let examples = response.shift_remove("examples");
    let Some(schema) = response.shift_remove("schema") else { return };
    let is_file = schema.get("type").is_some_and(|kind| kind == "file");
    let fallback = [if is_file { "application/octet-stream" } else { "application/json" }.to_owned()];
    let media = if produces.is_empty() { &fallback } else { produces };
    let mut content = Map::new();
    for name in media {
        terms.moved(&at.key("schema"), &at.key("content").key(name).key("schema"));
        let mut made = json!({ "schema": schema });
        if let Some(example) = examples.as_ref().and_then(|examples| examples.get(name)) {
            made["example"] = example.clone();
        }
        content.insert(name.clone(), made);
    }
    response.insert("content".to_owned(), Value::Object(content));
}
