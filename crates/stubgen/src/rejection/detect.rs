//! Where the parts of an error go in a schema that does not say it: found by the names that errors have in practice.
//!
//! RFC 9457 (`type`, `title`, `status`, `detail`), OAuth 2.0 (`error`, `error_description`), `{error: {..}}`, `{errors: [..]}`,
//! `{code, message}`, a bare text, and whatever mixes them.

use serde_json::Value;

use super::view::{Object, Property, Schemas, View};
use crate::ir::errors::{ErrorPart, ErrorPlace, ErrorValue};
use crate::pointer::Pointer;

/// Objects inside of objects are looked into this deep.
const DEEPEST: usize = 4;

/// What a message is called, the likelier first.
const MESSAGES: [&str; 14] = [
    "message",
    "detail",
    "description",
    "errordescription",
    "errormessage",
    "msg",
    "errormsg",
    "reason",
    "summary",
    "text",
    "userdescription",
    "title",
    "error",
    "cause",
];
/// What a word for programs is called.
const IDS: [&str; 14] = [
    "id",
    "errorcode",
    "errorid",
    "code",
    "error",
    "key",
    "type",
    "errortype",
    "name",
    "reason",
    "kind",
    "category",
    "status",
    "domain",
];
/// What a repetition of the status is called.
const STATUSES: [&str; 7] =
    ["status", "statuscode", "httpstatus", "httpstatuscode", "httpcode", "code", "errorcode"];
/// What more there is to say is called.
const DETAILS: [&str; 8] = ["details", "detail", "data", "context", "meta", "info", "extensions", "extra"];
/// What contains the error proper.
const CONTAINERS: [&str; 11] = [
    "error",
    "errors",
    "status",
    "fault",
    "problem",
    "meta",
    "response",
    "errordetails",
    "details",
    "err",
    "data",
];

/// The places of the parts.
pub(super) fn detect<'a>(schemas: Schemas<'a>, schema: &'a Value) -> Vec<ErrorPlace> {
    let mut finder = Finder { schemas, found: Vec::new() };
    finder.look(schema, &Pointer::root(), true, 0);
    finder.found
}

struct Finder<'a> {
    schemas: Schemas<'a>,
    found: Vec<ErrorPlace>,
}

impl<'a> Finder<'a> {
    fn look(&mut self, schema: &'a Value, at: &Pointer, required: bool, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match self.schemas.view(schema) {
            View::Object(object) => self.object(&object, at, depth),
            View::List { items, .. } => self.look(items, &at.index(0), required, depth + 1),
            View::Text { longest, is_free: true }
                if depth == 0 || required || !self.has(ErrorPart::Message) =>
            {
                self.put(at, ErrorPart::Message, ErrorValue::Text(longest));
            }
            _ => {}
        }
    }

    fn object(&mut self, object: &Object<'a>, at: &Pointer, depth: usize) {
        let views: Vec<_> =
            object.properties.iter().map(|property| (property, self.schemas.view(property.schema))).collect();
        let message = likeliest_message(&views);
        for (property, view) in &views {
            let place = at.key(property.name);
            let is_message = message == Some(property.name);
            if is_message && (property.required || !self.has(ErrorPart::Message)) {
                if let View::Text { longest, .. } = view {
                    self.put(&place, ErrorPart::Message, ErrorValue::Text(*longest));
                }
            } else if let Some((part, value)) = self.part(property, view, message) {
                self.put(&place, part, value);
            }
        }
        // What stands further in is looked at last, so that a part is where it is least deep.
        for (property, view) in &views {
            let place = at.key(property.name);
            let is_container = CONTAINERS.contains(&letters(property.name).as_str());
            let nested = matches!(view, View::Object(_) | View::List { .. });
            let wanted = property.required || (is_container && !self.has(ErrorPart::Message));
            if nested && wanted && self.found.iter().all(|known| known.pointer != place.as_str()) {
                let is_empty_list =
                    matches!(view, View::List { least: 0, .. }) && self.has(ErrorPart::Message);
                if !is_empty_list {
                    self.look(property.schema, &place, property.required, depth + 1);
                }
            }
        }
    }

    /// What else a property is.
    fn part(
        &self,
        property: &Property<'_>,
        view: &View<'_>,
        message: Option<&str>,
    ) -> Option<(ErrorPart, ErrorValue)> {
        let name = letters(property.name);
        let is = |names: &[&str]| names.contains(&name.as_str());
        let new = |part| property.required || !self.has(part);
        let found = match view {
            View::Number if is(&STATUSES) => (ErrorPart::Status, ErrorValue::Number),
            View::Text { longest, is_free: true } if name == "title" && message.is_some() => {
                (ErrorPart::Title, ErrorValue::Text(*longest))
            }
            View::Text { longest, is_free: true } if is(&STATUSES[..5]) => {
                (ErrorPart::Status, ErrorValue::Text(*longest))
            }
            // The type of a problem is an address, and `about:blank` unless it has one of its own (RFC 9457, section 4.2.1).
            View::Text { .. } if name == "type" && message == Some("detail") && !property.required => {
                return None;
            }
            View::Text { longest, is_free: true } if is(&IDS) => (ErrorPart::Id, ErrorValue::Text(*longest)),
            View::Choice(choices) if is(&IDS) || property.required => {
                let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
                (ErrorPart::Id, ErrorValue::Choice(choices))
            }
            View::Object(object) if is(&DETAILS) && object.is_open && object.properties.is_empty() => {
                (ErrorPart::Details, ErrorValue::Object)
            }
            View::Anything if is(&DETAILS) => (ErrorPart::Details, ErrorValue::Object),
            _ => return None,
        };
        new(found.0).then_some(found)
    }

    fn has(&self, part: ErrorPart) -> bool {
        self.found.iter().any(|place| place.part == part)
    }

    fn put(&mut self, at: &Pointer, part: ErrorPart, value: ErrorValue) {
        self.found.push(ErrorPlace { pointer: at.as_str().to_owned(), part, value });
    }
}

/// The property that is the message: the likeliest text.
fn likeliest_message<'a>(views: &[(&Property<'a>, View<'a>)]) -> Option<&'a str> {
    MESSAGES.iter().find_map(|known| {
        let named = views.iter().filter(|(property, _)| letters(property.name) == *known);
        let free = named.filter(|(_, view)| matches!(view, View::Text { is_free: true, .. }));
        free.map(|(property, _)| property.name).next()
    })
}

/// What is the same in `error_code`, `errorCode` and `Error-Code`.
fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
