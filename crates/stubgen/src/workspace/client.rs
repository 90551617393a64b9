//! The shell of the client crate: how a client is made, what it authenticates with, and how values become parts of a path.

use super::{Context, Sources, credentials, naming};

/// The files that are not generated modules.
pub(super) fn files(context: &Context<'_>) -> Sources {
    let secured = !context.surface.schemes.is_empty();
    let fill = |template: &str| {
        let text = only_if(template, "credentials", secured);
        text.replace("{{header}}", &context.header.comment("//"))
            .replace("{{title}}", &naming::line(&context.surface.title))
            .replace("{{base_path}}", &format!("{:?}", context.surface.base_path))
            .replace("{{server}}", &server_of(context))
    };
    let mut sources = Sources::from([
        ("src/lib.rs".to_owned(), fill(include_str!("templates/client_lib.rs.in"))),
        ("src/shell.rs".to_owned(), fill(include_str!("templates/client_shell.rs.in"))),
    ]);
    if secured {
        sources.insert("src/credentials.rs".to_owned(), credentials::credentials(context));
    }
    sources
}

/// The address of the first server that has one, without the base path, as Rust.
fn server_of(context: &Context<'_>) -> String {
    let servers = context.document["servers"].as_array().into_iter().flatten();
    let found = servers.filter_map(|server| {
        let mut url = server["url"].as_str()?.to_owned();
        for (name, variable) in server["variables"].as_object().into_iter().flatten() {
            url = url.replace(&format!("{{{name}}}"), variable["default"].as_str().unwrap_or_default());
        }
        let is_absolute = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
        let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic() && !b"{}<>\"\\?#@".contains(&byte));
        let host = url.split('/').nth(2).is_some_and(|host| !host.is_empty());
        let url = url.trim_end_matches('/');
        let origin = url.strip_suffix(context.surface.base_path.as_str()).unwrap_or(url);
        (is_absolute && is_plain && host).then(|| origin.to_owned())
    });
    found.take(1).map(|url| format!("Some({url:?})")).next().unwrap_or_else(|| "None".to_owned())
}

/// Keeps or drops the parts of a template between lines `{{if WORD}}` and `{{end}}`; `{{else}}` turns the condition around.
fn only_if(template: &str, word: &str, condition: bool) -> String {
    let mut text = String::with_capacity(template.len());
    let mut keep = true;
    for line in template.lines() {
        match line.trim() {
            "{{end}}" => keep = true,
            "{{else}}" => keep = !keep,
            other if other == format!("{{{{if {word}}}}}") => keep = condition,
            _ if keep => {
                text.push_str(line);
                text.push('\n');
            }
            _ => {}
        }
    }
    text
}
