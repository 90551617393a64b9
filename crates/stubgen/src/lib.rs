//! Generates dropshot server stubs and a client from an OpenAPI document. The stages, one module each: `load` (text to values
//! with positions, several files to one), `repair` (mistakes with one sensible meaning), `normalise` (to terms of OpenAPI 3.0), `validate`
//! (structure), `lower` (to plain data, `ir`), `emit` (to tokens), `render` (to text). No stage does I/O.
//!
#![doc = include_str!("../README.md")]

mod catalogue;
#[cfg(feature = "cli")]
pub mod cli;
pub mod compat;
mod diagnostic;
mod emit;
mod error;
mod feature;
mod files;
mod grammar;
mod guard;
mod ir;
mod load;
mod lower;
mod macro_text;
#[cfg(doc)]
pub mod measurements {
    #![doc = include_str!("../MEASUREMENTS.md")]
}
mod names;
mod normalise;
mod parallel;
mod pointer;
mod prepare;
mod prose;
mod rejection;
mod render;
mod repair;
pub mod report;
mod validate;
pub mod workspace;

pub use diagnostic::{Diagnostic, Diagnostics, Kind, Position, Severity};
pub use error::Error;
pub use feature::Feature;
pub use files::Files;
pub use normalise::Reduction;
pub use pointer::Pointer;
pub use prepare::{OtherFiles, Prepared, prepare};
pub use repair::Repair;

use render::Header;

/// A document to generate from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// What findings and file headers call it, such as `openapi.yaml`.
    pub name: &'a str,
    /// Its text, YAML or JSON.
    pub text: &'a str,
}

/// How to generate.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The name of the API in Rust: `onezone` gives the trait `OnezoneApi`.
    pub name: &'a str,
    /// The command that file headers name, so that a reader knows how to regenerate.
    pub command: &'a str,
    /// Leaves out the operations that cannot be generated, and lists them, instead of refusing the document.
    pub skip_unsupported: bool,
    /// Refuses a document that would have to be repaired.
    pub strict: bool,
    /// Where an emitted workspace gets `stubgen-runtime` from.
    pub runtime: Dependency<'a>,
    /// The files that the document may refer to; without them a `$ref` to another file is refused.
    pub files: Option<&'a dyn OtherFiles>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            name: "api",
            command: "stubgen generate",
            skip_unsupported: false,
            strict: false,
            runtime: Dependency::default(),
            files: None,
        }
    }
}

/// Where a crate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependency<'a> {
    /// A version from the registry.
    Version(&'a str),
    /// A folder, absolute or relative to the emitted workspace.
    Path(&'a str),
}

impl Default for Dependency<'_> {
    /// The version of the runtime that this generator belongs to.
    fn default() -> Self {
        Self::Version(env!("CARGO_PKG_VERSION"))
    }
}

/// What was generated: three sets of files, each for a `generated/` folder of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// The server crate's files.
    pub api: Files,
    /// The client crate's files.
    pub client: Files,
    /// The command line's files.
    pub cli: Files,
    /// Findings that did not stand in the way.
    pub warnings: Diagnostics,
    /// The document in terms of OpenAPI 3.0, repaired: what the round trip compares with.
    pub normalised: serde_json::Value,
    /// How many operations the document has, those left out among them.
    pub operations: usize,
    /// The operations that were left out, in the order of the document.
    pub left_out: Vec<LeftOut>,
}

/// An operation that could not be generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its `operationId`; without one, its method and path.
    pub operation: String,
    /// Its method, in capitals.
    pub method: String,
    /// Its path, as the document has it.
    pub path: String,
    /// Everything that stands in the way of it.
    pub reasons: Diagnostics,
}

/// Generates everything, or says all that stands in the way.
pub fn generate(source: &Source<'_>, options: &Options<'_>) -> Result<Generated, Diagnostics> {
    generate_with_api(source, options).map(|(generated, _)| generated)
}

/// The same, with the plain data that it was made of.
pub(crate) fn generate_with_api(
    source: &Source<'_>,
    options: &Options<'_>,
) -> Result<(Generated, ir::Api), Diagnostics> {
    guard::run(|| unguarded(source, options)).unwrap_or_else(|panic| {
        Err(Diagnostics::defect(source.name, format!("the generator failed: {panic}")))
    })
}

fn unguarded(source: &Source<'_>, options: &Options<'_>) -> Result<(Generated, ir::Api), Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    let Some(document) = prepare::document(source, options, &mut diagnostics) else {
        return Err(diagnostics);
    };
    let mut findings = Diagnostics::default();
    let lowered = lower::lower(&document, options.name, options.skip_unsupported, &mut findings);
    diagnostics.add_later(findings);
    diagnostics.sort();
    let repaired = diagnostics.iter().any(|finding| matches!(finding.kind, Kind::Repaired(_)));
    let refused = diagnostics.has_errors() || (options.strict && repaired);
    let Some(lowered) = lowered.filter(|_| !refused) else { return Err(diagnostics) };
    let lower::Lowered { api, count, left_out } = lowered;
    let header = Header::new(options.command, file_name(source.name));
    let unprintable = |error: syn::Error| {
        Diagnostics::defect(source.name, format!("the generated code is no Rust: {error}"))
    };
    let text = prepare::published_text(&document, source);
    let crates = emit::crates(&api, document.served(), &text, &header).map_err(unprintable)?;
    let generated = Generated {
        api: crates.server,
        client: crates.client,
        cli: crates.command_line,
        warnings: diagnostics,
        normalised: document.root,
        operations: count,
        left_out,
    };
    Ok((generated, api))
}

/// The last part of a path: headers must not depend on where a document lies.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
