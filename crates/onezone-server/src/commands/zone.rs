//! `zone apply`, `zone export`, `zone schema`: the whole state as one document.

use std::io::{BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use onezone_store::{
    Counts, NamedToken, Report, Spool, Store, StoreError, Subject, TokenSource, Unnamed, Zone, ZoneSink,
};

use super::Context;
use crate::output::Output;
use crate::progress::{Counted, Progress, Unit};
use crate::zone::{self, Document, Problems, Syntax, Writer};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What to do with the zone.
#[derive(Subcommand)]
pub(crate) enum ZoneCommand {
    /// Bring the zone to what a file says
    Apply(ApplyArguments),
    /// Write the whole zone, secrets included, as a file that `apply` takes
    Export(ExportArguments),
    /// Print the JSON Schema of zone files
    #[command(after_help = "With the YAML language server, editors check zone files by it:\n  \
        onezone-server zone schema > zone.schema.json\n  \
        # yaml-language-server: $schema=zone.schema.json   in the first line")]
    Schema,
}

/// Where to write the zone.
#[derive(Args)]
#[command(
    after_help = "The output holds every secret of the zone. Keep it as safe as the database. A FILE is readable by its \
    owner only and appears when it is complete; what was there before is replaced.\n\n\
    Examples:\n  \
    onezone-server zone export zone.yaml\n  \
    onezone-server --output json zone export | jq .users"
)]
pub(crate) struct ExportArguments {
    /// The file; - or nothing for standard output
    file: Option<PathBuf>,
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
        ZoneCommand::Export(arguments) => export(&arguments, context).await,
        ZoneCommand::Schema => {
            context.output.raw(&serde_json::to_string_pretty(&zone::schema())?);
            Ok(())
        }
    }
}

async fn apply(arguments: &ApplyArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let spool = Arc::new(Spool::new(context.environment.new_keyring()?)?);
    let problems = Problems::default();
    let (name, document) = read(&arguments.file, &spool, &problems, context.output)?;
    let Some(document) = document else { bail!(problems.render(&name)) };
    let store = context.open_or_create().await?;
    let stop = stop_on_signal();
    let current = current(store.as_ref(), &spool, &stop, context.output).await?;
    let keep = !arguments.prune;
    let zone = zone::resolve(document, &spool, &current, keep, &context.environment, &problems)?;
    if !problems.is_empty() {
        bail!(problems.render(&name));
    }
    let unnamed = if keep { Unnamed::Keep } else { Unnamed::Remove };
    let audit = context.environment.audit("zone apply")?;
    let tokens = Arc::new(WatchedTokens::new(spool, stop, context.output));
    let report = store.apply_from(&zone, tokens, unnamed, &audit).await?;
    store.close().await?;
    context.output.table(&["kind", "created", "updated", "removed"], &rows(&report), &report)
}

/// Reads a file; its name as it is shown with mistakes, and what is in it beside tokens.
fn read(
    file: &Path,
    spool: &Spool,
    problems: &Problems,
    output: &Output,
) -> anyhow::Result<(String, Option<Document>)> {
    let is_standard_input = file == Path::new("-");
    let name = if is_standard_input { "standard input".to_owned() } else { file.display().to_string() };
    let progress = output.progress(&format!("reading {name}"), Unit::Bytes);
    let source: Box<dyn Read> = if is_standard_input {
        progress.start(None, None);
        Box::new(std::io::stdin())
    } else {
        let file = std::fs::File::open(file).with_context(|| format!("cannot read {name}"))?;
        let length = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        progress.start(None, length);
        Box::new(file)
    };
    let document = zone::read(Counted { source, progress: &progress }, &name, spool, problems)?;
    Ok((name, document))
}

/// What is stored, without tokens; those are made known to the spool, if there are any to compare them with.
async fn current(
    store: &dyn Store,
    spool: &Arc<Spool>,
    stop: &Arc<AtomicBool>,
    output: &Output,
) -> anyhow::Result<Zone> {
    let zone = Arc::new(Mutex::new(Zone::default()));
    let sink = StoredTokens {
        zone: Arc::clone(&zone),
        is_wanted: !spool.is_empty()?,
        spool: Arc::clone(spool),
        stop: Arc::clone(stop),
        progress: output.progress("reading the database", Unit::Tokens),
    };
    store.export_to(Box::new(sink)).await?;
    let zone = std::mem::take(&mut *zone.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(zone)
}

/// Tells the spool what is stored.
struct StoredTokens {
    zone: Arc<Mutex<Zone>>,
    is_wanted: bool,
    spool: Arc<Spool>,
    stop: Arc<AtomicBool>,
    progress: Progress,
}

impl ZoneSink for StoredTokens {
    fn head(&mut self, zone: Zone, tokens: u64) -> Result<(), BoxError> {
        *self.zone.lock().unwrap_or_else(PoisonError::into_inner) = zone;
        self.progress.start(None, Some(tokens));
        Ok(())
    }

    fn tokens(&mut self, tokens: Vec<NamedToken>) -> Result<(), BoxError> {
        refuse_if_stopped(&self.stop)?;
        self.progress.advance(tokens.len());
        Ok(self.spool.add_stored(&tokens)?)
    }

    fn wants_tokens(&self) -> bool {
        self.is_wanted
    }
}

/// The tokens of a document on their way to the store, which reads them twice.
struct WatchedTokens {
    spool: Arc<Spool>,
    stop: Arc<AtomicBool>,
    progress: Progress,
    readings: AtomicUsize,
}

impl WatchedTokens {
    fn new(spool: Arc<Spool>, stop: Arc<AtomicBool>, output: &Output) -> Self {
        let progress = output.progress("comparing", Unit::Tokens);
        Self { spool, stop, progress, readings: AtomicUsize::new(0) }
    }
}

impl TokenSource for WatchedTokens {
    fn page(&self, after: Option<(&str, &str)>, limit: usize) -> Result<Vec<NamedToken>, StoreError> {
        refuse_if_stopped(&self.stop).map_err(StoreError::Interrupted)?;
        if after.is_none() {
            let is_first = self.readings.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
            self.progress
                .start(Some(if is_first { "comparing" } else { "writing" }), Some(self.spool.len()?));
        }
        let page = self.spool.page(after, limit)?;
        self.progress.advance(page.len());
        Ok(page)
    }

    fn owner_of(&self, id: &str) -> Result<Option<Subject>, StoreError> {
        self.spool.owner_of(id)
    }
}

async fn export(arguments: &ExportArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let store = context.open_existing().await?;
    let syntax = if context.output.is_json() { Syntax::Json } else { Syntax::Yaml };
    let file = arguments.file.as_deref().filter(|file| *file != Path::new("-"));
    let Some(path) = file else {
        let writer = Writer::new(BufWriter::new(Output::stream()), syntax);
        // Signals do what they always do: nothing is left that would have to be tidied up.
        let stop = Arc::new(AtomicBool::new(false));
        let written = write(store.as_ref(), writer, &stop, context.output).await;
        // Whoever reads may have gone, as in `| head`; then there is nobody to tell.
        return match written {
            Err(error) if is_broken_pipe(&error) => Ok(()),
            other => other,
        };
    };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot_write = || format!("cannot write {}", path.display());
    // Nobody else can read it, and it has its name when it is whole.
    let temporary = tempfile::NamedTempFile::new_in(directory).with_context(cannot_write)?;
    let file = temporary.as_file().try_clone().with_context(cannot_write)?;
    let writer = Writer::new(BufWriter::new(file), syntax);
    write(store.as_ref(), writer, &stop_on_signal(), context.output).await.with_context(cannot_write)?;
    temporary.as_file().sync_all().with_context(cannot_write)?;
    temporary.persist(path).with_context(cannot_write)?;
    std::fs::File::open(directory).and_then(|directory| directory.sync_all()).with_context(cannot_write)
}

async fn write<W: Write + Send + 'static>(
    store: &dyn Store,
    writer: Writer<W>,
    stop: &Arc<AtomicBool>,
    output: &Output,
) -> anyhow::Result<()> {
    let writer = Arc::new(Mutex::new(Some(writer)));
    let sink = WatchedWriter {
        writer: Arc::clone(&writer),
        stop: Arc::clone(stop),
        progress: output.progress("exporting", Unit::Tokens),
    };
    store.export_to(Box::new(sink)).await?;
    store.close().await?;
    let writer = writer.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(writer) = writer {
        writer.finish().map_err(anyhow::Error::from_boxed)?;
    }
    Ok(())
}

/// A document on its way from the store.
struct WatchedWriter<W> {
    writer: Arc<Mutex<Option<Writer<W>>>>,
    stop: Arc<AtomicBool>,
    progress: Progress,
}

impl<W: Write + Send + 'static> WatchedWriter<W> {
    fn with(&self, act: impl FnOnce(&mut Writer<W>) -> Result<(), BoxError>) -> Result<(), BoxError> {
        refuse_if_stopped(&self.stop)?;
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map_or(Ok(()), act)
    }
}

impl<W: Write + Send + 'static> ZoneSink for WatchedWriter<W> {
    fn head(&mut self, zone: Zone, tokens: u64) -> Result<(), BoxError> {
        self.progress.start(None, Some(tokens));
        self.with(|writer| writer.head(zone, tokens))
    }

    fn tokens(&mut self, tokens: Vec<NamedToken>) -> Result<(), BoxError> {
        self.progress.advance(tokens.len());
        self.with(|writer| writer.tokens(tokens))
    }
}

/// From now on, being asked to end sets what is given back, which the work looks at from time to time, so that it can tidy
/// up. Who asks twice does not want to wait.
fn stop_on_signal() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let (signal, asked) = (stubgen_runtime::shutdown_signal(), Arc::clone(&stop));
    tokio::spawn(async move {
        signal.await;
        let again = stubgen_runtime::shutdown_signal();
        asked.store(true, Ordering::Relaxed);
        again.await;
        std::process::exit(130);
    });
    stop
}

fn refuse_if_stopped(stop: &AtomicBool) -> Result<(), BoxError> {
    if stop.load(Ordering::Relaxed) { Err("this program was told to stop".into()) } else { Ok(()) }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kinds = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    kinds.into_iter().any(|error| error.kind() == ErrorKind::BrokenPipe)
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
