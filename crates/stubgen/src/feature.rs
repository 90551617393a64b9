//! What is valid OpenAPI and yet not generated: one table with the reason and what to write instead.

use crate::catalogue::catalogue;

catalogue! {
    /// A feature of OpenAPI that cannot be generated.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[non_exhaustive]
    pub enum Feature {
        /// A version of OpenAPI or Swagger that is not known.
        Version = "version",
        /// A `$ref` to another file, when none but the document was given.
        ExternalReference = "external-reference",
        /// A security scheme other than HTTP basic, bearer tokens and API keys.
        SecurityScheme = "security-scheme",
        /// A base path with variables that have no default.
        ServerPath = "server-path",
        /// A method that OpenAPI 3.2 adds: `query`, and those of `additionalOperations`.
        Method = "method",
        /// A parameter that is the whole query, which OpenAPI 3.2 adds: `in: querystring`.
        QueryString = "query-string",
    }
}

impl Feature {
    /// Why it cannot be generated: a sentence without a full stop.
    pub fn reason(self) -> &'static str {
        self.row().0
    }

    /// What to write instead: a sentence without a full stop.
    pub fn instead(self) -> &'static str {
        self.row().1
    }

    #[rustfmt::skip]
    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Version => ("OpenAPI 3.0, 3.1 and 3.2 and Swagger 2.0 can be read", "write `openapi: 3.0.3` and use its terms"),
            Self::ExternalReference => ("no other file was given", "give the files that the document refers to, or move the definition into this document"),
            Self::SecurityScheme => ("credentials are HTTP basic, a bearer token (OAuth 2.0 and OpenID Connect included) or an API key", "use one of those"),
            Self::ServerPath => ("a base path is literal text once variables have their defaults", "give every variable of the path a default"),
            Self::Method => ("methods are those that OpenAPI 3.1 knows", "use one of them, such as `post`"),
            Self::QueryString => ("parameters of the query are told apart by their names", "declare each of them with `in: query`"),
        }
    }
}
