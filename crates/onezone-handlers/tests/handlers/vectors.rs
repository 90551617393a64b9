//! Recorded and generated tokens, against a zone that holds their records.

use onezone_store::{NamedToken, Secret, TemporaryTokenSecret, Zone};
use serde_json::Value;

use crate::support::{Onezone, named, provider, settings, user};

const USER: &str = "c26bab23d12f7389c3c311caf9c15902ch4f2a";
const PROVIDER: &str = "6ebe7ac282e0188b5336b5d8cfa564d5ch77aa";

/// The outcome of each token, used by its subject for the operation on itself.
const OUTCOMES: [(&str, &str); 33] = [
    ("gen_user_named_access", "204"),
    ("gen_user_temporary_access", "204"),
    ("gen_provider_root_named_access", "200"),
    ("gen_provider_root_opw_prefixed", "200"),
    ("gen_provider_root_ozw_prefixed", "401 badToken"),
    ("gen_user_session_access", "401 tokenSessionInvalid"),
    ("gen_user_identity", "401 notAnAccessToken"),
    ("gen_provider_identity_named", "401 notAnAccessToken"),
    ("gen_invite_user_join_group", "401 notAnAccessToken"),
    ("gen_legacy_v1", "204"),
    ("gen_v1_slash_in_id", "204"),
    ("gen_v3_unsupported", "401 badToken"),
    ("gen_v2_too_few_fragments", "401 badToken"),
    ("gen_v2_bad_persistence", "401 badToken"),
    ("gen_v2_bad_subject", "401 badToken"),
    ("gen_v2_empty_subject_id", "401 tokenSubjectInvalid"),
    ("gen_v2_id_with_slash", "401 badToken"),
    ("gen_caveat_unknown", "401 tokenCaveatUnknown"),
    ("gen_caveat_scope_authorization_none", "401 tokenCaveatUnverified"),
    ("gen_caveat_ip", "401 tokenCaveatUnverified"),
    ("gen_caveat_asn", "401 tokenCaveatUnverified"),
    ("gen_caveat_country_white", "401 tokenCaveatUnverified"),
    ("gen_caveat_service_ozw", "204"),
    ("gen_caveat_service_ozw_wildcard", "204"),
    ("gen_caveat_consumer", "401 tokenCaveatUnverified"),
    ("gen_caveat_interface_rest", "204"),
    ("gen_caveat_interface_graphsync", "401 tokenCaveatUnverified"),
    ("gen_caveat_api_all", "204"),
    ("gen_caveat_api_exact_delete", "204"),
    ("gen_caveat_api_exact_list_provider", "200"),
    ("gen_caveat_data_readonly", "401 tokenCaveatUnverified"),
    ("gen_bad_signature", "401 tokenInvalid"),
    ("gen_rubbish", "401 badToken"),
];

fn vectors() -> Vec<Value> {
    let document = include_str!("../../../onezone-tokens/tests/data/token-vectors.json");
    let document: Value = serde_json::from_str(document).unwrap();
    document["vectors"].as_array().unwrap().clone()
}

/// A zone with the record that the vector was signed for.
fn zone_of(vector: &Value) -> Zone {
    let mut zone = Zone { users: vec![user(USER)], providers: vec![provider(PROVIDER)], ..Zone::default() };
    let secret = || Secret::new(vector["secret"].as_str().unwrap());
    let identifier = vector["macaroon_identifier"].as_str().unwrap_or_default();
    let owner = if identifier.contains("prv-") { format!("prv-{PROVIDER}") } else { format!("usr-{USER}") };
    if identifier.contains("tmp-") {
        let subject = owner.parse().unwrap();
        zone.temporary_tokens.push(TemporaryTokenSecret { generation: 1, secret: secret(), subject });
    } else if let Some(id) = vector["id"].as_str() {
        let version = if identifier.starts_with("2/") { 2 } else { 1 };
        zone.tokens.push(NamedToken { secret: Some(secret()), version, ..named(&owner, id) });
    }
    zone
}

#[tokio::test]
async fn every_vector_has_its_outcome() {
    let vectors = vectors();
    for (name, outcome) in OUTCOMES {
        let vector = vectors.iter().find(|vector| vector["name"] == name);
        let vector = vector.unwrap_or_else(|| panic!("no vector {name}"));
        let onezone = Onezone::over(zone_of(vector), settings()).await;
        let headers = [("x-auth-token", vector["serialized"].as_str().unwrap())];
        let is_provider = vector["macaroon_identifier"].as_str().is_some_and(|text| text.contains("prv-"));
        let met = if is_provider {
            onezone.list(PROVIDER, &headers).await
        } else {
            onezone.delete(USER, &headers).await
        };
        assert_eq!(met, outcome, "{name}");
    }
}

#[tokio::test]
async fn recorded_passwords_are_right() {
    let document = include_str!("../../../onezone-tokens/tests/data/token-vectors.json");
    let document: Value = serde_json::from_str(document).unwrap();
    let vectors = document["password_hash_vectors"].as_array().unwrap();
    assert!(!vectors.is_empty());
    for vector in vectors {
        let (password, hex) = (vector["password"].as_str().unwrap(), vector["stored_hex"].as_str().unwrap());
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let mut alice = user("alice");
        alice.password_hash = Some(onezone_store::PasswordHash::new(bytes));
        let onezone = Onezone::over(Zone { users: vec![alice], ..Zone::default() }, settings()).await;
        let headers = [("authorization", &*crate::support::basic("alice.name", password))];
        assert_eq!(onezone.delete("alice", &headers).await, "204", "{password:?}");
    }
}
