//! Lists the named tokens of a provider, an id a line.
//!
//! ```sh
//! ONEZONE_HOST=https://onezone.example.com ONEZONE_API_KEY=... ONEZONE_PROVIDER_ID=... cargo run --example list
//! ```
#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

use std::env;
use std::error::Error;

use onezone_client::{Client, Credentials};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::builder(env::var("ONEZONE_HOST")?)
        .credentials(Credentials::x_auth_token(env::var("ONEZONE_API_KEY")?))
        .build()?;
    let provider = env::var("ONEZONE_PROVIDER_ID")?;

    for id in named_tokens(&client, &provider).await? {
        println!("{id}");
    }
    Ok(())
}

/// In a function that fails with the error of this crate, `?` turns what `send` fails with into one that keeps all there is to know.
async fn named_tokens(client: &Client, provider: &str) -> Result<Vec<String>, onezone_client::Error> {
    let answer = client.list_named_tokens_of_provider().id(provider).send().await?;
    Ok(answer.into_inner().tokens)
}
