//! The filling of the generated stubs: who a request comes from, whether they may do what they ask, the two
//! operations themselves, and the one place that chooses what an error looks like on the wire.
//!
//! Read [`Handlers`] first: it is the generated trait [`onezone_api::OnezoneApi`] over a
//! [`Store`]. A request goes through the modules in this order. `credential` picks the one credential that decides;
//! `tokens` and `passwords` turn it into a [`Principal`]; `authorize` holds the principal's caveats and rights against
//! the operation; `operations` acts and leaves an audit entry; `errors` turns whatever went wrong into a body and
//! a status that the operation documents (another one does not compile). Nothing that grants access is cached,
//! apart from passwords that were found right, under a key that changes with the stored hash.
//!
//! Credentials, the order of checks, ids and texts of errors are those of Onezone 21.02; what is different on purpose
//! is said where it is done.

mod audit;
mod authorize;
mod cookie;
mod counts;
mod credential;
mod digest;
mod errors;
mod operations;
#[doc(hidden)]
pub mod parsers;
mod passwords;
mod principal;
mod settings;
mod tokens;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use onezone_api::types::ErrorResponse;
use onezone_api::{
    AuthenticateError, Credentials, DeleteNamedTokensOfUserError, DeleteNamedTokensOfUserParameters,
    DeleteNamedTokensOfUserResponse, ListNamedTokensOfProviderError, ListNamedTokensOfProviderParameters,
    ListNamedTokensOfProviderResponse, OnezoneApi,
};
use onezone_store::Store;
use onezone_tokens::Limits;
use onezone_tokens::verify::GeoLookup;
use stubgen_runtime::{Rejection, Request};

pub use counts::AuthenticationCount;
pub use passwords::PasswordCounts;
pub use principal::{Authentication, Caller, Principal};
pub use settings::{Clock, Environment, PasswordLimits, Settings, SoftLock};

use audit::Audit;
use counts::{AuthenticationCounters, Method};
use credential::Credential;
use errors::{Error, Refusal};
use passwords::Passwords;

/// The API over a store. Serve it with `stubgen_runtime::Service::new(onezone_api::Server(handlers), options)`.
pub struct Handlers {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    token_limits: Limits,
    geo: Arc<dyn GeoLookup>,
    passwords: Passwords,
    audit: Audit,
    authentications: AuthenticationCounters,
    deleted_tokens: AtomicU64,
}

impl Handlers {
    /// The API over this store.
    pub fn new(store: Arc<dyn Store>, settings: Settings, environment: Environment) -> Self {
        let Environment { clock, seed } = environment;
        Self {
            store,
            clock,
            token_limits: settings.token_limits,
            geo: settings.geo,
            passwords: Passwords::new(
                settings.basic_auth,
                settings.password_checks,
                &settings.password_limits,
                &seed,
            ),
            audit: Audit::new(seed),
            authentications: AuthenticationCounters::default(),
            deleted_tokens: AtomicU64::new(0),
        }
    }

    /// What became of the passwords that were presented since the start.
    pub fn password_counts(&self) -> PasswordCounts {
        self.passwords.counts()
    }

    /// What became of credentials since the start. Those that the runtime refuses because they are there twice are not
    /// among them.
    pub fn authentication_counts(&self) -> Vec<AuthenticationCount> {
        self.authentications.snapshot()
    }

    /// How many tokens were deleted since the start.
    pub fn deleted_tokens(&self) -> u64 {
        self.deleted_tokens.load(Ordering::Relaxed)
    }

    async fn principal(
        &self,
        request: &Request,
        credentials: Option<Credentials>,
    ) -> Result<Principal, Error> {
        let (method, principal) = match Credential::choose(request.headers(), credentials) {
            // What is there twice is a token in every case.
            Err(error) => (Method::Token, Err(error.into())),
            Ok(credential) => {
                let method = match &credential {
                    Credential::Token(_) => Method::Token,
                    Credential::Basic(_) => Method::Basic,
                    Credential::Nothing => Method::None,
                };
                (method, self.authenticate_by(request, credential).await)
            }
        };
        self.authentications.count(method, &principal);
        principal
    }

    async fn authenticate_by(&self, request: &Request, credential: Credential) -> Result<Principal, Error> {
        let peer = request.peer().ip().to_canonical();
        let caller = match credential {
            Credential::Token(text) => {
                request.log_authentication(Authentication::TOKEN);
                let caller = self.authenticate_token(request, &text).await?;
                if let Some(id) = caller.authentication.token_id() {
                    request.log_credential(id);
                }
                caller
            }
            Credential::Basic(basic) => {
                request.log_authentication(Authentication::BASIC);
                let now = self.clock.monotonic();
                let subject = self.passwords.authenticate(&*self.store, peer, now, &basic).await?;
                Caller { subject, caveats: Vec::new(), authentication: Authentication::Basic, peer }
            }
            Credential::Nothing => return Ok(Principal::Anonymous),
        };
        Ok(Principal::Authenticated(caller))
    }
}

impl OnezoneApi for Handlers {
    type Principal = Principal;

    async fn authenticate(
        &self,
        request: &Request,
        credentials: Option<Credentials>,
    ) -> Result<Principal, AuthenticateError> {
        let principal = self.principal(request, credentials).await;
        principal.map_err(|error| Refusal::of(error, request).into())
    }

    fn rejection(&self, rejection: &Rejection) -> Option<ErrorResponse> {
        Some(errors::rejection(rejection))
    }

    async fn delete_named_tokens_of_user(
        &self,
        request: &Request,
        principal: Principal,
        parameters: DeleteNamedTokensOfUserParameters,
    ) -> Result<DeleteNamedTokensOfUserResponse, DeleteNamedTokensOfUserError> {
        let deleted = self.delete_tokens_of_user(request, &principal, &parameters.id).await;
        deleted
            .map(|()| DeleteNamedTokensOfUserResponse::NoContent)
            .map_err(|error| Refusal::of(error, request).into())
    }

    async fn list_named_tokens_of_provider(
        &self,
        request: &Request,
        principal: Principal,
        parameters: ListNamedTokensOfProviderParameters,
    ) -> Result<ListNamedTokensOfProviderResponse, ListNamedTokensOfProviderError> {
        let listed = self.list_tokens_of_provider(&principal, &parameters.id).await;
        listed.map(ListNamedTokensOfProviderResponse::Ok).map_err(|error| Refusal::of(error, request).into())
    }
}
