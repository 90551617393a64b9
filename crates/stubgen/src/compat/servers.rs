//! Where the API is: addresses, their variables, and what all paths begin with.

use std::collections::BTreeSet;

use super::ChangeKind;
use super::collect::{Collector, In, differing};
use crate::grammar::Role;
use crate::load::At;

/// Compares the addresses of the whole document, and what it says about itself.
pub(super) fn document(collector: &mut Collector<'_>) {
    let (old, new) = (collector.old.at_root(), collector.new.at_root());
    servers(collector, &old, &new);
    collector.documentation(Role::Document, &old, &new, &["externalDocs", "tags"]);
    if let (Some(old), Some(new)) = (old.get("info"), new.get("info")) {
        let keys = ["title", "description", "termsOfService", "contact", "license", "version"];
        collector.documentation(Role::Info, &old, &new, &keys);
    }
}

/// Compares the addresses of an operation, where it has its own.
pub(super) fn operation<'a>(collector: &mut Collector<'a>, old: &At<'a>, new: &At<'a>) {
    if old.get("servers").is_none() && new.get("servers").is_none() {
        return;
    }
    let (old_root, new_root) = (collector.old.at_root(), collector.new.at_root());
    let old = if old.get("servers").is_some() { old } else { &old_root };
    let new = if new.get("servers").is_some() { new } else { &new_root };
    servers(collector, old, new);
}

fn servers<'a>(collector: &mut Collector<'a>, old: &At<'a>, new: &At<'a>) {
    let listed = |at: &At<'a>| -> Vec<At<'a>> {
        at.get("servers").map(|all| all.items().collect()).unwrap_or_default()
    };
    let (before, after) = (listed(old), listed(new));
    let url = |at: &At<'a>| at.text_of("url").unwrap_or("/").trim_end_matches('/').to_owned();
    // Without any server, paths stand at the root of the host that the document came from.
    let bases = |servers: &[At<'a>]| -> BTreeSet<String> {
        let bases: BTreeSet<String> = servers.iter().map(|at| base(&url(at)).to_owned()).collect();
        if bases.is_empty() { BTreeSet::from([String::new()]) } else { bases }
    };
    let (old_bases, new_bases) = (bases(&before), bases(&after));
    let has_moved = old_bases.is_disjoint(&new_bases);
    if has_moved {
        let shown = |bases: &BTreeSet<String>| {
            bases.iter().map(|base| format!("`{base}/`")).collect::<Vec<_>>().join(", ")
        };
        let message =
            format!("paths begin with {} now, and did with {}", shown(&new_bases), shown(&old_bases));
        let at = new.get("servers").unwrap_or_else(|| new.clone());
        collector.add(ChangeKind::BasePathChanged, In::New(&at), message);
    }
    for server in &before {
        let Some(other) = after.iter().find(|other| url(other) == url(server)) else {
            let address = server.text_of("url").unwrap_or_default();
            if !has_moved {
                let message = format!("the address `{address}` is gone");
                collector.add(ChangeKind::ServerRemoved, In::Old(server), message);
            }
            continue;
        };
        collector.documentation(Role::Server, server, other, &["description", "name"]);
        variables(collector, server, other);
    }
    if has_moved {
        return;
    }
    for server in after.iter().filter(|server| before.iter().all(|other| url(other) != url(server))) {
        let address = server.text_of("url").unwrap_or_default();
        collector.add(ChangeKind::ServerAdded, In::New(server), format!("the address `{address}` is new"));
    }
}

fn variables<'a>(collector: &mut Collector<'a>, old: &At<'a>, new: &At<'a>) {
    let (Some(old), Some(new)) = (old.get("variables"), new.get("variables")) else {
        if let Some((at, message)) = differing(old, new, "variables") {
            collector.add(ChangeKind::ServerVariableChanged, at.as_in(), message);
        }
        return;
    };
    let names: BTreeSet<&str> = old.entries().chain(new.entries()).map(|(name, _)| name).collect();
    for name in names {
        let (Some(before), Some(after)) = (old.get(name), new.get(name)) else {
            if let Some((at, message)) = differing(&old, &new, name) {
                collector.add(ChangeKind::ServerVariableChanged, at.as_in(), message);
            }
            continue;
        };
        collector.documentation(Role::ServerVariable, &before, &after, &["description"]);
        for key in ["default", "enum"] {
            if let Some((at, _)) = differing(&before, &after, key) {
                let message = format!("`{key}` of the variable `{name}` is another");
                collector.add(ChangeKind::ServerVariableChanged, at.as_in(), message);
            }
        }
    }
}

/// The path of an address, without a slash behind it.
fn base(url: &str) -> &str {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |slash| &rest[slash..]),
        None => url,
    };
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_the_path_of_an_address() {
        let rows = [
            ("https://a.example/v1/", "/v1"),
            ("https://a.example", ""),
            ("/", ""),
            ("/api/v3", "/api/v3"),
            ("https://{host}/{base}", "/{base}"),
        ];
        for (url, expected) in rows {
            assert_eq!(base(url), expected, "{url}");
        }
    }
}
