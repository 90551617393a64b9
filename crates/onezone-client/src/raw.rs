//! Requests that are put together at run time, from a table of operations instead of generated code.

use std::fmt;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request, Response, StatusCode, Url};

use serde_json::Value;

use crate::call::{encoded, misleads, style};
use crate::credentials::X_AUTH_TOKEN;
use crate::{Error, Shell, response};

/// A request that is put together at run time.
#[derive(Clone)]
pub struct RawRequest {
    method: Method,
    template: String,
    /// By name; encoded.
    path_parameters: Vec<(String, String)>,
    /// Encoded.
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<Bytes>,
}

impl RawRequest {
    /// Begins a request to a path of the API such as `/users/{id}/tokens/named`, relative to the base path. Give values by
    /// [`path_parameter`](Self::path_parameter): what stands here is in the span of the call.
    pub fn new(method: Method, template: impl Into<String>) -> Self {
        Self {
            method,
            template: template.into(),
            path_parameters: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]),
            body: None,
        }
    }

    /// The value of a parameter in the path; it is encoded.
    #[must_use]
    pub fn path_parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.path_parameters.push((name.into(), encoded(&value.into())));
        self
    }

    /// A parameter in the path that is written in a style of OpenAPI; it is encoded.
    #[must_use]
    pub fn path_value(mut self, name: &str, style: ParameterStyle, explode: bool, value: &Value) -> Self {
        let text = match style {
            ParameterStyle::Json => encoded(&value.to_string()),
            _ => style::path(name, style.into(), explode, value),
        };
        self.path_parameters.push((name.to_owned(), text));
        self
    }

    /// Adds a parameter to the query; name and value are encoded.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((encoded(&name.into()), encoded(&value.into())));
        self
    }

    /// Adds a parameter that is written in a style of OpenAPI to the query; it is encoded. Items with the separator of their
    /// style in them are refused.
    pub fn query_value(
        mut self,
        name: &str,
        style: ParameterStyle,
        explode: bool,
        value: &Value,
    ) -> Result<Self, Error> {
        if let Some(reason) = style::unfit(style.into(), explode, value) {
            return Err(invalid(format!("`{name}` cannot be sent: {reason}")));
        }
        self.query.extend(style::pairs(name, style.into(), explode, value));
        Ok(self)
    }

    /// Sets a header, in place of one of the same name. `Authorization` and `X-Auth-Token` stand in place of the client's
    /// credentials.
    #[must_use]
    pub fn header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        if name == AUTHORIZATION || name == X_AUTH_TOKEN {
            value.set_sensitive(true);
        }
        self.headers.insert(name, value);
        self
    }

    /// The body; say by a header what it is.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The headers that have been set so far. The client adds its credentials when it sends the request.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The URL that this request has below a base URL.
    pub fn url(&self, base_url: &str) -> Result<Url, Error> {
        let base =
            Url::parse(base_url).map_err(|error| invalid(format!("`{base_url}` is no URL: {error}")))?;
        let text = format!("{}{}", base.as_str().trim_end_matches('/'), self.path()?);
        let mut url = Url::parse(&text).map_err(|error| invalid(format!("`{text}` is no URL: {error}")))?;
        // A parser that resolves or rewrites anything here would make a request to another endpoint.
        if url.as_str() != text {
            return Err(invalid(format!("`{text}` is not in its plain form, which is `{url}`")));
        }
        if !self.query.is_empty() {
            url.set_query(Some(&style::query(&self.query)));
        }
        Ok(url)
    }

    pub(crate) fn into_http(self, base_url: &str, shell: &Shell) -> Result<Request, Error> {
        let mut request = Request::new(self.method.clone(), self.url(base_url)?);
        *request.headers_mut() = self.headers;
        *request.body_mut() = self.body.map(Into::into);
        shell.extras.add_to(request.headers_mut());
        shell.credentials.apply(request.headers_mut())?;
        Ok(request)
    }

    /// The path with its variables in braces.
    pub(crate) fn template(&self) -> &str {
        &self.template
    }

    fn path(&self) -> Result<String, Error> {
        let mut path = self.template.clone();
        for (name, value) in &self.path_parameters {
            if misleads(value) {
                return Err(invalid(format!(
                    "`{name}` cannot be {value:?}, which would reach another endpoint"
                )));
            }
            let place = format!("{{{name}}}");
            if !path.contains(&place) {
                return Err(invalid(format!("`{}` has no parameter `{name}`", self.template)));
            }
            path = path.replace(&place, value);
        }
        match path.split_once('{').and_then(|(_, rest)| rest.split_once('}')) {
            Some((name, _)) => Err(invalid(format!("`{}` needs a value for `{name}`", self.template))),
            None => Ok(path),
        }
    }
}

impl fmt::Debug for RawRequest {
    /// The body may hold a secret, so only its length is shown.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RawRequest")
            .field("method", &self.method)
            .field("template", &self.template)
            .field("path_parameters", &self.path_parameters)
            .field("query", &self.query)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .finish()
    }
}

/// How a parameter with several values is written: the styles of OpenAPI, and JSON for a parameter with `content`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterStyle {
    /// `a,b`, in paths and headers.
    Simple,
    /// `.a.b`, in paths.
    Label,
    /// `;name=a;name=b`, in paths.
    Matrix,
    /// `name=a&name=b`, or `name=a,b` when not exploded, in queries.
    Form,
    /// `name=a%20b`, in queries.
    SpaceDelimited,
    /// `name=a%7Cb`, in queries.
    PipeDelimited,
    /// `name[key]=a`, in queries.
    DeepObject,
    /// The value as JSON.
    Json,
}

impl ParameterStyle {
    /// The text of a header with this value, where nothing is percent-encoded.
    pub fn header_text(self, explode: bool, value: &Value) -> String {
        style::header(self.into(), explode, value)
    }

    /// The text of a cookie with this value, its name included.
    pub fn cookie_text(self, name: &str, explode: bool, value: &Value) -> String {
        style::query(&style::pairs(name, self.into(), explode, value))
    }
}

impl From<ParameterStyle> for style::Style {
    fn from(style: ParameterStyle) -> Self {
        match style {
            ParameterStyle::Simple => Self::Simple,
            ParameterStyle::Label => Self::Label,
            ParameterStyle::Matrix => Self::Matrix,
            ParameterStyle::Form => Self::Form,
            ParameterStyle::SpaceDelimited => Self::SpaceDelimited,
            ParameterStyle::PipeDelimited => Self::PipeDelimited,
            ParameterStyle::DeepObject => Self::DeepObject,
            ParameterStyle::Json => Self::Json,
        }
    }
}

/// An object as the body of a form, each member under its own name.
pub fn form_body(value: &Value) -> String {
    style::form(value)
}

/// An answer, as it came.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RawResponse {
    /// The answer's status.
    pub status: StatusCode,
    /// The answer's headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl RawResponse {
    pub(crate) async fn read(response: Response) -> Result<Self, Error> {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response::into_body(response).await?;
        Ok(Self { status, headers, body })
    }

    /// The answer if it is a success, otherwise the error that it tells of.
    pub fn error_for_status(self) -> Result<Self, Error> {
        if self.status.is_success() {
            Ok(self)
        } else {
            Err(Error::answer(self.status, &self.headers, self.body, None))
        }
    }
}

fn invalid(reason: String) -> Error {
    Error::InvalidRequest { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://h/api/v3/onezone";

    fn url_with(id: &str) -> Result<String, String> {
        RawRequest::new(Method::GET, "/users/{id}/tokens/named")
            .path_parameter("id", id)
            .url(BASE)
            .map(Into::into)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn path_value_is_encoded_into_its_place() {
        assert_eq!(
            url_with(r"a/b\..%2F c").unwrap(),
            "https://h/api/v3/onezone/users/a%2Fb%5C..%252F%20c/tokens/named"
        );
    }

    #[test]
    fn path_values_that_change_the_path_are_refused_by_name() {
        for id in ["", ".", ".."] {
            assert!(url_with(id).unwrap_err().contains("`id` cannot be"), "{id:?}");
        }
    }

    #[test]
    fn missing_and_unknown_path_parameters_are_refused_by_name() {
        let request = RawRequest::new(Method::GET, "/users/{id}/tokens/named");
        assert!(request.url(BASE).unwrap_err().to_string().contains("needs a value for `id`"));
        let request = request.path_parameter("ids", "x");
        assert!(request.url(BASE).unwrap_err().to_string().contains("no parameter `ids`"));
    }

    #[test]
    fn path_that_a_parser_would_rewrite_is_refused() {
        for template in ["/users/../zones", "/../../../zones", r"/users\x", "zones/../x", "/a b"] {
            let request = RawRequest::new(Method::GET, template);
            assert!(matches!(request.url(BASE), Err(Error::InvalidRequest { .. })), "{template}");
        }
    }

    #[test]
    fn query_is_encoded() {
        let url = RawRequest::new(Method::GET, "/x").query("a b", "c&d=é").url(BASE).unwrap();
        assert_eq!(url.query(), Some("a%20b=c%26d%3D%C3%A9"));
    }

    #[test]
    fn values_are_written_in_the_style_of_their_parameter() {
        let list = serde_json::json!(["a b", "c,d"]);
        let url = RawRequest::new(Method::GET, "/x/{p}")
            .path_value("p", ParameterStyle::Simple, false, &list)
            .query_value("q", ParameterStyle::Form, false, &list)
            .and_then(|request| request.query_value("r", ParameterStyle::Form, true, &list))
            .and_then(|request| request.url(BASE))
            .unwrap();
        assert_eq!(url.as_str(), "https://h/api/v3/onezone/x/a%20b,c%2Cd?q=a%20b,c%2Cd&r=a%20b&r=c%2Cd");
        let refused =
            RawRequest::new(Method::GET, "/x").query_value("q", ParameterStyle::SpaceDelimited, false, &list);
        assert!(refused.unwrap_err().to_string().contains("`q` cannot be sent"));
        assert_eq!(ParameterStyle::Simple.header_text(false, &list), "a b,c,d");
        assert_eq!(ParameterStyle::Form.cookie_text("n", true, &serde_json::json!("a;b")), "n=a%3Bb");
    }

    #[test]
    fn debug_output_shows_neither_credentials_nor_body() {
        let request = RawRequest::new(Method::POST, "/x")
            .header(X_AUTH_TOKEN, HeaderValue::from_static("canary"))
            .header(AUTHORIZATION, HeaderValue::from_static("Bearer canary"))
            .body("canary");
        assert!(!format!("{request:?} {request:#?}").contains("canary"));
    }
}
