//! What a generated server crate offers, read from its own source: the trait with its signatures, and the table that the runtime works by.
//!
//! Reading what was written keeps the shells true to it: a signature here is the very signature that a server has to fill in.

use syn::{Expr, ExprStruct, Item, ItemTrait, Lit, Member, TraitItem, TraitItemFn, Type};

use crate::files::Files;

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
    pub(super) fn read(files: &Files) -> Result<Self, String> {
        let parsed: Vec<syn::File> = super::rust(files)
            .map(|text| {
                syn::parse_file(text).map_err(|error| format!("the generated code is no Rust: {error}"))
            })
            .collect::<Result<_, _>>()?;
        let items = || parsed.iter().flat_map(|file| &file.items);
        let definition = items()
            .find_map(|item| match item {
                Item::Static(item) if item.ident == "DEFINITION" => structure(&item.expr),
                _ => None,
            })
            .ok_or("the generated code has no `DEFINITION`")?;
        let api = items()
            .find_map(|item| match item {
                Item::Trait(item) if is_api(item) => Some(item),
                _ => None,
            })
            .ok_or("the generated code has no trait for the operations")?;
        let refusals = items().find_map(|item| match item {
            Item::Enum(item) if item.ident == "AuthenticateError" => {
                Some(item.variants.iter().filter_map(refusal).collect())
            }
            _ => None,
        });
        let helper = |name: &str| {
            methods(api).find(|method| method.sig.ident == name && !is_operation(method)).cloned()
        };
        let (authenticate, rejection) = (helper("authenticate"), helper("rejection"));
        let methods: Vec<_> = methods(api)
            .filter(|method| method.default.is_none())
            .filter(|method| {
                ![&authenticate, &rejection].into_iter().flatten().any(|helper| helper == *method)
            })
            .cloned()
            .collect();
        let operations = elements(field(definition, "operations")?);
        if operations.len() != methods.len() {
            return Err(format!("{} operations have {} methods", operations.len(), methods.len()));
        }
        let operations = operations.into_iter().zip(methods).map(|(operation, signature)| {
            self::operation(structure(operation).ok_or("an operation is no structure")?, signature)
        });
        Ok(Self {
            title: text(field(definition, "title")?),
            version: text(field(definition, "version")?),
            base_path: text(field(definition, "base_path")?),
            schemes: elements(field(definition, "schemes")?)
                .into_iter()
                .map(scheme)
                .collect::<Result<_, _>>()?,
            alternatives: elements(field(definition, "alternatives")?).into_iter().map(numbers).collect(),
            operations: operations.collect::<Result<_, String>>()?,
            trait_name: api.ident.clone(),
            has_principal: api
                .items
                .iter()
                .any(|item| matches!(item, TraitItem::Type(ty) if ty.ident == "Principal")),
            authenticate,
            rejection,
            refusals: refusals.unwrap_or_default(),
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

/// The trait of the operations, and not the one that dropshot reads.
fn is_api(item: &ItemTrait) -> bool {
    item.ident.to_string().ends_with("Api")
        && item.attrs.iter().all(|attribute| !attribute.path().is_ident("dropshot"))
}

/// An operation may be called `authenticate`, too; it takes a request and says what it answers in a type of its own.
fn is_operation(method: &TraitItemFn) -> bool {
    use quote::ToTokens;
    let own = format!("{}Response", crate::names::pascal(&method.sig.ident.to_string()));
    method.sig.output.to_token_stream().into_iter().any(|token| mentions(token, &own))
}

fn mentions(token: proc_macro2::TokenTree, word: &str) -> bool {
    match token {
        proc_macro2::TokenTree::Group(group) => group.stream().into_iter().any(|token| mentions(token, word)),
        proc_macro2::TokenTree::Ident(ident) => ident == word,
        _ => false,
    }
}

fn refusal(variant: &syn::Variant) -> Option<(String, Type)> {
    match &variant.fields {
        syn::Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            Some((variant.ident.to_string(), fields.unnamed.first()?.ty.clone()))
        }
        _ => None,
    }
}

fn methods(api: &ItemTrait) -> impl Iterator<Item = &TraitItemFn> {
    api.items.iter().filter_map(|item| match item {
        TraitItem::Fn(method) => Some(method),
        _ => None,
    })
}

fn operation(fields: &ExprStruct, signature: TraitItemFn) -> Result<Operation, String> {
    let security =
        structure(field(fields, "security")?).ok_or("the security of an operation is no structure")?;
    let parameters = elements(field(fields, "parameters")?).into_iter().map(|parameter| {
        let parameter = structure(parameter).ok_or("a parameter is no structure")?;
        Ok(Parameter {
            name: text(field(parameter, "name")?),
            location: last_word(field(parameter, "location")?),
            required: is_true(field(parameter, "required")?),
            shape: last_word(field(parameter, "shape")?),
        })
    });
    let media_types = match field(fields, "body")? {
        Expr::Call(some) => {
            let body = some.args.first().and_then(structure).ok_or("a body is no structure")?;
            elements(field(body, "media_types")?).into_iter().map(text).collect()
        }
        _ => Vec::new(),
    };
    Ok(Operation {
        id: text(field(fields, "id")?),
        method: last_word(field(fields, "method")?).to_uppercase(),
        path: text(field(fields, "path")?),
        parameters: parameters.collect::<Result<_, String>>()?,
        media_types,
        alternatives: numbers(field(security, "alternatives")?),
        signature,
    })
}

fn scheme(expression: &Expr) -> Result<Scheme, String> {
    let fields = structure(expression).ok_or("a security scheme is no structure")?;
    let kind = field(fields, "kind")?;
    let place = match kind {
        Expr::Call(call) => call.args.first().map(text).unwrap_or_default(),
        _ => String::new(),
    };
    let word = last_word(kind);
    let kind = match word.as_str() {
        "Basic" => SchemeKind::Basic,
        "Bearer" => SchemeKind::Bearer,
        "ApiKeyHeader" => SchemeKind::Header(place),
        "ApiKeyQuery" => SchemeKind::Query(place),
        "ApiKeyCookie" => SchemeKind::Cookie(place),
        other => {
            return Err(format!("the security scheme kind `{other}` is not known to the client's shell"));
        }
    };
    Ok(Scheme { name: text(field(fields, "name")?), kind })
}

fn structure(expression: &Expr) -> Option<&ExprStruct> {
    match expression {
        Expr::Struct(structure) => Some(structure),
        Expr::Reference(reference) => structure(&reference.expr),
        _ => None,
    }
}

fn field<'a>(structure: &'a ExprStruct, name: &str) -> Result<&'a Expr, String> {
    let found = structure
        .fields
        .iter()
        .find(|field| matches!(&field.member, Member::Named(member) if member == name))
        .map(|field| &field.expr);
    found.ok_or_else(|| format!("the table of the operations has no `{name}`"))
}

fn elements(expression: &Expr) -> Vec<&Expr> {
    match expression {
        Expr::Reference(reference) => elements(&reference.expr),
        Expr::Array(array) => array.elems.iter().collect(),
        _ => Vec::new(),
    }
}

fn numbers(expression: &Expr) -> Vec<usize> {
    let number = |expression: &Expr| match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    };
    elements(expression).into_iter().filter_map(number).collect()
}

fn text(expression: &Expr) -> String {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => text.value(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

fn is_true(expression: &Expr) -> bool {
    matches!(expression, Expr::Lit(literal) if matches!(&literal.lit, Lit::Bool(value) if value.value))
}

/// `Get` of `Method::Get`, and of `Method::Get(..)`.
fn last_word(expression: &Expr) -> String {
    match expression {
        Expr::Path(path) => {
            path.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
        }
        Expr::Call(call) => last_word(&call.func),
        Expr::Struct(structure) => {
            structure.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
        }
        _ => String::new(),
    }
}
