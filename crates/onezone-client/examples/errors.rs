//! What to do about each kind of failure: decided by the id and the status of an error, with the request id for the server's operators.
//!
//! ```sh
//! ONEZONE_HOST=https://onezone.example.com ONEZONE_API_KEY=... ONEZONE_PROVIDER_ID=... cargo run --example errors
//! ```
#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use onezone_client::{Client, Credentials, Error, RetryPolicy, error_ids};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match list().await {
        Ok(tokens) => {
            println!("{} tokens", tokens.len());
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{}", advice(&error));
            if let Some(request) = error.request_id() {
                println!("the server calls this request {request}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn list() -> Result<Vec<String>, Error> {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let client = Client::builder(variable("ONEZONE_HOST"))
        .credentials(Credentials::x_auth_token(variable("ONEZONE_API_KEY")))
        .request_timeout(Duration::from_secs(2))
        .retry(RetryPolicy::default().max_attempts(2).deadline(Duration::from_secs(5)))
        .build()?;
    let answer = client.list_named_tokens_of_provider().id(variable("ONEZONE_PROVIDER_ID")).send().await?;
    Ok(answer.into_inner().tokens)
}

fn advice(error: &Error) -> String {
    match (error.id(), error) {
        // Errors that the server reported: by id. Ids may be added, so there is a way out by status below.
        (Some(error_ids::UNAUTHORIZED), Error::Api(api)) => match api.cause() {
            Some(cause) if cause.id == error_ids::TOKEN_REVOKED => {
                "the token was revoked: get another one".to_owned()
            }
            Some(cause) => format!("the credentials are refused: {}", cause.description),
            None => "set ONEZONE_API_KEY".to_owned(),
        },
        (Some(error_ids::FORBIDDEN), _) => {
            "not yours to see: ask for the privilege `oz_tokens_manage`".to_owned()
        }
        (Some(error_ids::NOT_FOUND), _) => "there is no such provider: check the id".to_owned(),
        // Everything that may pass by itself. The client has repeated it already.
        (_, error) if error.is_retryable() => {
            let wait = error.retry_after().unwrap_or(Duration::from_secs(30));
            format!("try again in {} s: {error}", wait.as_secs())
        }
        // What the API does not describe is kept as it came, such as a page of a gateway on the way.
        (_, Error::Unexpected(answer)) => {
            let start: String = String::from_utf8_lossy(&answer.body).chars().take(60).collect();
            format!("this is no Onezone: status {:?}, {start:?}", answer.status.map(|status| status.as_u16()))
        }
        (_, Error::InvalidRequest { reason }) => format!("check the arguments: {reason}"),
        (_, error) => error.to_string(),
    }
}
