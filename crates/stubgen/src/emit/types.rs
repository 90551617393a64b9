//! Wire types, made by typify behind a guard.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;
use typify::{TypeSpace, TypeSpaceSettings};

use crate::guard;
use crate::ir::{Api, Parameter, TypeUse};
use crate::lower::schema_form::for_typify;

/// The types of an API and what they are called.
pub(crate) struct Types {
    space: TypeSpace,
    components: BTreeMap<String, TokenStream>,
    inline: BTreeMap<String, TokenStream>,
    parameters: BTreeMap<(String, String), TokenStream>,
}

/// A schema that typify could not make a type of: its name and what typify said.
pub(crate) struct Failure {
    pub(crate) schema: String,
    pub(crate) reason: String,
}

impl Types {
    /// Makes all types; the first schema that fails ends it, because typify's state is lost with a panic.
    pub(crate) fn new(api: &Api) -> Result<Self, Failure> {
        let mut settings = TypeSpaceSettings::default();
        settings.with_type_mod("types");
        let mut types = Self {
            space: TypeSpace::new(&settings),
            components: BTreeMap::new(),
            inline: BTreeMap::new(),
            parameters: BTreeMap::new(),
        };
        types.add_components(api)?;
        for operation in &api.operations {
            let uses = [
                operation.body.as_ref().map(|body| &body.ty),
                operation.success.ty.as_ref(),
                Some(&api.error),
            ];
            for ty in uses.into_iter().flatten() {
                types.add_inline(ty)?;
            }
            for parameter in &operation.parameters {
                let ty = types.add(&parameter.type_ident, &parameter.schema)?;
                types.parameters.insert((operation.ident.clone(), parameter.name.clone()), ty);
            }
        }
        Ok(types)
    }

    fn add_components(&mut self, api: &Api) -> Result<(), Failure> {
        let mut definitions = Vec::new();
        for schema in &api.schemas {
            definitions.push((schema.name.clone(), parse(&schema.name, &for_typify(&schema.schema))?));
        }
        let names: Vec<_> = api.schemas.iter().map(|schema| schema.name.as_str()).collect();
        let added = guard::run(|| self.space.add_ref_types(definitions).map_err(|error| error.to_string()));
        flatten(&names.join(", "), added)?;
        for schema in &api.schemas {
            let reference = format!("#/components/schemas/{}", schema.name);
            let ty = self.add_schema(&schema.name, None, &schemars::schema::Schema::new_ref(reference))?;
            self.components.insert(schema.name.clone(), ty);
        }
        Ok(())
    }

    fn add_inline(&mut self, ty: &TypeUse) -> Result<(), Failure> {
        if let TypeUse::Inline { ident, schema } = ty
            && !self.inline.contains_key(ident)
        {
            let made = self.add(ident, schema)?;
            self.inline.insert(ident.clone(), made);
        }
        Ok(())
    }

    fn add(&mut self, ident: &str, schema: &serde_json::Value) -> Result<TokenStream, Failure> {
        let parsed = parse(ident, &for_typify(schema))?;
        self.add_schema(ident, Some(ident), &parsed)
    }

    fn add_schema(
        &mut self,
        schema: &str,
        ident: Option<&str>,
        parsed: &schemars::schema::Schema,
    ) -> Result<TokenStream, Failure> {
        let made = guard::run(|| {
            let id =
                self.space.add_type_with_name(parsed, ident.map(str::to_owned)).map_err(|e| e.to_string())?;
            Ok(self.space.get_type(&id).map_err(|e| e.to_string())?.ident())
        });
        flatten(schema, made)
    }

    /// The Rust type of a component, a body or a response, as seen from beside `types`.
    pub(crate) fn of(&self, ty: &TypeUse) -> TokenStream {
        let known = match ty {
            TypeUse::Component(name) => self.components.get(name),
            TypeUse::Inline { ident, .. } => self.inline.get(ident),
        };
        known.cloned().unwrap_or_else(|| quote! { serde_json::Value })
    }

    /// The Rust type of a component, if there is one of this name.
    pub(crate) fn component(&self, name: &str) -> Option<&TokenStream> {
        self.components.get(name)
    }

    /// The Rust type of a parameter's value.
    pub(crate) fn parameter(&self, operation: &str, parameter: &Parameter) -> TokenStream {
        let key = (operation.to_owned(), parameter.name.clone());
        self.parameters.get(&key).cloned().unwrap_or_else(|| quote! { String })
    }

    /// The definitions, with fields in the order of the document: serde writes them as they stand, and typify sorts them by name.
    pub(crate) fn tokens(&self, api: &Api) -> syn::Result<TokenStream> {
        let mut file: syn::File = syn::parse2(self.space.to_stream())?;
        for schema in &api.schemas {
            let Some(ty) = self.components.get(&schema.name) else { continue };
            let name = ty.to_string().rsplit(' ').next().unwrap_or_default().to_owned();
            let order: Vec<_> =
                schema.schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key).collect();
            for item in &mut file.items {
                if let syn::Item::Struct(definition) = item
                    && definition.ident == name
                {
                    sort_fields(definition, &order);
                }
            }
        }
        Ok(quote! { #file })
    }
}

fn sort_fields(definition: &mut syn::ItemStruct, order: &[&String]) {
    let syn::Fields::Named(fields) = &mut definition.fields else { return };
    let mut sorted: Vec<_> = std::mem::take(&mut fields.named).into_iter().collect();
    sorted.sort_by_key(|field| {
        let name = serde_name(field);
        order.iter().position(|key| **key == name).unwrap_or(usize::MAX)
    });
    fields.named.extend(sorted);
}

/// The name of a field in JSON: that of `#[serde(rename = "...")]`, or the field's own.
fn serde_name(field: &syn::Field) -> String {
    let mut name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // Other keys of the attribute take values or none; reading stops at what is no rename, and the name found so far stands.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                name = meta.value()?.parse::<syn::LitStr>()?.value();
            } else if meta.input.peek(syn::Token![=]) {
                let _: syn::Expr = meta.value()?.parse()?;
            }
            Ok(())
        });
    }
    name
}

fn parse(name: &str, schema: &serde_json::Value) -> Result<schemars::schema::Schema, Failure> {
    serde_json::from_value(schema.clone())
        .map_err(|error| Failure { schema: name.to_owned(), reason: error.to_string() })
}

fn flatten<T>(schema: &str, result: Result<Result<T, String>, String>) -> Result<T, Failure> {
    let result = result.unwrap_or_else(|panic| Err(format!("typify panicked: {panic}")));
    result.map_err(|reason| Failure { schema: schema.to_owned(), reason })
}
