//! Schemas as rows: a name, a type, constraints, a description, and below them the rows of what is inside.

use std::cell::Cell;
use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::Value;

use crate::anchors::schema_anchor;
use crate::document::Document;
use crate::markdown;
use crate::schema::{Schema, title};

/// So many schemas inside of each other are written out, and what is deeper stands at its own place.
const DEEPEST: usize = 6;

/// So many rows are written out in the whole page. In a document with more, links lead to the schemas instead.
const MOST: usize = 20_000;

/// Descriptions of rows have headings below those of operations.
const HEADING: usize = 4;

/// Writes rows, as long as there is room for them.
pub(crate) struct Rows<'d> {
    document: &'d Document<'d>,
    left: Cell<usize>,
}

/// Where in a schema the next row stands.
#[derive(Clone, Default)]
struct Place<'d> {
    depth: usize,
    /// What it is inside of.
    references: BTreeSet<&'d str>,
}

impl<'d> Rows<'d> {
    /// With all room there is.
    pub(crate) fn new(document: &'d Document<'d>) -> Self {
        Self { document, left: Cell::new(MOST) }
    }

    /// One value, such as a parameter: its name and what the schema says.
    pub(crate) fn named(
        &self,
        name: &str,
        required: bool,
        description: Option<&str>,
        schema: &'d Value,
    ) -> Markup {
        self.row(name, required, description, schema, &Place::default())
    }

    /// A whole schema without a name: that of a body.
    pub(crate) fn whole(&self, value: &'d Value) -> Markup {
        let schema = Schema::new(self.document, value);
        html! {
            p.kind { (self.kind(&schema)) }
            @if let Some(text) = schema.text("description") { div.description { (markdown::block(text, HEADING)) } }
            (constraints(&schema))
            (self.inside(&schema, &Place::default()))
        }
    }

    fn row(
        &self,
        name: &str,
        required: bool,
        description: Option<&str>,
        value: &'d Value,
        place: &Place<'d>,
    ) -> Markup {
        self.left.set(self.left.get().saturating_sub(1));
        let schema = Schema::new(self.document, value);
        let own = schema.text("description").filter(|text| description.map(str::trim) != Some(text.trim()));
        html! {
            li {
                p.head {
                    code.name { (name) } " "
                    @if required { strong.required { "required" } " " }
                    @if schema.is("deprecated") { span.deprecated { "deprecated" } " " }
                    span.kind { (self.kind(&schema)) }
                }
                @for text in description.iter().chain(&own) { div.description { (markdown::block(text, HEADING)) } }
                (constraints(&schema))
                (self.inside(&schema, place))
            }
        }
    }

    /// The type, and which component it is.
    fn kind(&self, schema: &Schema<'d>) -> Markup {
        let items = schema.items().and_then(|items| Schema::new(self.document, items).name);
        html! {
            (schema.kind(self.document))
            @if let Some(name) = schema.name.or(items) { " " a href={ "#" (schema_anchor(name)) } { (name) } }
        }
    }

    /// Everything that stands inside of a schema.
    fn inside(&self, schema: &Schema<'d>, place: &Place<'d>) -> Markup {
        let is_again = schema.references.iter().any(|reference| place.references.contains(reference));
        if is_again || place.depth >= DEEPEST || self.left.get() == 0 {
            // The name beside the type leads to where it is written out.
            return html! {};
        }
        let references = place.references.union(&schema.references).copied().collect();
        let deeper = Place { depth: place.depth + 1, references };
        let properties = schema.properties();
        html! {
            @if !properties.is_empty() || schema.additional().is_some() {
                ul.rows {
                    @for (name, property) in properties {
                        (self.row(name, schema.requires(name), None, property, &deeper))
                    }
                    @if let Some(further) = schema.additional() {
                        (self.row("any other name", false, None, further, &deeper))
                    }
                }
            }
            @if let Some((alternatives, is_exclusive)) = schema.alternatives() {
                p.variants { @if is_exclusive { "One of these:" } @else { "At least one of these:" } }
                ul.rows {
                    @for alternative in alternatives { (self.alternative(alternative, &deeper)) }
                }
            }
            @if let Some(items) = schema.items() { (self.elements(items, &deeper)) }
        }
    }

    fn alternative(&self, value: &'d Value, place: &Place<'d>) -> Markup {
        self.left.set(self.left.get().saturating_sub(1));
        let schema = Schema::new(self.document, value);
        html! {
            li {
                p.head {
                    @match schema.name {
                        Some(name) => { a href={ "#" (schema_anchor(name)) } { (name) } }
                        None => { (title(&schema, self.document)) }
                    }
                }
                @if let Some(text) = schema.text("description") {
                    div.description { (markdown::block(text, HEADING)) }
                }
                (constraints(&schema))
                (self.inside(&schema, place))
            }
        }
    }

    /// What the elements of an array are, beyond their type.
    fn elements(&self, value: &'d Value, place: &Place<'d>) -> Markup {
        let schema = Schema::new(self.document, value);
        html! {
            @if let Some(text) = schema.text("description") {
                div.description.elements { "Each: " (markdown::block(text, HEADING)) }
            }
            (constraints(&schema))
            (self.inside(&schema, place))
        }
    }
}

/// What confines a value, and its example.
fn constraints(schema: &Schema<'_>) -> Markup {
    let constraints = schema.constraints();
    let example = schema.shown_example();
    html! {
        @if !constraints.is_empty() || example.is_some() {
            p.constraints {
                @for (index, constraint) in constraints.iter().enumerate() {
                    @if index > 0 { "; " }
                    (constraint)
                }
                @if let Some(example) = example {
                    @if !constraints.is_empty() { "; " }
                    "for example " (example)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(root: &Value) -> String {
        let document = Document::new(root);
        Rows::new(&document).whole(document.get(&["components", "schemas", "A"]).unwrap()).into_string()
    }

    #[test]
    fn nested_properties_are_written_out_and_recursion_ends_in_a_link() {
        let html = shown(&json!({ "components": { "schemas": {
            "A": { "required": ["b"], "properties": { "b": { "properties": { "c": { "type": "string" } } }, "d": { "$ref": "#/components/schemas/B" } } },
            "B": { "type": "object", "properties": { "again": { "$ref": "#/components/schemas/B" } } },
        } } }));
        assert!(
            html.contains("<code class=\"name\">b</code> <strong class=\"required\">required</strong>"),
            "{html}"
        );
        assert!(html.contains("<code class=\"name\">c</code>"), "{html}");
        assert_eq!(html.matches(">again<").count(), 1, "{html}");
        assert_eq!(html.matches("href=\"#schema-B\"").count(), 2, "{html}");
    }
}
