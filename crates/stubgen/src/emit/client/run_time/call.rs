//! What the operations of this client share: a request put together from parameters and a body, and answers by their status.

#![allow(dead_code, unused_imports, unused_macros, reason = "an API uses what its operations need")]
#![allow(clippy::result_large_err, reason = "the error is that of progenitor's clients")]

mod answer;
mod header;
pub(crate) mod style;

use std::fmt::{self, Display};

use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
pub(crate) use progenitor_client::{ByteStream, Error};
use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue};
pub(crate) use reqwest::{Body, Method};
use serde::Serialize;
use serde_json::Value;

pub use answer::Mismatch;
pub use header::HeaderMismatch;
pub(crate) use header::{each, exploded, headers, json, optional, required, simple};
pub(crate) use answer::{Answer, Outcome, failed, same};
pub(crate) use style::{Style, encoded};

/// A request that is being put together. A mistake is kept until it is sent, which then fails without sending anything.
pub(crate) struct Call {
    operation: &'static str,
    method: Method,
    /// With its variables in braces.
    path: &'static str,
    accept: &'static str,
    variables: Vec<(&'static str, String)>,
    query: Vec<(&'static str, Vec<(String, String)>)>,
    headers: Vec<(&'static str, (HeaderName, HeaderValue))>,
    cookies: Vec<(&'static str, String)>,
    body: Option<(HeaderValue, Body)>,
    /// What has to be set before the request can be sent: places and names.
    needed: Vec<(&'static str, &'static str)>,
    mistake: Option<String>,
}

/// What was set of a call, as it is sent.
#[derive(PartialEq)]
pub(crate) struct Parts {
    pub(crate) operation: &'static str,
    pub(crate) path: &'static str,
    pub(crate) variables: Vec<(&'static str, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) cookies: Vec<String>,
    pub(crate) body: Option<(HeaderValue, Vec<u8>)>,
}

impl Call {
    /// Begins a request that is answered in JSON.
    pub(crate) fn new(operation: &'static str, method: Method, path: &'static str) -> Self {
        Self {
            operation,
            method,
            path,
            accept: "application/json",
            variables: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            cookies: Vec::new(),
            body: None,
            needed: Vec::new(),
            mistake: None,
        }
    }

    /// The media types of the answers, if they are others; empty where no answer has a body.
    pub(crate) fn accepts(mut self, media_types: &'static str) -> Self {
        self.accept = media_types;
        self
    }

    /// What has to be set, by place and name. Variables of the path are needed without being named here.
    pub(crate) fn needs(mut self, what: &[(&'static str, &'static str)]) -> Self {
        self.needed.extend_from_slice(what);
        self
    }

    /// Sets a variable of the path.
    pub(crate) fn path<T: Serialize>(
        &mut self,
        name: &'static str,
        style: Style,
        explode: bool,
        value: impl TryInto<T, Error: Display>,
    ) {
        let Some(value) = self.value("path", name, value) else { return };
        let text = match style {
            Style::Json => encoded(&value.to_string()),
            _ => style::path(name, style, explode, &value),
        };
        if text.is_empty() {
            self.fail(name, &"it is empty, which would reach another endpoint");
        }
        put(&mut self.variables, name, text);
    }

    /// Sets a parameter of the query.
    pub(crate) fn query<T: Serialize>(
        &mut self,
        name: &'static str,
        style: Style,
        explode: bool,
        value: impl TryInto<T, Error: Display>,
    ) {
        let Some(value) = self.value("query", name, value) else { return };
        if let Some(reason) = style::unfit(style, explode, &value) {
            self.fail(name, &reason);
        }
        let pairs = style::pairs(name, style, explode, &value);
        put(&mut self.query, name, pairs);
    }

    /// Sets a parameter in a header.
    pub(crate) fn header<T: Serialize>(
        &mut self,
        name: &'static str,
        style: Style,
        explode: bool,
        value: impl TryInto<T, Error: Display>,
    ) {
        let Some(value) = self.value("header", name, value) else { return };
        let value = HeaderValue::from_bytes(style::header(style, explode, &value).as_bytes());
        match (HeaderName::from_bytes(name.as_bytes()), value) {
            (Ok(header), Ok(value)) => put(&mut self.headers, name, (header, value)),
            _ => self.fail(name, &"it has characters that no header can carry"),
        }
    }

    /// Sets a parameter in a cookie.
    pub(crate) fn cookie<T: Serialize>(
        &mut self,
        name: &'static str,
        style: Style,
        explode: bool,
        value: impl TryInto<T, Error: Display>,
    ) {
        let Some(value) = self.value("cookie", name, value) else { return };
        let pairs = style::pairs(name, style, explode, &value);
        put(&mut self.cookies, name, style::query(&pairs));
    }

    /// Sets the body, in JSON.
    pub(crate) fn json<T: Serialize>(
        &mut self,
        media_type: &'static str,
        value: impl TryInto<T, Error: Display>,
    ) {
        let value = match value.try_into() {
            Ok(value) => value,
            Err(reason) => return self.fail("body", &reason),
        };
        match serde_json::to_vec(&value) {
            Ok(text) => self.bytes(media_type, text),
            Err(error) => self.fail("body", &error),
        }
    }

    /// Sets the body, as a form.
    pub(crate) fn form<T: Serialize>(
        &mut self,
        media_type: &'static str,
        value: impl TryInto<T, Error: Display>,
    ) {
        if let Some(value) = self.value("body", "body", value) {
            self.bytes(media_type, style::form(&value));
        }
    }

    /// Sets the body as it is.
    pub(crate) fn bytes(&mut self, media_type: &str, body: impl Into<Body>) {
        match HeaderValue::from_str(media_type) {
            Ok(media_type) => self.body = Some((media_type, body.into())),
            Err(_) => self.fail("body", &"its media type is none"),
        }
        self.has_body();
    }

    /// Notes that there is a body.
    pub(crate) fn has_body(&mut self) {
        self.set("body", "body");
    }

    /// What was set so far, for whoever compares calls with it; or the first mistake.
    pub(crate) fn parts(self) -> Result<Parts, String> {
        if let Some(mistake) = self.mistake {
            return Err(mistake);
        }
        let bytes = |body: Body| body.as_bytes().unwrap_or_default().to_vec();
        Ok(Parts {
            operation: self.operation,
            path: self.path,
            variables: self.variables,
            query: self.query.into_iter().flat_map(|(_, pairs)| pairs).collect(),
            headers: self.headers.into_iter().map(|(_, header)| header).collect(),
            cookies: self.cookies.into_iter().map(|(_, text)| text).collect(),
            body: self.body.map(|(media_type, body)| (media_type, bytes(body))),
        })
    }

    /// Sends the request through the hooks of the client.
    pub(crate) async fn send<C, E>(self, client: &C) -> Result<Answer, Error<E>>
    where
        C: ClientInfo<crate::Shell> + ClientHooks<crate::Shell>,
    {
        self.send_with(client, |request| request).await
    }

    /// Sends the request with something that it needs beside parameters and a body of bytes.
    pub(crate) async fn send_with<C, E>(
        self,
        client: &C,
        attach: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, Error<E>>
    where
        C: ClientInfo<crate::Shell> + ClientHooks<crate::Shell>,
    {
        let info = OperationInfo { operation_id: self.operation };
        let request = self.request(client.client(), client.baseurl())?;
        let mut request = attach(request).build()?;
        client.pre(&mut request, &info).await?;
        let outcome = client.exec(request, &info).await;
        client.post(&outcome, &info).await?;
        Ok(Answer(outcome?))
    }

    fn request<E>(self, http: &reqwest::Client, base: &str) -> Result<RequestBuilder, Error<E>> {
        let mut url = base.to_owned() + &self.url().map_err(Error::InvalidRequest)?;
        let pairs: Vec<_> = self.query.into_iter().flat_map(|(_, pairs)| pairs).collect();
        if !pairs.is_empty() {
            // An operation may have a part of the query in its path.
            url.push(if self.path.contains('?') { '&' } else { '?' });
            url.push_str(&style::query(&pairs));
        }
        let mut headers = HeaderMap::new();
        if !self.accept.is_empty() {
            headers.insert(ACCEPT, HeaderValue::from_static(self.accept));
        }
        for (_, (name, value)) in self.headers {
            headers.insert(name, value);
        }
        let cookies: Vec<_> = self
            .cookies
            .into_iter()
            .map(|(_, text)| text)
            .filter(|text| !text.is_empty())
            .collect();
        if !cookies.is_empty() {
            headers.insert(COOKIE, HeaderValue::try_from(cookies.join("; "))?);
        }
        let request = http.request(self.method, url).headers(headers);
        Ok(match self.body {
            Some((media_type, body)) => request.header(CONTENT_TYPE, media_type).body(body),
            None => request,
        })
    }

    /// The path with its variables filled in, or why it cannot be.
    fn url(&self) -> Result<String, String> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone());
        }
        match self.needed.first() {
            Some(("body", _)) => return Err("the body has to be set".to_owned()),
            Some((place, name)) => return Err(format!("`{name}` in the {place} has to be set")),
            None => {}
        }
        let mut filled = String::with_capacity(self.path.len() + 32);
        for segment in self.path.split_inclusive('/') {
            let bare = segment.trim_end_matches('/');
            let text = self.segment(bare)?;
            if bare.contains('{') && misleads(&text) {
                return Err(format!("the path becomes `{text}` at `{bare}`, which would reach another endpoint"));
            }
            filled.push_str(&text);
            filled.push_str(&segment[bare.len()..]);
        }
        Ok(filled)
    }

    fn segment(&self, mut template: &str) -> Result<String, String> {
        let mut filled = String::new();
        while let Some((before, rest)) = template.split_once('{') {
            let Some((name, after)) = rest.split_once('}') else { break };
            let value = self.variables.iter().find(|(known, _)| *known == name);
            let (_, value) = value.ok_or_else(|| format!("`{name}` in the path has to be set"))?;
            filled.push_str(before);
            filled.push_str(value);
            template = after;
        }
        filled.push_str(template);
        Ok(filled)
    }

    /// The value as JSON, noted as set; `None` when it is a mistake.
    fn value<T: Serialize>(
        &mut self,
        place: &str,
        name: &'static str,
        value: impl TryInto<T, Error: Display>,
    ) -> Option<Value> {
        self.set(place, name);
        let value = match value.try_into() {
            Ok(value) => serde_json::to_value(&value),
            Err(reason) => {
                self.fail(name, &reason);
                return None;
            }
        };
        match value {
            Ok(value) => Some(value),
            Err(error) => {
                self.fail(name, &error);
                None
            }
        }
    }

    fn set(&mut self, place: &str, name: &str) {
        self.needed.retain(|needed| *needed != (place, name));
    }

    fn fail(&mut self, name: &str, reason: &dyn Display) {
        self.mistake.get_or_insert_with(|| format!("`{name}` cannot be sent: {reason}"));
    }
}

/// Whether a segment of a path would lead to another endpoint: servers and URL parsers drop it, or take it for a step, even when its dots
/// are escaped.
pub(crate) fn misleads(segment: &str) -> bool {
    matches!(segment, "" | "." | "..")
}

/// Sets a value in the place of an earlier one of the same name.
fn put<T>(values: &mut Vec<(&'static str, T)>, name: &'static str, value: T) {
    match values.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => *known = value,
        None => values.push((name, value)),
    }
}

impl fmt::Debug for Call {
    /// Values may be secret, and only a name says which.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Call")
            .field("operation", &self.operation)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
