//! The mistakes that have one sensible meaning: one table with their stable names.

/// A mistake of a document that was understood all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Repair {
    /// A key stands twice with the same value.
    RepeatedKey,
    /// A field is `null` that cannot be; taken as absent.
    NullField,
    /// A scalar of another type where its text, number or truth value was meant.
    ScalarType,
    /// One value where a list of them is expected.
    MissingList,
    /// A field whose name differs from one of OpenAPI only in case.
    FieldCase,
    /// A field that OpenAPI does not know; kept in the published document.
    UnknownField,
    /// A required field with an obvious value is absent.
    MissingField,
    /// The address of a server is not as addresses are written.
    ServerUrl,
    /// Two tags of the document have the same name.
    DuplicateTag,
    /// An operation has no `operationId`.
    MissingOperationId,
    /// Two operations have the same `operationId`.
    DuplicateOperationId,
    /// Two `operationId`s become the same name in Rust.
    OperationIdCollision,
    /// A path does not start with a slash.
    PathSlash,
    /// A path ends with a query.
    PathQuery,
    /// A path ends with a fragment.
    PathFragment,
    /// A path has the same variable twice.
    RepeatedVariable,
    /// A status that is not written as OpenAPI writes it.
    Status,
    /// A response that cannot have a body has one.
    BodyOfEmptyResponse,
    /// A parameter of the path is not declared.
    UndeclaredParameter,
    /// A parameter of the path is declared and not in the path.
    StrayParameter,
    /// A parameter of the path is not required.
    OptionalPathParameter,
    /// A parameter is declared twice.
    DuplicateParameter,
    /// A header that OpenAPI describes by other means is declared as a parameter.
    IgnoredHeader,
    /// A parameter, header or media type is described in terms of Swagger 2.0.
    SwaggerTerm,
    /// A component's name has characters that OpenAPI does not allow.
    ComponentName,
    /// A `$ref` names a component in an unusual or misspelled way.
    Reference,
    /// Fields beside a `$ref`, which OpenAPI 3.0 ignores.
    ReferenceSiblings,
    /// A security scheme is used and not defined.
    UndefinedScheme,
    /// A security scheme is described in terms of Swagger 2.0.
    SchemeTerm,
    /// `type` is not one that OpenAPI has.
    UnknownType,
    /// `type` is absent and follows from the other keywords.
    MissingType,
    /// `type` contradicts the other keywords or the enum.
    TypeConflict,
    /// `items` on what is no array.
    StrayItems,
    /// An array without `items`.
    MissingItems,
    /// `required: true` inside of a property.
    BooleanRequired,
    /// An enum has a value twice.
    RepeatedEnumValue,
    /// Values of an enum differ only in case.
    EnumCase,
    /// A value of an enum is not of its type.
    EnumValue,
    /// A bound, default or length that no 64-bit number can be held against.
    LargeNumber,
    /// A default that does not fit its schema.
    Default,
    /// A pattern that is no regular expression of ECMAScript.
    Pattern,
    /// A list of schemas, or of values, is empty.
    EmptyList,
    /// A keyword of OpenAPI 3.1 in a document of 3.0.
    NewerKeyword,
}

impl Repair {
    /// A stable name, such as `missing-operation-id`.
    pub fn code(self) -> &'static str {
        match self {
            Self::RepeatedKey => "repeated-key",
            Self::NullField => "null-field",
            Self::ScalarType => "scalar-type",
            Self::MissingList => "missing-list",
            Self::FieldCase => "field-case",
            Self::UnknownField => "unknown-field",
            Self::MissingField => "missing-field",
            Self::ServerUrl => "server-url",
            Self::DuplicateTag => "duplicate-tag",
            Self::MissingOperationId => "missing-operation-id",
            Self::DuplicateOperationId => "duplicate-operation-id",
            Self::OperationIdCollision => "operation-id-collision",
            Self::PathSlash => "path-slash",
            Self::PathQuery => "path-query",
            Self::PathFragment => "path-fragment",
            Self::RepeatedVariable => "repeated-variable",
            Self::Status => "status",
            Self::BodyOfEmptyResponse => "body-of-empty-response",
            Self::UndeclaredParameter => "undeclared-parameter",
            Self::StrayParameter => "stray-parameter",
            Self::OptionalPathParameter => "optional-path-parameter",
            Self::DuplicateParameter => "duplicate-parameter",
            Self::IgnoredHeader => "ignored-header",
            Self::SwaggerTerm => "swagger-term",
            Self::ComponentName => "component-name",
            Self::Reference => "reference",
            Self::ReferenceSiblings => "reference-siblings",
            Self::UndefinedScheme => "undefined-scheme",
            Self::SchemeTerm => "scheme-term",
            Self::UnknownType => "unknown-type",
            Self::MissingType => "missing-type",
            Self::TypeConflict => "type-conflict",
            Self::StrayItems => "stray-items",
            Self::MissingItems => "missing-items",
            Self::BooleanRequired => "boolean-required",
            Self::RepeatedEnumValue => "repeated-enum-value",
            Self::EnumCase => "enum-case",
            Self::EnumValue => "enum-value",
            Self::LargeNumber => "large-number",
            Self::Default => "default",
            Self::Pattern => "pattern",
            Self::EmptyList => "empty-list",
            Self::NewerKeyword => "newer-keyword",
        }
    }
}
