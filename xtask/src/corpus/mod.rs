//! `cargo xtask corpus DIR...`: every document below the folders through generation, compilation and round trip, as a table.
//!
//! Generation of each document is a process of its own with a time limit, so that a panic or a hang is a row of the table and not the end.
//! The compiler takes several documents at a time, as one workspace: what they share is looked at once.

mod compile;
mod documents;
mod process;
mod row;
mod timing;

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::files;
use crate::progress::Progress;
use crate::workspace::Workspace;
use compile::Compiler;
use documents::Document;
use row::{Crate, Outcome, Row};

pub(crate) use timing::{is_wrapper, wrapped};

/// How long generation of one document may take.
const GENERATION: Duration = Duration::from_secs(120);

/// What `corpus` is told on the command line.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Folders (or files) with documents
    #[arg(required = true, value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,
    /// Only documents whose path has this in it; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Generate only: neither compile nor run the round trip
    #[arg(long)]
    pub(crate) no_compile: bool,
    /// How many documents are generated at a time [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// Go on where an earlier run ended: documents that passed are not tried again
    #[arg(long)]
    pub(crate) resume: bool,
    /// Write the table in Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
}

/// What all documents share.
struct Run {
    folder: PathBuf,
    /// How many there are, and how many of them are done.
    done: Mutex<(usize, usize)>,
    progress: Progress,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let documents = documents::documents(&arguments.folders, &arguments.only)?;
    let folder = workspace.root.join("target/corpus");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let count = documents.len();
    let run = Run { folder, done: Mutex::new((count, 0)), progress: Progress::here() };
    let mut rows = if arguments.resume { run.known(!arguments.no_compile)? } else { BTreeMap::new() };
    let left: Vec<_> = documents
        .into_iter()
        .filter(|document| !rows.contains_key(&document.path.to_string_lossy().into_owned()))
        .collect();
    locked(&run.done).1 = count - left.len();
    println!("{:>9} {}", "", row::heading());
    let mut pending = Vec::new();
    for row in run.generate_all(left, arguments.jobs) {
        if row.outcome == Outcome::Passed && !arguments.no_compile {
            pending.push(row);
        } else {
            run.done(row, &mut rows)?;
        }
    }
    let compiler = Compiler { workspace, folder: &run.folder, progress: &run.progress };
    let batches = compile::batches(pending);
    let of = batches.len();
    for (index, mut batch) in batches.into_iter().enumerate() {
        let lines: u64 = batch.iter().map(|row| row.lines).sum();
        let title = format!("batch {} of {of}, {} documents with {lines} lines", index + 1, batch.len());
        compiler.compile(&mut batch, &title);
        for row in batch {
            run.done(row, &mut rows)?;
        }
    }
    run.finish(&rows.into_values().collect::<Vec<_>>(), arguments.markdown.as_deref())
}

impl Run {
    /// The rows of an earlier run that need not be tried again.
    fn known(&self, compile: bool) -> anyhow::Result<BTreeMap<String, Row>> {
        let path = self.report();
        if !path.is_file() {
            return Ok(BTreeMap::new());
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let rows: Vec<Row> = serde_json::from_str(&text)
            .with_context(|| format!("{} is of another version: run without --resume", path.display()))?;
        let is_known = |row: &Row| row.outcome == Outcome::Passed && (row.compiled || !compile);
        Ok(rows.into_iter().filter(is_known).map(|row| (row.document.clone(), row)).collect())
    }

    fn report(&self) -> PathBuf {
        self.folder.join("report.json")
    }

    /// Generates from all documents, several at a time.
    fn generate_all(&self, documents: Vec<Document>, jobs: Option<usize>) -> Vec<Row> {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let jobs = jobs.unwrap_or(processors).clamp(1, documents.len().max(1));
        let count = documents.len();
        self.progress.step(&format!("generating from {count} documents"));
        let queue = Mutex::new(VecDeque::from(documents));
        let rows = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    loop {
                        // Nothing else may hold the queue while a document is generated from.
                        let next = locked(&queue).pop_front();
                        let Some(document) = next else { break };
                        let row = self.generated(&document);
                        let mut rows = locked(&rows);
                        rows.push(row);
                        self.progress
                            .update(|| format!("generated from {} of {count} documents", rows.len()));
                    }
                });
            }
        });
        let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.progress.clear();
        rows.sort_by(|a, b| a.document.cmp(&b.document));
        rows
    }

    fn generated(&self, document: &Document) -> Row {
        let mut row = Row {
            document: document.path.to_string_lossy().into_owned(),
            name: document.name.clone(),
            ..Row::default()
        };
        let log = self.folder.join(format!("{}.log", document.name));
        let outcome = self.generate(document, &log, &mut row);
        row.outcome = outcome.unwrap_or_else(|error| {
            row.reasons.insert(format!("{error:#}"), 1);
            Outcome::NotTried
        });
        row.log = row.outcome.is_defect().then_some(log);
        row
    }

    fn generate(&self, document: &Document, log: &Path, row: &mut Row) -> anyhow::Result<Outcome> {
        let folder = self.folder.join(&document.name);
        let report = self.folder.join(format!("{}.json", document.name));
        // What an earlier run left would count as this one's.
        for stale in [&folder, &report] {
            let _ = if stale.is_dir() { fs::remove_dir_all(stale) } else { fs::remove_file(stale) };
        }
        let program = std::env::current_exe().context("this program has no path")?;
        let mut command = Command::new(program);
        command.arg("generate").arg("--spec").arg(&document.path).arg("--out").arg(&folder);
        command.arg("--name").arg(&document.name).arg("--skip-unsupported").arg("--report").arg(&report);
        let started = Instant::now();
        let status = process::within(GENERATION, &mut command, log, &mut |_| {})?;
        row.seconds = started.elapsed().as_secs_f64();
        let Some(status) = status else { return Ok(Outcome::TimedOut) };
        if let Ok(text) = fs::read_to_string(&report) {
            row::fill(row, &serde_json::from_str(&text).context("the report is no JSON")?);
        }
        for role in ["api", "client"] {
            let lines = lines(&folder.join(format!("{}-{role}/src/generated", document.name)))?;
            row.crates.insert(role.to_owned(), Crate { lines, seconds: 0.0 });
        }
        Ok(match status {
            0 | 3 => Outcome::Passed,
            1 if !row.reasons.is_empty() => Outcome::Refused,
            _ => Outcome::Panicked,
        })
    }

    /// Shows a row, and keeps it for the case that this run is ended before its end.
    fn done(&self, row: Row, rows: &mut BTreeMap<String, Row>) -> anyhow::Result<()> {
        let (count, done) = {
            let mut done = locked(&self.done);
            done.1 += 1;
            *done
        };
        println!("{:>9} {}", format!("{done}/{count}"), row::line(&row));
        rows.insert(row.document.clone(), row);
        let rows: Vec<_> = rows.values().collect();
        files::write(&self.report(), &(serde_json::to_string_pretty(&rows)? + "\n"))
    }

    fn finish(&self, rows: &[Row], markdown: Option<&Path>) -> anyhow::Result<()> {
        println!("{}", row::total(rows));
        println!("as JSON: {}", self.report().display());
        if let Some(path) = markdown {
            files::write(path, &row::markdown(rows))?;
            println!("as Markdown: {}", path.display());
        }
        let defects = rows.iter().filter(|row| row.outcome.is_defect()).count();
        if defects > 0 {
            bail!("{defects} documents show a defect; the logs are named in the report");
        }
        Ok(())
    }
}

/// The lines of the Rust files below a folder.
fn lines(folder: &Path) -> anyhow::Result<usize> {
    let files = files::read_tree(folder, &|_| false)?;
    let is_rust = |path: &str| path.rsplit_once('.').is_some_and(|(_, extension)| extension == "rs");
    let rust = files.iter().filter(|(path, _)| is_rust(path));
    Ok(rust.map(|(_, bytes)| bytes.split(|byte| *byte == b'\n').count().saturating_sub(1)).sum())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
