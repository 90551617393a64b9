//! The client, made by progenitor behind a guard from a copy of the document that is lowered to what progenitor can say.

use proc_macro2::TokenStream;
use progenitor_impl::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle, TypeImpl};
use quote::quote;
use serde_json::{Map, Value, json};

use crate::emit::types;
use crate::files::Files;
use crate::guard;
use crate::ir::types::{Scalar, TypeRef, TypeShape};
use crate::ir::{Api, BodyKind, Location, Operation, Parameter, Payload, Response, Shape, Status, Style};
use crate::names;
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
            syn::Item::Mod(module) if module.ident == "builder" => allow_unused_types(module),
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

/// Not every client names a type of the document.
fn allow_unused_types(module: &mut syn::ItemMod) {
    for item in module.content.iter_mut().flat_map(|(_, items)| items) {
        if let syn::Item::Use(import) = item
            && quote! { #import }.to_string() == "use super :: types ;"
        {
            import.attrs.push(syn::parse_quote! { #[allow(unused_imports)] });
        }
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
        let item = paths.entry(lowered_path(operation)).or_insert_with(|| json!({}));
        item[operation.method.key()] = lowered;
    }
    json!({
        "openapi": "3.0.3",
        "info": document["info"],
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

/// progenitor keys parameters by name alone. The name of a path parameter is nobody's business but the template's, so it gives way.
fn path_name(operation: &Operation, name: &str) -> String {
    let elsewhere =
        |p: &Parameter| p.location != Location::Path && names::snake(&p.name) == names::snake(name);
    if operation.parameters.iter().any(elsewhere) { format!("{name}_in_path") } else { name.to_owned() }
}

fn lowered_path(operation: &Operation) -> String {
    let in_path = operation.parameters.iter().filter(|p| p.location == Location::Path);
    in_path.fold(operation.path.clone(), |path, parameter| {
        let name = path_name(operation, &parameter.name);
        path.replace(&format!("{{{}}}", parameter.name), &format!("{{{name}}}"))
    })
}

fn lowered_operation(api: &Api, operation: &Operation) -> Value {
    let mut lowered = json!({
        "operationId": operation.ident, "parameters": parameters(api, operation), "responses": responses(api, operation),
        "deprecated": operation.deprecated, "tags": operation.tags,
    });
    for (key, text) in [("summary", &operation.summary), ("description", &operation.description)] {
        if let Some(text) = text {
            lowered[key] = json!(text);
        }
    }
    // progenitor sends one media type: JSON where there is a choice.
    let json = |kind: &&BodyKind| matches!(kind.payload, Payload::Json(_));
    let kinds = operation.body.as_ref().map(|body| &body.kinds);
    if let Some(kind) = kinds.and_then(|kinds| kinds.iter().find(json).or(kinds.first())) {
        let (media_type, schema) = match &kind.payload {
            Payload::Json(ty) => ("application/json", schema_of(api, &ty.ty)),
            Payload::Form(ty, _) if matches!(ty.ty, TypeRef::Named(_)) => {
                ("application/x-www-form-urlencoded", schema_of(api, &ty.ty))
            }
            Payload::Text => ("text/plain", json!({ "type": "string" })),
            _ => ("application/octet-stream", json!({ "type": "string", "format": "binary" })),
        };
        lowered["requestBody"] = json!({ "required": true, "content": { media_type: { "schema": schema } } });
    }
    lowered
}

/// What progenitor can send: scalars, and lists as repeated query parameters, have their type; of everything else a caller gives the text.
fn parameters(api: &Api, operation: &Operation) -> Vec<Value> {
    let mut lowered: Vec<Value> = Vec::new();
    let cookies: Vec<_> = operation.parameters.iter().filter(|p| p.location == Location::Cookie).collect();
    for parameter in operation.parameters.iter().filter(|p| p.location != Location::Cookie) {
        let list = matches!(&parameter.shape, Shape::Array(items) if items.is_scalar())
            && parameter.location == Location::Query
            && parameter.style == Style::Form
            && parameter.explode;
        let typed = list
            || matches!(parameter.shape, Shape::String | Shape::Integer | Shape::Number | Shape::Boolean);
        let mut schema = if typed { schema_of(api, &parameter.ty) } else { json!({ "type": "string" }) };
        let scalar = scalar_behind(api, &parameter.ty);
        if !list && !scalar {
            schema = json!({ "type": "string" });
        }
        if list && matches!(parameter.ty, TypeRef::Named(_) | TypeRef::Any | TypeRef::Nullable(_)) {
            schema = json!({ "type": "array", "items": { "type": "string" } });
        }
        let name = match parameter.location {
            Location::Path => path_name(operation, &parameter.name),
            _ => parameter.name.clone(),
        };
        let mut parameter_value = json!({
            "name": name, "in": parameter.location.key(), "required": parameter.required, "schema": schema,
        });
        if let Some(description) = &parameter.description {
            parameter_value["description"] = json!(description);
        }
        lowered.push(parameter_value);
    }
    if !cookies.is_empty() {
        let names: Vec<_> = cookies.iter().map(|cookie| format!("`{}`", cookie.name)).collect();
        lowered.push(json!({
            "name": "Cookie", "in": "header", "required": cookies.iter().any(|cookie| cookie.required),
            "schema": { "type": "string" }, "description": format!("The cookies {}, as `name=value; name=value`.", names.join(", ")),
        }));
    }
    lowered
}

/// Whether a type is written as one text.
fn scalar_behind(api: &Api, ty: &TypeRef) -> bool {
    match ty {
        TypeRef::Scalar(_) => true,
        TypeRef::Named(id) => match &api.types.get(*id).shape {
            TypeShape::Choice(_) => true,
            TypeShape::Newtype(inner, _) => matches!(inner, TypeRef::Scalar(_)),
            _ => false,
        },
        _ => false,
    }
}

/// progenitor knows one type for all successes and one for all errors; where the document has several, a caller gets the bytes.
fn responses(api: &Api, operation: &Operation) -> Map<String, Value> {
    let mut lowered = Map::new();
    let success: Vec<_> = operation
        .responses
        .iter()
        .filter(|response| match response.status {
            Status::Code(code) => (200..300).contains(&code),
            Status::Range(class) => class == 2,
            Status::Default => false,
        })
        .collect();
    let uniform = uniform(&success);
    for response in covering(&success) {
        lowered.insert(response.status.key(), lowered_response(api, response, uniform));
    }
    if success.is_empty() {
        lowered.insert("2XX".to_owned(), raw("Success."));
    }
    let errors: Vec<_> = operation.errors().collect();
    let uniform = self::uniform(&errors);
    for response in covering(&errors) {
        match response.status {
            Status::Default => {
                for range in ["4XX", "5XX"] {
                    lowered
                        .entry(range.to_owned())
                        .or_insert_with(|| lowered_response(api, response, uniform));
                }
            }
            status => {
                lowered.insert(status.key(), lowered_response(api, response, uniform));
            }
        }
    }
    lowered
}

/// The responses without those that a range or `default` covers: all have one type, and progenitor tries ranges first.
fn covering<'a>(responses: &[&'a Response]) -> Vec<&'a Response> {
    let has = |status| responses.iter().any(|response| response.status == status);
    let covered = |response: &Response| match response.status {
        Status::Code(code) => has(Status::Range(code / 100)) || (code >= 400 && has(Status::Default)),
        Status::Range(class) => class >= 4 && has(Status::Default),
        Status::Default => false,
    };
    responses.iter().copied().filter(|response| !covered(response)).collect()
}

fn uniform(responses: &[&Response]) -> bool {
    let same = |a: &Response, b: &Response| match (&a.content, &b.content) {
        (None, None) => true,
        (Some((_, Payload::Json(a))), Some((_, Payload::Json(b)))) => a.ty == b.ty,
        _ => false,
    };
    responses.windows(2).all(|pair| same(pair[0], pair[1]))
}

fn lowered_response(api: &Api, response: &Response, uniform: bool) -> Value {
    let description = &response.description;
    match &response.content {
        None if uniform => json!({ "description": description }),
        Some((_, Payload::Json(ty))) if uniform => {
            let schema = schema_of(api, &ty.ty);
            json!({ "description": description, "content": { "application/json": { "schema": schema } } })
        }
        _ => raw(description),
    }
}

fn raw(description: &str) -> Value {
    let schema = json!({ "type": "string", "format": "binary" });
    json!({ "description": description, "content": { "application/octet-stream": { "schema": schema } } })
}

/// A schema from which progenitor makes just this type.
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
