//! Recorded and generated tokens, each against a zone that holds its record: as the token of its subject in every header, as
//! a service token and as a consumer token.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stubgen_runtime::Options;

use crate::expect::{
    bad_consumer, bad_service, not_an_access_token, not_an_identity_token, plain, service_forbidden, unknown,
    unverified,
};
use crate::mint::signed;
use crate::row::{Row, delete, list, probe, run};
use crate::section_2_7_basic::basic;
use crate::world::{World, settings};

const USER: &str = "c26bab23d12f7389c3c311caf9c15902ch4f2a";
const PROVIDER: &str = "6ebe7ac282e0188b5336b5d8cfa564d5ch77aa";

/// What a token is worth to act with.
enum Access {
    Good,
    Refused(Value),
}

/// What a token is worth as a proof of identity.
enum Identity {
    OfUser,
    OfProvider,
    Refused(Value),
}

fn document() -> Value {
    serde_json::from_str(include_str!("../../../onezone-tokens/tests/data/token-vectors.json")).unwrap()
}

/// What each vector comes to, from a peer that is on no map.
fn worth(name: &str, kind: &str) -> (Access, Identity) {
    let refused = |cause: Value| (Access::Refused(cause.clone()), Identity::Refused(cause));
    let no_identity = || Identity::Refused(not_an_identity_token("act"));
    // Good to act with, and no identity token may have the caveat.
    let only_access = |caveat: &str| (Access::Good, Identity::Refused(unverified(caveat)));
    let api = "api = ozw/delete/token.null.user_named_tokens,c26bab23d12f7389c3c311caf9c15902ch4f2a:private";
    let api_of_provider =
        "api = ozw/get/token.null.provider_named_tokens,6ebe7ac282e0188b5336b5d8cfa564d5ch77aa:private";
    match name {
        "ctool_access_token_test" => (
            Access::Refused(unverified("ip = 172.98.11.23/32")),
            Identity::Refused(not_an_identity_token(kind)),
        ),
        "ctool_identity_token_test" => (
            Access::Refused(not_an_access_token("idn")),
            Identity::Refused(unverified("geo.region = Africa")),
        ),
        "docs_legacy_access_token" => refused(unverified("time < 1518113636")),
        "gen_user_session_access" => {
            (Access::Refused(plain("tokenSessionInvalid")), Identity::Refused(not_an_identity_token(kind)))
        }
        "gen_user_identity" => (Access::Refused(not_an_access_token("idn")), Identity::OfUser),
        "gen_provider_identity_named" => (Access::Refused(not_an_access_token("idn")), Identity::OfProvider),
        "gen_provider_root_named_access" | "gen_provider_root_opw_prefixed" => {
            (Access::Good, Identity::OfProvider)
        }
        "gen_provider_root_ozw_prefixed"
        | "gen_v3_unsupported"
        | "gen_v2_too_few_fragments"
        | "gen_v2_bad_persistence"
        | "gen_v2_bad_subject"
        | "gen_v2_id_with_slash"
        | "gen_empty"
        | "gen_rubbish" => refused(plain("badToken")),
        "gen_v2_empty_subject_id" => refused(plain("tokenSubjectInvalid")),
        "gen_bad_signature" => refused(plain("tokenInvalid")),
        "gen_caveat_unknown" => refused(unknown("grant = everything")),
        "gen_caveat_scope_authorization_none" => {
            (Access::Refused(unverified("authorization = none")), no_identity())
        }
        "gen_caveat_ip" => refused(unverified("ip = 10.0.0.0/8|192.168.1.5/32")),
        "gen_caveat_asn" => refused(unverified("asn = 631|1671")),
        "gen_caveat_country_white" => refused(unverified("geo.country = PL|FR")),
        "gen_caveat_consumer" => refused(unverified(
            "consumer = usr-5c9dfb35db55bef7e8a51dfb35ba93a2ch0b1c|grp-0921135ee61fe53a3df449365228e9b4ch9f9f|prv-*",
        )),
        "gen_caveat_interface_graphsync" => refused(unverified("interface = graphsync")),
        "gen_caveat_data_readonly" => refused(unverified("data.readonly")),
        "gen_two_caveats_first_fails" => refused(unverified("interface = oneclient")),
        "gen_caveat_service_ozw" => only_access("service = ozw-onezone"),
        "gen_caveat_service_ozw_wildcard" => only_access("service = ozw-*"),
        "gen_caveat_api_all" => only_access("api = all/all/*.*.*:*"),
        "gen_caveat_api_exact_delete" => only_access(api),
        "gen_caveat_api_exact_list_provider" => only_access(api_of_provider),
        "gen_caveat_api_default_scope" => only_access("api = ozw/delete/token.*.user_named_tokens,*:private"),
        "gen_user_named_access"
        | "gen_user_temporary_access"
        | "gen_legacy_v1"
        | "gen_v1_slash_in_id"
        | "libmacaroons_base"
        | "gen_caveat_interface_rest" => (Access::Good, no_identity()),
        _ if kind.ends_with(':') => {
            (Access::Refused(not_an_access_token(kind)), Identity::Refused(not_an_identity_token(kind)))
        }
        other => panic!("what is {other} worth?"),
    }
}

/// A zone with the record that the vector was signed for, and a user who presents it beside a token.
fn zone_of(vector: &Value) -> Value {
    let subject = subject_of(vector);
    let secret = vector["secret"].as_str().unwrap_or("nobody knows it");
    let bearer = json!({ "id": "bearer", "name": "bearer", "subject": "usr-bearer", "secret": "bearer's" });
    let mut zone = json!({
        "users": [{ "id": "bearer" }], "providers": [], "tokens": [bearer], "temporaryTokens": [],
    });
    let push = |zone: &mut Value, key: &str, value: Value| zone[key].as_array_mut().unwrap().push(value);
    for subject in BTreeSet::from([format!("usr-{USER}"), format!("prv-{PROVIDER}"), subject.clone()]) {
        let (kind, id) = subject.split_at(4);
        let key = if kind == "usr-" { "users" } else { "providers" };
        let record = if kind == "usr-" { json!({ "id": id }) } else { json!({ "id": id, "name": id }) };
        push(&mut zone, key, record);
    }
    let identifier = vector["macaroon_identifier"].as_str().unwrap_or_default();
    if let Some(rest) = identifier.strip_prefix("2/tmp-") {
        let generation: i64 = rest.split('/').next().unwrap().parse().unwrap();
        push(
            &mut zone,
            "temporaryTokens",
            json!({ "subject": subject, "secret": secret, "generation": generation }),
        );
    } else if let Some(id) = vector["id"].as_str() {
        let version = if identifier.starts_with("2/") { 2 } else { 1 };
        let record =
            json!({ "id": id, "name": "vector", "subject": subject, "secret": secret, "version": version });
        push(&mut zone, "tokens", record);
    }
    zone
}

/// Whose record it is: what the token says, if anybody can be that, and the user of the vectors otherwise.
fn subject_of(vector: &Value) -> String {
    let said = vector["subject"].as_str().filter(|subject| subject.len() > 4);
    let user = format!("usr-{USER}");
    said.map_or(user, str::to_owned)
}

/// The operation of its own subject, which the token must be good for.
fn own(what: &str, vector: &Value) -> Row {
    let subject = subject_of(vector);
    let (kind, id) = subject.split_at(4);
    let name = vector["name"].as_str().unwrap();
    let what = format!("{name}: {what}");
    if kind == "usr-" { delete("3.8", what, id) } else { list("3.8", what, id) }
}

fn rows_of(vector: &Value) -> Vec<Row> {
    let (name, text) = (vector["name"].as_str().unwrap(), vector["serialized"].as_str().unwrap());
    let (access, identity) = worth(name, vector["type"].as_str().unwrap_or_default());
    let is_user = subject_of(vector).starts_with("usr-");
    let acts = |row: Row| match &access {
        Access::Good if is_user => row.deleted(),
        Access::Good => row.lists(&[vector["id"].as_str().unwrap()]),
        Access::Refused(cause) => row.refused(cause.clone()),
    };
    let mut rows = vec![
        acts(own("X-Auth-Token", vector).token(text)),
        acts(own("Macaroon", vector).header("Macaroon", text)),
    ];
    if !text.is_empty() {
        rows.push(acts(own("Bearer", vector).header("Authorization", format!("Bearer {text}"))));
    }
    let beside = |header: &str| {
        let bearer = signed("2/nmd/usr-bearer/act/bearer", &[], "bearer's");
        probe("3.8", format!("{name}: {header}")).token(bearer).header(header, text)
    };
    let (service, consumer) = (beside("X-Onedata-Service-Token"), beside("X-Onedata-Consumer-Token"));
    rows.push(match &identity {
        Identity::OfUser => service.refused(bad_service(&plain("tokenInvalid"))),
        Identity::OfProvider => service.refused(service_forbidden("op_worker", PROVIDER)),
        Identity::Refused(cause) => service.refused(bad_service(cause)),
    });
    rows.push(match &identity {
        Identity::OfUser | Identity::OfProvider => consumer.accepted(),
        Identity::Refused(cause) => consumer.refused(bad_consumer(cause)),
    });
    // Whatever the token is, it must be its subject's session.
    if name == "gen_user_session_access" {
        let cookie = "SID=x|0123456789abcdef0123456789abcdef";
        rows.push(acts(own("in its session", vector).token(text).header("Cookie", cookie)));
    }
    if name == "gen_caveat_api_exact_delete" {
        let api =
            "api = ozw/delete/token.null.user_named_tokens,c26bab23d12f7389c3c311caf9c15902ch4f2a:private";
        rows.push(list("3.8", "everything else", PROVIDER).token(text).refused(unverified(api)));
    }
    rows
}

#[tokio::test]
async fn every_vector_is_worth_what_it_should_in_every_header() {
    let document = document();
    let vectors = document["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 49, "the vectors are all there");
    for vector in vectors {
        let zone = serde_json::from_value(zone_of(vector)).unwrap();
        let world = World::with(zone, settings(), Options::default()).await;
        run(&world, &rows_of(vector)).await;
    }
}

#[tokio::test]
async fn a_vector_without_its_record_is_invalid() {
    let document = document();
    let world = World::with(onezone_store::Zone::default(), settings(), Options::default()).await;
    let named = |vector: &&Value| {
        matches!(
            worth(vector["name"].as_str().unwrap(), vector["type"].as_str().unwrap_or_default()).0,
            Access::Good
        )
    };
    let rows: Vec<Row> = document["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .filter(named)
        .map(|vector| {
            own("no record", vector).token(vector["serialized"].as_str().unwrap()).refused_as("tokenInvalid")
        })
        .collect();
    run(&world, &rows).await;
}

#[tokio::test]
async fn recorded_passwords_are_right() {
    let document = document();
    let vectors = document["password_hash_vectors"].as_array().unwrap();
    assert!(!vectors.is_empty());
    for vector in vectors {
        let (password, hex) = (vector["password"].as_str().unwrap(), vector["stored_hex"].as_str().unwrap());
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
        let zone = json!({ "users": [{ "id": "u", "username": "name", "passwordHash": hash }] });
        let world = World::with(serde_json::from_value(zone).unwrap(), settings(), Options::default()).await;
        let row =
            |password: &str| delete("2.8", "recorded", "u").header("Authorization", basic("name", password));
        run(
            &world,
            &[row(password).deleted(), row(&format!("{password}x")).refused_as("badBasicCredentials")],
        )
        .await;
    }
}
