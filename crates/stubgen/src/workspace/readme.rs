//! The README of a workspace: what is there, the next step, and the commands.

use std::fmt::Write as _;

use super::{Context, conformance, naming};
use crate::Dependency;

/// The text of `README.md`.
pub(super) fn readme(context: &Context<'_>) -> String {
    let header = context.header.comment("").trim().replace("--", "- -");
    let mut text = include_str!("templates/readme.md.in")
        .replace("{{header}}", &header)
        .replace("{{title}}", &naming::line(&context.surface.title))
        .replace("{{trait}}", &context.surface.trait_name.to_string())
        .replace("{{api}}", &context.package("api"))
        .replace("{{client}}", &context.package("client"))
        .replace("{{server}}", &context.package("server"))
        .replace("{{base_path}}", &context.surface.base_path)
        .replace("{{curl}}", &curl(context))
        .replace("{{regenerate}}", &regenerate(context))
        .replace("{{runtime}}", runtime(context));
    if !context.generated.left_out.is_empty() {
        text.push_str("\n## Left out\n\n");
        for left_out in &context.generated.left_out {
            let reasons: Vec<_> =
                left_out.reasons.iter().map(|reason| format!("`{}`", reason.kind.code())).collect();
            let _ = writeln!(
                text,
                "- {} {} ({}): {}",
                left_out.method,
                naming::line(&left_out.path),
                naming::line(&left_out.operation),
                reasons.join(", ")
            );
        }
    }
    text
}

/// A request to try: of the first operation that can be called by its address alone.
fn curl(context: &Context<'_>) -> String {
    let target = conformance::address(context);
    target.map_or_else(String::new, |target| {
        format!("curl -i 'http://127.0.0.1:8080{}{target}'\n", context.surface.base_path)
    })
}

/// The command that generates the workspace again, from the folder that has the document and the workspace.
fn regenerate(context: &Context<'_>) -> String {
    let runtime = match context.options.runtime {
        Dependency::Path(path) => format!(" --runtime {}", quoted(path)),
        Dependency::Version(_) => String::new(),
    };
    let skip = if context.options.skip_unsupported { " --skip-unsupported" } else { "" };
    let (command, source) = (context.options.command, quoted(context.source));
    format!("{command} --spec {source} --out {0} --name {0}{skip}{runtime}", context.name)
}

/// A word of a shell command.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let clean: String = word.chars().filter(|c| !c.is_control()).collect();
    if !clean.is_empty() && clean.chars().all(is_plain) {
        clean
    } else {
        format!("'{}'", clean.replace('\'', ""))
    }
}

fn runtime(context: &Context<'_>) -> &'static str {
    match context.options.runtime {
        Dependency::Path(_) => {
            "`stubgen-runtime`, which both need, comes from a folder of this machine: the root `Cargo.toml` has its path. Generate without \
             `--runtime` to take it from crates.io instead."
        }
        Dependency::Version(_) => {
            "`stubgen-runtime`, which both need, comes from crates.io. As long as the version that the root `Cargo.toml` names is not \
             published there, generate with `--runtime FOLDER`, where FOLDER is the crate of that name beside the generator's source."
        }
    }
}
