//! The round trip: what dropshot emits for the generated trait is `openapi.yaml`, save a closed list of what dropshot cannot say, and the
//! served document is `openapi.yaml` itself.

use onezone_api::{DEFINITION, endpoints};
use serde_json::Value;
use stubgen_runtime::roundtrip;

/// The document that everything is generated from.
const SPECIFICATION: &str = include_str!("../../../openapi.yaml");

fn specification() -> Value {
    serde_saphyr::from_str(SPECIFICATION).expect("openapi.yaml is YAML")
}

fn emitted() -> Value {
    endpoints::emitted().expect("dropshot emits the document")
}

#[test]
fn what_dropshot_emits_is_the_document() {
    let round_trip =
        roundtrip::check(&specification(), &emitted()).unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(round_trip.published, roundtrip::canonical(&specification()));
}

/// The exceptions that this document needs. One more means that something got lost on the way; one less, that the list is too long.
#[test]
fn only_known_exceptions_are_made() {
    let round_trip =
        roundtrip::check(&specification(), &emitted()).unwrap_or_else(|failure| panic!("{failure}"));
    let used: Vec<_> = round_trip.used().into_iter().collect();
    let expected = [
        "error range",
        "error status",
        "extension",
        "external documentation",
        "parameter annotation",
        "security",
        "servers",
        "version",
    ];
    assert_eq!(used, expected);
}

#[test]
fn every_mutation_of_the_emitted_document_is_caught() {
    let report = roundtrip::mutate_and_check(&specification(), &emitted());
    assert_eq!(report.missed, Vec::<String>::new());
    assert!(
        report.caught > 300,
        "{} mutations were caught, which is too few to mean anything",
        report.caught
    );
}

#[test]
fn the_served_documents_are_the_file() {
    let json: Value = serde_json::from_str(DEFINITION.json).expect("JSON");
    let yaml: Value = serde_saphyr::from_str(DEFINITION.yaml).expect("YAML");
    assert_eq!(json, specification());
    assert_eq!(yaml, specification());
}

/// What the server does by its table is what the document says: methods, paths, parameters, media types, statuses, security.
#[test]
fn the_table_of_the_server_is_the_document() {
    assert_eq!(roundtrip::check_definition(&specification(), &DEFINITION), Ok(()));
}
