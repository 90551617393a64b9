//! The document that the server gives about itself.

use serde_json::Value;

use crate::curl::curl;
use crate::processes::Home;

/// The contract, from the file that everything is generated from.
fn contract() -> Value {
    serde_saphyr::from_str(include_str!("../../../../openapi.yaml")).unwrap()
}

#[test]
fn both_forms_of_the_document_say_what_openapi_yaml_says() {
    let server = Home::with_zone().serve();
    let contract = contract();
    assert_eq!(contract["paths"].as_object().unwrap().len(), 2);
    let json = curl(&[&format!("{}/openapi.json", server.base())]).expect(200);
    assert_eq!(json.header("content-type"), "application/json");
    assert_eq!(json.json(), contract);
    let yaml = curl(&[&format!("{}/openapi.yaml", server.base())]).expect(200);
    let yaml: Value = serde_saphyr::from_str(&yaml.body).unwrap();
    assert_eq!(yaml, contract);
    server.stop();
}

#[test]
fn every_status_that_the_document_promises_to_explain_has_the_schema_of_errors() {
    let contract = contract();
    for item in contract["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let responses = operation["responses"].as_object().unwrap();
            for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
                let name = response["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
                let schema =
                    &contract["components"]["responses"][name]["content"]["application/json"]["schema"];
                assert_eq!(schema["$ref"], "#/components/schemas/ErrorResponse", "{status}");
            }
        }
    }
}
