//! Authentication by token: the service token, the consumer token and the access token of a request, in this order,
//! and what the store knows about each. The access token must be readable before anybody asks for the others.
//!
//! # Time
//!
//! A token that names a record which does not exist is refused after as much work as one whose record exists and did
//! not sign it: verification itself takes care of that, and here each of the two costs two look-ups, each of which is
//! evened out ([`Store::even_out`](onezone_store::Store::even_out)). A token that is valid is spared all but the first.

use std::collections::BTreeSet;

use onezone_store::{self as store, Subject as Owner, TokenRecord};
use onezone_tokens::verify::{self, Consumer, Context, Record, ServiceAccess, Verified};
use onezone_tokens::{AuthError, Caveat, Lookup, Secret, Service, ServiceType, Subject, Token, ids};
use stubgen_runtime::Request;

use crate::cookie;
use crate::credential::{CONSUMER_TOKEN, SERVICE_TOKEN, token_header};
use crate::errors::Error;
use crate::{Authentication, Caller, Handlers};

/// How many groups of a consumer caveat are asked about. Nobody writes as many; a token can carry thousands.
const MAX_CONSUMER_GROUPS: usize = 256;

/// One of the two verifications.
type Verification = fn(&Token, &Record<'_>, &Context<'_>) -> Result<Verified, AuthError>;

/// What the store has for a token.
enum Kept {
    Nothing,
    Named { subject: Subject, secret: Secret, revoked: bool, blocked: bool },
    Temporary { secret: Secret, generation: i64, blocked: bool },
}

/// What the store was asked about a token, unless no store has such a subject.
#[derive(Clone, Copy)]
struct LookedUp {
    lookup: store::Lookup,
    was_found: bool,
}

impl Handlers {
    /// The caller that an access token speaks for.
    pub(crate) async fn authenticate_token(&self, request: &Request, text: &str) -> Result<Caller, Error> {
        let headers = request.headers();
        let peer = request.peer().ip().to_canonical();
        let token = Token::decode(text, &self.token_limits)?;
        let base = Context::rest(self.clock.now_unix(), peer, &*self.geo);
        let service = match token_header(headers, &SERVICE_TOKEN).map_err(AuthError::in_service_token)? {
            // Few requests have one; the others need no room for it in their future.
            Some(text) => Some(Box::pin(self.service(&text, &base)).await?),
            None => None,
        };
        let consumer = match token_header(headers, &CONSUMER_TOKEN).map_err(AuthError::in_consumer_token)? {
            Some(text) => Some(Box::pin(self.consumer(&text, &base, &token)).await?),
            None => None,
        };
        // Nobody asks for the cookies of what a panel relays, which may be of any session.
        let is_relayed = service.as_ref().is_some_and(|service| service.service_type == ServiceType::OpPanel);
        let session = if is_relayed { None } else { cookie::session(headers)? };
        verify::check_access_type(&token)?;
        let context = Context {
            service: service.as_ref(),
            consumer: consumer.as_ref(),
            session: session.as_deref(),
            ..base
        };
        let verified = self.verify(&token, &context, verify::verify_access).await?;
        // There is no store of sessions, so that none is alive.
        if verified.session().is_some() {
            return Err(AuthError::TokenSessionInvalid.into());
        }
        self.check_service(&verified.subject, service.as_ref()).await?;
        let subject = owner(&verified.subject).ok_or(AuthError::TokenSubjectInvalid)?;
        let id = token.identifier().id();
        let id = ids::check_id("token id", id).is_ok().then(|| id.to_owned());
        Ok(Caller { subject, caveats: verified.caveats, authentication: Authentication::Token { id }, peer })
    }

    /// The service that a service token proves.
    async fn service(&self, text: &str, context: &Context<'_>) -> Result<Service, Error> {
        let verified = self.identify(text, context).await.map_err(Error::in_service_token)?;
        Ok(verified.service()?)
    }

    /// The party that a consumer token proves, with those of its groups that the token to be used asks for.
    async fn consumer(&self, text: &str, context: &Context<'_>, used: &Token) -> Result<Consumer, Error> {
        let verified = self.identify(text, context).await.map_err(Error::in_consumer_token)?;
        let subject = verified.consumer()?.clone();
        let mut consumer =
            Consumer { subject: subject.clone(), effective_groups: BTreeSet::new(), in_any_group: false };
        let Some(owner @ Owner::User(_)) = owner(&subject) else { return Ok(consumer) };
        for group in consumer_groups(used) {
            if group == "*" {
                consumer.in_any_group = self.store.has_direct_group(&owner).await?;
            } else if self.store.is_group_member(&owner, &group).await? {
                consumer.effective_groups.insert(group);
            }
        }
        Ok(consumer)
    }

    /// Verifies a token that proves an identity.
    async fn identify(&self, text: &str, context: &Context<'_>) -> Result<Verified, Error> {
        let token = Token::decode(text, &self.token_limits)?;
        verify::check_identity_type(&token)?;
        self.verify(&token, context, verify::verify_identity).await
    }

    /// Verifies a token against its record, and that its subject exists and is not blocked.
    async fn verify(
        &self,
        token: &Token,
        context: &Context<'_>,
        verification: Verification,
    ) -> Result<Verified, Error> {
        let (kept, outcome) = match token.lookup() {
            Lookup::Named(id) => {
                let (own, looked_up) = self.own_record(token, id).await?;
                if let Some(record) = own {
                    let kept = Kept::from(record);
                    let outcome = verification(token, &kept.record(), context);
                    if outcome.is_err() {
                        self.even_out(looked_up).await;
                        self.of_any_subject(id).await?;
                    }
                    (kept, outcome)
                } else {
                    self.even_out(looked_up).await;
                    // Told apart from a token that is gone: one that names a wrong subject.
                    let kept = self.of_any_subject(id).await?.map_or(Kept::Nothing, Kept::from);
                    let outcome = verification(token, &kept.record(), context);
                    (kept, outcome)
                }
            }
            Lookup::Temporary(subject) => {
                let (kept, looked_up) = self.temporary(subject).await?;
                let outcome = verification(token, &kept.record(), context);
                if outcome.is_err() {
                    self.even_out(looked_up).await;
                }
                (kept, outcome)
            }
            Lookup::Nothing => (Kept::Nothing, verification(token, &Record::Absent, context)),
        };
        let verified = outcome?;
        if kept.is_blocked() { Err(AuthError::UserBlocked.into()) } else { Ok(verified) }
    }

    /// The record of the subject that the token names; of a token of old, the record of its id.
    async fn own_record(
        &self,
        token: &Token,
        id: &str,
    ) -> Result<(Option<TokenRecord>, Option<LookedUp>), Error> {
        let (record, lookup) = match token.identifier().subject() {
            None => (self.store.legacy_token_for_authentication(id).await?, store::Lookup::LegacyToken),
            Some(subject) => match owner(subject).filter(|_| subject.can_exist()) {
                Some(owner) => (self.store.token_for_authentication(&owner, id).await?, store::Lookup::Token),
                None => return Ok((None, None)),
            },
        };
        let was_found = record.is_some();
        Ok((record, Some(LookedUp { lookup, was_found })))
    }

    /// The record of an id, whoever owns it, for a token that is going to be refused.
    async fn of_any_subject(&self, id: &str) -> Result<Option<TokenRecord>, Error> {
        let record = self.store.token_of_any_subject(id).await?;
        let was_found = record.is_some();
        self.even_out(Some(LookedUp { lookup: store::Lookup::TokenOfAnySubject, was_found })).await;
        Ok(record)
    }

    async fn even_out(&self, looked_up: Option<LookedUp>) {
        if let Some(LookedUp { lookup, was_found }) = looked_up {
            self.store.even_out(lookup, was_found).await;
        }
    }

    /// What signs the temporary tokens of a subject.
    async fn temporary(&self, subject: &Subject) -> Result<(Kept, Option<LookedUp>), Error> {
        let Some(owner) = owner(subject) else { return Ok((Kept::Nothing, None)) };
        let state = self.store.subject_state(&owner).await?;
        let was_found = state.is_some();
        let kept = match state.map(|state| (state.blocked, state.temporary)) {
            Some((blocked, Some(temporary))) => Kept::Temporary {
                secret: Secret::new(temporary.secret.expose()),
                generation: temporary.generation,
                blocked,
            },
            _ => Kept::Nothing,
        };
        Ok((kept, Some(LookedUp { lookup: store::Lookup::SubjectState, was_found })))
    }

    /// Whether the service of the request may use a token of the subject.
    async fn check_service(&self, subject: &Subject, service: Option<&Service>) -> Result<(), Error> {
        let allowed = match (verify::service_access(subject, service), owner(subject)) {
            (ServiceAccess::Allowed, _) => true,
            (ServiceAccess::IfMemberOfCluster(cluster), Some(user)) => {
                self.store.is_cluster_member(&user, &cluster).await?
            }
            (ServiceAccess::IfUserOfProvider(provider), Some(user)) => {
                self.store.is_user_of_provider(&user, &provider).await?
            }
            (ServiceAccess::Forbidden, _) | (_, None) => false,
        };
        match service {
            Some(service) if !allowed => {
                Err(AuthError::TokenServiceForbidden { service: service.clone() }.into())
            }
            _ => Ok(()),
        }
    }
}

impl Kept {
    fn record(&self) -> Record<'_> {
        match self {
            Self::Nothing => Record::Absent,
            Self::Named { subject, secret, revoked, .. } => {
                Record::Named { subject, secret, revoked: *revoked }
            }
            Self::Temporary { secret, generation, .. } => {
                Record::Temporary { secret, generation: *generation }
            }
        }
    }

    fn is_blocked(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Named { blocked, .. } | Self::Temporary { blocked, .. } => *blocked,
        }
    }
}

impl From<TokenRecord> for Kept {
    fn from(record: TokenRecord) -> Self {
        Self::Named {
            subject: match record.subject {
                Owner::User(id) => Subject::User(id),
                Owner::Provider(id) => Subject::Provider(id),
            },
            secret: Secret::new(record.secret.expose()),
            revoked: record.revoked,
            blocked: record.subject_blocked,
        }
    }
}

/// The subject as the store knows subjects.
fn owner(subject: &Subject) -> Option<Owner> {
    match subject {
        Subject::User(id) => Some(Owner::User(id.clone())),
        Subject::Provider(id) => Some(Owner::Provider(id.clone())),
        Subject::Group(_) | Subject::Nobody => None,
    }
}

/// The groups that the consumer caveats of a token name, `*` for any among them.
fn consumer_groups(token: &Token) -> BTreeSet<String> {
    let caveats = token.caveats().filter_map(|caveat| match Caveat::parse(&caveat) {
        Some(Caveat::Consumer(consumers)) => Some(consumers),
        _ => None,
    });
    let groups = caveats.flatten().filter_map(|consumer| match consumer {
        Subject::Group(id) if ids::check_id("group id", &id).is_ok() => Some(id),
        _ => None,
    });
    groups.take(MAX_CONSUMER_GROUPS).collect()
}
