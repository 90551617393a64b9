//! `security` and `securitySchemes`: which credentials an operation takes, as indexes into tables of the whole API.

use crate::diagnostic::{Diagnostics, Kind};
use crate::feature::Feature;
use crate::ir::{self, Scheme, SchemeKind};
use crate::load::At;

/// The schemes of the document, the sets of them that operations ask for, and what holds for operations that say nothing.
#[derive(Default)]
pub(crate) struct Security {
    pub(crate) schemes: Vec<Scheme>,
    pub(crate) alternatives: Vec<Vec<usize>>,
    default: ir::Security,
    /// Defined, and reported as unsupported there.
    unsupported: Vec<String>,
}

pub(super) fn lower(root: &At<'_>, diagnostics: &mut Diagnostics) -> Security {
    let mut security = Security::default();
    if let Some(schemes) = root.get("components").and_then(|components| components.get("securitySchemes")) {
        for (name, at) in schemes.entries() {
            let Some(resolved) = at.resolve(diagnostics) else { continue };
            let Some(kind) = scheme_kind(&resolved, diagnostics) else {
                security.unsupported.push(name.to_owned());
                continue;
            };
            let description = resolved.text_of("description").map(str::to_owned);
            security.schemes.push(Scheme { name: name.to_owned(), kind, description });
        }
    }
    if let Some(requirements) = root.get("security") {
        security.default = security.requirements(&requirements, diagnostics);
    }
    security
}

fn scheme_kind(at: &At<'_>, diagnostics: &mut Diagnostics) -> Option<SchemeKind> {
    let word = |key| at.text_of(key).unwrap_or_default().to_ascii_lowercase();
    match (word("type").as_str(), word("scheme").as_str(), word("in").as_str()) {
        ("http", "basic", _) => Some(SchemeKind::Basic),
        ("http", "bearer", _) => Some(SchemeKind::Bearer),
        ("apikey", _, "header") => {
            let name = at.text_of("name").unwrap_or_default();
            if name.is_empty()
                || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
            {
                let help = "name the header that carries the key, such as `X-Api-Key`";
                at.report(diagnostics, Kind::InvalidValue, "an API key needs the `name` of its header", help);
                return None;
            }
            Some(SchemeKind::ApiKeyHeader(name.to_owned()))
        }
        (kind, scheme, place) => {
            let what =
                [kind, scheme, place].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ");
            at.unsupported(diagnostics, Feature::SecurityScheme, &format!("the security scheme `{what}`"));
            None
        }
    }
}

impl Security {
    /// What an operation asks for: its own `security`, or else that of the document.
    pub(super) fn of_operation(&mut self, operation: &At<'_>, diagnostics: &mut Diagnostics) -> ir::Security {
        match operation.get("security") {
            Some(requirements) => self.requirements(&requirements, diagnostics),
            None => self.default.clone(),
        }
    }

    fn requirements(&mut self, at: &At<'_>, diagnostics: &mut Diagnostics) -> ir::Security {
        let mut security = ir::Security::default();
        for requirement in at.items() {
            let mut set = Vec::new();
            for (name, at) in requirement.entries() {
                match self.schemes.iter().position(|scheme| scheme.name == name) {
                    Some(index) => set.push(index),
                    None if self.unsupported.iter().any(|unsupported| unsupported == name) => {}
                    None => undefined(&at, name, diagnostics),
                }
            }
            if set.is_empty() {
                security.optional = true;
                continue;
            }
            let index = self.alternatives.iter().position(|known| *known == set).unwrap_or_else(|| {
                self.alternatives.push(set.clone());
                self.alternatives.len() - 1
            });
            security.alternatives.push(index);
        }
        security
    }
}

fn undefined(at: &At<'_>, name: &str, diagnostics: &mut Diagnostics) {
    let message = format!("the security scheme `{name}` is not defined, so nobody could ever pass");
    let help = "define it in `components.securitySchemes`, or correct the spelling";
    at.report(diagnostics, Kind::DanglingReference, &message, help);
}
