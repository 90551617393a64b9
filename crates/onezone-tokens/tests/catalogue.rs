//! The error catalogue: id, details, description and status of every error, as Onezone 21.02 sends them.

use onezone_tokens::{AuthError, OnedataError, Service, TokenType};

#[test]
fn every_auth_error_has_its_id_details_and_description() {
    let rows: [(AuthError, &str, Option<&str>, &str); 19] = [
        (
            AuthError::UserBlocked,
            "userBlocked",
            None,
            "This user account has been blocked by the administrator and cannot be used unless it is unblocked again.",
        ),
        (AuthError::BadBasicCredentials, "badBasicCredentials", None, "Invalid username or password."),
        (
            AuthError::BasicAuthNotSupported,
            "basicAuthNotSupported",
            None,
            "Basic auth is not supported by this Onezone.",
        ),
        (AuthError::BasicAuthDisabled, "basicAuthDisabled", None, "Basic auth is disabled for this user."),
        (
            AuthError::BadIdpAccessToken { idp: "my-idp".to_owned() },
            "badIdpAccessToken",
            Some(r#"{"idp":"my-idp"}"#),
            "Provided access token for \"'my-idp'\" is not valid.",
        ),
        (AuthError::BadToken, "badToken", None, "Provided token could not be understood by the server."),
        (
            AuthError::TokenRevoked.in_service_token(),
            "badServiceToken",
            Some(r#"{"tokenError":{"id":"tokenRevoked","description":"Provided token has been revoked."}}"#),
            "Provided service token is not valid (see details).",
        ),
        (
            AuthError::TokenInvalid.in_consumer_token(),
            "badConsumerToken",
            Some(r#"{"tokenError":{"id":"tokenInvalid","description":"Provided token is not valid."}}"#),
            "Provided consumer token is not valid (see details).",
        ),
        (AuthError::TokenInvalid, "tokenInvalid", None, "Provided token is not valid."),
        (AuthError::TokenRevoked, "tokenRevoked", None, "Provided token has been revoked."),
        (
            AuthError::TokenTooLarge { limit: 1_048_576 },
            "tokenTooLarge",
            Some(r#"{"limit":1048576}"#),
            "Provided token exceeds the allowed size (1048576 characters).",
        ),
        (
            AuthError::NotAnAccessToken { received: TokenType::parse("ujg:g:").unwrap() },
            "notAnAccessToken",
            Some(
                r#"{"received":{"inviteToken":{"inviteType":"userJoinGroup","groupId":"g","parameters":{}}}}"#,
            ),
            "Expected an access token, but received a(n) invite token for a user to join group \"g\".",
        ),
        (
            AuthError::NotAnIdentityToken { received: TokenType::parse("act:s").unwrap() },
            "notAnIdentityToken",
            Some(r#"{"received":{"accessToken":{"sessionId":"s"}}}"#),
            "Expected an identity token, but received a(n) access token for session \"s\".",
        ),
        (
            AuthError::TokenCaveatUnknown { caveat: "grant = \"everything\"".to_owned() },
            "tokenCaveatUnknown",
            Some(r#"{"caveat":"grant = \"everything\""}"#),
            "Unknown caveat - 'grant = \"everything\"'.",
        ),
        (
            AuthError::TokenCaveatUnverified(Box::new(onezone_tokens::Caveat::DataReadonly)),
            "tokenCaveatUnverified",
            Some(r#"{"caveat":{"type":"data.readonly"}}"#),
            "Provided token is not valid - unverified data access caveat: this token allows for readonly data access.",
        ),
        (
            AuthError::TokenSubjectInvalid,
            "tokenSubjectInvalid",
            None,
            "The token subject is invalid (does not exist or is different than expected).",
        ),
        (
            AuthError::TokenServiceForbidden { service: Service::parse("opw-p").unwrap() },
            "tokenServiceForbidden",
            Some(r#"{"service":{"type":"op_worker","id":"p"}}"#),
            "The service op_worker:p is forbidden for this subject.",
        ),
        (
            AuthError::TokenSessionInvalid,
            "tokenSessionInvalid",
            None,
            "This token is bound to a session different than presented by the client or no longer existent.",
        ),
        (
            AuthError::InternalServerError,
            "internalServerError",
            None,
            "The server has encountered an error while processing this request.",
        ),
    ];
    for (error, id, details, description) in rows {
        assert_eq!(error.id(), id);
        assert_eq!(error.details().map(|details| details.to_string()).as_deref(), details, "{id}");
        assert_eq!(error.description(), description, "{id}");
        let wire = OnedataError::from(&error);
        assert_eq!((wire.status, wire.to_nested_json()), (400, error.to_json()), "{id}");
    }
}

#[test]
fn plain_provider_ids_are_printed_without_quotes() {
    let error = AuthError::BadIdpAccessToken { idp: "github".to_owned() };
    assert_eq!(error.description(), "Provided access token for \"github\" is not valid.");
}

#[test]
fn every_answer_has_its_status_and_body() {
    check(vec![
        (
            OnedataError::forbidden(),
            403,
            r#"{"id":"forbidden","description":"You are not authorized to perform this operation."}"#,
        ),
        (
            OnedataError::forbidden_with_hint("ask"),
            403,
            r#"{"id":"forbidden","details":{"hint":"ask"},"description":"You are not authorized to perform this operation: ask."}"#,
        ),
        (
            OnedataError::not_found(),
            404,
            r#"{"id":"notFound","description":"The resource could not be found."}"#,
        ),
        (
            OnedataError::service_unavailable(),
            503,
            r#"{"id":"serviceUnavailable","description":"Service required for this operation is offline."}"#,
        ),
        (
            OnedataError::internal_server_error(Some("0123456789")),
            500,
            r#"{"id":"internalServerError","details":{"reference":"0123456789"},"description":"The server has encountered an error while processing this request. If the problem persists, please contact the site's administrators, citing the following reference: 0123456789."}"#,
        ),
        (
            OnedataError::internal_server_error(None),
            500,
            r#"{"id":"internalServerError","description":"The server has encountered an error while processing this request."}"#,
        ),
        (
            OnedataError::not_supported(),
            400,
            r#"{"id":"notSupported","description":"This operation is not supported."}"#,
        ),
        (
            OnedataError::not_implemented(),
            501,
            r#"{"id":"notImplemented","description":"This operation is not implemented."}"#,
        ),
        (OnedataError::timeout(), 503, r#"{"id":"timeout","description":"Operation timed out."}"#),
        (
            OnedataError::temporary_failure(),
            503,
            r#"{"id":"temporaryFailure","description":"Temporary failure - please try again later."}"#,
        ),
        (
            OnedataError::malformed_data(),
            400,
            r#"{"id":"malformedData","description":"Provided data could not be understood by the server."}"#,
        ),
    ]);
}

#[test]
fn complaints_about_data_have_the_status_400_and_details() {
    check(vec![
        (
            OnedataError::missing_required_value("id"),
            400,
            r#"{"id":"missingRequiredValue","details":{"key":"id"},"description":"Missing required value: id."}"#,
        ),
        (
            OnedataError::bad_data_with_hint("id", "why"),
            400,
            r#"{"id":"badData","details":{"key":"id","hint":"why"},"description":"Bad value provided for \"id\": why."}"#,
        ),
        (
            OnedataError::bad_data_with_error("id", &OnedataError::not_found()),
            400,
            r#"{"id":"badData","details":{"key":"id","specificError":{"id":"notFound","description":"The resource could not be found."}},"description":"Bad value provided for \"id\" (see details)."}"#,
        ),
        (
            OnedataError::bad_value_string("name"),
            400,
            r#"{"id":"badValueString","details":{"key":"name"},"description":"Bad value: provided \"name\" must be a string."}"#,
        ),
        (
            OnedataError::bad_value_text_too_large("id", 255),
            400,
            r#"{"id":"badValueTextTooLarge","details":{"key":"id","limit":255},"description":"Bad value: the text provided in \"id\" cannot be larger than 255 characters."}"#,
        ),
        (
            OnedataError::bad_value_not_allowed("id", &["a", "b"]),
            400,
            r#"{"id":"badValueNotAllowed","details":{"key":"id","allowed":["a","b"]},"description":"Bad value: provided \"id\" must be one of: a, b."}"#,
        ),
        (
            OnedataError::bad_value_too_low("n", 1),
            400,
            r#"{"id":"badValueTooLow","details":{"key":"n","limit":1},"description":"Bad value: provided \"n\" must be at least 1."}"#,
        ),
        (
            OnedataError::bad_value_too_high("n", 9),
            400,
            r#"{"id":"badValueTooHigh","details":{"key":"n","limit":9},"description":"Bad value: provided \"n\" must not exceed 9."}"#,
        ),
        (
            OnedataError::bad_value_token("t", &AuthError::BadToken),
            400,
            r#"{"id":"badValueToken","details":{"key":"t","tokenError":{"id":"badToken","description":"Provided token could not be understood by the server."}},"description":"Bad value: provided \"t\" is not a valid token (see details)."}"#,
        ),
    ]);
}

#[test]
fn the_status_can_be_replaced_and_nothing_else_changes() {
    let error = OnedataError::not_found().with_status(410);
    assert_eq!((error.status, error.to_json()), (410, OnedataError::not_found().to_json()));
}

fn check(rows: Vec<(OnedataError, u16, &str)>) {
    for (error, status, body) in rows {
        assert_eq!(error.status, status, "{}", error.id);
        assert_eq!(error.to_json().to_string(), format!(r#"{{"error":{body}}}"#));
        let serialized = serde_json::to_value(&error).expect("errors are plain JSON");
        assert_eq!(serialized.to_string(), body, "the two ways to JSON agree");
    }
}

#[test]
fn complaints_about_one_value_name_its_key() {
    for (error, id, complaint) in [
        (OnedataError::bad_value_empty("k"), "badValueEmpty", "must not be empty"),
        (OnedataError::bad_value_identifier("k"), "badValueIdentifier", "is not a valid identifier"),
        (OnedataError::bad_value_boolean("k"), "badValueBoolean", "must be a boolean"),
        (OnedataError::bad_value_integer("k"), "badValueInteger", "must be an integer"),
        (OnedataError::bad_value_json("k"), "badValueJSON", "must be a valid JSON"),
        (OnedataError::bad_value_token_type("k"), "badValueTokenType", "is not a valid token type"),
        (
            OnedataError::bad_data("k"),
            "badData",
            "has an invalid format or is incomprehensible in the context of this operation",
        ),
    ] {
        assert_eq!((error.status, error.id.as_ref()), (400, id));
        assert_eq!(error.details.unwrap().to_string(), r#"{"key":"k"}"#);
        assert_eq!(error.description, format!("Bad value: provided \"k\" {complaint}."));
    }
}
