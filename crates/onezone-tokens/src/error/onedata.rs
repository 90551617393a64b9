//! Answers in Onedata's wire form, with the ids, details and descriptions of release 21.02.
//!
//! Constructors exist for what a server of named tokens can need, and for the validation errors that its tools
//! share; the full catalogue has some 180 ids. The published API reference shows one of the validation errors
//! (`badValueString`); the others are worded as the 21.02 sources of `ctool` word them.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::AuthError;

/// An error as a client of Onedata sees it, with the HTTP status that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
#[error("{description}")]
pub struct OnedataError {
    /// The HTTP status of a response that carries the error.
    #[serde(skip)]
    pub status: u16,
    /// The kind of error; stable between releases.
    pub id: Cow<'static, str>,
    /// The particulars, an object whose shape depends on `id`; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
    /// A sentence for humans.
    pub description: String,
}

impl OnedataError {
    /// An error of any kind.
    pub fn new(
        status: u16,
        id: impl Into<Cow<'static, str>>,
        details: Option<Value>,
        description: impl Into<String>,
    ) -> Self {
        Self { status, id: id.into(), details, description: description.into() }
    }

    /// The same error under another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The object that is nested in other errors: without the `error` envelope.
    pub fn to_nested_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("id".to_owned(), self.id.as_ref().into());
        if let Some(details) = &self.details {
            object.insert("details".to_owned(), details.clone());
        }
        object.insert("description".to_owned(), self.description.as_str().into());
        Value::Object(object)
    }

    /// The body of a response: `{"error":{"id":…,"details":…,"description":…}}`.
    pub fn to_json(&self) -> Value {
        json!({ "error": self.to_nested_json() })
    }

    /// 401: the credentials were refused for this reason, or there were none.
    pub fn unauthorized(cause: Option<&AuthError>) -> Self {
        match cause {
            Some(cause) => Self::new(
                401,
                "unauthorized",
                Some(json!({ "authError": cause.to_json() })),
                "Provided authentication is not valid (see details).",
            ),
            None => Self::new(
                401,
                "unauthorized",
                None,
                "You must authenticate yourself to perform this operation.",
            ),
        }
    }

    /// 403: the caller lacks the right.
    pub fn forbidden() -> Self {
        Self::new(403, "forbidden", None, "You are not authorized to perform this operation.")
    }

    /// 403 with a reason; `hint` is a fragment without a full stop.
    pub fn forbidden_with_hint(hint: &str) -> Self {
        Self::new(
            403,
            "forbidden",
            Some(json!({ "hint": hint })),
            format!("You are not authorized to perform this operation: {hint}."),
        )
    }

    /// 404: there is no such resource.
    pub fn not_found() -> Self {
        Self::new(404, "notFound", None, "The resource could not be found.")
    }

    /// 503: a service that the operation needs is offline.
    pub fn service_unavailable() -> Self {
        Self::new(503, "serviceUnavailable", None, "Service required for this operation is offline.")
    }

    /// 500; `reference` is what the log line can be found by (Onezone uses ten lower-case hex digits).
    pub fn internal_server_error(reference: Option<&str>) -> Self {
        match reference {
            Some(reference) => Self::new(
                500,
                "internalServerError",
                Some(json!({ "reference": reference })),
                format!(
                    "The server has encountered an error while processing this request. If the problem \
                     persists, please contact the site's administrators, citing the following reference: {reference}."
                ),
            ),
            None => Self::from(&AuthError::InternalServerError).with_status(500),
        }
    }

    /// 400: the operation is not supported for this resource.
    pub fn not_supported() -> Self {
        Self::new(400, "notSupported", None, "This operation is not supported.")
    }

    /// 501: the operation is not implemented.
    pub fn not_implemented() -> Self {
        Self::new(501, "notImplemented", None, "This operation is not implemented.")
    }

    /// 503: the operation took too long.
    pub fn timeout() -> Self {
        Self::new(503, "timeout", None, "Operation timed out.")
    }

    /// 503: trying again may help.
    pub fn temporary_failure() -> Self {
        Self::new(503, "temporaryFailure", None, "Temporary failure - please try again later.")
    }

    /// 400: the body could not be read at all.
    pub fn malformed_data() -> Self {
        Self::new(400, "malformedData", None, "Provided data could not be understood by the server.")
    }

    /// 400: a required value is absent.
    pub fn missing_required_value(key: &str) -> Self {
        bad_request("missingRequiredValue", key, format!("Missing required value: {key}."))
    }

    /// 400: the value of `key` makes no sense here.
    pub fn bad_data(key: &str) -> Self {
        bad_request(
            "badData",
            key,
            format!(
                "Bad value: provided \"{key}\" has an invalid format or is incomprehensible in the context \
                 of this operation."
            ),
        )
    }

    /// 400: the value of `key` makes no sense; `hint`, a fragment without a full stop, says why.
    pub fn bad_data_with_hint(key: &str, hint: &str) -> Self {
        let details = json!({ "key": key, "hint": hint });
        Self::new(400, "badData", Some(details), format!("Bad value provided for \"{key}\": {hint}."))
    }

    /// 400: the value of `key` failed with an error of its own.
    pub fn bad_data_with_error(key: &str, error: &OnedataError) -> Self {
        let details = json!({ "key": key, "specificError": error.to_nested_json() });
        Self::new(400, "badData", Some(details), format!("Bad value provided for \"{key}\" (see details)."))
    }

    /// 400: `key` must be a string (Onezone's published example of a 400).
    pub fn bad_value_string(key: &str) -> Self {
        bad_value("badValueString", key, "must be a string")
    }

    /// 400: the text of `key` has more than `limit` characters.
    pub fn bad_value_text_too_large(key: &str, limit: usize) -> Self {
        let details = json!({ "key": key, "limit": limit });
        let description =
            format!("Bad value: the text provided in \"{key}\" cannot be larger than {limit} characters.");
        Self::new(400, "badValueTextTooLarge", Some(details), description)
    }

    /// 400: `key` must not be empty.
    pub fn bad_value_empty(key: &str) -> Self {
        bad_value("badValueEmpty", key, "must not be empty")
    }

    /// 400: `key` is not an identifier.
    pub fn bad_value_identifier(key: &str) -> Self {
        bad_value("badValueIdentifier", key, "is not a valid identifier")
    }

    /// 400: `key` must be a boolean.
    pub fn bad_value_boolean(key: &str) -> Self {
        bad_value("badValueBoolean", key, "must be a boolean")
    }

    /// 400: `key` must be an integer.
    pub fn bad_value_integer(key: &str) -> Self {
        bad_value("badValueInteger", key, "must be an integer")
    }

    /// 400: `key` must be valid JSON.
    pub fn bad_value_json(key: &str) -> Self {
        bad_value("badValueJSON", key, "must be a valid JSON")
    }

    /// 400: the number of `key` is below `limit`.
    pub fn bad_value_too_low(key: &str, limit: i64) -> Self {
        let details = json!({ "key": key, "limit": limit });
        let description = format!("Bad value: provided \"{key}\" must be at least {limit}.");
        Self::new(400, "badValueTooLow", Some(details), description)
    }

    /// 400: the number of `key` is above `limit`.
    pub fn bad_value_too_high(key: &str, limit: i64) -> Self {
        let details = json!({ "key": key, "limit": limit });
        let description = format!("Bad value: provided \"{key}\" must not exceed {limit}.");
        Self::new(400, "badValueTooHigh", Some(details), description)
    }

    /// 400: `key` must be one of `allowed`.
    pub fn bad_value_not_allowed(key: &str, allowed: &[&str]) -> Self {
        let details = json!({ "key": key, "allowed": allowed });
        let description = format!("Bad value: provided \"{key}\" must be one of: {}.", allowed.join(", "));
        Self::new(400, "badValueNotAllowed", Some(details), description)
    }

    /// 400: the token given as `key` is refused for this reason.
    pub fn bad_value_token(key: &str, error: &AuthError) -> Self {
        let details = json!({ "key": key, "tokenError": error.to_json() });
        let description = format!("Bad value: provided \"{key}\" is not a valid token (see details).");
        Self::new(400, "badValueToken", Some(details), description)
    }

    /// 400: `key` is not a type of token.
    pub fn bad_value_token_type(key: &str) -> Self {
        bad_value("badValueTokenType", key, "is not a valid token type")
    }
}

fn bad_value(id: &'static str, key: &str, complaint: &str) -> OnedataError {
    bad_request(id, key, format!("Bad value: provided \"{key}\" {complaint}."))
}

fn bad_request(id: &'static str, key: &str, description: String) -> OnedataError {
    OnedataError::new(400, id, Some(json!({ "key": key })), description)
}
