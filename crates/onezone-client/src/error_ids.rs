//! The ids of errors that `openapi.yaml` names, to decide by. A server may know more of them: treat an id that you do not know by the
//! status.
//!
//! ```
//! use onezone_client::{Error, error_ids};
//!
//! fn advice(error: &Error) -> &'static str {
//!     match error.id() {
//!         Some(error_ids::FORBIDDEN) => "ask an administrator for the privilege",
//!         Some(error_ids::NOT_FOUND) => "check the id",
//!         _ if error.is_retryable() => "try again later",
//!         _ => "show the message to somebody",
//!     }
//! }
//! ```

/// Declares each id once, and the list of all.
macro_rules! ids {
    ($($(#[$docs:meta])* $name:ident = $id:literal;)*) => {
        $($(#[$docs])* pub const $name: &str = $id;)*

        /// All of them.
        #[cfg(test)]
        const ALL: &[&str] = &[$($name),*];
    };
}

ids! {
    /// 400: a value is not text.
    BAD_VALUE_STRING = "badValueString";
    /// 400: a value is empty.
    BAD_VALUE_EMPTY = "badValueEmpty";
    /// 400: a value is too long.
    BAD_VALUE_TEXT_TOO_LARGE = "badValueTextTooLarge";
    /// 400: a value cannot be an id.
    BAD_VALUE_IDENTIFIER = "badValueIdentifier";
    /// 401: nobody authenticated, or the credentials were refused; [`ApiError::cause`](crate::ApiError::cause) says why.
    UNAUTHORIZED = "unauthorized";
    /// Cause of a 401: what was presented is no token.
    BAD_TOKEN = "badToken";
    /// Cause of a 401: the token was not issued here, was changed, or was deleted.
    TOKEN_INVALID = "tokenInvalid";
    /// Cause of a 401: the token was revoked.
    TOKEN_REVOKED = "tokenRevoked";
    /// Cause of a 401: the token is too long.
    TOKEN_TOO_LARGE = "tokenTooLarge";
    /// Cause of a 401: the token has a caveat that the server does not know.
    TOKEN_CAVEAT_UNKNOWN = "tokenCaveatUnknown";
    /// Cause of a 401: a caveat of the token does not hold, such as its time of validity.
    TOKEN_CAVEAT_UNVERIFIED = "tokenCaveatUnverified";
    /// Cause of a 401: whom the token stands for is not there any more.
    TOKEN_SUBJECT_INVALID = "tokenSubjectInvalid";
    /// Cause of a 401: the token may not be used by the service that presented it.
    TOKEN_SERVICE_FORBIDDEN = "tokenServiceForbidden";
    /// Cause of a 401: the session that the token is bound to is over.
    TOKEN_SESSION_INVALID = "tokenSessionInvalid";
    /// Cause of a 401: the token is not an access token.
    NOT_AN_ACCESS_TOKEN = "notAnAccessToken";
    /// Cause of a 401: the token is not an identity token.
    NOT_AN_IDENTITY_TOKEN = "notAnIdentityToken";
    /// Cause of a 401: the token of the service is refused; its own cause says why.
    BAD_SERVICE_TOKEN = "badServiceToken";
    /// Cause of a 401: the token of the consumer is refused; its own cause says why.
    BAD_CONSUMER_TOKEN = "badConsumerToken";
    /// Cause of a 401: user name or password is wrong.
    BAD_BASIC_CREDENTIALS = "badBasicCredentials";
    /// Cause of a 401: the user does not log in by password.
    BASIC_AUTH_DISABLED = "basicAuthDisabled";
    /// Cause of a 401: the server takes no passwords.
    BASIC_AUTH_NOT_SUPPORTED = "basicAuthNotSupported";
    /// Cause of a 401: the user is blocked.
    USER_BLOCKED = "userBlocked";
    /// 403: authenticated, but without the right.
    FORBIDDEN = "forbidden";
    /// 404: there is no such user or provider.
    NOT_FOUND = "notFound";
    /// 500, or cause of a 401: the server failed; `details.reference` is what its operators need to find the cause.
    INTERNAL_SERVER_ERROR = "internalServerError";
    /// 503: the server cannot answer at the moment.
    SERVICE_UNAVAILABLE = "serviceUnavailable";
    /// 503: the server failed in a way that passes.
    TEMPORARY_FAILURE = "temporaryFailure";
    /// 503: the answer took the server too long.
    TIMEOUT = "timeout";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The ids in the list of the document: words in backquotes that are neither members nor schemes.
    fn documented() -> BTreeSet<&'static str> {
        let document = include_str!("../../../openapi.yaml");
        let (_, rest) = document.split_once("A client of these operations meets:").unwrap();
        let (list, _) = rest.split_once("More ids may be added").unwrap();
        let words = list.split('`').skip(1).step_by(2);
        words.filter(|word| !word.starts_with("details")).collect()
    }

    #[test]
    fn every_id_of_the_document_has_its_constant_and_none_is_made_up() {
        assert_eq!(ALL.iter().copied().collect::<BTreeSet<_>>(), documented());
    }
}
