//! The one trait between the runtime and generated code.

use std::borrow::Cow;

use serde::Deserialize;

use crate::call::Call;
use crate::credentials::Presented;
use crate::definition::Definition;
use crate::rejection::Rejection;
use crate::request::Request;
use crate::response::Response;

/// An API as the runtime sees it; generated code implements it for its `Server`.
pub trait Api: Send + Sync + 'static {
    /// Who calls. Its `Display` is what the access log says, and must never be a secret.
    type Principal: std::fmt::Display + Send + Sync + 'static;

    /// The API's description.
    fn definition(&self) -> &'static Definition;

    /// What the credentials are worth: a principal, or the response that refuses them. Called for every operation
    /// that has security, also when nothing was presented, unless the operation can do without: then there is no principal.
    fn authenticate(
        &self,
        request: &Request,
        presented: Option<Presented>,
    ) -> impl Future<Output = Result<Self::Principal, Response>> + Send;

    /// The response for what the runtime itself answers, with the index of the operation if the request got as far as that.
    /// Status-bound headers are added afterwards.
    fn reject(&self, operation: Option<usize>, rejection: &Rejection) -> Response;

    /// Performs the operation of the index. There is no principal where it needs none, or where it can do without and none of its
    /// alternatives was presented.
    fn call(
        &self,
        operation: usize,
        principal: Option<Self::Principal>,
        call: Call,
    ) -> impl Future<Output = Result<Response, Rejection>> + Send;

    /// The id of the error that a response carries, for the access log: by default the text at `/error/id`.
    fn error_id<'a>(&self, response: &'a Response) -> Option<Cow<'a, str>> {
        #[derive(Deserialize)]
        struct Envelope<'b> {
            #[serde(borrow)]
            error: Inner<'b>,
        }
        #[derive(Deserialize)]
        struct Inner<'b> {
            #[serde(borrow)]
            id: Cow<'b, str>,
        }
        let envelope: Envelope<'a> = serde_json::from_slice(response.body().as_bytes()?).ok()?;
        Some(envelope.error.id)
    }
}
