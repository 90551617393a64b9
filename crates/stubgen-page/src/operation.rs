//! One operation: what it does on the one side, how it is called on the other.

use maud::{Markup, PreEscaped, html};

use crate::body;
use crate::document::{Document, Operation, text};
use crate::markdown::{self, is_safe};
use crate::parameters;
use crate::responses;
use crate::rows::Rows;
use crate::samples;
use crate::security::{self, Demands};
use crate::try_it;

/// An operation that can be called.
pub(crate) fn operation<'d>(document: &Document<'d>, rows: &Rows<'d>, operation: &Operation<'d>) -> Markup {
    html! {
        article.operation id=(operation.anchor) {
            div.prose {
                (heading(operation))
                (description(operation))
                (demands(document, operation))
                (parameters::parameters(rows, &operation.parameters))
                (body::body(document, rows, operation))
                (responses::responses(document, rows, operation))
            }
            div.side {
                (try_it::form(document, operation))
                (samples::samples(document, operation))
                (body::samples(document, operation))
            }
        }
    }
}

/// A call that the API makes, to somebody who asked for it.
pub(crate) fn webhook<'d>(document: &Document<'d>, rows: &Rows<'d>, webhook: &Operation<'d>) -> Markup {
    html! {
        article.operation id=(webhook.anchor) {
            div.prose {
                (heading(webhook))
                (description(webhook))
                (parameters::parameters(rows, &webhook.parameters))
                (body::body(document, rows, webhook))
                (responses::responses(document, rows, webhook))
            }
            div.side { (body::samples(document, webhook)) }
        }
    }
}

/// The method as a coloured word.
pub(crate) fn method(operation: &Operation<'_>) -> Markup {
    html! { span class={ "method " (operation.method.to_ascii_lowercase()) } { (operation.method) } }
}

/// A link to what is written elsewhere, if there is one.
pub(crate) fn external_docs(value: Option<&serde_json::Value>) -> Markup {
    let link = value
        .and_then(|docs| Some((text(docs, "url").filter(|url| is_safe(url))?, text(docs, "description"))));
    html! {
        @if let Some((url, description)) = link {
            p.more { "Learn more: " a href=(url) { (description.unwrap_or(url).trim()) } }
        }
    }
}

fn heading(operation: &Operation<'_>) -> Markup {
    html! {
        h3 {
            (operation.title()) " "
            @if operation.is_deprecated() { span.deprecated { "deprecated" } " " }
            a.anchor href={ "#" (operation.anchor) } aria-label={ "Link to " (operation.title()) } { "#" }
        }
        p.route { (method(operation)) " " code { (breakable(operation.path)) } }
    }
}

fn description(operation: &Operation<'_>) -> Markup {
    html! {
        @if let Some(text) = operation.text("description") { div.description { (markdown::block(text, 3)) } }
        (external_docs(operation.value.get("externalDocs")))
    }
}

fn demands(document: &Document<'_>, operation: &Operation<'_>) -> Markup {
    let Demands { alternatives, optional } = security::demands(document, operation.value);
    let labels: Vec<String> = alternatives.iter().map(|alternative| security::label(alternative)).collect();
    html! {
        p.demands {
            @if labels.is_empty() { "No credentials are needed." }
            @else {
                a href="#authentication" { "Credentials" } @if optional { ", if you have any" } ": " (labels.join(", or "))
            }
        }
    }
}

/// A path that may be broken after each slash, where a line is too short for it.
fn breakable(path: &str) -> Markup {
    html! {
        @for (index, part) in path.split('/').enumerate() {
            @if index > 0 { "/" (PreEscaped("<wbr>")) }
            (part)
        }
    }
}
