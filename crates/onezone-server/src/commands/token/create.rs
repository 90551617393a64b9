//! `token create`: a named token, which is stored, or a temporary one, which is not.

use anyhow::{Context as _, bail};
use clap::Args;
use onezone_store::{CURRENT_TOKEN_VERSION, NamedToken, Subject};
use onezone_tokens::{Caveat, TokenType, ids};

use super::{Domain, duration, known};
use crate::commands::Context;
use crate::{names, tokens};

/// The token to create.
#[derive(Args)]
#[command(after_help = format!("{}\n\n{EXAMPLES}", known::HELP))]
pub(crate) struct Arguments {
    /// Whose token: usr-ID or prv-ID
    #[arg(long, value_name = "SUBJECT")]
    subject: Subject,
    /// Its name, unique within the subject
    #[arg(long, required_unless_present = "temporary")]
    name: Option<String>,
    /// What it is for: a type of those below
    #[arg(long = "type", value_name = "TYPE", default_value = "accessToken", value_parser = known::parse_type)]
    token_type: TokenType,
    /// What confines it: a caveat of those below, in serialized form or as JSON; can be repeated
    #[arg(long = "caveat", value_name = "CAVEAT", value_parser = names::parse_caveat)]
    caveats: Vec<Caveat>,
    /// Its id [default: generated]
    #[arg(long)]
    id: Option<String>,
    /// Issue a temporary token, of which nothing is stored; it cannot be listed, printed again or revoked by itself
    #[arg(long, requires = "ttl", conflicts_with_all = ["name", "id"])]
    temporary: bool,
    /// How long the temporary token is valid, 30d at most: 3600, 90m, 1h, 7d
    #[arg(long, value_name = "TIME", requires = "temporary", value_parser = duration::parse_ttl)]
    ttl: Option<i64>,
    #[command(flatten)]
    domain: Domain,
}

const EXAMPLES: &str = "\
Examples:
  onezone-server token create --subject usr-ID --name laptop > token.txt
  onezone-server token create --subject prv-ID --name nightly \\
    --caveat 'time < 1893456000' --caveat 'interface = rest'
  onezone-server token create --subject usr-ID --name guests \\
    --type inviteToken:userJoinGroup:GROUP-ID
  onezone-server token create --subject usr-ID --temporary --ttl 1h";

pub(super) async fn run(arguments: Arguments, context: &Context<'_>) -> anyhow::Result<()> {
    match (&arguments.name, arguments.ttl) {
        (Some(name), None) => named(name.clone(), &arguments, context).await,
        (None, Some(ttl)) => temporary(ttl, &arguments, context).await,
        // The command line does not let both or none through.
        _ => bail!("give either --name, or --temporary with --ttl"),
    }
}

async fn named(name: String, arguments: &Arguments, context: &Context<'_>) -> anyhow::Result<()> {
    ids::check_name("token name", &name)?;
    let id = match &arguments.id {
        Some(id) => id.clone(),
        None => context.environment.new_id()?,
    };
    ids::check_id("token id", &id)?;
    let token = NamedToken {
        caveats: arguments.caveats.iter().map(ToString::to_string).collect(),
        id,
        name,
        revoked: false,
        secret: Some(context.environment.new_secret()?),
        subject: arguments.subject.clone(),
        token_type: names::to_store_type(&arguments.token_type)?,
        version: CURRENT_TOKEN_VERSION,
    };
    // Issued first: what cannot be issued must not be stored.
    let issued = tokens::issue(&token, &arguments.domain.domain)?;
    let store = context.open_existing().await?;
    store.create_token(&token, &context.environment.audit("token create")?).await?;
    store.close().await?;
    context.output.raw(issued.expose());
    Ok(())
}

async fn temporary(ttl: i64, arguments: &Arguments, context: &Context<'_>) -> anyhow::Result<()> {
    let valid_until = context.environment.now().saturating_add(ttl);
    // The time comes first, so that an expired token says so before anything else.
    let mut caveats = vec![Caveat::Time { valid_until }];
    caveats.extend(arguments.caveats.iter().cloned());
    let (subject, domain) = (&arguments.subject, &arguments.domain.domain);
    let id = context.environment.new_id()?;
    let fresh = context.environment.new_secret()?;
    let issue = |generation, secret: &_| {
        tokens::issue_temporary(subject, generation, &arguments.token_type, &id, &caveats, domain, secret)
    };
    // Tried first: what cannot be issued must not leave a secret behind.
    issue(1, &fresh)?;
    let store = context.open_existing().await?;
    let audit = context.environment.audit("token create --temporary")?;
    let current = store.ensure_temporary_secret(subject, &fresh, &audit).await?;
    store.close().await?;
    let issued = issue(current.generation, &current.secret).context("cannot issue the token")?;
    if matches!(arguments.token_type, TokenType::Access { session: Some(_) }) {
        context.output.note("note: this server keeps no sessions, and refuses tokens that are bound to one");
    }
    context.output.raw(issued.expose());
    Ok(())
}
