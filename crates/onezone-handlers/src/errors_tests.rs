//! What each error looks like on the wire.

use onezone_api::DEFINITION;
use stubgen_runtime::{IntoResponse, Location, Response};

use super::*;

fn refuse(error: Error) -> Refusal {
    Refusal::logged_by(error, |_| Rejection::Internal { reference: "0f3a9c27d1".to_owned() })
}

/// An error of every kind, made anew for each use.
fn errors() -> Vec<Error> {
    vec![
        AuthError::BadToken.into(),
        Error::Anonymous,
        Error::Forbidden,
        Error::IdTooLong { parameter: "id" },
        Error::Overloaded,
        Error::Wait(Wait::Username, Duration::from_millis(6001)),
        Error::Wait(Wait::Network, Duration::from_millis(1)),
        Error::PasswordTask,
        Error::PasswordHash { user: "u".to_owned(), source: InputError::PasswordHash },
        StoreError::NotFound { kind: onezone_store::RecordKind::Subject, id: "usr-u".to_owned() }.into(),
        StoreError::Overloaded.into(),
        StoreError::Busy { path: "/var/lib/zone.db".into() }.into(),
        StoreError::Closed.into(),
        StoreError::OutcomeUnknown("disk full at /var/lib".into()).into(),
        StoreError::Database("disk full at /var/lib".into()).into(),
    ]
}

fn id(response: &Response) -> String {
    let body: Value = serde_json::from_slice(response.body().as_bytes().unwrap()).unwrap();
    body["error"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn every_error_has_its_status_and_id() {
    let met: Vec<(u16, String)> = errors()
        .into_iter()
        .map(|error| AuthenticateError::from(refuse(error)).into_response())
        .map(|response| (response.status().as_u16(), id(&response)))
        .collect();
    let met: Vec<(u16, &str)> = met.iter().map(|(status, id)| (*status, id.as_str())).collect();
    assert_eq!(
        met,
        [
            (401, "unauthorized"),
            (401, "unauthorized"),
            (403, "forbidden"),
            (400, "badValueTextTooLarge"),
            (503, "serviceUnavailable"),
            (503, "serviceUnavailable"),
            (503, "serviceUnavailable"),
            (500, "internalServerError"),
            (500, "internalServerError"),
            (404, "notFound"),
            (503, "serviceUnavailable"),
            (503, "temporaryFailure"),
            (500, "internalServerError"),
            (500, "internalServerError"),
            (500, "internalServerError"),
        ]
    );
}

#[test]
fn every_status_of_an_error_is_documented_for_every_operation() {
    for operation in DEFINITION.operations {
        for error in errors() {
            let shown = error.to_string();
            let status = AuthenticateError::from(refuse(error)).into_response().status().as_u16();
            assert!(operation.statuses.contains(&status), "{} {shown}: {status}", operation.id);
        }
        // What the runtime can refuse once an operation without a body was found.
        for rejection in [
            Rejection::InvalidParameter { name: "id", location: Location::Path, problem: Problem::Empty },
            Rejection::DuplicateCredential { header: "authorization", scheme: None },
            Rejection::NotAcceptable { produces: &["application/json"] },
            Rejection::HeadersTooLarge { limit: 1 },
            Rejection::AmbiguousHost,
            Rejection::UnreadableClient { header: "forwarded" },
            Rejection::Internal { reference: String::new() },
            Rejection::Timeout,
            Rejection::Overloaded,
        ] {
            assert!(operation.statuses.contains(&rejection.status()), "{} {rejection}", operation.id);
        }
    }
}

#[test]
fn every_503_says_when_to_come_back() {
    let waits: Vec<String> = errors()
        .into_iter()
        .map(|error| AuthenticateError::from(refuse(error)).into_response())
        .filter(|response| response.status() == 503)
        .map(|response| response.headers()["retry-after"].to_str().unwrap().to_owned())
        .collect();
    assert_eq!(waits, ["1", "7", "1", "1", "1"]);
}

#[test]
fn who_has_to_wait_is_told_why_and_how_long() {
    for (wait, time, said) in [
        (Wait::Username, 6001, "tried for this username from your network. Try again in 7 seconds, or"),
        (Wait::Network, 1000, "tried from your network. Try again in 1 second, or"),
    ] {
        let response = AuthenticateError::from(refuse(Error::Wait(wait, Duration::from_millis(time))));
        let body = String::from_utf8(response.into_response().body().as_bytes().unwrap().to_vec()).unwrap();
        assert!(body.contains(said), "{body}");
    }
}

#[test]
fn nothing_internal_is_in_a_body() {
    for error in errors() {
        let response = AuthenticateError::from(refuse(error)).into_response();
        let body = String::from_utf8(response.body().as_bytes().unwrap().to_vec()).unwrap();
        for internal in ["/var/lib", "disk", "hash", "usr-u"] {
            assert!(!body.contains(internal), "{body}");
        }
    }
}

#[test]
fn the_chain_names_every_cause_once() {
    let error = Error::from(StoreError::Database("disk full".into()));
    assert_eq!(Chain(&error).to_string(), "the store failed: the database failed: disk full");
}

#[test]
fn every_rejection_has_an_error_of_the_catalogue_that_says_what_to_do() {
    let parameter = |problem| Rejection::InvalidParameter { name: "id", location: Location::Path, problem };
    let malformed = |text: &str| parameter(Problem::Malformed(text.to_owned()));
    for (rejected, id, details, in_description) in [
        (Rejection::NotFound, "notFound", json!({}), "could not be found"),
        (
            Rejection::MethodNotAllowed { allow: "GET, HEAD".to_owned() },
            "notSupported",
            json!({}),
            "GET, HEAD",
        ),
        (
            Rejection::MalformedPath { parameter: Some("id"), reason: "is not UTF-8 after percent-decoding" },
            "badValueString",
            json!({ "key": "id" }),
            "\"id\"",
        ),
        (
            Rejection::MalformedPath { parameter: None, reason: "is a dot segment; write the path out" },
            "badValueIdentifier",
            json!({ "key": "path" }),
            "\"path\"",
        ),
        (parameter(Problem::Empty), "badValueEmpty", json!({ "key": "id" }), "\"id\""),
        (parameter(Problem::Missing), "missingRequiredValue", json!({ "key": "id" }), "id"),
        (parameter(Problem::NotUtf8), "badValueString", json!({ "key": "id" }), "\"id\""),
        (
            malformed("longer than 255 characters"),
            "badValueTextTooLarge",
            json!({ "key": "id", "limit": 255 }),
            "255",
        ),
        (malformed("shorter than 1 characters"), "badValueEmpty", json!({ "key": "id" }), "\"id\""),
        (malformed("doesn't match pattern"), "badValueIdentifier", json!({ "key": "id" }), "\"id\""),
        (Rejection::MissingBody, "missingRequiredValue", json!({ "key": "body" }), "body"),
        (
            Rejection::InvalidBody { pointer: "/a".to_owned(), reason: "expected a string".to_owned() },
            "badData",
            json!({ "key": "/a", "hint": "expected a string" }),
            "expected a string",
        ),
        (
            Rejection::UnsupportedMediaType { received: "x".to_owned(), supported: &["application/json"] },
            "malformedData",
            json!({}),
            "application/json",
        ),
        (
            Rejection::PayloadTooLarge { limit: 9 },
            "badValueTextTooLarge",
            json!({ "key": "body", "limit": 9 }),
            "9 bytes",
        ),
        (
            Rejection::UriTooLong { limit: 9 },
            "badValueTextTooLarge",
            json!({ "key": "path", "limit": 9 }),
            "9 bytes",
        ),
        (Rejection::AmbiguousHost, "malformedData", json!({}), "exactly one Host header"),
        (Rejection::WrongProtocol { speaks: "TLS" }, "malformedData", json!({}), "this port speaks TLS"),
        (Rejection::UnreadableClient { header: "forwarded" }, "malformedData", json!({}), "`forwarded`"),
        (
            Rejection::HeadersTooLarge { limit: 9 },
            "badValueTextTooLarge",
            json!({ "key": "headers", "limit": 9 }),
            "9 bytes",
        ),
        (
            Rejection::NotAcceptable { produces: &["application/json"] },
            "notSupported",
            json!({}),
            "application/json",
        ),
        (Rejection::BodyTimeout, "timeout", json!({}), "timed out"),
        (Rejection::Timeout, "timeout", json!({}), "timed out"),
        (Rejection::Overloaded, "serviceUnavailable", json!({}), "offline"),
        (
            Rejection::Internal { reference: "0f3a9c27d1".to_owned() },
            "internalServerError",
            json!({ "reference": "0f3a9c27d1" }),
            "0f3a9c27d1",
        ),
    ] {
        let error = rejection(&rejected).error;
        assert_eq!(
            (error.id.as_str(), Value::Object(error.details.unwrap_or_default())),
            (id, details),
            "{rejected}"
        );
        assert!(error.description.contains(in_description), "{}", error.description);
    }
}

#[test]
fn a_credential_sent_twice_is_refused_by_its_scheme() {
    for (scheme, inner) in
        [(Some("bAsIc"), "badBasicCredentials"), (Some("Bearer"), "badToken"), (None, "badToken")]
    {
        let refused =
            Rejection::DuplicateCredential { header: "authorization", scheme: scheme.map(str::to_owned) };
        let body = serde_json::to_value(rejection(&refused)).unwrap();
        assert_eq!(body["error"]["details"]["authError"]["id"], inner, "{scheme:?} {body}");
    }
}
