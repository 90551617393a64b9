//! The manifests: each package names exactly the crates that its code uses, with the versions that fit together.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};

use super::{Context, Sources, naming};
use crate::Dependency;
use crate::files::Files;
use crate::parallel;

/// A crate that emitted code may use.
struct Known {
    /// Its name in code.
    krate: &'static str,
    package: &'static str,
    /// What stands behind `=` in a manifest.
    requirement: &'static str,
}

#[rustfmt::skip]
const KNOWN: &[Known] = &[
    Known { krate: "base64", package: "base64", requirement: "\"0.23\"" },
    Known { krate: "bytes", package: "bytes", requirement: "\"1.10\"" },
    Known { krate: "chrono", package: "chrono", requirement: "{ version = \"0.4.42\", default-features = false, features = [\"clock\", \"serde\", \"std\"] }" },
    Known { krate: "dropshot", package: "dropshot", requirement: "\"=0.18.0\"" },
    Known { krate: "futures", package: "futures", requirement: "{ version = \"0.3.31\", default-features = false, features = [\"std\", \"async-await\"] }" },
    Known { krate: "http", package: "http", requirement: "\"1.3\"" },
    Known { krate: "indexmap", package: "indexmap", requirement: "{ version = \"2.11\", features = [\"serde\"] }" },
    Known { krate: "percent_encoding", package: "percent-encoding", requirement: "\"2.3\"" },
    Known { krate: "progenitor_client", package: "progenitor-client", requirement: "\"0.15.1\"" },
    Known { krate: "regress", package: "regress", requirement: "\"0.12\"" },
    Known { krate: "reqwest", package: "reqwest", requirement: "{ version = \"0.13.4\", default-features = false, features = [\"json\", \"query\", \"stream\"] }" },
    Known { krate: "schemars", package: "schemars", requirement: "\"0.8.22\"" },
    Known { krate: "serde", package: "serde", requirement: "{ version = \"1.0.226\", features = [\"derive\"] }" },
    Known { krate: "serde_json", package: "serde_json", requirement: "{ version = \"1.0.145\", features = [\"preserve_order\"] }" },
    Known { krate: "thiserror", package: "thiserror", requirement: "\"2.0.17\"" },
    Known { krate: "tokio", package: "tokio", requirement: "{ version = \"1.47\", features = [\"macros\", \"net\", \"rt-multi-thread\", \"signal\", \"sync\", \"time\"] }" },
    Known { krate: "tracing", package: "tracing", requirement: "{ version = \"0.1.41\", default-features = false, features = [\"std\"] }" },
    Known { krate: "uuid", package: "uuid", requirement: "{ version = \"1.18\", features = [\"v4\", \"serde\"] }" },
    Known { krate: "wiremock", package: "wiremock", requirement: "\"0.6.5\"" },
    Known { krate: "zeroize", package: "zeroize", requirement: "{ version = \"1.8\", features = [\"derive\"] }" },
];

/// The features of a client.
const FEATURES: &str = "default = [\"rustls\", \"tracing\"]\n\
# HTTPS by rustls with the certificates of the operating system. Without it only http:// works, or a client of your own.\n\
rustls = [\"reqwest/rustls\"]\n\
# A span for each call, with the names of OpenTelemetry.\n\
tracing = [\"dep:tracing\"]\n\
# A mock of the API for tests of programs that use the client.\n\
mock = [\"dep:wiremock\"]\n";

/// Crates that only a feature of the client needs.
const OPTIONAL: [&str; 2] = ["tracing", "wiremock"];

/// The runtime is the one crate whose origin the caller chooses.
const RUNTIME: (&str, &str) = ("stubgen_runtime", "stubgen-runtime");

/// What a package's code uses: crates of the library, and those that only its tests use.
#[derive(Default)]
pub(super) struct Used {
    library: BTreeSet<&'static str>,
    tests: BTreeSet<&'static str>,
}

/// The packages that the sources name in paths.
pub(super) fn used(generated: &Files, sources: &Sources) -> syn::Result<Used> {
    let mut used = Used::default();
    let texts: Vec<_> = super::rust(generated).collect();
    let found = parallel::map(&texts, |text| {
        let mut found = BTreeSet::new();
        collect(text, &mut found).map(|()| found)
    });
    for found in found {
        used.library.extend(found?);
    }
    let is_rust = |path: &str| path.rsplit_once('.').is_some_and(|(_, extension)| extension == "rs");
    for (path, text) in sources.iter().filter(|(path, _)| is_rust(path)) {
        let set = if path.starts_with("src/") { &mut used.library } else { &mut used.tests };
        collect(text, set)?;
    }
    Ok(used)
}

fn collect(text: &str, found: &mut BTreeSet<&'static str>) -> syn::Result<()> {
    let mut is_told = true;
    for krate in KNOWN.iter().map(|known| known.krate).chain([RUNTIME.0]) {
        match mentioned(text, krate) {
            Mention::Never => {}
            Mention::InCode => found.extend(package_of(krate)),
            Mention::Somewhere => is_told = false,
        }
    }
    if is_told {
        return Ok(());
    }
    let tokens: TokenStream = text.parse().map_err(syn::Error::from)?;
    walk(tokens, found);
    Ok(())
}

/// Where a crate is named in a text.
enum Mention {
    Never,
    /// In a place that is neither a comment nor a string.
    InCode,
    /// Only reading the text as Rust can tell.
    Somewhere,
}

/// A look at the text alone, since generated code has megabytes: strings have no line ends there, so what stands in a line before any
/// quotation mark and any comment is code.
fn mentioned(text: &str, krate: &str) -> Mention {
    let mut mention = Mention::Never;
    for (start, _) in text.match_indices(krate) {
        let before = &text[..start];
        let line = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
        let is_part = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let inner = before.strip_suffix("::");
        let is_inner = inner.is_some_and(|outer| outer.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        let rest = &text[start + krate.len()..];
        let is_path = rest.starts_with("::") && !is_inner;
        let is_import = before.ends_with("use ");
        if is_part || rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        if !is_path && !is_import {
            continue;
        }
        if !line.contains('"') && !line.contains("//") {
            return Mention::InCode;
        }
        mention = Mention::Somewhere;
    }
    mention
}

/// Looks for `name::` that is not itself behind a `::` of another name, wherever it stands, macros included.
fn walk(tokens: TokenStream, found: &mut BTreeSet<&'static str>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let colon =
        |index: usize| matches!(tokens.get(index), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    let name = |index: usize| matches!(tokens.get(index), Some(TokenTree::Ident(_)));
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => walk(group.stream(), found),
            TokenTree::Ident(ident) => {
                let inner =
                    index >= 2 && colon(index - 1) && colon(index - 2) && index >= 3 && name(index - 3);
                let path = colon(index + 1) && colon(index + 2);
                let import =
                    index >= 1 && matches!(&tokens[index - 1], TokenTree::Ident(word) if word == "use");
                let word = ident.to_string();
                if (path || import)
                    && !inner
                    && let Some(package) = package_of(&word)
                {
                    found.insert(package);
                }
            }
            _ => {}
        }
    }
}

fn package_of(krate: &str) -> Option<&'static str> {
    if krate == RUNTIME.0 {
        return Some(RUNTIME.1);
    }
    KNOWN.iter().find(|known| known.krate == krate).map(|known| known.package)
}

/// The manifests by path, that of the workspace among them.
pub(super) fn files(context: &Context<'_>, used: &BTreeMap<String, Used>) -> Sources {
    let (api, client, server) =
        (context.package("api"), context.package("client"), context.package("server"));
    let nothing = Used::default();
    let of = |package: &String| used.get(package).unwrap_or(&nothing);
    let mut files = Sources::new();
    files.insert("Cargo.toml".to_owned(), root(context, [of(&api), of(&client), of(&server)]));
    let title = &context.surface.title;
    files.insert(format!("{api}/Cargo.toml"), {
        let about = format!("Server stubs of {title}, generated from its OpenAPI document");
        let tests = if of(&api).tests.contains(RUNTIME.1) {
            "stubgen-runtime = { workspace = true, features = [\"roundtrip\"] }\n"
        } else {
            ""
        };
        let head = package(context, &api, &about, true);
        format!("{head}\n[dependencies]\n{}\n[dev-dependencies]\n{tests}", lines(&of(&api).library))
    });
    files.insert(format!("{client}/Cargo.toml"), {
        let about = format!("Client of {title}, generated from its OpenAPI document");
        let head = package(context, &client, &about, true);
        format!(
            "{head}\n[features]\n{FEATURES}\n[dependencies]\n{}",
            client_lines(context, &of(&client).library)
        )
    });
    files.insert(format!("{server}/Cargo.toml"), {
        let about = format!("A server of {title}");
        let head = package(context, &server, &about, false);
        // What the library uses, its tests have anyway, save the tools for tests.
        let tests = &of(&server).tests - &of(&server).library;
        let tools = if of(&server).tests.contains(RUNTIME.1) {
            "stubgen-runtime = { workspace = true, features = [\"conformance\"] }\n"
        } else {
            ""
        };
        format!(
            "{head}publish = false\n\n[dependencies]\n{api}.path = \"../{api}\"\n{}\n[dev-dependencies]\n{tools}{}",
            lines(&of(&server).library),
            lines(&tests)
        )
    });
    files
}

fn root(context: &Context<'_>, used: [&Used; 3]) -> String {
    let all: BTreeSet<_> =
        used.into_iter().flat_map(|used| used.library.iter().chain(&used.tests)).copied().collect();
    let versions = all.into_iter().fold(String::new(), |text, package| {
        text + &format!("{package} = {}\n", requirement(context, package))
    });
    format!(
        "{}[workspace]\nresolver = \"3\"\nmembers = [\"{}-*\"]\n\n[workspace.package]\nedition = \"2024\"\nrust-version = \"1.89\"\n\n\
         # These versions fit together.\n[workspace.dependencies]\n{versions}",
        context.header.comment("#"),
        context.name
    )
}

fn requirement(context: &Context<'_>, package: &str) -> String {
    if package == RUNTIME.1 {
        return match context.options.runtime {
            Dependency::Version(version) => naming::toml(version),
            Dependency::Path(path) => format!("{{ path = {} }}", naming::toml(path)),
        };
    }
    let known = KNOWN.iter().find(|known| known.package == package);
    known.map_or_else(|| "\"*\"".to_owned(), |known| known.requirement.to_owned())
}

fn package(context: &Context<'_>, name: &str, description: &str, is_generated: bool) -> String {
    let header = if is_generated { context.header.comment("#") } else { String::new() };
    format!(
        "{header}[package]\nname = \"{name}\"\ndescription = {}\nversion = \"{}\"\nedition.workspace = true\nrust-version.workspace = true\n",
        naming::toml(description),
        version(&context.surface.version)
    )
}

/// The version of the document where cargo takes it.
fn version(text: &str) -> String {
    let parts: Vec<_> = text.trim_start_matches('v').split('.').collect();
    let is_number = |part: &&str| {
        !part.is_empty()
            && part.len() < 10
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (*part == "0" || !part.starts_with('0'))
    };
    if parts.len() == 3 && parts.iter().all(is_number) { parts.join(".") } else { "0.1.0".to_owned() }
}

fn lines(packages: &BTreeSet<&'static str>) -> String {
    packages.iter().fold(String::new(), |text, package| text + package + ".workspace = true\n")
}

/// The dependencies of the client; only one that sends forms of several parts needs what makes them.
fn client_lines(context: &Context<'_>, packages: &BTreeSet<&'static str>) -> String {
    let sends_parts = super::rust(&context.generated.client).any(|text| text.contains("reqwest::multipart"));
    let optional = |package: &&&str| OPTIONAL.contains(package);
    let (features, always): (BTreeSet<_>, BTreeSet<_>) =
        packages.iter().partition(|package| optional(package));
    let mut text = lines(&always);
    if sends_parts {
        let with_parts = "reqwest = { workspace = true, features = [\"multipart\"] }";
        text = text.replace("reqwest.workspace = true", with_parts);
    }
    if features.contains("tracing") {
        text.push_str("tracing = { workspace = true, optional = true }\n");
    }
    if features.contains("wiremock") {
        text.push_str("\n[target.'cfg(not(target_arch = \"wasm32\"))'.dependencies]\n");
        text.push_str("wiremock = { workspace = true, optional = true }\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_are_those_this_workspace_is_tested_with() {
        let manifest = include_str!("../../../../Cargo.toml");
        for known in KNOWN {
            let line = format!("\n{} = {}", known.package, known.requirement);
            assert!(manifest.contains(&line), "{line}");
        }
    }

    #[test]
    fn crates_are_found_by_their_paths_and_nowhere_else() {
        let mut found = BTreeSet::new();
        let text = r#"
            //! Prose about reqwest::Url.
            use serde::Deserialize;
            use uuid;
            fn f() -> ::chrono::NaiveDate { vec![serde_json::json!({})]; crate::bytes::x(); "tokio::main" }
        "#;
        collect(text, &mut found).expect("tokens");
        assert_eq!(found, BTreeSet::from(["chrono", "serde", "serde_json", "uuid"]));
    }

    #[test]
    fn a_version_that_cargo_does_not_take_is_not_given_to_it() {
        for (text, expected) in [
            ("1.2.3", "1.2.3"),
            ("v1.0.0", "1.0.0"),
            ("21.02.7", "0.1.0"),
            ("1.0", "0.1.0"),
            ("2024-01-01", "0.1.0"),
        ] {
            assert_eq!(version(text), expected);
        }
    }
}
