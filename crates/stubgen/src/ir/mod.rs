//! The API as plain data: everything the emitters need, and nothing of how OpenAPI writes it.

pub(crate) mod types;

use std::collections::BTreeMap;

use serde_json::Value;

use types::{TypeId, TypeRef, Types};

/// An API.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    /// `Onezone`: the prefix of the trait.
    pub(crate) ident: String,
    pub(crate) info: Info,
    /// Path of the servers, without a trailing slash; empty at the root.
    pub(crate) base_path: String,
    pub(crate) tags: Vec<Tag>,
    /// Component schemas in the order of the document.
    pub(crate) schemas: Vec<Schema>,
    pub(crate) types: Types,
    /// The type of each component schema.
    pub(crate) components: BTreeMap<String, TypeId>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) schemes: Vec<Scheme>,
    /// Every distinct set of schemes that an operation asks for together; indexes into `schemes`.
    pub(crate) alternatives: Vec<Vec<usize>>,
    /// The schema that all error responses share.
    pub(crate) error: TypeUse,
}

#[derive(Clone, Debug)]
pub(crate) struct Info {
    pub(crate) title: String,
    pub(crate) version: String,
    pub(crate) description: Option<String>,
    pub(crate) terms_of_service: Option<String>,
    pub(crate) contact_name: Option<String>,
    pub(crate) contact_url: Option<String>,
    pub(crate) contact_email: Option<String>,
    pub(crate) license_name: Option<String>,
    pub(crate) license_url: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
}

/// A component schema.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub(crate) name: String,
    /// As the document has it.
    pub(crate) schema: Value,
}

/// Where a schema is used as the type of something.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TypeUse {
    /// As the document has it at this place.
    pub(crate) schema: Value,
    pub(crate) ty: TypeRef,
    /// What a type for this place alone is called.
    pub(crate) ident: String,
}

impl TypeUse {
    /// The component that the schema refers to, if it is a reference.
    pub(crate) fn component(&self) -> Option<&str> {
        self.schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// As the document has it.
    pub(crate) id: String,
    /// `list_named_tokens_of_provider`.
    pub(crate) ident: String,
    /// `ListNamedTokensOfProvider`.
    pub(crate) pascal: String,
    /// `listNamedTokensOfProvider`.
    pub(crate) camel: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) summary: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) deprecated: bool,
    /// In the order path, query, header, and of the document within.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Body>,
    pub(crate) success: Success,
    pub(crate) errors: Vec<ErrorResponse>,
    pub(crate) security: Security,
    /// Shell commands of `x-codeSamples`.
    pub(crate) samples: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Method {
    Get,
    Put,
    Post,
    Delete,
    Patch,
}

impl Method {
    pub(crate) const ALL: [Self; 5] = [Self::Get, Self::Put, Self::Post, Self::Delete, Self::Patch];

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Put => "put",
            Self::Post => "post",
            Self::Delete => "delete",
            Self::Patch => "patch",
        }
    }

    pub(crate) fn pascal(self) -> &'static str {
        match self {
            Self::Get => "Get",
            Self::Put => "Put",
            Self::Post => "Post",
            Self::Delete => "Delete",
            Self::Patch => "Patch",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// As the document has it.
    pub(crate) name: String,
    pub(crate) ident: String,
    pub(crate) location: Location,
    pub(crate) required: bool,
    pub(crate) description: Option<String>,
    pub(crate) schema: Value,
    pub(crate) ty: TypeRef,
    pub(crate) shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Location {
    Path,
    Query,
    Header,
}

impl Location {
    pub(crate) const ALL: [Self; 3] = [Self::Path, Self::Query, Self::Header];

    pub(crate) fn pascal(self) -> &'static str {
        match self {
            Self::Path => "Path",
            Self::Query => "Query",
            Self::Header => "Header",
        }
    }
}

/// How the text of a parameter becomes a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    String,
    Integer,
    Number,
    Boolean,
}

impl Shape {
    pub(crate) fn pascal(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::Integer => "Integer",
            Self::Number => "Number",
            Self::Boolean => "Boolean",
        }
    }

    pub(crate) fn json(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }
}

/// A JSON request body; always required.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) description: Option<String>,
    pub(crate) ty: TypeUse,
}

#[derive(Clone, Debug)]
pub(crate) struct Success {
    pub(crate) status: u16,
    pub(crate) description: String,
    pub(crate) ty: Option<TypeUse>,
}

#[derive(Clone, Debug)]
pub(crate) struct ErrorResponse {
    pub(crate) status: u16,
    pub(crate) description: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Scheme {
    /// As the document has it.
    pub(crate) name: String,
    pub(crate) kind: SchemeKind,
    pub(crate) description: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SchemeKind {
    Basic,
    Bearer,
    ApiKeyHeader(String),
}

/// What an operation asks for: indexes into `Api::alternatives`; none means no authentication.
#[derive(Clone, Debug, Default)]
pub(crate) struct Security {
    pub(crate) alternatives: Vec<usize>,
    /// Whether anonymous is an alternative beside them.
    pub(crate) optional: bool,
}
