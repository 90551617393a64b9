//! A dropshot server that says hello.

use dropshot::{ApiDescription, HttpError, HttpResponseOk, RequestContext, ServerBuilder, endpoint};

#[tokio::main]
async fn main() -> Result<(), String> {
    let mut api = ApiDescription::new();
    api.register(hello).map_err(|error| error.to_string())?;
    let log = slog::Logger::root(slog::Discard, slog::o!());
    ServerBuilder::new(api, (), log).start().map_err(|error| error.to_string())?.await
}

/// Says hello.
#[endpoint { method = GET, path = "/hello" }]
async fn hello(_context: RequestContext<()>) -> Result<HttpResponseOk<String>, HttpError> {
    Ok(HttpResponseOk("hello".to_owned()))
}
