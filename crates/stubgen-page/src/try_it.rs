//! The form for calling an operation. The script shows it and sends what is in it; nothing in it has a name, so that no browser
//! can put it into an address or keep it.

use maud::{Markup, html};
use serde_json::Value;

use crate::body;
use crate::document::{Document, Operation, is_true, text};
use crate::parameters;
use crate::schema::Schema;
use crate::security::{self, Demands, Scheme};

/// The form of an operation.
pub(crate) fn form<'d>(document: &Document<'d>, operation: &Operation<'d>) -> Markup {
    let id = &operation.anchor;
    html! {
        form.try hidden autocomplete="off" novalidate data-method=(operation.method) data-path=(operation.path)
            aria-label={ "Try it: " (operation.title()) } {
            h4 { "Try it" }
            @for (index, parameter) in operation.parameters.iter().enumerate() {
                (field(document, parameter, &format!("{id}-parameter-{index}")))
            }
            (body::editors(document, operation))
            (credentials(&security::demands(document, operation.value), id))
            p.error role="alert" {}
            p.actions {
                button.send type="submit" { "Send " (operation.method) }
                button.cancel type="button" hidden { "Cancel" }
            }
            div.answer aria-live="polite" {}
        }
    }
}

fn field<'d>(document: &Document<'d>, parameter: &'d Value, id: &str) -> Markup {
    let name = text(parameter, "name").unwrap_or_default();
    let place = text(parameter, "in").unwrap_or_default();
    if place == "cookie" {
        return html! { p.note { "The cookie " code { (name) } " cannot be sent from a page; what the browser has is." } };
    }
    let value = parameters::schema(parameter);
    let schema = Schema::new(document, value);
    let required = is_true(parameter, "required");
    let example = parameters::example(document, parameter);
    let options: Vec<String> = match schema.values() {
        values if !values.is_empty() => values
            .iter()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect(),
        _ if schema.is_type("boolean") => vec!["true".to_owned(), "false".to_owned()],
        _ => Vec::new(),
    };
    let kind = ["array", "object"].into_iter().find(|kind| schema.is_type(kind)).unwrap_or("single");
    let kind = if parameter.get("content").is_some() { "json" } else { kind };
    let style = text(parameter, "style").unwrap_or(if place == "query" { "form" } else { "simple" });
    let explode = parameter.get("explode").and_then(Value::as_bool).unwrap_or(style == "form");
    html! {
        div.field.parameter data-in=(place) data-name=(name) data-kind=(kind) data-style=(style) data-explode=(explode)
            data-required=(required) {
            label for=(id) {
                code { (name) } " " small { "in the " (place) @if required { ", required" } }
            }
            @if options.is_empty() {
                input id=(id) type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
                    value=[example.as_ref().filter(|_| required)] placeholder=[example.as_ref().filter(|_| !required)]
                    aria-required=[required.then_some("true")];
            } @else {
                select id=(id) {
                    @if !required { option value="" { "not sent" } }
                    @for option in &options {
                        option value=(option) selected[required && example.as_ref() == Some(option)] { (option) }
                    }
                }
            }
            @if kind == "array" { small.note { "Several values are separated by commas." } }
            @if matches!(kind, "object" | "json") { small.note { "JSON" } }
        }
    }
}

/// A choice of alternatives, and the fields of all schemes; the script shows those of the one that is chosen.
fn credentials(demands: &Demands<'_>, id: &str) -> Markup {
    let Demands { alternatives, .. } = demands;
    let mut schemes: Vec<&Scheme<'_>> = Vec::new();
    for scheme in alternatives.iter().flatten() {
        if !schemes.iter().any(|known| known.key == scheme.key) {
            schemes.push(scheme);
        }
    }
    if schemes.is_empty() {
        return html! {};
    }
    html! {
        div.field {
            label for={ (id) "-credentials" } { "Credentials" }
            select.credentials id={ (id) "-credentials" } {
                @for alternative in alternatives {
                    @let keys: Vec<&str> = alternative.iter().map(|scheme| scheme.key).collect();
                    option value=(Value::from(keys)) { (security::label(alternative)) }
                }
                option value="[]" { "none" }
            }
        }
        @for (index, scheme) in schemes.iter().enumerate() {
            div.scheme hidden data-scheme=(scheme.key) data-kind=(scheme.kind) data-name=(scheme.name) {
                @match scheme.kind {
                    "basic" => {
                        (secret(&format!("{id}-scheme-{index}-user"), "user", "User name", false))
                        (secret(&format!("{id}-scheme-{index}-password"), "password", "Password", true))
                    }
                    "other" => { p.note { "A page cannot send " (scheme.label()) "; the browser may do so by itself." } }
                    _ => { (secret(&format!("{id}-scheme-{index}"), "token", &scheme.label(), true)) }
                }
            }
        }
        p.note.kept { "Stays in this page until you close or reload it; nothing is stored." }
    }
}

fn secret(id: &str, part: &str, label: &str, is_hidden: bool) -> Markup {
    html! {
        div.field {
            label for=(id) { (label) }
            span.secret {
                // Browsers offer to keep a password unless it is a new one.
                input id=(id) data-part=(part) type=(if is_hidden { "password" } else { "text" })
                    autocomplete=(if is_hidden { "new-password" } else { "off" }) autocapitalize="off" spellcheck="false";
                @if is_hidden { button.reveal type="button" aria-pressed="false" aria-label={ "Show " (label) } { "Show" } }
            }
        }
    }
}
