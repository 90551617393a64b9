//! How a document writes its errors, and writing in that form what the runtime answers by itself.
//!
//! The form is data that the generator made from the schema: a JSON value in which the parts of an error have their places. So an answer
//! of the runtime keeps the document's schema without anybody having written code for it.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::rejection::Rejection;
use crate::response::{Response, json_as, raw};

/// The forms of the errors of an API.
#[derive(Clone, Copy, Debug)]
pub struct ErrorForms {
    /// The form of errors in general: of most of the document's, and of whatever has no operation or no form of its own.
    pub document: ErrorForm,
    /// Further forms, for errors of single operations.
    pub others: &'static [ErrorForm],
    /// For each operation that has one of the further forms, by the statuses as in [`Operation::statuses`](crate::Operation::statuses),
    /// the index of the form; without one it is the document's.
    pub operations: &'static [&'static [(u16, Option<usize>)]],
}

/// How an error is written.
#[derive(Clone, Copy, Debug)]
pub struct ErrorForm {
    /// The media type of the body; of `text/plain` the body is the text itself.
    pub media_type: &'static str,
    /// JSON, with everything that is the same in all errors.
    pub template: &'static str,
    /// What else goes where.
    pub places: &'static [ErrorPlace],
    /// Whether this is the type that the API's own `rejection` may make.
    pub is_typed: bool,
}

/// Where in a form a part of the error goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorPlace {
    /// JSON pointer into the template, where there is a value already.
    pub pointer: &'static str,
    /// What goes there.
    pub part: ErrorPart,
    /// As what.
    pub value: ErrorValue,
}

/// What an error says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorPart {
    /// A word for programs: [`Rejection::id`].
    Id,
    /// A sentence for people.
    Message,
    /// What the error is about: [`Rejection::details`].
    Details,
    /// The status.
    Status,
    /// The name of the status, such as `Not Found`.
    Title,
}

/// What a part of an error is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorValue {
    /// A text of at most that many characters.
    Text(usize),
    /// The text of the list that means the same; if none does, what the template has.
    Choice(&'static [&'static str]),
    /// A number: of use for the status.
    Number,
    /// An object: of use for the details.
    Object,
}

impl ErrorForms {
    /// The form for errors of a status, of an operation if one is known.
    pub fn form(&self, operation: Option<usize>, status: u16) -> &ErrorForm {
        let declared = operation.and_then(|operation| self.operations.get(operation)).copied();
        let of = |key: u16| declared?.iter().find(|(known, _)| *known == key);
        let found = of(status).or_else(|| of(status / 100)).or_else(|| of(0));
        let other = found.and_then(|(_, form)| self.others.get((*form)?));
        other.unwrap_or(&self.document)
    }

    /// The answer for a rejection, of an operation if one is known.
    pub fn response(&self, operation: Option<usize>, rejection: &Rejection) -> Response {
        self.form(operation, rejection.status()).response(rejection)
    }
}

impl ErrorForm {
    /// The answer for a rejection in this form.
    pub fn response(&self, rejection: &Rejection) -> Response {
        match self.value(rejection) {
            Value::String(text) if self.media_type == "text/plain" => {
                raw(rejection.status(), self.media_type, text)
            }
            value => json_as(rejection.status(), self.media_type, &value),
        }
    }

    /// The body for a rejection in this form.
    pub fn value(&self, rejection: &Rejection) -> Value {
        // The generator writes valid JSON only; should that ever fail, the message still gets through.
        let template = serde_json::from_str(self.template);
        let mut value = template.unwrap_or_else(|_| json!({ "message": rejection.to_string() }));
        for place in self.places {
            if let Some(target) = value.pointer_mut(place.pointer)
                && let Some(part) = place.value.of(place.part, rejection)
            {
                *target = part;
            }
        }
        value
    }
}

impl ErrorValue {
    /// A part of an error as such a value; nothing where the template should stay as it is.
    fn of(self, part: ErrorPart, rejection: &Rejection) -> Option<Value> {
        match (self, part) {
            (Self::Number, _) => Some(json!(rejection.status())),
            (Self::Object, _) => Some(Value::Object(rejection.details())),
            (Self::Text(most), _) => Some(Value::String(text(part, rejection).chars().take(most).collect())),
            (Self::Choice(among), _) => {
                let words = [rejection.id().to_owned(), title(rejection), rejection.status().to_string()];
                let meant = |choice: &&str| words.iter().any(|word| letters(word).eq(letters(choice)));
                among.iter().copied().find(meant).map(Value::from)
            }
        }
    }
}

fn text(part: ErrorPart, rejection: &Rejection) -> String {
    match part {
        ErrorPart::Id => rejection.id().to_owned(),
        ErrorPart::Message => rejection.to_string(),
        ErrorPart::Status => rejection.status().to_string(),
        ErrorPart::Title => title(rejection),
        ErrorPart::Details => {
            let say = |(key, value): (&String, &Value)| match value {
                Value::String(text) => format!("{key}: {text}"),
                value => format!("{key}: {value}"),
            };
            rejection.details().iter().map(say).collect::<Vec<_>>().join(", ")
        }
    }
}

fn title(rejection: &Rejection) -> String {
    let status = StatusCode::from_u16(rejection.status()).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or("Error").to_owned()
}

/// What is the same in `NOT_FOUND`, `notFound` and `Not Found`.
fn letters(word: &str) -> impl Iterator<Item = char> {
    word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase())
}

impl Rejection {
    /// A word for what happened, for programs to decide by. It does not change.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::MalformedPath { .. } => "malformed_path",
            Self::InvalidParameter { .. } => "invalid_parameter",
            Self::MissingBody => "missing_body",
            Self::InvalidBody { .. } => "invalid_body",
            Self::UnsupportedMediaType { .. } => "unsupported_media_type",
            Self::PayloadTooLarge { .. } => "payload_too_large",
            Self::UriTooLong { .. } => "uri_too_long",
            Self::HeadersTooLarge { .. } => "headers_too_large",
            Self::AmbiguousHost => "ambiguous_host",
            Self::WrongProtocol { .. } => "wrong_protocol",
            Self::UnreadableClient { .. } => "unreadable_client",
            Self::NotAcceptable { .. } => "not_acceptable",
            Self::DuplicateCredential { .. } => "duplicate_credential",
            Self::Unauthenticated => "unauthorized",
            Self::BodyTimeout => "request_timeout",
            Self::Timeout => "timeout",
            Self::Overloaded => "service_unavailable",
            Self::NotImplemented { .. } => "not_implemented",
            Self::Internal { .. } => "internal_server_error",
        }
    }

    /// What it is about, by name: a parameter, the place in the body, what would be allowed. Never a value of the request.
    pub fn details(&self) -> Map<String, Value> {
        let details = match self {
            Self::MethodNotAllowed { allow } => json!({ "allow": allow }),
            Self::MalformedPath { parameter: Some(parameter), .. } => {
                json!({ "parameter": parameter, "in": "path" })
            }
            Self::InvalidParameter { name, location, .. } => {
                json!({ "parameter": name, "in": location.as_str() })
            }
            Self::InvalidBody { pointer, reason } => json!({ "pointer": pointer, "reason": reason }),
            Self::UnsupportedMediaType { supported, .. } => json!({ "supported": supported }),
            Self::NotAcceptable { produces } => json!({ "produces": produces }),
            Self::PayloadTooLarge { limit }
            | Self::UriTooLong { limit }
            | Self::HeadersTooLarge { limit } => json!({ "limit": limit }),
            Self::DuplicateCredential { header, .. } => json!({ "credential": header }),
            Self::NotImplemented { operation } => json!({ "operation": operation }),
            Self::Internal { reference } => json!({ "reference": reference }),
            _ => Value::Null,
        };
        match details {
            Value::Object(details) => details,
            _ => Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBLEM: ErrorForm = ErrorForm {
        media_type: "application/problem+json",
        template: r#"{"type": "about:blank", "title": null, "status": null, "errors": [{"detail": null, "more": null}], "kind": "other"}"#,
        places: &[
            ErrorPlace { pointer: "/title", part: ErrorPart::Title, value: ErrorValue::Text(99) },
            ErrorPlace { pointer: "/status", part: ErrorPart::Status, value: ErrorValue::Number },
            ErrorPlace { pointer: "/errors/0/detail", part: ErrorPart::Message, value: ErrorValue::Text(7) },
            ErrorPlace { pointer: "/errors/0/more", part: ErrorPart::Details, value: ErrorValue::Object },
            ErrorPlace {
                pointer: "/kind",
                part: ErrorPart::Id,
                value: ErrorValue::Choice(&["other", "NOT_FOUND", "UnsupportedMediaType"]),
            },
        ],
        is_typed: true,
    };
    const TEXT: ErrorForm = ErrorForm {
        media_type: "text/plain",
        template: "null",
        places: &[ErrorPlace { pointer: "", part: ErrorPart::Message, value: ErrorValue::Text(usize::MAX) }],
        is_typed: false,
    };

    #[test]
    fn each_part_has_its_place() {
        let rejection =
            Rejection::UnsupportedMediaType { received: "a/b".into(), supported: &["application/json"] };
        let expected = json!({"type": "about:blank", "title": "Unsupported Media Type", "status": 415,
            "errors": [{"detail": "media t", "more": {"supported": ["application/json"]}}], "kind": "UnsupportedMediaType"});
        assert_eq!(PROBLEM.value(&rejection), expected);
        assert_eq!(PROBLEM.value(&Rejection::NotFound)["kind"], "NOT_FOUND");
        assert_eq!(PROBLEM.value(&Rejection::Timeout)["kind"], "other");
        let response = TEXT.response(&Rejection::NotFound);
        assert_eq!(response.headers()["content-type"], "text/plain");
        assert_eq!(response.body().as_bytes(), Some(&b"no such resource"[..]));
    }

    #[test]
    fn the_status_decides_before_its_range_and_the_range_before_the_default() {
        let forms = ErrorForms {
            document: PROBLEM,
            others: &[TEXT],
            operations: &[&[(404, None), (4, Some(0))], &[(0, Some(0))], &[]],
        };
        let media_types =
            [(Some(0), 404), (Some(0), 400), (Some(0), 500), (Some(1), 500), (Some(2), 400), (None, 404)]
                .map(|(operation, status)| forms.form(operation, status).media_type);
        let (problem, text) = (PROBLEM.media_type, TEXT.media_type);
        assert_eq!(media_types, [problem, text, problem, text, problem, problem]);
    }
}
