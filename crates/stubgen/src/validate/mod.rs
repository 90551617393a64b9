//! Structure that holds for any OpenAPI document: version, required fields, references that lead somewhere.
//!
//! What is valid and merely not supported is the business of `lower`.

use crate::diagnostic::{Diagnostics, Kind};
use crate::feature::Feature;
use crate::load::{At, Document};

/// Checks the document; `lower` relies on nothing but a JSON object at the root, so both report in one run.
pub(crate) fn validate(document: &Document, diagnostics: &mut Diagnostics) {
    let root = document.at_root();
    if root.object().is_none() {
        root.report(
            diagnostics,
            Kind::WrongType,
            "an OpenAPI document is an object",
            "start with `openapi: 3.0.3`",
        );
        return;
    }
    version(&root, diagnostics);
    info(&root, diagnostics);
    match root.get("paths") {
        None => {
            root.report(
                diagnostics,
                Kind::MissingField,
                "`paths` is missing",
                "add `paths: {}` and its operations",
            );
        }
        Some(paths) => expect_object(&paths, "`paths`", diagnostics),
    }
    references(&root, diagnostics);
}

/// Reports a value that is no object.
pub(crate) fn expect_object(at: &At<'_>, what: &str, diagnostics: &mut Diagnostics) {
    if at.object().is_none() {
        at.report(
            diagnostics,
            Kind::WrongType,
            &format!("{what} must be an object"),
            "write `key: value` pairs",
        );
    }
}

fn version(root: &At<'_>, diagnostics: &mut Diagnostics) {
    let Some(version) = root.get("openapi") else {
        if root.get("swagger").is_some() {
            root.unsupported(diagnostics, Feature::Version, "Swagger 2.0");
        } else {
            let message = "`openapi`, the version of OpenAPI that the document follows, is missing";
            root.report(diagnostics, Kind::MissingField, message, "add `openapi: 3.0.3`");
        }
        return;
    };
    match version.text() {
        Some(text) if text == "3.0" || text.starts_with("3.0.") => {}
        Some(text) => version.unsupported(diagnostics, Feature::Version, &format!("OpenAPI {text}")),
        None => {
            let help = "quote it: `openapi: '3.0.3'`";
            version.report(diagnostics, Kind::WrongType, "the version of OpenAPI is text", help);
        }
    }
}

fn info(root: &At<'_>, diagnostics: &mut Diagnostics) {
    let Some(info) = root.get("info") else {
        let help = "add `info` with `title` and `version`";
        return root.report(diagnostics, Kind::MissingField, "`info` is missing", help);
    };
    for key in ["title", "version"] {
        match info.get(key) {
            None => {
                let help = "add it; OpenAPI requires both `title` and `version`";
                info.report(diagnostics, Kind::MissingField, &format!("`info.{key}` is missing"), help);
            }
            Some(value) if value.text().is_none() => {
                let help = "quote it: YAML reads unquoted digits as a number";
                value.report(diagnostics, Kind::WrongType, &format!("`info.{key}` must be text"), help);
            }
            Some(_) => {}
        }
    }
}

/// Every `$ref` of the document leads somewhere, used or not. Examples and extensions are data and may contain anything.
fn references(at: &At<'_>, diagnostics: &mut Diagnostics) {
    if at.text_of("$ref").is_some() {
        let _ = at.resolve(diagnostics);
        return;
    }
    for (key, value) in at.entries() {
        let data =
            matches!(key, "example" | "examples" | "default" | "enum" | "const") || key.starts_with("x-");
        if !data {
            references(&value, diagnostics);
        }
    }
    for value in at.items() {
        references(&value, diagnostics);
    }
}
