//! What a generated server crate offers: the signatures of its trait as its source has them, and what the document says of each operation.
//!
//! Reading what was written keeps the shells true to it: a signature here is the very signature that a server has to fill in.

use std::collections::HashMap;

use syn::{Item, ItemTrait, TraitItem, TraitItemFn};

use crate::files::Files;
use crate::ir;

/// A generated server crate as its users see it.
pub(super) struct Surface {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) base_path: String,
    pub(super) schemes: Vec<Scheme>,
    /// Sets of schemes that are demanded together.
    pub(super) alternatives: Vec<Vec<usize>>,
    pub(super) operations: Vec<Operation>,
    /// The name of the trait to fill in.
    pub(super) trait_name: syn::Ident,
    /// The method that says what credentials are worth.
    pub(super) authenticate: Option<TraitItemFn>,
}

pub(super) struct Scheme {
    pub(super) name: String,
    pub(super) kind: SchemeKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SchemeKind {
    Basic,
    Bearer,
    Header(String),
    Query(String),
    Cookie(String),
    /// The certificate of the connection: nothing of a request.
    Connection,
}

pub(super) struct Operation {
    /// `GET`.
    pub(super) method: String,
    pub(super) path: String,
    pub(super) alternatives: Vec<usize>,
    /// The method of the trait.
    pub(super) signature: TraitItemFn,
}

impl Surface {
    /// Reads the files of a generated server crate.
    pub(super) fn read(files: &Files, api: &ir::Api) -> Result<Self, String> {
        // The other files are most of the text, and tell nothing.
        let name = format!("{}Api", api.ident);
        let head = format!("pub trait {name}");
        let parsed: Vec<syn::File> = super::rust(files)
            .filter(|text| text.contains(&head))
            .map(|text| {
                syn::parse_file(text).map_err(|error| format!("the generated code is no Rust: {error}"))
            })
            .collect::<Result<_, _>>()?;
        let item = parsed.iter().flat_map(|file| &file.items).find_map(|item| match item {
            Item::Trait(item) if item.ident == name => Some(item),
            _ => None,
        });
        let item = item.ok_or("the generated code has no trait for the operations")?;
        let by_name: HashMap<String, &TraitItemFn> =
            methods(item).map(|method| (method.sig.ident.to_string(), method)).collect();
        let method = |name: &str| by_name.get(name).copied().cloned();
        let operations = api.operations.iter().map(|lowered| {
            let signature = method(&lowered.ident);
            let signature = signature.ok_or_else(|| format!("there is no method `{}`", lowered.ident))?;
            Ok(operation(lowered, signature))
        });
        Ok(Self {
            title: api.info.title.clone(),
            version: api.info.version.clone(),
            base_path: api.base_path.clone(),
            schemes: api.schemes.iter().map(scheme).collect(),
            alternatives: api.alternatives.clone(),
            operations: operations.collect::<Result<_, String>>()?,
            trait_name: item.ident.clone(),
            authenticate: method("authenticate").filter(|_| !api.alternatives.is_empty()),
        })
    }
}

fn methods(api: &ItemTrait) -> impl Iterator<Item = &TraitItemFn> {
    api.items.iter().filter_map(|item| match item {
        TraitItem::Fn(method) => Some(method),
        _ => None,
    })
}

fn operation(lowered: &ir::Operation, signature: TraitItemFn) -> Operation {
    Operation {
        method: lowered.method.key().to_uppercase(),
        path: lowered.path.clone(),
        alternatives: lowered.security.alternatives.clone(),
        signature,
    }
}

fn scheme(scheme: &ir::Scheme) -> Scheme {
    let kind = match &scheme.kind {
        ir::SchemeKind::Basic => SchemeKind::Basic,
        ir::SchemeKind::Bearer => SchemeKind::Bearer,
        ir::SchemeKind::ApiKeyHeader(name) => SchemeKind::Header(name.clone()),
        ir::SchemeKind::ApiKeyQuery(name) => SchemeKind::Query(name.clone()),
        ir::SchemeKind::ApiKeyCookie(name) => SchemeKind::Cookie(name.clone()),
        ir::SchemeKind::MutualTls => SchemeKind::Connection,
    };
    Scheme { name: scheme.name.clone(), kind }
}
