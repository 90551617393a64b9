//! `audit list` and `audit tail`: who changed what, when, how authenticated, and which tokens were touched.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::{Args, Subcommand};
use onezone_store::{AuditQuery, AuditRow, StoreError, Upkeep};
use serde_json::{Value, json};

use super::Context;
use super::moment::{self, parse_since};
use crate::environment::first_audit_id;

/// How many rows are read at a time.
const PAGE: u32 = 500;

/// How long a change may take before it is on disk and still be seen by `tail`: its id says when it began.
const LATE: i64 = 600;

/// How often `tail` looks.
const INTERVAL: Duration = Duration::from_millis(500);

/// What to do with the audit log.
#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// List changes, the newest last
    #[command(after_help = "Examples:\n  \
        onezone-server audit list --target usr-ID\n  \
        onezone-server audit list --since 1d --limit 1000\n  \
        onezone-server audit list --since 2027-01-15T08:00:00Z --ids --output json")]
    List(ListArguments),
    /// Show changes as they happen, until Ctrl-C
    #[command(after_help = "With --output json, every line is an object of its own.\n\n\
        Examples:\n  \
        onezone-server audit tail\n  \
        onezone-server audit tail --target usr-ID --output json")]
    Tail(TailArguments),
}

/// Which changes.
#[derive(Args)]
pub(crate) struct Filter {
    /// Changes of this target alone: usr-ID, prv-ID, grp-ID, spc-ID, zone, or key-NUMBER
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Changes by this actor alone: usr-ID, prv-ID, or a command as `onezone-server token revoke`
    #[arg(long, value_name = "ACTOR")]
    actor: Option<String>,
    /// Show the ids of the tokens, not only their number
    #[arg(long)]
    ids: bool,
}

/// Which changes, and how many.
#[derive(Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    filter: Filter,
    /// Not earlier than this: a time, seconds since 1970, or a while ago as 30m, 12h or 7d
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Earlier than this
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// How many, the newest ones
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: u32,
}

/// Which changes, and how many that happened already.
#[derive(Args)]
pub(crate) struct TailArguments {
    #[command(flatten)]
    filter: Filter,
    /// How many earlier changes are shown first
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    limit: u32,
}

pub(crate) async fn run(command: AuditCommand, context: &Context<'_>) -> anyhow::Result<()> {
    match command {
        AuditCommand::List(arguments) => list(arguments, context).await,
        AuditCommand::Tail(arguments) => tail(arguments, context).await,
    }
}

async fn list(arguments: ListArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let now = context.environment.now();
    let moment = |text: Option<String>, default: i64| match text {
        Some(text) => {
            parse_since(&text, now).map_err(|error| anyhow::anyhow!("{text:?} is no time: {error}"))
        }
        None => Ok(default),
    };
    let query = AuditQuery {
        since: moment(arguments.since, i64::MIN)?,
        until: moment(arguments.until, i64::MAX)?,
        ..query(&arguments.filter)
    };
    let store = context.open_existing().await?;
    let rows = newest(&*store, query, arguments.limit).await?;
    store.close().await?;
    let ids = arguments.filter.ids;
    let values: Vec<Value> = rows.iter().map(|row| value(row, ids)).collect();
    let mut headings = vec!["time", "action", "target", "tokens", "by", "authentication", "peer", "request"];
    headings.extend(ids.then_some("token ids"));
    let cells: Vec<Vec<String>> = rows.iter().map(|row| cells(row, ids)).collect();
    context.output.table(&headings, &cells, &values)
}

fn query(filter: &Filter) -> AuditQuery {
    AuditQuery {
        target: filter.target.clone(),
        actor: filter.actor.clone(),
        token_ids: filter.ids,
        ..AuditQuery::default()
    }
}

/// The newest rows, from the oldest of them to the newest.
async fn newest(store: &dyn Upkeep, query: AuditQuery, limit: u32) -> anyhow::Result<Vec<AuditRow>> {
    let floor = first_audit_id(query.since);
    let mut query = AuditQuery { newest_first: true, floor, ..query };
    let mut rows: Vec<AuditRow> = Vec::new();
    loop {
        let missing = limit.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        query.limit = missing.min(PAGE);
        let page = if missing == 0 { vec![] } else { store.audit_page(&query).await? };
        let Some(last) = page.last() else { break };
        query.after = Some(key(last));
        rows.extend(page);
    }
    rows.reverse();
    Ok(rows)
}

fn key(row: &AuditRow) -> (String, String) {
    (row.record.entry.id.clone(), row.record.target.clone())
}

/// Ids say when a change began, and it is seen when it ended: so what was begun lately is looked at again and again, and
/// what was shown is remembered for as long.
async fn tail(arguments: TailArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let store = context.open_existing().await?;
    let ids = arguments.filter.ids;
    let show = |row: &AuditRow| {
        if context.output.is_json() {
            context.output.line(&value(row, ids).to_string())
        } else {
            context.output.line(&cells(row, ids).join("  "))
        }
    };
    let recent = || AuditQuery {
        since: context.environment.now() - LATE,
        token_ids: false,
        ..query(&arguments.filter)
    };
    // What is not shown first, because there is too much of it, is not shown later either. It is asked for before that: what comes
    // meanwhile is shown at one time or the other.
    let mut shown: BTreeSet<(String, String)> =
        newest(&*store, recent(), u32::MAX).await?.iter().map(key).collect();
    for row in newest(&*store, query(&arguments.filter), arguments.limit).await? {
        shown.insert(key(&row));
        show(&row);
    }
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    let mut trouble = false;
    loop {
        tokio::select! {
            _ = &mut interrupted => break,
            () = tokio::time::sleep(INTERVAL) => {}
        }
        let rows = match newest(&*store, recent(), u32::MAX).await {
            Ok(rows) => rows,
            Err(error) if is_passing(&error) => {
                if !trouble {
                    context.output.note(&format!("{error:#}; waiting"));
                }
                trouble = true;
                continue;
            }
            Err(error) => return Err(error),
        };
        trouble = false;
        let mut reader_left = false;
        for row in rows {
            if !shown.insert(key(&row)) {
                continue;
            }
            let row = if ids { with_ids(&*store, row).await? } else { row };
            reader_left |= !show(&row);
        }
        if reader_left {
            break;
        }
        let floor = first_audit_id(context.environment.now() - LATE);
        shown = shown.split_off(&(floor, String::new()));
    }
    Ok(store.close().await?)
}

/// What may be over a moment later.
fn is_passing(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(StoreError::Unreachable { .. } | StoreError::Busy { .. } | StoreError::Overloaded)
    )
}

/// One row again, with what can be much.
async fn with_ids(store: &dyn Upkeep, row: AuditRow) -> anyhow::Result<AuditRow> {
    let query = AuditQuery {
        target: Some(row.record.target.clone()),
        floor: row.record.entry.id.clone(),
        limit: 1,
        token_ids: true,
        ..AuditQuery::default()
    };
    Ok(store.audit_page(&query).await?.into_iter().next().unwrap_or(row))
}

fn value(row: &AuditRow, ids: bool) -> Value {
    let AuditRow { record, tokens } = row;
    let entry = &record.entry;
    let mut value = json!({
        "id": entry.id,
        "at": entry.at,
        "time": moment::show(entry.at),
        "action": record.action,
        "target": record.target,
        "tokens": tokens,
        "actor": entry.actor,
        "authentication": entry.authentication,
        "tokenId": entry.token_id,
        "requestId": entry.request_id,
        "peer": entry.peer,
    });
    if ids {
        value["tokenIds"] = json!(record.token_ids);
    }
    value
}

fn cells(row: &AuditRow, ids: bool) -> Vec<String> {
    let AuditRow { record, tokens } = row;
    let entry = &record.entry;
    let authentication = match &entry.token_id {
        Some(id) => format!("{} {id}", entry.authentication),
        None => entry.authentication.clone(),
    };
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let mut cells = vec![
        moment::show(entry.at),
        record.action.clone(),
        record.target.clone(),
        tokens.to_string(),
        entry.actor.clone(),
        authentication,
        or_none(&entry.peer),
        or_none(&entry.request_id),
    ];
    if ids {
        cells.push(record.token_ids.join(" "));
    }
    cells
}
