//! A build script that generates a server's stubs each time the document changes. Put it beside your `Cargo.toml` as `build.rs`, with
//! `stubgen` as a build dependency, and take the result in with
//!
//! ```text
//! include!(concat!(env!("OUT_DIR"), "/generated.rs"));
//! pub use generated::*;
//! ```
//!
//! Generated code that is checked in is easier to read, search and review, and builds without a generator: prefer `stubgen generate`, with
//! `stubgen check` in your tests. Here is what to do where that is not possible.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "cargo reads what a build script prints")]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use stubgen::{Files, Options, Source};

const DOCUMENT: &str = "openapi.yaml";

fn main() -> ExitCode {
    match generate() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Cargo shows what a build script that fails says.
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn generate() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let text = fs::read_to_string(DOCUMENT).map_err(|error| format!("cannot read {DOCUMENT}: {error}"))?;
    // Findings name the place in the document, as file:line:column.
    let options = Options { name: "pets", command: "cargo build", ..Options::default() };
    let generated = stubgen::generate(&Source { name: DOCUMENT, text: &text }, &options)?;
    for warning in generated.warnings.iter() {
        println!("cargo::warning={}", warning.to_string().replace('\n', " "));
    }
    write(&out.join("api"), &generated.api)?;
    // The modules have files of their own, which `include!` of the first of them would not find.
    let path = out.join("api/mod.rs");
    let entry =
        format!("#[allow(clippy::all)]\n#[path = {:?}]\nmod generated;\n", path.display().to_string());
    File::create(out.join("generated.rs"))?.write_all(entry.as_bytes())?;
    Ok(())
}

fn write(folder: &Path, files: &Files) -> std::io::Result<()> {
    for (path, text) in files.iter() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        File::create(path)?.write_all(text.as_bytes())?;
    }
    Ok(())
}
