//! What the terms of OpenAPI 3.0 cannot say: one table with the stable name of each loss.

use crate::catalogue::catalogue;

catalogue! {
    /// Something valid of which not everything survives in the terms that are generated from.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum Reduction {
        /// `if`, `then` and `else` are not enforced.
        Conditional = "conditional",
        /// `unevaluatedProperties` beside parts that evaluate some is not enforced.
        UnevaluatedProperties = "unevaluated-properties",
        /// `unevaluatedItems` is not enforced.
        UnevaluatedItems = "unevaluated-items",
        /// The patterns of `patternProperties` are not enforced.
        PatternProperties = "pattern-properties",
        /// `propertyNames` is not enforced.
        PropertyNames = "property-names",
        /// `dependentRequired` and `dependencies` are not enforced.
        DependentRequired = "dependent-required",
        /// `dependentSchemas` are not enforced.
        DependentSchemas = "dependent-schemas",
        /// `contains` and its counts are not enforced.
        Contains = "contains",
        /// The positions of `prefixItems` are not enforced.
        PrefixItems = "prefix-items",
        /// `contentEncoding`, `contentMediaType` or `contentSchema` that is not enforced.
        Content = "content",
        /// `$dynamicRef` is followed as an ordinary `$ref`.
        DynamicReference = "dynamic-reference",
        /// Webhooks are published and not generated.
        Webhooks = "webhooks",
        /// `defaultMapping` of a discriminator is not enforced.
        DefaultMapping = "default-mapping",
        /// A part of Swagger 2.0 that OpenAPI 3.0 says otherwise.
        Swagger = "swagger",
    }
}
