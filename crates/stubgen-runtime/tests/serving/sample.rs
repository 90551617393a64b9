//! A sample API in the shape of generated code: definition, types, trait glue and dropshot endpoints.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{InstanceType, ObjectValidation, Schema, SchemaObject};
use serde::{Deserialize, Serialize};
use stubgen_runtime::{
    Api, Call, DeclareParameters, DeclareResponse, Definition, FromParameters, IntoResponse, Location,
    Method, Operation, Parameter, ParameterSource, Presented, Rejection, Request, RequestBody, Response,
    SchemeKind, Security, SecurityScheme, Service, Shape, Style, mount,
};
use tokio::sync::Notify;

use crate::wire::PATIENCE;

/// The length of the text that `large` answers: more than a socket takes that nobody reads.
pub(crate) const LARGE: usize = 16 * 1024 * 1024;

const JSON: &[&str] = &["application/json"];
const ANYONE: Security = Security { alternatives: &[], optional: false };
const ID: Parameter = Parameter {
    name: "id",
    location: Location::Path,
    required: true,
    shape: Shape::String,
    style: Style::Simple,
    explode: false,
    default: None,
};
const LIMIT: Parameter = Parameter {
    name: "limit",
    location: Location::Query,
    required: false,
    shape: Shape::Integer,
    style: Style::Form,
    explode: true,
    default: None,
};
const TRACE: Parameter = Parameter {
    name: "X-Trace",
    location: Location::Header,
    required: false,
    shape: Shape::Integer,
    style: Style::Simple,
    explode: false,
    default: None,
};
const PAGE: Parameter = Parameter {
    name: "page",
    location: Location::Query,
    required: true,
    shape: Shape::String,
    style: Style::Form,
    explode: true,
    default: None,
};

const fn operation(id: &'static str, method: Method, path: &'static str, security: Security) -> Operation {
    Operation { id, method, path, parameters: &[], body: None, produces: JSON, statuses: &[200], security }
}

const fn body(media_types: &'static [&'static str], required: bool, max_bytes: Option<u64>) -> RequestBody {
    RequestBody { media_types, required, max_bytes, form: Shape::Any }
}

/// The sample's definition; the operations' order is that of `Sample::call`.
pub(crate) static DEFINITION: Definition = Definition {
    title: "Sample",
    version: "1.0.0",
    base_path: "/api/v1",
    schemes: &[
        SecurityScheme { name: "key", kind: SchemeKind::ApiKeyHeader("X-Auth-Token") },
        SecurityScheme { name: "bearer", kind: SchemeKind::Bearer },
        SecurityScheme { name: "basic", kind: SchemeKind::Basic },
        SecurityScheme { name: "query", kind: SchemeKind::ApiKeyQuery("key") },
        SecurityScheme { name: "session", kind: SchemeKind::ApiKeyCookie("sid") },
    ],
    alternatives: &[&[0], &[1], &[2], &[3, 1], &[4]],
    operations: &[
        Operation {
            parameters: &[ID, LIMIT, TRACE],
            ..operation(
                "get_item",
                Method::Get,
                "/items/{id}",
                Security { alternatives: &[0, 1, 2], optional: false },
            )
        },
        Operation {
            parameters: &[ID],
            statuses: &[204],
            ..operation("delete_item", Method::Delete, "/items/{id}", ANYONE)
        },
        Operation {
            parameters: &[ID],
            body: Some(body(JSON, true, Some(64))),
            ..operation("put_item", Method::Put, "/items/{id}", ANYONE)
        },
        Operation {
            body: Some(body(JSON, false, None)),
            ..operation("post_note", Method::Post, "/notes", ANYONE)
        },
        operation("panic", Method::Get, "/panic", ANYONE),
        operation("slow", Method::Get, "/slow", ANYONE),
        operation("both", Method::Get, "/both", Security { alternatives: &[3], optional: false }),
        operation("session", Method::Get, "/session", Security { alternatives: &[4], optional: true }),
        operation("broken", Method::Get, "/broken", ANYONE),
        Operation {
            body: Some(body(&["application/octet-stream"], true, None)),
            ..operation("post_blob", Method::Post, "/blobs", ANYONE)
        },
        Operation { parameters: &[PAGE], ..operation("search", Method::Get, "/search", ANYONE) },
        operation("peer", Method::Get, "/peer", ANYONE),
        operation("large", Method::Get, "/large", ANYONE),
    ],
    validation: "{}",
    json: r#"{"openapi":"3.0.3"}"#,
    yaml: "openapi: 3.0.3\n",
};

/// A body, and what the sample echoes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Item {
    /// The item's name.
    pub(crate) name: String,
    /// How many there are.
    pub(crate) count: Vec<u32>,
    /// What went wrong with it, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<ErrorResponse>,
}

/// The one error body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ErrorResponse {
    /// The error.
    pub(crate) error: ErrorBody,
}

/// What is inside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ErrorBody {
    /// A stable id.
    pub(crate) id: String,
    /// For people.
    pub(crate) description: String,
}

/// Parameters of `get_item`.
pub(crate) struct GetItemParameters {
    id: String,
    limit: Option<u8>,
    trace: Option<i64>,
}

/// Parameters of `delete_item` and `put_item`.
pub(crate) struct ItemParameters {
    id: String,
}

/// Success of `get_item`.
pub(crate) struct GetItemResponse(serde_json::Value);

/// Success of `delete_item` and `put_item`.
pub(crate) struct NoContent;

/// The sample API's handlers, with handles to observe and steer `slow`.
#[derive(Default)]
pub(crate) struct Sample {
    entered: Notify,
    /// Lets `slow` go on.
    pub(crate) gate: Notify,
    /// How often `slow` came to its end.
    pub(crate) finished: AtomicUsize,
    /// Whether what is left of `slow` panics, at its end or at its deadline.
    pub(crate) fails: AtomicBool,
}

/// Panics when it is dropped, if it is told to.
struct Fragile(bool);

impl Drop for Fragile {
    fn drop(&mut self) {
        assert!(!self.0, "a handler that panics");
    }
}

impl Sample {
    /// Waits until `slow` has begun.
    pub(crate) async fn slow_has_begun(&self) {
        tokio::time::timeout(PATIENCE, self.entered.notified()).await.expect("the request does not arrive");
    }
}

impl FromParameters for GetItemParameters {
    fn from_parameters(source: &ParameterSource<'_>) -> Result<Self, Rejection> {
        Ok(Self { id: source.required(0)?, limit: source.optional(1)?, trace: source.optional(2)? })
    }
}

impl FromParameters for ItemParameters {
    fn from_parameters(source: &ParameterSource<'_>) -> Result<Self, Rejection> {
        Ok(Self { id: source.required(0)? })
    }
}

impl IntoResponse for GetItemResponse {
    fn into_response(self) -> Response {
        stubgen_runtime::json(200, &self.0)
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        // A generated response would be empty; the service must mend one that is not.
        let mut response = stubgen_runtime::json(200, "unwanted");
        *response.status_mut() = http::StatusCode::NO_CONTENT;
        response
    }
}

/// An error response.
pub(crate) fn error(status: u16, id: &str, description: &str) -> Response {
    let error = ErrorBody { id: id.to_owned(), description: description.to_owned() };
    stubgen_runtime::json(status, &ErrorResponse { error })
}

impl Api for Sample {
    type Principal = String;

    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    async fn authenticate(
        &self,
        request: &Request,
        presented: Option<Presented>,
    ) -> Result<String, Response> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let principal = match presented {
            Some(presented) => match presented.alternative() {
                0 => format!("key {}", text(presented.api_key(0).expose())),
                1 => {
                    let token = presented.bearer(0);
                    format!("{} {}", token.scheme_as_sent(), text(token.expose()))
                }
                2 => {
                    request.log_authentication("basic");
                    let basic = presented.basic(0);
                    let Ok(decoded) = basic.decode() else {
                        return Err(error(401, "badBasic", "not base64"));
                    };
                    request.log_credential("of alice");
                    format!("{} {}", basic.scheme_as_sent(), text(decoded.username()))
                }
                3 => format!(
                    "{} and {}",
                    text(presented.api_key(0).expose()),
                    text(presented.bearer(1).expose())
                ),
                _ => format!("sid {}", text(presented.api_key(0).expose())),
            },
            None => return Err(error(401, "unauthorized", "who are you?")),
        };
        if principal.ends_with("bad") { Err(error(401, "badToken", "no")) } else { Ok(principal) }
    }

    fn reject(&self, _: Option<usize>, rejection: &Rejection) -> Response {
        let name = format!("{rejection:?}");
        let id = name.split([' ', '{', '(']).next().unwrap_or_default();
        error(rejection.status(), id, &rejection.to_string())
    }

    async fn call(
        &self,
        operation: usize,
        principal: Option<String>,
        call: Call,
    ) -> Result<Response, Rejection> {
        Ok(match operation {
            0 => {
                let GetItemParameters { id, limit, trace } = call.parameters()?;
                let principal = call.principal(principal)?;
                GetItemResponse(serde_json::json!({
                    "id": id, "limit": limit, "trace": trace, "principal": principal,
                    "method": call.request().method().as_str(),
                }))
                .into_response()
            }
            1 => {
                let ItemParameters { id } = call.parameters()?;
                assert!(!id.is_empty());
                NoContent.into_response()
            }
            2 => {
                let _: ItemParameters = call.parameters()?;
                stubgen_runtime::json(200, &call.json_body::<Item>().await?)
            }
            3 => stubgen_runtime::json(200, &call.optional_json_body::<Item>().await?),
            4 => panic!("a handler that panics"),
            5 => {
                let _fragile = Fragile(self.fails.load(Ordering::SeqCst));
                self.entered.notify_one();
                self.gate.notified().await;
                self.finished.fetch_add(1, Ordering::SeqCst);
                stubgen_runtime::json(200, "done")
            }
            6 => stubgen_runtime::json(200, &call.principal(principal)?),
            7 => stubgen_runtime::json(200, principal.as_deref().unwrap_or("nobody")),
            8 => stubgen_runtime::json(200, &BTreeMap::from([(vec![1], 2)])),
            9 => stubgen_runtime::json(200, &call.bytes_body().await?.len()),
            10 => stubgen_runtime::json(200, &call.parameters::<SearchParameters>()?.page),
            11 => stubgen_runtime::json(200, &call.request().peer().to_string()),
            12 => stubgen_runtime::json(200, &" ".repeat(LARGE)),
            _ => return Err(Rejection::NotFound),
        })
    }
}

struct SearchParameters {
    page: String,
}

impl FromParameters for SearchParameters {
    fn from_parameters(source: &ParameterSource<'_>) -> Result<Self, Rejection> {
        Ok(Self { page: source.required(0)? })
    }
}

/// An object schema of scalars.
fn object(properties: &[(&str, InstanceType, bool)]) -> Schema {
    let mut object = ObjectValidation::default();
    for (name, kind, required) in properties {
        let schema = SchemaObject { instance_type: Some((*kind).into()), ..SchemaObject::default() };
        object.properties.insert((*name).to_owned(), schema.into());
        if *required {
            object.required.insert((*name).to_owned());
        }
    }
    SchemaObject {
        instance_type: Some(InstanceType::Object.into()),
        object: Some(Box::new(object)),
        ..SchemaObject::default()
    }
    .into()
}

impl DeclareParameters for GetItemParameters {
    fn declare(location: Location, _: &mut SchemaGenerator) -> Option<Schema> {
        match location {
            Location::Path => Some(object(&[("id", InstanceType::String, true)])),
            Location::Query => Some(object(&[("limit", InstanceType::Integer, false)])),
            Location::Header => Some(object(&[("X-Trace", InstanceType::Integer, false)])),
            Location::Cookie => None,
        }
    }
}

impl DeclareParameters for ItemParameters {
    fn declare(location: Location, _: &mut SchemaGenerator) -> Option<Schema> {
        (location == Location::Path).then(|| object(&[("id", InstanceType::String, true)]))
    }
}

impl DeclareResponse for GetItemResponse {
    fn declare() -> dropshot::ApiEndpointResponse {
        let mut declared = <dropshot::HttpResponseOk<Item> as dropshot::HttpResponse>::response_metadata();
        declared.description = Some("The item.".to_owned());
        declared
    }
}

impl DeclareResponse for NoContent {
    fn declare() -> dropshot::ApiEndpointResponse {
        <dropshot::HttpResponseDeleted as dropshot::HttpResponse>::response_metadata()
    }
}

/// The sample API for dropshot.
#[dropshot::api_description]
pub(crate) trait SampleEndpoints {
    type Context;

    /// Get an item
    #[endpoint(method = GET, path = "/items/{id}")]
    async fn get_item(
        rqctx: dropshot::RequestContext<Self::Context>,
        parameters: mount::Parameters<GetItemParameters>,
        request: mount::Body<()>,
    ) -> Result<mount::Answer<GetItemResponse>, mount::Failure<ErrorResponse>>;

    /// Replace an item
    #[endpoint(method = PUT, path = "/items/{id}")]
    async fn put_item(
        rqctx: dropshot::RequestContext<Self::Context>,
        parameters: mount::Parameters<ItemParameters>,
        request: mount::Body<Item>,
    ) -> Result<mount::Answer<NoContent>, mount::Failure<ErrorResponse>>;
}

/// The implementation that hands everything to the service.
pub(crate) enum Mounted {}

impl SampleEndpoints for Mounted {
    type Context = Arc<Service<Sample>>;

    async fn get_item(
        rqctx: dropshot::RequestContext<Self::Context>,
        _: mount::Parameters<GetItemParameters>,
        request: mount::Body<()>,
    ) -> Result<mount::Answer<GetItemResponse>, mount::Failure<ErrorResponse>> {
        mount::answer(&rqctx, 0, request).await
    }

    async fn put_item(
        rqctx: dropshot::RequestContext<Self::Context>,
        _: mount::Parameters<ItemParameters>,
        request: mount::Body<Item>,
    ) -> Result<mount::Answer<NoContent>, mount::Failure<ErrorResponse>> {
        mount::answer(&rqctx, 2, request).await
    }
}
