//! `user add`.

use std::path::PathBuf;

use clap::Args;
use onezone_store::{PasswordHash, User};
use onezone_tokens::ids;
use onezone_tokens::password::StoredPasswordHash;
use serde_json::json;

use crate::bootstrap::read_password;
use crate::commands::Context;
use crate::names::{self, PrivilegeKind};

/// The user to add.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    onezone-server user add --username alice --generate-password\n  \
    onezone-server user add --username bob --password-file bob.txt")]
pub(crate) struct AddArguments {
    /// The name to log in with, unique in the zone
    #[arg(long)]
    username: Option<String>,
    /// The name shown to people
    #[arg(long, value_name = "NAME")]
    full_name: Option<String>,
    /// The user's id [default: generated]
    #[arg(long)]
    id: Option<String>,
    /// Take the password from this file (- for standard input); a user without one has to use tokens
    #[arg(long, value_name = "FILE", conflicts_with = "generate_password")]
    password_file: Option<PathBuf>,
    /// Generate a password and print it
    #[arg(long)]
    generate_password: bool,
    /// A zone privilege, or the preset `viewer` or `admin`; can be repeated
    #[arg(long = "privilege", value_name = "PRIVILEGE")]
    privileges: Vec<String>,
}

pub(super) async fn run(arguments: AddArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let id = context.given_or_new_id("user id", arguments.id)?;
    if let Some(username) = &arguments.username {
        ids::check_username(username)?;
    }
    if let Some(full_name) = &arguments.full_name {
        ids::check_full_name(full_name)?;
    }
    let password = match &arguments.password_file {
        Some(file) => Some(read_password(file)?),
        None if arguments.generate_password => Some(context.environment.new_password()?),
        None => None,
    };
    let mut user = User {
        basic_auth: true,
        blocked: false,
        full_name: arguments.full_name,
        id: id.clone(),
        password_hash: None,
        privileges: names::collect_privileges(PrivilegeKind::Zone, &arguments.privileges)?,
        username: arguments.username.clone(),
    };
    if let Some(password) = &password {
        let hash = StoredPasswordHash::create(password, context.environment.random()?);
        user.password_hash = Some(PasswordHash::new(hash.as_bytes().as_slice()));
    }
    let store = context.open_or_create().await?;
    store.create_user(&user, &context.environment.audit("user add")?).await?;
    store.close().await?;

    let mut value = json!({ "id": id, "username": arguments.username });
    let mut text = format!("added user {id}");
    if let Some(password) = password.filter(|_| arguments.generate_password) {
        value["password"] = password.as_str().into();
        text = format!("{text}\npassword, which is shown this once: {}", password.as_str());
    }
    context.output.result(&value, &text)
}
