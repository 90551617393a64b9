//! Wire types. They say what a value looks like; that it keeps the schema's constraints is checked where it comes in.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::docs::doc;
use crate::emit::ident;
use crate::ir::types::{
    Additional, ChoiceValue, Definition, Field, Scalar, Struct, TextRules, TypeId, TypeRef, TypeShape, Types,
    Union,
};

/// The definitions.
pub(crate) fn definitions(types: &Types) -> TokenStream {
    let definitions = types.definitions.iter().map(|each| definition(types, each));
    let has_unions = types.definitions.iter().any(|each| matches!(each.shape, TypeShape::Union(_)));
    let read = has_unions.then(union_reader);
    quote! { #(#definitions)* #read }
}

/// A type as written beside the module `types`.
pub(crate) fn outside(types: &Types, ty: &TypeRef) -> TokenStream {
    written(types, ty, &quote! { types:: })
}

/// A named type as written beside the module `types`.
pub(crate) fn named(types: &Types, id: TypeId) -> TokenStream {
    outside(types, &TypeRef::Named(id))
}

fn written(types: &Types, ty: &TypeRef, path: &TokenStream) -> TokenStream {
    match ty {
        TypeRef::Named(id) => {
            let name = ident(&types.get(*id).ident);
            quote! { #path #name }
        }
        TypeRef::Scalar(scalar) => self::scalar(*scalar),
        TypeRef::Any => quote! { ::serde_json::Value },
        TypeRef::List(inner) => {
            let inner = written(types, inner, path);
            quote! { ::std::vec::Vec<#inner> }
        }
        TypeRef::Map(inner) if **inner == TypeRef::Any => {
            quote! { ::serde_json::Map<::std::string::String, ::serde_json::Value> }
        }
        TypeRef::Map(inner) => {
            let inner = written(types, inner, path);
            quote! { ::std::collections::BTreeMap<::std::string::String, #inner> }
        }
        TypeRef::Nullable(inner) => {
            let inner = written(types, inner, path);
            quote! { ::std::option::Option<#inner> }
        }
        TypeRef::Boxed(inner) => {
            let inner = written(types, inner, path);
            quote! { ::std::boxed::Box<#inner> }
        }
    }
}

fn scalar(scalar: Scalar) -> TokenStream {
    match scalar {
        Scalar::String => quote! { ::std::string::String },
        Scalar::Boolean => quote! { bool },
        Scalar::Int32 => quote! { i32 },
        Scalar::Int64 => quote! { i64 },
        Scalar::Uint32 => quote! { u32 },
        Scalar::Uint64 => quote! { u64 },
        Scalar::Float32 => quote! { f32 },
        Scalar::Float64 => quote! { f64 },
        Scalar::Date => quote! { ::chrono::NaiveDate },
        Scalar::DateTime => quote! { ::chrono::DateTime<::chrono::Utc> },
        Scalar::Uuid => quote! { ::uuid::Uuid },
        Scalar::Ipv4 => quote! { ::core::net::Ipv4Addr },
        Scalar::Ipv6 => quote! { ::core::net::Ipv6Addr },
        Scalar::Ip => quote! { ::core::net::IpAddr },
    }
}

fn definition(types: &Types, definition: &Definition) -> TokenStream {
    let name = ident(&definition.ident);
    let fallback = format!("The schema `{}`.", definition.ident);
    let docs = doc(definition.docs.as_deref().filter(|docs| !docs.trim().is_empty()).unwrap_or(&fallback));
    let deprecated = definition.deprecated.then(|| quote! { #[deprecated] });
    let body = match &definition.shape {
        TypeShape::Struct(structure) => self::structure(types, &name, structure),
        TypeShape::Choice(values) => choice(&name, values),
        TypeShape::Union(union) => self::union(types, &name, union),
        TypeShape::Newtype(ty, rules) if rules.constrain() => constrained(&name, ty, rules),
        TypeShape::Newtype(ty, _) => newtype(types, &name, ty),
        TypeShape::Pending => newtype(types, &name, &TypeRef::Any),
    };
    quote! { #docs #deprecated #body }
}

fn structure(types: &Types, name: &proc_macro2::Ident, structure: &Struct) -> TokenStream {
    let fields = structure.fields.iter().map(|each| field(types, each));
    let refused =
        matches!(structure.additional, Additional::Refused).then(|| quote! { #[serde(deny_unknown_fields)] });
    let kept = match &structure.additional {
        Additional::Kept(ty) => {
            let ty = written(types, &TypeRef::Map(Box::new(ty.clone())), &TokenStream::new());
            let taken = structure.fields.iter().any(|field| field.ident == "additional_properties");
            let kept = ident(if taken { "additional_properties_" } else { "additional_properties" });
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
        #refused
        pub struct #name { #(#fields,)* #kept }
    }
}

fn field(types: &Types, field: &Field) -> TokenStream {
    let name = ident(&field.ident);
    let text = format!("`{}`.", field.name);
    let docs = doc(field.docs.as_deref().filter(|docs| !docs.trim().is_empty()).unwrap_or(&text));
    let deprecated = field.deprecated.then(|| quote! { #[deprecated] });
    let rename = (field.ident != field.name).then(|| {
        let name = &field.name;
        quote! { #[serde(rename = #name)] }
    });
    let ty = written(types, &field.ty, &TokenStream::new());
    if field.required {
        return quote! { #docs #deprecated #rename pub #name: #ty };
    }
    let ty = match &field.ty {
        TypeRef::Nullable(_) => ty,
        _ => quote! { ::std::option::Option<#ty> },
    };
    quote! {
        #docs #deprecated #rename
        #[serde(default, skip_serializing_if = "::std::option::Option::is_none")]
        pub #name: #ty
    }
}

fn choice(name: &proc_macro2::Ident, values: &[ChoiceValue]) -> TokenStream {
    let idents: Vec<_> = values.iter().map(|value| ident(&value.ident)).collect();
    let texts: Vec<_> = values.iter().map(|value| &value.value).collect();
    let docs = values.iter().map(|value| doc(&format!("`{}`", value.value)));
    quote! {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
        pub enum #name {
            #(#docs #[serde(rename = #texts)] #idents,)*
        }

        impl #name {
            /// The value as JSON has it.
            pub fn as_str(self) -> &'static str {
                match self { #(Self::#idents => #texts,)* }
            }
        }

        impl ::std::fmt::Display for #name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for #name {
            type Err = ::std::string::String;
            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                match text {
                    #(#texts => ::std::result::Result::Ok(Self::#idents),)*
                    _ => ::std::result::Result::Err(::std::format!("`{text}` is none of the values of the schema")),
                }
            }
        }

        impl ::std::convert::TryFrom<&str> for #name {
            type Error = ::std::string::String;
            fn try_from(text: &str) -> ::std::result::Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl ::std::convert::TryFrom<::std::string::String> for #name {
            type Error = ::std::string::String;
            fn try_from(text: ::std::string::String) -> ::std::result::Result<Self, Self::Error> {
                text.parse()
            }
        }
    }
}

fn newtype(types: &Types, name: &proc_macro2::Ident, ty: &TypeRef) -> TokenStream {
    let inner = written(types, ty, &TokenStream::new());
    let more = match ty {
        TypeRef::Scalar(scalar) => scalar_newtype(name, *scalar, &inner),
        _ => TokenStream::new(),
    };
    let derived = match ty {
        TypeRef::Scalar(Scalar::Float32 | Scalar::Float64) => quote! { Copy, PartialOrd, },
        TypeRef::Scalar(Scalar::String) => quote! { Eq, PartialOrd, Ord, Hash, },
        TypeRef::Scalar(_) => quote! { Copy, Eq, PartialOrd, Ord, Hash, },
        _ => TokenStream::new(),
    };
    quote! {
        #[derive(Clone, Debug, PartialEq, #derived serde::Deserialize, serde::Serialize)]
        #[serde(transparent)]
        pub struct #name(pub #inner);

        impl ::std::ops::Deref for #name {
            type Target = #inner;
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl ::std::convert::From<#inner> for #name {
            fn from(value: #inner) -> Self {
                Self(value)
            }
        }
        #more
    }
}

/// Text that is checked when it becomes a value of the type. What is read from JSON is not checked again: a server has held it against the
/// schema, and a client takes what its server sends.
fn constrained(name: &proc_macro2::Ident, ty: &TypeRef, rules: &TextRules) -> TokenStream {
    debug_assert_eq!(*ty, TypeRef::Scalar(Scalar::String));
    let shortest = rules.min_length.filter(|least| *least > 0).map(|least| {
        let message = format!("shorter than {least} characters");
        quote! { if text.chars().count() < #least { return ::std::result::Result::Err(#message.to_owned()); } }
    });
    let longest = rules.max_length.map(|most| {
        let message = format!("longer than {most} characters");
        quote! { if text.chars().count() > #most { return ::std::result::Result::Err(#message.to_owned()); } }
    });
    let pattern = rules.pattern.as_ref().map(|pattern| {
        let message = format!("does not match the pattern {pattern}");
        quote! {
            static PATTERN: ::std::sync::LazyLock<::std::option::Option<::regress::Regex>> =
                ::std::sync::LazyLock::new(|| ::regress::Regex::new(#pattern).ok());
            if PATTERN.as_ref().is_some_and(|pattern| pattern.find(text).is_none()) {
                return ::std::result::Result::Err(#message.to_owned());
            }
        }
    });
    quote! {
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
        #[serde(transparent)]
        pub struct #name(::std::string::String);

        impl ::std::ops::Deref for #name {
            type Target = ::std::string::String;
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl ::std::convert::From<#name> for ::std::string::String {
            fn from(value: #name) -> Self {
                value.0
            }
        }

        impl ::std::fmt::Display for #name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl ::std::str::FromStr for #name {
            type Err = ::std::string::String;
            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                #shortest
                #longest
                #pattern
                ::std::result::Result::Ok(Self(text.to_owned()))
            }
        }

        impl ::std::convert::TryFrom<&str> for #name {
            type Error = ::std::string::String;
            fn try_from(text: &str) -> ::std::result::Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl ::std::convert::TryFrom<&::std::string::String> for #name {
            type Error = ::std::string::String;
            fn try_from(text: &::std::string::String) -> ::std::result::Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl ::std::convert::TryFrom<::std::string::String> for #name {
            type Error = ::std::string::String;
            fn try_from(text: ::std::string::String) -> ::std::result::Result<Self, Self::Error> {
                text.parse()
            }
        }
    }
}

fn scalar_newtype(name: &proc_macro2::Ident, scalar: Scalar, inner: &TokenStream) -> TokenStream {
    let from_str = (scalar == Scalar::String).then(|| {
        quote! {
            impl ::std::convert::From<&str> for #name {
                fn from(text: &str) -> Self {
                    Self(text.to_owned())
                }
            }
        }
    });
    quote! {
        impl ::std::fmt::Display for #name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl ::std::str::FromStr for #name {
            type Err = <#inner as ::std::str::FromStr>::Err;
            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
        #from_str
    }
}

fn union(types: &Types, name: &proc_macro2::Ident, union: &Union) -> TokenStream {
    let idents: Vec<_> = union.variants.iter().map(|variant| ident(&variant.ident)).collect();
    let written: Vec<_> =
        union.variants.iter().map(|variant| written(types, &variant.ty, &TokenStream::new())).collect();
    let docs = union.variants.iter().map(|variant| doc(&format!("The value as `{}`.", variant.ident)));
    let tagged = union.discriminator.as_ref().map(|property| {
        let arms = union.variants.iter().zip(&idents).filter(|(variant, _)| !variant.tags.is_empty()).map(|(variant, ident)| {
            let tags = &variant.tags;
            quote! {
                ::std::option::Option::Some(#(#tags)|*) => {
                    return ::serde_json::from_value(value).map(Self::#ident).map_err(serde::de::Error::custom);
                }
            }
        });
        quote! {
            match value.get(#property).and_then(::serde_json::Value::as_str) {
                #(#arms)*
                _ => {}
            }
        }
    });
    // A type may be the content of one variant only to be converted from; of two, nobody could say which.
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for ty in &written {
        *count.entry(ty.to_string()).or_default() += 1;
    }
    let conversions =
        idents.iter().zip(&written).filter(|(_, ty)| count[&ty.to_string()] == 1).map(|(ident, ty)| {
            quote! {
                impl ::std::convert::From<#ty> for #name {
                    fn from(value: #ty) -> Self {
                        Self::#ident(value)
                    }
                }
            }
        });
    let text = name.to_string();
    quote! {
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        #[serde(untagged)]
        pub enum #name {
            #(#docs #idents(#written),)*
        }

        impl<'de> serde::Deserialize<'de> for #name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                let value = <::serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
                #tagged
                let mut nearest = ::std::option::Option::None;
                #(
                    if let ::std::option::Option::Some(exact) = read_variant(&value, Self::#idents, &mut nearest) {
                        return ::std::result::Result::Ok(exact);
                    }
                )*
                nearest.ok_or_else(|| serde::de::Error::custom(::std::concat!("the value is of no variant of ", #text)))
            }
        }
        #(#conversions)*
    }
}

fn union_reader() -> TokenStream {
    quote! {
        /// Reads a value as one variant of a union: `Some` if nothing of it gets lost; else it is the nearest so far, if none was before.
        fn read_variant<T, U>(
            value: &::serde_json::Value,
            variant: fn(T) -> U,
            nearest: &mut ::std::option::Option<U>,
        ) -> ::std::option::Option<U>
        where
            T: serde::de::DeserializeOwned + serde::Serialize,
        {
            let read: T = ::serde_json::from_value(value.clone()).ok()?;
            let exact = ::serde_json::to_value(&read).is_ok_and(|written| written == *value);
            let read = variant(read);
            if exact {
                return ::std::option::Option::Some(read);
            }
            nearest.get_or_insert(read);
            ::std::option::Option::None
        }
    }
}
