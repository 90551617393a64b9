//! What is valid OpenAPI and yet not generated: one table with the reason and what to write instead.

/// A feature of OpenAPI that cannot be generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Feature {
    /// A version of OpenAPI or Swagger that is not known.
    Version,
    /// A `$ref` to another file, when none but the document was given.
    ExternalReference,
    /// A path item given by `$ref`.
    PathItemReference,
    /// `TRACE`.
    TraceMethod,
    /// `OPTIONS` and `HEAD` as declared operations.
    ImplicitMethod,
    /// An operation without `operationId`.
    MissingOperationId,
    /// A template parameter that is only part of a path segment.
    PartialSegment,
    /// Paths that overlap or name the same position differently.
    OverlappingPaths,
    /// A path template that ends with a slash.
    TrailingSlash,
    /// A parameter `in: cookie`.
    CookieParameter,
    /// A parameter with `content` instead of `schema`.
    ContentParameter,
    /// A parameter that is an array or an object.
    StructuredParameter,
    /// A parameter style other than the default of its place.
    ParameterStyle,
    /// A default of a parameter.
    ParameterDefault,
    /// The same parameter name in two places of one operation.
    SharedParameterName,
    /// A request body that is not JSON.
    BodyMediaType,
    /// A request body in several media types.
    SeveralBodyMediaTypes,
    /// A request body that may be absent.
    OptionalBody,
    /// A JSON body without a schema.
    SchemalessBody,
    /// A response body that is not JSON.
    ResponseMediaType,
    /// A response in several media types.
    SeveralResponseMediaTypes,
    /// More than one success status.
    SeveralSuccesses,
    /// `default` and ranges such as `4XX`.
    ResponseRange,
    /// Error responses with different bodies.
    SeveralErrorBodies,
    /// A document that declares no error body.
    NoErrorBody,
    /// Headers of a success response.
    SuccessHeaders,
    /// Callbacks.
    Callbacks,
    /// A security scheme other than HTTP basic, HTTP bearer and an API key in a header.
    SecurityScheme,
    /// A schema that mixes keywords in a way that dropshot drops or dies of.
    SchemaMix,
    /// A number that does not survive a 64-bit float.
    LargeNumber,
    /// A schema keyword that typify ignores or cannot read.
    SchemaKeyword,
    /// Several servers with different base paths, or a base path with variables.
    ServerPath,
}

impl Feature {
    /// A stable name, such as `cookie-parameter`.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// Why it cannot be generated: a sentence without a full stop.
    pub fn reason(self) -> &'static str {
        self.row().1
    }

    /// What to write instead: a sentence without a full stop.
    pub fn instead(self) -> &'static str {
        self.row().2
    }

    #[rustfmt::skip]
    fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Version => ("version", "OpenAPI 3.0, 3.1 and 3.2 and Swagger 2.0 can be read", "write `openapi: 3.0.3` and use its terms"),
            Self::ExternalReference => ("external-reference", "no other file was given", "give the files that the document refers to, or move the definition into this document"),
            Self::PathItemReference => ("path-item-reference", "a path must carry its operations", "write the operations at the path"),
            Self::TraceMethod => ("trace-method", "reqwest clients and dropshot's macro do not send or serve TRACE", "use another method"),
            Self::ImplicitMethod => ("implicit-method", "the runtime answers HEAD and OPTIONS itself, from the other methods of the path", "remove the operation"),
            Self::MissingOperationId => ("missing-operation-id", "the operation has no name for its method in Rust", "give it a unique `operationId`, such as `list_things`"),
            Self::PartialSegment => ("partial-segment", "a parameter must be a whole path segment", "give the parameter a segment of its own: `/a/{b}/c`"),
            Self::OverlappingPaths => ("overlapping-paths", "dropshot cannot register two paths that answer the same requests or name one position differently", "use one name for the position, and no literal beside it"),
            Self::TrailingSlash => ("trailing-slash", "a trailing slash makes no difference to the router, so it would be lost", "remove the slash"),
            Self::CookieParameter => ("cookie-parameter", "cookies are not read yet", "use a header parameter"),
            Self::ContentParameter => ("content-parameter", "a parameter with `content` is not read yet", "use `schema`"),
            Self::StructuredParameter => ("structured-parameter", "a parameter must be a string, a number, an integer or a boolean", "use a JSON body, or several parameters"),
            Self::ParameterStyle => ("parameter-style", "only the default style of the place is read", "remove `style`, `explode` and `allowReserved`"),
            Self::ParameterDefault => ("parameter-default", "defaults of parameters are not applied yet", "remove the default and let the handler choose"),
            Self::SharedParameterName => ("shared-parameter-name", "progenitor keys parameters by name alone", "rename one of the two"),
            Self::BodyMediaType => ("body-media-type", "a request body must be `application/json`", "offer the body as `application/json`"),
            Self::SeveralBodyMediaTypes => ("several-body-media-types", "a request body can have one media type", "keep `application/json`"),
            Self::OptionalBody => ("optional-body", "dropshot declares every body as required", "set `required: true`, or split the operation"),
            Self::SchemalessBody => ("schemaless-body", "a JSON body without a schema has no type", "add `schema: {}` if any JSON will do"),
            Self::ResponseMediaType => ("response-media-type", "a response body must be `application/json`", "offer the response as `application/json`"),
            Self::SeveralResponseMediaTypes => ("several-response-media-types", "a response can have one media type", "keep `application/json`"),
            Self::SeveralSuccesses => ("several-successes", "an operation can have one success status", "keep one of 200, 201, 202 and 204"),
            Self::ResponseRange => ("response-range", "`default` and ranges do not say which statuses there are", "list the statuses"),
            Self::SeveralErrorBodies => ("several-error-bodies", "all errors of a document share one body, so that a client can read any of them", "refer to one error schema everywhere"),
            Self::NoErrorBody => ("no-error-body", "the runtime answers errors of its own and needs the document's shape for them", "declare an error response with a JSON schema"),
            Self::SuccessHeaders => ("success-headers", "headers of a success response are not typed yet", "put the value into the body"),
            Self::Callbacks => ("callbacks", "callbacks are requests that the server sends, and it has no client for them", "describe them in prose"),
            Self::SecurityScheme => ("security-scheme", "credentials are HTTP basic, HTTP bearer or an API key in a header", "use one of those three"),
            Self::SchemaMix => ("schema-mix", "dropshot silently drops, or panics on, keywords in this combination", "add `type`, or move the parts into `allOf`"),
            Self::LargeNumber => ("large-number", "the number does not survive a 64-bit float, which dropshot and typify use", "use a bound below 2^53"),
            Self::SchemaKeyword => ("schema-keyword", "typify ignores it or cannot make a type of it", "leave it out, or say it in the terms of the other keywords"),
            Self::ServerPath => ("server-path", "one server crate has one base path, without variables", "use the same literal path in all `servers`"),
        }
    }
}
