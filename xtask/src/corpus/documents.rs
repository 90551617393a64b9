//! Which documents are tried: every file below the folders that is an OpenAPI document.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::files;

/// A document and the name of its workspace.
pub(super) struct Document {
    pub(super) path: PathBuf,
    pub(super) name: String,
}

/// The documents below the folders, each with a name of its own.
pub(super) fn documents(folders: &[PathBuf], only: &[String]) -> anyhow::Result<Vec<Document>> {
    let mut paths = Vec::new();
    for folder in folders {
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
        if !only.is_empty() && !only.iter().any(|part| shown.contains(part.as_str())) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn documents_of_the_same_name_get_workspaces_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["first/api.yaml", "second/api.yaml", "second/notes.md"] {
            let text = if path.ends_with("md") { "notes" } else { "openapi: 3.0.3\n" };
            files::write(&folder.path().join(path), text).unwrap();
        }
        let folders = [folder.path().to_owned()];
        let names = |only: &[&str]| {
            let only: Vec<_> = only.iter().map(|part| (*part).to_owned()).collect();
            let found = documents(&folders, &only);
            found.map(|found| found.into_iter().map(|document| document.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&[]).unwrap(), ["api", "api-2"]);
        assert_eq!(names(&["second/"]).unwrap(), ["api"]);
        assert!(names(&["nothing"]).is_err());
    }
}
