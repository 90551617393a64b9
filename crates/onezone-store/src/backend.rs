//! The contract of a store kept by whatever can run operations on connections of its own: the one implementation of
//! [`Store`], for every backend.

use std::sync::Arc;

use async_trait::async_trait;

use crate::operations::{
    Apply, AuditTrail, CreateGroup, CreateProvider, CreateSpace, CreateToken, CreateUser, DeleteAllTokens,
    EnsureTemporarySecret, EvenOut, Export, GrantCluster, HasClusterPrivilege, HasDirectGroup, HasUsers,
    HasZonePrivilege, IsClusterMember, IsGroupMember, IsUserOfProvider, LegacyTokenForAuthentication,
    ListTokenIds, ListTokens, Operation, Ping, ReadSubjectState, ReadToken, RevokeTemporaryTokens,
    RevokeToken, TokenForAuthentication, TokenOfAnySubject, UserByUsername,
};
use crate::store::Lookup;
use crate::stream::{Gathered, SortedTokens};
use crate::watch::{Vitals, Watch};
use crate::{
    AuditEntry, AuditRecord, Group, Member, NamedToken, Privileges, Provider, Report, Result, Secret, Space,
    Store, StoredToken, Subject, SubjectState, TemporaryToken, TokenRecord, TokenSource, TokenSummary,
    Unnamed, User, UserCredentials, Zone, ZoneSink,
};

/// Connections, and the transactions around operations.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    /// Whether the time of an answer tells whether there is such a record.
    const TELLS_BY_TIME: bool;

    /// Asks, in no particular transaction: each statement sees what is committed when it starts.
    async fn read<O: Operation>(&self, operation: O) -> Result<O::Output>;

    /// Asks, so that all statements see the same moment.
    async fn read_one_moment<O: Operation>(&self, operation: O) -> Result<O::Output>;

    /// Changes, in a transaction that is on disk when this returns `Ok`.
    async fn change<O: Operation>(&self, operation: O) -> Result<O::Output>;

    /// Whether schema and keys are right, and what was promised for changes is still kept.
    async fn ready(&self) -> Result<()>;

    /// How it is, without waiting.
    fn vitals(&self) -> Vitals;

    /// Who watches.
    fn watch(&self) -> &Watch;

    /// What the database's own checks find wrong with its files, where it has such checks.
    async fn check_files(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// Finishes what was accepted and lets everything go.
    async fn shut(&self) -> Result<()>;
}

#[async_trait]
impl<B: Backend> Store for B {
    async fn subject_state(&self, subject: &Subject) -> Result<Option<SubjectState>> {
        self.read(ReadSubjectState { subject: subject.clone() }).await
    }

    async fn token_for_authentication(&self, subject: &Subject, id: &str) -> Result<Option<TokenRecord>> {
        self.read(TokenForAuthentication { subject: subject.clone(), id: id.to_owned() }).await
    }

    async fn legacy_token_for_authentication(&self, id: &str) -> Result<Option<TokenRecord>> {
        self.read(LegacyTokenForAuthentication { id: id.to_owned() }).await
    }

    async fn token_of_any_subject(&self, id: &str) -> Result<Option<TokenRecord>> {
        self.read(TokenOfAnySubject { id: id.to_owned() }).await
    }

    async fn user_by_username(&self, username: &str) -> Result<Option<UserCredentials>> {
        self.read(UserByUsername { username: username.to_owned() }).await
    }

    async fn even_out(&self, lookup: Lookup, was_found: bool) {
        if B::TELLS_BY_TIME {
            // A store that cannot answer does not change what was decided.
            let _ = self.read(EvenOut { lookup, was_found }).await;
        }
    }

    async fn has_zone_privilege(&self, subject: &Subject, privilege: &str) -> Result<bool> {
        self.read(HasZonePrivilege { subject: subject.clone(), privilege: privilege.to_owned() }).await
    }

    async fn has_cluster_privilege(&self, subject: &Subject, cluster: &str, privilege: &str) -> Result<bool> {
        let (subject, cluster, privilege) = (subject.clone(), cluster.to_owned(), privilege.to_owned());
        self.read(HasClusterPrivilege { subject, cluster, privilege }).await
    }

    async fn is_cluster_member(&self, subject: &Subject, cluster: &str) -> Result<bool> {
        self.read(IsClusterMember { subject: subject.clone(), cluster: cluster.to_owned() }).await
    }

    async fn is_user_of_provider(&self, subject: &Subject, provider: &str) -> Result<bool> {
        self.read(IsUserOfProvider { subject: subject.clone(), provider: provider.to_owned() }).await
    }

    async fn is_group_member(&self, subject: &Subject, group: &str) -> Result<bool> {
        self.read(IsGroupMember { subject: subject.clone(), group: group.to_owned() }).await
    }

    async fn has_direct_group(&self, subject: &Subject) -> Result<bool> {
        self.read(HasDirectGroup { subject: subject.clone() }).await
    }

    async fn list_token_ids(&self, subject: &Subject) -> Result<Vec<String>> {
        self.read(ListTokenIds { subject: subject.clone() }).await
    }

    async fn delete_all_tokens(&self, subject: &Subject, audit: &AuditEntry) -> Result<u64> {
        self.change(DeleteAllTokens { subject: subject.clone(), audit: audit.clone() }).await
    }

    async fn ping(&self) -> Result<()> {
        self.read(Ping {}).await?;
        self.change(Ping {}).await?;
        self.ready().await
    }

    async fn close(&self) -> Result<()> {
        self.shut().await
    }

    async fn has_users(&self) -> Result<bool> {
        self.read(HasUsers {}).await
    }

    async fn export(&self) -> Result<Zone> {
        let gathered = Gathered::default();
        self.export_to(Box::new(gathered.clone())).await?;
        Ok(gathered.take())
    }

    async fn export_to(&self, sink: Box<dyn ZoneSink>) -> Result<()> {
        self.read_one_moment(Export::new(sink)).await
    }

    async fn apply(&self, zone: &Zone, unnamed: Unnamed, audit: &AuditEntry) -> Result<Report> {
        let Zone { groups, providers, spaces, temporary_tokens, tokens, users } = zone.clone();
        let rest = Zone { groups, providers, spaces, temporary_tokens, users, tokens: Vec::new() };
        self.apply_from(&rest, Arc::new(SortedTokens::new(tokens)?), unnamed, audit).await
    }

    async fn apply_from(
        &self,
        rest: &Zone,
        tokens: Arc<dyn TokenSource>,
        unnamed: Unnamed,
        audit: &AuditEntry,
    ) -> Result<Report> {
        self.change(Apply { rest: rest.clone(), source: tokens, unnamed, audit: audit.clone() }).await
    }

    async fn create_user(&self, user: &User, audit: &AuditEntry) -> Result<()> {
        self.change(CreateUser { user: user.clone(), audit: audit.clone() }).await
    }

    async fn create_group(&self, group: &Group, audit: &AuditEntry) -> Result<()> {
        self.change(CreateGroup { group: group.clone(), audit: audit.clone() }).await
    }

    async fn create_provider(&self, provider: &Provider, audit: &AuditEntry) -> Result<()> {
        self.change(CreateProvider { provider: provider.clone(), audit: audit.clone() }).await
    }

    async fn create_space(&self, space: &Space, audit: &AuditEntry) -> Result<()> {
        self.change(CreateSpace { space: space.clone(), audit: audit.clone() }).await
    }

    async fn grant_cluster(
        &self,
        cluster: &str,
        member: &Member,
        privileges: &Privileges,
        audit: &AuditEntry,
    ) -> Result<()> {
        let (cluster, member, privileges) = (cluster.to_owned(), member.clone(), privileges.clone());
        self.change(GrantCluster { cluster, member, privileges, audit: audit.clone() }).await
    }

    async fn create_token(&self, token: &NamedToken, audit: &AuditEntry) -> Result<()> {
        self.change(CreateToken { token: token.clone(), audit: audit.clone() }).await
    }

    async fn token(&self, id: &str) -> Result<Option<StoredToken>> {
        self.read(ReadToken { id: id.to_owned() }).await
    }

    async fn list_tokens(&self, subject: &Subject) -> Result<Vec<TokenSummary>> {
        self.read(ListTokens { subject: subject.clone() }).await
    }

    async fn revoke_token(&self, id: &str, audit: &AuditEntry) -> Result<()> {
        self.change(RevokeToken { id: id.to_owned(), audit: audit.clone() }).await
    }

    async fn ensure_temporary_secret(
        &self,
        subject: &Subject,
        fresh: &Secret,
        audit: &AuditEntry,
    ) -> Result<TemporaryToken> {
        let (subject, fresh, audit) = (subject.clone(), fresh.clone(), audit.clone());
        self.change(EnsureTemporarySecret { subject, fresh, audit }).await
    }

    async fn revoke_temporary_tokens(
        &self,
        subject: &Subject,
        fresh: &Secret,
        audit: &AuditEntry,
    ) -> Result<i64> {
        let (subject, fresh, audit) = (subject.clone(), fresh.clone(), audit.clone());
        self.change(RevokeTemporaryTokens { subject, fresh, audit }).await
    }

    async fn audit_trail(&self, target: &str) -> Result<Vec<AuditRecord>> {
        self.read(AuditTrail { target: target.to_owned() }).await
    }
}
