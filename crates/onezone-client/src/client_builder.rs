//! Putting a client together: where the Onezone is, and how to talk to it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Request, Url};

use crate::{Client, Credentials, Error, RetryPolicy, Shell, paths};

/// Where the API begins on its host.
pub const BASE_PATH: &str = paths::BASE_PATH;

type Configure = Box<dyn FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send>;

/// Puts a [`Client`] together; see [`Client::builder`].
#[must_use]
pub struct ClientBuilder {
    address: String,
    shell: Shell,
    connect_timeout: Duration,
    user_agent: String,
    configure: Vec<Configure>,
    http: Option<reqwest::Client>,
}

impl ClientBuilder {
    pub(crate) fn new(address: String) -> Self {
        Self {
            address,
            shell: Shell::default(),
            connect_timeout: Duration::from_secs(10),
            user_agent: concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")).to_owned(),
            configure: Vec::new(),
            http: None,
        }
    }

    /// What every request authenticates with. [`Client::with_credentials`] changes it later.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.shell.credentials = Arc::new(credentials);
        self
    }

    /// When and how often failed requests are repeated.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.shell.retry = retry;
        self
    }

    /// How long a connection may take to come about; 10 seconds unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one attempt may take, until its answer is read; 30 seconds unless set. The whole call is bounded by
    /// [`RetryPolicy::deadline`].
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.shell.request_timeout = timeout;
        self
    }

    /// How long an answer may be; 64 MiB unless set. (In a browser, the browser decides.)
    pub fn max_response_bytes(mut self, limit: usize) -> Self {
        self.shell.max_response_bytes = limit;
        self
    }

    /// What the requests call their sender; name and version of this crate unless set.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// A header of every request, in place of what the client would send by that name. [`Client::with_header`] sets one later.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.shell.extras.set_header(name, value);
        self
    }

    /// Shows each request to a function just before it is sent, repetitions included, such as to add the context of a trace. The function
    /// sees the credentials, in headers that are marked as sensitive, and must not wait for anything.
    ///
    /// ```
    /// use onezone_client::Client;
    /// use onezone_client::reqwest::header::{HeaderName, HeaderValue};
    ///
    /// # fn traceparent() -> Option<HeaderValue> { None }
    /// let client = Client::builder("onezone.example.com").before_send(|request| {
    ///     if let Some(context) = traceparent() {
    ///         request.headers_mut().insert(HeaderName::from_static("traceparent"), context);
    ///     }
    /// });
    /// ```
    pub fn before_send(mut self, hook: impl Fn(&mut Request) + Send + Sync + 'static) -> Self {
        self.shell.extras.set_before_send(hook);
        self
    }

    /// Changes the HTTP client that is built: certificates, proxies and whatever else it offers.
    pub fn configure_http(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.configure.push(Box::new(configure));
        self
    }

    /// Uses this HTTP client, as it is, in place of one made here. It should not follow redirects, since that hands
    /// `X-Auth-Token` on to wherever they lead.
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Makes the client. Nothing is sent yet.
    pub fn build(self) -> Result<Client, Error> {
        let base_url = base_url(&self.address)?;
        if cfg!(not(any(feature = "rustls", target_arch = "wasm32")))
            && base_url.starts_with("https:")
            && self.http.is_none()
        {
            return Err(Error::InvalidBaseUrl {
                url: base_url,
                reason: "built without the feature `rustls`; enable it, or give an `http_client` with TLS"
                    .to_owned(),
            });
        }
        let http = if let Some(http) = self.http {
            http
        } else {
            let builder = http_builder(self.user_agent, self.connect_timeout);
            let builder = self.configure.into_iter().fold(builder, |builder, configure| configure(builder));
            builder.build().map_err(Error::HttpClient)?
        };
        Ok(Client::new_with_client(&base_url, http, self.shell))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = base_url(&self.address).unwrap_or_else(|error| error.to_string());
        formatter
            .debug_struct("ClientBuilder")
            .field("base_url", &address)
            .field("shell", &self.shell)
            .field("connect_timeout", &self.connect_timeout)
            .field("user_agent", &self.user_agent)
            .finish_non_exhaustive()
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn http_builder(user_agent: String, connect_timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(user_agent)
        .connect_timeout(connect_timeout)
        .redirect(reqwest::redirect::Policy::none())
}

/// A browser has its own name, its own time-outs and its own way with redirects.
#[cfg(target_arch = "wasm32")]
fn http_builder(_user_agent: String, _connect_timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
}

/// The base URL for an address, with the base path and without a slash at its end.
fn base_url(address: &str) -> Result<String, Error> {
    let trimmed = address.trim();
    let text = if trimmed.contains("://") { trimmed.to_owned() } else { format!("https://{trimmed}") };
    let refused = |reason: &str| Err(refused_address(trimmed, reason));
    let Ok(url) = Url::parse(&text) else {
        return refused("it is no URL; write https://HOST or https://HOST:PORT");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refused("only http and https are possible");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused(
            "credentials do not belong into the URL, where they end up in logs; set them as credentials",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refused("a base URL has neither a query nor a fragment");
    }
    let base = url.as_str().trim_end_matches('/');
    let base_path = if base.ends_with(BASE_PATH) { "" } else { BASE_PATH };
    Ok(format!("{base}{base_path}"))
}

/// Quotes the address only when it can hold no credentials.
fn refused_address(address: &str, reason: &str) -> Error {
    let url = if address.contains('@') { "the base URL".to_owned() } else { format!("base URL `{address}`") };
    Error::InvalidBaseUrl { url, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_path_is_added_unless_it_is_there() {
        for address in [
            "zone.example.org",
            " zone.example.org ",
            "https://zone.example.org",
            "https://zone.example.org/",
            "https://zone.example.org/api/v3/onezone",
            "https://zone.example.org:443/api/v3/onezone/",
        ] {
            assert_eq!(base_url(address).unwrap(), "https://zone.example.org/api/v3/onezone", "{address}");
        }
        assert_eq!(base_url("http://[::1]:8080").unwrap(), "http://[::1]:8080/api/v3/onezone");
        assert_eq!(base_url("localhost:8443").unwrap(), "https://localhost:8443/api/v3/onezone");
        assert_eq!(base_url("https://gate/zone-1").unwrap(), "https://gate/zone-1/api/v3/onezone");
    }

    #[test]
    fn addresses_that_are_no_base_url_are_refused() {
        for address in ["", "https://", "ftp://zone", "https://zone/?a=b", "https://zone/#f", "https://a b"] {
            assert!(matches!(base_url(address), Err(Error::InvalidBaseUrl { .. })), "{address}");
        }
    }

    #[test]
    fn credentials_in_the_address_are_refused_and_not_shown() {
        for address in
            ["https://alice:canary@zone", "alice:canary@zone", "https://canary@zone", "ftp://a:canary@z"]
        {
            let error = base_url(address).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("canary"), "{address}");
            assert!(!format!("{:?}", Client::builder(address)).contains("canary"), "{address}");
        }
    }

    #[test]
    fn debug_output_of_builder_and_client_shows_no_secret() {
        let builder = Client::builder("zone").credentials(Credentials::basic("alice", "canary"));
        assert!(!format!("{builder:?}").contains("canary"));
        let client = builder.build().unwrap();
        assert!(!format!("{client:?} {:?}", client.delete_named_tokens_of_user().id("x")).contains("canary"));
    }
}
