//! The client, made by progenitor behind a guard from a copy of the document that is lowered to what progenitor can say.

use proc_macro2::TokenStream;
use progenitor_impl::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle, TypeImpl};
use quote::quote;
use serde_json::{Map, Value, json};

use crate::emit::types;
use crate::files::Files;
use crate::guard;
use crate::ir::types::{Scalar, TypeRef};
use crate::ir::{Api, Location, Operation, TypeUse};
use crate::render::{self, Header};

/// The files of the client crate, or why progenitor cannot make them.
pub(crate) fn client(api: &Api, document: &Value, header: &Header) -> Result<Files, String> {
    let lowered = lowered(api, document);
    let tokens = guard::run(|| {
        let spec = serde_json::from_value(lowered).map_err(|error| error.to_string())?;
        Generator::new(&settings(api)).generate_tokens(&spec).map_err(|error| error.to_string())
    });
    let tokens = tokens.unwrap_or_else(|panic| Err(format!("progenitor panicked: {panic}")))?;
    let tokens = with_own_parts(tokens).map_err(|error| error.to_string())?;
    let mut files = Files::default();
    let doc = "The client that progenitor makes of `openapi.yaml`.";
    render::module(&mut files, header, "mod.rs", doc, tokens).map_err(|error| error.to_string())?;
    let doc = "Types of parameters, bodies and answers.";
    let types = types::definitions(&api.types);
    render::module(&mut files, header, "types.rs", doc, types).map_err(|error| error.to_string())?;
    Ok(files)
}

/// Puts our own parts in the place of progenitor's: the types, and how path values are encoded (its own leaves `\` as it is, which the url
/// crate reads as `/`, and sends `.` and `..` so that another operation is called).
fn with_own_parts(tokens: TokenStream) -> syn::Result<TokenStream> {
    let mut file: syn::File = syn::parse2(tokens)?;
    for item in &mut file.items {
        match item {
            syn::Item::Use(import) => without_encoding(import),
            syn::Item::Mod(module) if module.ident == "types" => module.content = None,
            _ => {}
        }
        if let syn::Item::Mod(module) = item
            && module.content.is_none()
        {
            module.semi = Some(syn::token::Semi::default());
        }
    }
    let import: syn::Item = syn::parse_quote! { use crate::encode_path; };
    let after_imports = file.items.iter().take_while(|item| matches!(item, syn::Item::Use(_))).count();
    file.items.insert(after_imports, import);
    Ok(quote! { #file })
}

fn without_encoding(import: &mut syn::ItemUse) {
    if let syn::UseTree::Path(path) = &mut import.tree
        && path.ident == "progenitor_client"
        && let syn::UseTree::Group(group) = &mut *path.tree
    {
        let names = std::mem::take(&mut group.items);
        group.items.extend(names.into_iter().filter(|name| !is_name(name, "encode_path")));
    }
}

fn is_name(tree: &syn::UseTree, name: &str) -> bool {
    matches!(tree, syn::UseTree::Name(known) if known.ident == name)
}

fn settings(api: &Api) -> GenerationSettings {
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote! { crate::Shell });
    for definition in &api.types.definitions {
        // Seen from `builder`, which has `use super::types`.
        let ours = format!("types::{}", definition.ident);
        settings.with_replacement(
            &definition.ident,
            ours,
            [TypeImpl::Display, TypeImpl::FromStr].into_iter(),
        );
    }
    settings
}

/// Rebuilt from the plain data, so that nothing reaches progenitor that was not looked at. Every type is one of ours: progenitor gets an
/// empty schema of its name, and is told to use ours instead.
fn lowered(api: &Api, document: &Value) -> Value {
    let mut schemas = Map::new();
    for definition in &api.types.definitions {
        schemas.insert(definition.ident.clone(), json!({}));
    }
    let mut paths = Map::new();
    for operation in &api.operations {
        let lowered = lowered_operation(api, operation);
        let item = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        item[operation.method.key()] = lowered;
    }
    json!({
        "openapi": "3.0.3",
        "info": document["info"],
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn lowered_operation(api: &Api, operation: &Operation) -> Value {
    let mut responses = Map::new();
    let success = &operation.success;
    responses.insert(success.status.to_string(), response(api, &success.description, success.ty.as_ref()));
    for error in &operation.errors {
        responses.insert(error.status.to_string(), response(api, &error.description, Some(&api.error)));
    }
    let parameters: Vec<_> = operation
        .parameters
        .iter()
        .map(|parameter| {
            let place = match parameter.location {
                Location::Path => "path",
                Location::Query => "query",
                Location::Header => "header",
            };
            let mut lowered = json!({
                "name": parameter.name, "in": place, "required": parameter.required,
                "schema": schema_of(api, &parameter.ty),
            });
            if let Some(description) = &parameter.description {
                lowered["description"] = json!(description);
            }
            lowered
        })
        .collect();
    let mut lowered = json!({
        "operationId": operation.ident, "parameters": parameters, "responses": responses,
        "deprecated": operation.deprecated, "tags": operation.tags,
    });
    for (key, text) in [("summary", &operation.summary), ("description", &operation.description)] {
        if let Some(text) = text {
            lowered[key] = json!(text);
        }
    }
    if let Some(body) = &operation.body {
        let schema = schema_of(api, &body.ty.ty);
        lowered["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    lowered
}

fn response(api: &Api, description: &str, ty: Option<&TypeUse>) -> Value {
    match ty {
        None => json!({ "description": description }),
        Some(ty) => {
            let schema = schema_of(api, &ty.ty);
            json!({ "description": description, "content": { "application/json": { "schema": schema } } })
        }
    }
}

/// A schema from which typify makes just this type.
fn schema_of(api: &Api, ty: &TypeRef) -> Value {
    match ty {
        TypeRef::Named(id) => json!({ "$ref": format!("#/components/schemas/{}", api.types.get(*id).ident) }),
        TypeRef::Any => json!({}),
        TypeRef::List(inner) => json!({ "type": "array", "items": schema_of(api, inner) }),
        TypeRef::Map(inner) => json!({ "type": "object", "additionalProperties": schema_of(api, inner) }),
        TypeRef::Nullable(inner) => match schema_of(api, inner) {
            Value::Object(mut schema) if schema.contains_key("type") => {
                schema.insert("nullable".to_owned(), json!(true));
                Value::Object(schema)
            }
            schema => json!({ "allOf": [schema], "nullable": true }),
        },
        TypeRef::Boxed(inner) => schema_of(api, inner),
        TypeRef::Scalar(scalar) => {
            let (kind, format) = match scalar {
                Scalar::String => ("string", None),
                Scalar::Boolean => ("boolean", None),
                Scalar::Int32 => ("integer", Some("int32")),
                Scalar::Int64 => ("integer", Some("int64")),
                Scalar::Uint32 => ("integer", Some("uint32")),
                Scalar::Uint64 => ("integer", Some("uint64")),
                Scalar::Float32 => ("number", Some("float")),
                Scalar::Float64 => ("number", Some("double")),
                Scalar::Date => ("string", Some("date")),
                Scalar::DateTime => ("string", Some("date-time")),
                Scalar::Uuid => ("string", Some("uuid")),
                Scalar::Ipv4 => ("string", Some("ipv4")),
                Scalar::Ipv6 => ("string", Some("ipv6")),
                Scalar::Ip => ("string", Some("ip")),
            };
            match format {
                Some(format) => json!({ "type": kind, "format": format }),
                None => json!({ "type": kind }),
            }
        }
    }
}
