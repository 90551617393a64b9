//! What the terms of OpenAPI 3.0 cannot say: one table with the stable name of each loss.

/// Something valid of which not everything survives in the terms that are generated from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reduction {
    /// `if`, `then` and `else` are not enforced.
    Conditional,
    /// `unevaluatedProperties` beside parts that evaluate some is not enforced.
    UnevaluatedProperties,
    /// `unevaluatedItems` is not enforced.
    UnevaluatedItems,
    /// The patterns of `patternProperties` are not enforced.
    PatternProperties,
    /// `propertyNames` is not enforced.
    PropertyNames,
    /// `dependentRequired` and `dependencies` are not enforced.
    DependentRequired,
    /// `dependentSchemas` are not enforced.
    DependentSchemas,
    /// `contains` and its counts are not enforced.
    Contains,
    /// The positions of `prefixItems` are not enforced.
    PrefixItems,
    /// `contentEncoding`, `contentMediaType` or `contentSchema` that is not enforced.
    Content,
    /// `$dynamicRef` is followed as an ordinary `$ref`.
    DynamicReference,
    /// Webhooks are published and not generated.
    Webhooks,
    /// `defaultMapping` of a discriminator is not enforced.
    DefaultMapping,
    /// A part of Swagger 2.0 that OpenAPI 3.0 says otherwise.
    Swagger,
}

impl Reduction {
    /// A stable name, such as `pattern-properties`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Conditional => "conditional",
            Self::UnevaluatedProperties => "unevaluated-properties",
            Self::UnevaluatedItems => "unevaluated-items",
            Self::PatternProperties => "pattern-properties",
            Self::PropertyNames => "property-names",
            Self::DependentRequired => "dependent-required",
            Self::DependentSchemas => "dependent-schemas",
            Self::Contains => "contains",
            Self::PrefixItems => "prefix-items",
            Self::Content => "content",
            Self::DynamicReference => "dynamic-reference",
            Self::Webhooks => "webhooks",
            Self::DefaultMapping => "default-mapping",
            Self::Swagger => "swagger",
        }
    }
}
