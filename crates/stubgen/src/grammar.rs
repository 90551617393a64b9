//! What stands where in an OpenAPI document: which part each member of each part is, as tables of OpenAPI 3.0, 3.1 and the common part
//! of 3.2. Whoever walks through a document by them never mistakes an example or an extension for a part.

use serde_json::Value;

use crate::pointer::Pointer;

/// A part of a document, by the name that OpenAPI gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Role {
    Document,
    Info,
    Contact,
    License,
    Server,
    ServerVariable,
    Paths,
    PathItem,
    Operation,
    Parameter,
    Header,
    RequestBody,
    MediaType,
    Encoding,
    Responses,
    Response,
    Callback,
    Link,
    Example,
    Tag,
    ExternalDocs,
    Components,
    SecurityScheme,
    OAuthFlows,
    OAuthFlow,
    Requirement,
    Schema,
    Discriminator,
    Xml,
}

/// What the value of a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    One(Role),
    /// An array of parts.
    List(Role),
    /// An object whose every member is a part.
    Map(Role),
    Text,
    /// An array of texts.
    Texts,
    /// An object whose every member is a text.
    TextMap,
    Flag,
    /// A number that is whole and not negative.
    Count,
    Number,
    /// Anything: a value of the API, or what OpenAPI gives several shapes.
    Data,
}

use Form::{Count, Data, Flag, List, Map, Number, One, Text, TextMap, Texts};

/// The methods that a path item has members for.
pub(crate) const METHODS: [&str; 9] =
    ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];

impl Role {
    /// What the member `key` is; `None` when the part has no such member.
    pub(crate) fn member(self, key: &str) -> Option<Form> {
        if self != Self::Requirement && key.starts_with("x-") {
            return Some(Data);
        }
        match self {
            Self::Paths | Self::Callback => return Some(One(Self::PathItem)),
            Self::Responses => return Some(One(Self::Response)),
            Self::Requirement => return Some(Texts),
            Self::PathItem if METHODS.contains(&key) => return Some(One(Self::Operation)),
            _ => {}
        }
        self.table().iter().find_map(|(name, form)| (*name == key).then_some(*form))
    }

    /// The section of `components` that holds such parts.
    pub(crate) fn section(self) -> Option<&'static str> {
        Some(match self {
            Self::Schema => "schemas",
            Self::Response => "responses",
            Self::Parameter => "parameters",
            Self::Example => "examples",
            Self::RequestBody => "requestBodies",
            Self::Header => "headers",
            Self::SecurityScheme => "securitySchemes",
            Self::Link => "links",
            Self::Callback => "callbacks",
            _ => return None,
        })
    }

    /// The members with fixed names.
    #[rustfmt::skip]
    pub(crate) fn table(self) -> &'static [(&'static str, Form)] {
        match self {
            Self::Document => &[
                ("openapi", Text), ("info", One(Self::Info)), ("jsonSchemaDialect", Text), ("servers", List(Self::Server)),
                ("paths", One(Self::Paths)), ("webhooks", Map(Self::PathItem)), ("components", One(Self::Components)),
                ("security", List(Self::Requirement)), ("tags", List(Self::Tag)), ("externalDocs", One(Self::ExternalDocs)), ("$self", Text),
            ],
            Self::Info => &[
                ("title", Text), ("summary", Text), ("description", Text), ("termsOfService", Text), ("contact", One(Self::Contact)),
                ("license", One(Self::License)), ("version", Text),
            ],
            Self::Contact => &[("name", Text), ("url", Text), ("email", Text)],
            Self::License => &[("name", Text), ("url", Text), ("identifier", Text)],
            Self::Server => &[("url", Text), ("description", Text), ("variables", Map(Self::ServerVariable)), ("name", Text)],
            Self::ServerVariable => &[("enum", Texts), ("default", Text), ("description", Text)],
            Self::PathItem => &[
                ("$ref", Text), ("summary", Text), ("description", Text), ("servers", List(Self::Server)),
                ("parameters", List(Self::Parameter)), ("additionalOperations", Map(Self::Operation)),
            ],
            Self::Operation => &[
                ("tags", Texts), ("summary", Text), ("description", Text), ("externalDocs", One(Self::ExternalDocs)), ("operationId", Text),
                ("parameters", List(Self::Parameter)), ("requestBody", One(Self::RequestBody)), ("responses", One(Self::Responses)),
                ("callbacks", Map(Self::Callback)), ("deprecated", Flag), ("security", List(Self::Requirement)), ("servers", List(Self::Server)),
            ],
            Self::Parameter | Self::Header => &[
                ("$ref", Text), ("name", Text), ("in", Text), ("summary", Text), ("description", Text), ("required", Flag), ("deprecated", Flag),
                ("allowEmptyValue", Flag), ("style", Text), ("explode", Flag), ("allowReserved", Flag), ("schema", One(Self::Schema)),
                ("example", Data), ("examples", Map(Self::Example)), ("content", Map(Self::MediaType)),
            ],
            Self::RequestBody => &[
                ("$ref", Text), ("summary", Text), ("description", Text), ("content", Map(Self::MediaType)), ("required", Flag),
            ],
            Self::MediaType => &[
                ("$ref", Text), ("schema", One(Self::Schema)), ("itemSchema", One(Self::Schema)), ("example", Data), ("examples", Map(Self::Example)),
                ("encoding", Map(Self::Encoding)), ("prefixEncoding", List(Self::Encoding)), ("itemEncoding", One(Self::Encoding)),
            ],
            Self::Encoding => &[
                ("contentType", Text), ("headers", Map(Self::Header)), ("style", Text), ("explode", Flag), ("allowReserved", Flag),
                ("encoding", Map(Self::Encoding)), ("prefixEncoding", List(Self::Encoding)), ("itemEncoding", One(Self::Encoding)),
            ],
            Self::Response => &[
                ("$ref", Text), ("summary", Text), ("description", Text), ("headers", Map(Self::Header)), ("content", Map(Self::MediaType)),
                ("links", Map(Self::Link)),
            ],
            Self::Link => &[
                ("$ref", Text), ("summary", Text), ("operationRef", Text), ("operationId", Text), ("parameters", Data), ("requestBody", Data),
                ("description", Text), ("server", One(Self::Server)),
            ],
            Self::Example => &[
                ("$ref", Text), ("summary", Text), ("description", Text), ("value", Data), ("externalValue", Text), ("dataValue", Data),
                ("serializedValue", Text),
            ],
            Self::Tag => &[
                ("name", Text), ("summary", Text), ("description", Text), ("externalDocs", One(Self::ExternalDocs)), ("parent", Text), ("kind", Text),
            ],
            Self::ExternalDocs => &[("description", Text), ("url", Text)],
            Self::Components => &[
                ("schemas", Map(Self::Schema)), ("responses", Map(Self::Response)), ("parameters", Map(Self::Parameter)),
                ("examples", Map(Self::Example)), ("requestBodies", Map(Self::RequestBody)), ("headers", Map(Self::Header)),
                ("securitySchemes", Map(Self::SecurityScheme)), ("links", Map(Self::Link)), ("callbacks", Map(Self::Callback)),
                ("pathItems", Map(Self::PathItem)), ("mediaTypes", Map(Self::MediaType)),
            ],
            Self::SecurityScheme => &[
                ("$ref", Text), ("type", Text), ("summary", Text), ("description", Text), ("name", Text), ("in", Text), ("scheme", Text),
                ("bearerFormat", Text), ("flows", One(Self::OAuthFlows)), ("openIdConnectUrl", Text), ("oauth2MetadataUrl", Text),
                ("deprecated", Flag),
            ],
            Self::OAuthFlows => &[
                ("implicit", One(Self::OAuthFlow)), ("password", One(Self::OAuthFlow)), ("clientCredentials", One(Self::OAuthFlow)),
                ("authorizationCode", One(Self::OAuthFlow)), ("deviceAuthorization", One(Self::OAuthFlow)),
            ],
            Self::OAuthFlow => &[
                ("authorizationUrl", Text), ("tokenUrl", Text), ("refreshUrl", Text), ("scopes", TextMap), ("deviceAuthorizationUrl", Text),
            ],
            Self::Schema => &SCHEMA,
            Self::Discriminator => &[("propertyName", Text), ("mapping", TextMap), ("defaultMapping", Text)],
            Self::Xml => &[
                ("name", Text), ("namespace", Text), ("prefix", Text), ("attribute", Flag), ("wrapped", Flag), ("nodeType", Text),
            ],
            Self::Paths | Self::Responses | Self::Callback | Self::Requirement => &[],
        }
    }
}

#[rustfmt::skip]
const SCHEMA: [(&str, Form); 66] = [
    ("$ref", Text), ("title", Text), ("description", Text), ("type", Data), ("format", Text), ("enum", Data), ("const", Data), ("default", Data),
    ("nullable", Flag), ("multipleOf", Number), ("maximum", Number), ("exclusiveMaximum", Data), ("minimum", Number), ("exclusiveMinimum", Data),
    ("maxLength", Count), ("minLength", Count), ("pattern", Text), ("maxItems", Count), ("minItems", Count), ("uniqueItems", Flag),
    ("maxProperties", Count), ("minProperties", Count), ("required", Texts), ("properties", Map(Role::Schema)),
    ("additionalProperties", One(Role::Schema)), ("items", One(Role::Schema)), ("allOf", List(Role::Schema)), ("anyOf", List(Role::Schema)),
    ("oneOf", List(Role::Schema)), ("not", One(Role::Schema)), ("discriminator", One(Role::Discriminator)), ("readOnly", Flag),
    ("writeOnly", Flag), ("xml", One(Role::Xml)), ("externalDocs", One(Role::ExternalDocs)), ("example", Data), ("deprecated", Flag),
    // OpenAPI 3.1: JSON Schema 2020-12.
    ("examples", Data), ("prefixItems", List(Role::Schema)), ("contains", One(Role::Schema)), ("minContains", Count), ("maxContains", Count),
    ("if", One(Role::Schema)), ("then", One(Role::Schema)), ("else", One(Role::Schema)), ("patternProperties", Map(Role::Schema)),
    ("propertyNames", One(Role::Schema)), ("dependentRequired", Data), ("dependentSchemas", Map(Role::Schema)),
    ("unevaluatedProperties", One(Role::Schema)), ("unevaluatedItems", One(Role::Schema)), ("contentEncoding", Text), ("contentMediaType", Text),
    ("contentSchema", One(Role::Schema)), ("$defs", Map(Role::Schema)), ("definitions", Map(Role::Schema)), ("$schema", Text), ("$id", Text),
    ("$anchor", Text), ("$dynamicAnchor", Text), ("$dynamicRef", Text), ("$comment", Text), ("$vocabulary", Data), ("$recursiveRef", Text),
    ("$recursiveAnchor", Data), ("dependencies", Data),
];

/// Members of [`Role::Schema`] that OpenAPI 3.0 does not have.
pub(crate) fn is_newer_keyword(key: &str) -> bool {
    SCHEMA.iter().position(|(name, _)| *name == key).is_some_and(|index| index >= 37) || key == "const"
}

/// Calls `visit` for every part, the outer before those inside; what `visit` adds is visited, too.
pub(crate) fn walk(
    role: Role,
    value: &mut Value,
    pointer: &mut Pointer,
    visit: &mut impl FnMut(Role, &mut Value, &Pointer),
) {
    visit(role, value, pointer);
    children(role, value, pointer, &mut |role, value, pointer| walk(role, value, pointer, visit));
}

/// As [`walk`], the inner parts before those around them.
pub(crate) fn walk_inside_out(
    role: Role,
    value: &mut Value,
    pointer: &mut Pointer,
    visit: &mut impl FnMut(Role, &mut Value, &Pointer),
) {
    children(role, value, pointer, &mut |role, value, pointer| walk_inside_out(role, value, pointer, visit));
    visit(role, value, pointer);
}

/// Calls `visit` for every part directly inside of a part.
pub(crate) fn children(
    role: Role,
    value: &mut Value,
    pointer: &mut Pointer,
    visit: &mut dyn FnMut(Role, &mut Value, &mut Pointer),
) {
    let Value::Object(members) = value else { return };
    for (key, value) in members {
        let Some(form) = role.member(key) else { continue };
        let mark = pointer.enter(key);
        match (form, value) {
            (One(role), value) => visit(role, value, pointer),
            (List(role), Value::Array(elements)) => {
                for (index, element) in elements.iter_mut().enumerate() {
                    let mark = pointer.enter_index(index);
                    visit(role, element, pointer);
                    pointer.leave(mark);
                }
            }
            (Map(role), Value::Object(entries)) => {
                for (key, entry) in entries {
                    let mark = pointer.enter(key);
                    visit(role, entry, pointer);
                    pointer.leave(mark);
                }
            }
            _ => {}
        }
        pointer.leave(mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn examples_and_extensions_hold_no_parts() {
        let mut document = json!({
            "x-a": {"schema": {}},
            "paths": {"/a": {"get": {"responses": {"200": {"content": {"a/b": {"example": {"schema": {}}, "schema": {"items": {}}}}}}}}},
            "components": {"schemas": {"x-odd": {"properties": {"x-p": {}, "example": {}}, "default": {"items": {}}}}},
        });
        let mut schemas = Vec::new();
        walk(Role::Document, &mut document, &mut Pointer::root(), &mut |role, _, pointer| {
            if role == Role::Schema {
                schemas.push(pointer.as_str().rsplit('/').next().unwrap_or_default().to_owned());
            }
        });
        assert_eq!(schemas, ["schema", "items", "x-odd", "x-p", "example"]);
    }

    #[test]
    fn keywords_of_json_schema_are_told_from_those_of_openapi_3_0() {
        assert!(is_newer_keyword("prefixItems") && is_newer_keyword("const") && is_newer_keyword("examples"));
        assert!(!is_newer_keyword("example") && !is_newer_keyword("deprecated"));
    }
}
