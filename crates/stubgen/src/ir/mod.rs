//! The API as plain data: everything the emitters need, and nothing of how OpenAPI writes it.

pub(crate) mod errors;
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
    /// The schema of errors in general: the one that the document names, or the one that most errors with a JSON body have.
    pub(crate) error: Option<TypeUse>,
    /// How what the runtime answers is put into the document's forms of errors.
    pub(crate) error_forms: errors::ErrorForms,
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
    /// The address of its documentation elsewhere, and what that is.
    pub(crate) external_docs: Option<(String, Option<String>)>,
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
    /// The path, and after it `?NAME=VALUE` or `#NAME=VALUE` when the value of that query parameter or header tells the operation from others
    /// of the same path.
    pub(crate) route: String,
    pub(crate) summary: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) deprecated: bool,
    /// In the order path, query, header, and of the document within.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Body>,
    /// Sorted by status; at least one is no error.
    pub(crate) responses: Vec<Response>,
    pub(crate) security: Security,
    /// Shell commands of `x-codeSamples`.
    pub(crate) samples: Vec<String>,
    /// The operation as the document has it with references to other than schemas followed, if dropshot cannot say it part by part.
    pub(crate) verbatim: Option<Value>,
    /// Whether dropshot can route it, whatever it can say of it.
    pub(crate) is_mountable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Method {
    Get,
    Put,
    Post,
    Delete,
    Patch,
    Head,
    Options,
    Trace,
}

impl Method {
    pub(crate) const ALL: [Self; 8] =
        [Self::Get, Self::Put, Self::Post, Self::Delete, Self::Patch, Self::Head, Self::Options, Self::Trace];

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Put => "put",
            Self::Post => "post",
            Self::Delete => "delete",
            Self::Patch => "patch",
            Self::Head => "head",
            Self::Options => "options",
            Self::Trace => "trace",
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
    pub(crate) style: Style,
    pub(crate) explode: bool,
    /// The value that an absent parameter has.
    pub(crate) default: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Location {
    Path,
    Query,
    Header,
    Cookie,
}

impl Location {
    pub(crate) fn pascal(self) -> &'static str {
        match self {
            Self::Path => "Path",
            Self::Query => "Query",
            Self::Header => "Header",
            Self::Cookie => "Cookie",
        }
    }

    /// As the document has it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

/// How the text of a parameter becomes a JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    String,
    Integer,
    Number,
    Boolean,
    Any,
    Array(Box<Shape>),
    Object(Vec<(String, Shape)>, Option<Box<Shape>>),
    /// The text is JSON.
    Json,
}

/// How several values are written into one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Simple,
    Form,
    SpaceDelimited,
    PipeDelimited,
    DeepObject,
    Label,
    Matrix,
}

impl Style {
    pub(crate) const ALL: [(Self, &'static str, &'static str); 7] = [
        (Self::Simple, "simple", "Simple"),
        (Self::Form, "form", "Form"),
        (Self::SpaceDelimited, "spaceDelimited", "SpaceDelimited"),
        (Self::PipeDelimited, "pipeDelimited", "PipeDelimited"),
        (Self::DeepObject, "deepObject", "DeepObject"),
        (Self::Label, "label", "Label"),
        (Self::Matrix, "matrix", "Matrix"),
    ];

    pub(crate) fn pascal(self) -> &'static str {
        Self::ALL.iter().find(|(style, ..)| *style == self).map_or("Simple", |(_, _, pascal)| pascal)
    }
}

/// A request body, in one or several media types.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) required: bool,
    pub(crate) description: Option<String>,
    pub(crate) kinds: Vec<BodyKind>,
}

#[derive(Clone, Debug)]
pub(crate) struct BodyKind {
    pub(crate) media_type: String,
    pub(crate) payload: Payload,
    /// What a text is held against; there is none where the schema is not that of a text.
    pub(crate) text: Option<Value>,
}

/// What a body is in Rust.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Payload {
    Json(TypeUse),
    Form(TypeUse, Shape),
    Text,
    Bytes,
    Multipart,
}

#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: Status,
    pub(crate) description: String,
    /// `None`: no body. Otherwise the media type and what is sent in it; the preferred one of several.
    pub(crate) content: Option<(String, Payload)>,
    /// The other media types that the response may have.
    pub(crate) further: Vec<(String, Payload)>,
    pub(crate) headers: Vec<ResponseHeader>,
}

impl Response {
    /// Every media type with what is sent in it, the preferred one first.
    pub(crate) fn contents(&self) -> impl Iterator<Item = &(String, Payload)> {
        self.content.iter().chain(&self.further)
    }
}

/// A header of a response.
#[derive(Clone, Debug)]
pub(crate) struct ResponseHeader {
    /// As the document has it.
    pub(crate) name: String,
    pub(crate) ident: String,
    pub(crate) required: bool,
    pub(crate) description: Option<String>,
    pub(crate) ty: TypeRef,
    pub(crate) form: HeaderForm,
}

/// How the value of a response header is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum HeaderForm {
    Simple,
    /// Objects as `name=value`.
    Exploded,
    Json,
    /// A line for each value.
    Each,
}

impl HeaderForm {
    /// Its function in the runtime.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Exploded => "exploded",
            Self::Json => "json",
            Self::Each => "each",
        }
    }
}

/// The statuses that a response is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    Code(u16),
    /// A class such as `4XX`.
    Range(u16),
    Default,
}

impl Status {
    /// Whether a response with it is an error; `default` is, since it stands for whatever else may happen.
    pub(crate) fn is_error(self) -> bool {
        match self {
            Self::Code(code) => code >= 400,
            Self::Range(class) => class >= 4,
            Self::Default => true,
        }
    }

    /// As a number: the code, the class alone, or 0 for `default`.
    pub(crate) fn number(self) -> u16 {
        match self {
            Self::Code(number) | Self::Range(number) => number,
            Self::Default => 0,
        }
    }

    /// As the document writes it.
    pub(crate) fn key(self) -> String {
        match self {
            Self::Code(code) => code.to_string(),
            Self::Range(class) => format!("{class}XX"),
            Self::Default => "default".to_owned(),
        }
    }
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
    ApiKeyQuery(String),
    ApiKeyCookie(String),
    /// The certificate of a TLS connection.
    MutualTls,
}

/// What an operation asks for: indexes into `Api::alternatives`; none means no authentication.
#[derive(Clone, Debug, Default)]
pub(crate) struct Security {
    pub(crate) alternatives: Vec<usize>,
    /// Whether anonymous is an alternative beside them.
    pub(crate) optional: bool,
}

impl Operation {
    /// Responses that say the request succeeded.
    pub(crate) fn successes(&self) -> impl Iterator<Item = &Response> {
        self.responses.iter().filter(|response| !response.status.is_error())
    }

    /// Responses that say it did not.
    pub(crate) fn errors(&self) -> impl Iterator<Item = &Response> {
        self.responses.iter().filter(|response| response.status.is_error())
    }
}
