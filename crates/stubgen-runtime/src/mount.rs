//! The API inside a dropshot server, and the metadata from which dropshot emits its document.
//!
//! Generated code has a dropshot trait beside the plain one; its parameters, bodies and responses are the types here.
//! dropshot reads their metadata and routes; then [`answer`] hands the raw request to the [`Service`], so that
//! credentials, parameters, bodies, limits and errors are the same as in a server of its own.
//!
//! What dropshot answers before it knows the operation stays dropshot's affair: unknown paths and methods, `HEAD` and
//! `OPTIONS`, and paths that are not UTF-8 once decoded or have dot segments. It also ignores empty segments, and a
//! mounted API has no base path.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use dropshot::{
    ApiDescription, ApiDescriptionRegisterError, ApiEndpoint, ApiEndpointBodyContentType,
    ApiEndpointParameter, ApiEndpointParameterLocation, ApiEndpointResponse, ApiEndpointVersions,
    ErrorStatusCode, ExclusiveExtractor, ExtensionMode, ExtractorMetadata, Header, HttpError, HttpResponse,
    HttpResponseError, Path, Query, RequestContext, ServerContext, SharedExtractor, TypedBody,
};
use http::StatusCode;
use schemars::JsonSchema;
use schemars::r#gen::{SchemaGenerator, SchemaSettings};
use schemars::schema::Schema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};

use crate::api::Api;
use crate::declare::declare_empty;
use crate::definition::{Definition, Location};
use crate::parameters::DeclareParameters;
use crate::response::{DeclareResponse, Response};
use crate::service::Service;

/// Declares the parameters of an operation to dropshot. It reads none of them: the service does.
pub struct Parameters<P>(PhantomData<fn() -> P>);

/// Declares the JSON body of an operation to dropshot (`()` declares none), and carries the whole request.
pub struct Body<T> {
    request: http::Request<dropshot::Body>,
    declared: PhantomData<fn() -> T>,
}

/// Declares the success response of an operation to dropshot, and carries any answer of the service.
pub struct Answer<R> {
    response: http::Response<dropshot::Body>,
    declared: PhantomData<fn() -> R>,
}

/// Declares the error body of an operation to dropshot. The service's errors travel in [`Answer`], so that this is
/// sent only for what dropshot itself may come to refuse.
#[derive(Debug)]
pub struct Failure<E> {
    status: ErrorStatusCode,
    message: String,
    declared: PhantomData<fn() -> E>,
}

/// A dropshot API whose context is the service.
pub type Description<A> = ApiDescription<Arc<Service<A>>>;

/// A context by which dropshot's endpoints reach the service.
pub trait Serves: ServerContext {
    /// Answers a request that dropshot routed to the operation of that index.
    fn serve(
        &self,
        operation: usize,
        request: http::Request<dropshot::Body>,
        peer: SocketAddr,
        id: &str,
    ) -> impl Future<Output = Response> + Send;
}

impl<A: Api> Serves for Arc<Service<A>> {
    async fn serve(
        &self,
        operation: usize,
        request: http::Request<dropshot::Body>,
        peer: SocketAddr,
        id: &str,
    ) -> Response {
        self.handle_mounted(operation, request, peer, id).await
    }
}

/// Lets the service answer a request that dropshot routed to the operation of that index.
pub async fn answer<C, T, R, E>(
    context: &RequestContext<C>,
    operation: usize,
    body: Body<T>,
) -> Result<Answer<R>, Failure<E>>
where
    C: Serves,
{
    let peer = context.request.remote_addr();
    let response = context.context().serve(operation, body.request, peer, &context.request_id).await;
    Ok(Answer { response: response.map(dropshot::Body::wrap), declared: PhantomData })
}

/// Adds the operations of these indexes, which dropshot can route though it cannot describe them; they do not appear in its document.
pub fn add<C: Serves>(
    description: &mut ApiDescription<C>,
    definition: &'static Definition,
    operations: &[usize],
) -> Result<(), ApiDescriptionRegisterError> {
    for index in operations {
        let Some(operation) = definition.operations.get(*index) else { continue };
        let Ok(method) = http::Method::from_bytes(operation.method.as_str().as_bytes()) else { continue };
        let id = format!("{UNDESCRIBED}{index}");
        let all = ApiEndpointVersions::All;
        let mut endpoint =
            ApiEndpoint::new(id, undescribed::<C>, method, JSON, operation.path, all).visible(false);
        for parameter in operation.parameters.iter().filter(|parameter| parameter.location == Location::Path)
        {
            endpoint.parameters.extend(path_variable(parameter.name));
        }
        description.register(endpoint)?;
    }
    Ok(())
}

const JSON: &str = "application/json";
/// What the ids of undescribed operations begin with; their index follows.
const UNDESCRIBED: &str = "x_stubgen_";

async fn undescribed<C: Serves>(
    context: RequestContext<C>,
    body: Body<()>,
) -> Result<Answer<AnyAnswer>, Failure<()>> {
    let index = context.endpoint.operation_id.strip_prefix(UNDESCRIBED).and_then(|index| index.parse().ok());
    answer(&context, index.unwrap_or(usize::MAX), body).await
}

/// Any success of an operation that does not appear in the document.
struct AnyAnswer;

impl DeclareResponse for AnyAnswer {
    fn declare() -> ApiEndpointResponse {
        declare_empty(200, "")
    }
}

/// A variable of a path as dropshot wants to be told of it: its schema's type has no public name, so one that exists is taken.
fn path_variable(name: &str) -> Option<ApiEndpointParameter> {
    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    struct Variable {
        value: String,
    }
    let metadata = <Path<Variable> as SharedExtractor>::metadata(ApiEndpointBodyContentType::Json);
    let schema = metadata.parameters.into_iter().next()?.schema;
    let place = ApiEndpointParameterLocation::Path;
    Some(ApiEndpointParameter::new_named(&place, name.to_owned(), None, true, schema, Vec::new()))
}

#[async_trait]
impl<P: DeclareParameters + 'static> SharedExtractor for Parameters<P> {
    async fn from_request<C: ServerContext>(_: &RequestContext<C>) -> Result<Self, HttpError> {
        Ok(Self(PhantomData))
    }

    fn metadata(content_type: ApiEndpointBodyContentType) -> ExtractorMetadata {
        let mut parameters = Vec::new();
        let mut declared =
            |location: Location, metadata: fn(ApiEndpointBodyContentType) -> ExtractorMetadata| {
                let mut generator = SchemaGenerator::new(SchemaSettings::openapi3());
                if P::declare(location, &mut generator).is_some() {
                    parameters.extend(metadata(content_type.clone()).parameters);
                }
            };
        declared(Location::Path, <Path<Declared<P, InPath>> as SharedExtractor>::metadata);
        declared(Location::Query, <Query<Declared<P, InQuery>> as SharedExtractor>::metadata);
        declared(Location::Header, <Header<Declared<P, InHeader>> as SharedExtractor>::metadata);
        ExtractorMetadata { extension_mode: ExtensionMode::None, parameters }
    }
}

#[async_trait]
impl<T: JsonSchema + DeserializeOwned + Send + Sync + 'static> ExclusiveExtractor for Body<T> {
    async fn from_request<C: ServerContext>(
        _: &RequestContext<C>,
        request: http::Request<dropshot::Body>,
    ) -> Result<Self, HttpError> {
        Ok(Self { request, declared: PhantomData })
    }

    fn metadata(content_type: ApiEndpointBodyContentType) -> ExtractorMetadata {
        if TypeId::of::<T>() == TypeId::of::<()>() {
            return ExtractorMetadata { extension_mode: ExtensionMode::None, parameters: Vec::new() };
        }
        <TypedBody<T> as ExclusiveExtractor>::metadata(content_type)
    }
}

impl<R: DeclareResponse> HttpResponse for Answer<R> {
    fn to_result(self) -> Result<http::Response<dropshot::Body>, HttpError> {
        Ok(self.response)
    }

    fn response_metadata() -> ApiEndpointResponse {
        R::declare()
    }

    fn status_code(&self) -> StatusCode {
        self.response.status()
    }
}

impl<E: JsonSchema + 'static> HttpResponseError for Failure<E> {
    fn status_code(&self) -> ErrorStatusCode {
        self.status
    }
}

impl<E> From<HttpError> for Failure<E> {
    fn from(error: HttpError) -> Self {
        Self { status: error.status_code, message: error.external_message, declared: PhantomData }
    }
}

impl<E> fmt::Display for Failure<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl<E> Serialize for Failure<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("message", &self.message)])
    }
}

/// The schema is the declared body's under its own name and id; otherwise schemars would keep two of them.
impl<E: JsonSchema> JsonSchema for Failure<E> {
    fn is_referenceable() -> bool {
        E::is_referenceable()
    }

    fn schema_name() -> String {
        E::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        E::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        E::json_schema(generator)
    }
}

/// The parameters of one place as a type with a schema, which is the form in which dropshot's own extractors take
/// them.
struct Declared<P, L>(PhantomData<fn() -> (P, L)>);

struct InPath;
struct InQuery;
struct InHeader;

trait Place {
    const LOCATION: Location;
}

impl Place for InPath {
    const LOCATION: Location = Location::Path;
}

impl Place for InQuery {
    const LOCATION: Location = Location::Query;
}

impl Place for InHeader {
    const LOCATION: Location = Location::Header;
}

impl<P: DeclareParameters, L: Place> JsonSchema for Declared<P, L> {
    fn schema_name() -> String {
        format!("{} parameters", L::LOCATION)
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        P::declare(L::LOCATION, generator).unwrap_or(Schema::Bool(true))
    }
}

impl<'de, P, L> Deserialize<'de> for Declared<P, L> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self(PhantomData))
    }
}

impl<P> fmt::Debug for Parameters<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Parameters")
    }
}

impl<T> fmt::Debug for Body<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The request's headers may carry credentials.
        formatter.write_str("Body")
    }
}

impl<R> fmt::Debug for Answer<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Answer({})", self.response.status())
    }
}
