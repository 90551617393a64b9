//! Reading a document: references, operations, and what they share.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::anchors::{Anchors, anchor};

/// References that lead to references end after so many: a cycle of them leads nowhere.
const LONGEST_CHAIN: usize = 32;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// A document with its operations.
pub(crate) struct Document<'d> {
    root: &'d Value,
    /// The operations of `paths`, in the order of the document.
    pub(crate) operations: Vec<Operation<'d>>,
    /// What the API calls: the operations of `webhooks`.
    pub(crate) webhooks: Vec<Operation<'d>>,
}

/// One operation.
pub(crate) struct Operation<'d> {
    /// Its name in links.
    pub(crate) anchor: String,
    /// Its method, in capitals.
    pub(crate) method: String,
    /// Its path; the name of a webhook.
    pub(crate) path: &'d str,
    /// What the document says of it.
    pub(crate) value: &'d Value,
    /// Its parameters and those of its path.
    pub(crate) parameters: Vec<&'d Value>,
}

impl<'d> Document<'d> {
    /// Reads the operations.
    pub(crate) fn new(root: &'d Value) -> Self {
        let mut document = Self { root, operations: Vec::new(), webhooks: Vec::new() };
        let mut anchors = Anchors::default();
        document.operations = document.operations_of("paths", "operation", &mut anchors);
        document.webhooks = document.operations_of("webhooks", "webhook", &mut anchors);
        document
    }

    /// What a pointer of keys leads to, from the root.
    pub(crate) fn get(&self, path: &[&str]) -> Option<&'d Value> {
        path.iter().try_fold(self.root, |value, key| value.get(*key))
    }

    /// A text of the document that is not empty.
    pub(crate) fn text(&self, path: &[&str]) -> Option<&'d str> {
        self.get(path)?.as_str().filter(|text| !text.trim().is_empty())
    }

    /// The members of an object, none where there is none.
    pub(crate) fn members(&self, path: &[&str]) -> impl Iterator<Item = (&'d str, &'d Value)> + use<'d> {
        members(self.get(path))
    }

    /// The value itself, or what its reference leads to; null where that is nothing.
    pub(crate) fn resolve(&self, value: &'d Value) -> &'d Value {
        let mut current = value;
        for _ in 0..LONGEST_CHAIN {
            match reference(current) {
                Some(reference) => current = self.target(reference).unwrap_or(&Value::Null),
                None => return current,
            }
        }
        &Value::Null
    }

    /// What a reference leads to, if that is in this document.
    pub(crate) fn target(&self, reference: &str) -> Option<&'d Value> {
        let pointer = percent_decode_str(reference.strip_prefix('#')?).decode_utf8().ok()?;
        self.root.pointer(&pointer)
    }

    /// The name of the component that a reference leads to, if it is one of the section.
    pub(crate) fn component(&self, reference: &str, section: &str) -> Option<&'d str> {
        let name = reference.strip_prefix("#/components/")?.strip_prefix(section)?.strip_prefix('/')?;
        let name = percent_decode_str(name).decode_utf8().ok()?.replace("~1", "/").replace("~0", "~");
        let section = self.get(&["components", section])?.as_object()?;
        section.get_key_value(&name).map(|(name, _)| name.as_str())
    }

    /// The address of the first server, with the defaults of its variables.
    pub(crate) fn server(&self) -> String {
        self.get(&["servers"])
            .and_then(Value::as_array)
            .and_then(|servers| servers.first())
            .map(server_url)
            .unwrap_or_default()
    }

    fn operations_of(&self, section: &str, kind: &str, anchors: &mut Anchors) -> Vec<Operation<'d>> {
        let mut operations = Vec::new();
        for (path, item) in self.members(&[section]) {
            let item = self.resolve(item);
            let shared = item.get("parameters").and_then(Value::as_array).into_iter().flatten();
            let shared: Vec<&Value> = shared.map(|parameter| self.resolve(parameter)).collect();
            for method in METHODS {
                let Some(value) = item.get(method).filter(|value| value.is_object()) else { continue };
                let own = value.get("parameters").and_then(Value::as_array).into_iter().flatten();
                let mut parameters: Vec<&Value> = own.map(|parameter| self.resolve(parameter)).collect();
                let identity = |parameter: &'d Value| (parameter.get("name"), parameter.get("in"));
                let inherited = shared.iter().filter(|shared| {
                    !parameters.iter().any(|parameter| identity(parameter) == identity(shared))
                });
                let inherited: Vec<&Value> = inherited.copied().collect();
                parameters.splice(0..0, inherited);
                let id = value.get("operationId").and_then(Value::as_str);
                let id = id.map_or_else(|| format!("{method} {path}"), str::to_owned);
                operations.push(Operation {
                    anchor: anchors.unique(&anchor(kind, &id)),
                    method: method.to_ascii_uppercase(),
                    path,
                    value,
                    parameters,
                });
            }
        }
        operations
    }
}

impl<'d> Operation<'d> {
    /// A text of the operation that is not empty.
    pub(crate) fn text(&self, key: &str) -> Option<&'d str> {
        text(self.value, key)
    }

    /// What it is called in lists and headings.
    pub(crate) fn title(&self) -> &'d str {
        let id = || self.text("operationId");
        self.text("summary").or_else(id).unwrap_or(self.path)
    }

    /// Whether it should no longer be used.
    pub(crate) fn is_deprecated(&self) -> bool {
        is_true(self.value, "deprecated")
    }

    /// The first of its tags: it stands in one place of the page.
    pub(crate) fn tag(&self) -> Option<&'d str> {
        self.value.get("tags")?.as_array()?.first()?.as_str()
    }
}

/// A text that is not empty.
pub(crate) fn text<'d>(value: &'d Value, key: &str) -> Option<&'d str> {
    value.get(key)?.as_str().filter(|text| !text.trim().is_empty())
}

/// Whether the key says `true`.
pub(crate) fn is_true(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or_default()
}

/// The members of an object, none where there is none. Extensions are none of them.
pub(crate) fn members(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> + use<'_> {
    let members = value.and_then(Value::as_object).into_iter().flat_map(Map::iter);
    members.map(|(name, value)| (name.as_str(), value)).filter(|(name, _)| !name.starts_with("x-"))
}

/// The address of a server with the defaults of its variables, without a slash at its end.
pub(crate) fn server_url(server: &Value) -> String {
    let mut url = text(server, "url").unwrap_or_default().to_owned();
    for (name, variable) in members(server.get("variables")) {
        let default = variable.get("default").and_then(Value::as_str).unwrap_or_default();
        url = url.replace(&format!("{{{name}}}"), default);
    }
    url.trim_end_matches('/').to_owned()
}

/// What a `$ref` says.
pub(crate) fn reference(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_followed_and_cycles_lead_nowhere() {
        let root = json!({
            "components": { "schemas": {
                "A": { "$ref": "#/components/schemas/a~1b%20c" }, "a/b c": { "type": "string" },
                "Loop": { "$ref": "#/components/schemas/Loop" },
            } },
        });
        let document = Document::new(&root);
        assert_eq!(
            document.resolve(document.get(&["components", "schemas", "A"]).unwrap())["type"],
            "string"
        );
        assert_eq!(document.resolve(document.get(&["components", "schemas", "Loop"]).unwrap()), &Value::Null);
        assert_eq!(document.component("#/components/schemas/a~1b%20c", "schemas"), Some("a/b c"));
        let elsewhere = json!({ "$ref": "https://example.com/a.json" });
        let elsewhere: &'static Value = Box::leak(Box::new(elsewhere));
        assert_eq!(Document::new(elsewhere).resolve(elsewhere), &Value::Null);
    }

    #[test]
    fn parameters_of_the_path_come_first_and_those_of_the_operation_win() {
        let root = json!({ "paths": { "/{a}": {
            "parameters": [{ "name": "a", "in": "path" }, { "name": "b", "in": "query", "description": "path's" }],
            "get": { "parameters": [{ "name": "b", "in": "query" }, { "name": "b", "in": "header" }] },
        } } });
        let document = Document::new(&root);
        let parameters = &document.operations[0].parameters;
        let names: Vec<_> =
            parameters.iter().map(|parameter| (&parameter["name"], &parameter["in"])).collect();
        let expected =
            [(json!("a"), json!("path")), (json!("b"), json!("query")), (json!("b"), json!("header"))];
        assert_eq!(names, expected.iter().map(|(name, place)| (name, place)).collect::<Vec<_>>());
        assert_eq!(document.operations[0].anchor, "operation-get-a");
    }

    #[test]
    fn the_variables_of_a_server_have_their_defaults() {
        let server =
            json!({ "url": "https://{host}/v1/", "variables": { "host": { "default": "a.example" } } });
        assert_eq!(server_url(&server), "https://a.example/v1");
    }
}
