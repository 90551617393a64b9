//! What the client can do besides the generated operations.

use std::sync::Arc;

use progenitor_client::ClientInfo as _;
use reqwest::header::{HeaderName, HeaderValue};

use crate::paths::BASE_PATH;
use crate::{Client, ClientBuilder, Credentials, Error, RawRequest, RawResponse, RetryPolicy, trace};

impl Client {
    /// Begins a client of the Onezone at the given address: a base URL, or a host name with or without a port, which
    /// stands for HTTPS. The base path is added unless it is there.
    pub fn builder(address: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(address.into())
    }

    /// The same client with other credentials, for a call or for longer. It shares the connections and costs little.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        let mut client = self.clone();
        client.inner.credentials = Arc::new(credentials);
        client
    }

    /// The same client with another retry policy, for a call or for longer. It shares the connections and costs little.
    #[must_use]
    pub fn with_retry(&self, retry: RetryPolicy) -> Self {
        let mut client = self.clone();
        client.inner.retry = retry;
        client
    }

    /// The same client with a header in all its requests, for a call or for longer, such as the context of a trace or a key for a gateway
    /// on the way. It stands in place of what the client would send by that name; `Authorization` and `X-Auth-Token` stand in place of the
    /// credentials. It shares the connections and costs little.
    #[must_use]
    pub fn with_header(&self, name: HeaderName, value: HeaderValue) -> Self {
        let mut client = self.clone();
        client.inner.extras.set_header(name, value);
        client
    }

    /// Where the API is: scheme, host and base path, without a slash at the end.
    pub fn base_url(&self) -> &str {
        self.baseurl()
    }

    /// Sends a request that is put together at run time, with the same credentials, retries and errors as the generated
    /// operations. Every answer that is no success is an error.
    pub async fn request(&self, request: RawRequest) -> Result<RawResponse, Error> {
        self.exchange(request).await?.error_for_status()
    }

    /// Sends a request as [`Client::request`] does, and gives its answer back whatever the status.
    pub async fn exchange(&self, request: RawRequest) -> Result<RawResponse, Error> {
        let template =
            format!("{BASE_PATH}{}", request.template().split(['?', '#']).next().unwrap_or_default());
        let request = request.into_http(self.baseurl(), &self.inner)?;
        let span = trace::span(&request, &template);
        let outcome = trace::within(span, self.inner.execute(&self.client, request)).await;
        let response = outcome.map_err(Error::transport)?;
        RawResponse::read(response).await
    }
}
