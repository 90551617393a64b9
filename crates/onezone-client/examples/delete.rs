//! Deletes all named tokens of a user, with the user's name and password.
//!
//! A token would do as well. It may be one of those that are deleted: the answer still comes, and then the token is gone.
//!
//! ```sh
//! ONEZONE_HOST=https://onezone.example.com ONEZONE_BASIC_AUTH=alice:password ONEZONE_USER_ID=... cargo run --example delete
//! ```
#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

use std::env;
use std::error::Error;

use onezone_client::{Client, Credentials};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let login = env::var("ONEZONE_BASIC_AUTH")?;
    let (name, password) = login.split_once(':').ok_or("ONEZONE_BASIC_AUTH is NAME:PASSWORD")?;
    let client =
        Client::builder(env::var("ONEZONE_HOST")?).credentials(Credentials::basic(name, password)).build()?;

    // Repeated by itself when the answer is lost: a second deletion finds nothing, which is no error.
    let user = env::var("ONEZONE_USER_ID")?;
    client.delete_named_tokens_of_user().id(user.as_str()).send().await?;
    println!("the named tokens of {user} are deleted");
    Ok(())
}
