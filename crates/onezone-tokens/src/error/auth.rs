//! The verdict on a client's credentials: every error that Onezone nests in an `unauthorized` answer, with
//! its exact id, details and description.

use serde_json::{Map, Value, json};

use crate::{Caveat, OnedataError, Service, TokenType};

/// Why credentials were refused. [`AuthError::id`], [`AuthError::details`] and [`AuthError::description`] are
/// the wire form of Onezone 21.02; `Display` is a fragment for logs, without anything that the client sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The user has been blocked by an administrator.
    #[error("user is blocked")]
    UserBlocked,
    /// Unknown username or wrong password, or not Basic credentials at all.
    #[error("bad basic credentials")]
    BadBasicCredentials,
    /// Basic authentication is switched off for the whole zone.
    #[error("basic authentication is not supported")]
    BasicAuthNotSupported,
    /// Basic authentication is switched off for this user, or the user has no password.
    #[error("basic authentication is disabled for the user")]
    BasicAuthDisabled,
    /// An identity provider refused its own access token.
    #[error("bad access token of an identity provider")]
    BadIdpAccessToken {
        /// The id of the identity provider.
        idp: String,
    },
    /// The token could not be decoded.
    #[error("token cannot be decoded")]
    BadToken,
    /// The service token was refused.
    #[error("bad service token")]
    BadServiceToken(#[source] Box<AuthError>),
    /// The consumer token was refused.
    #[error("bad consumer token")]
    BadConsumerToken(#[source] Box<AuthError>),
    /// The token is unknown, or its signature is not its secret's.
    #[error("token is not valid")]
    TokenInvalid,
    /// The token has been revoked.
    #[error("token is revoked")]
    TokenRevoked,
    /// The serialized token is larger than the server reads.
    #[error("token is longer than {limit} characters")]
    TokenTooLarge {
        /// The greatest accepted length in characters.
        limit: usize,
    },
    /// An access token was needed.
    #[error("not an access token")]
    NotAnAccessToken {
        /// The type of the token that was presented.
        received: TokenType,
    },
    /// An identity token was needed.
    #[error("not an identity token")]
    NotAnIdentityToken {
        /// The type of the token that was presented.
        received: TokenType,
    },
    /// A caveat could not be understood.
    #[error("token has an unknown caveat")]
    TokenCaveatUnknown {
        /// The caveat as it stands in the token.
        caveat: String,
    },
    /// A caveat does not hold for this request.
    #[error("token has an unverified caveat")]
    TokenCaveatUnverified(Box<Caveat>),
    /// The subject of the token does not exist or is not the one of its record.
    #[error("token subject is invalid")]
    TokenSubjectInvalid,
    /// The subject may not be represented by this service.
    #[error("service is forbidden for the token subject")]
    TokenServiceForbidden {
        /// The service that presented the token.
        service: Service,
    },
    /// The session of the request is not the one of the token.
    #[error("token session is invalid")]
    TokenSessionInvalid,
    /// Authentication failed for a reason that has no name on the wire.
    #[error("authentication failed internally")]
    InternalServerError,
}

impl AuthError {
    /// The id on the wire.
    pub fn id(&self) -> &'static str {
        match self {
            Self::UserBlocked => "userBlocked",
            Self::BadBasicCredentials => "badBasicCredentials",
            Self::BasicAuthNotSupported => "basicAuthNotSupported",
            Self::BasicAuthDisabled => "basicAuthDisabled",
            Self::BadIdpAccessToken { .. } => "badIdpAccessToken",
            Self::BadToken => "badToken",
            Self::BadServiceToken(_) => "badServiceToken",
            Self::BadConsumerToken(_) => "badConsumerToken",
            Self::TokenInvalid => "tokenInvalid",
            Self::TokenRevoked => "tokenRevoked",
            Self::TokenTooLarge { .. } => "tokenTooLarge",
            Self::NotAnAccessToken { .. } => "notAnAccessToken",
            Self::NotAnIdentityToken { .. } => "notAnIdentityToken",
            Self::TokenCaveatUnknown { .. } => "tokenCaveatUnknown",
            Self::TokenCaveatUnverified(_) => "tokenCaveatUnverified",
            Self::TokenSubjectInvalid => "tokenSubjectInvalid",
            Self::TokenServiceForbidden { .. } => "tokenServiceForbidden",
            Self::TokenSessionInvalid => "tokenSessionInvalid",
            Self::InternalServerError => "internalServerError",
        }
    }

    /// The details on the wire, when the error has any.
    pub fn details(&self) -> Option<Value> {
        match self {
            Self::BadIdpAccessToken { idp } => Some(json!({ "idp": idp })),
            Self::BadServiceToken(cause) | Self::BadConsumerToken(cause) => {
                Some(json!({ "tokenError": cause.to_json() }))
            }
            Self::TokenTooLarge { limit } => Some(json!({ "limit": limit })),
            Self::NotAnAccessToken { received } | Self::NotAnIdentityToken { received } => {
                Some(json!({ "received": received.to_json() }))
            }
            Self::TokenCaveatUnknown { caveat } => Some(json!({ "caveat": caveat })),
            Self::TokenCaveatUnverified(caveat) => Some(json!({ "caveat": caveat.to_json() })),
            Self::TokenServiceForbidden { service } => Some(json!({ "service": service.to_json() })),
            _ => None,
        }
    }

    /// The description on the wire.
    pub fn description(&self) -> String {
        match self {
            Self::UserBlocked => {
                "This user account has been blocked by the administrator and cannot be used unless it is \
                 unblocked again."
                    .to_owned()
            }
            Self::BadBasicCredentials => "Invalid username or password.".to_owned(),
            Self::BasicAuthNotSupported => "Basic auth is not supported by this Onezone.".to_owned(),
            Self::BasicAuthDisabled => "Basic auth is disabled for this user.".to_owned(),
            Self::BadIdpAccessToken { idp } => {
                format!("Provided access token for \"{}\" is not valid.", erlang_atom(idp))
            }
            Self::BadToken => "Provided token could not be understood by the server.".to_owned(),
            Self::BadServiceToken(_) => "Provided service token is not valid (see details).".to_owned(),
            Self::BadConsumerToken(_) => "Provided consumer token is not valid (see details).".to_owned(),
            Self::TokenInvalid => "Provided token is not valid.".to_owned(),
            Self::TokenRevoked => "Provided token has been revoked.".to_owned(),
            Self::TokenTooLarge { limit } => {
                format!("Provided token exceeds the allowed size ({limit} characters).")
            }
            Self::NotAnAccessToken { received } => {
                format!("Expected an access token, but received a(n) {}.", received.printable())
            }
            Self::NotAnIdentityToken { received } => {
                format!("Expected an identity token, but received a(n) {}.", received.printable())
            }
            Self::TokenCaveatUnknown { caveat } => format!("Unknown caveat - '{caveat}'."),
            Self::TokenCaveatUnverified(caveat) => {
                format!("Provided token is not valid - {}.", caveat.unverified_text())
            }
            Self::TokenSubjectInvalid => {
                "The token subject is invalid (does not exist or is different than expected).".to_owned()
            }
            Self::TokenServiceForbidden { service } => {
                format!("The service {} is forbidden for this subject.", service.printable())
            }
            Self::TokenSessionInvalid => "This token is bound to a session different than presented by the \
                                          client or no longer existent."
                .to_owned(),
            Self::InternalServerError => {
                "The server has encountered an error while processing this request.".to_owned()
            }
        }
    }

    /// The object that is nested in other errors: without the `error` envelope.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("id".to_owned(), self.id().into());
        if let Some(details) = self.details() {
            object.insert("details".to_owned(), details);
        }
        object.insert("description".to_owned(), self.description().into());
        Value::Object(object)
    }

    /// This error as the cause of a refused service token.
    #[must_use]
    pub fn in_service_token(self) -> Self {
        Self::BadServiceToken(Box::new(self))
    }

    /// This error as the cause of a refused consumer token.
    #[must_use]
    pub fn in_consumer_token(self) -> Self {
        Self::BadConsumerToken(Box::new(self))
    }
}

impl From<&AuthError> for OnedataError {
    fn from(error: &AuthError) -> Self {
        Self::new(400, error.id(), error.details(), error.description())
    }
}

/// Onezone prints the id of an identity provider as an Erlang atom, which is quoted unless it is a plain
/// lower-case word.
fn erlang_atom(name: &str) -> String {
    let plain = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '@');
    if plain { name.to_owned() } else { format!("'{}'", name.replace('\\', "\\\\").replace('\'', "\\'")) }
}
