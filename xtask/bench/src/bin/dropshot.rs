//! The baseline on plain dropshot: its endpoints, its router, its listener.

use std::sync::Arc;

use baselines::listen::{Program, ended};
use baselines::work::{Operation, Work};
use dropshot::{
    ApiDescription, Body, ConfigDropshot, ConfigTls, HttpError, Path, RequestContext, ServerBuilder, endpoint,
};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
struct Parameters {
    id: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let program = Program::from_arguments()?;
    let mut api = ApiDescription::new();
    api.register(delete_tokens)?;
    api.register(list_tokens)?;
    let tls = program.tls.clone();
    let tls = tls.map(|(cert_file, key_file)| ConfigTls::AsFile { cert_file, key_file });
    let log = slog::Logger::root(slog::Discard, slog::o!());
    let config = ConfigDropshot { bind_address: ([127, 0, 0, 1], 0).into(), ..ConfigDropshot::default() };
    let server =
        ServerBuilder::new(api, Work::on(&program.database)?, log).config(config).tls(tls).start()?;
    program.announce(server.local_addr());
    ended().await;
    server.close().await.map_err(anyhow::Error::msg)
}

/// Delete the named tokens of a user.
#[endpoint { method = DELETE, path = "/api/v3/onezone/users/{id}/tokens/named" }]
async fn delete_tokens(
    context: RequestContext<Arc<Work>>,
    path: Path<Parameters>,
) -> Result<http::Response<Body>, HttpError> {
    Ok(perform(Operation::Delete, &context, path).await)
}

/// List the named tokens of a provider.
#[endpoint { method = GET, path = "/api/v3/onezone/providers/{id}/tokens/named" }]
async fn list_tokens(
    context: RequestContext<Arc<Work>>,
    path: Path<Parameters>,
) -> Result<http::Response<Body>, HttpError> {
    Ok(perform(Operation::List, &context, path).await)
}

async fn perform(
    operation: Operation,
    context: &RequestContext<Arc<Work>>,
    path: Path<Parameters>,
) -> http::Response<Body> {
    let request = &context.request;
    let (mut head, ()) = http::Request::new(()).into_parts();
    head.method = request.method().clone();
    head.uri = request.uri().clone();
    head.headers = request.headers().clone();
    let peer = request.remote_addr();
    context.context().perform(operation, &path.into_inner().id, head, peer).await.map(Body::from)
}
