//! `zone apply`, `zone export`, `zone schema`: the whole state as one document.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, Subcommand};
use onezone_store::{Counts, Report, Unnamed, Zone};

use super::Context;
use crate::zone;

/// Room for some millions of tokens; a device or a pipe that never ends is refused before it fills the memory.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// What to do with the zone.
#[derive(Subcommand)]
pub(crate) enum ZoneCommand {
    /// Bring the zone to what a file says
    Apply(ApplyArguments),
    /// Write the whole zone, secrets included, as a file that `apply` takes
    #[command(after_help = "The output holds every secret of the zone. Keep it as safe as the database:\n  \
        (umask 077; onezone-server zone export > zone.yaml)")]
    Export,
    /// Print the JSON Schema of zone files
    #[command(after_help = "With the YAML language server, editors check zone files by it:\n  \
        onezone-server zone schema > zone.schema.json\n  \
        # yaml-language-server: $schema=zone.schema.json   in the first line")]
    Schema,
}

/// What to apply.
#[derive(Args)]
#[command(
    after_help = "Records that the file names are created or updated, all in one transaction. Applying a file \
    again changes nothing. All mistakes in a file are reported together, and then nothing is written.\n\n\
    Examples:\n  \
    onezone-server zone apply zone.yaml\n  \
    onezone-server --database sqlite:old.db zone export |\n    \
    onezone-server --database sqlite:new.db zone apply -"
)]
pub(crate) struct ApplyArguments {
    /// The file, or - for standard input
    file: PathBuf,
    /// Remove what the file does not name
    #[arg(long)]
    prune: bool,
}

pub(crate) async fn run(command: ZoneCommand, context: &Context<'_>) -> anyhow::Result<()> {
    match command {
        ZoneCommand::Apply(arguments) => apply(&arguments, context).await,
        ZoneCommand::Export => export(context).await,
        ZoneCommand::Schema => {
            context.output.raw(&serde_json::to_string_pretty(&zone::schema())?);
            Ok(())
        }
    }
}

async fn apply(arguments: &ApplyArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let (name, text) = read(&arguments.file)?;
    let store = context.open_or_create().await?;
    let current = store.export().await?;
    let zone = zone::load(&text, &current, !arguments.prune, &context.environment)
        .map_err(|problems| anyhow!(problems.render(&name)))?;
    let unnamed = if arguments.prune { Unnamed::Remove } else { Unnamed::Keep };
    let audit = context.environment.audit("zone apply")?;
    let what = format!("applying {} records", count(&zone));
    let report = context.output.with_progress(&what, store.apply(&zone, unnamed, &audit)).await?;
    store.close().await?;
    context.output.table(&["kind", "created", "updated", "removed"], &rows(&report), &report)
}

async fn export(context: &Context<'_>) -> anyhow::Result<()> {
    let store = context.open_existing().await?;
    let zone = store.export().await?;
    store.close().await?;
    let text =
        if context.output.is_json() { serde_json::to_string_pretty(&zone)? } else { zone::to_yaml(&zone)? };
    context.output.raw(&text);
    Ok(())
}

/// The name to show with mistakes, and the text.
fn read(file: &Path) -> anyhow::Result<(String, String)> {
    let standard_input = file == Path::new("-");
    let name = if standard_input { "standard input".to_owned() } else { file.display().to_string() };
    let cannot_read = || format!("cannot read {name}");
    let source: Box<dyn Read> = if standard_input {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(file).with_context(cannot_read)?)
    };
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes).with_context(cannot_read)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES) {
        bail!("{name} is longer than {} MiB: apply it in parts, without --prune", MAX_BYTES >> 20);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        anyhow!("{name} is not UTF-8 from byte {} on: save it as UTF-8", error.utf8_error().valid_up_to())
    })?;
    Ok((name, text))
}

fn count(zone: &Zone) -> usize {
    zone.users.len()
        + zone.groups.len()
        + zone.providers.len()
        + zone.spaces.len()
        + zone.tokens.len()
        + zone.temporary_tokens.len()
}

fn rows(report: &Report) -> Vec<Vec<String>> {
    let row = |kind: &str, counts: Counts| {
        let Counts { created, updated, removed } = counts;
        let numbers = [created, updated, removed].map(|number| number.to_string());
        std::iter::once(kind.to_owned()).chain(numbers).collect()
    };
    vec![
        row("users", report.users),
        row("groups", report.groups),
        row("providers", report.providers),
        row("spaces", report.spaces),
        row("tokens", report.tokens),
        row("temporary tokens", report.temporary_tokens),
    ]
}
