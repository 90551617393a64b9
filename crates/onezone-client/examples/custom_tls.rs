//! Calls a Onezone whose certificate comes from an authority of one's own.
//!
//! With `ONEZONE_ONLY_CA` set, that authority is the only one that is trusted, and the HTTP client is put together here from scratch.
//! Without it, the authority is trusted beside those of the operating system.
//!
//! ```sh
//! ONEZONE_HOST=https://onezone.test ONEZONE_CA=ca.pem ONEZONE_API_KEY=... ONEZONE_PROVIDER_ID=... cargo run --example custom_tls
//! ```
#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

use std::env;
use std::error::Error;
use std::fs;
use std::time::Duration;

use onezone_client::reqwest::{self, Certificate, redirect};
use onezone_client::{Client, Credentials};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let authorities = Certificate::from_pem_bundle(&fs::read(env::var("ONEZONE_CA")?)?)?;
    let builder = Client::builder(env::var("ONEZONE_HOST")?)
        .credentials(Credentials::x_auth_token(env::var("ONEZONE_API_KEY")?));

    let builder = if env::var_os("ONEZONE_ONLY_CA").is_some() {
        // A client of one's own is used as it is, so it has to bring its own time-out for connections. It must not follow redirects,
        // which would hand the token on.
        let http = reqwest::Client::builder()
            .tls_certs_only(authorities)
            .connect_timeout(Duration::from_secs(5))
            .redirect(redirect::Policy::none())
            .build()?;
        builder.http_client(http)
    } else {
        // Everything else stays as it is by default.
        builder.configure_http(move |http| http.tls_certs_merge(authorities))
    };

    let client = builder.build()?;
    let list = client.list_named_tokens_of_provider().id(env::var("ONEZONE_PROVIDER_ID")?).send().await?;
    println!("{} tokens", list.tokens.len());
    Ok(())
}
