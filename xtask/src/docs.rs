//! `cargo xtask docs`: the reference page of a document as a folder for any web server, or for none: it can be opened as a file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use stubgen::Prepared;
use stubgen_page::Home;

use crate::files;
use crate::workspace::Workspace;

/// What `docs` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The document, of OpenAPI 3.0 or 3.1 or Swagger 2.0 [default: openapi.yaml of this workspace]
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// The folder to write to; what else lies in it stays [default: target/docs]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let spec = arguments.spec.clone().unwrap_or_else(|| workspace.root.join("openapi.yaml"));
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => workspace.metadata()?.target_directory.into_std_path_buf().join("docs"),
    };
    write(&spec, &out)?;
    let page = out.join("index.html");
    println!("wrote {}", page.canonicalize().unwrap_or(page).display());
    Ok(())
}

/// Writes the page, and the document beside it.
pub(crate) fn write(spec: &Path, out: &Path) -> anyhow::Result<()> {
    let text = fs::read_to_string(spec).with_context(|| format!("cannot read {}", spec.display()))?;
    let name = spec.to_string_lossy();
    let folder = spec.parent().unwrap_or(Path::new("")).to_owned();
    let beside = |path: &str| fs::read_to_string(folder.join(path)).map_err(|error| error.to_string());
    let source = stubgen::Source { name: &name, text: &text };
    let options = stubgen::Options { files: Some(&beside), ..stubgen::Options::default() };
    let prepared = match stubgen::prepare(&source, &options) {
        Ok(prepared) => prepared,
        Err(findings) => bail!("{} cannot be read\n{findings}", spec.display()),
    };
    let Prepared { served, normalised, .. } = prepared;
    if served.get("openapi").is_none() && served.get("swagger").is_none() {
        bail!("{} is no document of OpenAPI: it has no `openapi` at its top", spec.display());
    }
    // The page knows the terms of OpenAPI 3 alone.
    let document = if served.get("swagger").is_some() { normalised } else { served };
    let json = format!("{document:#}\n");
    // A document of several files, or of another version, is no longer the text that it was; JSON is YAML, too.
    let alone = stubgen::prepare(&source, &stubgen::Options::default());
    let yaml = if alone.is_ok_and(|alone| alone.served == document) { &text } else { &json };
    files::write(&out.join("openapi.yaml"), yaml)?;
    files::write(&out.join("openapi.json"), &json)?;
    files::write(&out.join("index.html"), &stubgen_page::render(&document, Home::Anywhere).html)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(spec: &str, other: &str) -> (String, String, String) {
        let folder = tempfile::tempdir().unwrap();
        files::write(&folder.path().join("spec.yaml"), spec).unwrap();
        files::write(&folder.path().join("other.yaml"), other).unwrap();
        write(&folder.path().join("spec.yaml"), &folder.path().join("out")).unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap();
        (read("index.html"), read("openapi.json"), read("openapi.yaml"))
    }

    #[test]
    fn the_page_and_the_document_stand_beside_each_other() {
        let spec = "# Mine.\nopenapi: 3.0.3\ninfo: {title: Mine, version: 1.0.0}\npaths: {}\n";
        let (page, json, yaml) = written(spec, "");
        assert!(page.contains("<title>Mine API Reference</title>") && page.contains("href=\"openapi.json\""));
        assert!(json.contains("\"title\": \"Mine\""));
        assert_eq!(yaml, spec);
    }

    #[test]
    fn a_document_of_several_files_becomes_one() {
        let spec = "openapi: 3.0.3\ninfo: {title: Mine, version: 1.0.0}\npaths:\n  /a:\n    get:\n      \
                    responses: {'200': {$ref: 'other.yaml#/answer'}}\n";
        let (page, json, yaml) = written(spec, "answer: {description: It is elsewhere.}\n");
        assert!(page.contains("It is elsewhere."));
        assert!(!json.contains("other.yaml"));
        assert_eq!(yaml, json);
    }

    #[test]
    fn an_older_document_is_brought_to_the_terms_of_openapi_3() {
        let spec = "swagger: '2.0'\ninfo: {title: Mine, version: 1.0.0}\nhost: a.example\npaths:\n  /a:\n    post:\n      \
                    parameters: [{name: b, in: body, schema: {type: string, example: hello}}]\n      \
                    responses: {'200': {description: Good.}}\n";
        let (page, json, _) = written(spec, "");
        assert!(page.contains("Request body") && page.contains("hello"), "{page}");
        assert!(json.contains("requestBody"));
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["a: 1\n", "[", ""] {
            files::write(&folder.path().join("a.yaml"), text).unwrap();
            let error = write(&folder.path().join("a.yaml"), &folder.path().join("out")).unwrap_err();
            assert!(error.to_string().contains("a.yaml"), "{error}");
        }
        assert!(!folder.path().join("out").exists());
    }
}
