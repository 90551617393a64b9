//! What a generated server crate offers: the signatures of its trait as its source has them, and what the document says of each operation.
//!
//! Reading what was written keeps the shells true to it: a signature here is the very signature that a server has to fill in.

use std::collections::HashMap;

use syn::{Item, ItemTrait, TraitItem, TraitItemFn, Type};

use crate::emit;
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
    /// Whether it has a `Principal`, and so `authenticate`.
    pub(super) has_principal: bool,
    /// The methods that are no operations. `rejection` need not be written where the document has no form for errors.
    pub(super) authenticate: Option<TraitItemFn>,
    pub(super) rejection: Option<TraitItemFn>,
    /// The variants of `AuthenticateError` that carry one thing, with its type.
    pub(super) refusals: Vec<(String, Type)>,
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
    /// As the runtime's table has it.
    pub(super) id: String,
    /// `GET`.
    pub(super) method: String,
    pub(super) path: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) media_types: Vec<String>,
    pub(super) alternatives: Vec<usize>,
    /// The method of the trait.
    pub(super) signature: TraitItemFn,
}

pub(super) struct Parameter {
    pub(super) name: String,
    /// `Path`, `Query`, `Header` or `Cookie`.
    pub(super) location: String,
    pub(super) required: bool,
    /// The variant of the runtime's `Shape`.
    pub(super) shape: String,
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
            has_principal: !api.alternatives.is_empty(),
            authenticate: method("authenticate").filter(|_| !api.alternatives.is_empty()),
            rejection: method("rejection"),
            refusals: emit::refusals(api)
                .into_iter()
                .filter_map(|(variant, ty)| Some((variant, syn::parse2(ty).ok()?)))
                .collect(),
        })
    }

    /// The type of the errors that the runtime answers with, if the server makes them.
    pub(super) fn error_type(&self) -> Option<&Type> {
        match &self.rejection.as_ref()?.sig.output {
            syn::ReturnType::Type(_, ty) => Some(ty),
            syn::ReturnType::Default => None,
        }
    }
}

fn methods(api: &ItemTrait) -> impl Iterator<Item = &TraitItemFn> {
    api.items.iter().filter_map(|item| match item {
        TraitItem::Fn(method) => Some(method),
        _ => None,
    })
}

fn operation(lowered: &ir::Operation, signature: TraitItemFn) -> Operation {
    let parameters = lowered.parameters.iter().map(|parameter| Parameter {
        name: parameter.name.clone(),
        location: parameter.location.pascal().to_owned(),
        required: parameter.required,
        shape: parameter.shape.pascal().to_owned(),
    });
    let media_types = lowered.body.iter().flat_map(|body| &body.kinds).map(|kind| kind.media_type.clone());
    Operation {
        id: lowered.id.clone(),
        method: lowered.method.key().to_uppercase(),
        path: lowered.path.clone(),
        parameters: parameters.collect(),
        media_types: media_types.collect(),
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
