//! One client for many callers, as in a service that acts for its users: each call has credentials of its own, and all share the
//! connections.
//!
//! ```sh
//! ONEZONE_HOST=https://onezone.example.com ONEZONE_API_KEYS="TOKEN TOKEN" ONEZONE_PROVIDER_ID=... cargo run --example per_call_credentials
//! ```
#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

use std::env;
use std::error::Error;

use onezone_client::reqwest::header::{HeaderName, HeaderValue};
use onezone_client::{Client, Credentials};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let shared = Client::builder(env::var("ONEZONE_HOST")?).build()?;
    let provider = env::var("ONEZONE_PROVIDER_ID")?;
    let tokens = env::var("ONEZONE_API_KEYS")?;

    // A client is cheap to clone and can be moved into tasks; `with_credentials` and `with_header` make such a clone.
    let calls = tokens.split_whitespace().enumerate().map(|(index, token)| {
        let client = shared
            .with_credentials(Credentials::bearer(token))
            .with_header(HeaderName::from_static("x-caller"), HeaderValue::from(index));
        let provider = provider.clone();
        tokio::spawn(async move { client.list_named_tokens_of_provider().id(provider).send().await })
    });
    for (index, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
        match call.await? {
            Ok(list) => println!("caller {index}: {} tokens", list.tokens.len()),
            Err(error) => println!("caller {index}: {}", onezone_client::Error::from(error)),
        }
    }
    Ok(())
}
