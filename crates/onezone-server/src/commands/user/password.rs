//! `user password`: a password is typed twice, read from a file or standard input, or generated. It is never an argument, which
//! other users of the machine can see.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use onezone_store::{Note, PasswordHash, Subject, Zone};
use onezone_tokens::password::{self, StoredPasswordHash};
use serde_json::json;
use zeroize::Zeroizing;

use crate::bootstrap::read_password;
use crate::commands::{Context, find};

/// Whose password, and where it comes from.
#[derive(Args)]
#[command(
    after_help = "On a terminal the password is asked for, twice. Tokens of the user stay valid.\n\nExamples:\n  \
    onezone-server user password alice\n  \
    onezone-server user password alice --generate-password\n  \
    pass show alice | onezone-server user password alice --password-file -"
)]
pub(crate) struct PasswordArguments {
    /// The user's id or username
    user: String,
    /// Take the password from this file; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["generate_password", "remove"])]
    password_file: Option<PathBuf>,
    /// Generate a password and print it
    #[arg(long, conflicts_with = "remove")]
    generate_password: bool,
    /// Take the password away: the user has to use tokens then
    #[arg(long)]
    remove: bool,
}

pub(super) async fn run(arguments: PasswordArguments, context: &Context<'_>) -> anyhow::Result<()> {
    // A mistyped name is told before anything is typed.
    let zone = context.zone().await?;
    let user = &zone.users[find::user(&zone, &arguments.user)?];
    let (id, has_username) = (user.id.clone(), user.username.is_some());
    let password = match &arguments.password_file {
        _ if arguments.remove => None,
        Some(file) => Some(read_password(file)?),
        None if arguments.generate_password => Some(context.environment.new_password()?),
        None => Some(ask(user.username.as_deref().unwrap_or(&id))?),
    };
    let salt = context.environment.random()?;
    let hash = password
        .as_ref()
        .map(|password| PasswordHash::new(StoredPasswordHash::create(password, salt).as_bytes().as_slice()));
    let target = id.clone();
    let edit = move |zone: &mut Zone| {
        let user = zone.users.iter_mut().find(|user| user.id == target);
        user.context("the user was removed meanwhile")?.password_hash.clone_from(&hash);
        Ok(Note { action: "user.password", target: Subject::User(target.clone()).to_string() })
    };
    let changed = context.edit("user password", edit).await?.changed;
    let mut value = json!({ "id": id, "changed": changed });
    let mut text = match (&password, changed) {
        (Some(_), _) => format!("set the password of user {id}"),
        (None, true) => format!("took the password of user {id} away"),
        (None, false) => format!("user {id} has no password"),
    };
    if let Some(password) = password.filter(|_| arguments.generate_password) {
        value["password"] = password.as_str().into();
        text = format!("{text}\npassword, which is shown this once: {}", password.as_str());
    }
    context.output.result(&value, &text)?;
    if !has_username && !arguments.remove {
        let update = "onezone-server user update";
        context.output.note(&format!(
            "note: the user has no username to log in with; `{update} {id} --username NAME` gives one"
        ));
    }
    Ok(())
}

/// Twice, as nobody sees what is typed.
fn ask(name: &str) -> anyhow::Result<Zeroizing<String>> {
    if !std::io::stdin().is_terminal() {
        bail!(
            "there is no terminal to ask for a password on: name a file with --password-file (- for standard input), or \
             let one be made with --generate-password"
        );
    }
    let read = |prompt: String| {
        rpassword::prompt_password(prompt).map(Zeroizing::new).context("cannot read the password")
    };
    let first = read(format!("New password of {name}: "))?;
    password::check_new_password(&first).context("this password cannot be used")?;
    if *read("Once more: ".to_owned())? != *first {
        bail!("the two passwords differ; nothing was changed");
    }
    Ok(first)
}
