//! Credentials: which there are, and which an operation takes.

use maud::{Markup, html};
use serde_json::Value;

use crate::document::{Document, members, text};
use crate::markdown;

/// A way to authenticate.
pub(crate) struct Scheme<'d> {
    /// Its name in the document.
    pub(crate) key: &'d str,
    /// What a form has to ask for and how it is sent: `basic`, `bearer`, `header`, `query`, or `other` for what a page cannot send.
    pub(crate) kind: &'static str,
    /// The name of the header or of the parameter.
    pub(crate) name: &'d str,
    value: &'d Value,
}

/// What an operation demands.
pub(crate) struct Demands<'d> {
    /// Each alternative has schemes that are sent together.
    pub(crate) alternatives: Vec<Vec<Scheme<'d>>>,
    /// Whether it can be called without any.
    pub(crate) optional: bool,
}

impl<'d> Scheme<'d> {
    fn new(document: &Document<'d>, key: &'d str, value: &'d Value) -> Self {
        let value = document.resolve(value);
        let said = |key| text(value, key).unwrap_or_default();
        let kind = match (said("type"), said("in")) {
            ("http", _) if said("scheme").eq_ignore_ascii_case("basic") => "basic",
            ("http", _) if said("scheme").eq_ignore_ascii_case("bearer") => "bearer",
            ("oauth2" | "openIdConnect", _) => "bearer",
            ("apiKey", "header") => "header",
            ("apiKey", "query") => "query",
            _ => "other",
        };
        Self { key, kind, name: said("name"), value }
    }

    /// What people call it.
    pub(crate) fn label(&self) -> String {
        match (self.kind, text(self.value, "in")) {
            ("basic", _) => "Basic: user name and password".to_owned(),
            ("bearer", _) => "Bearer token".to_owned(),
            ("header", _) => self.name.to_owned(),
            ("query", _) => format!("{} in the query", self.name),
            (_, Some("cookie")) => format!("the cookie {}", self.name),
            _ => self.key.to_owned(),
        }
    }

    fn sent(&self) -> Markup {
        match (self.kind, text(self.value, "in")) {
            ("basic", _) => {
                html! { "Sent as " code { "Authorization: Basic" } ", base64 of " code { "name:password" } "." }
            }
            ("bearer", _) => html! { "Sent as " code { "Authorization: Bearer TOKEN" } "." },
            ("header", _) => html! { "Sent as the header " code { (self.name) } "." },
            ("query", _) => html! { "Sent as the query parameter " code { (self.name) } "." },
            (_, Some("cookie")) => html! { "Sent as the cookie " code { (self.name) } "." },
            _ => html! { "Of the type " code { (text(self.value, "type").unwrap_or_default()) } "." },
        }
    }
}

/// The section about all of them.
pub(crate) fn section(document: &Document<'_>) -> Markup {
    let schemes: Vec<_> = schemes(document);
    html! {
        @if !schemes.is_empty() {
            section.prose #authentication {
                h2 { "Authentication" }
                ul.rows {
                    @for scheme in schemes {
                        li {
                            p.head { strong { (scheme.label()) } " " code.name { (scheme.key) } }
                            @if let Some(text) = text(scheme.value, "description") {
                                div.description { (markdown::block(text, 3)) }
                            }
                            p.constraints { (scheme.sent()) }
                        }
                    }
                }
            }
        }
    }
}

/// Whether there are any.
pub(crate) fn are_there(document: &Document<'_>) -> bool {
    document.members(&["components", "securitySchemes"]).next().is_some()
}

/// What an operation demands: what it says itself, or else what the document says.
pub(crate) fn demands<'d>(document: &Document<'d>, operation: &'d Value) -> Demands<'d> {
    let own = operation.get("security").or_else(|| document.get(&["security"]));
    let list = own.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let known = |key: &str| schemes(document).into_iter().find(|scheme| scheme.key == key);
    let alternatives = list.iter().map(|one| members(Some(one)).filter_map(|(key, _)| known(key)).collect());
    let alternatives: Vec<Vec<Scheme<'d>>> = alternatives.collect();
    let optional = alternatives.is_empty() || alternatives.iter().any(Vec::is_empty);
    Demands { alternatives: alternatives.into_iter().filter(|one| !one.is_empty()).collect(), optional }
}

/// The names of the schemes of an alternative.
pub(crate) fn label(alternative: &[Scheme<'_>]) -> String {
    alternative.iter().map(Scheme::label).collect::<Vec<_>>().join(" and ")
}

fn schemes<'d>(document: &Document<'d>) -> Vec<Scheme<'d>> {
    let all = document.members(&["components", "securitySchemes"]);
    all.map(|(key, value)| Scheme::new(document, key, value)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_operation_says_itself_what_it_demands_or_the_document_does() {
        let root = json!({
            "components": { "securitySchemes": {
                "a": { "type": "apiKey", "in": "header", "name": "X-A" }, "b": { "type": "http", "scheme": "Basic" },
            } },
            "security": [{ "a": [] }, { "a": [], "b": [] }],
            "own": { "security": [{}, { "b": [] }] }, "open": { "security": [] }, "silent": {},
        });
        let document = Document::new(&root);
        let said = |key: &str| {
            let demands = demands(&document, &root[key]);
            (demands.alternatives.iter().map(|one| label(one)).collect::<Vec<_>>(), demands.optional)
        };
        let basic = "Basic: user name and password";
        assert_eq!(said("silent"), (vec!["X-A".to_owned(), format!("X-A and {basic}")], false));
        assert_eq!(said("own"), (vec![basic.to_owned()], true));
        assert_eq!(said("open"), (vec![], true));
    }
}
