//! From a call to a request of the client.

use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use onezone_client::reqwest::header::{HeaderName, HeaderValue};
use onezone_client::reqwest::{Certificate, ClientBuilder, Identity, Method, NoProxy, Proxy, tls};
use onezone_client::{Client, Credentials, RawRequest, RetryPolicy, form_body};
use serde_json::Value;

use crate::arguments::Arguments;
use crate::credentials::{Environment, HOST};
use crate::error::Error;
use crate::options::Id;
use crate::secrets;
use crate::table::{BodyForm, Location};
use crate::words::{Body, Call};

/// How long a call may take if nothing is said.
const MAX_TIME: Duration = Duration::from_secs(30);
/// As good as for ever, without overflowing what is added to it.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// The client for the Onezone that the command line or the environment names.
pub(crate) fn client(
    arguments: &Arguments,
    environment: &Environment,
    credentials: Credentials,
) -> Result<Client, Error> {
    environment.check()?;
    let Some(host) = arguments.value(Id::Host).or(environment.host.as_deref()) else {
        return Err(Error::Usage(format!("no Onezone given; write --host URL or set {HOST}")));
    };
    let max_time = arguments.seconds(Id::MaxTime)?.unwrap_or(MAX_TIME);
    let max_time = if max_time.is_zero() { FOR_EVER } else { max_time.min(FOR_EVER) };
    let mut builder = Client::builder(host)
        .credentials(credentials)
        .request_timeout(max_time)
        .retry(retry(arguments, max_time)?)
        .user_agent(concat!("onezone-rest-cli/", env!("CARGO_PKG_VERSION")));
    if let Some(timeout) = arguments.seconds(Id::ConnectTimeout)? {
        builder = builder.connect_timeout(timeout);
    }
    if let Some(limit) = arguments.number(Id::MaxFilesize)? {
        builder = builder.max_response_bytes(limit);
    }
    let connection = Connection::of(arguments)?;
    Ok(builder.configure_http(|http| connection.configure(http)).build()?)
}

/// None unless asked for, as with curl.
fn retry(arguments: &Arguments, max_time: Duration) -> Result<RetryPolicy, Error> {
    let repetitions: u32 = arguments.number(Id::Retry)?.unwrap_or_default();
    let attempts = repetitions.saturating_add(1);
    let whole = max_time.saturating_mul(attempts).clamp(Duration::from_secs(60), FOR_EVER);
    let deadline = arguments.seconds(Id::RetryMaxTime)?.filter(|_| repetitions > 0).unwrap_or(whole);
    let mut retry = RetryPolicy::default().max_attempts(attempts).deadline(deadline.min(FOR_EVER));
    if let Some(delay) = arguments.seconds(Id::RetryDelay)?.filter(|delay| !delay.is_zero()) {
        // The same every time, without jitter, which is what curl does.
        retry = retry.base_delay(delay).max_delay(delay).random(|| 1.0);
    }
    Ok(retry)
}

/// How a connection is to be made, read and checked before anything is.
#[derive(Default)]
struct Connection {
    insecure: bool,
    authorities: Option<Vec<Certificate>>,
    identity: Option<Identity>,
    proxy: Option<Proxy>,
    without_proxy: bool,
    local: Option<IpAddr>,
    addresses: Vec<(String, SocketAddr)>,
    oldest: Option<tls::Version>,
    newest: Option<tls::Version>,
}

impl Connection {
    fn of(arguments: &Arguments) -> Result<Self, Error> {
        let mut connection = Self { insecure: arguments.has(Id::Insecure), ..Self::default() };
        connection.authorities = arguments.value(Id::CaCert).map(certificates).transpose()?;
        if let Some(file) = arguments.value(Id::Cert) {
            connection.identity = Some(identity(file, arguments.value(Id::Key))?);
        }
        connection.proxy = proxy(arguments)?;
        connection.without_proxy = arguments.value(Id::NoProxy) == Some("*");
        connection.local = match (arguments.has(Id::Ipv4), arguments.has(Id::Ipv6)) {
            (true, _) => Some(Ipv4Addr::UNSPECIFIED.into()),
            (_, true) => Some(Ipv6Addr::UNSPECIFIED.into()),
            _ => None,
        };
        for given in arguments.given.iter().filter(|given| given.option.id == Id::Resolve) {
            connection.addresses.push(resolution(&given.value)?);
        }
        connection.oldest = arguments.has(Id::Tlsv13).then_some(tls::Version::TLS_1_3);
        connection.newest = arguments.value(Id::TlsMax).map(|version| match version {
            "1.2" => tls::Version::TLS_1_2,
            _ => tls::Version::TLS_1_3,
        });
        Ok(connection)
    }

    fn configure(self, mut http: ClientBuilder) -> ClientBuilder {
        http = http.http1_only();
        if self.insecure {
            http = http.tls_danger_accept_invalid_certs(true);
        }
        if let Some(authorities) = self.authorities {
            http = http.tls_certs_only(authorities);
        }
        if let Some(identity) = self.identity {
            http = http.identity(identity);
        }
        if let Some(proxy) = self.proxy {
            http = http.proxy(proxy);
        }
        if self.without_proxy {
            http = http.no_proxy();
        }
        if let Some(local) = self.local {
            http = http.local_address(local);
        }
        for (host, address) in &self.addresses {
            http = http.resolve(host, *address);
        }
        if let Some(oldest) = self.oldest {
            http = http.tls_version_min(oldest);
        }
        if let Some(newest) = self.newest {
            http = http.tls_version_max(newest);
        }
        http
    }
}

/// The headers of a call in the order in which they are told, without those of its credentials.
pub(crate) fn headers(call: &Call) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    if call.header("Accept").is_none() {
        headers.push(("Accept".to_owned(), call.operation.accept.to_owned()));
    }
    if let (Some(content_type), None) = (call.content_type(), call.header("Content-Type")) {
        headers.push(("Content-Type".to_owned(), content_type.to_owned()));
    }
    let mut cookies = Vec::new();
    for (parameter, value) in &call.parameters {
        let style = onezone_client::ParameterStyle::from(parameter.style);
        match parameter.location {
            Location::Header => {
                headers.push((parameter.name.to_owned(), style.header_text(parameter.explode, value)));
            }
            Location::Cookie => cookies.push(style.cookie_text(parameter.name, parameter.explode, value)),
            Location::Path | Location::Query => {}
        }
    }
    for (name, value) in &call.headers {
        if name.eq_ignore_ascii_case("Cookie") {
            cookies.push(value.clone());
        } else {
            headers.push((name.clone(), value.clone()));
        }
    }
    cookies.extend(call.cookies.iter().cloned());
    if !cookies.is_empty() {
        headers.push(("Cookie".to_owned(), cookies.join("; ")));
    }
    headers
}

/// The request of a call, without its body.
pub(crate) fn raw(call: &Call) -> Result<RawRequest, Error> {
    let mut request = addressed(call, true)?;
    for (name, value) in headers(call) {
        request = with_header(request, &name, &value)?;
    }
    Ok(request)
}

/// The URL of a call, with or without its secrets.
pub(crate) fn url(call: &Call, base_url: &str, with_secrets: bool) -> Result<String, Error> {
    Ok(addressed(call, with_secrets)?.url(base_url)?.into())
}

fn addressed(call: &Call, with_secrets: bool) -> Result<RawRequest, Error> {
    let operation = call.operation;
    let method = Method::from_bytes(operation.method.as_bytes())
        .map_err(|_| Error::Usage(format!("`{}` has no HTTP method", operation.name)))?;
    let mut request = RawRequest::new(method, operation.path);
    let mask = Value::from(secrets::MASK);
    for (parameter, value) in &call.parameters {
        let (name, style, explode) = (parameter.name, parameter.style.into(), parameter.explode);
        let shown = if with_secrets || !secrets::is_secret(name) { value } else { &mask };
        request = match parameter.location {
            Location::Path => request.path_value(name, style, explode, value),
            Location::Query => request.query_value(name, style, explode, shown)?,
            Location::Header | Location::Cookie => request,
        };
    }
    for (name, value) in &call.unknown {
        let shown = if with_secrets || !secrets::is_secret(name) { value.as_str() } else { secrets::MASK };
        request = request.query(name, shown);
    }
    Ok(request)
}

/// The body of a call as it is sent. It may have to be read first.
pub(crate) fn body(call: &Call) -> Result<Option<Vec<u8>>, Error> {
    Ok(match &call.body {
        None => None,
        Some(Body::Members(members)) => Some(encoded(call, &Value::Object(members.clone())).into_bytes()),
        Some(Body::Text(text)) => Some(text.clone().into_bytes()),
        Some(Body::File(file)) => Some(
            std::fs::read(file)
                .map_err(|source| Error::Read { what: format!("the body from `{file}`"), source })?,
        ),
        Some(Body::Input) => Some(read_input()?),
    })
}

/// Members in the form that the operation takes.
pub(crate) fn encoded(call: &Call, members: &Value) -> String {
    match call.operation.body.as_ref().map(|body| body.form) {
        Some(BodyForm::Form) => form_body(members),
        _ => members.to_string(),
    }
}

/// The value of a header may be a secret, so no error quotes it.
fn with_header(request: RawRequest, name: &str, value: &str) -> Result<RawRequest, Error> {
    let header = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| Error::Usage(format!("`{name}` cannot be the name of a header")))?;
    let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
        Error::Usage(format!("the value for the header `{name}` has a character that headers cannot carry"))
    })?;
    value.set_sensitive(secrets::is_secret(name));
    Ok(request.header(header, value))
}

fn read_file(file: &str, what: &str) -> Result<Vec<u8>, Error> {
    std::fs::read(file).map_err(|source| Error::Read { what: format!("{what} in `{file}`"), source })
}

fn certificates(file: &str) -> Result<Vec<Certificate>, Error> {
    let pem = read_file(file, "the certificates")?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(Error::Usage(format!(
            "the certificates in `{file}` cannot be used: a file of PEM certificates is needed"
        ))),
    }
}

fn identity(file: &str, key: Option<&str>) -> Result<Identity, Error> {
    let mut pem = read_file(file, "the client certificate")?;
    if let Some(key) = key {
        pem.push(b'\n');
        pem.extend(read_file(key, "the key of the client certificate")?);
    }
    // The error is not passed on: it must not get a chance to quote the key.
    Identity::from_pem(&pem).map_err(|_| {
        Error::Usage(format!(
            "the client certificate in `{file}` cannot be used: PEM is needed, with a key that has no pass phrase, here or with --key"
        ))
    })
}

fn proxy(arguments: &Arguments) -> Result<Option<Proxy>, Error> {
    let Some(url) = arguments.value(Id::Proxy) else {
        if arguments.has(Id::ProxyUser) {
            return Err(Error::Usage("`--proxy-user` needs a proxy; give it with `-x URL`".to_owned()));
        }
        return Ok(None);
    };
    // As with curl, a proxy without a scheme is an HTTP proxy.
    let full = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let is_http = full.starts_with("http://") || full.starts_with("https://");
    let proxy = Proxy::all(&full).ok().filter(|_| is_http);
    let mut proxy = proxy.ok_or_else(|| {
        Error::Usage(format!(
            "`{}` is no HTTP proxy; write http://HOST:PORT",
            secrets::without_credentials(url)
        ))
    })?;
    if let Some((name, password)) = arguments.value(Id::ProxyUser).and_then(|user| user.split_once(':')) {
        proxy = proxy.basic_auth(name, password);
    } else if arguments.has(Id::ProxyUser) {
        return Err(Error::Usage("`--proxy-user` needs NAME:PASSWORD".to_owned()));
    }
    Ok(Some(proxy.no_proxy(arguments.value(Id::NoProxy).and_then(NoProxy::from_string))))
}

/// `HOST:PORT:ADDRESS` as curl has it; of several addresses the first is taken, and every port counts.
fn resolution(text: &str) -> Result<(String, SocketAddr), Error> {
    let parts = text.split_once(':').and_then(|(host, rest)| Some((host, rest.split_once(':')?)));
    let parsed = parts.and_then(|(host, (port, address))| {
        let first = address.split(',').next()?.trim_matches(['[', ']']);
        Some((host.to_owned(), SocketAddr::new(first.parse().ok()?, port.parse().ok()?)))
    });
    parsed.ok_or_else(|| {
        Error::Usage("`--resolve` needs HOST:PORT:ADDRESS, as zone.example.org:443:127.0.0.1".to_owned())
    })
}

fn read_input() -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    std::io::stdin()
        .read_to_end(&mut body)
        .map_err(|source| Error::Read { what: "standard input".to_owned(), source })?;
    Ok(body)
}
