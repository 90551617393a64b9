//! Every recorded token and password hash: what Onedata minted is read, verified and written byte for byte.

#![allow(clippy::unwrap_used, reason = "the functions beside the tests belong to them")]

use std::net::{IpAddr, Ipv4Addr};

use onezone_tokens::api::ApiCall;
use onezone_tokens::password::StoredPasswordHash;
use onezone_tokens::verify::{self, Context, NoGeo, Record};
use onezone_tokens::{AuthError, Caveat, Identifier, Limits, Persistence, Secret, Subject, Token};
use serde_json::Value;

/// Long before any time caveat of the vectors that is meant to hold, and after those that are not.
const NOW: i64 = 1_700_000_000;

fn document() -> Value {
    serde_json::from_str(include_str!("data/token-vectors.json")).unwrap()
}

fn vectors() -> Vec<Value> {
    document()["vectors"].as_array().unwrap().clone()
}

fn text<'a>(vector: &'a Value, key: &str) -> &'a str {
    vector[key].as_str().unwrap_or_else(|| panic!("{} has no {key}", vector["name"]))
}

fn vector(name: &str) -> Value {
    vectors().into_iter().find(|vector| vector["name"] == name).unwrap_or_else(|| panic!("no vector {name}"))
}

fn decode(vector: &Value) -> Result<Token, AuthError> {
    Token::decode(text(vector, "serialized"), &Limits::default())
}

fn secret(vector: &Value) -> Secret {
    Secret::new(text(vector, "secret"))
}

fn subject(vector: &Value) -> Subject {
    match vector["subject"].as_str() {
        Some(subject) => subject.parse().unwrap(),
        // Only the record of a version 1 token knows its subject.
        None => Subject::User("owner".to_owned()),
    }
}

fn context<'a>() -> Context<'a> {
    Context::rest(NOW, IpAddr::V4(Ipv4Addr::LOCALHOST), &NoGeo)
}

/// The outcome for a store that holds the record that the vector was signed for.
fn verdict(vector: &Value, context: &Context<'_>) -> Result<verify::Verified, AuthError> {
    let token = decode(vector)?;
    let (subject, secret) = (subject(vector), secret(vector));
    let record = match token.identifier().persistence() {
        Persistence::Named => Record::Named { subject: &subject, secret: &secret, revoked: false },
        Persistence::Temporary { generation } => Record::Temporary { secret: &secret, generation },
    };
    verify::verify_access(&token, &record, context)
}

#[test]
fn every_vector_decodes_to_its_recorded_parts_or_is_a_bad_token() {
    let mut decoded = 0;
    for vector in vectors() {
        let name = text(&vector, "name");
        let bad = vector["version"].is_null() || vector["service_indication"] == "ozw";
        let token = match decode(&vector) {
            Ok(token) => token,
            Err(error) => {
                assert!(bad, "{name}: {error}");
                assert_eq!(error, AuthError::BadToken, "{name}");
                continue;
            }
        };
        assert!(!bad, "{name} is not meant to decode");
        decoded += 1;
        let identifier = token.identifier();
        assert_eq!(token.domain().as_deref(), vector["domain"].as_str(), "{name}");
        assert_eq!(identifier.to_string(), text(&vector, "macaroon_identifier"), "{name}");
        assert_eq!(matches!(identifier, Identifier::V1 { .. }), vector["version"] == 1, "{name}");
        assert_eq!(identifier.id(), text(&vector, "id"), "{name}");
        assert_eq!(
            identifier.subject().map(ToString::to_string).as_deref(),
            vector["subject"].as_str(),
            "{name}"
        );
        assert_eq!(identifier.token_type().to_string(), text(&vector, "type"), "{name}");
        let persistence = match identifier.persistence() {
            Persistence::Named => "named".to_owned(),
            Persistence::Temporary { generation } => format!("temporary:generation={generation}"),
        };
        assert_eq!(persistence, text(&vector, "persistence"), "{name}");
        let caveats: Vec<String> = token.caveats().map(std::borrow::Cow::into_owned).collect();
        assert_eq!(Value::from(caveats), vector["caveats"], "{name}");
        let indication = token.service_indication().map(onezone_tokens::ServiceType::short_name);
        assert_eq!(indication, vector["service_indication"].as_str(), "{name}");
    }
    assert_eq!((decoded, vectors().len()), (41, 49), "the vectors are all there");
}

#[test]
fn every_decodable_vector_is_written_byte_for_byte() {
    for vector in vectors() {
        if let Ok(token) = decode(&vector) {
            assert_eq!(token.serialize().expose(), text(&vector, "serialized"), "{}", vector["name"]);
        }
    }
}

#[test]
fn every_signature_is_valid_for_its_secret_or_not_as_recorded() {
    for vector in vectors() {
        if let (Ok(token), Some(valid)) = (decode(&vector), vector["signature_valid_for_secret"].as_bool()) {
            assert_eq!(token.is_signed_with(&secret(&vector)), valid, "{}", vector["name"]);
            assert!(!token.is_signed_with(&Secret::new("another")), "{}", vector["name"]);
        }
    }
}

#[test]
fn every_caveat_of_the_vectors_is_read_and_written_back() {
    let mut unknown = Vec::new();
    for vector in vectors() {
        for caveat in vector["caveats"].as_array().into_iter().flatten() {
            let caveat = caveat.as_str().unwrap();
            match Caveat::parse(caveat) {
                // The scope is optional when read and always written.
                Some(parsed) => {
                    let written = parsed.to_string();
                    assert!(written == caveat || written == format!("{caveat}:private"), "{caveat}");
                    assert_eq!(Caveat::parse(&written), Some(parsed), "{caveat}");
                }
                None => unknown.push(caveat.to_owned()),
            }
        }
    }
    assert_eq!(unknown, ["grant = everything"]);
}

#[test]
fn every_valid_vector_can_be_minted_again_byte_for_byte() {
    let mut minted = 0;
    for vector in vectors() {
        let Ok(token) = decode(&vector) else { continue };
        let parsed: Option<Vec<Caveat>> = token.caveats().map(|caveat| Caveat::parse(&caveat)).collect();
        let canonical = |caveats: &Vec<Caveat>| {
            caveats.iter().map(ToString::to_string).eq(token.caveats().map(std::borrow::Cow::into_owned))
        };
        let (Some(caveats), true) = (parsed.filter(canonical), vector["signature_valid_for_secret"] == true)
        else {
            continue;
        };
        let domain = token.domain().unwrap();
        let mut again = Token::mint(&domain, token.identifier(), &caveats, &secret(&vector)).unwrap();
        if let Some(service) = token.service_indication() {
            again = again.with_service_indication(service);
        }
        assert_eq!(again.serialize().expose(), text(&vector, "serialized"), "{}", vector["name"]);
        minted += 1;
    }
    assert_eq!(minted, 37);
}

#[test]
fn every_vector_with_an_expected_error_gives_it() {
    let mut checked = 0;
    for vector in vectors() {
        let expected = vector["expected"].as_str().unwrap_or_default();
        if vector["name"] == "gen_v2_empty_subject_id" {
            continue;
        }
        let Some(id) = [
            ("badToken", "badToken"),
            ("as access token: 401 notAnAccessToken", "notAnAccessToken"),
            ("401 tokenCaveatUnknown", "tokenCaveatUnknown"),
            ("401 tokenCaveatUnverified", "tokenCaveatUnverified"),
            ("first failing caveat (interface)", "tokenCaveatUnverified"),
            ("needs cookie SID", "tokenSessionInvalid"),
            ("401 tokenInvalid", "tokenInvalid"),
        ]
        .into_iter()
        .find_map(|(phrase, id)| expected.contains(phrase).then_some(id)) else {
            continue;
        };
        let error = verdict(&vector, &context()).unwrap_err();
        assert_eq!(error.id(), id, "{}", vector["name"]);
        checked += 1;
    }
    assert_eq!(checked, 17);
}

#[test]
fn a_token_of_an_empty_subject_is_invalid_whatever_the_store_holds() {
    let vector = vector("gen_v2_empty_subject_id");
    let (token, secret, owner) = (decode(&vector).unwrap(), secret(&vector), Subject::User("u".to_owned()));
    let record = Record::Named { subject: &owner, secret: &secret, revoked: false };
    let outcome = |record| verify::verify_access(&token, &record, &context()).unwrap_err();
    assert_eq!(outcome(Record::Absent), AuthError::TokenInvalid);
    assert_eq!(outcome(record), AuthError::TokenSubjectInvalid);
    assert!(!token.identifier().subject().unwrap().can_exist());
}

#[test]
fn every_vector_that_is_meant_to_hold_does() {
    for name in [
        "gen_user_named_access",
        "gen_user_temporary_access",
        "gen_provider_root_named_access",
        "gen_provider_root_opw_prefixed",
        "gen_legacy_v1",
        "gen_v1_slash_in_id",
        "libmacaroons_base",
        "gen_caveat_service_ozw",
        "gen_caveat_service_ozw_wildcard",
        "gen_caveat_interface_rest",
        "gen_caveat_api_all",
        "gen_caveat_api_exact_delete",
        "gen_caveat_api_exact_list_provider",
        "gen_caveat_api_default_scope",
    ] {
        let vector = vector(name);
        let verified = verdict(&vector, &context()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(verified.subject, subject(&vector), "{name}");
    }
}

#[test]
fn caveat_errors_of_the_vectors_carry_the_recorded_caveat() {
    let error = |name: &str| verdict(&vector(name), &context()).unwrap_err().details().unwrap().to_string();
    assert_eq!(error("gen_caveat_unknown"), r#"{"caveat":"grant = everything"}"#);
    assert_eq!(error("gen_caveat_scope_authorization_none"), r#"{"caveat":{"scope":"identityToken"}}"#);
    assert_eq!(
        error("gen_two_caveats_first_fails"),
        r#"{"caveat":{"type":"interface","interface":"oneclient"}}"#
    );
    assert_eq!(error("gen_user_identity").replace("identityToken", "…"), r#"{"received":{"…":{}}}"#);
}

#[test]
fn the_session_of_a_vector_opens_it() {
    let vector = vector("gen_user_session_access");
    let id = document()["constants"]["session_id"].as_str().unwrap().to_owned();
    let with_session = Context { session: Some(&id), ..context() };
    assert_eq!(verdict(&vector, &with_session).unwrap().session(), Some(id.as_str()));
}

#[test]
fn api_vectors_allow_what_they_say() {
    let constants = document()["constants"].clone();
    let (user, provider) =
        (constants["user_id"].as_str().unwrap(), constants["provider_id"].as_str().unwrap());
    let delete = ApiCall::delete_user_named_tokens(user);
    let list = ApiCall::list_provider_named_tokens(provider);
    let delete_other = ApiCall::delete_user_named_tokens(constants["user_id_2"].as_str().unwrap());
    for (name, allowed) in [
        ("gen_caveat_api_all", [true, true, true]),
        ("gen_caveat_api_exact_delete", [true, false, false]),
        ("gen_caveat_api_default_scope", [true, true, false]),
        ("gen_caveat_api_exact_list_provider", [false, false, true]),
        ("gen_caveat_service_ozw", [true, true, true]),
    ] {
        let caveats = verdict(&vector(name), &context()).unwrap().caveats;
        let outcome = [delete, delete_other, list].map(|call| verify::authorize_api(&caveats, &call).is_ok());
        assert_eq!(outcome, allowed, "{name}");
    }
}

#[test]
fn the_identity_vectors_prove_a_service_and_a_consumer() {
    let identify = |name: &str| {
        let vector = vector(name);
        let token = decode(&vector).unwrap();
        let (subject, secret) = (subject(&vector), secret(&vector));
        let record = match token.identifier().persistence() {
            Persistence::Named => Record::Named { subject: &subject, secret: &secret, revoked: false },
            Persistence::Temporary { generation } => Record::Temporary { secret: &secret, generation },
        };
        verify::verify_identity(&token, &record, &context()).unwrap()
    };
    let provider = identify("gen_provider_identity_named");
    assert_eq!(provider.service().unwrap().to_string(), "opw-6ebe7ac282e0188b5336b5d8cfa564d5ch77aa");
    let user = identify("gen_user_identity");
    assert_eq!(user.consumer().unwrap().to_string(), "usr-c26bab23d12f7389c3c311caf9c15902ch4f2a");
    assert_eq!(user.service().unwrap_err(), AuthError::TokenInvalid.in_service_token());
    let legacy = identify("gen_provider_root_opw_prefixed");
    assert_eq!(legacy.service().unwrap().to_string(), "opw-6ebe7ac282e0188b5336b5d8cfa564d5ch77aa");
}

#[test]
fn every_password_vector_is_reproduced_and_verified() {
    let bytes = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    let document = document();
    let vectors = document["password_hash_vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 3);
    for vector in vectors {
        let password = text(vector, "password");
        let stored = bytes(text(vector, "stored_hex"));
        let salt = bytes(text(vector, "salt_hex")).try_into().unwrap();
        assert_eq!(StoredPasswordHash::create(password, salt).as_bytes().as_slice(), stored, "{password}");
        let hash = StoredPasswordHash::from_bytes(&stored).unwrap();
        assert!(hash.verify(password), "{password}");
        assert!(!hash.verify(&format!("{password}x")), "{password}");
    }
}
