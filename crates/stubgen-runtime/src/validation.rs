//! Constraints: what comes in is held against the document's own schemas, so that what a Rust type cannot say is enforced all the same.
//!
//! The generator gives the schemas as JSON Schema 2020-12, since that is what validators understand: `components` by name, and for each
//! operation its parameters and its body, `null` where any value of the type will do. A validator is built when it is first needed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::OnceLock;

use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value, json};

use crate::definition::{Definition, Operation};

/// Where a component is referred to.
const COMPONENTS: &str = "#/$defs/";

/// The only member of what stands in the place of a body's schema when each media type has its own.
const BY_MEDIA_TYPE: &str = "byMediaType";

/// The schemas of an API, and the validators built from them so far.
pub(crate) struct Validation {
    schemas: Value,
    operations: Vec<Validators>,
}

#[derive(Default)]
struct Validators {
    parameters: Vec<OnceLock<Option<Validator>>>,
    /// One for each media type.
    bodies: Vec<OnceLock<Option<Validator>>>,
    media_types: &'static [&'static str],
}

/// The first constraint that a value does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Where in the value, as a JSON pointer.
    pub(crate) pointer: String,
    /// What is wrong there, without the value itself: it may be confidential.
    pub(crate) reason: String,
}

impl Validation {
    pub(crate) fn new(definition: &Definition) -> Self {
        // The generator writes valid JSON only; anything else constrains nothing, and a test of the generated crate would say so.
        let schemas = serde_json::from_str(definition.validation).unwrap_or(Value::Null);
        let unbuilt = |count| std::iter::repeat_with(OnceLock::new).take(count).collect();
        let validators = |operation: &Operation| {
            let media_types = operation.body.map_or(&[][..], |body| body.media_types);
            Validators {
                parameters: unbuilt(operation.parameters.len()),
                bodies: unbuilt(media_types.len()),
                media_types,
            }
        };
        let operations = definition.operations.iter().map(validators).collect();
        Self { schemas, operations }
    }

    /// Checks the value of a parameter.
    pub(crate) fn parameter(
        &self,
        operation: usize,
        parameter: usize,
        value: &Value,
    ) -> Result<(), Violation> {
        let place = &self.operations[operation].parameters[parameter];
        check(
            place
                .get_or_init(|| self.build(&format!("/operations/{operation}/parameters/{parameter}")))
                .as_ref(),
            value,
        )
    }

    /// Checks the value of a body of the operation's media type at that position.
    pub(crate) fn body(&self, operation: usize, media_type: usize, value: &Value) -> Result<(), Violation> {
        let validators = &self.operations[operation];
        let Some(place) = validators.bodies.get(media_type) else { return Ok(()) };
        let build = || {
            let pointer = format!("/operations/{operation}/body");
            match self.schemas.pointer(&pointer).and_then(Value::as_object) {
                Some(body) if body.len() == 1 && body.contains_key(BY_MEDIA_TYPE) => {
                    let name = validators.media_types[media_type].replace('~', "~0").replace('/', "~1");
                    self.build(&format!("{pointer}/{BY_MEDIA_TYPE}/{name}"))
                }
                _ => self.build(&pointer),
            }
        };
        check(place.get_or_init(build).as_ref(), value)
    }

    /// A validator for the schema at that place; none when it constrains nothing.
    fn build(&self, pointer: &str) -> Option<Validator> {
        let schema = self.schemas.pointer(pointer).filter(|schema| !schema.is_null())?;
        let mut components = Map::new();
        for name in reached(&self.schemas, schema) {
            if let Some(component) = self.schemas["components"].get(&name) {
                components.insert(name, component.clone());
            }
        }
        let whole = json!({ "allOf": [schema], "$defs": components });
        let options =
            jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
        match options.build(&whole) {
            Ok(validator) => Some(validator),
            Err(error) => {
                tracing::error!(%error, pointer, "a schema of the document cannot be enforced");
                None
            }
        }
    }
}

fn check(validator: Option<&Validator>, value: &Value) -> Result<(), Violation> {
    let Some(validator) = validator else { return Ok(()) };
    if validator.is_valid(value) {
        return Ok(());
    }
    let Some(error) = validator.iter_errors(value).next() else { return Ok(()) };
    Err(Violation { pointer: error.instance_path().to_string(), reason: reason(&error) })
}

fn reason(error: &jsonschema::ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::MaxLength { limit } => format!("longer than {limit} characters"),
        ValidationErrorKind::MinLength { limit } => format!("shorter than {limit} characters"),
        ValidationErrorKind::Pattern { pattern } => format!("does not match the pattern {pattern}"),
        ValidationErrorKind::Required { property } => format!("the property {property} is missing"),
        ValidationErrorKind::Enum { options } => {
            let mut text = "must be one of".to_owned();
            for (place, option) in options.as_array().into_iter().flatten().enumerate() {
                // Writing to a string cannot fail.
                let _ = write!(text, "{} {option}", if place == 0 { "" } else { "," });
            }
            text
        }
        _ => error.masked_with("it").to_string(),
    }
}

/// The names of the components to which a schema leads, directly or through others.
fn reached(schemas: &Value, start: &Value) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut pending = vec![start];
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items),
            Value::Object(members) => {
                let target = members.get("$ref").and_then(Value::as_str);
                if let Some(name) = target.and_then(|target| target.strip_prefix(COMPONENTS)) {
                    let name = name.replace("~1", "/").replace("~0", "~");
                    if let Some(component) = schemas["components"].get(&name)
                        && reached.insert(name)
                    {
                        pending.push(component);
                    }
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
    use super::*;
    use crate::definition::{Location, Method, Parameter, RequestBody, Security, Shape, Style};

    static DEFINITION: Definition = Definition {
        title: "T",
        version: "1",
        base_path: "",
        schemes: &[],
        alternatives: &[],
        operations: &[Operation {
            id: "a",
            method: Method::Put,
            path: "/a",
            parameters: &[
                Parameter {
                    name: "id",
                    location: Location::Query,
                    required: true,
                    shape: Shape::String,
                    style: Style::Form,
                    explode: true,
                    default: None,
                },
                Parameter {
                    name: "free",
                    location: Location::Query,
                    required: true,
                    shape: Shape::String,
                    style: Style::Form,
                    explode: true,
                    default: None,
                },
            ],
            body: Some(RequestBody {
                media_types: &["application/json"],
                required: true,
                max_bytes: None,
                form: Shape::Any,
            }),
            produces: &[],
            statuses: &[204],
            security: Security { alternatives: &[], optional: false },
        }],
        validation: r##"{
            "components": {
                "Node": {"type": "object", "required": ["name"], "properties": {
                    "name": {"type": "string", "pattern": "^[^\\u0000-\\u001F]+$"},
                    "inner": {"$ref": "#/$defs/Node"}, "ages": {"type": "array", "uniqueItems": true}}},
                "Unused": {"type": 7}
            },
            "operations": [{"parameters": [{"type": "string", "maxLength": 3}, null], "body": {"$ref": "#/$defs/Node"}}]
        }"##,
        json: "{}",
        yaml: "{}",
    };

    #[test]
    fn a_violation_has_its_pointer_and_a_reason_without_the_value() {
        let validation = Validation::new(&DEFINITION);
        let rows = [
            (json!({"name": "a", "inner": {"name": "b"}}), None),
            (
                json!({"name": "a", "inner": {"inner": {}}}),
                Some(("/inner", "the property \"name\" is missing")),
            ),
            (json!({"name": "\n"}), Some(("/name", "does not match the pattern ^[^\\u0000-\\u001F]+$"))),
            (json!({"name": 5}), Some(("/name", "it is not of type \"string\""))),
            (json!({"name": "a", "ages": [1, 1]}), Some(("/ages", "it has non-unique elements"))),
        ];
        for (value, expected) in rows {
            let found = validation.body(0, 0, &value).err();
            let found =
                found.as_ref().map(|violation| (violation.pointer.as_str(), violation.reason.as_str()));
            assert_eq!(found, expected, "{value}");
        }
    }

    #[test]
    fn a_parameter_without_a_schema_takes_anything() {
        let validation = Validation::new(&DEFINITION);
        assert_eq!(validation.parameter(0, 1, &json!("any text at all")), Ok(()));
        let refused = validation.parameter(0, 0, &json!("abcd")).expect_err("too long");
        assert_eq!(refused.reason, "longer than 3 characters");
    }
}
