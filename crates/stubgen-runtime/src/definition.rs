//! What the generator says about an API: operations, parameters, bodies and security as constant data.
//! Nothing here decides anything; the other modules read it.

/// A whole API, as its document describes it.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// `info.title`; also the realm of Basic challenges.
    pub title: &'static str,
    /// `info.version`.
    pub version: &'static str,
    /// The path of the first server, without a trailing slash; empty when the API is served at the root.
    pub base_path: &'static str,
    /// Every security scheme that an operation uses.
    pub schemes: &'static [SecurityScheme],
    /// Every distinct set of schemes that is demanded together, as indices into `schemes`.
    pub alternatives: &'static [&'static [usize]],
    /// The operations; their index is what [`Api::call`](crate::Api::call) receives.
    pub operations: &'static [Operation],
    /// The schemas of parameters and bodies as JSON Schema 2020-12: `{"components": {NAME: schema}, "operations": [{"parameters":
    /// [schema or null], "body": schema, null, or {"byMediaType": {MEDIA TYPE: schema or null}}}]}`, where `null` constrains nothing and
    /// references start with `#/$defs/`.
    pub validation: &'static str,
    /// The document as JSON.
    pub json: &'static str,
    /// The document as YAML.
    pub yaml: &'static str,
}

/// One operation.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The operation's id, in the spelling of the generated method.
    pub id: &'static str,
    /// The method it answers.
    pub method: Method,
    /// The path below the base path, with `{variable}` templates. Where operations of one method share a path, `?NAME=VALUE` or
    /// `#NAME=VALUE` stands after it, percent-encoded: the value of the query parameter or header that tells this one from the others.
    pub path: &'static str,
    /// Its parameters; their index is what [`ParameterSource`](crate::ParameterSource) takes.
    pub parameters: &'static [Parameter],
    /// Its request body, if it takes one. A body sent to an operation without one is ignored.
    pub body: Option<RequestBody>,
    /// Every media type of its responses; empty when it never sends a body.
    pub produces: &'static [&'static str],
    /// Every documented status; a range is its class alone (`4XX` is 4), and `default` is 0.
    pub statuses: &'static [u16],
    /// Who may call it.
    pub security: Security,
}

/// A request method that a document can describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// GET
    Get,
    /// PUT
    Put,
    /// POST
    Post,
    /// DELETE
    Delete,
    /// OPTIONS
    Options,
    /// HEAD
    Head,
    /// PATCH
    Patch,
    /// TRACE
    Trace,
}

/// One parameter of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the document.
    pub name: &'static str,
    /// Where it stands in a request.
    pub location: Location,
    /// Whether a request without it is refused.
    pub required: bool,
    /// What its text becomes.
    pub shape: Shape,
    /// How it is written. A style that its place does not have is read as the one that the place has by default.
    pub style: Style,
    /// Whether each piece of an array or object has its own name.
    pub explode: bool,
    /// The JSON text of the value that counts when it may be absent and is.
    pub default: Option<&'static str>,
}

/// Where a parameter stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    /// A variable of the path.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
    /// The `Cookie` header.
    Cookie,
}

/// What JSON value the text of a parameter or of a form becomes. Pieces are told apart by [`Style`] first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// The text itself.
    String,
    /// A JSON integer.
    Integer,
    /// A JSON number.
    Number,
    /// `true` or `false`; in a query also the bare name.
    Boolean,
    /// A number, `true` or `false` when the text is one in JSON, and the text otherwise.
    Any,
    /// Several of a shape. Where the notation has no room for arrays inside of something, JSON.
    Array(&'static Shape),
    /// The known properties, and the shape of all others; without one, others are not read where they cannot be told from other
    /// parameters, and read as [`Shape::Any`] where they can. Where the notation has no room for objects, JSON.
    Object(&'static [(&'static str, Shape)], Option<&'static Shape>),
    /// A JSON text, as `content: application/json` has it.
    Json,
}

/// How the pieces of an array or object are written (OpenAPI 3.0, "Style Values"); of no effect on single values, except for
/// the prefixes of [`Style::Label`] and [`Style::Matrix`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// `a,b`, in a path or a header.
    Simple,
    /// `name=a,b`, or `name=a&name=b` exploded, in a query or a cookie.
    Form,
    /// `name=a%20b`, in a query.
    SpaceDelimited,
    /// `name=a|b`, in a query.
    PipeDelimited,
    /// `name[property]=a`, in a query.
    DeepObject,
    /// `.a,b`, or `.a.b` exploded, in a path.
    Label,
    /// `;name=a,b`, or `;name=a;name=b` exploded, in a path.
    Matrix,
}

/// The request body of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestBody {
    /// The media types that are read; a JSON type stands for every JSON type (`application/json`, `+json`).
    pub media_types: &'static [&'static str],
    /// Whether a request without a body is refused.
    pub required: bool,
    /// A limit of its own, in bytes; otherwise that of [`Options`](crate::Options) holds.
    pub max_bytes: Option<u64>,
    /// What an `application/x-www-form-urlencoded` body is read as.
    pub form: Shape,
}

/// A security scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecurityScheme {
    /// Its name in `components.securitySchemes`.
    pub name: &'static str,
    /// How its credential is sent.
    pub kind: SchemeKind,
}

/// How the credential of a scheme is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemeKind {
    /// `Authorization: Basic`, RFC 7617.
    Basic,
    /// `Authorization: Bearer`, RFC 6750; also `oauth2` and `openIdConnect`.
    Bearer,
    /// A key in the named header.
    ApiKeyHeader(&'static str),
    /// A key in the named parameter of the query string.
    ApiKeyQuery(&'static str),
    /// A key in the named cookie.
    ApiKeyCookie(&'static str),
    /// The certificate of the TLS connection, `mutualTLS`. Whoever ends TLS puts a [`PeerCertificate`](crate::PeerCertificate) into the
    /// extensions of the request; without it the scheme is not present.
    MutualTls,
}

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Security {
    /// Indices into [`Definition::alternatives`], the preferred one first. Empty: nobody is asked.
    pub alternatives: &'static [usize],
    /// Whether a request without credentials is documented as well.
    pub optional: bool,
}

impl Method {
    /// Every method, in the order in which `Allow` lists them.
    pub const ALL: [Self; 8] =
        [Self::Get, Self::Head, Self::Put, Self::Post, Self::Delete, Self::Patch, Self::Trace, Self::Options];

    /// The method of a request; none when no document can describe it. Methods are case-sensitive.
    pub fn from_http(method: &http::Method) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == method.as_str())
    }

    /// The token on the request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Head => "HEAD",
            Self::Patch => "PATCH",
            Self::Trace => "TRACE",
        }
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Style {
    /// The document's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Form => "form",
            Self::SpaceDelimited => "spaceDelimited",
            Self::PipeDelimited => "pipeDelimited",
            Self::DeepObject => "deepObject",
            Self::Label => "label",
            Self::Matrix => "matrix",
        }
    }
}

impl Location {
    /// The document's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}
