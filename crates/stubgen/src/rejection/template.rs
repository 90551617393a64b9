//! The value of an error with places for its parts, and with something the schema allows wherever else it asks for something.

use serde_json::{Map, Value, json};

use super::view::{DEEPEST, Property, Schemas, View};
use crate::ir::errors::ErrorPlace;
use crate::pointer::Pointer;

/// A template, and where a value had to be made up: nothing says which one is right there.
pub(super) struct Template {
    pub(super) value: Value,
    pub(super) made_up: Vec<Pointer>,
}

/// The template of a schema for these places.
pub(super) fn template<'a>(schemas: Schemas<'a>, schema: &'a Value, places: &[ErrorPlace]) -> Template {
    let mut builder = Builder { schemas, places, made_up: Vec::new() };
    let value = builder.value(schema, &Pointer::root(), 0);
    Template { value, made_up: builder.made_up }
}

struct Builder<'a, 'p> {
    schemas: Schemas<'a>,
    places: &'p [ErrorPlace],
    made_up: Vec<Pointer>,
}

impl<'a> Builder<'a, '_> {
    fn value(&mut self, schema: &'a Value, at: &Pointer, depth: usize) -> Value {
        let is_place = |place: &ErrorPlace| place.pointer == at.as_str();
        let view = self.schemas.view(schema);
        if self.places.iter().any(is_place) {
            // What stays where none of the choices means the same.
            return match view {
                View::Choice(choices) => json!(unspecific(&choices)),
                _ => Value::Null,
            };
        }
        let goes_on = self.leads_on(at);
        if depth > DEEPEST {
            self.made_up.push(at.clone());
            return Value::Null;
        }
        if !goes_on && let Some(value) = given(self.schemas.resolve(schema)) {
            return value;
        }
        match view {
            View::Object(object) => {
                let members = object.properties.iter().filter_map(|property| {
                    let value = self.property(property, &at.key(property.name), depth)?;
                    Some((property.name.to_owned(), value))
                });
                Value::Object(members.collect::<Map<_, _>>())
            }
            View::List { items, least } => {
                let count = least.max(usize::from(goes_on));
                (0..count).map(|index| self.value(items, &at.index(index), depth + 1)).collect()
            }
            View::Choice(choices) => json!(unspecific(&choices)),
            View::Boolean => json!(false),
            View::Text { .. } => {
                let text = text(self.schemas.resolve(schema));
                // What the type of a problem is that has no address of its own (RFC 9457, section 4.2.1).
                if text != "about:blank" {
                    self.made_up.push(at.clone());
                }
                text
            }
            View::Number => {
                self.made_up.push(at.clone());
                number(self.schemas.resolve(schema))
            }
            View::Anything | View::Other => {
                self.made_up.push(at.clone());
                Value::Null
            }
        }
    }

    /// The value of a property: of those that are required, and of those on the way to a place.
    fn property(&mut self, property: &Property<'a>, at: &Pointer, depth: usize) -> Option<Value> {
        let is_place = self.places.iter().any(|place| place.pointer == at.as_str());
        if let Some(tag) = &property.tag {
            return Some(json!(tag));
        }
        (property.required || is_place || self.leads_on(at))
            .then(|| self.value(property.schema, at, depth + 1))
    }

    fn leads_on(&self, at: &Pointer) -> bool {
        let inside = |place: &ErrorPlace| {
            place.pointer.strip_prefix(at.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        self.places.iter().any(inside)
    }
}

/// The value that the schema itself gives.
fn given(schema: &Value) -> Option<Value> {
    if let Some(value) = schema.get("const").or_else(|| schema.get("default")) {
        return Some(value.clone());
    }
    let choices = schema.get("enum").and_then(Value::as_array);
    if let Some([only]) = choices.map(Vec::as_slice) {
        return Some(only.clone());
    }
    if schema.get("nullable") == Some(&Value::Bool(true)) {
        return Some(Value::Null);
    }
    // Numbers and the like, of which one is as good as another.
    choices.filter(|choices| !choices.iter().any(Value::is_string))?.first().cloned()
}

/// Of several words the one that says least.
fn unspecific<'c>(choices: &[&'c str]) -> &'c str {
    const VAGUE: [&str; 8] =
        ["unknown", "unspecified", "other", "error", "internal", "general", "generic", "none"];
    let vague = VAGUE
        .iter()
        .find_map(|word| choices.iter().find(|choice| choice.to_ascii_lowercase().contains(word)));
    vague.or(choices.first()).copied().unwrap_or_default()
}

fn text(schema: &Value) -> Value {
    let known = match schema.get("format").and_then(Value::as_str).unwrap_or_default() {
        "date-time" => "1970-01-01T00:00:00Z",
        "date" => "1970-01-01",
        "time" => "00:00:00Z",
        "uuid" => "00000000-0000-0000-0000-000000000000",
        "email" => "nobody@example.org",
        "uri" | "url" | "uri-reference" | "iri" => "about:blank",
        "hostname" => "localhost",
        "ipv4" | "ip" => "0.0.0.0",
        "ipv6" => "::",
        _ => "",
    };
    let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0).min(256);
    let least = usize::try_from(least).unwrap_or(0);
    json!(if known.is_empty() { "-".repeat(least) } else { known.to_owned() })
}

fn number(schema: &Value) -> Value {
    let bound = |key: &str| schema.get(key).filter(|bound| bound.is_number());
    match (bound("minimum"), bound("maximum")) {
        (Some(least), _) if least.as_f64().is_some_and(|least| least > 0.0) => {
            let step = i64::from(schema.get("exclusiveMinimum") == Some(&Value::Bool(true)));
            least.as_i64().map_or_else(|| least.clone(), |least| json!(least + step))
        }
        (_, Some(most)) if most.as_f64().is_some_and(|most| most < 0.0) => most.clone(),
        _ => json!(0),
    }
}
