//! Parameters: those of the path agree with the path, none is declared twice, and each says what it is.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::{Mender, Repair};
use crate::grammar::{self, Form, Role};
use crate::pointer::Pointer;

/// Headers that OpenAPI says are never parameters (3.0.3, parameter object): other parts of the document describe them.
const IGNORED_HEADERS: [&str; 3] = ["accept", "content-type", "authorization"];

pub(super) fn repair(root: &mut Value, mender: &mut Mender<'_>) {
    grammar::walk(Role::Document, root, &mut Pointer::root(), &mut |role, value, pointer| {
        if role == Role::Parameter {
            one(value, pointer, mender);
        }
    });
    let shared = shared(root);
    let Some(Value::Object(paths)) = root.get_mut("paths") else { return };
    for (path, item) in paths {
        let Value::Object(item) = item else { continue };
        if path.starts_with("x-") || item.contains_key("$ref") {
            continue;
        }
        PathItem { path, at: Pointer::root().key("paths").key(path), shared: &shared }.repair(item, mender);
    }
}

/// What a parameter is known by: where it stands and its name.
type Key = (String, String);

/// The keys of the parameters in `components`, by their `$ref`.
fn shared(root: &Value) -> HashMap<String, Key> {
    let parameters = root.get("components").and_then(|components| components.get("parameters"));
    let parameters = parameters.and_then(Value::as_object);
    parameters
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| {
            let at = Pointer::root().key("components").key("parameters").key(name);
            Some((at.to_string(), resolved_key(root, value)?))
        })
        .collect()
}

fn resolved_key<'a>(root: &'a Value, mut value: &'a Value) -> Option<Key> {
    for _ in 0..32 {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return own_key(value) };
        value = root.pointer(Pointer::from_fragment(reference.strip_prefix('#')?)?.as_str())?;
    }
    None
}

fn own_key(value: &Value) -> Option<Key> {
    let place = value.get("in")?.as_str()?;
    let name = value.get("name")?.as_str()?;
    // Names of headers are the same in any case.
    let name = if place == "header" { name.to_ascii_lowercase() } else { name.to_owned() };
    Some((place.to_owned(), name))
}

/// Repairs what a parameter says of itself.
fn one(value: &mut Value, at: &Pointer, mender: &mut Mender<'_>) {
    let Value::Object(parameter) = value else { return };
    if parameter.contains_key("$ref") {
        return;
    }
    if let Some(place) = parameter.get("in").and_then(Value::as_str) {
        let lower = place.trim().to_ascii_lowercase();
        if lower != place {
            let message = format!("`in: {place}` is taken for `in: {lower}`");
            mender.note(&at.key("in"), Repair::FieldCase, &message, &format!("write `in: {lower}`"));
            parameter.insert("in".to_owned(), Value::String(lower));
        }
    }
    let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if parameter.get("in").is_some_and(|place| place == "path")
        && parameter.get("required") != Some(&Value::Bool(true))
    {
        let message = format!("the parameter `{name}` is in the path, taken as required");
        mender.note(at, Repair::OptionalPathParameter, &message, "add `required: true`");
        parameter.insert("required".to_owned(), Value::Bool(true));
    }
    let content =
        parameter.get("content").and_then(Value::as_object).is_some_and(|content| !content.is_empty());
    if parameter.contains_key("schema") && content {
        let message = format!("the parameter `{name}` has `schema` and `content`, taken by its `schema`");
        mender.note(&at.key("content"), Repair::SwaggerTerm, &message, "keep one of the two");
        parameter.shift_remove("content");
    } else if !parameter.contains_key("schema") && !content && !name.is_empty() {
        let message = format!("the parameter `{name}` has no `schema`, taken for a string");
        mender.note(at, Repair::MissingField, &message, "add its `schema`");
        parameter.shift_remove("content");
        parameter.insert("schema".to_owned(), json!({"type": "string"}));
    }
}

struct PathItem<'a> {
    path: &'a str,
    at: Pointer,
    shared: &'a HashMap<String, Key>,
}

impl PathItem<'_> {
    fn repair(&self, item: &mut Map<String, Value>, mender: &mut Mender<'_>) {
        let template: Vec<&str> = template(self.path);
        let inherited = self.list(item, &self.at, &template, mender);
        for (method, operation) in item.iter_mut() {
            if Role::PathItem.member(method) != Some(Form::One(Role::Operation)) {
                continue;
            }
            let Value::Object(operation) = operation else { continue };
            let at = self.at.key(method);
            let own = self.list(operation, &at, &template, mender);
            let mut seen = HashSet::new();
            for name in &template {
                let key = ("path".to_owned(), (*name).to_owned());
                if !seen.insert(*name) || inherited.contains(&key) || own.contains(&key) {
                    continue;
                }
                let parameter =
                    json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
                let message =
                    format!("`{{{name}}}` of the path `{}` is not declared, taken for a string", self.path);
                let help =
                    format!("add `- {{name: {name}, in: path, required: true, schema: {{type: string}}}}`");
                match operation.entry("parameters").or_insert_with(|| json!([])) {
                    Value::Array(parameters) => parameters.push(parameter),
                    _ => continue,
                }
                mender.note(&at, Repair::UndeclaredParameter, &message, &help);
            }
        }
    }

    /// Repairs one list of parameters; returns the keys of those that stay.
    fn list(
        &self,
        holder: &mut Map<String, Value>,
        at: &Pointer,
        template: &[&str],
        mender: &mut Mender<'_>,
    ) -> HashSet<Key> {
        let mut seen = HashSet::new();
        let Some(Value::Array(parameters)) = holder.get_mut("parameters") else { return seen };
        let at = at.key("parameters");
        let declared: HashSet<Key> = parameters.iter().filter_map(|parameter| self.key(parameter)).collect();
        let mut kept: Vec<Value> = Vec::new();
        for (index, mut parameter) in std::mem::take(parameters).into_iter().enumerate() {
            let place = at.index(index);
            if let Some((location, name)) = self.key(&parameter) {
                let fate = self.fate(&location, &name, template, &declared, &seen);
                match fate {
                    Fate::Stays => {
                        seen.insert((location, name));
                    }
                    Fate::Named(new) => {
                        let message = format!(
                            "the path `{}` has `{{{new}}}`, the parameter `{name}` is taken for it",
                            self.path
                        );
                        mender.note(
                            &place,
                            Repair::StrayParameter,
                            &message,
                            &format!("write `name: {new}`"),
                        );
                        if let Value::Object(parameter) = &mut parameter {
                            parameter.insert("name".to_owned(), Value::String(new.clone()));
                        }
                        seen.insert((location, new));
                    }
                    Fate::Goes(repair, message, help) => {
                        mender.note(&place, repair, &message, help);
                        continue;
                    }
                }
            } else if let Some(reference) = self.dangling(&parameter) {
                let message =
                    format!("$ref `{reference}` points to nothing, the parameter is taken as absent");
                mender.note(&place, Repair::Reference, &message, "define what it names, or remove it");
                continue;
            }
            mender.scope.origins.moved(&place, &at.index(kept.len()));
            kept.push(parameter);
        }
        *parameters = kept;
        seen
    }

    fn fate(
        &self,
        location: &str,
        name: &str,
        template: &[&str],
        declared: &HashSet<Key>,
        seen: &HashSet<Key>,
    ) -> Fate {
        if seen.contains(&(location.to_owned(), name.to_owned())) {
            let message = format!("the parameter `{name}` is declared twice, taken as declared first");
            return Fate::Goes(Repair::DuplicateParameter, message, "remove one of the two");
        }
        if location == "header" && IGNORED_HEADERS.contains(&name) {
            let message = format!("OpenAPI ignores a parameter for the header `{name}`, taken as absent");
            let help = "describe it by `content`, `requestBody` or `security`, as OpenAPI says";
            return Fate::Goes(Repair::IgnoredHeader, message, help);
        }
        if location == "path" && !template.contains(&name) {
            let letters = |text: &str| {
                text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
            };
            let near = template.iter().find(|known| {
                letters(known) == letters(name)
                    && !declared.contains(&("path".to_owned(), (**known).to_owned()))
                    && !seen.contains(&("path".to_owned(), (**known).to_owned()))
            });
            if let Some(near) = near {
                return Fate::Named((*near).to_owned());
            }
            let message =
                format!("the path `{}` has no `{{{name}}}`, the parameter is taken as absent", self.path);
            return Fate::Goes(
                Repair::StrayParameter,
                message,
                "put it into the path, or remove the parameter",
            );
        }
        Fate::Stays
    }

    /// The `$ref` of a parameter that names no component of the document.
    fn dangling<'p>(&self, parameter: &'p Value) -> Option<&'p str> {
        let reference = parameter.get("$ref").and_then(Value::as_str)?;
        (reference.starts_with('#') && !self.shared.contains_key(reference)).then_some(reference)
    }

    fn key(&self, parameter: &Value) -> Option<Key> {
        match parameter.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.shared.get(reference).cloned(),
            None => own_key(parameter),
        }
    }
}

/// What becomes of a declared parameter.
enum Fate {
    Stays,
    Named(String),
    Goes(Repair, String, &'static str),
}

/// The names in braces of a path.
fn template(path: &str) -> Vec<&str> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'))
        .map(|(name, _)| name)
        .filter(|n| !n.is_empty())
        .collect()
}
