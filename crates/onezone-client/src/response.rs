//! Answers as whole bodies: read once, up to a limit, and kept beside the response so that an error can quote them.
//!
//! The body is attached to the response as an extension, so that whoever gets the response can still look at it.

use bytes::Bytes;
use reqwest::Response;
use reqwest::header::HeaderMap;

use crate::{Error, Mismatch};

/// The body of a response, attached to it.
#[derive(Clone)]
#[cfg_attr(target_arch = "wasm32", allow(dead_code, reason = "no body is ever attached there"))]
enum Body {
    Whole(Bytes),
    LongerThan(usize),
}

/// Reads the body, at most `limit` bytes of it, and attaches it to the response.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn read(mut response: Response, limit: usize) -> reqwest::Result<Response> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(rebuilt(&response, Body::LongerThan(limit)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(rebuilt(&response, Body::Whole(body.into())))
}

/// A browser's response cannot be put together again, so there the body stays in it and the limit is the browser's.
#[cfg(target_arch = "wasm32")]
#[expect(clippy::unused_async, reason = "elsewhere it waits for the body")]
pub(crate) async fn read(response: Response, _limit: usize) -> reqwest::Result<Response> {
    Ok(response)
}

/// What went wrong, told by a response that is no success or does not fit the API.
pub(crate) fn into_error(response: &Response) -> Error {
    let status = response.status();
    let mismatch = mismatch_of(response);
    match body_of(response) {
        Some(Body::LongerThan(limit)) => Error::ResponseTooLarge { status, limit },
        Some(Body::Whole(body)) => Error::answer(status, response.headers(), body, mismatch),
        None => Error::answer(status, response.headers(), Bytes::new(), mismatch),
    }
}

/// The whole body of a response that came through [`read`], or what is wrong with the response.
pub(crate) async fn into_body(response: Response) -> Result<Bytes, Error> {
    match body_of(&response) {
        Some(Body::Whole(body)) => Ok(body),
        Some(Body::LongerThan(_)) => Err(into_error(&response)),
        None => response.bytes().await.map_err(Error::transport),
    }
}

/// The server's name for a request.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    text(headers, "x-request-id")
}

/// A header as text, if it is there and is text.
pub(crate) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

#[cfg(not(target_arch = "wasm32"))]
fn body_of(response: &Response) -> Option<Body> {
    response.extensions().get::<Body>().cloned()
}

/// Why the body does not fit, where it was read and does not.
#[cfg(not(target_arch = "wasm32"))]
fn mismatch_of(response: &Response) -> Option<Mismatch> {
    response.extensions().get::<Mismatch>().cloned()
}

/// A browser's response has nothing attached to it.
#[cfg(target_arch = "wasm32")]
fn mismatch_of(_response: &Response) -> Option<Mismatch> {
    None
}

#[cfg(target_arch = "wasm32")]
fn body_of(_response: &Response) -> Option<Body> {
    None
}

#[cfg(not(target_arch = "wasm32"))]
fn rebuilt(response: &Response, body: Body) -> Response {
    let bytes = match &body {
        Body::Whole(bytes) => bytes.clone(),
        Body::LongerThan(_) => Bytes::new(),
    };
    let mut copy = http::Response::new(bytes);
    *copy.status_mut() = response.status();
    *copy.version_mut() = response.version();
    *copy.headers_mut() = response.headers().clone();
    copy.extensions_mut().insert(body);
    copy.into()
}
