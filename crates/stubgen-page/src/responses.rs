//! The answers of an operation: each with its description, headers, body and examples.

use maud::{Markup, html};

use crate::code;
use crate::document::{Document, Operation, members, text};
use crate::examples;
use crate::markdown;
use crate::parameters;
use crate::rows::Rows;

/// Every answer that is described. Those of success are open.
pub(crate) fn responses<'d>(document: &Document<'d>, rows: &Rows<'d>, operation: &Operation<'d>) -> Markup {
    let responses: Vec<_> = members(operation.value.get("responses")).collect();
    html! {
        @if !responses.is_empty() {
            h4 { "Responses" }
            @for (status, response) in responses {
                @let response = document.resolve(response);
                @let description = text(response, "description").unwrap_or_default();
                details.response data-status=(status) id={ (operation.anchor) "-" (status) } open[status.starts_with('2')] {
                    summary {
                        span class={ "status " (class(status)) } { (status) } " "
                        span.what { (first_line(description)) }
                    }
                    div.inside {
                        @if first_line(description) != description.trim() {
                            div.description { (markdown::block(description, 4)) }
                        }
                        (parameters::headers(document, rows, response))
                        @for (media_type, media) in members(response.get("content")) {
                            p.media { code { (media_type) } }
                            @if let Some(schema) = media.get("schema") { (rows.whole(schema)) }
                            @for example in examples::of_media_type(document, media) {
                                @let label = example.summary.map_or_else(|| "Example".to_owned(), |summary| format!("Example: {summary}"));
                                (code::block(&label, &code::example(&example.value, media_type)))
                            }
                        }
                        @if members(response.get("content")).next().is_none() {
                            p.media { "No body." }
                        }
                    }
                }
            }
        }
    }
}

/// The colour of a status.
pub(crate) fn class(status: &str) -> &'static str {
    match status.as_bytes().first() {
        Some(b'1' | b'2') => "good",
        Some(b'3') => "moved",
        Some(b'5') => "broken",
        _ => "bad",
    }
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default()
}
