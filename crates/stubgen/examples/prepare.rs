//! Loads, repairs and normalises every document below the folders that it is given, and prints a table: findings by kind, and how long
//! it took. Exit status 1 when a document has errors.

#![allow(clippy::print_stdout)] // It prints a table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs};

use stubgen::{Options, Severity, Source};

fn main() -> ExitCode {
    let mut files = Vec::new();
    env::args_os().skip(1).for_each(|folder| collect(Path::new(&folder), &mut files));
    files.sort();
    let mut failed = 0;
    let mut totals: BTreeMap<String, usize> = BTreeMap::new();
    for file in &files {
        failed += usize::from(!one(file, &mut totals));
    }
    println!("{} documents, {failed} with errors", files.len());
    for (code, count) in totals {
        println!("{count:7} {code}");
    }
    ExitCode::from(u8::from(failed > 0))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if let Ok(entries) = fs::read_dir(path) {
        entries.flatten().for_each(|entry| collect(&entry.path(), files));
    } else if path.extension().is_some_and(|ext| ext == "json" || ext == "yaml" || ext == "yml") {
        files.push(path.to_owned());
    }
}

fn one(file: &Path, totals: &mut BTreeMap<String, usize>) -> bool {
    let Ok(text) = fs::read_to_string(file) else { return false };
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let library = move |path: &str| fs::read_to_string(folder.join(path)).map_err(|error| error.to_string());
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let options = Options { files: Some(&library), ..Options::default() };
    let start = Instant::now();
    let outcome = stubgen::prepare(&Source { name: &name, text: &text }, &options);
    let spent = start.elapsed();
    let findings = match outcome {
        Ok(prepared) => prepared.findings,
        Err(findings) => findings,
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for finding in findings.iter() {
        *counts.entry(finding.kind.code()).or_default() += 1;
        *totals.entry(finding.kind.code()).or_default() += 1;
        let is_shown = env::var("SHOW").is_ok_and(|code| code == finding.kind.code());
        if finding.severity == Severity::Error || is_shown {
            println!("{finding}");
        }
    }
    println!("{name}: {} KB, {} ms, {counts:?}", text.len() / 1024, spent.as_millis());
    !findings.has_errors()
}
