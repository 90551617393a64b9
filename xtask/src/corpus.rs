//! `cargo xtask corpus DIR...`: every document below the folders through generation, compilation and round trip, as a table.
//!
//! Each step of each document is a process of its own with a time limit, so that a panic or a hang is a row of the table and not the end.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Serialize;
use serde_json::Value;

use crate::files;
use crate::workspace::Workspace;

/// How long generation of one document may take.
const GENERATION: Duration = Duration::from_secs(120);

/// How long the compiler may take for one workspace.
const COMPILATION: Duration = Duration::from_secs(1800);

/// What `corpus` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folders (or files) with documents
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Only documents whose path has this in it
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Generate only: neither compile nor run the round trip
    #[arg(long)]
    no_compile: bool,
    /// How many documents are generated at a time; the compiler takes one after the other
    #[arg(long, value_name = "N", default_value_t = 1)]
    jobs: usize,
}

/// What became of a document.
#[derive(Clone, Debug, Default, Serialize)]
struct Row {
    document: String,
    outcome: Outcome,
    operations: u64,
    generated: u64,
    /// How many operations (or, of a refused document, findings) each reason concerns.
    reasons: BTreeMap<String, usize>,
    repairs: usize,
    lines: u64,
    /// Of the generation alone.
    seconds: f64,
    /// Of check and round trip.
    compile_seconds: f64,
    /// How many warnings the compiler has.
    warnings: usize,
    /// Where the output of the step that failed is.
    log: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// Everything that was tried went well.
    #[default]
    Passed,
    /// There are findings, and nothing was generated.
    Refused,
    /// The generator failed.
    Panicked,
    /// A step did not come to its end in time.
    TimedOut,
    /// The generated workspace does not compile.
    DoesNotCompile,
    /// The generated server emits another document.
    RoundTripFails,
    /// This machine failed, for instance for want of room.
    NotTried,
}

impl Outcome {
    const fn text(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Refused => "refused",
            Self::Panicked => "PANIC",
            Self::TimedOut => "TIME",
            Self::DoesNotCompile => "COMPILE",
            Self::RoundTripFails => "ROUND TRIP",
            Self::NotTried => "NOT TRIED",
        }
    }

    /// Whether it is to be looked at, and not a property of the document.
    const fn is_defect(self) -> bool {
        !matches!(self, Self::Passed | Self::Refused)
    }
}

/// A document and the name of its workspace.
struct Document {
    path: PathBuf,
    name: String,
}

/// What all documents share.
struct Run<'a> {
    workspace: &'a Workspace,
    folder: PathBuf,
    compile: bool,
    compiler: Mutex<()>,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let documents = documents(arguments)?;
    let folder = workspace.root.join("target/corpus");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let run = Run { workspace, folder, compile: !arguments.no_compile, compiler: Mutex::new(()) };
    let count = documents.len();
    let queue = Mutex::new(VecDeque::from(documents));
    let rows = Mutex::new(Vec::with_capacity(count));
    println!("{}", heading());
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs.clamp(1, count.max(1)) {
            scope.spawn(|| {
                while let Some(document) = locked(&queue).pop_front() {
                    let row = run.document(&document);
                    println!("{}", line(&row));
                    locked(&rows).push(row);
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    rows.sort_by(|a: &Row, b: &Row| a.document.cmp(&b.document));
    println!("{}", total(&rows));
    let report = run.folder.join("report.json");
    files::write(&report, &(serde_json::to_string_pretty(&rows)? + "\n"))?;
    println!("as JSON: {}", report.display());
    let defects = rows.iter().filter(|row| row.outcome.is_defect()).count();
    if defects > 0 {
        bail!("{defects} documents show a defect; the logs are named in the report");
    }
    Ok(())
}

/// The documents below the folders, each with a name of its own.
fn documents(arguments: &Arguments) -> anyhow::Result<Vec<Document>> {
    let mut paths = Vec::new();
    for folder in &arguments.folders {
        if folder.is_file() {
            paths.push(folder.clone());
            continue;
        }
        if !folder.is_dir() {
            bail!("{} is neither a folder nor a file", folder.display());
        }
        paths.extend(files::read_tree(folder, &|_| false)?.into_keys().map(|file| folder.join(file)));
    }
    paths.sort();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut documents = Vec::new();
    for path in paths {
        let shown = path.to_string_lossy();
        if arguments.only.as_ref().is_some_and(|only| !shown.contains(only.as_str())) {
            continue;
        }
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if !is_openapi(&String::from_utf8_lossy(&bytes)) {
            println!("{shown}: skipped, it is no OpenAPI document");
            continue;
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let base = stubgen::workspace::package_name(&stem);
        let number = names.entry(base.clone()).or_default();
        *number += 1;
        let name = if *number == 1 { base } else { format!("{base}-{number}") };
        documents.push(Document { path, name });
    }
    if documents.is_empty() {
        bail!("there is no document to try");
    }
    Ok(documents)
}

/// Whether a text has the key that every such document has at its top.
fn is_openapi(text: &str) -> bool {
    text.lines().any(|line| {
        ["openapi", "swagger"].iter().any(|word| {
            let bare = line.trim_start_matches(['\u{feff}', '\'', '"']);
            let at_start = bare
                .strip_prefix(word)
                .is_some_and(|rest| rest.trim_start_matches(['\'', '"', ' ']).starts_with(':'));
            at_start
                || line
                    .match_indices(&format!("\"{word}\""))
                    .any(|(start, key)| line[start + key.len()..].trim_start().starts_with(':'))
        })
    })
}

impl Run<'_> {
    fn document(&self, document: &Document) -> Row {
        let shown = document.path.to_string_lossy().into_owned();
        let mut row = Row { document: shown, ..Row::default() };
        let folder = self.folder.join(&document.name);
        let log = self.folder.join(format!("{}.log", document.name));
        let outcome = self.generate(document, &folder, &log, &mut row).and_then(|outcome| {
            if outcome != Outcome::Passed || !self.compile {
                return Ok(outcome);
            }
            let _one_at_a_time = locked(&self.compiler);
            let started = Instant::now();
            let outcome = self.compile(&document.name, &folder, &log, &mut row.warnings);
            self.forget(&document.name, &folder);
            row.compile_seconds = started.elapsed().as_secs_f64();
            outcome
        });
        row.outcome = outcome.unwrap_or_else(|error| {
            row.reasons.insert(format!("{error:#}"), 1);
            Outcome::NotTried
        });
        row.log = row.outcome.is_defect().then_some(log);
        row
    }

    fn generate(
        &self,
        document: &Document,
        folder: &Path,
        log: &Path,
        row: &mut Row,
    ) -> anyhow::Result<Outcome> {
        let report = self.folder.join(format!("{}.json", document.name));
        // What an earlier run left would count as this one's.
        for stale in [folder, &report] {
            let _ = if stale.is_dir() { fs::remove_dir_all(stale) } else { fs::remove_file(stale) };
        }
        let program = std::env::current_exe().context("this program has no path")?;
        let mut command = Command::new(program);
        command.arg("generate").arg("--spec").arg(&document.path).arg("--out").arg(folder);
        command.arg("--name").arg(&document.name).arg("--skip-unsupported").arg("--report").arg(&report);
        let started = Instant::now();
        let status = within(GENERATION, &mut command, log)?;
        row.seconds = started.elapsed().as_secs_f64();
        let Some(status) = status else { return Ok(Outcome::TimedOut) };
        if let Ok(text) = fs::read_to_string(&report) {
            fill(row, &serde_json::from_str(&text).context("the report is no JSON")?);
        }
        Ok(match status {
            0 | 3 => Outcome::Passed,
            1 if !row.reasons.is_empty() => Outcome::Refused,
            _ => Outcome::Panicked,
        })
    }

    fn compile(
        &self,
        name: &str,
        folder: &Path,
        log: &Path,
        warnings: &mut usize,
    ) -> anyhow::Result<Outcome> {
        // The versions that this workspace is tested with, so that what documents share compiles once.
        fs::copy(self.workspace.root.join("Cargo.lock"), folder.join("Cargo.lock"))
            .context("cannot copy Cargo.lock")?;
        let cargo = |arguments: &[&str]| {
            let mut command = self.workspace.cargo(arguments);
            self.share(&mut command, folder);
            within(COMPILATION, &mut command, log)
        };
        match cargo(&["check", "--workspace", "--all-targets", "--quiet"])? {
            Some(0) => {
                let text = fs::read_to_string(log).unwrap_or_default();
                *warnings = text.lines().filter(|line| line.starts_with("warning: ")).count();
                if *warnings > 0 {
                    // The next step writes the log again.
                    files::write(&log.with_extension("warnings"), &text)?;
                }
            }
            Some(_) => return Ok(Outcome::DoesNotCompile),
            None => return Ok(Outcome::TimedOut),
        }
        Ok(match cargo(&["test", "--package", &format!("{name}-api"), "--test", "round_trip", "--quiet"])? {
            Some(0) => Outcome::Passed,
            Some(_) => Outcome::RoundTripFails,
            None => Outcome::TimedOut,
        })
    }
}

impl Run<'_> {
    /// One target folder for all documents, without what only repeated builds and debuggers need.
    fn share(&self, command: &mut Command, folder: &Path) {
        command.current_dir(folder).env("CARGO_TARGET_DIR", self.folder.join("target"));
        command.env("CARGO_INCREMENTAL", "0").env("CARGO_PROFILE_DEV_DEBUG", "0");
    }

    /// Removes what was compiled for one document alone: a corpus of some hundreds would fill the disk.
    fn forget(&self, name: &str, folder: &Path) {
        let mut command = self.workspace.cargo(&["clean", "--quiet"]);
        for role in ["api", "client", "server"] {
            command.arg("--package").arg(format!("{name}-{role}"));
        }
        self.share(&mut command, folder);
        // What stays behind takes room, and the next row will tell when there is none left.
        let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// Takes over what the generator reported.
fn fill(row: &mut Row, report: &Value) {
    row.operations = report["operations"].as_u64().unwrap_or_default();
    row.generated = report["generated"].as_u64().unwrap_or_default();
    row.lines = report["lines"].as_u64().unwrap_or_default();
    row.repairs = report["repairs"].as_array().map_or(0, Vec::len);
    for (reason, operations) in report["left_out"].as_object().into_iter().flatten() {
        row.reasons.insert(reason.clone(), operations.as_array().map_or(0, Vec::len));
    }
    if row.generated == 0 {
        for finding in report["diagnostics"].as_array().into_iter().flatten() {
            // Repairs and the like did not stand in the way.
            if finding["severity"] == "warning" {
                continue;
            }
            let code = finding["code"].as_str().unwrap_or_default().to_owned();
            *row.reasons.entry(code).or_default() += 1;
        }
    }
}

/// Stands for the exit status of a process that a signal ended.
const KILLED: i32 = -1;

/// Runs a command; its output goes to the log. The result is its exit status, or `None` when the time was up and it was ended.
fn within(limit: Duration, command: &mut Command, log: &Path) -> anyhow::Result<Option<i32>> {
    let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let errors = output.try_clone().context("cannot share the log")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
        .with_context(|| format!("cannot run {}", command.get_program().to_string_lossy()))?;
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().context("cannot wait for a process")? {
            return Ok(Some(status.code().unwrap_or(KILLED)));
        }
        if Instant::now() >= deadline {
            child.kill().context("cannot end a process")?;
            child.wait().context("cannot wait for a process")?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn heading() -> String {
    format!(
        "{:<40} {:>10} {:>6} {:>6} {:>7} {:>8} {:>8} {:>5}  {:<10} reasons",
        "document", "operations", "gen. %", "repair", "lines", "gen. s", "check s", "warn.", "outcome"
    )
}

fn line(row: &Row) -> String {
    let name = row.document.rsplit(['/', '\\']).next().unwrap_or_default();
    let reasons: Vec<_> = row.reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    format!(
        "{name:<40} {:>10} {:>6} {:>6} {:>7} {:>8.2} {:>8.1} {:>5}  {:<10} {}",
        row.operations,
        percent(row.generated, row.operations, row.outcome),
        row.repairs,
        row.lines,
        row.seconds,
        row.compile_seconds,
        row.warnings,
        row.outcome.text(),
        reasons.join(", ")
    )
}

/// Rounded down, so that 100 means all.
fn percent(generated: u64, operations: u64, outcome: Outcome) -> u64 {
    match (generated * 100).checked_div(operations) {
        Some(percent) => percent,
        None => u64::from(outcome == Outcome::Passed) * 100,
    }
}

fn total(rows: &[Row]) -> String {
    let mut outcomes: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *outcomes.entry(row.outcome).or_default() += 1;
        for (reason, count) in &row.reasons {
            *reasons.entry(reason).or_default() += count;
        }
    }
    let whole =
        rows.iter().filter(|row| row.outcome == Outcome::Passed && row.generated == row.operations).count();
    let (generated, operations) =
        rows.iter().fold((0, 0), |(g, o), row| (g + row.generated, o + row.operations));
    let outcomes: Vec<_> =
        outcomes.iter().map(|(outcome, count)| format!("{count} {}", outcome.text())).collect();
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    let reasons: Vec<_> = reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    format!(
        "total: {} documents ({}), {whole} of them whole; {generated} of {operations} operations; reasons: {}",
        rows.len(),
        outcomes.join(", "),
        if reasons.is_empty() { "none".to_owned() } else { reasons.join(", ") }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_are_told_from_other_files() {
        for text in [
            "openapi: 3.0.3\n",
            "# c\n\"openapi\" : '3.1.0'",
            "{\"info\": {}, \"openapi\":\"3.0.0\"}",
            "swagger: '2.0'",
        ] {
            assert!(is_openapi(text), "{text}");
        }
        for text in ["", "# about openapi: a guide", "{\"name\": \"openapi\"}", "  openapi: nested"] {
            assert!(!is_openapi(text), "{text}");
        }
    }

    #[test]
    fn a_report_becomes_a_row_with_its_reasons() {
        let mut row = Row::default();
        fill(
            &mut row,
            &json!({"operations": 3, "generated": 1, "lines": 7, "repairs": [{}], "left_out": {"x": [{}, {}]}, "diagnostics": [{"code": "y"}]}),
        );
        assert_eq!((row.operations, row.generated, row.lines, row.repairs), (3, 1, 7, 1));
        assert_eq!(row.reasons, BTreeMap::from([("x".to_owned(), 2)]));
        assert!(line(&row).contains(" 33 "), "{}", line(&row));
        let mut refused = Row { outcome: Outcome::Refused, ..Row::default() };
        fill(
            &mut refused,
            &json!({"operations": 0, "generated": 0, "diagnostics": [{"code": "y"}, {"code": "y"}]}),
        );
        assert_eq!(refused.reasons, BTreeMap::from([("y".to_owned(), 2)]));
        assert!(
            total(&[row, refused])
                .contains("2 documents (1 passed, 1 refused), 0 of them whole; 1 of 3 operations")
        );
    }

    #[test]
    fn a_process_that_hangs_is_ended_and_its_output_kept() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut quick = Command::new("sh");
        quick.args(["-c", "echo said; exit 3"]);
        assert_eq!(within(Duration::from_secs(60), &mut quick, &log).unwrap(), Some(3));
        assert_eq!(fs::read_to_string(&log).unwrap(), "said\n");
        let mut endless = Command::new("sh");
        endless.args(["-c", "while :; do :; done"]);
        assert_eq!(within(Duration::from_millis(100), &mut endless, &log).unwrap(), None);
    }

    #[test]
    fn documents_of_the_same_name_get_workspaces_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["first/api.yaml", "second/api.yaml", "second/notes.md"] {
            let text = if path.ends_with("md") { "notes" } else { "openapi: 3.0.3\n" };
            files::write(&folder.path().join(path), text).unwrap();
        }
        let arguments = |only: Option<&str>| Arguments {
            folders: vec![folder.path().to_owned()],
            only: only.map(str::to_owned),
            no_compile: true,
            jobs: 1,
        };
        let names = |only| {
            documents(&arguments(only)).unwrap().into_iter().map(|document| document.name).collect::<Vec<_>>()
        };
        assert_eq!(names(None), ["api", "api-2"]);
        assert_eq!(names(Some("second/")), ["api"]);
        assert!(documents(&arguments(Some("nothing"))).is_err());
    }
}
