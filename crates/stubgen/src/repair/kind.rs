//! The mistakes that have one sensible meaning: one table with their stable names.

use crate::catalogue::catalogue;

catalogue! {
    /// A mistake of a document that was understood all the same.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum Repair {
        /// A key stands twice with the same value.
        RepeatedKey = "repeated-key",
        /// A field is `null` that cannot be; taken as absent.
        NullField = "null-field",
        /// A scalar of another type where its text, number or truth value was meant.
        ScalarType = "scalar-type",
        /// One value where a list of them is expected.
        MissingList = "missing-list",
        /// A field whose name differs from one of OpenAPI only in case.
        FieldCase = "field-case",
        /// A field that OpenAPI does not know; kept in the published document.
        UnknownField = "unknown-field",
        /// A required field with an obvious value is absent.
        MissingField = "missing-field",
        /// The address of a server is not as addresses are written.
        ServerUrl = "server-url",
        /// Two tags of the document have the same name.
        DuplicateTag = "duplicate-tag",
        /// An operation has no `operationId`.
        MissingOperationId = "missing-operation-id",
        /// Two operations have the same `operationId`.
        DuplicateOperationId = "duplicate-operation-id",
        /// Two `operationId`s become the same name in Rust.
        OperationIdCollision = "operation-id-collision",
        /// A path does not start with a slash.
        PathSlash = "path-slash",
        /// A path ends with a query.
        PathQuery = "path-query",
        /// A path ends with a fragment.
        PathFragment = "path-fragment",
        /// A path has the same variable twice.
        RepeatedVariable = "repeated-variable",
        /// A status that is not written as OpenAPI writes it.
        Status = "status",
        /// A response that cannot have a body has one.
        BodyOfEmptyResponse = "body-of-empty-response",
        /// A parameter of the path is not declared.
        UndeclaredParameter = "undeclared-parameter",
        /// A parameter of the path is declared and not in the path.
        StrayParameter = "stray-parameter",
        /// A parameter of the path is not required.
        OptionalPathParameter = "optional-path-parameter",
        /// A parameter is declared twice.
        DuplicateParameter = "duplicate-parameter",
        /// A header that OpenAPI describes by other means is declared as a parameter.
        IgnoredHeader = "ignored-header",
        /// A parameter, header or media type is described in terms of Swagger 2.0.
        SwaggerTerm = "swagger-term",
        /// A component's name has characters that OpenAPI does not allow.
        ComponentName = "component-name",
        /// A `$ref` names a component in an unusual or misspelled way.
        Reference = "reference",
        /// Fields beside a `$ref`, which OpenAPI 3.0 ignores.
        ReferenceSiblings = "reference-siblings",
        /// A security scheme is used and not defined.
        UndefinedScheme = "undefined-scheme",
        /// A security scheme is described in terms of Swagger 2.0.
        SchemeTerm = "scheme-term",
        /// `type` is not one that OpenAPI has.
        UnknownType = "unknown-type",
        /// `type` is absent and follows from the other keywords.
        MissingType = "missing-type",
        /// `type` contradicts the other keywords or the enum.
        TypeConflict = "type-conflict",
        /// `items` on what is no array.
        StrayItems = "stray-items",
        /// An array without `items`.
        MissingItems = "missing-items",
        /// `required: true` inside of a property.
        BooleanRequired = "boolean-required",
        /// An enum has a value twice.
        RepeatedEnumValue = "repeated-enum-value",
        /// Values of an enum differ only in case.
        EnumCase = "enum-case",
        /// A value of an enum is not of its type.
        EnumValue = "enum-value",
        /// A bound, default or length that no 64-bit number can be held against.
        LargeNumber = "large-number",
        /// A default that does not fit its schema.
        Default = "default",
        /// A pattern that is no regular expression of ECMAScript.
        Pattern = "pattern",
        /// A list of schemas, or of values, is empty.
        EmptyList = "empty-list",
        /// A keyword of OpenAPI 3.1 in a document of 3.0.
        NewerKeyword = "newer-keyword",
    }
}
