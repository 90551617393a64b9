//! The whole page: head, list of operations, sections in the order in which they are read.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use crate::anchors::{anchor, schema_anchor};
use crate::code;
use crate::document::{Document, Operation, server_url, text};
use crate::markdown::{self, is_safe};
use crate::operation;
use crate::rows::Rows;
use crate::schema::{self, Schema};
use crate::security;
use crate::{Home, SCRIPT, STYLE};

/// In a document with more operations, the browser lays out only those that are in sight.
const MANY: usize = 60;

/// A mark for tabs and bookmarks. Without one the browser would ask the server for a file.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' \
                    height='16' rx='4' fill='%232456c7'/%3E%3Cpath d='M6 4 3 8l3 4M10 4l3 4-3 4' fill='none' stroke='%23fff' \
                    stroke-width='1.8'/%3E%3C/svg%3E";

/// Operations that share their first tag.
struct Group<'d, 'o> {
    name: &'d str,
    description: Option<&'d Value>,
    operations: Vec<&'o Operation<'d>>,
}

/// The page as text.
pub(crate) fn page(document: &Document<'_>, home: Home, policy: &str) -> String {
    let title = document.text(&["info", "title"]).unwrap_or("API");
    let groups = groups(document);
    let is_large = document.operations.len() > MANY;
    let content = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                @if home == Home::Anywhere { meta http-equiv="Content-Security-Policy" content=(policy); }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                @if let Some(text) = document.text(&["info", "summary"]).or_else(|| first_sentence(document)) {
                    meta name="description" content=(text);
                }
                title { (title) " API Reference" }
                link rel="icon" href=(ICON);
                style { (PreEscaped(STYLE)) }
            }
            body class=[is_large.then_some("large")] data-home=(if home == Home::Anywhere { "anywhere" } else { "server" }) {
                a.skip href="#content" { "Skip to the content" }
                (header(document, title))
                div.frame {
                    (navigation(document, &groups))
                    main #content tabindex="-1" {
                        (introduction(document, home, title))
                        (security::section(document))
                        (operations(document, &groups))
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    content.into_string()
}

fn header(document: &Document<'_>, title: &str) -> Markup {
    html! {
        header.bar {
            button.menu type="button" hidden aria-expanded="false" aria-controls="navigation" { "Menu" }
            a.brand href="#content" { (title) }
            @if let Some(version) = document.text(&["info", "version"]) { span.version { (version) } }
            button.colours type="button" hidden { "Colours: system" }
        }
    }
}

fn navigation(document: &Document<'_>, groups: &[Group<'_, '_>]) -> Markup {
    let item = |operation: &Operation<'_>| {
        html! {
            li data-words={ (operation.method) " " (operation.path) " " (operation.title()) " "
                (operation.text("operationId").unwrap_or_default()) } {
                a href={ "#" (operation.anchor) } {
                    span.label { (operation.title()) } " "
                    (operation::method(operation))
                }
            }
        }
    };
    html! {
        nav #navigation aria-label="Contents" {
            input.filter hidden type="search" autocomplete="off" spellcheck="false" placeholder="Find an operation"
                aria-label="Find an operation";
            p.none hidden { "No operation has these words." }
            ul {
                li { a href="#introduction" { "Introduction" } }
                @if security::are_there(document) { li { a href="#authentication" { "Authentication" } } }
            }
            @for group in groups {
                p.group { (group.name) }
                ul { @for operation in &group.operations { (item(operation)) } }
            }
            @if !document.webhooks.is_empty() {
                p.group { "Webhooks" }
                ul { @for webhook in &document.webhooks { (item(webhook)) } }
            }
            @if !schema::components(document).is_empty() {
                p.group { "Schemas" }
                ul {
                    @for (name, _) in schema::components(document) {
                        li data-words=(name) { a href={ "#" (schema_anchor(name)) } { span.label { (name) } } }
                    }
                }
            }
        }
    }
}

fn introduction(document: &Document<'_>, home: Home, title: &str) -> Markup {
    let has_files = home != Home::Server { document: false };
    html! {
        section.prose #introduction {
            h1 { (title) " API Reference" }
            (facts(document))
            @if let Some(text) = document.text(&["info", "description"]) {
                div.description { (markdown::block(text, 1)) }
            }
            (operation::external_docs(document.get(&["externalDocs"])))
            (servers(document, home))
            @if has_files {
                p.more {
                    "The same for programs: " a href="openapi.json" { "openapi.json" } ", "
                    a href="openapi.yaml" { "openapi.yaml" }
                }
            }
            // Not `noscript`: a script may also be kept from running.
            p.note.unscripted { "Everything is here without JavaScript, which this page uses for calls only. The samples work in a shell." }
        }
    }
}

fn facts(document: &Document<'_>) -> Markup {
    let named = |key: &str, label: &str| {
        let value = document.get(&["info", key])?;
        let name =
            text(value, "name").or_else(|| text(value, "url")).or_else(|| text(value, "identifier"))?;
        let url = text(value, "url").filter(|url| is_safe(url));
        Some(html! {
            span { (label) " " @if let Some(url) = url { a href=(url) { (name) } } @else { (name) } }
        })
    };
    let terms = document.text(&["info", "termsOfService"]).filter(|url| is_safe(url));
    let email = document.text(&["info", "contact", "email"]);
    html! {
        p.facts {
            @if let Some(version) = document.text(&["info", "version"]) { span { "Version " (version) } }
            @for fact in [named("license", "Licence"), named("contact", "Contact")].into_iter().flatten() { (fact) }
            @if let Some(email) = email { span { a href={ "mailto:" (email) } { (email) } } }
            @if let Some(terms) = terms { span { a href=(terms) { "Terms of service" } } }
        }
    }
}

/// Where the API is. A page of a server calls that server; any other asks for one.
fn servers(document: &Document<'_>, home: Home) -> Markup {
    let list = document.get(&["servers"]).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    html! {
        @if home == Home::Anywhere {
            div.server.field hidden {
                label for="server" { "Server that this page calls" }
                input #server type="url" list="servers" autocomplete="off" spellcheck="false" value=(document.server());
                datalist #servers { @for server in list { option value=(server_url(server)) {} } }
            }
        } @else {
            p.server hidden { "This page calls " code.base {} }
        }
        @if !list.is_empty() {
            h2 { "Servers" }
            ul.rows {
                @for server in list {
                    li {
                        p.head { code.name { (text(server, "url").unwrap_or_default()) } }
                        @if let Some(text) = text(server, "description") { div.description { (markdown::block(text, 2)) } }
                        @for (name, variable) in crate::document::members(server.get("variables")) {
                            p.constraints {
                                code { (name) } ": " (text(variable, "description").unwrap_or_default().trim()) " By default "
                                code { (text(variable, "default").unwrap_or_default()) } "."
                            }
                        }
                    }
                }
            }
        }
    }
}

fn operations<'d>(document: &'d Document<'d>, groups: &[Group<'d, '_>]) -> Markup {
    let rows = Rows::new(document);
    html! {
        @for group in groups {
            section.group id=(anchor("tag", group.name)) {
                div.prose {
                    h2 { (group.name) }
                    @if let Some(tag) = group.description {
                        @if let Some(text) = text(tag, "description") { div.description { (markdown::block(text, 2)) } }
                        (operation::external_docs(tag.get("externalDocs")))
                    }
                }
                @for operation in &group.operations { (operation::operation(document, &rows, operation)) }
            }
        }
        @if !document.webhooks.is_empty() {
            section.group #webhooks {
                div.prose { h2 { "Webhooks" } p { "What the API sends to those who asked for it." } }
                @for webhook in &document.webhooks { (operation::webhook(document, &rows, webhook)) }
            }
        }
        (schemas(document))
    }
}

/// Every schema at its own place, to which links lead.
fn schemas<'d>(document: &'d Document<'d>) -> Markup {
    let components = schema::components(document);
    // Each is written out here, whatever has been written before.
    let rows = Rows::new(document);
    html! {
        @if !components.is_empty() {
            section.group #schemas {
                div.prose { h2 { "Schemas" } }
                @for (name, value) in components {
                    @let example = Schema::new(document, value).example();
                    article.schema id=(schema_anchor(name)) {
                        div.prose {
                            h3 { (name) " " a.anchor href={ "#" (schema_anchor(name)) } aria-label={ "Link to " (name) } { "#" } }
                            (rows.whole(value))
                        }
                        @if let Some(example) = example.filter(|example| example.is_object() || example.is_array()) {
                            div.side { (code::block("Example", &code::json(example, 0))) }
                        }
                    }
                }
            }
        }
    }
}

/// The groups in the order of the document's tags, then those whose tags it does not list, then operations without one.
fn groups<'d, 'o>(document: &'o Document<'d>) -> Vec<Group<'d, 'o>> {
    let tags = document.get(&["tags"]).and_then(Value::as_array).into_iter().flatten();
    let mut groups: Vec<Group<'d, 'o>> = tags
        .filter_map(|tag| {
            Some(Group { name: text(tag, "name")?, description: Some(tag), operations: Vec::new() })
        })
        .collect();
    let mut others = Group { name: "Operations", description: None, operations: Vec::new() };
    for operation in &document.operations {
        let Some(tag) = operation.tag() else {
            others.operations.push(operation);
            continue;
        };
        match groups.iter_mut().find(|group| group.name == tag) {
            Some(group) => group.operations.push(operation),
            None => groups.push(Group { name: tag, description: None, operations: vec![operation] }),
        }
    }
    groups.push(others);
    groups.into_iter().filter(|group| !group.operations.is_empty()).collect()
}

fn first_sentence<'d>(document: &Document<'d>) -> Option<&'d str> {
    document.text(&["info", "description"])?.trim().lines().next()
}
