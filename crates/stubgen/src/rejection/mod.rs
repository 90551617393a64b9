//! What the runtime answers by itself, in the document's own forms: which schema is that of errors, and where in it the parts of an error go.
//!
//! The form is data, not code: a template with places. So nobody has to write it, and no schema is too odd to be answered in.

mod detect;
mod mapping;
mod template;
mod view;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::diagnostic::{Diagnostics, Kind};
use crate::ir::errors::{ErrorForm, ErrorForms, ErrorPart, ErrorPlace, ErrorValue};
use crate::ir::types::{TypeId, TypeRef};
use crate::ir::{Operation, Payload, Response, TypeUse};
use crate::load::At;
use mapping::{KEY, SCHEMA};
use view::{Schemas, View};

/// The errors of a document.
pub(crate) struct Errors {
    /// The type of errors in general.
    pub(crate) ty: Option<TypeUse>,
    pub(crate) forms: ErrorForms,
}

/// Finds the schema of errors, and the form of the errors of each operation.
pub(crate) fn lower(
    root: &At<'_>,
    operations: &[Operation],
    components: &BTreeMap<String, TypeId>,
    diagnostics: &mut Diagnostics,
) -> Errors {
    let schemas = Schemas(root.value);
    let marks = marks(root);
    let top = root.get(KEY);
    let ty = general(top.as_ref(), &marks, operations, components, diagnostics);
    let mut maker = Maker { schemas, known: Vec::new(), general: ty.as_ref().map(|ty| ty.schema.clone()) };
    for (name, mark) in &marks {
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        maker.learn(mark, &reference, diagnostics);
    }
    if let (Some(top), Some(ty)) = (&top, &ty) {
        maker.learn(top, &ty.schema, diagnostics);
    }
    let document = maker.document(ty.as_ref(), operations);
    let mut others = Vec::new();
    let operations = operations.iter().map(|operation| {
        let each = operation.errors().map(|response| {
            let form = maker.response(response).filter(|form| *form != document);
            let index = form.map(|form| {
                others.iter().position(|known| *known == form).unwrap_or_else(|| {
                    others.push(form);
                    others.len() - 1
                })
            });
            (response.status.number(), index)
        });
        let each: Vec<_> = each.collect();
        if each.iter().any(|(_, form)| form.is_some()) { each } else { Vec::new() }
    });
    let operations = operations.collect();
    Errors { ty, forms: ErrorForms { document, others, operations } }
}

/// The component schemas that say of themselves that they are errors.
fn marks<'a>(root: &At<'a>) -> Vec<(&'a str, At<'a>)> {
    let schemas = root.get("components").and_then(|components| components.get("schemas"));
    let entries = schemas.iter().flat_map(At::entries);
    entries.filter_map(|(name, schema)| Some((name, schema.get(KEY)?))).collect()
}

/// The type of errors in general: the one that the document names, or one that is marked, or the one that most errors have.
fn general(
    top: Option<&At<'_>>,
    marks: &[(&str, At<'_>)],
    operations: &[Operation],
    components: &BTreeMap<String, TypeId>,
    diagnostics: &mut Diagnostics,
) -> Option<TypeUse> {
    let component = |name: &str| {
        let id = components.get(name)?;
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        Some(TypeUse { schema, ty: TypeRef::Named(*id), ident: crate::names::pascal(name) })
    };
    if let Some(at) = top.and_then(|top| top.get(SCHEMA)) {
        let named = at.text().unwrap_or_default();
        let found = component(named.strip_prefix("#/components/schemas/").unwrap_or(named));
        if found.is_none() {
            let message = format!("`{KEY}` names the schema `{named}`, which is not there");
            let help = "name a component, such as `#/components/schemas/Error`";
            at.report(diagnostics, Kind::DanglingReference, &message, help);
        }
        return found;
    }
    let is_marked = |ty: &TypeUse| {
        marks.is_empty() || ty.component().is_some_and(|name| marks.iter().any(|(mark, _)| *mark == name))
    };
    most_used(operations, is_marked).or_else(|| marks.iter().find_map(|(name, _)| component(name)))
}

/// The JSON body that most error responses have; of equally many the first.
fn most_used(operations: &[Operation], is_eligible: impl Fn(&TypeUse) -> bool) -> Option<TypeUse> {
    let mut counts: Vec<(&TypeUse, usize)> = Vec::new();
    for response in operations.iter().flat_map(Operation::errors) {
        let Some((_, Payload::Json(ty))) = &response.content else { continue };
        match counts.iter_mut().find(|(known, _)| known.schema == ty.schema) {
            Some((_, count)) => *count += 1,
            None if is_eligible(ty) => counts.push((ty, 1)),
            None => {}
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(ty, _)| ty.clone())
}

/// Makes forms, each schema's only once.
struct Maker<'a> {
    schemas: Schemas<'a>,
    known: Vec<(Value, Value, Vec<ErrorPlace>)>,
    /// The schema of errors in general.
    general: Option<Value>,
}

impl Maker<'_> {
    /// Takes what the document says of a schema.
    fn learn(&mut self, extension: &At<'_>, schema: &Value, diagnostics: &mut Diagnostics) {
        let Some(places) = mapping::mapping(extension, self.schemas, schema, diagnostics) else { return };
        let made = template::template(self.schemas, schema, &places);
        for pointer in made.made_up {
            let message =
                format!("`{KEY}` leaves `{}` without a value, and the schema requires one", pointer.as_str());
            let help = "let it take a part of the error, give it a `default`, or take it out of `required`";
            extension.report(diagnostics, Kind::MissingField, &message, help);
        }
        self.known.retain(|(known, ..)| known != schema);
        self.known.push((schema.clone(), made.value, places));
    }

    fn document(&mut self, ty: Option<&TypeUse>, operations: &[Operation]) -> ErrorForm {
        let Some(ty) = ty else {
            let (template, places) = with_message(&View::Anything, Value::Null, Vec::new());
            return ErrorForm { media_type: JSON.to_owned(), template, places, is_typed: true };
        };
        let media_type = operations.iter().flat_map(Operation::errors).find_map(|response| {
            let (media_type, payload) = response.content.as_ref()?;
            matches!(payload, Payload::Json(known) if known.schema == ty.schema).then(|| media_type.clone())
        });
        self.json(media_type.as_deref().unwrap_or(JSON), &ty.schema)
    }

    /// The form of the errors of a response; none where it has no form that an error could be put into.
    fn response(&mut self, response: &Response) -> Option<ErrorForm> {
        match response.content.as_ref()? {
            (media_type, Payload::Json(ty)) => Some(self.json(media_type, &ty.schema)),
            // Other text, such as HTML, would have to be escaped in ways of its own.
            (media_type, Payload::Text) if media_type == "text/plain" => {
                let (media_type, places) = (media_type.clone(), vec![message("")]);
                Some(ErrorForm { media_type, template: Value::Null, places, is_typed: false })
            }
            _ => None,
        }
    }

    fn json(&mut self, media_type: &str, schema: &Value) -> ErrorForm {
        if !self.known.iter().any(|(known, ..)| known == schema) {
            let places = detect::detect(self.schemas, schema);
            let made = template::template(self.schemas, schema, &places).value;
            let (made, places) = with_message(&self.schemas.view(schema), made, places);
            self.known.push((schema.clone(), made, places));
        }
        let found = self.known.iter().find(|(known, ..)| known == schema);
        let (template, places) =
            found.map(|(_, template, places)| (template.clone(), places.clone())).unwrap_or_default();
        let is_typed = self.general.as_ref() == Some(schema);
        // A media type may be a range, which no answer can have.
        let media_type = if media_type.contains('*') { JSON } else { media_type };
        ErrorForm { media_type: media_type.to_owned(), template, places, is_typed }
    }
}

/// An error that nothing else says anything in says its message in a property of its own, where the schema allows that.
fn with_message(view: &View<'_>, template: Value, mut places: Vec<ErrorPlace>) -> (Value, Vec<ErrorPlace>) {
    let is_free = match view {
        View::Anything => true,
        View::Object(object) => object.is_open && object.property("message").is_none(),
        _ => false,
    };
    if !is_free || places.iter().any(|place| place.part == ErrorPart::Message) {
        return (template, places);
    }
    let mut members = match template {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.insert("message".to_owned(), Value::Null);
    places.push(message("/message"));
    (Value::Object(members), places)
}

fn message(pointer: &str) -> ErrorPlace {
    let value = ErrorValue::Text(usize::MAX);
    ErrorPlace { pointer: pointer.to_owned(), part: ErrorPart::Message, value }
}

const JSON: &str = "application/json";

#[cfg(test)]
mod tests;
