//! `token inspect`: what a token is and which of its caveats hold, from the token alone; with `--verify` also what
//! the database says about it. Neither secrets nor signatures are ever shown.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::net::IpAddr;

use anyhow::{Context as _, bail};
use clap::Args;
use onezone_store::{Store, Subject as Owner};
use onezone_tokens::verify::{self, Circumstances, Consumer};
use onezone_tokens::{Caveat, Interface, Limits, Lookup, Secret, Service, Subject, Token, ids};
use zeroize::Zeroizing;

use super::report::{Check, Report};
use crate::commands::Context;
use crate::commands::moment::parse_moment;
use crate::geo::{GeoArguments, GeoDatabases};
use crate::tokens;

/// How many caveats are explained; a server reads fewer.
const MAX_CAVEATS: usize = 4_096;

/// The request that the token is imagined to come with.
#[derive(Args)]
#[command(after_help = "\
The token is read from standard input, never from the command line, which other
users of the machine can see. What the options do not say is shown as what a
caveat depends on. Without --verify nothing is proved: anybody can write such a
token, and only the server knows whether it signed it.

Examples:
  onezone-server token inspect < token.txt
  onezone-server token inspect --peer-ip 10.1.2.3 --at 2027-01-15T08:00:00Z \\
    < token.txt
  onezone-server token inspect --verify --output json < token.txt")]
pub(crate) struct Arguments {
    /// The address that the request would come from
    #[arg(long, value_name = "ADDRESS")]
    peer_ip: Option<IpAddr>,
    /// The time of the request: seconds since 1970, or as 2027-01-15T08:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_moment, allow_hyphen_values = true)]
    at: Option<i64>,
    /// The service of its service token, as opw-ID or opp-ID [default: Onezone itself]
    #[arg(long, value_name = "SERVICE", value_parser = parse_service)]
    service: Option<Service>,
    /// The party of its consumer token: usr-ID or prv-ID [default: none]
    #[arg(long, value_name = "CONSUMER")]
    consumer: Option<Owner>,
    /// The session of its SID cookie [default: none]
    #[arg(long, value_name = "SESSION")]
    session: Option<String>,
    /// The interface: rest, oneclient or graphsync
    #[arg(long, default_value = "rest", value_parser = parse_interface)]
    interface: Interface,
    #[command(flatten)]
    geo: GeoArguments,
    /// Also check the signature, the record and the subject against the database
    #[arg(long)]
    verify: bool,
}

pub(super) async fn run(arguments: &Arguments, context: &Context<'_>) -> anyhow::Result<()> {
    let geo = GeoDatabases::open(&arguments.geo)?;
    let token = read(context)?;
    let store = if arguments.verify { Some(context.open_existing().await?) } else { None };
    let mut consumer = arguments.consumer.as_ref().map(|owner| Consumer {
        subject: tokens::to_wire(owner),
        effective_groups: BTreeSet::new(),
        in_any_group: false,
    });
    let mut checks = None;
    if let Some(store) = &store {
        if let (Some(consumer), Some(owner)) = (&mut consumer, &arguments.consumer) {
            complete_groups(consumer, owner, &token, store.as_ref()).await?;
        }
        checks = Some(check(&token, store.as_ref()).await?);
        store.close().await?;
    }
    let circumstances = Circumstances {
        peer: arguments.peer_ip.map(|peer| peer.to_canonical()),
        interface: arguments.interface,
        service: arguments.service.as_ref(),
        consumer: consumer.as_ref(),
        groups_are_known: arguments.verify,
        asn: geo.asn_lookup(),
        location: geo.location_lookup(),
        ..Circumstances::rest(arguments.at.unwrap_or_else(|| context.environment.now()))
    };
    let report = Report {
        token: &token,
        caveats: verify::assess(&token, &circumstances),
        circumstances,
        session: arguments.session.as_deref(),
        checks,
    };
    context.output.table(&["field", "value"], &report.rows(), &report.to_json())
}

/// Reads the one token of standard input. Its text is in no message.
fn read(context: &Context<'_>) -> anyhow::Result<Token> {
    const MAX_BYTES: usize = Limits::ONEZONE_MAX_SERIALIZED + 1024;
    // As long as it can get, for a buffer that has to move leaves a copy of the token behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES + 1));
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    std::io::stdin()
        .take(limit)
        .read_to_end(&mut bytes)
        .context("cannot read a token from standard input")?;
    let Ok(text) = std::str::from_utf8(&bytes).map(str::trim) else {
        bail!("standard input is not a token: it is not even text; give one as `token create` prints it");
    };
    if text.is_empty() {
        bail!(
            "standard input is empty: give a token there, as in `onezone-server token inspect < token.txt`"
        );
    }
    let limits = Limits { max_serialized: Limits::ONEZONE_MAX_SERIALIZED, max_caveats: MAX_CAVEATS };
    let Ok(token) = Token::decode(text, &limits) else { bail!("{}", complain(text)) };
    let usual = Limits::default();
    if text.len() > usual.max_serialized || token.caveats().len() > usual.max_caveats {
        context.output.note(&format!(
            "note: by default a server reads {} bytes and {} caveats of a token, and refuses this one",
            usual.max_serialized, usual.max_caveats
        ));
    }
    Ok(token)
}

/// What is probably wrong with a text that is no token.
fn complain(text: &str) -> String {
    let reason = if text.len() > Limits::ONEZONE_MAX_SERIALIZED {
        format!("it is longer than {} bytes, more than Onezone reads", Limits::ONEZONE_MAX_SERIALIZED)
    } else if text.lines().count() > 1 {
        format!("it has {} lines; give one token", text.lines().count())
    } else if text.contains(char::is_whitespace) {
        "there are blanks in it; give the token alone, without the name of a header or `Bearer`".to_owned()
    } else {
        "it may be cut off or mistyped; give one as `token create` prints it".to_owned()
    };
    format!("standard input is not a token: {reason}")
}

fn parse_service(text: &str) -> Result<Service, String> {
    Service::parse(text)
        .filter(|service| !service.id.is_empty() && service.id != "*")
        .ok_or_else(|| format!("`{text}` is not a service: write opw-ID, opp-ID, ozw-onezone or ozp-onezone"))
}

fn parse_interface(text: &str) -> Result<Interface, String> {
    Interface::parse(text).ok_or_else(|| "write rest, oneclient or graphsync".to_owned())
}

/// Asks for those groups of the consumer that the token's caveats name.
async fn complete_groups(
    consumer: &mut Consumer,
    owner: &Owner,
    token: &Token,
    store: &dyn Store,
) -> anyhow::Result<()> {
    if !matches!(owner, Owner::User(_)) {
        return Ok(());
    }
    let caveats: Vec<Caveat> = token.caveats().filter_map(|caveat| Caveat::parse(&caveat)).collect();
    let named = caveats.iter().flat_map(|caveat| match caveat {
        Caveat::Consumer(consumers) => consumers.as_slice(),
        _ => &[],
    });
    let groups: BTreeSet<&str> =
        named.filter_map(|one| if let Subject::Group(id) = one { Some(id.as_str()) } else { None }).collect();
    for group in groups {
        if group == "*" {
            consumer.in_any_group = store.has_direct_group(owner).await?;
        } else if ids::check_id("group id", group).is_ok() && store.is_group_member(owner, group).await? {
            consumer.effective_groups.insert(group.to_owned());
        }
    }
    Ok(())
}

/// Holds the token against the database: its record, its signature and its subject.
async fn check(token: &Token, store: &dyn Store) -> anyhow::Result<Vec<Check>> {
    let mut checks = Vec::new();
    let (owner, secret) = match token.lookup() {
        Lookup::Named(id) => {
            let Some(record) = store.token_of_any_subject(id).await? else {
                checks.push(Check::fails("record", "no token with this id is stored"));
                return Ok(checks);
            };
            checks.push(Check::holds("record", "a token with this id is stored"));
            checks.push(if record.revoked {
                Check::fails("revoked", "the token has been revoked")
            } else {
                Check::holds("revoked", "the token has not been revoked")
            });
            let claimed = token.identifier().subject();
            checks.push(if claimed.is_none_or(|claimed| *claimed == tokens::to_wire(&record.subject)) {
                Check::holds("subject", &format!("it is a token of {}", record.subject))
            } else {
                Check::fails("subject", &format!("the stored token of this id is one of {}", record.subject))
            });
            (record.subject, Some(Secret::new(record.secret.expose())))
        }
        Lookup::Temporary(subject) => {
            let owner = match subject {
                Subject::Provider(id) => Owner::Provider(id.clone()),
                other => Owner::User(other.id().unwrap_or_default().to_owned()),
            };
            let temporary = store.subject_state(&owner).await?.and_then(|state| state.temporary);
            checks.push(check_generation(token, temporary.as_ref().map(|temporary| temporary.generation)));
            (owner, temporary.map(|temporary| Secret::new(temporary.secret.expose())))
        }
        Lookup::Nothing => {
            checks.push(Check::fails("record", "no database can hold a record for such an identifier"));
            return Ok(checks);
        }
    };
    checks.push(if secret.is_some_and(|secret| token.is_signed_with(&secret)) {
        Check::holds("signature", "the token and its caveats are as they were signed")
    } else {
        Check::fails("signature", "the token was not signed with the secret that is stored")
    });
    checks.push(match store.subject_state(&owner).await? {
        None => Check::fails("blocked", &format!("{owner} does not exist")),
        Some(state) if state.blocked => Check::fails("blocked", &format!("{owner} is blocked")),
        Some(_) => Check::holds("blocked", &format!("{owner} exists and is not blocked")),
    });
    Ok(checks)
}

fn check_generation(token: &Token, current: Option<i64>) -> Check {
    let onezone_tokens::Persistence::Temporary { generation } = token.identifier().persistence() else {
        return Check::fails("generation", "the token is not a temporary one");
    };
    match current {
        None => Check::fails("generation", "the subject has had no temporary token"),
        Some(current) if generation < current => {
            Check::fails("generation", &format!("revoked: the current generation is {current}"))
        }
        Some(current) if generation > current => {
            Check::fails("generation", &format!("the current generation is only {current}"))
        }
        Some(current) => Check::holds("generation", &format!("{current} is the current generation")),
    }
}
