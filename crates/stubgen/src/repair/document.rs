//! The head of a document: its version, `info`, servers and tags.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{Mender, Repair, shown};
use crate::pointer::Pointer;

pub(super) fn repair(root: &mut Value, mender: &mut Mender<'_>) {
    let Value::Object(root) = root else { return };
    info(root, mender);
    if root.get("paths").is_none_or(Value::is_null) {
        if !mender.is_newer {
            let help = "write `paths: {}`";
            mender.note(
                &Pointer::root(),
                Repair::MissingField,
                "`paths` is missing, taken for no paths",
                help,
            );
        }
        root.insert("paths".to_owned(), json!({}));
    }
    servers(root, &Pointer::root(), mender);
    tags(root, mender);
    let Some(Value::Object(paths)) = root.get_mut("paths") else { return };
    for (path, item) in paths {
        let Value::Object(item) = item else { continue };
        let pointer = Pointer::root().key("paths").key(path);
        servers(item, &pointer, mender);
        for (key, operation) in item {
            if let Value::Object(operation) = operation {
                servers(operation, &pointer.key(key), mender);
            }
        }
    }
}

/// Versions of an API are free text: what is made of it takes the nearest semantic one where it needs one.
fn info(root: &mut Map<String, Value>, mender: &mut Mender<'_>) {
    let at = Pointer::root().key("info");
    let title = mender.scope.stem().to_owned();
    if root.get("info").is_none_or(Value::is_null) {
        let message = format!("`info` is missing, taken for version 0.0.0 of `{title}`");
        mender.note(
            &Pointer::root(),
            Repair::MissingField,
            &message,
            "add `info` with `title` and `version`",
        );
        root.insert("info".to_owned(), json!({"title": title, "version": "0.0.0"}));
        return;
    }
    let Some(Value::Object(info)) = root.get_mut("info") else { return };
    for (key, value) in [("title", title.as_str()), ("version", "0.0.0")] {
        if info.get(key).is_none_or(Value::is_null) {
            let message = format!("`info.{key}` is missing, taken for `{value}`");
            mender.note(&at, Repair::MissingField, &message, "add it: OpenAPI requires it");
            info.insert(key.to_owned(), Value::from(value));
        }
    }
}

fn servers(holder: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    let Some(Value::Array(servers)) = holder.get_mut("servers") else { return };
    for (index, server) in servers.iter_mut().enumerate() {
        let Value::Object(server) = server else { continue };
        let at = at.key("servers").index(index);
        let written = server.get("url").and_then(Value::as_str).map(str::to_owned);
        if written.is_none() && server.get("url").is_some_and(|url| !url.is_null()) {
            continue;
        }
        let url = address(written.as_deref().unwrap_or_default());
        if written.as_deref() != Some(url.as_str()) {
            let message = match &written {
                Some(written) => format!("the server's url `{written}` is taken for `{url}`"),
                None => format!("the server has no `url`, taken for `{url}`"),
            };
            mender.note(&at, Repair::ServerUrl, &message, "write `https://host/path`, or a path from `/`");
            server.insert("url".to_owned(), Value::String(url));
        }
        variables(server, &at, mender);
    }
}

/// An address with its scheme, or a path from the root.
fn address(written: &str) -> String {
    let url = written.trim();
    if url.is_empty() {
        return "/".to_owned();
    }
    if url.contains("://") || url.starts_with(['/', '{']) {
        return url.to_owned();
    }
    let first = url.split('/').next().unwrap_or_default();
    let host = first.split(':').next().unwrap_or_default();
    if host == "localhost" || (host.contains('.') && !host.starts_with('.')) {
        return format!("https://{url}");
    }
    format!("/{}", url.trim_start_matches("./"))
}

fn variables(server: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    let Some(Value::Object(variables)) = server.get_mut("variables") else { return };
    for (name, variable) in variables {
        let Value::Object(variable) = variable else { continue };
        if variable.get("default").is_some_and(|default| !default.is_null()) {
            continue;
        }
        let first = variable.get("enum").and_then(|values| values.get(0)).cloned();
        let first = first.unwrap_or_else(|| Value::from(""));
        let message = format!("the server variable `{name}` has no `default`, taken for {}", shown(&first));
        let at = at.key("variables").key(name);
        mender.note(&at, Repair::MissingField, &message, "add it: OpenAPI requires it");
        variable.insert("default".to_owned(), first);
    }
}

fn tags(root: &mut Map<String, Value>, mender: &mut Mender<'_>) {
    let Some(Value::Array(tags)) = root.get_mut("tags") else { return };
    let at = Pointer::root().key("tags");
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    for (index, tag) in std::mem::take(tags).into_iter().enumerate() {
        let tag = match tag {
            Value::String(name) => {
                let message = format!("the tag `{name}` is a text, taken for its name");
                mender.note(&at.index(index), Repair::ScalarType, &message, "write `- name: ...`");
                json!({ "name": name })
            }
            tag => tag,
        };
        if let Some(name) = tag.get("name").and_then(Value::as_str)
            && !seen.insert(name.to_owned())
        {
            let message = format!("the tag `{name}` is described twice, taken as described first");
            mender.note(&at.index(index), Repair::DuplicateTag, &message, "remove one of them");
            continue;
        }
        mender.scope.origins.moved(&at.index(index), &at.index(kept.len()));
        kept.push(tag);
    }
    *tags = kept;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_get_what_they_lack() {
        let rows = [
            ("https://a/b", "https://a/b"),
            ("/v1", "/v1"),
            ("v1", "/v1"),
            ("./v1", "/v1"),
            ("api.example.com/v1", "https://api.example.com/v1"),
            ("localhost:8080", "https://localhost:8080"),
            (" /v1 ", "/v1"),
            ("{base}/x", "{base}/x"),
            ("", "/"),
        ];
        for (written, expected) in rows {
            assert_eq!(address(written), expected, "{written}");
        }
    }
}
