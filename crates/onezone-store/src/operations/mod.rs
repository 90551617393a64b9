//! What a store can be asked and told, each as a value that a backend can carry to a connection and run there, again if
//! a transaction has to be repeated.

mod apply;
mod audit;
mod authentication;
mod edit;
mod keys;
mod read;
mod verify;
mod write;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::edit::{Edit, Edited, TokenChange};
use crate::session::Session;
use crate::store::Lookup;
use crate::upkeep::{KeyChange, KeyUsage, Position, Resealed, Revoked, Secrets, Verified};
use crate::watch::OperationKind;
use crate::{
    AuditEntry, AuditQuery, AuditRecord, AuditRow, Group, Member, NamedToken, Privileges, Provider, Report,
    Result, Secret, Space, StoreError, StoredToken, Subject, SubjectState, TemporaryToken, TokenRecord,
    TokenSource, TokenSummary, Unnamed, User, UserCredentials, Zone, ZoneSink,
};

/// A question or a change. It may be run several times, but takes effect in the one transaction that ends well.
#[async_trait]
pub(crate) trait Operation: Send + Sync + 'static {
    type Output: Send + 'static;

    /// What whoever watches knows it as.
    const KIND: OperationKind = OperationKind::Other;

    async fn run(&self, session: &mut dyn Session) -> Result<Self::Output>;

    /// What the operation gave if it took effect, asked when its commit was not confirmed. `None` when it did not, or
    /// when nobody can tell.
    async fn outcome(&self, _session: &mut dyn Session) -> Result<Option<Self::Output>> {
        Ok(None)
    }

    /// Whether to run it again after a commit that was not confirmed and has no outcome. Only what can do no harm the
    /// second time.
    fn is_repeatable(&self) -> bool {
        false
    }
}

macro_rules! operations {
    ($($kind:ident: $name:ident($($field:ident: $type:ty),*) -> $output:ty = $function:path;)*) => {$(
        pub(crate) struct $name {
            $(pub(crate) $field: $type,)*
        }

        #[async_trait]
        impl Operation for $name {
            type Output = $output;

            const KIND: OperationKind = OperationKind::$kind;

            async fn run(&self, session: &mut dyn Session) -> Result<$output> {
                $function(session, $(&self.$field),*).await
            }
        }
    )*};
}

operations! {
    SubjectState: ReadSubjectState(subject: Subject) -> Option<SubjectState> = read::subject_state;
    TokenForAuthentication: TokenForAuthentication(subject: Subject, id: String) -> Option<TokenRecord> = authentication::token_for_authentication;
    LegacyTokenForAuthentication: LegacyTokenForAuthentication(id: String) -> Option<TokenRecord> = authentication::legacy_token_for_authentication;
    TokenOfAnySubject: TokenOfAnySubject(id: String) -> Option<TokenRecord> = authentication::token_of_any_subject;
    UserByUsername: UserByUsername(username: String) -> Option<UserCredentials> = authentication::user_by_username;
    EvenOut: EvenOut(lookup: Lookup, was_found: bool) -> () = authentication::even_out;
    HasZonePrivilege: HasZonePrivilege(subject: Subject, privilege: String) -> bool = read::has_zone_privilege;
    HasClusterPrivilege: HasClusterPrivilege(subject: Subject, cluster: String, privilege: String) -> bool = read::has_cluster_privilege;
    IsClusterMember: IsClusterMember(subject: Subject, cluster: String) -> bool = read::is_cluster_member;
    IsUserOfProvider: IsUserOfProvider(subject: Subject, provider: String) -> bool = read::is_user_of_provider;
    IsGroupMember: IsGroupMember(subject: Subject, group: String) -> bool = read::is_group_member;
    HasDirectGroup: HasDirectGroup(subject: Subject) -> bool = read::has_direct_group;
    ListTokenIds: ListTokenIds(subject: Subject) -> Vec<String> = read::list_token_ids;
    Other: ListTokens(subject: Subject) -> Vec<TokenSummary> = read::list_tokens;
    Other: ReadToken(id: String) -> Option<StoredToken> = read::token;
    Other: HasUsers() -> bool = read::has_users;
    Other: AuditTrail(target: String) -> Vec<AuditRecord> = read::audit_trail;
    Ping: Ping() -> () = read::ping;
    Ping: Touch() -> () = write::touch;

    Other: AuditPage(query: AuditQuery) -> Vec<AuditRow> = audit::page;
    Other: ReadKeyUsage() -> KeyUsage = keys::key_usage;
    Other: VerifyPage(from: Position, strict: bool) -> Verified = verify::page;
    Other: CheckReferences() -> Vec<String> = verify::references;

    Other: CreateUser(user: User, audit: AuditEntry) -> () = write::create_user;
    Other: CreateGroup(group: Group, audit: AuditEntry) -> () = write::create_group;
    Other: CreateProvider(provider: Provider, audit: AuditEntry) -> () = write::create_provider;
    Other: CreateSpace(space: Space, audit: AuditEntry) -> () = write::create_space;
    Other: GrantCluster(cluster: String, member: Member, privileges: Privileges, audit: AuditEntry) -> () = write::grant_cluster;
    Other: CreateToken(token: NamedToken, audit: AuditEntry) -> () = write::create_token;
    Other: RevokeToken(id: String, audit: AuditEntry) -> () = write::revoke_token;
    Other: EnsureTemporarySecret(subject: Subject, fresh: Secret, audit: AuditEntry) -> TemporaryToken = write::ensure_temporary_secret;
    Other: RevokeTemporaryTokens(subject: Subject, fresh: Secret, audit: AuditEntry) -> i64 = write::revoke_temporary_tokens;
    Other: EditRecords(edit: Edit, audit: AuditEntry) -> Edited = edit::edit;
    Other: ChangeToken(id: String, change: TokenChange, audit: AuditEntry) -> bool = edit::change_token;
    Other: Record(action: String, target: String, audit: AuditEntry) -> () = write::record;
    Other: RevokeEverything(fresh: Secrets, audit: AuditEntry) -> Revoked = write::revoke_everything;
}

/// The second time, it finds nothing to do.
pub(crate) struct RotateKey {
    pub(crate) audit: AuditEntry,
}

#[async_trait]
impl Operation for RotateKey {
    type Output = KeyChange;

    async fn run(&self, session: &mut dyn Session) -> Result<KeyChange> {
        keys::rotate_key(session, &self.audit).await
    }

    fn is_repeatable(&self) -> bool {
        true
    }
}

/// The second time, it finds nothing to do.
pub(crate) struct Reseal {
    pub(crate) from: Position,
}

#[async_trait]
impl Operation for Reseal {
    type Output = Resealed;

    async fn run(&self, session: &mut dyn Session) -> Result<Resealed> {
        keys::reseal(session, &self.from).await
    }

    fn is_repeatable(&self) -> bool {
        true
    }
}

pub(crate) struct DeleteAllTokens {
    pub(crate) subject: Subject,
    pub(crate) audit: AuditEntry,
}

#[async_trait]
impl Operation for DeleteAllTokens {
    type Output = u64;

    const KIND: OperationKind = OperationKind::DeleteAllTokens;

    async fn run(&self, session: &mut dyn Session) -> Result<u64> {
        write::delete_all_tokens(session, &self.subject, &self.audit).await
    }

    /// Its audit row is written with it, under an id that no other change has.
    async fn outcome(&self, session: &mut dyn Session) -> Result<Option<u64>> {
        read::audited_count(session, &self.subject.to_string(), &self.audit.id).await
    }

    fn is_repeatable(&self) -> bool {
        true
    }
}

/// Reads everything in one moment, which the caller provides.
pub(crate) struct Export {
    sink: Mutex<Box<dyn ZoneSink>>,
    has_begun: AtomicBool,
}

impl Export {
    pub(crate) fn new(sink: Box<dyn ZoneSink>) -> Self {
        Self { sink: Mutex::new(sink), has_begun: AtomicBool::new(false) }
    }

    /// The lock is held for no longer than a call takes, since reading may wait between them.
    fn with<T>(
        &self,
        give: impl FnOnce(&mut dyn ZoneSink) -> Result<T, crate::error::BoxError>,
    ) -> Result<T> {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        give(sink.as_mut()).map_err(StoreError::Interrupted)
    }

    async fn read(&self, session: &mut dyn Session) -> Result<()> {
        session.take_time().await?;
        let zone = read::head(session).await?;
        let count = read::token_count(session).await?;
        self.has_begun.store(true, Ordering::Relaxed);
        self.with(|sink| sink.head(zone, count))?;
        let mut last = None;
        while self.with(|sink| Ok(sink.wants_tokens()))? {
            let page = read::export_page(session, last.as_ref()).await?;
            let Some(token) = page.last() else { break };
            last = Some((token.subject.to_string(), token.name.clone()));
            self.with(|sink| sink.tokens(page))?;
        }
        Ok(())
    }
}

#[async_trait]
impl Operation for Export {
    type Output = ();

    /// What was handed out cannot be taken back, so that an error from then on is the end.
    async fn run(&self, session: &mut dyn Session) -> Result<()> {
        match self.read(session).await {
            Err(error) if self.has_begun.load(Ordering::Relaxed) => Err(match error {
                StoreError::Interrupted(_) => error,
                error => StoreError::Interrupted(error.into()),
            }),
            result => result,
        }
    }
}

/// Brings the store to a state whose tokens come from elsewhere.
pub(crate) struct Apply {
    pub(crate) rest: Zone,
    pub(crate) source: Arc<dyn TokenSource>,
    pub(crate) unnamed: Unnamed,
    pub(crate) audit: AuditEntry,
}

#[async_trait]
impl Operation for Apply {
    type Output = Report;

    async fn run(&self, session: &mut dyn Session) -> Result<Report> {
        apply::apply(session, &self.rest, &*self.source, self.unnamed, &self.audit).await
    }
}
