//! The body of a request: what it may be, and one editor a media type for the form.

use maud::{Markup, html};
use serde_json::Value;

use crate::code;
use crate::document::{Document, Operation, is_true, members, text};
use crate::examples;
use crate::markdown;
use crate::rows::Rows;
use crate::schema::Schema;

/// The description of the body, if the operation takes one.
pub(crate) fn body<'d>(document: &Document<'d>, rows: &Rows<'d>, operation: &Operation<'d>) -> Markup {
    let Some(body) = of(document, operation) else { return html! {} };
    html! {
        h4 { "Request body" @if is_true(body, "required") { " " strong.required { "required" } } }
        @if let Some(text) = text(body, "description") { div.description { (markdown::block(text, 4)) } }
        @for (media_type, media) in members(body.get("content")) {
            p.media { code { (media_type) } }
            @if let Some(schema) = media.get("schema") { (rows.whole(schema)) }
        }
    }
}

/// Examples of the body, by media type.
pub(crate) fn samples(document: &Document<'_>, operation: &Operation<'_>) -> Markup {
    let Some(body) = of(document, operation) else { return html! {} };
    html! {
        @for (media_type, media) in members(body.get("content")) {
            @if editor(media_type) == "text" {
                @for example in examples::of_media_type(document, media) {
                    @let label = example.summary.map_or_else(String::new, |summary| format!(": {summary}"));
                    (code::block(&format!("Request body, {media_type}{label}"), &code::example(&example.value, media_type)))
                }
            }
        }
    }
}

/// The editors of the form for calls.
pub(crate) fn editors(document: &Document<'_>, operation: &Operation<'_>) -> Markup {
    let Some(body) = of(document, operation) else { return html! {} };
    let content: Vec<_> = members(body.get("content")).collect();
    let id = &operation.anchor;
    html! {
        @if content.len() > 1 {
            div.field {
                label for={ (id) "-media" } { "Media type of the body" }
                select.media id={ (id) "-media" } {
                    @for (media_type, _) in &content { option { (media_type) } }
                }
            }
        }
        @for (index, (media_type, media)) in content.iter().enumerate() {
            div.editor data-media=(media_type) data-kind=(editor(media_type)) {
                (fields(document, media, media_type, &format!("{id}-body-{index}")))
            }
        }
    }
}

fn fields<'d>(document: &Document<'d>, media: &'d Value, media_type: &str, id: &str) -> Markup {
    match editor(media_type) {
        "text" => {
            let example = examples::of_media_type(document, media).into_iter().next();
            let example = example.map(|example| match example.value {
                Value::String(text) if !code::is_json(media_type) => text,
                value => format!("{value:#}"),
            });
            html! {
                div.field {
                    label for=(id) { "Body, " (media_type) }
                    textarea id=(id) rows="8" spellcheck="false" autocomplete="off" { "\n" (example.unwrap_or_default()) }
                }
            }
        }
        "file" => html! {
            div.field {
                label for=(id) { "Body, " (media_type) }
                input id=(id) type="file";
            }
        },
        _ => {
            let schema = media.get("schema").map(|schema| Schema::new(document, schema));
            let properties = schema.map(|schema| schema.properties()).unwrap_or_default();
            html! {
                @for (name, property) in properties {
                    @let property = Schema::new(document, property);
                    @let is_file = media_type.starts_with("multipart/")
                        && (property.text("format") == Some("binary") || property.text("contentMediaType").is_some());
                    div.field {
                        label for={ (id) "-" (name) } { (name) }
                        input.part id={ (id) "-" (name) } data-name=(name) type=(if is_file { "file" } else { "text" })
                            autocomplete="off" spellcheck="false";
                    }
                }
            }
        }
    }
}

/// What a body of the media type is written with.
fn editor(media_type: &str) -> &'static str {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_text = essence.starts_with("text/")
        || code::is_json(&essence)
        || ["+xml", "/xml", "/yaml", "+yaml", "/x-ndjson", "/graphql", "/sql"]
            .iter()
            .any(|end| essence.ends_with(end));
    match essence.as_str() {
        "multipart/form-data" | "application/x-www-form-urlencoded" => "form",
        _ if is_text => "text",
        _ => "file",
    }
}

fn of<'d>(document: &Document<'d>, operation: &Operation<'d>) -> Option<&'d Value> {
    Some(document.resolve(operation.value.get("requestBody")?)).filter(|body| body.is_object())
}
