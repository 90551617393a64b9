//! What became of credentials, and how many tokens were deleted, counted since the start for whoever shows it. Every word is from
//! a list that is closed, so that none is ever an id or a secret.

use std::sync::atomic::{AtomicU64, Ordering};

use onezone_store::StoreError;
use onezone_tokens::AuthError;

use crate::errors::Error;
use crate::principal::Principal;

/// What callers may authenticate with.
#[derive(Clone, Copy)]
pub(crate) enum Method {
    Token,
    Basic,
    None,
}

const METHODS: [&str; 3] = ["token", "basic", "none"];

/// What may become of it: success, or the id of the error that the caller is told.
const RESULTS: [&str; 25] = [
    "ok",
    // Nobody said who they are.
    "unauthorized",
    // Those of `AuthError`.
    "userBlocked",
    "badBasicCredentials",
    "basicAuthNotSupported",
    "basicAuthDisabled",
    "badIdpAccessToken",
    "badToken",
    "badServiceToken",
    "badConsumerToken",
    "tokenInvalid",
    "tokenRevoked",
    "tokenTooLarge",
    "notAnAccessToken",
    "notAnIdentityToken",
    "tokenCaveatUnknown",
    "tokenCaveatUnverified",
    "tokenSubjectInvalid",
    "tokenServiceForbidden",
    "tokenSessionInvalid",
    // What is no fault of the caller's.
    "serviceUnavailable",
    "temporaryFailure",
    "internalServerError",
    "notFound",
    OTHER,
];

/// Whatever has no word here.
const OTHER: &str = "other";

/// How often callers authenticated with what, and what became of it.
#[derive(Default)]
pub(crate) struct AuthenticationCounters([[AtomicU64; RESULTS.len()]; METHODS.len()]);

/// One way in which authentication ended, and how often it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthenticationCount {
    /// `token`, `basic` or `none`.
    pub method: &'static str,
    /// `ok`, or the id of an error.
    pub result: &'static str,
    /// How often since the start.
    pub count: u64,
}

impl AuthenticationCounters {
    /// Counts one.
    pub(crate) fn count(&self, method: Method, result: &Result<Principal, Error>) {
        let word = match result {
            Ok(Principal::Authenticated(_)) => "ok",
            Ok(Principal::Anonymous) => "unauthorized",
            Err(error) => word(error),
        };
        // The first is the usual one.
        let index = RESULTS.iter().position(|known| *known == word).unwrap_or(RESULTS.len() - 1);
        self.0[method as usize][index].fetch_add(1, Ordering::Relaxed);
    }

    /// Those that happened, and success with either kind of credentials in any case.
    pub(crate) fn snapshot(&self) -> Vec<AuthenticationCount> {
        let mut counts = Vec::new();
        for (method, of_method) in METHODS.into_iter().zip(&self.0) {
            for (result, count) in RESULTS.into_iter().zip(of_method) {
                let count = count.load(Ordering::Relaxed);
                let is_usual = if method == "none" { result == "unauthorized" } else { result == "ok" };
                if count > 0 || is_usual {
                    counts.push(AuthenticationCount { method, result, count });
                }
            }
        }
        counts
    }
}

/// The id of the error that the caller is told.
fn word(error: &Error) -> &'static str {
    match error {
        Error::Credentials(cause) => AuthError::id(cause),
        Error::Anonymous => "unauthorized",
        Error::Overloaded | Error::Wait(..) | Error::Store(StoreError::Overloaded) => "serviceUnavailable",
        Error::Store(StoreError::Busy { .. } | StoreError::Unreachable { .. }) => "temporaryFailure",
        Error::Store(StoreError::NotFound { .. }) => "notFound",
        Error::PasswordHash { .. } | Error::PasswordTask | Error::Store(_) => "internalServerError",
        Error::Forbidden | Error::IdTooLong { .. } => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use onezone_tokens::{Caveat, TokenType};

    use super::*;
    use crate::errors::Wait;

    #[test]
    fn words_differ_and_the_last_is_for_what_has_none() {
        assert_eq!(RESULTS.into_iter().collect::<BTreeSet<_>>().len(), RESULTS.len());
        assert_eq!(RESULTS.last(), Some(&OTHER));
        assert_eq!(METHODS[Method::Basic as usize], "basic");
    }

    #[test]
    fn every_refusal_of_credentials_has_a_word_that_is_not_what_the_client_sent() {
        let caveat = Caveat::parse("time < 1").unwrap();
        let causes = [
            AuthError::UserBlocked,
            AuthError::BadBasicCredentials,
            AuthError::BasicAuthNotSupported,
            AuthError::BasicAuthDisabled,
            AuthError::BadIdpAccessToken { idp: "s3cret".to_owned() },
            AuthError::BadToken,
            AuthError::BadToken.in_service_token(),
            AuthError::BadToken.in_consumer_token(),
            AuthError::TokenInvalid,
            AuthError::TokenRevoked,
            AuthError::TokenTooLarge { limit: 1 },
            AuthError::NotAnAccessToken { received: TokenType::Access { session: None } },
            AuthError::NotAnIdentityToken { received: TokenType::Access { session: None } },
            AuthError::TokenCaveatUnknown { caveat: "s3cret".to_owned() },
            AuthError::TokenCaveatUnverified(Box::new(caveat)),
            AuthError::TokenSubjectInvalid,
            AuthError::TokenSessionInvalid,
            AuthError::InternalServerError,
        ];
        let counters = AuthenticationCounters::default();
        for cause in causes {
            let id = cause.id();
            counters.count(Method::Token, &Err(Error::Credentials(cause)));
            let counted = counters.snapshot();
            assert!(counted.iter().any(|count| count.result == id && count.count == 1), "{id}");
        }
        assert!(counters.snapshot().iter().all(|count| count.result != OTHER));
        counters.count(Method::Basic, &Err(Error::Wait(Wait::Network, Duration::ZERO)));
        let unavailable = AuthenticationCount { method: "basic", result: "serviceUnavailable", count: 1 };
        assert!(counters.snapshot().contains(&unavailable));
    }
}
