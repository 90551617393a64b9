//! Verification: whether a token that was decoded is valid for a request, in the order of checks that Onezone
//! keeps.
//!
//! The order is part of the contract, since it decides which error a client sees: the type, then the record,
//! then the caveats in the order of the token, then the signature, then the session. What follows needs a
//! store and is the caller's: whether the subject still exists, whether it is blocked, whether the session is
//! alive, and whether the service may represent the subject ([`service_access`]).
//!
//! A token whose record is missing or revoked takes the same path as any other, against a secret that signs
//! nothing, so that the time of the answer does not tell which ids exist.

mod assess;
mod authorize;
mod condition;
mod geo;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::LazyLock;

pub use assess::{Assessment, Circumstances, Verdict, assess};
pub use authorize::{ServiceAccess, authorize_api, service_access};
pub use geo::{Continent, GeoLookup, Location, NoGeo};

use crate::{
    AuthError, Caveat, Interface, Persistence, Secret, Service, ServiceType, Subject, Token, TokenType,
};
use condition::Purpose;

/// What stands in for the secret of a record that does not exist.
static NO_SECRET: LazyLock<Secret> =
    LazyLock::new(|| Secret::new("no record has this text for a secret: it is not hexadecimal at all"));

/// The request that a token came with, as far as caveats ask.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The time in whole seconds since 1970.
    pub now: i64,
    /// The address at the other end of the connection.
    pub peer: IpAddr,
    /// The interface that the request came through.
    pub interface: Interface,
    /// The service of a verified service token; without one, Onezone itself.
    pub service: Option<&'a Service>,
    /// The party of a verified consumer token.
    pub consumer: Option<&'a Consumer>,
    /// Where addresses are on the map.
    pub geo: &'a dyn GeoLookup,
    /// The id of the session that the request belongs to.
    pub session: Option<&'a str>,
}

impl<'a> Context<'a> {
    /// A request to the REST API with no other token and no session.
    pub fn rest(now: i64, peer: IpAddr, geo: &'a dyn GeoLookup) -> Self {
        Self { now, peer, interface: Interface::Rest, service: None, consumer: None, geo, session: None }
    }
}

/// The party that consumes somebody else's token. Groups matter only if the token has a caveat on consuming
/// groups ([`names_consumer_groups`]); a Oneprovider has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// The user or Oneprovider.
    pub subject: Subject,
    /// The ids of the groups that the user is an effective member of.
    pub effective_groups: BTreeSet<String>,
    /// Whether the user is a direct member of any group.
    pub in_any_group: bool,
}

/// What the store says about the record of a token ([`Token::lookup`]).
#[derive(Clone, Copy, Debug)]
pub enum Record<'a> {
    /// There is none.
    Absent,
    /// The record of a named token.
    Named {
        /// Whom it speaks for.
        subject: &'a Subject,
        /// What it is signed with.
        secret: &'a Secret,
        /// Whether it has been revoked.
        revoked: bool,
    },
    /// The secret that the temporary tokens of a subject share.
    Temporary {
        /// What they are signed with.
        secret: &'a Secret,
        /// How often the secret has been replaced, counted from 1.
        generation: i64,
    },
}

/// What a valid token proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whom the token speaks for; not yet known to exist still.
    pub subject: Subject,
    /// What the token is for.
    pub token_type: TokenType,
    /// Its caveats, all of which hold, except that those on API calls and services are for [`authorize_api`].
    pub caveats: Vec<Caveat>,
    /// The service that the sender indicated with a prefix.
    pub service_indication: Option<ServiceType>,
}

impl Verified {
    /// The session that the token is bound to. Whether it is alive and the subject's is for the caller to
    /// find out.
    pub fn session(&self) -> Option<&str> {
        match &self.token_type {
            TokenType::Access { session } => session.as_deref(),
            _ => None,
        }
    }

    /// The service that this token proves when it came as a service token. To be asked after the subject was
    /// found to exist; errors are wrapped.
    pub fn service(&self) -> Result<Service, AuthError> {
        self.check_identity_holder().map_err(AuthError::in_service_token)?;
        let Subject::Provider(id) = &self.subject else {
            return Err(AuthError::TokenInvalid.in_service_token());
        };
        Ok(Service::new(self.service_indication.unwrap_or(ServiceType::OpWorker), id.clone()))
    }

    /// The party that this token proves when it came as a consumer token. To be asked after the subject was
    /// found to exist; errors are wrapped.
    pub fn consumer(&self) -> Result<&Subject, AuthError> {
        self.check_identity_holder().map_err(AuthError::in_consumer_token)?;
        Ok(&self.subject)
    }

    /// Oneproviders of old identify themselves with access tokens; users may not.
    fn check_identity_holder(&self) -> Result<(), AuthError> {
        match (&self.token_type, &self.subject) {
            (TokenType::Identity, _) | (_, Subject::Provider(_)) => Ok(()),
            _ => Err(AuthError::NotAnIdentityToken { received: self.token_type.clone() }),
        }
    }
}

/// The check that comes before anything is looked up: the token must be an access token.
pub fn check_access_type(token: &Token) -> Result<(), AuthError> {
    match token.identifier().token_type() {
        TokenType::Access { .. } => Ok(()),
        other => Err(AuthError::NotAnAccessToken { received: other.clone() }),
    }
}

/// The check that comes before anything is looked up: the token must be able to prove an identity. Access
/// tokens without a session pass, for the sake of Oneproviders of old.
pub fn check_identity_type(token: &Token) -> Result<(), AuthError> {
    match token.identifier().token_type() {
        TokenType::Identity | TokenType::Access { session: None } => Ok(()),
        other => Err(AuthError::NotAnIdentityToken { received: other.clone() }),
    }
}

/// Verifies an access token.
pub fn verify_access(
    token: &Token,
    record: &Record<'_>,
    context: &Context<'_>,
) -> Result<Verified, AuthError> {
    check_access_type(token)?;
    verify(token, record, context, Purpose::Access)
}

/// Verifies a token that came as a service token or a consumer token. Service, consumer and session of the
/// context are those of the request that the token helps to verify, and do not count here. Wrap the error
/// with [`AuthError::in_service_token`] or [`AuthError::in_consumer_token`].
pub fn verify_identity(
    token: &Token,
    record: &Record<'_>,
    context: &Context<'_>,
) -> Result<Verified, AuthError> {
    check_identity_type(token)?;
    let purpose = match token.identifier().token_type() {
        TokenType::Identity => Purpose::Identity,
        _ => Purpose::AccessAsIdentity,
    };
    let context = Context { service: None, consumer: None, session: None, ..*context };
    verify(token, record, &context, purpose)
}

/// Whether the verification of the token will ask for the groups of its consumer.
pub fn names_consumer_groups(token: &Token) -> bool {
    token.caveats().any(|caveat| match Caveat::parse(&caveat) {
        Some(Caveat::Consumer(consumers)) => consumers.iter().any(|one| matches!(one, Subject::Group(_))),
        _ => false,
    })
}

fn verify(
    token: &Token,
    record: &Record<'_>,
    context: &Context<'_>,
    purpose: Purpose,
) -> Result<Verified, AuthError> {
    // Everything is computed before anything is answered: see the module's word on time.
    let (subject, secret) = match_record(token, record);
    let caveats = condition::check_all(token, context, purpose);
    let signed = token.is_signed_with(secret);
    let subject = subject?;
    let caveats = caveats?;
    if !signed {
        return Err(AuthError::TokenInvalid);
    }
    check_session(token, context)?;
    Ok(Verified {
        subject,
        token_type: token.identifier().token_type().clone(),
        caveats,
        service_indication: token.service_indication(),
    })
}

/// The subject that the token speaks for according to itself and its record, and the secret to check it with.
fn match_record<'a>(token: &Token, record: &Record<'a>) -> (Result<Subject, AuthError>, &'a Secret) {
    match token.identifier().persistence() {
        Persistence::Named => {
            let Record::Named { subject, secret, revoked } = record else {
                return (Err(AuthError::TokenInvalid), &NO_SECRET);
            };
            let claimed = token.identifier().subject();
            let outcome = if *revoked {
                Err(AuthError::TokenRevoked)
            } else if claimed.is_some_and(|claimed| claimed != *subject) {
                Err(AuthError::TokenSubjectInvalid)
            } else {
                Ok((*subject).clone())
            };
            (outcome, secret)
        }
        Persistence::Temporary { generation } => {
            // Onezone crashes on a secret for anybody but these two, and answers that.
            let Some(claimed @ (Subject::User(_) | Subject::Provider(_))) = token.identifier().subject()
            else {
                return (Err(AuthError::InternalServerError), &NO_SECRET);
            };
            // A subject without a secret is one whose first secret nobody has seen.
            let (secret, current) = match record {
                Record::Temporary { secret, generation } => (*secret, *generation),
                _ => (&*NO_SECRET, 1),
            };
            let outcome = match generation.cmp(&current) {
                std::cmp::Ordering::Less => Err(AuthError::TokenRevoked),
                std::cmp::Ordering::Equal => Ok(claimed.clone()),
                std::cmp::Ordering::Greater => Err(AuthError::TokenInvalid),
            };
            (outcome, secret)
        }
    }
}

/// A token and its request must belong to the same session, or neither to any. The panel of a Oneprovider
/// relays requests of any session.
fn check_session(token: &Token, context: &Context<'_>) -> Result<(), AuthError> {
    let TokenType::Access { session } = token.identifier().token_type() else {
        return Ok(());
    };
    let relayed = context.service.is_some_and(|service| service.service_type == ServiceType::OpPanel);
    if relayed || session.as_deref() == context.session {
        Ok(())
    } else {
        Err(AuthError::TokenSessionInvalid)
    }
}
