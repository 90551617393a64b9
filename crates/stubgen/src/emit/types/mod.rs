//! Wire types. They say what a value looks like; that it keeps the schema's constraints is checked where it comes in. What all types of a
//! kind can do is written once, as a macro of the generated module, so that a type is as short as what it says.

mod macros;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::emit::docs::doc;
use crate::emit::ident;
use crate::ir::types::{
    Additional, ChoiceValue, Definition, Field, Scalar, Struct, TextRules, TypeId, TypeRef, TypeShape, Types,
    Union,
};

/// The definitions.
pub(crate) fn definitions(types: &Types) -> TokenStream {
    let paths = Paths::inside(types);
    let macros = macros::macros(types);
    let definitions = types.definitions.iter().map(|each| definition(types, each, &paths));
    quote! { #macros #(#definitions)* }
}

/// A type as written beside the module `types`.
pub(crate) fn outside(types: &Types, ty: &TypeRef) -> TokenStream {
    Paths { module: quote! { types:: }, taken: BTreeSet::new() }.written(types, ty)
}

/// A named type as written beside the module `types`.
pub(crate) fn named(types: &Types, id: TypeId) -> TokenStream {
    outside(types, &TypeRef::Named(id))
}

/// The field of a structure that has the properties which the schema does not name.
pub(crate) fn kept(structure: &Struct) -> String {
    let taken = |ident: &str| structure.fields.iter().any(|field| field.ident == ident);
    crate::names::numbered("additional_properties", "additional_properties_", taken)
}

/// How names are written at a place: short, unless the document has a type of that name.
struct Paths<'a> {
    /// What stands before the types of the document.
    module: TokenStream,
    /// Names of the document that are in scope.
    taken: BTreeSet<&'a str>,
}

impl<'a> Paths<'a> {
    fn inside(types: &'a Types) -> Self {
        let taken = types.definitions.iter().map(|definition| definition.ident.as_str()).collect();
        Self { module: TokenStream::new(), taken }
    }

    fn prelude(&self, name: &str, full: TokenStream) -> TokenStream {
        if self.taken.contains(name) {
            return full;
        }
        let name = ident(name);
        quote! { #name }
    }

    fn string(&self) -> TokenStream {
        self.prelude("String", quote! { ::std::string::String })
    }

    fn option(&self) -> TokenStream {
        self.prelude("Option", quote! { ::std::option::Option })
    }

    fn written(&self, types: &Types, ty: &TypeRef) -> TokenStream {
        match ty {
            TypeRef::Named(id) => {
                let (module, name) = (&self.module, ident(&types.get(*id).ident));
                quote! { #module #name }
            }
            TypeRef::Scalar(Scalar::String) => self.string(),
            TypeRef::Scalar(scalar) => self::scalar(*scalar),
            TypeRef::Any => quote! { serde_json::Value },
            TypeRef::List(inner) => {
                let vec = self.prelude("Vec", quote! { ::std::vec::Vec });
                let inner = self.written(types, inner);
                quote! { #vec<#inner> }
            }
            TypeRef::Map(inner) => {
                let string = self.string();
                if **inner == TypeRef::Any {
                    return quote! { serde_json::Map<#string, serde_json::Value> };
                }
                let inner = self.written(types, inner);
                quote! { std::collections::BTreeMap<#string, #inner> }
            }
            TypeRef::Nullable(inner) => {
                let (option, inner) = (self.option(), self.written(types, inner));
                quote! { #option<#inner> }
            }
            TypeRef::Boxed(inner) => {
                let boxed = self.prelude("Box", quote! { ::std::boxed::Box });
                let inner = self.written(types, inner);
                quote! { #boxed<#inner> }
            }
        }
    }
}

fn scalar(scalar: Scalar) -> TokenStream {
    match scalar {
        Scalar::String => quote! { String },
        Scalar::Boolean => quote! { bool },
        Scalar::Int32 => quote! { i32 },
        Scalar::Int64 => quote! { i64 },
        Scalar::Uint32 => quote! { u32 },
        Scalar::Uint64 => quote! { u64 },
        Scalar::Float32 => quote! { f32 },
        Scalar::Float64 => quote! { f64 },
        Scalar::Date => quote! { chrono::NaiveDate },
        Scalar::DateTime => quote! { chrono::DateTime<chrono::Utc> },
        Scalar::Uuid => quote! { uuid::Uuid },
        Scalar::Ipv4 => quote! { std::net::Ipv4Addr },
        Scalar::Ipv6 => quote! { std::net::Ipv6Addr },
        Scalar::Ip => quote! { std::net::IpAddr },
    }
}

fn definition(types: &Types, definition: &Definition, paths: &Paths<'_>) -> TokenStream {
    let name = ident(&definition.ident);
    let fallback = format!("The schema `{}`.", definition.ident);
    let docs = doc(definition.docs.as_deref().filter(|docs| !docs.trim().is_empty()).unwrap_or(&fallback));
    let deprecated = definition.deprecated.then(|| quote! { #[deprecated] });
    let body = match &definition.shape {
        TypeShape::Struct(structure) => self::structure(types, &name, structure, paths),
        TypeShape::Choice(values) => choice(&name, values),
        TypeShape::Union(union) => self::union(types, &name, union, paths),
        TypeShape::Newtype(_, rules) if rules.constrain() => constrained(&name, rules, paths),
        TypeShape::Newtype(ty, _) => newtype(types, &name, ty, paths),
        TypeShape::Pending => newtype(types, &name, &TypeRef::Any, paths),
    };
    quote! { #docs #deprecated #body }
}

fn structure(types: &Types, name: &Ident, structure: &Struct, paths: &Paths<'_>) -> TokenStream {
    let case = Case::of(&structure.fields);
    let fields = structure.fields.iter().map(|each| field(types, each, case, paths));
    let refused = matches!(structure.additional, Additional::Refused).then(|| quote! { deny_unknown_fields });
    let rename_all = case.word().map(|word| quote! { rename_all = #word });
    let attributes: Vec<_> = rename_all.into_iter().chain(refused).collect();
    let serde = (!attributes.is_empty()).then(|| quote! { #[serde(#(#attributes),*)] });
    let kept = match &structure.additional {
        Additional::Kept(ty) => {
            let ty = paths.written(types, &TypeRef::Map(Box::new(ty.clone())));
            let kept = ident(&self::kept(structure));
            Some(quote! {
                /// Properties that the schema does not name.
                #[serde(flatten)]
                pub #kept: #ty,
            })
        }
        _ => None,
    };
    quote! {
        #[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
        #serde
        pub struct #name { #(#fields,)* #kept }
    }
}

/// A rule by which serde makes the names of properties from those of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    AsTheyAre,
    Camel,
    Pascal,
    Kebab,
    ScreamingSnake,
}

impl Case {
    const ALL: [Self; 5] = [Self::AsTheyAre, Self::Camel, Self::Pascal, Self::Kebab, Self::ScreamingSnake];

    /// The rule that leaves fewest exceptions.
    fn of(fields: &[Field]) -> Self {
        let exceptions =
            |case: &Self| fields.iter().filter(|field| case.applied(&field.ident) != field.name).count();
        // A rule is a line, and so is an exception.
        let lines = |case: &Self| exceptions(case) + usize::from(*case != Self::AsTheyAre);
        Self::ALL.into_iter().min_by_key(lines).unwrap_or(Self::AsTheyAre)
    }

    fn word(self) -> Option<&'static str> {
        match self {
            Self::AsTheyAre => None,
            Self::Camel => Some("camelCase"),
            Self::Pascal => Some("PascalCase"),
            Self::Kebab => Some("kebab-case"),
            Self::ScreamingSnake => Some("SCREAMING_SNAKE_CASE"),
        }
    }

    /// What serde makes of the name of a field (`serde_derive`, `internals/case.rs`).
    fn applied(self, field: &str) -> String {
        match self {
            Self::AsTheyAre => field.to_owned(),
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingSnake => field.to_ascii_uppercase(),
            Self::Camel | Self::Pascal => {
                let mut name = String::with_capacity(field.len());
                let mut capital = true;
                for c in field.chars() {
                    match c {
                        '_' => capital = true,
                        c if std::mem::take(&mut capital) => name.push(c.to_ascii_uppercase()),
                        c => name.push(c),
                    }
                }
                let first = name.get(..1).unwrap_or_default().to_ascii_lowercase();
                if self == Self::Camel && !name.is_empty() { first + &name[1..] } else { name }
            }
        }
    }
}

fn field(types: &Types, field: &Field, case: Case, paths: &Paths<'_>) -> TokenStream {
    let name = ident(&field.ident);
    let text = format!("`{}`.", field.name);
    let docs = doc(field.docs.as_deref().filter(|docs| !docs.trim().is_empty()).unwrap_or(&text));
    let deprecated = field.deprecated.then(|| quote! { #[deprecated] });
    let rename = (case.applied(&field.ident) != field.name).then(|| {
        let name = &field.name;
        quote! { rename = #name }
    });
    let ty = paths.written(types, &field.ty);
    let optional = (!field.required).then(|| {
        let is_none =
            if paths.taken.contains("Option") { "::std::option::Option::is_none" } else { "Option::is_none" };
        quote! { default, skip_serializing_if = #is_none }
    });
    let attributes: Vec<_> = rename.into_iter().chain(optional).collect();
    let serde = (!attributes.is_empty()).then(|| quote! { #[serde(#(#attributes),*)] });
    let ty = match &field.ty {
        TypeRef::Nullable(_) => ty,
        _ if field.required => ty,
        _ => {
            let option = paths.option();
            quote! { #option<#ty> }
        }
    };
    quote! { #docs #deprecated #serde pub #name: #ty }
}

fn choice(name: &Ident, values: &[ChoiceValue]) -> TokenStream {
    let idents: Vec<_> = values.iter().map(|value| ident(&value.ident)).collect();
    let texts = values.iter().map(|value| &value.value);
    let docs = values.iter().map(|value| doc(&format!("`{}`", value.value)));
    quote! {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum #name { #(#docs #idents,)* }

        choice!(#name, #(#idents = #texts),*);
    }
}

fn newtype(types: &Types, name: &Ident, ty: &TypeRef, paths: &Paths<'_>) -> TokenStream {
    let inner = paths.written(types, ty);
    let (derived, make) = match ty {
        TypeRef::Scalar(Scalar::Float32 | Scalar::Float64) => {
            (quote! { Copy, PartialOrd, }, "scalar_newtype")
        }
        TypeRef::Scalar(Scalar::String) => (quote! { Eq, PartialOrd, Ord, Hash, }, "text_newtype"),
        TypeRef::Scalar(_) => (quote! { Copy, Eq, PartialOrd, Ord, Hash, }, "scalar_newtype"),
        _ => (TokenStream::new(), "newtype"),
    };
    let make = ident(make);
    let inside = (*ty != TypeRef::Scalar(Scalar::String)).then(|| quote! { , #inner });
    quote! {
        #[derive(Clone, Debug, PartialEq, #derived)]
        #[derive(serde::Deserialize, serde::Serialize)]
        pub struct #name(pub #inner);

        #make!(#name #inside);
    }
}

/// Text that is checked when it becomes a value of the type. What is read from JSON is not checked again: a server has held it against the
/// schema, and a client takes what its server sends.
fn constrained(name: &Ident, rules: &TextRules, paths: &Paths<'_>) -> TokenStream {
    let string = paths.string();
    let shortest = rules.min_length.filter(|least| *least > 0).map(|least| {
        let least = proc_macro2::Literal::usize_unsuffixed(least);
        quote! { , min #least }
    });
    let longest = rules.max_length.map(|most| {
        let most = proc_macro2::Literal::usize_unsuffixed(most);
        quote! { , max #most }
    });
    let pattern = rules.pattern.as_ref().map(|pattern| quote! { , pattern #pattern });
    quote! {
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Deserialize, serde::Serialize)]
        pub struct #name(#string);

        constrained_text!(#name #shortest #longest #pattern);
    }
}

fn union(types: &Types, name: &Ident, union: &Union, paths: &Paths<'_>) -> TokenStream {
    let idents: Vec<_> = union.variants.iter().map(|variant| ident(&variant.ident)).collect();
    let written: Vec<_> = union.variants.iter().map(|variant| paths.written(types, &variant.ty)).collect();
    let docs = union.variants.iter().map(|variant| doc(&format!("The value as `{}`.", variant.ident)));
    let tagged = union.discriminator.as_ref().map(|property| {
        let tags = union
            .variants
            .iter()
            .zip(&idents)
            .flat_map(|(variant, ident)| variant.tags.iter().map(move |tag| quote! { #tag => #ident }));
        quote! { ; by #property #(, #tags)* }
    });
    // A type may be the content of one variant only to be converted from; of two, nobody could say which.
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for ty in &written {
        *count.entry(ty.to_string()).or_default() += 1;
    }
    let conversions = written.iter().map(|ty| (count[&ty.to_string()] == 1).then(|| quote! { (#ty) }));
    quote! {
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        #[serde(untagged)]
        pub enum #name { #(#docs #idents(#written),)* }

        union!(#name, #(#idents #conversions),* #tagged);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> Field {
        let ident = crate::names::snake(name);
        let ty = TypeRef::Any;
        Field { name: name.to_owned(), ident, docs: None, deprecated: false, required: true, ty }
    }

    #[test]
    fn the_rule_for_names_is_the_one_with_fewest_exceptions() {
        let rows: [(&[&str], Case); 7] = [
            (&["a", "b_c"], Case::AsTheyAre),
            (&["fullName", "userId", "a"], Case::Camel),
            (&["fullName", "a_b"], Case::AsTheyAre),
            (&["FullName", "Id"], Case::Pascal),
            (&["full-name", "user-id"], Case::Kebab),
            (&["A_B", "C_D"], Case::ScreamingSnake),
            (&[], Case::AsTheyAre),
        ];
        for (names, expected) in rows {
            let fields: Vec<_> = names.iter().map(|name| field(name)).collect();
            assert_eq!(Case::of(&fields), expected, "{names:?}");
        }
        assert_eq!(Case::Camel.applied("type_"), "type");
        assert_eq!(Case::Camel.applied("__"), "");
    }
}
