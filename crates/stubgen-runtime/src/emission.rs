//! The document as dropshot emits it: texts that go word for word past its conversions, and their return to their places.
//!
//! dropshot re-flows doc comments, drops keywords of schemas, and cannot say every operation. What it would change is text of a file that
//! the generator wrote; what it can say goes through it.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use dropshot::{ApiDescription, ApiDescriptionRegisterError, ApiEndpoint, ApiEndpointVersions, StubContext};
use http::Method;
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde_json::{Map, Value};

use crate::declare::UNTITLED;
use crate::definition::Location;
use crate::mount::{Answer, Body, Failure};
use crate::response::DeclareResponse;

/// In a schema object: the JSON text of what it stands for.
const VERBATIM: &str = "x-stubgen-verbatim";
/// Where the schemas pass that only operations carried as a whole refer to.
const CARRIER: &str = "/x-stubgen-carried-operations";

/// The texts of a generated crate for the document that dropshot emits. They are the JSON
/// `{"components": {NAME: schema}, "inline": {TYPE: schema}, "parameters": {TYPE: {PLACE: schema}}, "responses": {TYPE: description},
/// "operations": {ID: {"summary", "description"}}, "carried": [{"path", "method", "operation"}], "info": {..}}`.
#[derive(Debug)]
pub struct Emission {
    text: &'static str,
    parsed: OnceLock<Value>,
}

/// Refers to the components that operations carried as a whole refer to; generated code implements it.
pub trait Carries: 'static {
    /// Registers them.
    fn register(generator: &mut SchemaGenerator);
}

/// The success of the operation that stands for those which dropshot cannot say.
#[derive(Debug)]
pub struct Carried<C>(std::marker::PhantomData<fn() -> C>);

impl Emission {
    /// The texts in a JSON object.
    pub const fn new(text: &'static str) -> Self {
        Self { text, parsed: OnceLock::new() }
    }

    /// The schema of a component.
    pub fn component(&self, name: &str) -> Schema {
        self.schema(&["components", name]).unwrap_or(Schema::Bool(true))
    }

    /// The schema that stands at its place, by the type that stands for it.
    pub fn inline(&self, name: &str) -> Schema {
        self.schema(&["inline", name]).unwrap_or(Schema::Bool(true))
    }

    /// The parameters in one place as an object, by the type that they are read into.
    pub fn parameters(&self, name: &str, location: Location) -> Option<Schema> {
        self.schema(&["parameters", name, location.as_str()])
    }

    /// The description of a success, by its type.
    pub fn response(&self, name: &str) -> &str {
        self.get(&["responses", name]).and_then(Value::as_str).unwrap_or_default()
    }

    /// Registers what the operations that dropshot cannot say refer to.
    pub fn carry<C: DeclareResponse + 'static>(
        &self,
        description: &mut ApiDescription<StubContext>,
    ) -> Result<(), ApiDescriptionRegisterError> {
        let carrier = ApiEndpoint::new_for_types::<(Body<()>,), Result<Answer<C>, Failure<()>>>(
            "x_stubgen_carried_operations".to_owned(),
            Method::GET,
            "application/json",
            CARRIER,
            ApiEndpointVersions::All,
        );
        description.register(carrier)
    }

    /// The document as dropshot emits it, with what it could not carry, and without what only its conversion put in: a schema with
    /// `x-stubgen-verbatim` is replaced by the JSON in it, an operation has its own summary and description, and the operations that
    /// dropshot cannot say stand in their places.
    pub fn complete(&self, mut document: Value) -> Value {
        let before = reachable(&document);
        let carrier = document
            .get_mut("paths")
            .and_then(Value::as_object_mut)
            .and_then(|paths| paths.shift_remove(CARRIER));
        unpack(&mut document);
        self.put_texts(&mut document);
        for moved in self.get(&["carried"]).and_then(Value::as_array).into_iter().flatten() {
            if let (Some(path), Some(method)) = (moved["path"].as_str(), moved["method"].as_str()) {
                document["paths"][path][method] = moved["operation"].clone();
            }
        }
        if carrier.is_none() {
            return document;
        }
        let after = reachable(&document);
        for (section, name) in before.difference(&after) {
            let components = document.get_mut("components").and_then(|all| all.get_mut(section));
            if let Some(Value::Object(components)) = components {
                components.shift_remove(name);
            }
        }
        document
    }

    /// Titles and descriptions as they are written.
    fn put_texts(&self, document: &mut Value) {
        for (key, value) in self.get(&["info"]).and_then(Value::as_object).into_iter().flatten() {
            document["info"][key] = value.clone();
        }
        let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
        let items = paths.values_mut().filter_map(Value::as_object_mut);
        for operation in items.flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
            let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
            let Some(texts) = self.get(&["operations", id]).and_then(Value::as_object) else { continue };
            for key in ["summary", "description"] {
                match texts.get(key) {
                    Some(text) => drop(operation.insert(key.to_owned(), text.clone())),
                    None => drop(operation.shift_remove(key)),
                }
            }
        }
    }

    fn schema(&self, path: &[&str]) -> Option<Schema> {
        // The generator writes valid schemas only; any other admits everything, and the round trip says so.
        self.get(path).map(|schema| serde_json::from_value(schema.clone()).unwrap_or(Schema::Bool(true)))
    }

    fn get(&self, path: &[&str]) -> Option<&Value> {
        let all = self.parsed.get_or_init(|| serde_json::from_str(self.text).unwrap_or_default());
        path.iter().try_fold(all, |value, key| value.get(*key))
    }
}

impl<C: Carries> JsonSchema for Carried<C> {
    fn schema_name() -> String {
        UNTITLED.to_owned()
    }

    fn is_referenceable() -> bool {
        false
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        C::register(generator);
        Schema::Bool(true)
    }
}

impl<C> serde::Serialize for Carried<C> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

/// What is unpacked is the document's own word, and is not looked into.
fn unpack(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let verbatim = members.get(VERBATIM).and_then(Value::as_str);
            if let Some(verbatim) = verbatim.and_then(|text| serde_json::from_str(text).ok()) {
                *value = verbatim;
                return;
            }
            if members.get("title").and_then(Value::as_str) == Some(UNTITLED) {
                members.shift_remove("title");
            }
            members.values_mut().for_each(unpack);
        }
        Value::Array(elements) => elements.iter_mut().for_each(unpack),
        _ => {}
    }
}

/// The section and name of every component to which the paths lead.
fn reachable(document: &Value) -> BTreeSet<(String, String)> {
    let mut reached = BTreeSet::new();
    let mut pending: Vec<&Value> = document.get("paths").into_iter().collect();
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(elements) => pending.extend(elements),
            Value::Object(members) => {
                let reference = members.get("$ref").and_then(Value::as_str).unwrap_or_default();
                let component = reference.strip_prefix("#/components/").and_then(|rest| rest.split_once('/'));
                if let Some((section, name)) = component
                    && let name = name.replace("~1", "/").replace("~0", "~")
                    && reached.insert((section.to_owned(), name))
                {
                    pending.extend(document.pointer(&reference[1..]));
                }
                pending.extend(members.values());
            }
            _ => {}
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn to(name: &str) -> Value {
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    fn answered_with(schema: &Value) -> Value {
        json!({ "responses": { "200": { "content": { "application/json": { "schema": schema } } } } })
    }

    fn complete(texts: &Value, document: Value) -> Value {
        Emission::new(Box::leak(texts.to_string().into_boxed_str())).complete(document)
    }

    #[test]
    fn dropshots_own_titles_are_removed_and_others_kept() {
        let document = json!({"a": [{"title": UNTITLED, "type": "string"}, {"title": "Mine"}]});
        assert_eq!(complete(&json!({}), document), json!({"a": [{"type": "string"}, {"title": "Mine"}]}));
    }

    #[test]
    fn verbatim_schemas_are_unpacked_and_not_looked_into() {
        let inner = json!({ "title": UNTITLED, "items": { VERBATIM: "{}" } });
        let document =
            json!({ "a": { "type": "object", VERBATIM: inner.to_string() }, "b": { VERBATIM: "{" } });
        let expected = json!({ "a": inner, "b": { VERBATIM: "{" } });
        assert_eq!(complete(&json!({}), document), expected, "what cannot be unpacked stays to be seen");
    }

    #[test]
    fn texts_stand_as_they_are_written() {
        let texts = json!({
            "info": { "termsOfService": "https://a.example" },
            "operations": { "a": { "description": "- one\n- two\n" }, "b": { "summary": "B" } },
        });
        let document = json!({ "info": { "title": "T" }, "paths": { "/a": {
            "get": { "operationId": "a", "summary": "one two" },
            "put": { "operationId": "b", "summary": "B.", "description": "x" },
            "post": { "operationId": "c", "summary": "C" },
        } } });
        let expected = json!({ "info": { "title": "T", "termsOfService": "https://a.example" }, "paths": { "/a": {
            "get": { "operationId": "a", "description": "- one\n- two\n" },
            "put": { "operationId": "b", "summary": "B" },
            "post": { "operationId": "c", "summary": "C" },
        } } });
        assert_eq!(complete(&texts, document), expected);
    }

    #[test]
    fn operations_that_dropshot_cannot_say_stand_in_their_places_without_what_carried_them() {
        let operation = json!({ "operationId": "t", "responses": { "200": { "content": {
            "text/plain": { "schema": to("Text") } } } } });
        let texts =
            json!({ "carried": [{ "path": "/a/{b}.json", "method": "trace", "operation": operation }] });
        let document = json!({
            "paths": {
                CARRIER: { "get": answered_with(&json!({ "allOf": [to("Text"), to("Lost")] })) },
                "/a/{b}.json": { "get": answered_with(&to("Kept")) },
            },
            "components": { "schemas": { "Lost": to("Deep"), "Deep": {}, "Kept": {}, "Text": {}, "Extra": {} } },
        });
        let result = complete(&texts, document);
        assert_eq!(result["paths"].as_object().unwrap().len(), 1);
        assert_eq!(result["paths"]["/a/{b}.json"]["trace"], operation);
        assert!(result["paths"]["/a/{b}.json"]["get"].is_object());
        let names = result["components"]["schemas"].as_object().unwrap().keys().collect::<Vec<_>>();
        assert_eq!(names, ["Kept", "Text", "Extra"]);
    }
}
