//! `x-stubgen-error`: where a document itself says which property takes which part of an error.

use serde_json::Value;

use super::view::{Schemas, View};
use crate::diagnostic::{Diagnostics, Kind};
use crate::ir::errors::{ErrorPart, ErrorPlace, ErrorValue};
use crate::load::At;
use crate::pointer::Pointer;

/// The extension.
pub(super) const KEY: &str = "x-stubgen-error";

/// The parts that it knows, as the document writes them. A `code` is the status where it is a number, and the id where it is text.
const PARTS: [(&str, ErrorPart); 6] = [
    ("id", ErrorPart::Id),
    ("message", ErrorPart::Message),
    ("details", ErrorPart::Details),
    ("status", ErrorPart::Status),
    ("title", ErrorPart::Title),
    ("code", ErrorPart::Id),
];

/// The member that names the schema, where the extension stands at the top of the document.
pub(super) const SCHEMA: &str = "schema";

/// The places that the extension gives; `None` when it gives none, so that they are to be found by their names.
pub(super) fn mapping(
    extension: &At<'_>,
    schemas: Schemas<'_>,
    schema: &Value,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<ErrorPlace>> {
    if *extension.value == Value::Bool(true) {
        return None;
    }
    if extension.object().is_none() {
        let message = format!("`{KEY}` is `true`, or says which property takes which part of an error");
        let help = format!("write `{KEY}: {{message: /error/description}}`");
        extension.report(diagnostics, Kind::WrongType, &message, &help);
        return None;
    }
    let mut places = Vec::new();
    let mut is_empty = true;
    for (key, at) in extension.entries().filter(|(key, _)| *key != SCHEMA) {
        is_empty = false;
        let Some((_, part)) = PARTS.iter().find(|(name, _)| *name == key) else {
            let names: Vec<_> = PARTS.iter().map(|(name, _)| format!("`{name}`")).collect();
            let message = format!("`{key}` is no part of an error");
            let help = format!("the parts are {}", names.join(", "));
            at.report(diagnostics, Kind::InvalidValue, &message, &help);
            continue;
        };
        places.extend(place(key, *part, &at, schemas, schema, diagnostics));
    }
    (!is_empty).then_some(places)
}

fn place(
    key: &str,
    part: ErrorPart,
    at: &At<'_>,
    schemas: Schemas<'_>,
    schema: &Value,
    diagnostics: &mut Diagnostics,
) -> Option<ErrorPlace> {
    let Some(text) = at.text() else {
        let message = format!("`{key}` names a property");
        let help = "write a name, a path as `error.id`, or a JSON pointer as `/error/id`";
        at.report(diagnostics, Kind::WrongType, &message, help);
        return None;
    };
    let (pointer, view) = match follow(text, schemas, schema) {
        Ok(found) => found,
        Err((parent, names)) => {
            let message = format!("`{KEY}` names `{text}`, which the schema of the error does not have");
            let parent = if parent.as_str().is_empty() {
                "the schema".to_owned()
            } else {
                format!("`{}`", parent.as_str())
            };
            let help = match names.as_slice() {
                [] => format!("{parent} describes no properties: describe this one, or name another"),
                names => format!("{parent} has {}", names.join(", ")),
            };
            at.report(diagnostics, Kind::InvalidValue, &message, &help);
            return None;
        }
    };
    let Some((part, value)) = value(key, part, &view) else {
        let message = format!("`{key}` of an error cannot go to `{text}`, whose schema is {}", word(&view));
        at.report(diagnostics, Kind::WrongType, &message, wanted(key));
        return None;
    };
    Some(ErrorPlace { pointer: pointer.as_str().to_owned(), part, value })
}

/// The place that a path leads to; otherwise how far it leads, and the names that are there.
fn follow<'a>(
    path: &str,
    schemas: Schemas<'a>,
    schema: &'a Value,
) -> Result<(Pointer, View<'a>), (Pointer, Vec<String>)> {
    let parts: Vec<String> = if path.is_empty() || path.starts_with('/') {
        Pointer::from_text(path).parts().collect()
    } else {
        path.split('.').map(str::to_owned).collect()
    };
    let (mut here, mut view) = (Pointer::root(), schemas.view(schema));
    // A property may have a dot in its name.
    if let View::Object(object) = &view
        && let Some(property) = object.property(path)
    {
        return Ok((here.key(path), schemas.view(property.schema)));
    }
    for part in parts {
        let next = match &view {
            View::Object(object) => object.property(&part).map(|property| property.schema),
            View::List { items, .. } if part == "0" => Some(*items),
            _ => None,
        };
        let Some(next) = next else {
            let names = match &view {
                View::Object(object) => {
                    object.properties.iter().map(|known| format!("`{}`", known.name)).collect()
                }
                View::List { .. } => vec!["`0`, its first element".to_owned()],
                _ => Vec::new(),
            };
            return Err((here, names));
        };
        here = here.key(&part);
        view = schemas.view(next);
    }
    Ok((here, view))
}

/// As what a part is written to such a property.
fn value(key: &str, part: ErrorPart, view: &View<'_>) -> Option<(ErrorPart, ErrorValue)> {
    let text = match view {
        View::Text { longest, is_free: true } => Some(ErrorValue::Text(*longest)),
        View::Anything if !matches!(part, ErrorPart::Details | ErrorPart::Status) => {
            Some(ErrorValue::Text(usize::MAX))
        }
        View::Choice(choices) if matches!(part, ErrorPart::Id | ErrorPart::Status | ErrorPart::Title) => {
            Some(ErrorValue::Choice(choices.iter().map(|choice| (*choice).to_owned()).collect()))
        }
        _ => None,
    };
    match (part, view) {
        (ErrorPart::Status, View::Number | View::Anything) => Some((part, ErrorValue::Number)),
        (ErrorPart::Id, View::Number) if key == "code" => Some((ErrorPart::Status, ErrorValue::Number)),
        (ErrorPart::Details, View::Anything) => Some((part, ErrorValue::Object)),
        (ErrorPart::Details, View::Object(object))
            if object.is_open && object.properties.iter().all(|property| !property.required) =>
        {
            Some((part, ErrorValue::Object))
        }
        _ => text.map(|value| (part, value)),
    }
}

fn wanted(key: &str) -> &'static str {
    match key {
        "status" => "name a number, or a text without `pattern` and `format`",
        "code" => "name a number, a text without `pattern` and `format`, or an enum of texts",
        "details" => "name a text, or an object that may have any properties",
        "message" => {
            "name a text without `pattern` and `format`; in a list, its first element as `/errors/0`"
        }
        _ => "name a text without `pattern` and `format`, or an enum of texts",
    }
}

fn word(view: &View<'_>) -> &'static str {
    match view {
        View::Object(_) => "an object",
        View::List { .. } => "a list",
        View::Text { is_free: true, .. } => "text",
        View::Text { .. } => "text of a certain form",
        View::Choice(_) => "one of several texts",
        View::Number => "a number",
        View::Boolean => "true or false",
        View::Anything => "anything",
        View::Other => "something that no part of an error is",
    }
}
