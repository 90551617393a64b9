//! From a call to a request of the client, and back to what is to be printed.

use std::io::Read as _;

use onezone_client::reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use onezone_client::reqwest::{Certificate, ClientBuilder, Method};
use onezone_client::{Client, Credentials, RawRequest};

use crate::arguments::Arguments;
use crate::credentials::{Chosen, Environment, HOST};
use crate::error::Error;
use crate::table::Location;
use crate::words::{Body, Call};

/// Sends a call; the body of the answer is the result.
pub(crate) fn send(call: &Call, arguments: &Arguments, environment: &Environment) -> Result<Vec<u8>, Error> {
    let credentials = Chosen::of(call, arguments, environment)?.credentials()?;
    let client = client(arguments, environment, credentials)?;
    let body = match &call.body {
        None => None,
        Some(Body::Members(members)) => {
            Some(serde_json::Value::Object(members.clone()).to_string().into_bytes())
        }
        Some(Body::Input) => Some(read_input()?),
    };
    let mut request = raw(call)?;
    if let Some(body) = body {
        request = request.body(body);
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    Ok(runtime.block_on(client.request(request))?.body.to_vec())
}

/// The client for the Onezone that the command line or the environment names.
pub(crate) fn client(
    arguments: &Arguments,
    environment: &Environment,
    credentials: Credentials,
) -> Result<Client, Error> {
    let Some(host) = arguments.host.as_ref().or(environment.host.as_ref()) else {
        return Err(Error::Usage(format!("no Onezone given; write --host URL or set {HOST}")));
    };
    let mut builder = Client::builder(host)
        .credentials(credentials)
        .user_agent(concat!("onezone-rest-cli/", env!("CARGO_PKG_VERSION")));
    if arguments.insecure {
        builder = builder.configure_http(|http| http.tls_danger_accept_invalid_certs(true));
    }
    if let Some(file) = &arguments.cacert {
        let certificates = certificates(file)?;
        builder = builder.configure_http(move |http: ClientBuilder| http.tls_certs_only(certificates));
    }
    Ok(builder.build()?)
}

/// The request of a call, without its body.
pub(crate) fn raw(call: &Call) -> Result<RawRequest, Error> {
    let operation = call.operation;
    let method = Method::from_bytes(operation.method.as_bytes())
        .map_err(|_| Error::Usage(format!("`{}` has no HTTP method", operation.name)))?;
    let mut request = RawRequest::new(method, operation.path);
    if let (Some(body), Some(_)) = (&operation.body, &call.body) {
        request = request.header(CONTENT_TYPE, HeaderValue::from_static(body.media_type));
    }
    for (name, value) in &call.parameters {
        request = match operation.parameter(name).map(|parameter| parameter.location) {
            Some(Location::Path) => request.path_parameter(*name, value),
            Some(Location::Header) => with_header(request, name, value)?,
            Some(Location::Query) | None => request.query(*name, value),
        };
    }
    for (name, value) in &call.headers {
        request = with_header(request, name, value)?;
    }
    Ok(request)
}

/// The value of a header may be a secret, so no error quotes it.
fn with_header(request: RawRequest, name: &str, value: &str) -> Result<RawRequest, Error> {
    let header = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| Error::Usage(format!("`{name}` cannot be the name of a header")))?;
    let value = HeaderValue::from_str(value).map_err(|_| {
        Error::Usage(format!("the value for the header `{name}` has a character that headers cannot carry"))
    })?;
    Ok(request.header(header, value))
}

fn certificates(file: &str) -> Result<Vec<Certificate>, Error> {
    let what = || format!("the certificates in `{file}`");
    let pem = std::fs::read(file).map_err(|source| Error::Read { what: what(), source })?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(Error::Usage(format!("{} cannot be used: a file of PEM certificates is needed", what()))),
    }
}

fn read_input() -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    std::io::stdin()
        .read_to_end(&mut body)
        .map_err(|source| Error::Read { what: "standard input".to_owned(), source })?;
    Ok(body)
}
