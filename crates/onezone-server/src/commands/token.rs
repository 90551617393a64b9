//! `token create`, `print`, `inspect`, `list`, `revoke`: single named tokens.

use std::borrow::Cow;
use std::io::Read as _;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use onezone_store::{CURRENT_TOKEN_VERSION, NamedToken, RecordKind, StoreError, Subject};
use onezone_tokens::{Caveat, Limits, Persistence, Token, ids};
use serde_json::json;
use zeroize::Zeroizing;

use super::Context;
use crate::{names, tokens};

/// What to do with tokens.
#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Store a token and print its serialized form, and nothing else, on standard output
    Create(CreateArguments),
    /// Print the serialized form of a stored token
    Print(PrintArguments),
    /// Decode a token from standard input; needs no database and proves nothing
    #[command(after_help = "Example:\n  onezone-server token inspect < token.txt")]
    Inspect,
    /// List the tokens of a subject, without their secrets
    List(ListArguments),
    /// Revoke a token; it stays listed
    Revoke(RevokeArguments),
}

/// The token to create.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    onezone-server token create --subject usr-ID --name laptop > token.txt\n  \
    onezone-server token create --subject prv-ID --name nightly \\\n    \
    --caveat 'time < 1893456000' --caveat 'interface = rest'\n  \
    onezone-server token create --subject usr-ID --name guests \\\n    \
    --type inviteToken:userJoinGroup:GROUP-ID")]
pub(crate) struct CreateArguments {
    /// Whose token: usr-ID or prv-ID
    #[arg(long, value_name = "SUBJECT")]
    subject: Subject,
    /// Its name, unique within the subject
    #[arg(long)]
    name: String,
    /// accessToken, identityToken, or inviteToken:INVITE-TYPE:ID
    #[arg(long = "type", value_name = "TYPE", default_value = "accessToken", value_parser = parse_type)]
    token_type: onezone_tokens::TokenType,
    /// What confines it, in serialized form; can be repeated
    #[arg(long = "caveat", value_name = "CAVEAT", value_parser = parse_caveat)]
    caveats: Vec<Caveat>,
    /// Its id [default: generated]
    #[arg(long)]
    id: Option<String>,
    #[command(flatten)]
    domain: Domain,
}

/// The token to print.
#[derive(Args)]
pub(crate) struct PrintArguments {
    /// The token's id
    id: String,
    #[command(flatten)]
    domain: Domain,
}

/// Whose tokens to list.
#[derive(Args)]
pub(crate) struct ListArguments {
    /// Whose tokens: usr-ID or prv-ID
    #[arg(long, value_name = "SUBJECT")]
    subject: Subject,
}

/// The token to revoke.
#[derive(Args)]
pub(crate) struct RevokeArguments {
    /// The token's id
    id: String,
}

/// Where a token says it comes from.
#[derive(Args)]
struct Domain {
    /// The zone's domain, for the token's holder to know where it belongs; not checked by the server
    #[arg(long, default_value = "localhost", env = "ONEZONE_DOMAIN")]
    domain: String,
}

pub(crate) async fn run(command: TokenCommand, context: &Context<'_>) -> anyhow::Result<()> {
    match command {
        TokenCommand::Create(arguments) => create(arguments, context).await,
        TokenCommand::Print(arguments) => print(&arguments, context).await,
        TokenCommand::Inspect => inspect(context),
        TokenCommand::List(arguments) => list(&arguments.subject, context).await,
        TokenCommand::Revoke(arguments) => revoke(&arguments.id, context).await,
    }
}

async fn create(arguments: CreateArguments, context: &Context<'_>) -> anyhow::Result<()> {
    ids::check_name("token name", &arguments.name)?;
    let id = match arguments.id {
        Some(id) => id,
        None => context.environment.new_id()?,
    };
    ids::check_id("token id", &id)?;
    let token = NamedToken {
        caveats: arguments.caveats.iter().map(ToString::to_string).collect(),
        id,
        name: arguments.name,
        revoked: false,
        secret: Some(context.environment.new_secret()?),
        subject: arguments.subject,
        token_type: names::to_store_type(&arguments.token_type)?,
        version: CURRENT_TOKEN_VERSION,
    };
    // Issued first: what cannot be issued must not be stored.
    let issued = tokens::issue(&token, &arguments.domain.domain)?;
    let store = context.open_existing()?;
    store.create_token(&token, &context.environment.audit("token create")?).await?;
    store.close().await?;
    context.output.raw(issued.expose());
    Ok(())
}

async fn print(arguments: &PrintArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let store = context.open_existing()?;
    let stored = store.token(&arguments.id).await?;
    store.close().await?;
    let missing = || StoreError::NotFound { kind: RecordKind::Token, id: arguments.id.clone() };
    let issued = tokens::issue(&stored.ok_or_else(missing)?.token, &arguments.domain.domain)?;
    context.output.raw(issued.expose());
    Ok(())
}

fn inspect(context: &Context<'_>) -> anyhow::Result<()> {
    let mut bytes = Zeroizing::new(Vec::new());
    // One byte more than is read at most, so that a longer token is refused as one.
    let limit = u64::try_from(Limits::ONEZONE_MAX_SERIALIZED).unwrap_or(u64::MAX).saturating_add(1024);
    std::io::stdin()
        .take(limit)
        .read_to_end(&mut bytes)
        .context("cannot read a token from standard input")?;
    let limits = Limits { max_serialized: Limits::ONEZONE_MAX_SERIALIZED, ..Limits::default() };
    let text = std::str::from_utf8(&bytes).ok();
    let token = text.and_then(|text| Token::decode(text.trim(), &limits).ok());
    let token = token.context("standard input is not a token: give one as `token create` prints it")?;
    let identifier = token.identifier();
    let persistence = match identifier.persistence() {
        Persistence::Named => "named".to_owned(),
        Persistence::Temporary { generation } => format!("temporary, generation {generation}"),
    };
    let subject = identifier.subject().map(ToString::to_string);
    let caveats: Vec<String> = token.caveats().map(Cow::into_owned).collect();
    let domain = token.domain().map(Cow::into_owned);
    let value = json!({
        "id": identifier.id(),
        "persistence": persistence,
        "subject": subject,
        "type": identifier.token_type().to_json(),
        "domain": domain,
        "caveats": caveats,
    });
    let none = || "-".to_owned();
    let mut rows = vec![
        vec!["id".to_owned(), identifier.id().to_owned()],
        vec!["persistence".to_owned(), persistence],
        vec!["subject".to_owned(), subject.unwrap_or_else(none)],
        vec!["type".to_owned(), identifier.token_type().printable()],
        vec!["domain".to_owned(), domain.unwrap_or_else(none)],
    ];
    rows.extend(caveats.into_iter().map(|caveat| vec!["caveat".to_owned(), caveat]));
    context.output.table(&["field", "value"], &rows, &value)
}

async fn list(subject: &Subject, context: &Context<'_>) -> anyhow::Result<()> {
    let store = context.open_existing()?;
    let tokens = store.list_tokens(subject).await?;
    store.close().await?;
    let values: Vec<_> = tokens
        .iter()
        .map(|token| {
            json!({
                "id": token.id,
                "name": token.name,
                "type": token.token_type,
                "revoked": token.revoked,
                "createdAt": token.created_at,
            })
        })
        .collect();
    let rows: Vec<Vec<String>> = tokens
        .into_iter()
        .map(|token| {
            let state = if token.revoked { "revoked" } else { "valid" };
            let token_type = names::describe_type(&token.token_type);
            vec![token.id, token.name, token_type, state.to_owned(), token.created_at.to_string()]
        })
        .collect();
    context.output.table(&["id", "name", "type", "state", "created at"], &rows, &values)
}

async fn revoke(id: &str, context: &Context<'_>) -> anyhow::Result<()> {
    let store = context.open_existing()?;
    store.revoke_token(id, &context.environment.audit("token revoke")?).await?;
    store.close().await?;
    context.output.result(&json!({ "id": id, "revoked": true }), &format!("revoked token {id}"))
}

fn parse_type(text: &str) -> Result<onezone_tokens::TokenType, String> {
    let json = match text.strip_prefix("inviteToken:").and_then(|rest| rest.split_once(':')) {
        None => json!(text),
        Some((name, id)) => {
            let known = onezone_tokens::InviteType::ALL.into_iter().find(|invite| invite.name() == name);
            let Some(invite) = known else {
                let names: Vec<_> =
                    onezone_tokens::InviteType::ALL.map(onezone_tokens::InviteType::name).into();
                return Err(format!("`{name}` is not an invite type; known: {}", names.join(", ")));
            };
            json!({ "inviteToken": { "inviteType": name, invite.id_key(): id } })
        }
    };
    onezone_tokens::TokenType::from_json(&json)
        .map_err(|_| "write accessToken, identityToken or inviteToken:INVITE-TYPE:ID".to_owned())
}

fn parse_caveat(text: &str) -> Result<Caveat, String> {
    Caveat::parse(text).ok_or_else(|| names::unknown_caveat(text))
}
