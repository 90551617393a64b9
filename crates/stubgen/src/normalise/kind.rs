//! What the terms of OpenAPI 3.0 cannot say: one table with the stable name of each loss.

use crate::catalogue::catalogue;

catalogue! {
    /// Something valid of which not everything survives in the terms that are generated from.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum Reduction {
        /// `contentEncoding`, `contentMediaType` or `contentSchema` that is not enforced.
        Content = "content",
        /// `$dynamicRef` is not enforced.
        DynamicReference = "dynamic-reference",
        /// Webhooks are published and not generated.
        Webhooks = "webhooks",
        /// `defaultMapping` of a discriminator is not enforced.
        DefaultMapping = "default-mapping",
        /// `itemSchema` and the encodings beside it are not enforced: streams are bytes to a handler.
        ItemSchema = "item-schema",
        /// A part of Swagger 2.0 that OpenAPI 3.0 says otherwise.
        Swagger = "swagger",
    }
}
