//! The client, made by progenitor behind a guard from a copy of the document that is lowered to what progenitor can say.

use proc_macro2::TokenStream;
use progenitor_impl::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle};
use quote::quote;
use serde_json::{Value, json};

use crate::files::Files;
use crate::guard;
use crate::ir::{Api, Location, Operation, TypeUse};
use crate::render::{self, Header};

/// The files of the client crate, or why progenitor cannot make them.
pub(crate) fn client(api: &Api, document: &Value, header: &Header) -> Result<Files, String> {
    let lowered = lowered(api, document);
    let tokens = guard::run(|| {
        let spec = serde_json::from_value(lowered).map_err(|error| error.to_string())?;
        Generator::new(&settings()).generate_tokens(&spec).map_err(|error| error.to_string())
    });
    let tokens = tokens.unwrap_or_else(|panic| Err(format!("progenitor panicked: {panic}")))?;
    let tokens = with_own_encoding(tokens).map_err(|error| error.to_string())?;
    let mut files = Files::default();
    let doc = "The client that progenitor makes of `openapi.yaml`.";
    render::module(&mut files, header, "mod.rs", doc, tokens).map_err(|error| error.to_string())?;
    Ok(files)
}

/// Lets the client encode path values by a function of the crate around it: progenitor's own leaves `\` as it is, which the url crate
/// reads as `/`, and sends `.` and `..` so that another operation is called.
fn with_own_encoding(tokens: TokenStream) -> syn::Result<TokenStream> {
    let mut file: syn::File = syn::parse2(tokens)?;
    for item in &mut file.items {
        if let syn::Item::Use(import) = item
            && let syn::UseTree::Path(path) = &mut import.tree
            && path.ident == "progenitor_client"
            && let syn::UseTree::Group(group) = &mut *path.tree
        {
            let names = std::mem::take(&mut group.items);
            group.items.extend(names.into_iter().filter(|name| !is_name(name, "encode_path")));
        }
    }
    let import: syn::Item = syn::parse_quote! { use crate::encode_path; };
    let after_imports = file.items.iter().take_while(|item| matches!(item, syn::Item::Use(_))).count();
    file.items.insert(after_imports, import);
    Ok(quote! { #file })
}

fn is_name(tree: &syn::UseTree, name: &str) -> bool {
    matches!(tree, syn::UseTree::Name(known) if known.ident == name)
}

fn settings() -> GenerationSettings {
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote! { crate::Shell });
    settings
}

/// Rebuilt from the plain data, so that nothing reaches progenitor that was not looked at: inline bodies become components (progenitor
/// would give all inline bodies of an operation one type), and names are the ones chosen for Rust.
fn lowered(api: &Api, document: &Value) -> Value {
    let mut schemas = serde_json::Map::new();
    for schema in &api.schemas {
        schemas.insert(schema.name.clone(), schema.schema.clone());
    }
    let mut paths = serde_json::Map::new();
    for operation in &api.operations {
        let lowered = lowered_operation(api, operation, &mut schemas);
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

fn lowered_operation(
    api: &Api,
    operation: &Operation,
    schemas: &mut serde_json::Map<String, Value>,
) -> Value {
    let mut responses = serde_json::Map::new();
    let success = &operation.success;
    responses
        .insert(success.status.to_string(), response(&success.description, success.ty.as_ref(), schemas));
    for error in &operation.errors {
        responses.insert(error.status.to_string(), response(&error.description, Some(&api.error), schemas));
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
                "name": parameter.name, "in": place, "required": parameter.required, "schema": parameter.schema,
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
        let schema = reference(&body.ty, schemas);
        lowered["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    lowered
}

fn response(description: &str, ty: Option<&TypeUse>, schemas: &mut serde_json::Map<String, Value>) -> Value {
    match ty {
        None => json!({ "description": description }),
        Some(ty) => {
            let schema = reference(ty, schemas);
            json!({ "description": description, "content": { "application/json": { "schema": schema } } })
        }
    }
}

fn reference(ty: &TypeUse, schemas: &mut serde_json::Map<String, Value>) -> Value {
    let name = match ty {
        TypeUse::Component(name) => name,
        TypeUse::Inline { ident, schema } => {
            schemas.entry(ident.clone()).or_insert_with(|| schema.clone());
            ident
        }
    };
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
