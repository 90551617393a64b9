//! Holds what the published reference pages of the two operations say against `openapi.yaml`: titles, paths, parameters,
//! responses, error schema, examples, samples and authentication.

#![allow(clippy::unwrap_used, reason = "a panic fails the test, which is what it is for")]

use serde_json::{Value, json};

/// A published operation, as its page states it.
struct Page {
    pointer: &'static str,
    operation_id: &'static str,
    title: &'static str,
    rights: &'static [&'static str],
    parameter: &'static str,
    success: (&'static str, &'static str),
    samples: &'static [&'static str],
}

const PAGES: [Page; 2] = [
    Page {
        pointer: "/paths/~1users~1{id}~1tokens~1named/delete",
        operation_id: "delete_named_tokens_of_user",
        title: "Delete named tokens of a user",
        rights: &["their own tokens", "`oz_tokens_manage`"],
        parameter: "User Id",
        success: ("204", "All user's named tokens have been deleted."),
        samples: &[
            "curl -u username:password -X DELETE \\\nhttps://$HOST/api/v3/onezone/users/$USER_ID/tokens/named",
            "onezone-rest-cli deleteNamedTokensOfUser id=c26bab23d12f7389c3c311caf9c15902",
        ],
    },
    Page {
        pointer: "/paths/~1providers~1{id}~1tokens~1named/get",
        operation_id: "list_named_tokens_of_provider",
        title: "List named tokens of a provider",
        rights: &["The provider itself", "provider's cluster", "`cluster_update`", "`oz_tokens_manage`"],
        parameter: "Provider Id",
        success: ("200", "The list of all provider named tokens"),
        samples: &[
            "curl -H \"x-auth-token: $TOKEN\" -X GET \\\nhttps://$HOST/api/v3/onezone/providers/$PROVIDER_ID/tokens/named",
            "onezone-rest-cli listNamedTokensOfProvider id=6ebe7ac282e0188b5336b5d8cfa564d5",
        ],
    },
];

/// The error responses, the same on both pages.
const ERRORS: [(&str, &str); 5] = [
    ("400", "Invalid request."),
    ("401", "Authentication error."),
    ("403", "Authorization error."),
    ("404", "Resource not found."),
    ("500", "Internal server Error."),
];

fn document() -> Value {
    serde_saphyr::from_str(include_str!("../../../openapi.yaml")).unwrap()
}

/// The value at a pointer, with a reference there followed.
fn at(document: &Value, pointer: &str) -> Value {
    let value = document.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"));
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => at(document, reference.trim_start_matches('#')),
        None => value.clone(),
    }
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn document_has_exactly_the_two_published_operations() {
    let document = document();
    assert_eq!(keys(&document["paths"]), ["/users/{id}/tokens/named", "/providers/{id}/tokens/named"]);
    assert_eq!(keys(&document["paths"]["/users/{id}/tokens/named"]), ["delete"]);
    assert_eq!(keys(&document["paths"]["/providers/{id}/tokens/named"]), ["get"]);
    assert_eq!(document["servers"][0]["url"], "https://{host}/api/v3/onezone");
}

#[test]
fn titles_ids_and_rights_are_as_published() {
    let document = document();
    for page in &PAGES {
        let operation = at(&document, page.pointer);
        assert_eq!(operation["operationId"], page.operation_id);
        assert_eq!(operation["summary"], page.title);
        assert_eq!(operation["tags"], json!(["Token"]));
        let description = operation["description"].as_str().unwrap().replace('\n', " ");
        for right in page.rights {
            assert!(description.contains(right), "{}: no word of {right}", page.operation_id);
        }
    }
}

#[test]
fn the_only_parameter_is_the_required_string_id_in_the_path() {
    let document = document();
    for page in &PAGES {
        assert_eq!(at(&document, page.pointer)["parameters"].as_array().unwrap().len(), 1);
        let parameter = at(&document, &format!("{}/parameters/0", page.pointer));
        assert_eq!((&parameter["name"], &parameter["in"]), (&json!("id"), &json!("path")));
        assert_eq!(parameter["required"], true);
        assert!(parameter["description"].as_str().unwrap().starts_with(page.parameter));
        assert_eq!(at(&document, &format!("{}/parameters/0/schema", page.pointer))["type"], "string");
    }
}

#[test]
fn every_published_response_has_its_published_description() {
    let document = document();
    for page in &PAGES {
        for (status, description) in ERRORS.iter().chain([&page.success]) {
            let response = at(&document, &format!("{}/responses/{status}", page.pointer));
            assert_eq!(response["description"], *description, "{} {status}", page.operation_id);
        }
    }
}

#[test]
fn every_error_response_is_json_with_the_error_schema() {
    let document = document();
    for page in &PAGES {
        let responses = at(&document, &format!("{}/responses", page.pointer));
        for status in keys(&responses).into_iter().filter(|status| *status >= "400") {
            let response = at(&document, &format!("{}/responses/{status}", page.pointer));
            assert_eq!(keys(&response["content"]), ["application/json"], "{} {status}", page.operation_id);
            assert_eq!(
                response["content"]["application/json"]["schema"],
                json!({"$ref": "#/components/schemas/ErrorResponse"}),
                "{} {status}",
                page.operation_id
            );
        }
    }
}

#[test]
fn error_schema_and_its_example_are_as_published() {
    let document = document();
    let envelope = at(&document, "/components/schemas/ErrorResponse");
    assert_eq!(envelope["required"], json!(["error"]));
    let error = at(&document, "/components/schemas/ErrorResponse/properties/error");
    assert_eq!(error["type"], "object");
    assert_eq!(error["required"], json!(["id", "description"]));
    assert_eq!(error["properties"]["id"]["type"], "string");
    assert_eq!(error["properties"]["description"]["type"], "string");
    assert_eq!(error["properties"]["details"]["type"], "object");
    assert_eq!(
        envelope["example"],
        json!({"error": {
            "id": "badValueString",
            "details": {"key": "name"},
            "description": "Bad value: provided \"name\" must be a string.",
        }})
    );
}

#[test]
fn list_is_a_required_array_of_strings_with_the_published_example() {
    let document = document();
    let response = at(&document, &format!("{}/responses/200", PAGES[1].pointer));
    assert_eq!(keys(&response["content"]), ["application/json"]);
    let list = at(&document, &format!("{}/responses/200/content/application~1json/schema", PAGES[1].pointer));
    assert_eq!(list["required"], json!(["tokens"]));
    assert_eq!(list["properties"]["tokens"]["type"], "array");
    assert_eq!(list["properties"]["tokens"]["items"]["type"], "string");
    assert_eq!(
        list["example"],
        json!({"tokens": [
            "2b5d0dd5aa6443a69277b5ce0544fec2",
            "818bf8d4404c2bcee2b47f024f6c0890",
            "4a5e5dabcd55e03f1e9237eeca2548ff",
            "81336b59656653a481d1e65168f3f213",
        ]})
    );
}

#[test]
fn deletion_answers_without_a_body() {
    assert_eq!(at(&document(), &format!("{}/responses/204", PAGES[0].pointer)).get("content"), None);
}

#[test]
fn samples_are_as_published() {
    let document = document();
    for page in &PAGES {
        let samples = at(&document, &format!("{}/x-codeSamples", page.pointer));
        let sources: Vec<&str> = samples
            .as_array()
            .unwrap()
            .iter()
            .map(|sample| sample["source"].as_str().unwrap().trim_end())
            .collect();
        assert_eq!(sources, page.samples);
    }
}

#[test]
fn every_operation_takes_x_auth_token_then_bearer_then_basic() {
    let document = document();
    assert_eq!(document["security"], json!([{"xAuthToken": []}, {"bearer": []}, {"basic": []}]));
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(keys(schemes), ["xAuthToken", "bearer", "basic"]);
    assert_eq!(schemes["xAuthToken"]["in"], "header");
    assert_eq!(schemes["xAuthToken"]["name"], "X-Auth-Token");
    assert_eq!(schemes["bearer"]["scheme"], "bearer");
    assert_eq!(schemes["basic"]["scheme"], "basic");
    for page in &PAGES {
        assert_eq!(at(&document, page.pointer).get("security"), None, "{} deviates", page.operation_id);
    }
}
