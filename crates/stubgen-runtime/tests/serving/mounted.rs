//! The API inside a dropshot server, and the document that dropshot emits for it.

use std::sync::Arc;

use dropshot::{ConfigDropshot, HttpServer, ServerBuilder};
use serde_json::{Value, json};
use stubgen_runtime::{Service, mount};

use crate::sample::{DEFINITION, Mounted, Sample, sample_endpoints_mod};
use crate::wire::quiet;

fn mounted() -> HttpServer<Arc<Service<Sample>>> {
    let mut api = sample_endpoints_mod::api_description::<Mounted>().unwrap();
    // The deletion is none of the endpoints.
    mount::add(&mut api, &DEFINITION, &[1]).unwrap();
    let service = Service::new(Sample::default(), quiet());
    let log = slog::Logger::root(slog::Discard, slog::o!());
    let config = ConfigDropshot { bind_address: "127.0.0.1:0".parse().unwrap(), ..ConfigDropshot::default() };
    ServerBuilder::new(api, service, log).config(config).start().unwrap()
}

#[tokio::test]
async fn dropshot_server_answers_both_operations() {
    let server = mounted();
    let address = server.local_addr();
    let client = reqwest::Client::new();
    let reply = client.get(format!("http://{address}/items/a%2Fb?limit=3")).header("X-Auth-Token", "t");
    let reply = reply.header("X-Trace", "5").send().await.unwrap();
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers()["access-control-allow-origin"], "*");
    assert_eq!(reply.headers().get_all("x-request-id").iter().count(), 1);
    let body: Value = reply.json().await.unwrap();
    let expected = json!({"id": "a/b", "limit": 3, "trace": 5, "principal": "key t", "method": "GET"});
    assert_eq!(body, expected);

    let item = json!({"name": "a", "count": [1, 2]});
    let reply = client.put(format!("http://{address}/items/x")).json(&item).send().await.unwrap();
    assert_eq!((reply.status().as_u16(), reply.json::<Value>().await.unwrap()), (200, item));
    server.close().await.unwrap();
}

#[tokio::test]
async fn an_operation_that_dropshot_cannot_describe_is_routed_all_the_same() {
    let server = mounted();
    let client = reqwest::Client::new();
    let reply = client.delete(format!("http://{}/items/x", server.local_addr())).send().await.unwrap();
    assert_eq!((reply.status().as_u16(), reply.text().await.unwrap()), (204, String::new()));
    server.close().await.unwrap();
}

#[tokio::test]
async fn errors_of_mounted_operations_have_the_api_s_shape() {
    let server = mounted();
    let address = server.local_addr();
    let client = reqwest::Client::new();
    let rows = [
        (client.get(format!("http://{address}/items/x")), 401, "unauthorized"),
        (client.get(format!("http://{address}/items/x?limit=x")).bearer_auth("t"), 400, "InvalidParameter"),
        (
            client.get(format!("http://{address}/items/x")).bearer_auth("t").header("Accept", "text/html"),
            406,
            "NotAcceptable",
        ),
        (client.put(format!("http://{address}/items/x")).json(&json!({"name": 1})), 400, "InvalidBody"),
        (client.put(format!("http://{address}/items/x")).body("x"), 400, "InvalidBody"),
        (client.put(format!("http://{address}/items/x")).body("x".repeat(65)), 413, "PayloadTooLarge"),
        (client.put(format!("http://{address}/items/x")), 400, "MissingBody"),
        (
            client.put(format!("http://{address}/items/x")).header("Content-Type", "text/plain").body("x"),
            415,
            "UnsupportedMediaType",
        ),
    ];
    for (request, status, id) in rows {
        let reply = request.send().await.unwrap();
        let challenged = reply.headers().contains_key("www-authenticate");
        assert_eq!(reply.status().as_u16(), status, "{id}");
        assert_eq!(challenged, status == 401);
        assert_eq!(reply.json::<Value>().await.unwrap()["error"]["id"], id);
    }
    server.close().await.unwrap();
}

#[test]
fn emitted_document_says_what_was_declared() {
    let api = sample_endpoints_mod::stub_api_description().unwrap();
    let document = api.openapi("Sample", "1.0.0".parse().unwrap()).json().unwrap();
    let get = &document["paths"]["/items/{id}"]["get"];
    let parameters: Vec<_> = get["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| {
            (
                parameter["in"].as_str().unwrap(),
                parameter["name"].as_str().unwrap(),
                parameter["required"].as_bool().unwrap_or(false),
                parameter["schema"]["type"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(parameters.len(), 3, "{parameters:?}");
    assert!(parameters.contains(&("path", "id", true, "string")));
    assert!(parameters.contains(&("query", "limit", false, "integer")));
    assert!(parameters.contains(&("header", "X-Trace", false, "integer")));
    assert_eq!(get["requestBody"], Value::Null);
    assert_eq!(get["responses"]["200"]["description"], "The item.");
    let item = json!({"$ref": "#/components/schemas/Item"});
    assert_eq!(get["responses"]["200"]["content"]["application/json"]["schema"], item);

    let put = &document["paths"]["/items/{id}"]["put"];
    assert_eq!(put["parameters"].as_array().unwrap().len(), 1);
    assert_eq!(put["requestBody"]["content"]["application/json"]["schema"], item);
    assert_eq!(put["responses"]["204"]["content"], Value::Null);

    let error =
        &document["components"]["responses"]["ErrorResponse"]["content"]["application/json"]["schema"];
    assert_eq!(error, &json!({"$ref": "#/components/schemas/ErrorResponse"}));
    let schemas: Vec<&String> = document["components"]["schemas"].as_object().unwrap().keys().collect();
    assert_eq!(schemas, ["ErrorBody", "ErrorResponse", "Item"]);
}
