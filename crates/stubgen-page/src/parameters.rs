//! Parameters of an operation and headers of its answers, as rows.

use maud::{Markup, html};
use serde_json::Value;

use crate::document::{Document, is_true, members, text};
use crate::rows::Rows;
use crate::schema::Schema;

/// The places of parameters, in the order in which they are shown, and what each is called.
const PLACES: [(&str, &str); 4] = [
    ("path", "Path parameters"),
    ("query", "Query parameters"),
    ("header", "Header parameters"),
    ("cookie", "Cookies"),
];

/// A schema that says nothing.
static ANYTHING: Value = Value::Null;

/// The parameters by the place where they stand in a request.
pub(crate) fn parameters<'d>(rows: &Rows<'d>, parameters: &[&'d Value]) -> Markup {
    html! {
        @for (place, title) in PLACES {
            @let here = parameters.iter().filter(|parameter| text(parameter, "in") == Some(place));
            @let here: Vec<_> = here.collect();
            @if !here.is_empty() {
                h4 { (title) }
                ul.rows {
                    @for parameter in here {
                        (rows.named(
                            text(parameter, "name").unwrap_or_default(),
                            is_true(parameter, "required"),
                            text(parameter, "description"),
                            schema(parameter),
                        ))
                    }
                }
            }
        }
    }
}

/// The headers of an answer.
pub(crate) fn headers<'d>(document: &Document<'d>, rows: &Rows<'d>, response: &'d Value) -> Markup {
    let headers: Vec<_> = members(response.get("headers")).collect();
    html! {
        @if !headers.is_empty() {
            h5 { "Headers" }
            ul.rows {
                @for (name, header) in headers {
                    @let header = document.resolve(header);
                    (rows.named(name, is_true(header, "required"), text(header, "description"), schema(header)))
                }
            }
        }
    }
}

/// The schema of a parameter or header, directly or as that of its only media type.
pub(crate) fn schema(parameter: &Value) -> &Value {
    let content = || members(parameter.get("content")).next().and_then(|(_, media)| media.get("schema"));
    parameter.get("schema").or_else(content).unwrap_or(&ANYTHING)
}

/// The text that a form starts with: the example of the document.
pub(crate) fn example<'d>(document: &Document<'d>, parameter: &'d Value) -> Option<String> {
    let named = members(parameter.get("examples")).next();
    let named = named.and_then(|(_, example)| document.resolve(example).get("value"));
    let own = parameter.get("example").or(named);
    let example = own.or_else(|| Schema::new(document, schema(parameter)).example())?;
    Some(example.as_str().map_or_else(|| example.to_string(), str::to_owned))
}
