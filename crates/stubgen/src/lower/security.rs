//! `security` and `securitySchemes`: which credentials an operation takes, as indexes into tables of the whole API.

use crate::diagnostic::Diagnostics;
use crate::feature::Feature;
use crate::ir::{self, Scheme, SchemeKind};
use crate::load::At;

/// The schemes of the document, the sets of them that operations ask for, and what holds for operations that say nothing.
#[derive(Default)]
pub(crate) struct Security<'a> {
    pub(crate) schemes: Vec<Scheme>,
    pub(crate) alternatives: Vec<Vec<usize>>,
    default: Option<At<'a>>,
    /// Defined, and of a kind that no operation can use: what it is, by name.
    unsupported: Vec<(String, String)>,
}

pub(super) fn lower<'a>(root: &At<'a>, diagnostics: &mut Diagnostics) -> Security<'a> {
    let mut security = Security::default();
    if let Some(schemes) = root.get("components").and_then(|components| components.get("securitySchemes")) {
        for (name, at) in schemes.entries() {
            let Some(resolved) = at.resolve(diagnostics) else { continue };
            let kind = match scheme_kind(&resolved) {
                Ok(kind) => kind,
                Err(what) => {
                    security.unsupported.push((name.to_owned(), what));
                    continue;
                }
            };
            let description = resolved.text_of("description").map(str::to_owned);
            security.schemes.push(Scheme { name: name.to_owned(), kind, description });
        }
    }
    security.default = root.get("security");
    security
}

/// The kind of a scheme, or what it is if it is none that can be generated.
fn scheme_kind(at: &At<'_>) -> Result<SchemeKind, String> {
    let word = |key| at.text_of(key).unwrap_or_default().to_ascii_lowercase();
    let name = at.text_of("name").unwrap_or_default().to_owned();
    let is_token = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
    match (word("type").as_str(), word("scheme").as_str(), word("in").as_str()) {
        ("http", "basic", _) => Ok(SchemeKind::Basic),
        // The tokens of OAuth 2.0 and OpenID Connect are bearer tokens (RFC 6750).
        ("http", "bearer", _) | ("oauth2" | "openidconnect", ..) => Ok(SchemeKind::Bearer),
        ("apikey", _, "header") if is_token => Ok(SchemeKind::ApiKeyHeader(name)),
        ("apikey", _, "query") if !name.is_empty() => Ok(SchemeKind::ApiKeyQuery(name)),
        ("apikey", _, "cookie") if is_token => Ok(SchemeKind::ApiKeyCookie(name)),
        ("mutualtls", ..) => Ok(SchemeKind::MutualTls),
        ("apikey", _, _) => Err("an API key without a usable name and place".to_owned()),
        (kind, scheme, _) => Err(format!("the security scheme `{}`", format!("{kind} {scheme}").trim())),
    }
}

impl Security<'_> {
    /// What an operation asks for: its own `security`, or else that of the document.
    pub(super) fn of_operation(&mut self, operation: &At<'_>, diagnostics: &mut Diagnostics) -> ir::Security {
        match operation.get("security").or_else(|| self.default.clone()) {
            Some(requirements) => self.requirements(&requirements, diagnostics),
            None => ir::Security::default(),
        }
    }

    fn requirements(&mut self, at: &At<'_>, diagnostics: &mut Diagnostics) -> ir::Security {
        let mut security = ir::Security::default();
        for requirement in at.items() {
            let mut set = Vec::new();
            for (name, at) in requirement.entries() {
                match self.schemes.iter().position(|scheme| scheme.name == name) {
                    Some(index) => set.push(index),
                    // Every scheme that is asked for is defined since the document was repaired.
                    None => {
                        let of_kind = |(unsupported, _): &&(String, String)| unsupported == name;
                        let what = self.unsupported.iter().find(of_kind).map(|(_, what)| what.as_str());
                        at.unsupported(diagnostics, Feature::SecurityScheme, what.unwrap_or(name));
                    }
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
