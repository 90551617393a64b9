//! The table of operations that the command line works from.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use crate::emit::{Source, ident};
use crate::ir::types::{Field, Scalar, TypeRef, TypeShape};
use crate::ir::{Api, Body, Operation, Parameter, Payload, Response, SchemeKind, Shape};

/// How many types inside of each other are looked at: a type may contain itself.
const DEPTH: usize = 8;

/// The modules of the command line.
pub(super) const SOURCES: [Source; 2] = [
    ("operations.rs", "The operations, as the command line offers them.", table),
    ("mod.rs", "Generated tables.", |_| quote! { pub(crate) mod operations; }),
];

fn table(api: &Api) -> TokenStream {
    let (title, version) = (&api.info.title, &api.info.version);
    let description = trimmed(api.info.description.as_ref());
    let license = trimmed(api.info.license_name.as_ref());
    let contact = [&api.info.contact_email, &api.info.contact_url, &api.info.contact_name]
        .into_iter()
        .flatten()
        .next()
        .map_or("", |text| text.trim());
    let base_path = &api.base_path;
    let operations = api.operations.iter().map(|one| operation(api, one));
    let tags = api.tags.iter().map(|tag| {
        let (name, description) = (&tag.name, trimmed(tag.description.as_ref()));
        quote! { Tag { name: #name, description: #description } }
    });
    let schemes = api.schemes.iter().map(|scheme| {
        let name = &scheme.name;
        let kind = match &scheme.kind {
            SchemeKind::Basic => quote! { SchemeKind::Basic },
            SchemeKind::Bearer => quote! { SchemeKind::Bearer },
            SchemeKind::ApiKeyHeader(header) => quote! { SchemeKind::ApiKeyHeader(#header) },
            // The command line sends what a header can carry.
            SchemeKind::ApiKeyQuery(_) | SchemeKind::ApiKeyCookie(_) | SchemeKind::MutualTls => {
                return TokenStream::new();
            }
        };
        quote! { Scheme { name: #name, kind: #kind }, }
    });
    quote! {
        #[allow(unused_imports, reason = "a document need not have everything that there can be")]
        use crate::table::{
            Api, Body, BodyForm, Location, Member, Operation, Parameter, Response, Scheme, SchemeKind, Shape, Style, Tag,
        };

        /// The API of `openapi.yaml`.
        pub(crate) static API: Api = Api {
            title: #title,
            version: #version,
            description: #description,
            license: #license,
            contact: #contact,
            base_path: #base_path,
            tags: &[#(#tags),*],
            operations: &[#(#operations),*],
            schemes: &[#(#schemes)*],
        };
    }
}

fn operation(api: &Api, operation: &Operation) -> TokenStream {
    let Operation { id, camel, path, deprecated, samples, .. } = operation;
    let method = operation.method.key().to_uppercase();
    let tag = operation.tags.first().map(String::as_str).unwrap_or_default();
    let summary = trimmed(operation.summary.as_ref());
    let description = trimmed(operation.description.as_ref());
    let authenticated = !operation.security.alternatives.is_empty() && !operation.security.optional;
    let accept = accept(operation);
    let parameters = operation.parameters.iter().map(|one| parameter(api, one));
    let body = operation.body.as_ref().map_or(quote! { None }, |one| body(api, one));
    let responses = operation.responses.iter().map(|response| {
        let (status, description) = (response.status.key(), &response.description);
        quote! { Response { status: #status, description: #description } }
    });
    quote! {
        Operation {
            name: #camel, id: #id, method: #method, path: #path, tag: #tag, summary: #summary,
            description: #description, deprecated: #deprecated, parameters: &[#(#parameters),*], body: #body,
            accept: #accept, responses: &[#(#responses),*], samples: &[#(#samples),*], authenticated: #authenticated,
        }
    }
}

fn trimmed(text: Option<&String>) -> &str {
    text.map_or("", |text| text.trim())
}

/// The media types that the operation answers with when it succeeds, the preferred ones first.
fn accept(operation: &Operation) -> String {
    let mut media_types: Vec<&str> = Vec::new();
    for (media_type, _) in operation.successes().flat_map(Response::contents) {
        if !media_types.contains(&media_type.as_str()) {
            media_types.push(media_type);
        }
    }
    if media_types.is_empty() { "application/json".to_owned() } else { media_types.join(", ") }
}

fn parameter(api: &Api, parameter: &Parameter) -> TokenStream {
    let Parameter { name, required, explode, .. } = parameter;
    let location = ident(parameter.location.pascal());
    let style = if parameter.shape == Shape::Json { "Json" } else { parameter.style.pascal() };
    let style = ident(style);
    let shape = shape(&parameter.shape);
    let default = parameter.default.as_ref().map_or(quote! { None }, |value| {
        let text = text(value);
        quote! { Some(#text) }
    });
    let values = values(api, &parameter.ty, &parameter.schema, DEPTH);
    let description = trimmed(parameter.description.as_ref());
    quote! {
        Parameter {
            name: #name, location: Location::#location, required: #required, shape: #shape, style: Style::#style,
            explode: #explode, values: &[#(#values),*], default: #default, description: #description,
        }
    }
}

fn shape(shape: &Shape) -> TokenStream {
    match shape {
        Shape::String => quote! { Shape::String },
        Shape::Integer => quote! { Shape::Integer },
        Shape::Number => quote! { Shape::Number },
        Shape::Boolean => quote! { Shape::Boolean },
        Shape::Any => quote! { Shape::Any },
        Shape::Json => quote! { Shape::Json },
        Shape::Object(..) => quote! { Shape::Object },
        Shape::Array(items) => {
            let items = self::shape(items);
            quote! { Shape::Array(&#items) }
        }
    }
}

fn body(api: &Api, body: &Body) -> TokenStream {
    let description = trimmed(body.description.as_ref());
    let required = body.required;
    let media_types = body.kinds.iter().map(|kind| &kind.media_type);
    let payload = body.kinds.first().map(|kind| &kind.payload);
    let (form, members) = match payload {
        Some(Payload::Json(content)) => ("Json", members(api, &content.ty, DEPTH)),
        Some(Payload::Form(content, _)) => ("Form", members(api, &content.ty, DEPTH)),
        Some(Payload::Text) => ("Text", Vec::new()),
        Some(Payload::Multipart) => ("Multipart", Vec::new()),
        Some(Payload::Bytes) | None => ("Bytes", Vec::new()),
    };
    let form = ident(form);
    quote! {
        Some(Body {
            media_types: &[#(#media_types),*], form: BodyForm::#form, required: #required,
            members: &[#(#members),*], description: #description,
        })
    }
}

/// What is known of the members of an object.
fn members(api: &Api, ty: &TypeRef, depth: usize) -> Vec<TokenStream> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    match ty {
        TypeRef::Nullable(inner) | TypeRef::Boxed(inner) => members(api, inner, depth),
        TypeRef::Named(id) => match &api.types.get(*id).shape {
            TypeShape::Struct(object) => object.fields.iter().map(|field| member(api, field)).collect(),
            TypeShape::Newtype(inner, _) => members(api, inner, depth),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn member(api: &Api, field: &Field) -> TokenStream {
    let Field { name, required, .. } = field;
    let type_name = type_name(api, &field.ty, DEPTH);
    let values = values(api, &field.ty, &Value::Null, DEPTH);
    let description = trimmed(field.docs.as_ref());
    quote! {
        Member {
            name: #name, type_name: #type_name, required: #required, values: &[#(#values),*],
            description: #description,
        }
    }
}

/// What a person calls a type.
fn type_name(api: &Api, ty: &TypeRef, depth: usize) -> String {
    let Some(depth) = depth.checked_sub(1) else { return "value".to_owned() };
    let word = match ty {
        TypeRef::List(items) => return format!("array of {}", type_name(api, items, depth)),
        TypeRef::Nullable(inner) | TypeRef::Boxed(inner) => return type_name(api, inner, depth),
        TypeRef::Named(id) => match &api.types.get(*id).shape {
            TypeShape::Newtype(inner, _) => return type_name(api, inner, depth),
            TypeShape::Struct(_) => "object",
            TypeShape::Choice(_) => "string",
            TypeShape::Union(_) | TypeShape::Pending => "value",
        },
        TypeRef::Map(_) => "object",
        TypeRef::Any => "value",
        TypeRef::Scalar(Scalar::Boolean) => "boolean",
        TypeRef::Scalar(Scalar::Int32 | Scalar::Int64 | Scalar::Uint32 | Scalar::Uint64) => "integer",
        TypeRef::Scalar(Scalar::Float32 | Scalar::Float64) => "number",
        TypeRef::Scalar(_) => "string",
    };
    word.to_owned()
}

/// The values out of a list that a type or its items may have.
fn values(api: &Api, ty: &TypeRef, schema: &Value, depth: usize) -> Vec<String> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    match ty {
        TypeRef::Nullable(inner) | TypeRef::Boxed(inner) => values(api, inner, schema, depth),
        TypeRef::List(items) => values(api, items, schema.get("items").unwrap_or(&Value::Null), depth),
        TypeRef::Named(id) => match &api.types.get(*id).shape {
            TypeShape::Choice(choices) => choices.iter().map(|choice| choice.value.clone()).collect(),
            TypeShape::Newtype(inner, _) => values(api, inner, schema, depth),
            _ => Vec::new(),
        },
        // Numbers out of a list have no type of their own.
        _ => schema.get("enum").and_then(Value::as_array).into_iter().flatten().map(text).collect(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
