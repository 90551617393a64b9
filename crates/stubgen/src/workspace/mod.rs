//! A whole cargo workspace for a document: the generated crates with their shells, and the start of a server that a person goes on with.
//!
//! The shells are written from the generated code itself and what it was made of (`surface`) and from the document it serves, so that they cannot disagree with
//! it. Nothing here reads or writes files.

mod api;
mod client;
mod conformance;
mod credentials;
mod manifest;
mod naming;
mod output;
mod pattern;
mod readme;
mod sample;
mod server;
mod surface;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diagnostic::Diagnostics;
use crate::files::Files;
use crate::render::Header;
use crate::{Generated, LeftOut, Options, Source};
use surface::Surface;

pub use naming::{name_of, package_name};
pub use output::{Action, Change, Disk, changes, write};

/// The files of a workspace, by their path inside of its folder, and how they came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// The files.
    pub files: BTreeMap<String, File>,
    /// What was generated, with its warnings and with what was left out.
    pub generated: Generated,
}

/// A file of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its content.
    pub text: String,
    /// Whose it is.
    pub ownership: Ownership,
}

/// Who owns a file once it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ownership {
    /// The generator: it is written again each time, and edits are lost.
    Generated,
    /// The person who goes on with it: it is written only if it is not there.
    Start,
}

/// What the emitters of the shells work from.
struct Context<'a> {
    /// `pet-store`: the prefix of the packages.
    name: &'a str,
    /// The name of the document in prose and headers.
    source: &'a str,
    header: &'a Header,
    options: &'a Options<'a>,
    surface: &'a Surface,
    /// What everything was made of.
    api: &'a crate::ir::Api,
    /// In terms of OpenAPI 3.0, repaired, and without what was left out.
    document: &'a Value,
    generated: &'a Generated,
}

impl Context<'_> {
    /// The package of a role, such as `pet-store-api`.
    fn package(&self, role: &str) -> String {
        format!("{}-{role}", self.name)
    }

    /// Whether the document had to be put into other terms before it was generated from.
    fn is_normalised(&self) -> bool {
        let served =
            self.generated.api.get("openapi.json").and_then(|text| serde_json::from_str::<Value>(text).ok());
        served.as_ref() != Some(self.document)
    }

    /// The crate of a role, such as `pet_store_api`.
    fn krate(&self, role: &str) -> String {
        self.package(role).replace('-', "_")
    }
}

/// Generates a whole workspace, or says everything that stands in the way. `options.name` becomes the prefix of the packages.
pub fn workspace(source: &Source<'_>, options: &Options<'_>) -> Result<Workspace, Diagnostics> {
    let (generated, api) = crate::generate_with_api(source, options)?;
    let name = package_name(options.name);
    let source_name = crate::file_name(source.name);
    let header = Header::new(options.command, source_name);
    let defect = |message: String| Diagnostics::defect(source.name, message);
    let surface = Surface::read(&generated.api, &api).map_err(&defect)?;
    let document = without(&generated.normalised, &generated.left_out);
    let context = Context {
        name: &name,
        source: source_name,
        header: &header,
        options,
        surface: &surface,
        api: &api,
        document: &document,
        generated: &generated,
    };
    let files =
        assemble(&context).map_err(|error| defect(format!("the generated code is no Rust: {error}")))?;
    Ok(Workspace { files, generated })
}

fn assemble(context: &Context<'_>) -> syn::Result<BTreeMap<String, File>> {
    let mut files = BTreeMap::new();
    let mut put = |path: String, ownership: Ownership, text: String| {
        files.insert(path, File { text, ownership });
    };
    let (api, client, server) =
        (context.package("api"), context.package("client"), context.package("server"));
    for (package, generated) in [(&api, &context.generated.api), (&client, &context.generated.client)] {
        for (path, text) in generated.iter() {
            put(format!("{package}/src/generated/{path}"), Ownership::Generated, text.clone());
        }
    }
    if context.is_normalised() {
        let text = serde_json::to_string_pretty(context.document).unwrap_or_default() + "\n";
        put(format!("{api}/src/generated/normalised.json"), Ownership::Generated, text);
    }
    let mut used = BTreeMap::new();
    for (package, sources) in [(&api, api::files(context)), (&client, client::files(context))] {
        let generated = if *package == api { &context.generated.api } else { &context.generated.client };
        used.insert(package.clone(), manifest::used(generated, &sources)?);
        for (path, text) in sources {
            put(format!("{package}/{path}"), Ownership::Generated, text);
        }
    }
    let sources = server::files(context);
    used.insert(server.clone(), manifest::used(&Files::default(), &sources)?);
    for (path, text) in sources {
        let is_generated = path.contains("/generated/");
        let ownership = if is_generated { Ownership::Generated } else { Ownership::Start };
        put(format!("{server}/{path}"), ownership, text);
    }
    for (path, text) in manifest::files(context, &used) {
        let ownership = if path.starts_with(&server) { Ownership::Start } else { Ownership::Generated };
        put(path, ownership, text);
    }
    put("README.md".to_owned(), Ownership::Generated, readme::readme(context));
    Ok(files)
}

/// The document without operations, and without paths that had no others.
fn without(document: &Value, left_out: &[LeftOut]) -> Value {
    let mut document = document.clone();
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return document };
    for operation in left_out {
        let Some(item) = paths.get_mut(&operation.path).and_then(Value::as_object_mut) else { continue };
        item.shift_remove(&operation.method.to_lowercase());
        if let Some(Value::Object(additional)) = item.get_mut("additionalOperations") {
            additional.retain(|method, _| !method.eq_ignore_ascii_case(&operation.method));
            if additional.is_empty() {
                item.shift_remove("additionalOperations");
            }
        }
        if item.values().all(|value| value.get("responses").is_none()) {
            paths.shift_remove(&operation.path);
        }
    }
    document
}

/// Sources of a package by their path inside of it.
type Sources = BTreeMap<String, String>;

/// The Rust files of a set.
pub(crate) fn rust(files: &Files) -> impl Iterator<Item = &str> {
    let is_rust = |path: &str| path.rsplit_once('.').is_some_and(|(_, extension)| extension == "rs");
    files.iter().filter(move |(path, _)| is_rust(path)).map(|(_, text)| text.as_str())
}
